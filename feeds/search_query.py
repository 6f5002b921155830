"""What somebody looks for: words, phrases in quotes, and what is not wanted. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from feeds.search_words import folded, is_spaced

# More than anybody types; what comes after it is not looked at.
LONGEST = 200
MOST_TERMS = 10
_MOST_IN_TERM = 12
# So many letters are the beginning of a word; fewer would be that of half of all words.
SHORTEST_BEGINNING = 3

# Quotes as people of several languages set them, in pairs or alone; a hyphen before a term.
_QUOTES = '"“”„«»「」『』'
_TERM = re.compile(
    rf"(?P<no>(?<!\S)[-−–])?(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]?|(?P<word>[^\s{_QUOTES}]+))"
)


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are looked for in a row; the last may be the beginning of one."""

    words: tuple[str, ...]
    is_beginning: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What an item must have, all of it, and what it must not have."""

    wanted: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()


def parse_query(text: str) -> Query:
    """Read a question as people type it; nothing is wanted where no word is in it.

    A word is found at the beginning of words too, a phrase in quotes as it stands, and what has a
    hyphen in front is not wanted.
    """
    wanted: list[Term] = []
    without: list[Term] = []
    for found in _TERM.finditer(text[:LONGEST]):
        term = _term(found["phrase"] or found["word"] or "", is_phrase=found["word"] is None)
        side = without if found["no"] else wanted
        if term is not None and term not in side and len(wanted) + len(without) < MOST_TERMS:
            side.append(term)
    return Query(tuple(wanted), tuple(without))


def _term(text: str, *, is_phrase: bool) -> Term | None:
    words = folded(text, most=_MOST_IN_TERM)
    if not words:
        return None
    last = words[-1]
    may_begin = not is_phrase and is_spaced(last) and len(last) >= SHORTEST_BEGINNING
    return Term(words, is_beginning=may_begin)
