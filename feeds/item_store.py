"""Items, their revisions and where they stand on the pages, in SQL.

Each method is one question or one transaction. What to write is decided in ``feeds.diff``.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from feeds.columns import FORMER, ITEM, content_columns, content_json, former_from, item_from
from feeds.diff import PUT_OFF, Instants, content_of, fingerprint, is_baseline, publication_time
from feeds.feed_store import parts_of_new, recently_published
from feeds.identifiers import mint_id, new_token
from feeds.instants import to_column
from feeds.known_store import RECENT, batches, known_items, letters
from feeds.search_index_store import index_items
from feeds.source_store import finish, hold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from feeds.database import Database, Transaction
    from feeds.model import Changes, Entry, Former, Item, Revision
    from feeds.records import Check, Claim, Outcome

# Former contents that a new one is held against: a page that goes round in more is not noticed.
MOST_FORMER = 50


class ItemStore:
    """Items in a database."""

    def __init__(self, database: Database, *, authority: str) -> None:
        self._database = database
        self._authority = authority

    def known(self, bulletin: str, source: str, entries: Sequence[Entry]) -> list[Item]:
        """Return the stored items that the entries of a reading may be."""
        with self._database.reading() as transaction:
            return known_items(transaction, bulletin, source, entries)

    def apply(
        self, claim: Claim, outcome: Outcome, changes: Changes, *, zone: ZoneInfo
    ) -> tuple[str, ...]:
        """Store all that a check decided, in one transaction; return the ids of new items.

        Raises LeaseLostError, and then nothing is stored.
        """
        check = outcome.check
        with self._database.transaction() as transaction:
            first = hold(
                transaction,
                claim,
                until=outcome.leased_until,
                numbers=len(changes.new) + len(changes.revised) + len(changes.promoted),
            )
            ids = self._insert_new(transaction, check, changes, first=first, zone=zone)
            numbers = count(first + len(changes.new))
            for rank, (revision, number) in enumerate(zip(changes.revised, numbers, strict=False)):
                # Apart from one another, as items are when they come.
                changed_at = check.finished - timedelta(seconds=rank)
                _revise(transaction, revision, number=number, now=changed_at)
            transaction.run_each(
                "UPDATE items SET number = :number, changed = :number, baseline = 0 WHERE id = :id",
                [
                    {"id": item.id, "number": number}
                    for item, number in zip(changes.promoted, numbers, strict=False)
                ],
            )
            _sight(transaction, check, changes, ids)
            index_items(transaction, [*ids, *(revision.item.id for revision in changes.revised)])
            finish(transaction, outcome)
        return ids

    def _insert_new(
        self,
        transaction: Transaction,
        check: Check,
        changes: Changes,
        *,
        first: int,
        zone: ZoneInfo,
    ) -> tuple[str, ...]:
        """Insert the new entries so that the top of the page gets the highest number."""
        rows: list[dict[str, object]] = []
        day = check.finished.astimezone(zone).date()
        parts = parts_of_new(transaction, check.bulletin, changes.new, day=day)
        taken = Instants(recently_published(transaction, check.bulletin, RECENT))
        for rank, entry in enumerate(changes.new):
            number = first + len(changes.new) - 1 - rank
            token = new_token()
            published = publication_time(
                entry.when, number=number, rank=rank, now=check.finished, zone=zone
            )
            published = taken.next_free(published)
            rows.append(
                content_columns(content_of(entry))
                | {
                    "id": mint_id(self._authority, check.bulletin, token, now=check.finished),
                    "token": token,
                    "bulletin": check.bulletin,
                    "number": number,
                    "published": to_column(published),
                    "first_seen": to_column(check.finished),
                    "baseline": int(is_baseline(entry, changes, rank=rank)),
                    "source_id": entry.source_id,
                    "archive": parts[rank],
                }
            )
        transaction.run_each(INSERT_ITEM, rows)
        return tuple(str(row["id"]) for row in rows)

    def latest(self, bulletin: str, limit: int) -> tuple[Item, ...]:
        """Return the items that came last, newest publication first.

        The window is cut by arrival, so that an item with an old date is not missed by readers.
        Forgotten ones are not among them.
        """
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {ITEM} FROM items WHERE bulletin = :bulletin AND forgotten IS NULL "
                "ORDER BY number DESC LIMIT :limit",
                bulletin=bulletin,
                limit=limit,
            )
        items = [item_from(row) for row in rows]
        return tuple(sorted(items, key=lambda item: (item.published, item.number), reverse=True))

    def changed_since(self, bulletin: str, number: int) -> tuple[Item, ...]:
        """Return the items that are new or revised after that sequence number, none forgotten."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {ITEM} FROM items WHERE bulletin = :bulletin AND changed > :number "
                "AND forgotten IS NULL ORDER BY changed, number",
                bulletin=bulletin,
                number=number,
            )
        return tuple(item_from(row) for row in rows)

    def corrected_since(self, bulletin: str, number: int) -> dict[str, Former]:
        """Return what the items of changed_since were before their last correction, by id."""
        with self._database.reading() as transaction:
            rows = transaction.all(_CORRECTED, bulletin=bulletin, number=number)
        return {row["item"]: former_from(row) for row in rows}

    def former_contents(self, items: Iterable[str]) -> dict[str, tuple[Former, ...]]:
        """Return the last contents of their own that items had before, the oldest first, by id."""
        found: dict[str, tuple[Former, ...]] = {}
        with self._database.reading() as transaction:
            for some in batches(sorted(items)):
                for row in transaction.all(_own_contents(len(some)), most=MOST_FORMER, **some):
                    found[row["item"]] = (*found.get(row["item"], ()), former_from(row))
        return found

    def gone_since(self, bulletin: str, number: int) -> tuple[tuple[Item, Item | None], ...]:
        """Return the items that were forgotten after that sequence number.

        With the item that each was merged into, where that one is not forgotten itself; and again
        when that one changes.
        """
        with self._database.reading() as transaction:
            gone = transaction.all(_GONE, bulletin=bulletin, number=number)
            survivors = transaction.all(_SURVIVORS, bulletin=bulletin) if gone else []
        living = {row["id"]: item_from(row) for row in survivors}
        items = [item_from(row) for row in gone]
        return tuple((item, living.get(item.merged_into)) for item in items)


@lru_cache(maxsize=64)
def _own_contents(count: int) -> str:
    """Return the statement that finds the last former contents of so many items."""
    names = ", ".join(f":key{letters(place)}" for place in range(count))
    return (
        f"SELECT item, {FORMER} FROM revisions JOIN items ON items.id = revisions.item "
        f"WHERE item IN ({names}) AND merged_from IS NULL "
        "AND revisions.revision >= items.revision - :most ORDER BY item, revisions.revision"
    )


_CORRECTED = f"""
SELECT item, {FORMER}
FROM items JOIN revisions ON revisions.item = items.id
WHERE bulletin = :bulletin AND changed > :number AND forgotten IS NULL
  AND revisions.revision = (
    SELECT max(last.revision) FROM revisions AS last
    WHERE last.item = items.id AND last.merged_from IS NULL
  )
"""
# Two questions, each by its index: of one with OR, all items would be read.
_GONE = f"""
SELECT {ITEM} FROM items
WHERE bulletin = :bulletin AND changed > :number AND forgotten IS NOT NULL
UNION
SELECT {ITEM} FROM items
WHERE merged_into IS NOT NULL AND merged_into IN (
    SELECT id FROM items WHERE bulletin = :bulletin AND changed > :number
)
ORDER BY number
"""
# By id, and from the tombstones: an index of the whole bulletin would be read through.
_SURVIVORS = f"""
SELECT {ITEM} FROM items
WHERE forgotten IS NULL AND id IN (
    SELECT merged_into FROM items
    WHERE bulletin = :bulletin AND forgotten IS NOT NULL AND merged_into IS NOT NULL
)
"""
INSERT_ITEM = """
INSERT INTO items (
    id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html,
    author, image_url, categories, language, published, updated, first_seen, revision, baseline,
    source_id, url_key, title_key, keys_version, attachments, archive
) VALUES (
    :id, :token, :bulletin, :number, :number, :title, :url, :day, :instant, :summary_html,
    :full_html, :author, :image_url, :categories, :language, :published, :published, :first_seen, 0,
    :baseline, :source_id, :url_key, :title_key, :keys_version, :attachments, :archive
)
"""
_UPDATE_ITEM = """
UPDATE items SET
    title = :title, url = :url, day = :day, instant = :instant, summary_html = :summary_html,
    full_html = :full_html, author = :author, image_url = :image_url, categories = :categories,
    language = :language, url_key = :url_key, title_key = :title_key, keys_version = :keys_version,
    attachments = :attachments, updated = :updated, revision = revision + 1, changed = :changed
WHERE id = :id
"""
_SIGHT = """
INSERT INTO sightings (
    bulletin, source, item, position, missing_since, evidence, strength, stated, said
) VALUES (:bulletin, :source, :item, :position, NULL, :evidence, :strength, :stated, :said)
ON CONFLICT (bulletin, source, item) DO UPDATE SET
    position = excluded.position, missing_since = NULL, stated = excluded.stated,
    said = excluded.said,
    evidence = excluded.evidence, strength = excluded.strength
"""


def _revise(transaction: Transaction, revision: Revision, *, number: int, now: datetime) -> None:
    item, content = revision.item, revision.content
    transaction.run(
        "INSERT INTO revisions (item, revision, replaced, content, evidence, strength) "
        "VALUES (:item, :revision, :replaced, :content, :evidence, :strength)",
        item=item.id,
        revision=item.revision,
        replaced=to_column(now),
        content=content_json(item.content),
        evidence=revision.match.evidence.value,
        strength=revision.match.strength,
    )
    transaction.run(
        _UPDATE_ITEM,
        **content_columns(content),
        id=item.id,
        changed=number,
        updated=to_column(now),
    )


def _sight(
    transaction: Transaction, check: Check, changes: Changes, new_ids: Sequence[str]
) -> None:
    """Store where the items of this reading stand; rows that say so already are left alone."""
    place = {"bulletin": check.bulletin, "source": check.source}
    matches = [
        *((match, match.item.content) for match in changes.unchanged),
        *((revision.match, revision.content) for revision in changes.revised),
    ]
    rows: list[dict[str, object]] = []
    for match, content in matches:
        here = content_of(match.entry)
        item, stated = match.item, fingerprint(here)
        said = None if stated == fingerprint(content) else here
        stated = f"{PUT_OFF}{stated}" if match.put_off else stated
        if (stated, match.place, bool(said)) != (item.stated, item.position, bool(item.said)):
            rows.append(
                {
                    **place,
                    "item": item.id,
                    "position": match.place,
                    "evidence": match.evidence.value,
                    "strength": match.strength,
                    "stated": stated,
                    "said": content_json(said) if said else None,
                }
            )
    rows += [
        {
            **place,
            "item": item,
            "position": position,
            "evidence": "new",
            "strength": 1.0,
            "stated": fingerprint(content_of(entry)),
            "said": None,
        }
        for item, entry, position in zip(new_ids, changes.new, changes.new_places, strict=True)
    ]
    transaction.run_each(_SIGHT, rows)
    transaction.run_each(
        "UPDATE sightings SET position = NULL, missing_since = coalesce(missing_since, :now) "
        "WHERE bulletin = :bulletin AND source = :source AND item = :item",
        [{**place, "item": item.id, "now": to_column(check.finished)} for item in changes.missing],
    )
