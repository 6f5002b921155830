"""Which items somebody wants: one filter for feeds by subject and for subscriptions. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from feeds.markup import plain_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from feeds.model import Content

# Scripts that write no blanks between words: there a word is found inside a run of letters.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """What somebody wants of a bulletin; what is left empty does not matter.

    An item is wanted where each part that is given accepts it. A part accepts by any of its
    values: ``words`` are words or phrases in title or text (upper and lower case are one, and a
    word is never part of a longer one), ``without`` are those that it must not have,
    ``categories`` are names of categories, ``sources`` names of the bulletin's sources,
    ``languages`` BCP 47 tags: "pt" is also "pt-BR".
    """

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether every item is wanted."""
        return not (self.words or self.without or self.categories or self.sources or self.languages)

    def accepts(
        self, content: Content, *, sources: Collection[str] = (), language: str = ""
    ) -> bool:
        """Tell whether an item is wanted.

        ``sources`` are the names of those that it was found at, ``language`` is the bulletin's,
        for items that state none.
        """
        if self.sources and not set(self.sources) & set(sources):
            return False
        if self.languages and not _speaks(content.language or language, self.languages):
            return False
        if self.categories and not _folded(self.categories) & _folded(content.categories):
            return False
        if not self.words and not self.without:
            return True
        text = _fold(f"{content.title}\n{plain_text(content.full_html or content.summary_html)}")
        if self.words and not _words(self.words).search(text):
            return False
        return not (self.without and _words(self.without).search(text))


def _speaks(language: str, wanted: Collection[str]) -> bool:
    spoken = language.casefold()
    return any(
        spoken == tag.casefold() or spoken.startswith(f"{tag.casefold()}-") for tag in wanted
    )


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _folded(texts: Collection[str]) -> set[str]:
    return set(map(_fold, texts))


@lru_cache(maxsize=256)
def _words(texts: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds any of the words or phrases, as whole words."""
    return re.compile("|".join(_whole(_fold(text)) for text in texts if text.strip()) or r"(?!)")


def _whole(word: str) -> str:
    """Return the pattern of one word; its ends are ends of words where the script has such."""
    before = r"(?<!\w)" if _ends_at(word[0]) else ""
    after = r"(?!\w)" if _ends_at(word[-1]) else ""
    return before + re.escape(word) + after


def _ends_at(letter: str) -> bool:
    return letter.isalnum() and not re.match(f"[{_UNSPACED}]", letter)
