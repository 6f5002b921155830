"""Which stored items the entries of a reading may be, in SQL: found by keys, never by all rows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from feeds.columns import ITEM, item_from
from feeds.keys import title_key, url_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from feeds.database import Row, Transaction
    from feeds.model import Entry, Item

# Stored items that a reading is held against beyond those on the page and those with its keys:
# they may come back with every key changed a little.
RECENT = 50


def known_items(
    transaction: Transaction, bulletin: str, source: str, entries: Sequence[Entry]
) -> list[Item]:
    """Return the stored items that the entries of a reading may be.

    Those on the source's page at its last reading, those that share a key with an entry,
    and the latest ones; so the cost follows the page, not the size of the store. Forgotten
    items are among them. A merged one comes with the item that it was merged into, and
    stands where that one stands.
    """
    url_keys = {url_key(entry.url) for entry in entries} - {""}
    title_keys = {title_key(entry.title) for entry in entries}
    source_ids = {entry.source_id for entry in entries} - {""}
    found: dict[str, Row] = {}
    places: dict[str, Row] = {}
    place = {"bulletin": bulletin, "source": source}

    def add(rows: Iterable[Row]) -> None:
        found.update((row["id"], row) for row in rows if row["id"] not in found)

    add(transaction.all(_KNOWN_ON_PAGE, **place))
    add(transaction.all(_KNOWN_RECENT, bulletin=bulletin, limit=RECENT))
    for column, keys in (
        ("url_key", url_keys),
        ("title_key", title_keys),
        ("source_id", source_ids),
    ):
        for some in batches(sorted(keys)):
            add(transaction.all(_known_by(column, len(some)), bulletin=bulletin, **some))
    survivors = {row["merged_into"] for row in found.values()} - {None} - found.keys()
    for some in batches(sorted(survivors)):
        add(transaction.all(_known_ids(len(some)), **some))
    for some in batches(sorted({_stands_as(row) for row in found.values()})):
        rows = transaction.all(_sightings_of(len(some)), **place, **some)
        places.update((row["item"], row) for row in rows)
    items = (item_from(row, at=places.get(_stands_as(row))) for row in found.values())
    return sorted(items, key=lambda item: item.number)


# Begins at the sightings: an index says which stand on the page, however many items there are.
_ON_PAGE = "sightings.bulletin = :bulletin AND source = :source AND position IS NOT NULL"
_KNOWN_ON_PAGE = f"""
SELECT {ITEM} FROM sightings JOIN items ON items.id = sightings.item WHERE {_ON_PAGE}
UNION ALL
SELECT {ITEM} FROM sightings JOIN items ON items.merged_into = sightings.item WHERE {_ON_PAGE}
"""
_KNOWN_RECENT = (
    f"SELECT {ITEM} FROM items WHERE items.bulletin = :bulletin ORDER BY number DESC LIMIT :limit"
)
# Items that share a key are looked at, the latest first, up to this many: "Notice", every week.
_MOST_ALIKE = 20
# Keys in one statement; SQLite itself takes 32 766 values.
_BATCH = 200


def batches(keys: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield keys in groups, each under the name of its parameter."""
    for start in range(0, len(keys), _BATCH):
        some = keys[start : start + _BATCH]
        yield {f"key{letters(place)}": key for place, key in enumerate(some)}


def letters(number: int) -> str:
    """Return a number in letters, for names of parameters have no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


@lru_cache(maxsize=1024)
def _known_by(column: str, count: int) -> str:
    """Return the statement that finds the latest items of each of so many keys.

    Each key is asked for by itself, and ends where it has enough: a title that every item has
    costs no more than one of a few. It says again that no key is empty, for so do the indexes.
    """
    each = " UNION ALL ".join(
        f"""SELECT id FROM (
            SELECT id FROM items WHERE bulletin = :bulletin AND {column} <> ''
            AND {column} = :key{letters(place)} ORDER BY number DESC LIMIT {_MOST_ALIKE}
        ) AS alike"""
        for place in range(count)
    )
    return f"SELECT {ITEM} FROM items WHERE items.id IN ({each})"


@lru_cache(maxsize=64)
def _known_ids(count: int) -> str:
    """Return the statement that finds so many items by id."""
    names = ", ".join(f":key{letters(place)}" for place in range(count))
    return f"SELECT {ITEM} FROM items WHERE id IN ({names})"


def _stands_as(row: Row) -> str:
    """Return the id of the item where a row of items stands: a merged one's survivor."""
    return str(row["merged_into"] or row["id"])


@lru_cache(maxsize=512)
def _sightings_of(count: int) -> str:
    """Return the statement that finds where so many items stand at a source.

    Each by its whole key: of a join the planner of PostgreSQL may read all that stood there ever,
    as long as it does not know yet how many those are.
    """
    return " UNION ALL ".join(
        f"""SELECT item, position, missing_since, stated, said FROM sightings
        WHERE bulletin = :bulletin AND source = :source AND item = :key{letters(place)}"""
        for place in range(count)
    )
