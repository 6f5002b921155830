"""Mails that are no edition, in SQL: confirm, known, welcome. Rows before they are mails."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.text import clean_text
from notifier.model import DeliveryState

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from feeds.database import Database, Transaction

CONFIRM = "confirm"
KNOWN = "known"
WELCOME = "welcome"
# One that a process died with may have left: it is sent again, with the Message-ID that it has.
_OPEN = """
state IN ('queued', 'deferred', 'sending') AND (
    (state IN ('queued', 'deferred') AND next_attempt <= :now)
    OR (state = 'sending' AND leased_until <= :now)
)
"""
_CLAIM = f"""
UPDATE notices
SET state = 'sending', attempts = attempts + 1, lease = lease + 1, leased_until = :until
WHERE id = (
    SELECT id FROM notices WHERE {_OPEN} ORDER BY next_attempt, id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, address, bulletin, language, token, message_id, attempts, lease, created
"""
_LONGEST_REPLY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail that is no edition, claimed to be sent.

    ``kind`` is confirm, known (who asked is subscribed already) or welcome; ``token`` opens what
    the mail leads to.
    """

    id: int
    kind: str
    address: str
    bulletin: str
    language: str
    token: str
    message_id: str
    attempts: int
    lease: int
    created: datetime


class NoticeStore:
    """Notices in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, *, now: datetime, lease: timedelta) -> Notice | None:
        """Take the notice that waits longest; None where none is to be sent now."""
        with self._database.reading() as transaction:
            if not transaction.one(
                f"SELECT 1 FROM notices WHERE {_OPEN} LIMIT 1", now=to_column(now)
            ):
                return None
        with self._database.transaction() as transaction:
            row = transaction.one(_CLAIM, now=to_column(now), until=to_column(now + lease))
        if row is None:
            return None
        return Notice(
            id=row["id"],
            kind=row["kind"],
            address=row["address"],
            bulletin=row["bulletin"],
            language=row["language"],
            token=row["token"],
            message_id=row["message_id"],
            attempts=row["attempts"],
            lease=row["lease"],
            created=from_column(row["created"]),
        )

    def record(
        self,
        notice: Notice,
        state: DeliveryState,
        *,
        reply: str,
        now: datetime,
        next_attempt: datetime | None = None,
    ) -> bool:
        """Store the outcome of an attempt; False where another process took the notice over."""
        is_final = state in (DeliveryState.SENT, DeliveryState.FAILED)
        with self._database.transaction() as transaction:
            touched = transaction.run(
                "UPDATE notices SET state = :state, reply = :reply, leased_until = '', "
                "next_attempt = :next_attempt, finished = :finished "
                "WHERE id = :id AND lease = :lease AND state = 'sending'",
                id=notice.id,
                lease=notice.lease,
                state=state.value,
                reply=clean_text(reply)[:_LONGEST_REPLY],
                next_attempt=to_column(next_attempt or now),
                finished=to_column(now) if is_final else None,
            )
        return touched == 1


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
