"""A former content laid against the one that replaced it, for operators and readers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.markup import plain_text
from feeds.word_diff import excerpt, is_changed, word_diff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from feeds.model import Content, Former, Item
    from feeds.word_diff import Piece


# Bytes of a page for all that was corrected, and what markup adds to each piece of it.
_ROOM = 8_000
_MARKUP = 12


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


def corrections_of(former: Sequence[Former], content: Content) -> tuple[Correction, ...]:
    """Return all corrections of an item, the oldest first; ``former`` is what it was before each.

    What changed is shown as far as a page has room for it, the newest first served; of an older
    one an excerpt, and at last its time alone.
    """
    after = [*(one.content for one in former[1:]), content]
    room, made = _ROOM, []
    for one, following in reversed(list(zip(former, after, strict=True)) if former else []):
        correction = correction_of(one, following)
        for shortened in (correction, _excerpt_of(correction)):
            correction = shortened
            if _length(correction) <= room:
                break
        else:
            correction = Correction(made=correction.made, changes=())
        room -= _length(correction)
        made.append(correction)
    return tuple(reversed(made))


def _excerpt_of(correction: Correction) -> Correction:
    changes = tuple(Change(one.name, excerpt(one.pieces)) for one in correction.changes)
    return Correction(made=correction.made, changes=changes)


def _length(correction: Correction) -> int:
    """Return about how many bytes a correction takes of a page."""
    return sum(
        len(piece.text.encode()) + _MARKUP for one in correction.changes for piece in one.pieces
    )


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
