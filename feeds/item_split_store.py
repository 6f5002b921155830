"""What was taken for one item and is two, in SQL: a merge taken back, a wrong match undone.

As in ``feeds.item_admin_store`` each method is one transaction, takes a number of the bulletin,
and is refused while another process holds it. Which wording is whose is decided in
``feeds.wordings``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.columns import (
    FORMER,
    ITEM,
    content_columns,
    content_json,
    former_from,
    item_from,
)
from feeds.diff import PUT_OFF, fingerprint, publication_time
from feeds.feed_store import parts_of_new
from feeds.identifiers import mint_id, new_token
from feeds.instants import to_column
from feeds.item_admin_store import ItemError, current_item, take_number
from feeds.item_store import INSERT_ITEM
from feeds.model import Evidence
from feeds.search_index_store import index_items
from feeds.wordings import formers, merged_wordings, taken_apart, without_address, wordings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from feeds.database import Database, Row, Transaction
    from feeds.model import Former, Item
    from feeds.wordings import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The two items that one became: the one that keeps the id of both, and the other."""

    kept: Item
    other: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """The transaction in which items are taken apart, the number that it took, and its day."""

    transaction: Transaction
    number: int
    day: date


class ItemSplitStore:
    """Items in a database, for who takes them apart."""

    def __init__(self, database: Database, *, authority: str) -> None:
        self._database = database
        self._authority = authority

    def unmerge(self, item: Item, *, now: datetime) -> Split:
        """Take a merge back: both have their own wording, page and places again.

        The other keeps its old id and its old number, so nobody is mailed it again. What was
        merged into it before stays with the one that it was merged into. Raises ItemError,
        BulletinBusyError.
        """
        with self._database.transaction() as transaction:
            step = _Step(
                transaction=transaction,
                number=take_number(transaction, item.bulletin, now),
                day=now.date(),
            )
            newer = _stored(transaction, item.id)
            if newer is None or not newer.merged_into:
                raise ItemError(f"{item.token} is not merged into another item")
            survivor = _stored(transaction, newer.merged_into)
            older = current_item(transaction, survivor or newer)
            rows = _rows(transaction, older)
            former = [one for one, _ in rows]
            theirs = merged_wordings(former, newer)
            mine, theirs = taken_apart(wordings(former, older), theirs)
            handed_over = _handed_over(rows, newer)
            if handed_over.get("address"):
                mine = without_address(mine, newer.content.url)
            left = [(one, more) for one, more in rows if one.merged_from not in {"", newer.id}]
            transaction.run(
                "UPDATE items SET merged_into = NULL, forgotten = NULL WHERE id = :id", id=newer.id
            )
            # An address that was lent is given back as it was taken: in silence.
            kept = mine[-1].revision == older.revision
            _write(step, older, mine, left, now=None if kept else now)
            _write(step, newer, theirs, [], now=theirs[-1].since)
            _part_places(transaction, older, newer, (mine, theirs), handed_over.get("sources", {}))
            index_items(transaction, [older.id, newer.id])
            return _split(transaction, older, newer)

    def split(self, item: Item, *, at: int, announce: bool, zone: ZoneInfo, now: datetime) -> Split:
        """Make what an item became from one of its revisions on an item of its own.

        The item gets the wording back that it had before; the other has a new id and a new
        number, and is mailed only where it is to be announced. Raises ItemError,
        BulletinBusyError.
        """
        with self._database.transaction() as transaction:
            step = _Step(
                transaction=transaction,
                number=take_number(transaction, item.bulletin, now),
                day=now.astimezone(zone).date(),
            )
            kept = current_item(transaction, item)
            rows = _rows(transaction, kept)
            own = wordings([one for one, _ in rows], kept)
            before = [wording for wording in own if wording.revision < at]
            after = [wording for wording in own if wording.revision >= at]
            if not before or not after or after[0].revision != at or after[0].since is None:
                raise ItemError(_no_such_revision(kept, own, at))
            left = [(one, more) for one, more in rows if one.merged_from]
            other = self._insert(step, kept, after, announce=announce, zone=zone)
            _write(step, kept, before, left, now=now)
            _write(step, other, after, [], now=after[-1].since)
            _hand_on_source_id(transaction, kept, other, after)
            _part_found(transaction, kept, other, before, after)
            index_items(transaction, [kept.id, other.id])
            return _split(transaction, kept, other)

    def _insert(
        self,
        step: _Step,
        item: Item,
        after: Sequence[Wording],
        *,
        announce: bool,
        zone: ZoneInfo,
    ) -> Item:
        """Insert an item that was first found when the first of these wordings came."""
        first = after[0]
        if first.since is None:
            raise RuntimeError("the first wording of an item cannot be split off")
        token = new_token()
        (archive,) = parts_of_new(step.transaction, item.bulletin, (first.content,), day=step.day)
        published = publication_time(
            first.content.when, number=step.number, rank=0, now=first.since, zone=zone
        )
        row = content_columns(first.content) | {
            "id": mint_id(self._authority, item.bulletin, token, now=first.since),
            "token": token,
            "bulletin": item.bulletin,
            "number": step.number,
            "published": to_column(published),
            "first_seen": to_column(first.since),
            "baseline": int(not announce),
            "source_id": "",
            # What is closed of the archive gains nothing: it is put where news are put today.
            "archive": archive,
        }
        step.transaction.run_each(INSERT_ITEM, [row])
        return current_item(step.transaction, replace(item, id=str(row["id"])))


def _stored(transaction: Transaction, id_: str) -> Item | None:
    row = transaction.one(f"SELECT {ITEM} FROM items WHERE id = :id", id=id_)
    return item_from(row) if row else None


def _rows(transaction: Transaction, item: Item) -> list[tuple[Former, str]]:
    """Return what an item was before, the oldest first, with what each merge handed over."""
    rows = transaction.all(
        f"SELECT {FORMER}, handed_over FROM revisions WHERE item = :item ORDER BY revision",
        item=item.id,
    )
    return [(former_from(row), row["handed_over"]) for row in rows]


def _handed_over(rows: Sequence[tuple[Former, str]], newer: Item) -> dict[str, dict[str, bool]]:
    """Return what a merge took over; nothing of one that was made before this was written down."""
    notes = [more for one, more in rows if one.merged_from == newer.id and more]
    noted: dict[str, dict[str, bool]] = json.loads(notes[-1]) if notes else {}
    return noted


def _write(
    step: _Step,
    item: Item,
    given: Sequence[Wording],
    left: Sequence[tuple[Former, str]],
    *,
    now: datetime | None,
) -> None:
    """Give an item its wordings, with those of others that were merged into it, numbered anew.

    Its time of change moves to ``now`` where readers see another wording than before.
    """
    transaction = step.transaction
    transaction.run("DELETE FROM revisions WHERE item = :item", item=item.id)
    rows = sorted([*left, *((one, "") for one in formers(given))], key=lambda row: row[0].revision)
    transaction.run_each(
        "INSERT INTO revisions (item, revision, replaced, content, evidence, strength, "
        "merged_from, handed_over) VALUES (:item, :revision, :replaced, :content, :evidence, "
        ":strength, :merged_from, :handed_over)",
        [
            {
                "item": item.id,
                "revision": revision,
                "replaced": to_column(one.replaced),
                "content": content_json(one.content),
                "evidence": one.evidence,
                "strength": one.strength,
                "merged_from": one.merged_from or None,
                "handed_over": more,
            }
            for revision, (one, more) in enumerate(rows)
        ],
    )
    content = given[-1].content
    changed = fingerprint(content) != fingerprint(item.content)
    columns = content_columns(content)
    transaction.run(
        f"UPDATE items SET {', '.join(f'{name} = :{name}' for name in columns)}, "
        "revision = :revision, changed = :number, updated = :updated WHERE id = :id",
        **columns,
        revision=len(rows),
        number=step.number,
        updated=to_column(now if now and changed else item.updated),
        id=item.id,
    )


def _hand_on_source_id(
    transaction: Transaction, kept: Item, other: Item, after: Sequence[Wording]
) -> None:
    """Let the other be known by the source's identifier, where that is what led to it."""
    if any(wording.evidence == Evidence.SOURCE_ID for wording in after):
        transaction.run(
            "UPDATE items SET source_id = :source_id WHERE id = :id",
            source_id=kept.source_id,
            id=other.id,
        )
        transaction.run("UPDATE items SET source_id = '' WHERE id = :id", id=kept.id)


def _part_places(
    transaction: Transaction,
    older: Item,
    newer: Item,
    sides: tuple[Sequence[Wording], Sequence[Wording]],
    sources: dict[str, bool],
) -> None:
    """Give both items of a merge their places back.

    ``sources`` are those at which the newer one stood when it was merged, and whether the older
    one did as well. At others, and where that was not written down, what the source said last
    tells whose place it is, and where it does not, both are looked for there.
    """
    mine, theirs = (_said(side) for side in sides)
    for row in _sightings(transaction, older):
        is_mine = row["stated"] in mine - theirs
        is_theirs = row["stated"] in theirs - mine
        goes, stays = not is_mine, not is_theirs
        if row["source"] in sources:
            goes, stays = True, sources[row["source"]]
        if goes:
            _sight(transaction, newer, row, stated=row["stated"] if is_theirs else "")
        if not stays:
            _unsight(transaction, older, row)
        elif not is_mine and goes:
            transaction.run(_NOTHING_SAID, **_place(older, row))


def _part_found(
    transaction: Transaction,
    kept: Item,
    other: Item,
    before: Sequence[Wording],
    after: Sequence[Wording],
) -> None:
    """Let the other stand where it was found; the item is missing there since then."""
    mine, theirs = _said(before), _said(after)
    for row in _sightings(transaction, kept):
        if row["stated"] in mine - theirs:
            continue
        _sight(transaction, other, row, stated=row["stated"])
        transaction.run(
            "UPDATE sightings SET position = NULL, missing_since = :since, stated = '', "
            "said = NULL WHERE bulletin = :bulletin AND source = :source AND item = :item",
            since=to_column(after[0].since) if after[0].since else None,
            **_place(kept, row),
        )


def _said(given: Sequence[Wording]) -> set[str]:
    return {fingerprint(wording.content) for wording in given}


def _place(item: Item, row: Row) -> dict[str, str]:
    """Name the sighting of an item at the source of that row."""
    return {"bulletin": item.bulletin, "source": row["source"], "item": item.id}


# What was said last was said of the other: by it this one would be matched with it.
_NOTHING_SAID = """
UPDATE sightings SET stated = ''
WHERE bulletin = :bulletin AND source = :source AND item = :item
"""


def _sightings(transaction: Transaction, item: Item) -> Sequence[Row]:
    return transaction.all(
        "SELECT source, position, missing_since, evidence, strength, "
        f"ltrim(stated, '{PUT_OFF}') AS stated FROM sightings "
        "WHERE item = :item ORDER BY source",
        item=item.id,
    )


def _sight(transaction: Transaction, item: Item, row: Row, *, stated: str) -> None:
    """Let an item stand where that row of another one says."""
    transaction.run(
        "INSERT INTO sightings "
        "(bulletin, source, item, position, missing_since, evidence, strength, stated) VALUES "
        "(:bulletin, :source, :item, :position, :missing_since, :evidence, :strength, :stated)",
        **_place(item, row),
        position=row["position"],
        missing_since=row["missing_since"],
        evidence=row["evidence"],
        strength=row["strength"],
        stated=stated,
    )


def _unsight(transaction: Transaction, item: Item, row: Row) -> None:
    transaction.run(
        "DELETE FROM sightings WHERE bulletin = :bulletin AND source = :source AND item = :item",
        **_place(item, row),
    )


def _no_such_revision(item: Item, own: Sequence[Wording], at: int) -> str:
    numbers = ", ".join(str(wording.revision) for wording in own[1:])
    if not numbers:
        return f"{item.token} has had one wording only, and cannot be split"
    return f"{item.token} cannot be split at {at}; its revisions are: {numbers}"


def _split(transaction: Transaction, kept: Item, other: Item) -> Split:
    return Split(kept=current_item(transaction, kept), other=current_item(transaction, other))
