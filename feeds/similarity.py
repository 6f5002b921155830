"""How alike two texts are, and which texts are worth comparing. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Letters in a shingle: short enough for scripts that write no blanks between words.
_SHINGLE = 3
# Of a long text its beginning says enough, and the cost stays bounded.
_COMPARED = 600
# A word that so many texts share points to none of them.
_COMMON = 50


# The pieces of a text are many times its size: only what is compared just now is kept.
@lru_cache(maxsize=1024)
def _shingles(text: str) -> frozenset[str]:
    padded = f" {text[:_COMPARED]} "
    return frozenset(
        padded[start : start + _SHINGLE] for start in range(max(len(padded) - _SHINGLE + 1, 1))
    )


def similarity(one: str, other: str) -> float:
    """Return how many of their three-letter pieces two texts share, from 0 to 1 (Dice)."""
    if one == other:
        return 1.0 if one else 0.0
    if not one or not other:
        return 0.0
    first, second = _shingles(one), _shingles(other)
    return 2 * len(first & second) / (len(first) + len(second))


def containment(one: str, other: str) -> float:
    """Return how much of the shorter text stands in the longer one, from 0 to 1."""
    if not one or not other:
        return 0.0
    first, second = _shingles(one), _shingles(other)
    return len(first & second) / min(len(first), len(second))


def candidates(
    texts: Sequence[str], others: Sequence[str], *, most: int
) -> Iterable[tuple[int, list[int]]]:
    """Yield for each text the few others that share the most rare words with it.

    An index from words to texts keeps this far from comparing all with all.
    """
    index: dict[str, list[int]] = defaultdict(list)
    for position, text in enumerate(others):
        for word in set(_words(text)):
            index[word].append(position)
    for position, text in enumerate(texts):
        shared: Counter[int] = Counter()
        for word in set(_words(text)):
            found = index.get(word, ())
            if len(found) <= _COMMON:
                shared.update(found)
        yield position, [other for other, _ in shared.most_common(most)]


def _words(text: str) -> list[str]:
    """Split a key into words; where a script writes no blanks, into pairs of letters."""
    words: list[str] = []
    for word in text[:_COMPARED].split():
        if word.isascii() or len(word) <= _SHINGLE:
            words.append(word)
        else:
            words += [word[start : start + 2] for start in range(len(word) - 1)]
    return words
