"""Items by the day that they are filed under, in SQL: what the archive asks.

Each question costs what it brings, however many items are stored.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.columns import FORMER, ITEM, former_from, item_from
from feeds.filing import Filed, Month, Place, Shelf, place_of
from feeds.instants import from_column

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from feeds.database import Database
    from feeds.model import Former, Item

# Items that are in memory at once while a whole bulletin is written.
_BATCH = 500
# Corrections of one item that its page tells of.
_MOST_FORMER = 50


class FilingStore:
    """The items of a database, as they are filed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def shelves(self, bulletin: str) -> dict[Month, Shelf]:
        """Return what is filed under each month, reading all that there is."""
        with self._database.reading() as transaction:
            rows = transaction.all(_SHELVES, bulletin=bulletin)
        return {Month.of(row["month"]): Shelf(row["count"], row["updated"]) for row in rows}

    def shelf(self, bulletin: str, month: Month) -> Shelf:
        """Return what is filed under one month."""
        with self._database.reading() as transaction:
            row = transaction.one(_SHELF, bulletin=bulletin, **_days(month))
        return Shelf(row["count"], row["updated"] or "") if row else Shelf(0, "")

    def filed_since(self, bulletin: str, number: int) -> list[Filed]:
        """Return where items are and were filed that came, changed or went after that number."""
        with self._database.reading() as transaction:
            items = transaction.all(_CHANGED, bulletin=bulletin, number=number)
            formers = transaction.all(_FORMER_DAYS, bulletin=bulletin, number=number)
        places = {row["id"]: Place(row["day"], row["published"], row["token"]) for row in items}
        filed = [
            Filed(
                row["id"],
                places[row["id"]],
                moved=row["number"] > number or row["forgotten"] is not None,
            )
            for row in items
        ]
        for row in formers:
            place = places.get(row["item"])
            day = json.loads(row["content"])["day"] or row["published"][:10]
            if place is not None and day != place.day:
                filed += [
                    Filed(row["item"], replace(place, day=day), moved=True),
                    Filed(row["item"], place, moved=True),
                ]
        return filed

    def rank(self, bulletin: str, place: Place) -> int:
        """Return how many items of the same month are filed before a place."""
        with self._database.reading() as transaction:
            row = transaction.one(
                _RANK, bulletin=bulletin, start=f"{place.month}-01", **_columns(place)
            )
        return int(row["rank"]) if row else 0

    def page(self, bulletin: str, month: Month, *, start: int, limit: int) -> list[Item]:
        """Return the items of a month from a rank on, the oldest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                _PAGE, bulletin=bulletin, **_days(month), skipped=start, limit=limit
            )
        return [item_from(row) for row in rows]

    def item(self, item_id: str) -> Item | None:
        """Return one item; None where it is forgotten."""
        with self._database.reading() as transaction:
            row = transaction.one(
                f"SELECT {ITEM} FROM items WHERE id = :id AND forgotten IS NULL", id=item_id
            )
        return item_from(row) if row else None

    def beside(self, bulletin: str, place: Place) -> tuple[Item | None, Item | None]:
        """Return the items that are filed before and after a place."""
        found: list[Item | None] = []
        with self._database.reading() as transaction:
            for same_day, other_day in (_OLDER, _NEWER):
                row = transaction.one(
                    same_day, bulletin=bulletin, **_columns(place)
                ) or transaction.one(other_day, bulletin=bulletin, day=place.day)
                found.append(item_from(row) if row else None)
        return found[0], found[1]

    def in_order(self, bulletin: str) -> Iterator[Item]:
        """Yield all items, the oldest first, a few in memory at a time."""
        place = Place("", "", "")
        while True:
            with self._database.reading() as transaction:
                rows = transaction.all(
                    _SAME_DAY, bulletin=bulletin, **_columns(place), limit=_BATCH
                ) or transaction.all(_LATER_DAYS, bulletin=bulletin, day=place.day, limit=_BATCH)
            if not rows:
                return
            items = [item_from(row) for row in rows]
            yield from items
            place = place_of(items[-1])

    def former(self, item: Item) -> tuple[Former, ...]:
        """Return what an item was before each of its corrections, the oldest first.

        Of very many the last ones. Wordings of an item that was merged into it are none of its own.
        """
        if not item.revision:
            return ()
        with self._database.reading() as transaction:
            rows = transaction.all(_FORMER, id=item.id, most=_MOST_FORMER)
        return tuple(former_from(row) for row in reversed(rows))

    def changes(
        self, bulletin: str, month: Month, *, start: int, limit: int
    ) -> list[tuple[str, datetime]]:
        """Return the tokens of a month's items from a rank on, with their last changes."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                _CHANGES, bulletin=bulletin, **_days(month), skipped=start, limit=limit
            )
        return [(row["token"], from_column(row["updated"])) for row in rows]


def _days(month: Month) -> dict[str, object]:
    """Return the bounds of a month, as texts between which all of its days lie."""
    return {"start": f"{month}-01", "end": f"{month}-99"}


def _columns(place: Place) -> dict[str, object]:
    return {"day": place.day, "published": place.published, "token": place.token}


# As the index items_by_day has the same words.
_DAY = "substr(coalesce(day, published), 1, 10)"
_ORDER = f"{_DAY}, published, token"
_OF = "FROM items WHERE bulletin = :bulletin AND forgotten IS NULL"
_SHELVES = f"""
SELECT substr({_DAY}, 1, 7) AS month, count(*) AS count, max(updated) AS updated {_OF}
GROUP BY substr({_DAY}, 1, 7) ORDER BY month
"""
_SHELF = f"""
SELECT count(*) AS count, max(updated) AS updated {_OF} AND {_DAY} BETWEEN :start AND :end
"""
_CHANGED = f"""
SELECT id, {_DAY} AS day, published, token, number, forgotten FROM items
WHERE bulletin = :bulletin AND changed > :number ORDER BY changed, number
"""
_FORMER_DAYS = """
SELECT item, revisions.content AS content, published FROM items
JOIN revisions ON revisions.item = items.id
WHERE bulletin = :bulletin AND changed > :number AND merged_from IS NULL
"""
_RANK = f"""
SELECT count(*) AS rank {_OF} AND {_DAY} BETWEEN :start AND :day
    AND ({_DAY} < :day OR published < :published OR (published = :published AND token < :token))
"""
_PAGE = f"""
SELECT {ITEM} {_OF} AND {_DAY} BETWEEN :start AND :end
ORDER BY {_ORDER} LIMIT :limit OFFSET :skipped
"""
_CHANGES = f"""
SELECT token, updated {_OF} AND {_DAY} BETWEEN :start AND :end
ORDER BY {_ORDER} LIMIT :limit OFFSET :skipped
"""
_BACK = f"{_DAY} DESC, published DESC, token DESC"
_EARLIER = (
    f"{_DAY} = :day AND published <= :published AND (published < :published OR token < :token)"
)
_LATER = f"{_DAY} = :day AND published >= :published AND (published > :published OR token > :token)"
_OLDER = (
    f"SELECT {ITEM} {_OF} AND {_EARLIER} ORDER BY published DESC, token DESC LIMIT 1",
    f"SELECT {ITEM} {_OF} AND {_DAY} < :day ORDER BY {_BACK} LIMIT 1",
)
_NEWER = (
    f"SELECT {ITEM} {_OF} AND {_LATER} ORDER BY published, token LIMIT 1",
    f"SELECT {ITEM} {_OF} AND {_DAY} > :day ORDER BY {_ORDER} LIMIT 1",
)
_SAME_DAY = f"SELECT {ITEM} {_OF} AND {_LATER} ORDER BY published, token LIMIT :limit"
_LATER_DAYS = f"SELECT {ITEM} {_OF} AND {_DAY} > :day ORDER BY {_ORDER} LIMIT :limit"
_FORMER = f"""
SELECT {FORMER} FROM revisions
WHERE item = :id AND merged_from IS NULL ORDER BY revision DESC LIMIT :most
"""
