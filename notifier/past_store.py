"""Past editions in SQL: those that hold all that was new, and so are no secret of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.database import Database

# What waits for an operator's word, or was skipped, is not public.
_PUBLIC = "whole = 1 AND approval IN ('', 'approved')"
_LATEST = f"""
SELECT bulletin, max(number) AS latest, max(approval_number) AS approvals
FROM editions WHERE {_PUBLIC} GROUP BY bulletin
"""
# Those that opened or were approved since, and those that hold what was corrected, withdrawn or
# forgotten since.
_STALE = f"""
SELECT number FROM editions WHERE bulletin = :bulletin AND {_PUBLIC}
    AND (number > :after OR approval_number > :approvals)
UNION
SELECT editions.number AS number FROM items
JOIN edition_items ON edition_items.item = items.id
JOIN editions ON editions.id = edition_items.edition
WHERE items.bulletin = :bulletin AND items.changed > :since AND {_PUBLIC}
ORDER BY number
"""
# Of those that hold the same, for readers of another language or form, the first.
_LISTED = f"""
SELECT min(number) AS number FROM (
    SELECT number, upto,
        (SELECT count(*) FROM edition_items WHERE edition = editions.id) AS held
    FROM editions WHERE bulletin = :bulletin AND {_PUBLIC}
    ORDER BY number DESC LIMIT :looked_at
) AS latest
GROUP BY upto, held ORDER BY number DESC LIMIT :limit
"""
# So many of each content, for languages and forms, are looked at.
_KINDS = 8


@dataclass(frozen=True, slots=True)
class Latest:
    """How far a bulletin's public editions have come: the last number, and the last approval.

    An edition may be approved after one with a higher number was sent.
    """

    number: int = 0
    approvals: int = 0

    def __str__(self) -> str:
        """Write it, as ``latest_from`` reads it."""
        return f"{self.number}.{self.approvals}" if self.approvals else str(self.number)


def latest_from(text: str) -> Latest:
    """Read what was written; the beginning where nothing was."""
    number, _, approvals = text.partition(".")
    return Latest(int(number or 0), int(approvals or 0))


class PastStore:
    """Past editions in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> dict[str, Latest]:
        """Return how far each bulletin's public editions have come."""
        with self._database.reading() as transaction:
            return {
                row["bulletin"]: Latest(int(row["latest"]), int(row["approvals"]))
                for row in transaction.all(_LATEST)
            }

    def stale(self, bulletin: str, *, since: int, after: Latest) -> tuple[int, ...]:
        """Return the numbers of the editions that are new, or whose items have changed.

        That is after those that were public, and since a number of the bulletin.
        """
        with self._database.reading() as transaction:
            rows = transaction.all(
                _STALE,
                bulletin=bulletin,
                since=since,
                after=after.number,
                approvals=after.approvals,
            )
        return tuple(int(row["number"]) for row in rows)

    def listed(self, bulletin: str, limit: int) -> tuple[int, ...]:
        """Return the numbers of the latest editions, newest first, each content once."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                _LISTED, bulletin=bulletin, limit=limit, looked_at=limit * _KINDS
            )
        return tuple(int(row["number"]) for row in rows)
