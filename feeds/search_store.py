"""Items by the words that are in them, in SQL: the newest that fit, the best of them first.

How much one question may cost is bounded: by the items that are weighed, and by time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.columns import ITEM, item_from
from feeds.search_index_store import has_index, scope_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from feeds.database import Database, Row, Transaction
    from feeds.model import Item
    from feeds.search_query import Query, Term

# The newest so many that fit are put in order; of more than that nobody reads on.
MOST_FOUND = 1_000
_LONGEST_S = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, and of how much: at most MOST_FOUND, the newest."""

    items: tuple[Item, ...] = ()
    count: int = 0


class SearchStore:
    """Items in a database, for who looks for something."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self, query: Query, bulletins: Collection[str], *, start: int = 0, limit: int = 20
    ) -> Found:
        """Return items of those bulletins, from a rank on.

        In the title counts more than in the text, and of those that fit alike the latest are
        first. Forgotten items are not found. Raises TooSlowError.
        """
        if not query.wanted or not bulletins:
            return Found()
        with self._database.reading_within(_LONGEST_S) as transaction:
            known = {row["slug"] for row in transaction.all("SELECT slug FROM bulletins")}
            # Where all are wanted, none is asked for.
            scopes = sorted(bulletins) if known - set(bulletins) else []
            rows = _rows(transaction, query, scopes, start=start, limit=limit)
        items = tuple(item_from(row) for row in rows)
        return Found(items, int(rows[0]["found"]) if rows else 0)


def _rows(
    transaction: Transaction, query: Query, scopes: Sequence[str], *, start: int, limit: int
) -> Sequence[Row]:
    """Choose the newest that fit as each database can, and weigh those alike on all of them."""
    in_postgres = transaction.dialect == "postgresql"
    rank, values = _weights(query.wanted, _WHOLE_VECTOR if in_postgres else _WHOLE_TEXT)
    if in_postgres:
        newest, values["query"] = _BY_VECTOR, _tsquery(query, scopes)
        values |= {f"vector_{name}": _tsquery_phrase(term, ":B") for name, term in _named(query)}
    elif has_index(transaction):
        newest, values["query"] = _BY_FTS5, _fts5(query, scopes)
    else:
        newest, more = _by_looking(query, scopes)
        values |= more
    return transaction.all(
        _found(newest, rank), most=MOST_FOUND, start=start, limit=limit, **values
    )


def _found(newest: str, rank: str) -> str:
    return f"""
    SELECT {ITEM}, count(*) OVER () AS found FROM (
        SELECT searched.id AS place, searched.item AS found_item, {rank} AS rank
        FROM ({newest} LIMIT :most) AS newest JOIN searched ON searched.id = newest.place
    ) AS hits JOIN items ON items.id = hits.found_item
    WHERE forgotten IS NULL
    ORDER BY hits.rank DESC, coalesce(day, substr(published, 1, 10)) DESC, hits.place DESC
    LIMIT :limit OFFSET :start
    """


_IN_TITLE = "(' ' || title || ' ')"
_IN_WORDS = "(' ' || words || ' ')"
_WHOLE_TEXT = f"{_IN_WORDS} LIKE :whole_NAME"
_WHOLE_VECTOR = "words @@ CAST(:vector_NAME AS tsquery)"


def _weights(wanted: Sequence[Term], whole_in_words: str) -> tuple[str, dict[str, object]]:
    """Return how much each wanted term counts: in the title most, and whole more than begun.

    Words hold no sign of LIKE.
    """
    values: dict[str, object] = {}
    weights = []
    for nth, term in enumerate(wanted):
        name = _letter(nth)
        words = " ".join(term.words)
        values[f"whole_{name}"] = f"% {words} %"
        values[f"begun_{name}"] = f"% {words}{'' if term.is_beginning else ' '}%"
        weights += [
            f"CASE WHEN {_IN_TITLE} LIKE :whole_{name} THEN 2 ELSE 0 END",
            f"CASE WHEN {_IN_TITLE} LIKE :begun_{name} THEN 2 ELSE 0 END",
            f"CASE WHEN {whole_in_words.replace('NAME', name)} THEN 1 ELSE 0 END",
        ]
    return " + ".join(weights), values


def _named(query: Query) -> Iterator[tuple[str, Term]]:
    return ((_letter(nth), term) for nth, term in enumerate(query.wanted))


def _letter(number: int) -> str:
    """Name a parameter by its number; there are fewer terms than letters."""
    return chr(ord("a") + number)


# --- SQLite with FTS5 ----------------------------------------------------------------------

_BY_FTS5 = """
SELECT rowid AS place FROM search_index WHERE search_index MATCH :query ORDER BY rowid DESC
"""


def _fts5(query: Query, scopes: Iterable[str]) -> str:
    """Write a question in FTS5's language; all words are quoted, so none is a word of it."""
    wanted = " AND ".join(map(_fts5_term, query.wanted))
    without = " OR ".join(map(_fts5_term, query.without))
    words = f"({wanted}) NOT ({without})" if without else wanted
    bulletins = " OR ".join(f'"{scope_of(scope)}"' for scope in scopes)
    whole = f"{{title words}} : ({words})"
    return f"({whole}) AND scope : ({bulletins})" if bulletins else whole


def _fts5_term(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.is_beginning else ""}'


# --- PostgreSQL ----------------------------------------------------------------------------

_BY_VECTOR = """
SELECT id AS place FROM searched WHERE words @@ CAST(:query AS tsquery) ORDER BY id DESC
"""


def _tsquery(query: Query, scopes: Iterable[str]) -> str:
    """Write a question in PostgreSQL's language, all words quoted."""
    bulletins = " | ".join(f"'{scope_of(scope)}'" for scope in scopes)
    parts = [
        *([f"({bulletins})"] if bulletins else []),
        *map(_tsquery_term, query.wanted),
        *(f"!{_tsquery_term(term)}" for term in query.without),
    ]
    return " & ".join(parts)


def _tsquery_term(term: Term) -> str:
    return f"({_tsquery_phrase(term, '')}{':*' if term.is_beginning else ''})"


def _tsquery_phrase(term: Term, weight: str) -> str:
    return " <-> ".join(f"'{word}'{weight}" for word in term.words)


# --- SQLite without an index ---------------------------------------------------------------


def _by_looking(query: Query, scopes: Sequence[str]) -> tuple[str, dict[str, object]]:
    """Return the question that looks at every row, and its values."""
    values: dict[str, object] = {}
    conditions = [f"({_either(f'begun_{name}')})" for name, _ in _named(query)]
    for nth, term in enumerate(query.without):
        name = f"without_{_letter(nth)}"
        values[name] = f"% {' '.join(term.words)}{'' if term.is_beginning else ' '}%"
        conditions.append(f"NOT ({_either(name)})")
    if scopes:
        values["scopes"] = f" {' '.join(map(scope_of, scopes))} "
        conditions.append("instr(:scopes, ' ' || scope || ' ') > 0")
    where = " AND ".join(conditions)
    return f"SELECT id AS place FROM searched WHERE {where} ORDER BY id DESC", values


def _either(name: str) -> str:
    return f"{_IN_TITLE} LIKE :{name} OR {_IN_WORDS} LIKE :{name}"
