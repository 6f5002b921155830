"""The run of the outbox: deliveries are claimed, begun, handed to couriers, and recorded.

At least once, and nearly always exactly once. What was begun stands in the store before a relay
hears of it, and its end before its courier gets another: so a process that is killed leaves at
most one mail on each connection of which nobody knows whether it went out. Such a one is sent
again, with the Message-ID that it has, so that the receiver can drop the copy.
What several couriers say at once is one transaction, and so one wait for the disk.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING

from feeds.database import StoreError
from feeds.render import TemplateError
from notifier.courier import Courier, Letter, Request
from notifier.model import DeliveryState
from notifier.outbox_store import Beginning, Outcome
from notifier.outcomes import after_failure, stops_all
from notifier.pace import Pace
from notifier.replies import enhanced_code
from notifier.tray import Tray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from config.settings import MailSettings
    from notifier.courier import Ended
    from notifier.model import Delivery
    from notifier.outbox_store import OutboxStore
    from notifier.pace_store import PaceStore
    from notifier.transport import Transport, TransportError

log = logging.getLogger("tidings.mail")

# So long a run waits for its connections to say goodbye.
_PARTING_S = 2.0
# By which this process is known among those that send at the same time.
_NAME = token_hex(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How a run of the outbox went; ``stopped`` says why it ended early, empty where it did not."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    stopped: str = ""


@dataclass(slots=True, kw_only=True)
class Outbox:
    """Sends what is due.

    ``open_way`` opens a way out for one courier. ``write`` returns what makes the bytes of a
    delivery's mail, and raises UnwrittenError where there are none now; ``sender`` gives the
    address that its bounces come back to. ``suppress`` hears of addresses that take no mail for
    good. ``lease`` is longer than any one sending.
    """

    deliveries: OutboxStore
    paces: PaceStore
    open_way: Callable[[], Transport]
    settings: MailSettings
    write: Callable[[Delivery], Callable[[datetime], bytes]]
    sender: Callable[[Delivery], str]
    suppress: Callable[[str], None]
    lease: timedelta
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool]) -> Sent:
        """Send until nothing is due, the relay refuses us, or somebody wants to stop."""
        run = _Run(self, stopping)
        try:
            run.work()
        finally:
            run.end()
        return run.result()


@dataclass(slots=True)
class _Run:
    """One run: its couriers, and how far it has come."""

    box: Outbox
    stopping: Callable[[], bool]
    tray: Tray = field(init=False)
    problem: str = ""
    _counts: Counter[DeliveryState] = field(default_factory=Counter)
    _desk: SimpleQueue[Request] = field(default_factory=SimpleQueue)
    _couriers: set[Courier] = field(default_factory=set)
    _hired: list[Courier] = field(default_factory=list)
    _idle: list[Courier] = field(default_factory=list)
    _dead: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take a tray for what is claimed."""
        box = self.box
        self.tray = Tray(
            deliveries=box.deliveries,
            pace=Pace(
                rate=box.settings.rate,
                domain_rate=box.settings.domain_rate,
                learned=box.paces.rates(now=box.clock()),
            ),
            settings=box.settings,
            write=box.write,
            sender=box.sender,
            lease=box.lease,
            clock=box.clock,
            senders=self._senders,
        )

    def _senders(self) -> int:
        """Return how many processes send; without a rate there is nothing to share."""
        box = self.box
        if not (box.settings.rate or box.settings.domain_rate):
            return 1
        return box.paces.join_in(_NAME, now=box.clock(), lease=box.lease)

    def work(self) -> None:
        """Serve the couriers until all have gone home."""
        if self.stopping() or not self.tray.claim():
            return
        # The first goes alone: a relay that refuses us is asked once, and not by all.
        self._hire(1)
        try:
            while self._couriers:
                self._listen()
                self._serve()
        except BaseException:
            self._hear_out()
            raise

    def end(self) -> None:
        """Give back what was not begun, and keep what was learned."""
        self.tray.give_back()
        now = self.box.clock()
        if self.problem:
            until = now + self.box.settings.retry
            self.box.deliveries.postpone(until=until, reply=self.problem)
            log.error(
                "mail stopped until %s: %s", until.isoformat(timespec="seconds"), self.problem
            )
        self.box.paces.learn(self.tray.pace.changed(), now=now)
        if self.box.settings.rate or self.box.settings.domain_rate:
            self.box.paces.leave(_NAME)
        parting = monotonic() + _PARTING_S
        for courier in self._hired:
            courier.join(timeout=max(parting - monotonic(), 0))

    def _hear_out(self) -> None:
        """Wait for the mails that are on their way; how they end is recorded if that can be."""
        for courier in self._couriers:
            courier.give(None)
        busy = self._couriers.difference(self._idle)
        while busy:
            request = self._desk.get()
            busy.discard(request.courier)
            if request.ended is not None:
                self._conclude(request.ended)
        self._couriers.clear()
        with suppress(StoreError):
            self._turn([])

    def result(self) -> Sent:
        """Return how it went."""
        return Sent(
            sent=self._counts[DeliveryState.SENT],
            deferred=self._counts[DeliveryState.DEFERRED] + self._counts[DeliveryState.UNCERTAIN],
            failed=self._counts[DeliveryState.FAILED],
            stopped=self.problem,
        )

    def _hire(self, number: int) -> None:
        for _ in range(number):
            courier = Courier(self.box.open_way(), self._desk, self.box.clock)
            self._couriers.add(courier)
            self._hired = [*filter(Courier.is_alive, self._hired), courier]
            courier.start()

    def _listen(self) -> None:
        """Hear who asks for a letter: wait for the first, and take all who have come meanwhile."""
        try:
            self._hear(self._desk.get(timeout=self.tray.seconds_left()))
        except Empty:
            self.tray.reach()
            return
        while True:
            try:
                self._hear(self._desk.get_nowait())
            except Empty:
                return

    def _hear(self, request: Request) -> None:
        if request.ended is not None:
            self._conclude(request.ended)
        if not request.leaves:
            self._idle.append(request.courier)
            return
        self._couriers.discard(request.courier)
        if request.fault is not None:
            raise request.fault
        # A relay that takes no further connection is served by those that it has taken.
        if not self._couriers:
            self.problem = self.problem or str(request.problem)

    def _conclude(self, ended: Ended) -> None:
        """Decide what becomes of a delivery after an attempt."""
        self.tray.outcomes.append(
            self._taken(ended) if ended.error is None else self._refused(ended, ended.error)
        )

    def _taken(self, ended: Ended) -> Outcome:
        self.tray.pace.speed_up(ended.delivery.domain, self.box.clock())
        code, _, words = ended.reply.partition(" ")
        return Outcome(
            delivery=ended.delivery,
            state=DeliveryState.SENT,
            relay=ended.relay,
            reply=ended.reply,
            code=int(code) if code.isdigit() else None,
            enhanced=enhanced_code(words),
        )

    def _refused(self, ended: Ended, error: TransportError) -> Outcome:
        delivery, now, settings = ended.delivery, self.box.clock(), self.box.settings
        if stops_all(error, delivery, now=now, settings=settings):
            self.problem = self.problem or str(error)
        elif error.puts_off:
            self.tray.pace.slow_down(delivery.domain, now)
        if error.verdict is not None and error.verdict.dead:
            self._dead[delivery.address] = str(error)
        decision = after_failure(error, delivery, now=now, settings=settings)
        return Outcome(
            delivery=delivery,
            state=decision.state,
            relay=ended.relay,
            reply=str(error),
            code=error.code,
            enhanced=error.enhanced,
            next_attempt=decision.next_attempt,
        )

    def _serve(self) -> None:
        """Record what ended, begin what is next, and let the couriers go on."""
        while self._hand_out():
            pass
        if self._counts[DeliveryState.SENT] and not self._is_over():
            wanted = min(self.box.settings.connections, len(self._couriers) + self.tray.waiting)
            self._hire(max(wanted - len(self._couriers), 0))
        if self.tray.resume is None or self._is_over():
            self._send_idle_home()

    def _hand_out(self) -> bool:
        """Give each idle courier a letter; say whether some were lost to others meanwhile."""
        letters: list[tuple[Courier, Letter]] = []
        try:
            while self._idle and (letter := self._next_letter()) is not None:
                letters.append((self._idle.pop(), letter))
            lost = self._turn(letters)
        except BaseException:
            self._idle += [courier for courier, _ in letters]
            raise
        for courier, letter in letters:
            if letter.delivery.id in lost:
                self._idle.append(courier)
            else:
                courier.give(letter)
        return bool(lost)

    def _is_over(self) -> bool:
        return bool(self.problem) or self.stopping()

    def _next_letter(self) -> Letter | None:
        if self._is_over():
            return None
        try:
            return self.tray.next()
        except TemplateError as error:
            self.problem = str(error)
            return None

    def _turn(self, letters: Sequence[tuple[Courier, Letter]]) -> frozenset[int]:
        """Write what ended and what begins; return the ids of letters that others have now."""
        recorded, lost = self.tray.turn(
            [
                Beginning(delivery=letter.delivery, relay=courier.transport.relay)
                for courier, letter in letters
            ]
        )
        for outcome in recorded:
            self._counts[outcome.state] += 1
            log.log(
                logging.DEBUG if outcome.state is DeliveryState.SENT else logging.WARNING,
                "%s %s at attempt %d: %s",
                outcome.delivery.name,
                outcome.state.value,
                outcome.delivery.attempts,
                outcome.reply,
            )
        self._bury()
        return lost

    def _bury(self) -> None:
        """Have the addresses that are not there written to no more."""
        for address, reply in tuple(self._dead.items()):
            self.box.suppress(address)
            # Only what is written is done with: a store that fails may be asked again.
            del self._dead[address]
            log.warning("an address takes no mail for good and is written to no more: %s", reply)

    def _send_idle_home(self) -> None:
        for courier in self._idle:
            self._couriers.discard(courier)
            courier.give(None)
        self._idle.clear()
