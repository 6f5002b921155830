"""Many filters put to one item at a time: its text is folded once, and each word looked for once.

Says of each filter what ``ItemFilter.accepts`` says, which a test holds; pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.filters import ends_at, fold, folded, speaks, text_of, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from feeds.filters import ItemFilter
    from feeds.model import Content

_RUN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A filter with its parts as they are compared."""

    filter: ItemFilter
    words: frozenset[str]
    without: frozenset[str]
    categories: frozenset[str]

    def accepts(
        self,
        found: Collection[str],
        categories: Collection[str],
        sources: Collection[str],
        language: str,
    ) -> bool:
        """Tell whether an item is wanted that has these words, categories and sources."""
        wanted = self.filter
        return (
            (not wanted.words or not self.words.isdisjoint(found))
            and (not self.without or self.without.isdisjoint(found))
            and (not wanted.categories or not self.categories.isdisjoint(categories))
            and (not wanted.sources or not set(wanted.sources).isdisjoint(sources))
            and (not wanted.languages or speaks(language, wanted.languages))
        )


class FilterIndex:
    """Some filters, to be put to one item after another."""

    def __init__(self, filters: Iterable[ItemFilter]) -> None:
        prepared = [
            _Prepared(
                wanted,
                frozenset(_terms(wanted.words)),
                frozenset(_terms(wanted.without)),
                frozenset(folded(wanted.categories)),
            )
            for wanted in filters
        ]
        self._without_words = [one for one in prepared if not one.filter.words]
        self._by_word: defaultdict[str, list[_Prepared]] = defaultdict(list)
        for one in prepared:
            for word in one.words:
                self._by_word[word].append(one)
        self._has_words = any(one.words or one.without for one in prepared)
        # Words by a run of letters that must stand in a text that has them; others are looked for.
        self._anchored: defaultdict[str, list[str]] = defaultdict(list)
        self._loose: list[str] = []
        for word in sorted({term for one in prepared for term in one.words | one.without}):
            anchor = _anchor(word)
            if anchor:
                self._anchored[anchor].append(word)
            else:
                self._loose.append(word)

    def accepting(
        self, content: Content, *, sources: Collection[str] = (), language: str = ""
    ) -> Iterator[ItemFilter]:
        """Yield the filters that accept an item; see ItemFilter.accepts."""
        found = self._found(text_of(content)) if self._has_words else frozenset[str]()
        categories = folded(content.categories)
        spoken = content.language or language
        candidates = {id(one): one for word in found for one in self._by_word.get(word, ())}
        for one in (*self._without_words, *candidates.values()):
            if one.accepts(found, categories, sources, spoken):
                yield one.filter

    def _found(self, text: str) -> frozenset[str]:
        """Return the words that stand in a text."""
        runs = set(_RUN.findall(text)) & self._anchored.keys()
        likely = [word for run in runs for word in self._anchored[run]]
        likely += self._loose
        return frozenset(
            word
            for word in likely
            # A plain search is a small part of the cost of one that minds the ends of words.
            if word in runs or (word in text and words((word,)).search(text))
        )


def _terms(texts: Iterable[str]) -> list[str]:
    return [term for term in map(fold, texts) if term]


def _anchor(word: str) -> str:
    """Return the longest run of letters that stands by itself wherever the word does."""
    runs = [
        run.group()
        for run in _RUN.finditer(word)
        if (run.start() > 0 or ends_at(word[0])) and (run.end() < len(word) or ends_at(word[-1]))
    ]
    return max(runs, key=len, default="")
