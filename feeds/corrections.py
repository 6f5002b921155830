"""A former content laid against the one that replaced it, for operators and readers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.markup import plain_text
from feeds.word_diff import is_changed, word_diff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from feeds.model import Content, Former, Item
    from feeds.word_diff import Piece


@dataclass(frozen=True, slots=True)
class Change:
    """One part of an item that reads otherwise than before: its name and what became of it."""

    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """When an item was corrected, and what of it; nothing where no word of it differs."""

    made: datetime
    changes: tuple[Change, ...]


def corrected_at(item: Item) -> datetime | None:
    """Return when an item was corrected last; None where it never was, or is only withdrawn.

    Not by its revisions: wordings of a merged item are among them.
    """
    others = {item.published, item.withdrawn, item.restored}
    return None if item.updated in others else item.updated


def correction_of(former: Former, content: Content) -> Correction:
    """Return what replaced a former content."""
    return Correction(made=former.replaced, changes=changes_of(former.content, content))


def changes_of(old: Content, new: Content) -> tuple[Change, ...]:
    """Return the parts that differ in words, in the order in which they are read."""
    return tuple(
        change
        for name, before, after in _parts(old, new)
        if before != after and is_changed((change := Change(name, word_diff(before, after))).pieces)
    )


def _parts(old: Content, new: Content) -> Iterator[tuple[str, str, str]]:
    yield "title", old.title, new.title
    yield "date", _day(old), _day(new)
    yield "author", old.author, new.author
    # Whole texts are fetched once: against the teaser that stood before, all would be new.
    whole = old.full_html and new.full_html
    yield (
        "text",
        plain_text(old.full_html if whole else old.summary_html),
        plain_text(new.full_html if whole else new.summary_html),
    )
    yield "address", old.url, new.url


def _day(content: Content) -> str:
    return content.when.day.isoformat() if content.when else ""
