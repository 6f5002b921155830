"""Found words in a text, marked, and the part of it that shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.search_words import words_of
from feeds.text import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feeds.search_query import Query, Term
    from feeds.search_words import Word

_LONGEST_EXCERPT = 240
# Characters that stand before the first found word.
_BEFORE = 60
# Beyond this nothing is looked for: the beginning of the text stands for it.
_LONGEST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a text, and whether they were looked for."""

    text: str
    is_found: bool = False


def marked(text: str, query: Query) -> tuple[Piece, ...]:
    """Return the whole text in pieces."""
    return _pieces(text, _found(text, query), 0, len(text))


def excerpt(text: str, query: Query) -> tuple[Piece, ...]:
    """Return a part of a text around the first place with something that was looked for."""
    text = text[:_LONGEST_TEXT]
    spans = _found(text, query)
    first = spans[0][0] if spans else 0
    start = 0
    if first > _BEFORE:
        start = text.find(" ", first - _BEFORE, first) + 1 or first
    shown = shorten(text[start:], _LONGEST_EXCERPT)
    is_cut = len(text) - start > _LONGEST_EXCERPT
    end = start + len(shown) - is_cut
    pieces = _pieces(text, spans, start, end)
    before = (Piece("… "),) if start else ()
    return (*before, *pieces, *((Piece("…"),) if is_cut else ()))


def _pieces(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    here = start
    for first, last in spans:
        if first < here or last > end:
            continue
        pieces += [Piece(text[here:first]), Piece(text[first:last], is_found=True)]
        here = last
    return tuple(piece for piece in (*pieces, Piece(text[here:end])) if piece.text)


def _found(text: str, query: Query) -> list[tuple[int, int]]:
    """Return where the wanted terms stand, in order and apart from one another."""
    words = list(words_of(text))
    spans: list[tuple[int, int]] = []
    for start, end in sorted(span for term in query.wanted for span in _places(words, term)):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _places(words: Sequence[Word], term: Term) -> Iterator[tuple[int, int]]:
    *head, last = term.words
    for place in range(len(words) - len(head)):
        following = words[place + len(head)].folded
        if following != last and not (term.is_beginning and following.startswith(last)):
            continue
        if all(words[place + nth].folded == word for nth, word in enumerate(head)):
            yield words[place].start, words[place + len(head)].end
