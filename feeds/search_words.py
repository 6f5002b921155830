"""The words of a text as they are searched: folded, so that how they are written does not matter.

Case, width, accents and points do not count, in texts and in questions alike; both databases are
given these words and nothing else, so that they find the same. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Moves when texts are folded otherwise: all items are then put into the index anew.
RECIPE = 1
# Words longer than this are none that anybody looks for.
LONGEST_WORD = 64

# Scripts that set no blanks between words: there each character is a word, and several of them
# in a row are found as a phrase.
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3041-\u30fa"
    r"\u30fc-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff"
)
# Marks that are parts of words, where Python's \w has letters only: accents, points of Hebrew and
# Arabic, vowels of India's scripts.
_MARKS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    r"\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u0900-\u0963"
    r"\u0971-\u0dff\u0f71-\u0f84\u200c\u200d"
)
_WORD = re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}][{_MARKS}]*)+")
# What is left out when texts are compared: accents of Latin, Greek and Cyrillic letters, points
# of Hebrew and Arabic, the stretching of Arabic, joiners.
_LEFT_OUT = re.compile(
    r"[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    r"\u00ad\u200b-\u200f\u2060]+"
)
# Letters that are others with a stroke, or two in one, which no standard takes apart.
_OTHERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "ł": "l",
        "ŋ": "n",
        "ŧ": "t",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ى": "ي",
        "ة": "ه",
        "ک": "ك",
        "ی": "ي",
    }
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is searched, and where it stands in the text that it is of."""

    folded: str
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """Yield the words of a text in their order; what is written as one may be several."""
    for found in _WORD.finditer(text):
        for folded in _fold(found[0]):
            yield Word(folded, found.start(), found.end())


def folded(text: str, *, most: int) -> tuple[str, ...]:
    """Return the first words of a text."""
    words: list[str] = []
    for word in words_of(text):
        words.append(word.folded)
        if len(words) == most:
            break
    return tuple(words)


def is_spaced(word: str) -> bool:
    """Tell whether a word is of a script with blanks, so that it may be the beginning of one."""
    return re.match(f"[{_UNSPACED}]", word) is None


@lru_cache(maxsize=8192)
def _fold(word: str) -> tuple[str, ...]:
    taken_apart = unicodedata.normalize("NFKD", word.casefold()).casefold()
    plain = unicodedata.normalize("NFKC", _LEFT_OUT.sub("", taken_apart)).translate(_OTHERS)
    return tuple(found[0][:LONGEST_WORD] for found in _WORD.finditer(plain))
