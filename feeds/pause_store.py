"""Sources that an operator has read no more, until they are resumed, in SQL.

It is a word on the store and no configuration: it holds through changes of that, and is shown
wherever a source is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.instants import to_column

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database


class PauseStore:
    """Paused sources in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, bulletin: str, source: str = "", *, now: datetime) -> tuple[str, ...]:
        """Have a source read no more, or all of a bulletin; return the names of those that were.

        A check that goes on just now is ended as ever.
        """
        with self._database.transaction() as transaction:
            rows = transaction.all(
                "UPDATE sources SET paused = :now WHERE bulletin = :bulletin AND active = 1 "
                "AND paused IS NULL AND (name = :source OR :source = '') RETURNING name",
                bulletin=bulletin,
                source=source,
                now=to_column(now),
            )
        return tuple(sorted(row["name"] for row in rows))

    def resume(self, bulletin: str, source: str = "") -> tuple[str, ...]:
        """Have a source read again, or all of a bulletin; return the names of those that were not.

        What became due meanwhile is read once, at the next tick.
        """
        with self._database.transaction() as transaction:
            rows = transaction.all(
                "UPDATE sources SET paused = NULL WHERE bulletin = :bulletin "
                "AND paused IS NOT NULL AND (name = :source OR :source = '') RETURNING name",
                bulletin=bulletin,
                source=source,
            )
        return tuple(sorted(row["name"] for row in rows))
