"""What one process has claimed and not yet begun, and which of it may go next.

The end of every attempt passes through here too, on its way to the store: it is written together
with what begins, and always before more is claimed.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from notifier.courier import Letter, UnwrittenError
from notifier.outbox_store import Outcome
from notifier.outcomes import without_attempt, without_letter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from config.settings import MailSettings
    from notifier.model import Delivery
    from notifier.outbox_store import Beginning, OutboxStore
    from notifier.pace import Pace

log = logging.getLogger("tidings.mail")

# Deliveries claimed at once for each connection: enough that claiming costs little.
_CLAIMED_EACH = 16
# A run waits so long for a mail that may go soon; what may go later is left to the next run.
_PATIENCE = timedelta(seconds=2)
# For so long two processes may both believe that they are alone.
_SHARED_FOR = timedelta(seconds=10)


@dataclass(slots=True, kw_only=True)
class Tray:
    """Deliveries that are claimed, and outcomes that are to be recorded.

    ``resume`` is when a mail may go that may not go now; None where nothing is worth waiting for.
    ``senders`` says how many processes send now, each of which has its share of the rates.
    """

    deliveries: OutboxStore
    pace: Pace
    settings: MailSettings
    write: Callable[[Delivery], Callable[[datetime], bytes]]
    sender: Callable[[Delivery], str]
    lease: timedelta
    clock: Callable[[], datetime]
    senders: Callable[[], int] = lambda: 1
    outcomes: list[Outcome] = field(default_factory=list)
    resume: datetime | None = None
    _claimed: deque[Delivery] = field(default_factory=deque)
    _put_off: list[tuple[Delivery, datetime]] = field(default_factory=list)
    _reached: datetime | None = None
    _shared: datetime | None = None
    _recorded: list[Outcome] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many are claimed and not yet begun."""
        return len(self._claimed)

    def claim(self) -> bool:
        """Claim what is due; say whether anything was."""
        if self.outcomes:
            self._store([])
        self._let_go()
        self._claimed.extend(
            self.deliveries.claim(
                now=self._now(), lease=self.lease, limit=_CLAIMED_EACH * self.settings.connections
            )
        )
        return bool(self._claimed)

    def _share(self, now: datetime) -> None:
        """Ask now and then who else sends: who comes and goes changes what is left for this one."""
        if self._shared is None or now - self._shared >= _SHARED_FOR:
            self._shared = now
            self.pace.senders = self.senders()

    def next(self) -> Letter | None:
        """Return the next letter that may go now; None where none may. Raises TemplateError."""
        while self._claimed or self.claim():
            now = self._now()
            self._share(now)
            later = self.pace.next_of_all(now)
            if later is not None:
                self._wait_for(later, now)
                return None
            letter = self._letter(self._claimed[0], now)
            self._claimed.popleft()
            if letter is not None:
                return letter
        return None

    def _letter(self, delivery: Delivery, now: datetime) -> Letter | None:
        """Return the letter of a delivery; where there is none, decide what becomes of it."""
        decision = without_attempt(delivery, now=now, settings=self.settings)
        if decision is None:
            try:
                return self._paced(delivery, self.write(delivery), now)
            except UnwrittenError as error:
                decision = without_letter(delivery, str(error), now=now, settings=self.settings)
        self.outcomes.append(
            Outcome(
                delivery=delivery,
                state=decision.state,
                reply=decision.reply,
                next_attempt=decision.next_attempt,
            )
        )
        return None

    def _paced(
        self, delivery: Delivery, write: Callable[[datetime], bytes], now: datetime
    ) -> Letter | None:
        later = self.pace.next_to(delivery.domain, now)
        if later is None:
            return Letter(delivery=delivery, sender=self.sender(delivery), write=write)
        self._put_off.append((delivery, later))
        self._wait_for(later, now)
        return None

    def _wait_for(self, later: datetime, now: datetime) -> None:
        if later - now <= _PATIENCE:
            self.resume = min(later, self.resume or later)

    def turn(self, beginnings: Sequence[Beginning]) -> tuple[list[Outcome], frozenset[int]]:
        """Write what ended and what begins.

        Return the outcomes that were recorded since the last turn, and the ids of beginnings
        that must not be sent, for another process has them.
        """
        lost = self._store(beginnings) if self.outcomes or beginnings else frozenset[int]()
        self._let_go()
        recorded, self._recorded = self._recorded, []
        return recorded, lost

    def _store(self, beginnings: Sequence[Beginning]) -> frozenset[int]:
        outcomes = tuple(self.outcomes)
        late, lost = self.deliveries.turn(outcomes, beginnings, now=self.clock(), lease=self.lease)
        # Only what is written is done with: a store that fails may be asked again.
        self.outcomes.clear()
        for delivery in sorted(late | lost):
            log.warning("delivery %d was taken over by another process", delivery)
        self._recorded += [outcome for outcome in outcomes if outcome.delivery.id not in late]
        return lost

    def _let_go(self) -> None:
        """Give back what may go later only, each with its own time."""
        if self._put_off:
            self.deliveries.give_back(self._put_off)
            self._put_off = []

    def give_back(self) -> None:
        """Give back all that was not begun."""
        now = self.clock()
        self._put_off += [(delivery, now) for delivery in self._claimed]
        self._claimed.clear()
        self._let_go()

    def seconds_left(self) -> float | None:
        """How long to wait for ``resume``; None where there is nothing to wait for."""
        if self.resume is None:
            return None
        return max((self.resume - self._now()).total_seconds(), 0.0)

    def reach(self) -> None:
        """Note that the time that was waited for has come."""
        self._reached, self.resume = self.resume, None

    def _now(self) -> datetime:
        """Return the time; not before one that was waited for."""
        now = self.clock()
        return now if self._reached is None else max(now, self._reached)
