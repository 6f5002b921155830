"""What feeds by filter need besides the items: their ids, and at which sources items were found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.identifiers import mint_id, new_token
from feeds.instants import from_column, to_column
from feeds.selections import MOST_SCANNED, NamedFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from feeds.database import Database


class SelectionStore:
    """Feeds by filter in a database."""

    def __init__(
        self, database: Database, *, authority: str, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._authority = authority
        self._clock = clock

    def named(self, path: str) -> NamedFeed:
        """Return the id of the feed at a path below the site, minted at the first question."""
        with self._database.reading() as transaction:
            row = transaction.one(_NAMED, path=path)
        if row is None:
            now = self._clock()
            with self._database.transaction() as transaction:
                transaction.run(
                    "INSERT INTO named_feeds (path, feed_id, minted) "
                    "VALUES (:path, :feed_id, :minted) ON CONFLICT (path) DO NOTHING",
                    path=path,
                    feed_id=mint_id(self._authority, path, new_token(), now=now),
                    minted=to_column(now.replace(microsecond=0)),
                )
                row = transaction.one(_NAMED, path=path)
        if row is None:
            raise LookupError(path)
        return NamedFeed(row["feed_id"], from_column(row["minted"]))

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all feeds by filter that there ever were."""
        with self._database.reading() as transaction:
            rows = transaction.all("SELECT path FROM named_feeds ORDER BY path")
        return tuple(row["path"] for row in rows)

    def sources(self, bulletin: str, names: Collection[str]) -> dict[str, set[str]]:
        """Return at which of some sources the latest items of a bulletin were found, by id."""
        found: dict[str, set[str]] = {}
        with self._database.reading() as transaction:
            for name in sorted(names):
                for row in transaction.all(
                    _FOUND_AT, bulletin=bulletin, source=name, limit=MOST_SCANNED
                ):
                    found.setdefault(row["id"], set()).add(name)
        return found


_NAMED = "SELECT feed_id, minted FROM named_feeds WHERE path = :path"
_FOUND_AT = """
SELECT latest.id AS id FROM (
    SELECT id FROM items WHERE bulletin = :bulletin AND forgotten IS NULL
    ORDER BY number DESC LIMIT :limit
) AS latest
JOIN sightings ON sightings.bulletin = :bulletin AND sightings.source = :source
    AND sightings.item = latest.id
"""
