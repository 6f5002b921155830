"""The settings of feeds of some of what is stored: views of a bulletin, merges of several."""

from __future__ import annotations

from dataclasses import dataclass

from config.kinds import Language, Texts, required, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionSettings:
    """A feed of some of what is stored; every key that is given narrows it."""

    title: str = required("Name of the feed.")
    description: str = setting("", "One sentence about it, in the feed and on its page.")
    words: Texts = setting((), "Only items with one of these words or phrases; empty: all.")
    without: Texts = setting((), "No items with one of these.")
    categories: Texts = setting((), "Only items of one of these categories.")
    sources: Texts = setting((), "Only items that were found at one of these sources.")
    languages: Texts = setting((), 'Only items in one of these languages; "pt" is also "pt-BR".')


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSettings(SelectionSettings):
    """Some items of one bulletin, as a feed beside the bulletin's own."""

    bulletin: str
    name: str

    @property
    def slug(self) -> str:
        """Where it stands below the site."""
        return f"{self.bulletin}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeSettings(SelectionSettings):
    """Several bulletins as one feed; what stands in more than one of them comes once."""

    slug: str
    bulletins: Texts = required("The bulletins that it is made of.")
    language: Language = setting("", "Language of its page; empty: that of its first bulletin.")
