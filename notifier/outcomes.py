"""What follows from the end of an attempt, or from there being no sense in one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from notifier.model import UNSUBSCRIBED, DeliveryState

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import MailSettings
    from notifier.model import Delivery
    from notifier.transport import TransportError

# A second attempt whose answer is lost too is the last: more would be copies, not care.
_MOST_DOUBTS = 2
# A process dies for reasons that are no mail's fault, and often before anything left; but if it
# always dies in the same mail, that mail may be the reason.
_MOST_DEATHS = 5
# What a bulletin owes is kept for so long after it is gone from the configuration.
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a delivery; ``reply`` says why where no relay did."""

    state: DeliveryState
    next_attempt: datetime
    reply: str = ""


def without_attempt(
    delivery: Delivery, *, now: datetime, settings: MailSettings
) -> Decision | None:
    """Decide whether a delivery ends before another attempt; None where it is to be sent."""
    if not delivery.wanted:
        # The word by which a subscription ended, by which too it may be taken up again.
        reply = delivery.ended_because or UNSUBSCRIBED
        return Decision(state=DeliveryState.SUPPRESSED, next_attempt=now, reply=reply)
    if settings.uncertain == "never" and (delivery.doubts or delivery.deaths):
        reply = "nobody knows whether it arrived; [mail] uncertain says not to send it again"
    elif delivery.doubts >= _MOST_DOUBTS:
        reply = "two attempts ended nobody knows how"
    elif delivery.deaths >= _MOST_DEATHS:
        reply = f"the sending process died in {delivery.deaths} attempts"
    else:
        return None
    return Decision(state=DeliveryState.FAILED, next_attempt=now, reply=reply)


def without_letter(
    delivery: Delivery, reply: str, *, now: datetime, settings: MailSettings
) -> Decision:
    """Keep what cannot be written now: its bulletin may be configured again tomorrow."""
    age = now - delivery.created
    if age >= _KEPT:
        return Decision(state=DeliveryState.SUPPRESSED, next_attempt=now, reply=reply)
    later = now + min(max(settings.retry, age), settings.give_up)
    return Decision(state=DeliveryState.DEFERRED, next_attempt=later, reply=reply)


def after_failure(
    error: TransportError, delivery: Delivery, *, now: datetime, settings: MailSettings
) -> Decision:
    """Decide what follows when a relay refused a delivery or did not say how it went."""
    later = now + pause(settings, delivery.attempts)
    if error.uncertain:
        last = delivery.doubts + 1 >= _MOST_DOUBTS or settings.uncertain == "never"
        state = DeliveryState.FAILED if last else DeliveryState.UNCERTAIN
        return Decision(state=state, next_attempt=later)
    if stops_all(error, delivery, now=now, settings=settings):
        # Where it may be this recipient's after all, the others are tried before it next time.
        own = pause(settings, delivery.attempts + 1) if error.policy else settings.retry
        return Decision(state=DeliveryState.DEFERRED, next_attempt=now + own)
    if error.permanent or now - delivery.tried_since(now) >= settings.give_up:
        return Decision(state=DeliveryState.FAILED, next_attempt=now)
    return Decision(state=DeliveryState.DEFERRED, next_attempt=later)


def stops_all(
    error: TransportError, delivery: Delivery, *, now: datetime, settings: MailSettings
) -> bool:
    """Whether a failure keeps all other mails too: it is about us, and not only a mood.

    A refusal by policy that lasts too long was about this recipient or this mail after all.
    """
    hopeless = error.policy and now - delivery.tried_since(now) >= settings.give_up
    return error.about_us and not hopeless


def pause(settings: MailSettings, attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: twice as long as after the one before."""
    # 1 << n and not 2 ** n: of the power a type checker cannot say that it is a whole number.
    return min(settings.retry * (1 << min(attempts - 1, 20)), settings.give_up)
