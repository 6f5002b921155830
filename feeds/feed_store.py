"""Which items the documents of a feed hold, in SQL. Each method is one question.

What was archived is read as it stood when its part was closed, so that a document can be written
again with the same bytes, whatever was corrected since.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.archive import Part
from feeds.columns import FORMER, ITEM, content_from_json, former_from, item_from
from feeds.instants import from_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime, timedelta

    from feeds.database import Database, Row, Transaction
    from feeds.model import Content, Entry, Former, Item

# News and corrections are read in such groups until they are older than was promised.
_BATCH = 100
# Beyond any live feed: a document of them would be refused everywhere.
_MOST = 20_000
_ANY_NUMBER = 2**62


class FeedStore:
    """The items of feeds in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def promised(self, bulletin: str, *, span: timedelta) -> tuple[Item, ...]:
        """Return the news and corrections of so long before the last one, the last one first.

        Counted from the last one and not from now: who looks at any later time has missed
        nothing, and the answer changes only with the items. What was there at the first check of
        its source is no news.
        """
        found: list[Item] = []
        before = _ANY_NUMBER
        while len(found) < _MOST:
            with self._database.reading() as transaction:
                rows = transaction.all(_PROMISED, bulletin=bulletin, before=before, limit=_BATCH)
            if not rows:
                break
            items = [item_from(row) for row in rows]
            found += items
            before = items[-1].changed
            if max(map(touched, items)) < max(map(touched, found)) - span:
                break
        since = max(map(touched, found)) - span if found else None
        return tuple(item for item in found if since and touched(item) >= since)

    def parts(self, bulletin: str, *, after: str = "") -> tuple[str, ...]:
        """Return the names of the parts of the archive after one; the last is still open."""
        with self._database.reading() as transaction:
            rows = transaction.all(_PARTS, bulletin=bulletin, after=after)
        return tuple(row["archive"] for row in rows)

    def part_after(self, bulletin: str, name: str) -> str:
        """Return the name of the part after one; empty where it is the last."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT min(archive) AS archive FROM items "
                "WHERE bulletin = :bulletin AND archive > :name",
                bulletin=bulletin,
                name=name,
            )
        return (row["archive"] if row else None) or ""

    def part_before(self, bulletin: str, name: str) -> str:
        """Return the name of the part before one; empty where it is the first."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT max(archive) AS archive FROM items "
                "WHERE bulletin = :bulletin AND archive < :name",
                bulletin=bulletin,
                name=name,
            )
        return (row["archive"] if row else None) or ""

    def part(self, bulletin: str, name: str) -> tuple[Item, ...]:
        """Return the items of a part as they are now, in no order, forgotten ones left out."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {ITEM} FROM items WHERE bulletin = :bulletin AND archive = :name "
                "AND forgotten IS NULL",
                bulletin=bulletin,
                name=name,
            )
        return tuple(item_from(row) for row in rows)

    def closed_part(self, bulletin: str, name: str) -> tuple[datetime, tuple[Item, ...]]:
        """Return when a part was closed, and its items as they were then, newest first.

        What was forgotten since is left out all the same. The part after it must have begun.
        """
        with self._database.reading() as transaction:
            closed = transaction.one(_CLOSED, bulletin=bulletin, name=name)
            if closed is None or closed["closed"] is None:
                raise LookupError(name)
            rows = transaction.all(
                _AS_CLOSED, bulletin=bulletin, name=name, closed=closed["closed"]
            )
        items = (_as_closed(row) for row in rows)
        # Not by number, which changes when the baseline of one source is news at another.
        order = sorted(items, key=lambda item: (item.published, item.first_seen, item.id))
        return from_column(closed["closed"]), tuple(reversed(order))

    def former(self, items: Sequence[Item]) -> dict[str, Former]:
        """Return what corrected items were before their last correction, by id."""
        ids = [item.id for item in items if item.updated > item.published]
        with self._database.reading() as transaction:
            rows = [row for id_ in ids for row in _last_former(transaction, id_)]
        return {row["item"]: former_from(row) for row in rows}


def parts_of_new(
    transaction: Transaction, bulletin: str, entries: Sequence[Entry | Content], *, day: date
) -> tuple[str, ...]:
    """Return the part of the archive that each new entry is put into, in page order."""
    row = transaction.one(_OPEN_PART, bulletin=bulletin)
    part = Part(row["archive"], row["items"], row["characters"]) if row else Part()
    names = []
    # The bottom of the page came first.
    for entry in reversed(entries):
        part = part.taking(entry.summary_html + entry.full_html, day)
        names.append(part.name)
    return tuple(reversed(names))


def recently_published(transaction: Transaction, bulletin: str, limit: int) -> set[datetime]:
    """Return the publication times of the items that came last."""
    rows = transaction.all(
        "SELECT published FROM items WHERE bulletin = :bulletin ORDER BY number DESC LIMIT :limit",
        bulletin=bulletin,
        limit=limit,
    )
    return {from_column(row["published"]) for row in rows}


def touched(item: Item) -> datetime:
    """Return when an item came, or was corrected last."""
    return max(item.first_seen, item.updated) if item.updated > item.published else item.first_seen


def _last_former(transaction: Transaction, id_: str) -> Iterator[Row]:
    yield from transaction.all(
        f"SELECT item, {FORMER} FROM revisions "
        "WHERE item = :id AND merged_from IS NULL ORDER BY revision DESC LIMIT 1",
        id=id_,
    )


def _as_closed(row: Row) -> Item:
    item = item_from(row)
    if row["former"] is None:
        return item
    corrected = row["corrected"]
    return replace(
        item,
        content=content_from_json(row["former"]),
        updated=from_column(corrected) if corrected else item.published,
    )


_OPEN_PART = """
SELECT archive, count(*) AS items, sum(length(summary_html) + length(full_html)) AS characters
FROM items WHERE bulletin = :bulletin
    AND archive = (SELECT max(archive) FROM items WHERE bulletin = :bulletin)
GROUP BY archive
"""
# Says again what its index says, so that it is used.
_PROMISED = f"""
SELECT {ITEM} FROM items
WHERE bulletin = :bulletin AND changed < :before
    AND forgotten IS NULL AND (baseline = 0 OR updated > published)
ORDER BY changed DESC LIMIT :limit
"""
# Goes from name to name by the index, however many items each has.
_PARTS = """
WITH RECURSIVE parts (archive) AS (
    SELECT min(archive) FROM items WHERE bulletin = :bulletin AND archive > :after
    UNION ALL
    SELECT (SELECT min(items.archive) FROM items
        WHERE bulletin = :bulletin AND items.archive > parts.archive)
    FROM parts WHERE parts.archive IS NOT NULL
)
SELECT archive FROM parts WHERE archive IS NOT NULL ORDER BY archive
"""
_CLOSED = """
SELECT min(first_seen) AS closed FROM items WHERE bulletin = :bulletin AND archive = (
    SELECT min(archive) FROM items WHERE bulletin = :bulletin AND archive > :name
)
"""
_AS_CLOSED = f"""
SELECT {ITEM}, (
    SELECT later.content FROM revisions AS later
    WHERE later.item = items.id AND later.merged_from IS NULL AND later.replaced > :closed
    ORDER BY later.revision LIMIT 1
) AS former, (
    SELECT max(earlier.replaced) FROM revisions AS earlier
    WHERE earlier.item = items.id AND earlier.merged_from IS NULL AND earlier.replaced <= :closed
) AS corrected
FROM items WHERE bulletin = :bulletin AND archive = :name AND forgotten IS NULL
"""
