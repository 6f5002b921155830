"""Questions about past checks in SQL: what each found, and how many new items a day brought."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from feeds.instants import to_column
from feeds.source_columns import CHECK, check_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feeds.database import Database
    from feeds.records import Check

# After every number that a check has.
_LAST = 2**62


class CheckStore:
    """Past checks in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(
        self, bulletin: str, source: str, *, limit: int, before: int | None = None
    ) -> tuple[tuple[int, Check], ...]:
        """Return the last checks of a source with their numbers, newest first; those before one."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT id, {CHECK} FROM checks WHERE bulletin = :bulletin AND source = :source "
                "AND id < :before ORDER BY id DESC LIMIT :limit",
                bulletin=bulletin,
                source=source,
                before=_LAST if before is None else before,
                limit=limit,
            )
        return tuple((int(row["id"]), check_from(row)) for row in rows)

    def news_by_day(
        self, *, since: datetime, bulletin: str = ""
    ) -> Mapping[tuple[str, str], Mapping[date, int]]:
        """Return how many new items each source brought on each day (UTC) that had some.

        Of one bulletin, or of all. What stood there at its first reading is no news.
        """
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT bulletin, source, substr(finished, 1, 10) AS day, sum(new) AS news "
                "FROM checks WHERE outcome = 'changed' AND new > 0 AND finished >= :since "
                f"{'AND bulletin = :bulletin ' if bulletin else ''}"
                "GROUP BY bulletin, source, substr(finished, 1, 10) ORDER BY day",
                since=to_column(since),
                **({"bulletin": bulletin} if bulletin else {}),
            )
        found: defaultdict[tuple[str, str], dict[date, int]] = defaultdict(dict)
        for row in rows:
            found[row["bulletin"], row["source"]][date.fromisoformat(row["day"])] = int(row["news"])
        return found
