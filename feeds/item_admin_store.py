"""What an operator asks of items and does to them, in SQL.

Each method is one question or one transaction. What changes takes a number of the bulletin as a
check does, so that the publisher writes it, and is refused while another process holds the
bulletin: what that one read before would be written over it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.columns import FORMER, ITEM, content_columns, content_json, former_from, item_from
from feeds.instants import from_column, to_column
from feeds.keys import title_key
from feeds.search_index_store import index_items

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row, Transaction
    from feeds.model import Former, Item

# As in feeds.source_store: a lease that is longer than this is one of a clock that was wrong.
_WRONG_CLOCK = timedelta(days=1)


class ItemError(Exception):
    """What was asked cannot be done to this item; the message says why and what can."""


class BulletinBusyError(Exception):
    """Another process works on the bulletin; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where an item stands on a source's page, or since when it does not, and by what evidence."""

    source: str
    position: int | None
    missing_since: datetime | None
    evidence: str
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An item, what it was before, the oldest first, and where it stands."""

    item: Item
    former: tuple[Former, ...]
    sightings: tuple[Sighting, ...]


class ItemAdminStore:
    """Items in a database, for who looks after them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(
        self, bulletin: str, *, limit: int, find: str = "", skip: int = 0
    ) -> tuple[Item, ...]:
        """Return the items of a bulletin that are not forgotten, those first that came last.

        Of all bulletins where none is named; ``skip`` leaves out those that were seen already.
        With ``find`` those whose title, text or address holds it; in the title neither case nor
        punctuation counts. One that stands on no page any more says since when.
        """
        lowered = find.lower()
        with self._database.reading() as transaction:
            rows = transaction.all(
                _LISTED if bulletin else _LISTED_OF_ALL,
                **({"bulletin": bulletin} if bulletin else {}),
                limit=limit,
                skip=skip,
                words=f"%{_literally(title_key(find))}%",
                text=f"%{_literally(lowered)}%",
            )
        return tuple(_item_from(row) for row in rows)

    def named(self, name: str) -> tuple[Item, ...]:
        """Return the items with that id or token, forgotten or not: one, or none.

        Several only where bulletins have minted one token, which chance hardly allows.
        """
        with self._database.reading() as transaction:
            rows = transaction.all(f"{_ITEM} WHERE id IN ({_NAMED}) ORDER BY id", name=name)
        return tuple(_item_from(row) for row in rows)

    def history(self, item: Item) -> History:
        """Return what an item was before and where it stands."""
        with self._database.reading() as transaction:
            former = transaction.all(
                f"SELECT {FORMER} FROM revisions WHERE item = :item ORDER BY revision",
                item=item.id,
            )
            sightings = transaction.all(
                "SELECT source, position, missing_since, evidence, strength FROM sightings "
                "WHERE item = :item ORDER BY source",
                item=item.id,
            )
        return History(
            item=item,
            former=tuple(former_from(row) for row in former),
            sightings=tuple(_sighting_from(row) for row in sightings),
        )

    def forget(self, item: Item, *, now: datetime) -> None:
        """Take an item out of feeds, pages and coming editions; it never comes back as new.

        Editions that are opened keep it. Raises ItemError where it is forgotten already, or the
        only one of its bulletin; BulletinBusyError.
        """
        with self._database.transaction() as transaction:
            number = take_number(transaction, item.bulletin, now)
            current = current_item(transaction, item)
            others = transaction.one(
                "SELECT 1 FROM items WHERE bulletin = :bulletin AND forgotten IS NULL "
                "AND id <> :id LIMIT 1",
                bulletin=item.bulletin,
                id=item.id,
            )
            if others is None:
                raise ItemError(
                    f"{current.token} is the only item of {item.bulletin}, and no feed is ever "
                    "empty; remove the bulletin from the configuration instead"
                )
            # The pages of those that were merged into it lead nowhere then, and go as well.
            transaction.run(
                "UPDATE items SET changed = :number WHERE id = :id OR merged_into = :id",
                number=number,
                id=item.id,
            )
            transaction.run(
                "UPDATE items SET forgotten = :now WHERE id = :id",
                now=to_column(now),
                id=item.id,
            )
            index_items(transaction, [item.id])

    def withdraw(self, item: Item, *, now: datetime) -> None:
        """Have an item shown as withdrawn: it stays where it is, and is in no edition to come.

        Raises ItemError where it is already, or is forgotten; BulletinBusyError.
        """
        self._mark(item, now=now, withdrawn=True)

    def restore(self, item: Item, *, now: datetime) -> None:
        """Take a withdrawal back. Raises ItemError where there is none; BulletinBusyError."""
        self._mark(item, now=now, withdrawn=False)

    def _mark(self, item: Item, *, now: datetime, withdrawn: bool) -> None:
        with self._database.transaction() as transaction:
            number = take_number(transaction, item.bulletin, now)
            current = current_item(transaction, item)
            if withdrawn is (current.withdrawn is not None):
                raise ItemError(
                    f"{current.token} was withdrawn already, on {current.withdrawn:%Y-%m-%d}"
                    if current.withdrawn
                    else f"{current.token} is not withdrawn"
                )
            transaction.run(
                "UPDATE items SET withdrawn = :withdrawn, updated = :now, changed = :number, "
                "restored = CASE WHEN :back = 1 THEN :now ELSE restored END WHERE id = :id",
                withdrawn=to_column(now) if withdrawn else None,
                back=int(not withdrawn),
                now=to_column(now),
                number=number,
                id=item.id,
            )

    def merge(self, item: Item, into: Item, *, now: datetime) -> None:
        """Make an item one with an older one of its bulletin, which keeps its id and its wording.

        Former wordings, the places where only the newer one stands, and its address where the
        older one has none, go over to the older one; the newer one is forgotten, and what is
        found of it from now on is the older one. Raises ItemError, BulletinBusyError.
        """
        if item.id == into.id:
            raise ItemError(f"{item.token} cannot be merged into itself")
        if item.bulletin != into.bulletin:
            raise ItemError(
                f"{item.token} is of {item.bulletin} and {into.token} of {into.bulletin}; "
                "only items of one bulletin can be merged"
            )
        with self._database.transaction() as transaction:
            number = take_number(transaction, item.bulletin, now)
            newer, older = current_item(transaction, item), current_item(transaction, into)
            if (older.first_seen, older.number) > (newer.first_seen, newer.number):
                raise ItemError(
                    f"{older.token} came after {newer.token}, and the older one keeps its id; "
                    f"turn them round: tidings items merge {older.token} {newer.token}"
                )
            handed_over = _hand_over_places(transaction, newer, older)
            _hand_over_wordings(transaction, newer, older, handed_over, now)
            url = older.content.url or newer.content.url
            transaction.run(
                "UPDATE items SET url = :url, url_key = :url_key, changed = :number WHERE id = :id",
                url=url,
                url_key=content_columns(replace(older.content, url=url))["url_key"],
                number=number,
                id=older.id,
            )
            transaction.run(
                "UPDATE items SET merged_into = :older, changed = :number, "
                "forgotten = coalesce(forgotten, :now) WHERE id = :newer OR merged_into = :newer",
                older=older.id,
                newer=newer.id,
                number=number,
                now=to_column(now),
            )
            index_items(transaction, [older.id, newer.id])


# Since when an item stands on no page: not where it is on one, or on a page of older items.
_ITEM = f"""
SELECT {ITEM}, (
    SELECT CASE WHEN count(*) = count(missing_since) THEN max(missing_since) END
    FROM sightings WHERE sightings.item = items.id
) AS missing_since
FROM items
"""
# A token is looked for in each bulletin, for so it has an index.
_NAMED = """
SELECT id FROM items WHERE id = :name
UNION
SELECT id FROM bulletins JOIN items ON items.bulletin = bulletins.slug AND items.token = :name
"""
_FOUND = """(
    title_key LIKE :words ESCAPE '!'
    OR lower(url) LIKE :text ESCAPE '!'
    OR lower(summary_html) LIKE :text ESCAPE '!'
)"""
_LISTED = f"""{_ITEM}
WHERE bulletin = :bulletin AND forgotten IS NULL AND {_FOUND}
ORDER BY number DESC LIMIT :limit OFFSET :skip
"""
_LISTED_OF_ALL = f"""{_ITEM}
WHERE forgotten IS NULL AND {_FOUND}
ORDER BY first_seen DESC, items.bulletin, number DESC LIMIT :limit OFFSET :skip
"""


def _item_from(row: Row) -> Item:
    return replace(item_from(row), missing_since=from_column(row["missing_since"]))


def _literally(text: str) -> str:
    """Return a text as LIKE takes it for itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def take_number(transaction: Transaction, bulletin: str, now: datetime) -> int:
    """Take the bulletin's next number, and its lease from whoever held it last."""
    row = transaction.one(
        "UPDATE bulletins SET number = number + 1, lease = lease + 1, leased_until = '' "
        "WHERE slug = :slug AND (leased_until <= :now OR leased_until > :wrong) "
        "RETURNING number",
        slug=bulletin,
        now=to_column(now),
        wrong=to_column(now + _WRONG_CLOCK),
    )
    if row is None:
        raise BulletinBusyError(f"{bulletin}: another process is checking it; try again later")
    return int(row["number"])


def current_item(transaction: Transaction, item: Item) -> Item:
    """Return an item as it is now. Raises ItemError where it is forgotten."""
    row = transaction.one(f"SELECT {ITEM} FROM items WHERE id = :id", id=item.id)
    if row is None:
        raise ItemError(f"{item.token} is not there any more")
    current = item_from(row)
    if current.merged_into:
        raise ItemError(f"{current.token} was merged already, into {current.merged_into}")
    if current.forgotten:
        raise ItemError(f"{current.token} was forgotten already, on {current.forgotten:%Y-%m-%d}")
    return current


def _hand_over_wordings(
    transaction: Transaction, newer: Item, older: Item, handed_over: str, now: datetime
) -> None:
    """Put the newer item's wordings, former and present, after the older one's former ones.

    With the last of them stands what else was handed over, for a merge that is taken back.
    """
    transaction.run(
        "UPDATE revisions SET item = :older, revision = revision + :more, "
        "merged_from = coalesce(merged_from, :newer) WHERE item = :newer",
        older=older.id,
        newer=newer.id,
        more=older.revision,
    )
    transaction.run(
        "INSERT INTO revisions "
        "(item, revision, replaced, content, evidence, merged_from, handed_over) "
        "VALUES (:item, :revision, :replaced, :content, 'merged', :merged_from, :handed_over)",
        item=older.id,
        revision=older.revision + newer.revision,
        replaced=to_column(now),
        content=content_json(newer.content),
        merged_from=newer.id,
        handed_over=handed_over,
    )
    transaction.run(
        "UPDATE items SET revision = revision + :more WHERE id = :id",
        more=newer.revision + 1,
        id=older.id,
    )


def _hand_over_places(transaction: Transaction, newer: Item, older: Item) -> str:
    """Let the older item stand where only the newer one stood; return what it was handed over.

    Where both stood at one source, the one that is on its page now counts.
    """
    ids = {"newer": newer.id, "older": older.id}
    stood = {
        item.id: {
            row["source"]
            for row in transaction.all("SELECT source FROM sightings WHERE item = :id", id=item.id)
        }
        for item in (newer, older)
    }
    handed_over = {
        "address": bool(newer.content.url and not older.content.url),
        "sources": {source: source in stood[older.id] for source in sorted(stood[newer.id])},
    }
    transaction.run(
        "DELETE FROM sightings WHERE item = :older AND position IS NULL AND EXISTS ("
        "SELECT 1 FROM sightings AS other WHERE other.item = :newer "
        "AND other.bulletin = sightings.bulletin AND other.source = sightings.source "
        "AND other.position IS NOT NULL)",
        **ids,
    )
    transaction.run(
        "DELETE FROM sightings WHERE item = :newer AND EXISTS ("
        "SELECT 1 FROM sightings AS other WHERE other.item = :older "
        "AND other.bulletin = sightings.bulletin AND other.source = sightings.source)",
        **ids,
    )
    transaction.run("UPDATE sightings SET item = :older WHERE item = :newer", **ids)
    return json.dumps(handed_over)


def _sighting_from(row: Row) -> Sighting:
    return Sighting(
        source=row["source"],
        position=row["position"],
        missing_since=from_column(row["missing_since"]),
        evidence=row["evidence"],
        strength=row["strength"],
    )
