"""Trials of sending in which something dies or falls silent, and what must hold after each."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from faulty_sink import Fault, FaultySink
from test_edition_store import World
from worlds import entry

from notifier.ledger_store import LedgerStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from faulty_sink import Step, Way

    from feeds.database import Database

# More than one claim takes, so that every sender has work.
PEOPLE = 40
# Each may be holding one mail when the process is killed.
CONNECTIONS = 2
_TIMEOUT_S = 0.4


class Nursery:
    """A process that makes senders."""

    def __enter__(self) -> Self:
        script = Path(__file__).with_name("sender_nursery.py")
        self._process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=30)

    def order(self, **order: object) -> int:
        """Give an order; return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@dataclass
class Trials:
    """One store, in which trial follows trial; each tells all people of one more item.

    ``copies`` counts the trials by what came twice in them, ``struck`` the faults that came to
    pass, by their step and way.
    """

    database: Database
    url: str
    data: Path
    nursery: Nursery
    count: int = 0
    copies: Counter[int] = field(default_factory=Counter)
    struck: Counter[tuple[Step, Way]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Subscribe everybody."""
        self.world = World(self.database)
        for number in range(PEOPLE):
            self.world.subscribe(f"n{number}", "instant")
        self.ledger = LedgerStore(self.database)

    def trial(self, faults: Sequence[Fault | None], *, kill_after_s: float | None = None) -> None:
        """Send an edition with a sender for each fault, then with one that has none; check all.

        ``kill_after_s`` kills the first sender at a moment that has to do with nothing.
        """
        self.count += 1
        self.world.store(entry(f"Item {self.count}"))
        assert self.world.open_all() == PEOPLE
        struck, received = self._send(faults, kill_after_s)
        while any(one.open for one in self.ledger.sums()):
            # Leases end, and what was put off comes due.
            self.world.clock.forward(hours=1)
            received += self._send([None], None)[1]
        self._check(struck, received)

    def _send(
        self, faults: Sequence[Fault | None], kill_after_s: float | None
    ) -> tuple[int, list[tuple[str, str]]]:
        """Run senders side by side; return how many mails may be in doubt, and all mails."""
        with ExitStack() as stack:
            sinks = [stack.enter_context(FaultySink(fault)) for fault in faults]
            pids = [self._start(sink) for sink in sinks]
            kills = [kill_after_s, *[None] * len(pids)]
            codes = [
                self.nursery.order(order="wait", pid=pid, kill_after_s=kill)
                for pid, kill in zip(pids, kills, strict=False)
            ]
        assert set(codes) <= {0, -signal.SIGKILL}
        self.struck.update(
            (sink.fault.step, sink.fault.way) for sink in sinks if sink.fault and sink.struck
        )
        doubts = sum(
            CONNECTIONS if code else int(sink.struck)
            for code, sink in zip(codes, sinks, strict=True)
        )
        return doubts, [mail for sink in sinks for mail in sink.received]

    def _start(self, sink: FaultySink) -> int:
        pid = self.nursery.order(
            order="start",
            database=self.url,
            data=str(self.data),
            port=sink.port,
            connections=CONNECTIONS,
            timeout=_TIMEOUT_S,
            now=self.world.clock().isoformat(),
        )
        sink.serves(pid)
        return pid

    def _check(self, doubts: int, received: list[tuple[str, str]]) -> None:
        """Nothing is lost, only what was in flight came twice, and all that is in the ledger."""
        ids: dict[str, set[str]] = {}
        for recipient, message_id in received:
            ids.setdefault(recipient, set()).add(message_id)
        copies = len(received) - len(ids)
        self.copies[copies] += 1
        sums = self.ledger.sums()
        assert sorted(ids) == sorted(f"n{number}@example.org" for number in range(PEOPLE))
        assert all(len(one) == 1 for one in ids.values())
        assert copies <= doubts
        assert all(one.balanced for one in sums)
        assert (sums[-1].sent, sums[-1].open, sums[-1].failed) == (PEOPLE, 0, 0)
