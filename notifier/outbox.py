"""The loop over deliveries: claim, send, record. What an answer means is decided purely.

At least once, and nearly always exactly once: a delivery whose outcome is unknown is sent
again, with the Message-ID that it has, so that the receiver can drop the copy.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.render import TemplateError
from notifier.model import DeliveryState
from notifier.outbox_store import Beginning
from notifier.transport import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from config.settings import MailSettings
    from notifier.model import Delivery
    from notifier.outbox_store import OutboxStore
    from notifier.transport import Transport

log = logging.getLogger("tidings.mail")

# A second attempt whose outcome is unknown too is the last: more would be copies, not care.
_MOST_DOUBTS = 2
# A process may die for reasons that are no mail's fault, and before anything left.
_MOST_DEATHS = 5
# What a bulletin owes is kept for so long after it is gone from the configuration.
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How a run of the outbox went; ``stopped`` says why it ended early, empty where it did not."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from a failed attempt."""

    state: DeliveryState
    next_attempt: datetime


@dataclass(slots=True, kw_only=True)
class Outbox:
    """Sends what is due.

    ``write`` makes the bytes of a delivery's mail, None where its bulletin is no longer followed;
    ``lease`` is longer than any one sending.
    """

    deliveries: OutboxStore
    transport: Transport
    settings: MailSettings
    write: Callable[[Delivery, datetime], bytes | None]
    sender: str
    lease: timedelta
    clock: Callable[[], datetime]
    _counts: dict[DeliveryState, int] = field(default_factory=dict)

    def run(self, stopping: Callable[[], bool]) -> Sent:
        """Send until nothing is due, the relay refuses us, or somebody wants to stop."""
        self._counts = {}
        problem = ""
        try:
            while not problem and not stopping():
                claimed = self.deliveries.claim(now=self.clock(), lease=self.lease)
                if not claimed:
                    break
                problem = self._attempt(claimed[0])
        finally:
            self.transport.close()
        return Sent(
            sent=self._counts.get(DeliveryState.SENT, 0),
            deferred=self._counts.get(DeliveryState.DEFERRED, 0)
            + self._counts.get(DeliveryState.UNCERTAIN, 0),
            failed=self._counts.get(DeliveryState.FAILED, 0),
            stopped=problem,
        )

    def _attempt(self, delivery: Delivery) -> str:
        """Send one delivery and record how it went; return what stops the whole run, if so."""
        if not delivery.wanted:
            self._record(delivery, DeliveryState.SUPPRESSED, "unsubscribed")
            return ""
        if delivery.doubts >= _MOST_DOUBTS or delivery.deaths >= _MOST_DEATHS:
            self._record(delivery, DeliveryState.FAILED, "two attempts ended nobody knows how")
            return ""
        try:
            message = self.write(delivery, self.clock())
            if message is None:
                return self._keep(delivery)
            beginning = Beginning(delivery=delivery, relay=self.settings.host)
            _, lost = self.deliveries.turn([], [beginning], now=self.clock(), lease=self.lease)
            if lost:
                return ""
            reply = self.transport.send(self.sender, delivery.address, message)
        except TemplateError as error:
            return self._stop(delivery, str(error))
        except TransportError as error:
            if error.about_us and not self._is_hopeless(error, delivery):
                return self._stop(delivery, str(error), is_policy=error.policy)
            decision = after_failure(error, delivery, now=self.clock(), settings=self.settings)
            self._record(delivery, decision.state, str(error), next_attempt=decision.next_attempt)
        else:
            self._record(delivery, DeliveryState.SENT, reply)
        return ""

    def _keep(self, delivery: Delivery) -> str:
        """Keep mail of a bulletin that is not configured now: it may be so again tomorrow."""
        now = self.clock()
        reply = "its bulletin is not configured"
        if now - delivery.created >= _KEPT:
            self._record(delivery, DeliveryState.SUPPRESSED, reply)
        else:
            later = now + _pause(self.settings, delivery.attempts)
            self._record(delivery, DeliveryState.DEFERRED, reply, next_attempt=later)
        return ""

    def _is_hopeless(self, error: TransportError, delivery: Delivery) -> bool:
        """Whether a refusal by policy has lasted too long to be the relay's mood."""
        return error.policy and self.clock() - delivery.created >= self.settings.give_up

    def _record(
        self,
        delivery: Delivery,
        state: DeliveryState,
        reply: str,
        *,
        next_attempt: datetime | None = None,
    ) -> None:
        now = self.clock()
        if not self.deliveries.record(
            delivery, state, reply=reply, now=now, next_attempt=next_attempt
        ):
            log.warning("delivery %d was taken over by another process", delivery.id)
            return
        self._counts[state] = self._counts.get(state, 0) + 1
        level = logging.INFO if state is DeliveryState.SENT else logging.WARNING
        log.log(
            level,
            "delivery %d of edition %d %s at attempt %d: %s",
            delivery.id,
            delivery.edition_id,
            state.value,
            delivery.attempts,
            reply,
        )

    def _stop(self, delivery: Delivery, problem: str, *, is_policy: bool = False) -> str:
        """Keep this delivery and all others for later: the fault is ours, not a subscriber's.

        Where it may be this recipient's after all, the others are tried before it next time.
        """
        now = self.clock()
        until = now + self.settings.retry
        own = now + _pause(self.settings, delivery.attempts + 1) if is_policy else until
        self._record(delivery, DeliveryState.DEFERRED, problem, next_attempt=own)
        self.deliveries.postpone(until=until)
        log.error("mail stopped until %s: %s", until.isoformat(timespec="seconds"), problem)
        return problem


def after_failure(
    error: TransportError, delivery: Delivery, *, now: datetime, settings: MailSettings
) -> Decision:
    """Decide what follows when a relay refused a delivery or did not say how it went."""
    later = now + _pause(settings, delivery.attempts)
    if error.uncertain:
        last = delivery.doubts + 1 >= _MOST_DOUBTS
        return Decision(
            state=DeliveryState.FAILED if last else DeliveryState.UNCERTAIN, next_attempt=later
        )
    if error.permanent or now - delivery.created >= settings.give_up:
        return Decision(state=DeliveryState.FAILED, next_attempt=now)
    return Decision(state=DeliveryState.DEFERRED, next_attempt=later)


def _pause(settings: MailSettings, attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: twice as long as after the one before."""
    # 1 << n and not 2 ** n: of the power a type checker cannot say that it is a whole number.
    return min(settings.retry * (1 << min(attempts - 1, 20)), settings.give_up)
