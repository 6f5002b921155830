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
        if self.languages and not speaks(content.language or language, self.languages):
            return False
        if self.categories and not folded(self.categories) & folded(content.categories):
            return False
        if not self.words and not self.without:
            return True
        text = text_of(content)
        if self.words and not words(self.words).search(text):
            return False
        return not (self.without and words(self.without).search(text))


def text_of(content: Content) -> str:
    """Return the text of an item in which words are looked for, folded."""
    return fold(f"{content.title}\n{plain_text(content.full_html or content.summary_html)}")


def speaks(language: str, wanted: Collection[str]) -> bool:
    """Tell whether a language is one of those that are wanted."""
    spoken = language.casefold()
    return any(
        spoken == tag.casefold() or spoken.startswith(f"{tag.casefold()}-") for tag in wanted
    )


def fold(text: str) -> str:
    """Return a text in which upper and lower case, and forms of one letter, are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def folded(texts: Collection[str]) -> set[str]:
    """Return texts as they are compared."""
    return set(map(fold, texts))


@lru_cache(maxsize=2048)
def words(texts: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds any of the words or phrases, as whole words."""
    return re.compile("|".join(map(_whole, filter(None, map(fold, texts)))) or r"(?!)")


def _whole(word: str) -> str:
    """Return the pattern of one word; its ends are ends of words where the script has such."""
    before = r"(?<!\w)" if ends_at(word[0]) else ""
    after = r"(?!\w)" if ends_at(word[-1]) else ""
    return before + re.escape(word) + after


def ends_at(letter: str) -> bool:
    """Tell whether a word that ends in a letter must end there in a text, too."""
    return letter.isalnum() and not re.match(f"[{_UNSPACED}]", letter)
