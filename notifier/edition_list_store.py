"""Editions as a list for operators, in SQL: what they hold, and where their audiences are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column
from notifier.ledger_store import LAST, sum_from
from notifier.model import Approval, Form

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row
    from notifier.ledger_store import Sum

# Some editions, each with its counts: those of others are not counted.
_LINES = """
SELECT editions.id AS id, bulletin, number, audience, opened, language, form, whole, approval,
    (SELECT count(*) FROM edition_items WHERE edition = editions.id) AS items,
    (SELECT min(title) FROM edition_items JOIN items ON items.id = edition_items.item
     WHERE edition = editions.id) AS title,
    coalesce(sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), 0) AS sent,
    coalesce(sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS failed,
    coalesce(sum(CASE WHEN state = 'suppressed' THEN 1 ELSE 0 END), 0) AS suppressed,
    coalesce(sum(CASE WHEN state IN ('queued', 'sending', 'deferred', 'uncertain')
                 THEN 1 ELSE 0 END), 0) AS open
FROM (
    SELECT * FROM editions
    WHERE (bulletin = :bulletin OR :bulletin = '') AND (number = :number OR :number = 0)
      AND id < :before AND (approval = 'waiting' OR :waiting = 0)
    ORDER BY id DESC LIMIT :limit
) AS editions
LEFT JOIN deliveries ON deliveries.edition = editions.id
GROUP BY editions.id, bulletin, number, audience, opened, language, form, whole, approval
ORDER BY editions.id DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLine:
    """One edition of a list; ``title`` is that of one of its items, empty where it holds none."""

    id: int
    bulletin: str
    number: int
    opened: datetime
    language: str
    form: Form
    whole: bool
    approval: Approval
    items: int
    title: str
    sum: Sum

    @property
    def waits(self) -> bool:
        """Whether it waits for an operator."""
        return self.approval is Approval.WAITING


class EditionListStore:
    """Lists of editions in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(
        self, bulletin: str = "", *, before: int = LAST, waiting_only: bool = False, limit: int
    ) -> tuple[EditionLine, ...]:
        """Return the latest editions, newest first, of one bulletin or of all."""
        return self._lines(
            bulletin=bulletin, number=0, before=before, waiting=int(waiting_only), limit=limit
        )

    def one(self, bulletin: str, number: int) -> EditionLine | None:
        """Return one edition; None where the bulletin has none of that number."""
        if not bulletin or number < 1:
            return None
        lines = self._lines(bulletin=bulletin, number=number, before=LAST, waiting=0, limit=1)
        return lines[0] if lines else None

    def bulletins(self) -> tuple[str, ...]:
        """Return the slugs of the bulletins that have editions."""
        with self._database.reading() as transaction:
            rows = transaction.all("SELECT DISTINCT bulletin FROM editions ORDER BY bulletin")
        return tuple(row["bulletin"] for row in rows)

    def _lines(self, **values: object) -> tuple[EditionLine, ...]:
        with self._database.reading() as transaction:
            return tuple(map(_line_from, transaction.all(_LINES, **values)))


def _line_from(row: Row) -> EditionLine:
    return EditionLine(
        id=row["id"],
        bulletin=row["bulletin"],
        number=row["number"],
        opened=from_column(row["opened"]),
        language=row["language"],
        form=Form(row["form"]),
        whole=bool(row["whole"]),
        approval=Approval(row["approval"]),
        items=int(row["items"]),
        title=row["title"] or "",
        sum=sum_from(row),
    )
