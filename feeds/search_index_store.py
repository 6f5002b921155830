"""The words by which items are found, in SQL: kept in the transaction that writes the items.

SQLite finds them by its module FTS5 where Python's sqlite3 has it, and by looking at each where
it has not; PostgreSQL by a vector of words with a GIN index. Both are given the words of
``feeds.search_words`` and make none of their own.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from feeds.columns import ITEM, item_from
from feeds.markup import plain_text
from feeds.search_words import RECIPE, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from feeds.database import Database, Transaction
    from feeds.model import Item

log = logging.getLogger("tidings.store")

# Items in one transaction while an older store is filled.
BATCH = 500
# Of a very long text its beginning is searched.
_MOST_WORDS = 5_000
# PostgreSQL keeps no more places of one word, and none beyond.
_MOST_PLACES = 255
_APART = 10
# An id is a second in time and, below it, bits of the item's own: no two items share one but by
# a chance of one in 500 million for two of the same second, and then one of them is not found.
_BITS = 29
_MOST_SECONDS = (1 << (63 - _BITS)) - 1


def index_items(transaction: Transaction, ids: Iterable[str]) -> None:
    """Bring the words of items in line with what they say now; forgotten ones have none."""
    items = [
        item_from(row)
        for id_ in ids
        for row in transaction.all(f"SELECT {ITEM} FROM items WHERE id = :id", id=id_)
    ]
    transaction.run_each(
        "DELETE FROM searched WHERE id = :id",
        [{"id": search_id(item)} for item in items if item.forgotten],
    )
    _put(transaction, [item for item in items if not item.forgotten])


def search_id(item: Item) -> int:
    """Return the id of an item's words: later items have greater ones."""
    seconds = int(item.published.timestamp())
    bounded = max(min(seconds, _MOST_SECONDS), -_MOST_SECONDS)
    own = int.from_bytes(hashlib.sha256(item.id.encode()).digest()[:4], "big")
    return (bounded << _BITS) + own % (1 << _BITS)


def scope_of(bulletin: str) -> str:
    """Return the word that the items of a bulletin are found by: no word of a text has a bar."""
    return f"¦{bulletin.replace('-', '¦')}"


def prepare_search(database: Database, *, by_index: bool = True) -> None:
    """Make the index where there is none, and put into it what an older release has stored.

    Whoever is killed in between has done some of it, and the next one goes on. Without
    ``by_index`` SQLite is used as where it has no FTS5.
    """
    with database.reading() as transaction:
        made = _is_made(transaction, by_index=by_index)
    if not made:
        with database.transaction() as transaction:
            database.lock_schema(transaction)
            _make(transaction, by_index=by_index)
    _fill(database)


def refill(transaction: Transaction) -> None:
    """Let all items be put into the index anew, when the store is opened next."""
    transaction.run("UPDATE search_filled SET recipe = 0")


def has_index(transaction: Transaction) -> bool:
    """Tell whether SQLite finds words by its index."""
    row = transaction.one(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name = 'searched_added'"
    )
    return row is not None


def _is_made(transaction: Transaction, *, by_index: bool) -> bool:
    if transaction.dialect == "postgresql":
        return (
            transaction.one("SELECT 1 FROM pg_indexes WHERE indexname = 'searched_by_words'")
            is not None
        )
    return has_index(transaction) is (by_index and _has_fts5(transaction))


def _has_fts5(transaction: Transaction) -> bool:
    """Tell whether this Python's SQLite has the module."""
    return transaction.one("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'") is not None


def _make(transaction: Transaction, *, by_index: bool) -> None:
    if transaction.dialect == "postgresql":
        transaction.run(
            "CREATE INDEX IF NOT EXISTS searched_by_words ON searched USING gin (words)"
        )
    elif by_index and _has_fts5(transaction):
        for statement in _FTS5:
            transaction.run(statement)
    else:
        # Of a store that was on another machine: without the module no item could be written.
        for name in ("searched_added", "searched_taken", "searched_changed"):
            transaction.run(f"DROP TRIGGER IF EXISTS {name}")
        log.warning(
            "this Python's SQLite has no FTS5: readers' searches look at every item, which is "
            "slow for many; PostgreSQL, or another build of Python, has an index"
        )


def _fill(database: Database) -> None:
    while True:
        with database.reading() as transaction:
            if transaction.one(_IS_FILLED, recipe=RECIPE) is not None:
                return
        with database.transaction() as transaction:
            _fill_some(transaction)


def _fill_some(transaction: Transaction) -> None:
    place = transaction.one(
        "SELECT recipe, is_done, bulletin, number FROM search_filled FOR UPDATE"
    )
    if place is None or (place["is_done"] and place["recipe"] == RECIPE):
        return
    if place["recipe"] != RECIPE:
        log.info("the items that are stored are made known to the search of readers")
    after = {"bulletin": "", "number": 0} if place["recipe"] != RECIPE else dict(place)  # type: ignore[call-overload]
    rows = transaction.all(_NEXT, bulletin=after["bulletin"], number=after["number"], limit=BATCH)
    items = [item_from(row) for row in rows]
    _put(transaction, [item for item in items if not item.forgotten])
    last = {"bulletin": items[-1].bulletin, "number": items[-1].number} if items else after
    transaction.run(
        "UPDATE search_filled SET recipe = :recipe, is_done = :is_done, bulletin = :bulletin, "
        "number = :number",
        recipe=RECIPE,
        is_done=int(len(items) < BATCH),
        bulletin=last["bulletin"],
        number=last["number"],
    )


def _put(transaction: Transaction, items: Sequence[Item]) -> None:
    row_of = _vector_row if transaction.dialect == "postgresql" else _text_row
    # In the order of their ids: FTS5 begins a new part of its index with each smaller one.
    rows = sorted(((search_id(item), item) for item in items), key=lambda pair: pair[0])
    transaction.run_each(_PUT, [{"id": id_, "item": item.id, **row_of(item)} for id_, item in rows])


def _texts(item: Item) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a title, and those of all else that a reader sees."""
    content = item.content
    text = plain_text(content.full_html or content.summary_html)
    files = (attachment.title for attachment in content.attachments)
    parts = [text, content.author, *content.categories, *files]
    return (
        folded(content.title, most=_MOST_WORDS),
        folded("\n".join(filter(None, parts)), most=_MOST_WORDS),
    )


def _text_row(item: Item) -> dict[str, str]:
    title, words = _texts(item)
    return {"scope": scope_of(item.bulletin), "title": " ".join(title), "words": " ".join(words)}


def _vector_row(item: Item) -> dict[str, str]:
    """Return all in one vector: words of the title have the weight A, others B."""
    title, words = _texts(item)
    places: dict[str, list[str]] = {}
    for start, weight, part in ((1, "A", title), (len(title) + _APART, "B", words)):
        for place, word in enumerate(part, start):
            stands = places.setdefault(word, [])
            if len(stands) < _MOST_PLACES:
                stands.append(f"{place}{weight}")
    vector = " ".join(f"'{word}':{','.join(stands)}" for word, stands in places.items())
    return {"scope": "", "title": " ".join(title), "words": f"'{scope_of(item.bulletin)}' {vector}"}


# The index has no copy of the words, but finds them in the table: so each change tells it both
# what was there and what is. "ascii" makes a word of all between two blanks.
_FTS5 = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS search_index
    USING fts5(title, words, scope, content='searched', content_rowid='id', tokenize='ascii')
    """,
    "INSERT INTO search_index (search_index) VALUES ('rebuild')",
    """
    CREATE TRIGGER searched_added AFTER INSERT ON searched BEGIN
        INSERT INTO search_index (rowid, title, words, scope)
        VALUES (new.id, new.title, new.words, new.scope);
    END
    """,
    """
    CREATE TRIGGER searched_taken AFTER DELETE ON searched BEGIN
        INSERT INTO search_index (search_index, rowid, title, words, scope)
        VALUES ('delete', old.id, old.title, old.words, old.scope);
    END
    """,
    """
    CREATE TRIGGER searched_changed AFTER UPDATE ON searched BEGIN
        INSERT INTO search_index (search_index, rowid, title, words, scope)
        VALUES ('delete', old.id, old.title, old.words, old.scope);
        INSERT INTO search_index (rowid, title, words, scope)
        VALUES (new.id, new.title, new.words, new.scope);
    END
    """,
)
_PUT = """
INSERT INTO searched (id, item, scope, title, words)
VALUES (:id, :item, :scope, :title, :words)
ON CONFLICT (id) DO UPDATE SET item = excluded.item, scope = excluded.scope,
    title = excluded.title, words = excluded.words
WHERE searched.words <> excluded.words OR searched.title <> excluded.title
    OR searched.scope <> excluded.scope
"""
_IS_FILLED = "SELECT 1 FROM search_filled WHERE is_done = 1 AND recipe = :recipe"
_NEXT = f"""
SELECT {ITEM} FROM items
WHERE bulletin >= :bulletin AND (bulletin > :bulletin OR number > :number)
ORDER BY bulletin, number LIMIT :limit
"""
