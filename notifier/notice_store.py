"""Mails that are no edition, in SQL: confirm, known, welcome. Rows before they are mails.

They go through the outbox as deliveries do, by the same claims, leases and attempts; what was
said of them is read by ``notifier.notice_ledger_store``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.model import Delivery
from notifier.outbox_store import OutboxStore, as_told, outcome_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.database import Row, Transaction
    from notifier.outbox_store import Beginning, Outcome

CONFIRM = "confirm"
KNOWN = "known"
WELCOME = "welcome"
# How long a link of a mail confirms: one that comes later is a riddle.
VALID = timedelta(days=3)
_OPEN = "state IN ('queued', 'deferred', 'uncertain', 'sending')"
_DUE = f"{_OPEN} AND next_attempt <= :now"
# One that a process died with may have left: it is sent again, with the Message-ID that it has.
_CLAIM = f"""
UPDATE notices
SET lease = lease + 1, next_attempt = :until,
    deaths = deaths + CASE WHEN state = 'sending' THEN 1 ELSE 0 END,
    state = CASE WHEN state = 'sending' THEN 'uncertain' ELSE state END
WHERE id IN (
    SELECT id FROM notices WHERE {_DUE} ORDER BY next_attempt, id LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, address, bulletin, language, token, message_id, state, attempts, doubts,
          deaths, lease, created,
          CASE WHEN attempts > 0 THEN (SELECT min(started) FROM notice_attempts
               WHERE notice = notices.id) END AS first_try
"""
_BURY = """
UPDATE notice_attempts
SET state = 'uncertain', finished = :now, reply = 'the process that sent it died'
WHERE notice = :notice AND finished IS NULL
"""
_BEGIN = """
UPDATE notices SET state = 'sending', attempts = attempts + 1, next_attempt = :until
WHERE id = :notice AND lease = :lease AND state IN ('queued', 'deferred', 'uncertain')
"""
_NOTE_BEGIN = """
INSERT INTO notice_attempts (notice, number, started, state, relay)
SELECT id, attempts, :now, 'sending', :relay FROM notices WHERE id = :notice
"""
_RECORD = f"""
UPDATE notices
SET state = :state, reply = :reply, next_attempt = :next_attempt, finished = :finished,
    doubts = doubts + :doubt
WHERE id = :notice AND lease = :lease AND {_OPEN}
"""
_NOTE = """
UPDATE notice_attempts
SET state = :state, finished = :now, relay = :relay, code = :code, enhanced = :enhanced,
    reply = :reply
WHERE notice = :notice AND finished IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Delivery):
    """One mail that is no edition, on its way: a delivery of nothing but itself.

    ``kind`` is confirm, known (who asked is subscribed already) or welcome; ``token`` opens what
    the mail leads to.
    """

    edition_id: int = 0
    subscription_id: int = 0
    kind: str
    bulletin: str
    language: str

    @property
    def name(self) -> str:
        """How the log names it."""
        return f"notice {self.id} ({self.kind})"


class NoticeStore(OutboxStore):
    """Notices in a database, as the outbox asks for them."""

    def claim(self, *, now: datetime, lease: timedelta, limit: int = 1) -> tuple[Notice, ...]:
        """Take the notices that wait longest; none where nothing is to be sent now."""
        with self._database.reading() as transaction:
            if not transaction.one(
                f"SELECT 1 FROM notices WHERE {_DUE} LIMIT 1", now=to_column(now)
            ):
                return ()
        with self._database.transaction() as transaction:
            rows = transaction.all(
                _CLAIM, now=to_column(now), until=to_column(now + lease), limit=limit
            )
            dead = [row["id"] for row in rows if row["state"] == "uncertain" and row["deaths"]]
            transaction.run_each(_BURY, [{"notice": id_, "now": to_column(now)} for id_ in dead])
        found = [_notice_from(row, now=now) for row in rows]
        return tuple(sorted(found, key=lambda notice: notice.id))

    def turn(
        self,
        outcomes: Sequence[Outcome],
        beginnings: Sequence[Beginning] = (),
        *,
        now: datetime,
        lease: timedelta,
    ) -> tuple[frozenset[int], frozenset[int]]:
        """Record what ended and begin what comes next; return the ids that others have now."""
        with self._database.transaction() as transaction:
            late = [one.delivery.id for one in outcomes if not _record(transaction, one, now=now)]
            lost = [
                one.delivery.id
                for one in beginnings
                if not _begin(transaction, one, now=now, lease=lease)
            ]
        return frozenset(late), frozenset(lost)

    def give_back(self, deliveries: Sequence[tuple[Delivery, datetime]]) -> None:
        """Let go of claimed notices that were not begun; each is due at its own time."""
        with self._database.transaction() as transaction:
            transaction.run_each(
                "UPDATE notices SET next_attempt = :due "
                "WHERE id = :notice AND lease = :lease AND state <> 'sending'",
                [
                    {"notice": notice.id, "lease": notice.lease, "due": to_column(due)}
                    for notice, due in deliveries
                ],
            )

    def postpone(self, *, until: datetime, reply: str) -> None:
        """Let no notice be sent before an instant: the relay refuses us, not somebody."""
        with self._database.transaction() as transaction:
            transaction.run(
                f"UPDATE notices SET next_attempt = :until, reply = :reply WHERE {_OPEN} "
                "AND state <> 'sending' AND next_attempt < :until",
                until=to_column(until),
                reply=as_told(reply),
            )

    def unwritten(self, problem: str) -> tuple[str, ...]:
        """Return for which of the reasons in a problem notices could not be written, and wait."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT DISTINCT reply FROM notices WHERE state = 'deferred' AND reply <> '' "
                "ORDER BY reply"
            )
        return tuple(row["reply"] for row in rows if row["reply"] in problem)

    def wake(self, reasons: Sequence[str], *, now: datetime) -> None:
        """Let what could not be written for some reasons be tried now."""
        with self._database.transaction() as transaction:
            transaction.run_each(
                "UPDATE notices SET next_attempt = :now "
                "WHERE state = 'deferred' AND reply = :reason AND next_attempt > :now",
                [{"reason": reason, "now": to_column(now)} for reason in reasons],
            )


def _record(transaction: Transaction, outcome: Outcome, *, now: datetime) -> bool:
    """Write an outcome; False where another process took the notice over."""
    row = outcome_row(outcome, now=now)
    row["notice"] = row.pop("delivery")
    of_notice = ("notice", "lease", "state", "reply", "next_attempt", "finished", "doubt")
    of_attempt = ("notice", "state", "now", "relay", "code", "enhanced", "reply")
    if not transaction.run(_RECORD, **{name: row[name] for name in of_notice}):
        return False
    transaction.run(_NOTE, **{name: row[name] for name in of_attempt})
    return True


def _begin(
    transaction: Transaction, beginning: Beginning, *, now: datetime, lease: timedelta
) -> bool:
    """Write that an attempt begins; False where another process took the notice over."""
    notice = beginning.delivery
    if not transaction.run(
        _BEGIN, notice=notice.id, lease=notice.lease, until=to_column(now + lease)
    ):
        return False
    transaction.run(_NOTE_BEGIN, notice=notice.id, now=to_column(now), relay=beginning.relay)
    return True


def queue_notice(  # noqa: PLR0913 - a notice has these parts
    transaction: Transaction,
    kind: str,
    address: str,
    *,
    bulletin: str,
    language: str,
    token: str,
    mail_domain: str,
    now: datetime,
) -> None:
    """Write a notice that is to be sent."""
    transaction.run(
        "INSERT INTO notices (kind, address, bulletin, language, token, message_id, state, "
        "next_attempt, created) VALUES (:kind, :address, :bulletin, :language, :token, "
        ":message_id, 'queued', :now, :now)",
        kind=kind,
        address=address,
        bulletin=bulletin,
        language=language,
        token=token,
        message_id=f"<n.{secrets.token_hex(12)}@{mail_domain}>",
        now=to_column(now),
    )


def suppress_notices(
    transaction: Transaction, address: str, *, because: str, now: datetime
) -> None:
    """End what waits for an address that is not written to any more."""
    transaction.run(
        "UPDATE notices SET state = 'suppressed', reply = :because, finished = :now "
        f"WHERE address = :address AND {_OPEN} AND state <> 'sending'",
        address=address,
        because=because,
        now=to_column(now),
    )


def _notice_from(row: Row, *, now: datetime) -> Notice:
    created = from_column(row["created"])
    holds = row["kind"] != CONFIRM or now - created < VALID
    return Notice(
        id=row["id"],
        kind=row["kind"],
        address=row["address"],
        bulletin=row["bulletin"],
        language=row["language"],
        token=row["token"],
        message_id=row["message_id"],
        attempts=row["attempts"] + 1,
        doubts=row["doubts"],
        deaths=row["deaths"],
        lease=row["lease"],
        created=created,
        wanted=holds,
        ended_because="" if holds else "its link holds no more",
        first_try=from_column(row["first_try"]),
    )
