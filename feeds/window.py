"""Which items a live feed holds: what its readers were promised, within what they can carry. Pure.

Everything that is in no closed part of the archive, everything that came or was corrected within
the promised time, and the newest ones up to a number. A feed of some size is fetched again and
again, so beyond a budget only what was promised is added; and beyond what readers and validators
take at all, the oldest of that is left out, which the archive gives later.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.feed_store import touched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feeds.model import Item

# JSON Feed calls a megabyte a burden; the W3C's validator reads no more than five.
BUDGET = 1_000_000
LIMIT = 4_000_000
# What the most verbose of the formats adds to an item.
_AROUND = 900


@dataclass(frozen=True, slots=True)
class Window:
    """The items of a live feed, newest first; ``left_out`` counts those that were promised."""

    items: tuple[Item, ...]
    left_out: int = 0


def live_window(
    *, unarchived: Iterable[Item], promised: Iterable[Item], latest: Iterable[Item]
) -> Window:
    """Return the items of a live feed; there is one at least where any is given."""
    taken: dict[str, Item] = {}
    size, left_out = 0, 0
    owed = sorted(unarchived, key=_arrival, reverse=True)
    owed += sorted(promised, key=lambda item: (touched(item), item.number), reverse=True)
    for item in dict.fromkeys(owed):
        if item.id in taken:
            continue
        size += _size(item)
        if taken and size > LIMIT:
            left_out += 1
        else:
            taken[item.id] = item
    for item in sorted(latest, key=_arrival, reverse=True):
        if item.id in taken:
            continue
        size += _size(item)
        if taken and size > BUDGET:
            break
        taken[item.id] = item
    items = sorted(taken.values(), key=lambda item: (item.published, item.number), reverse=True)
    return Window(tuple(items), left_out)


def _arrival(item: Item) -> int:
    return item.number


def _size(item: Item) -> int:
    """Return about how many bytes an item is in the longest of the three formats."""
    content = item.content
    text = content.title + (content.full_html or content.summary_html)
    return len(html.escape(text, quote=False).encode()) + _AROUND
