"""What hubs are to be told, in SQL: that a topic has changed is a row before it is a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta

    from feeds.database import Database

_NOTE = """
INSERT INTO pings (hub, topic, digest, changed, next_attempt)
VALUES (:hub, :topic, :digest, :now, :now)
ON CONFLICT (hub, topic) DO UPDATE
SET digest = excluded.digest, changed = excluded.changed, next_attempt = excluded.next_attempt,
    attempts = 0, problem = ''
WHERE pings.digest <> excluded.digest
"""
_CLAIM = """
UPDATE pings SET next_attempt = :until, attempts = attempts + 1, lease = lease + 1
WHERE id = (
    SELECT id FROM pings WHERE next_attempt <= :now AND hub = :hub
    ORDER BY next_attempt, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, hub, topic, changed, attempts, lease
"""
# What changed while it was told is still due, for its digest is another and its lease the next's.
_RECORD = """
UPDATE pings SET next_attempt = :next, problem = :problem
WHERE id = :id AND lease = :lease AND changed = :changed
"""
_LONGEST_PROBLEM = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One claimed row: which hub is told of which topic, for how long it has waited."""

    id: int
    hub: str
    topic: str
    changed: datetime
    attempts: int
    lease: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a hub does not know: of which topic, since when, and what was wrong the last time."""

    hub: str
    topic: str
    changed: datetime
    attempts: int
    problem: str


class PingStore:
    """What hubs are to be told, in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, topic: str, digest: str, hubs: Sequence[str], *, now: datetime) -> None:
        """Note what a topic holds now: each hub is due to be told where that is new."""
        if not hubs:
            return
        with self._database.transaction() as transaction:
            for hub in hubs:
                transaction.run(_NOTE, hub=hub, topic=topic, digest=digest, now=to_column(now))

    def waiting(self, hubs: Collection[str]) -> tuple[Waiting, ...]:
        """Return what hubs are still to be told, or could not be told, and why."""
        if not hubs:
            return ()
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT hub, topic, changed, attempts, problem FROM pings "
                "WHERE next_attempt IS NOT NULL OR problem <> '' ORDER BY hub, topic"
            )
        return tuple(
            Waiting(
                hub=row["hub"],
                topic=row["topic"],
                changed=from_column(row["changed"]),
                attempts=row["attempts"],
                problem=row["problem"],
            )
            for row in rows
            if row["hub"] in hubs
        )

    def claim(self, hub: str, *, now: datetime, lease: timedelta) -> Ping | None:
        """Take what a hub is to be told first; None where nothing is due.

        A process that dies while telling leaves it to another one after the lease.
        """
        with self._database.reading() as transaction:
            due = transaction.one(
                "SELECT 1 AS due FROM pings WHERE next_attempt <= :now AND hub = :hub LIMIT 1",
                now=to_column(now),
                hub=hub,
            )
        if due is None:
            return None
        with self._database.transaction() as transaction:
            row = transaction.one(_CLAIM, now=to_column(now), until=to_column(now + lease), hub=hub)
        if row is None:
            return None
        return Ping(
            id=row["id"],
            hub=row["hub"],
            topic=row["topic"],
            changed=from_column(row["changed"]),
            attempts=row["attempts"],
            lease=row["lease"],
        )

    def told(self, ping: Ping) -> None:
        """Store that the hub knows; what has changed since is still due."""
        self._record(ping, None, "")

    def later(self, ping: Ping, when: datetime, problem: str) -> None:
        """Store why it failed, and when it is tried again."""
        self._record(ping, to_column(when), problem)

    def given_up(self, ping: Ping, problem: str) -> None:
        """Store why it failed for good: until the topic changes again."""
        self._record(ping, None, problem)

    def _record(self, ping: Ping, when: str | None, problem: str) -> None:
        with self._database.transaction() as transaction:
            transaction.run(
                _RECORD,
                id=ping.id,
                lease=ping.lease,
                changed=to_column(ping.changed),
                next=when,
                problem=problem[:_LONGEST_PROBLEM],
            )
