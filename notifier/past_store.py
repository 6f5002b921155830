"""Past editions in SQL: those that hold all that was new, and so are no secret of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.database import Database

_LATEST = """
SELECT bulletin, max(number) AS latest FROM editions WHERE whole = 1 GROUP BY bulletin
"""
# Those that opened since, and those that hold what was corrected, withdrawn or forgotten since.
_STALE = """
SELECT number FROM editions WHERE bulletin = :bulletin AND whole = 1 AND number > :after
UNION
SELECT editions.number AS number FROM items
JOIN edition_items ON edition_items.item = items.id
JOIN editions ON editions.id = edition_items.edition
WHERE items.bulletin = :bulletin AND items.changed > :since AND editions.whole = 1
ORDER BY number
"""
# Of those that hold the same, for readers of another language or form, the first.
_LISTED = """
SELECT min(number) AS number FROM (
    SELECT number, upto,
        (SELECT count(*) FROM edition_items WHERE edition = editions.id) AS held
    FROM editions WHERE bulletin = :bulletin AND whole = 1
    ORDER BY number DESC LIMIT :looked_at
) AS latest
GROUP BY upto, held ORDER BY number DESC LIMIT :limit
"""
# So many of each content, for languages and forms, are looked at.
_KINDS = 8


class PastStore:
    """Past editions in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> dict[str, int]:
        """Return the number of each bulletin's latest public edition."""
        with self._database.reading() as transaction:
            return {row["bulletin"]: int(row["latest"]) for row in transaction.all(_LATEST)}

    def stale(self, bulletin: str, *, since: int, after: int) -> tuple[int, ...]:
        """Return the numbers of the editions that are new, or whose items have changed.

        That is after an edition's number, and since a number of the bulletin.
        """
        with self._database.reading() as transaction:
            rows = transaction.all(_STALE, bulletin=bulletin, since=since, after=after)
        return tuple(int(row["number"]) for row in rows)

    def listed(self, bulletin: str, limit: int) -> tuple[int, ...]:
        """Return the numbers of the latest editions, newest first, each content once."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                _LISTED, bulletin=bulletin, limit=limit, looked_at=limit * _KINDS
            )
        return tuple(int(row["number"]) for row in rows)
