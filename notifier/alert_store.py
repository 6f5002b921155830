"""What the operator is told by other ways than the mails about sources and stops, in SQL.

That something is to be told is a row for each way: a channel of alerts, or empty for mail. What
waits for a way is told together, so that an outage of it is followed by one message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime, timedelta

    from feeds.database import Database, Row, Transaction
    from notifier.model import DeliveryState

MAIL = ""

_ADD = """
INSERT INTO alerts (way, name, subject, words, state, next_attempt, created)
VALUES (:way, :name, :subject, :words, 'queued', :now, :now)
ON CONFLICT (way, name) DO NOTHING
"""
# All that waits for a way waits for the same attempt.
_CLAIM = """
UPDATE alerts SET state = 'sending', attempts = attempts + 1, lease = lease + 1,
    next_attempt = :until
WHERE way = :way AND finished IS NULL AND NOT EXISTS (
    SELECT 1 FROM alerts AS others
    WHERE others.way = :way AND others.finished IS NULL AND others.attempts > 0
      AND others.next_attempt > :now
)
RETURNING id, name, subject, words, attempts, lease, created
"""
_RECORD = """
UPDATE alerts SET state = :state, reply = :reply, next_attempt = :next_attempt,
    finished = :finished
WHERE id = :id AND lease = :lease AND finished IS NULL
"""
_LONGEST_REPLY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that the operator is to know; ``name`` tells it apart, so that it is told once."""

    name: str
    subject: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An alert that is claimed for one way."""

    id: int
    alert: Alert
    attempts: int
    lease: int
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """How far an alert has come on one way."""

    subject: str
    state: str
    reply: str
    created: datetime
    finished: datetime | None


class AlertStore:
    """Alerts in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        transaction: Transaction,
        alerts: Iterable[Alert],
        ways: Collection[str],
        *,
        now: datetime,
    ) -> None:
        """Queue alerts for each way, within the transaction of what they tell of."""
        transaction.run_each(
            _ADD,
            [
                {
                    "way": way,
                    "name": alert.name,
                    "subject": clean_text(alert.subject),
                    "words": alert.words.replace("\0", ""),
                    "now": to_column(now),
                }
                for alert in alerts
                for way in ways
            ],
        )

    def queue(self, alerts: Collection[Alert], ways: Collection[str], *, now: datetime) -> None:
        """Queue alerts for each way; those that are known are not queued again."""
        if alerts and ways:
            with self._database.transaction() as transaction:
                self.add(transaction, alerts, ways, now=now)

    def claim(self, way: str, *, now: datetime, lease: timedelta) -> tuple[Waiting, ...]:
        """Take all that waits for a way, in its order; none where it is not to be tried now.

        The attempt is counted by this: a process that dies in it must not try for ever.
        """
        with self._database.reading() as transaction:
            if not transaction.one(
                "SELECT 1 FROM alerts WHERE way = :way AND finished IS NULL LIMIT 1", way=way
            ):
                return ()
        with self._database.transaction() as transaction:
            rows = transaction.all(
                _CLAIM, way=way, now=to_column(now), until=to_column(now + lease)
            )
        return tuple(sorted(map(_waiting_from, rows), key=lambda waiting: waiting.id))

    def record(
        self,
        waiting: Iterable[tuple[Waiting, DeliveryState]],
        *,
        reply: str,
        next_attempt: datetime,
        now: datetime,
    ) -> None:
        """Record how an attempt went for each that was in it."""
        with self._database.transaction() as transaction:
            transaction.run_each(
                _RECORD,
                [
                    {
                        "id": one.id,
                        "lease": one.lease,
                        "state": state.value,
                        "reply": clean_text(reply)[:_LONGEST_REPLY],
                        "next_attempt": to_column(next_attempt),
                        "finished": to_column(now) if state.value in {"sent", "failed"} else None,
                    }
                    for one, state in waiting
                ],
            )

    def of_way(self, way: str, *, limit: int) -> tuple[AlertLine, ...]:
        """Return what was told by a way, the latest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT subject, state, reply, created, finished FROM alerts WHERE way = :way "
                "ORDER BY id DESC LIMIT :limit",
                way=way,
                limit=limit,
            )
        return tuple(
            AlertLine(
                subject=row["subject"],
                state=row["state"],
                reply=row["reply"],
                created=from_column(row["created"]),
                finished=from_column(row["finished"]),
            )
            for row in rows
        )

    def waiting(self, way: str) -> int:
        """Count what waits for a way."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT count(*) AS waiting FROM alerts WHERE way = :way AND finished IS NULL",
                way=way,
            )
        return int(row["waiting"]) if row else 0


def _waiting_from(row: Row) -> Waiting:
    return Waiting(
        id=row["id"],
        alert=Alert(name=row["name"], subject=row["subject"], words=row["words"]),
        attempts=row["attempts"],
        lease=row["lease"],
        created=from_column(row["created"]),
    )
