"""The loop that tells one channel: claim what is next, begin, hand over, record.

As with mails, what was begun stands in the store before the service hears of it, and its end
before the next is begun. A channel hears one thing after the other, in the order of the bulletin;
what it does not take waits, with all that came after it, and keeps no other channel waiting.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from feeds.render import TemplateError
from notifier.channels import ChannelError
from notifier.model import DeliveryState
from notifier.outbox_store import Beginning, Outcome
from notifier.outcomes import Decision, after_failure, without_attempt

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from config.settings import MailSettings
    from notifier.message import Message
    from notifier.model import Delivery
    from notifier.outbox_store import OutboxStore

log = logging.getLogger("tidings.channels")

# So often a service may fail before it is no mood but a trouble.
_MOODS = 3


class Service(Protocol):
    """What takes messages; see notifier.channels."""

    @property
    def name(self) -> str:
        """What kind of service it is."""

    def tell(self, message: Message) -> None:
        """Hand over one message. Raises ChannelError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a run went: how many messages it took, and what is wrong, empty where nothing is."""

    sent: int = 0
    trouble: str = ""


@dataclass(slots=True, kw_only=True)
class Telling:
    """Tells one channel what is due.

    ``write`` returns the message of a delivery, None where nothing of it holds any more.
    ``settings`` say how long is tried, and what is done in doubt. ``lease`` is longer than any
    one telling.
    """

    deliveries: OutboxStore
    name: str
    subscription: int
    service: Service
    write: Callable[[Delivery], Message | None]
    settings: MailSettings
    lease: timedelta
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool]) -> Told:
        """Tell until nothing is due, the service fails, or somebody wants to stop."""
        sent, trouble = 0, ""
        while not stopping():
            delivery = self.deliveries.claim_first(
                self.subscription, now=self.clock(), lease=self.lease
            )
            if delivery is None:
                break
            try:
                told = self._one(delivery)
            except ChannelError as error:
                trouble = self._failed(delivery, error)
                if not error.permanent:
                    return Told(sent=sent, trouble=trouble)
            except TemplateError as error:
                later = self.clock() + self.settings.retry
                self.deliveries.give_back([(delivery, later)])
                return Told(sent=sent, trouble=str(error))
            else:
                sent += told
        return Told(sent=sent, trouble=trouble)

    def _one(self, delivery: Delivery) -> bool:
        """Tell one message, where there is sense in it. Raises ChannelError."""
        ended = without_attempt(delivery, now=self.clock(), settings=self.settings)
        message = None
        if ended is None:
            message = self.write(delivery)
        if message is None:
            self._end(delivery, ended or _nothing_left(self.clock()))
            return False
        beginning = Beginning(delivery=delivery, relay=self.service.name)
        _, lost = self.deliveries.turn([], [beginning], now=self.clock(), lease=self.lease)
        if lost:
            return False
        self.service.tell(message)
        self._record(
            Outcome(
                delivery=delivery,
                state=DeliveryState.SENT,
                relay=self.service.name,
                reply="the service took it",
            )
        )
        return True

    def _end(self, delivery: Delivery, ended: Decision) -> None:
        self._record(
            Outcome(
                delivery=delivery,
                state=ended.state,
                reply=ended.reply,
                next_attempt=ended.next_attempt,
            )
        )
        log.warning(
            "%s: delivery %d %s: %s", self.name, delivery.id, ended.state.value, ended.reply
        )

    def _failed(self, delivery: Delivery, error: ChannelError) -> str:
        """Record a failure; return the trouble, empty where it may be a mood of the service."""
        decision = after_failure(error, delivery, now=self.clock(), settings=self.settings)
        self._record(
            Outcome(
                delivery=delivery,
                state=decision.state,
                relay=self.service.name,
                reply=str(error),
                code=error.code,
                next_attempt=decision.next_attempt,
            )
        )
        log.warning(
            "%s: delivery %d %s at attempt %d: %s",
            self.name,
            delivery.id,
            decision.state.value,
            delivery.attempts,
            error,
        )
        lasts = delivery.attempts >= _MOODS or decision.state is DeliveryState.FAILED
        return str(error) if lasts or error.is_of_address else ""

    def _record(self, outcome: Outcome) -> None:
        self.deliveries.turn([outcome], now=self.clock(), lease=self.lease)


def _nothing_left(now: datetime) -> Decision:
    return Decision(
        state=DeliveryState.SUPPRESSED, next_attempt=now, reply="withdrawn before it was told"
    )
