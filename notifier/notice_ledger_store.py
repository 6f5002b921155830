"""What became of the mails that are no edition, in SQL: when, and what the relay said to them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from feeds.instants import from_column
from notifier.ledger_store import attempt_from
from notifier.model import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.database import Database, Row
    from notifier.ledger_store import Attempt

_LINES = """
SELECT notices.id AS id, kind, bulletin, notices.state AS state, notices.reply AS reply,
       notices.created AS created, notices.finished AS finished,
       notice_attempts.number AS attempt, started AS attempt_started,
       notice_attempts.finished AS attempt_finished, notice_attempts.state AS attempt_state,
       relay, code, enhanced, notice_attempts.reply AS attempt_reply
FROM (
    SELECT * FROM notices WHERE address = :address ORDER BY id DESC LIMIT :limit
) AS notices
LEFT JOIN notice_attempts ON notice_attempts.notice = notices.id
ORDER BY notices.id DESC, notice_attempts.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """One notice with all its attempts; ``reply`` is the last word on it."""

    notice_id: int
    kind: str
    bulletin: str
    state: DeliveryState
    reply: str
    created: datetime
    finished: datetime | None
    attempts: tuple[Attempt, ...]


class NoticeLedgerStore:
    """The ledger of notices in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_address(self, address: str, *, limit: int) -> tuple[NoticeLine, ...]:
        """Return the notices to one address with their attempts, the latest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(_LINES, address=address, limit=limit)
        return tuple(_line_from(list(group)) for _, group in groupby(rows, lambda row: row["id"]))


def _line_from(rows: Sequence[Row]) -> NoticeLine:
    row = rows[0]
    return NoticeLine(
        notice_id=row["id"],
        kind=row["kind"],
        bulletin=row["bulletin"],
        state=DeliveryState(row["state"]),
        reply=row["reply"],
        created=from_column(row["created"]),
        finished=from_column(row["finished"]),
        attempts=tuple(attempt_from(row) for row in rows if row["attempt"] is not None),
    )
