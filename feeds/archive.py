"""How the items of a bulletin are parted into the documents of its archive. Pure.

A part is a calendar month, or less where much came in it. An item is put into a part when it
comes and stays there, so a part that is followed by another one never gains an item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

# A document of so much is quickly fetched, and so is a live feed that holds the open part.
_MOST_ITEMS = 100
_MOST_CHARACTERS = 400_000
_MONTH = len("2026-11")


@dataclass(frozen=True, slots=True)
class Part:
    """The part that is being filled: its name and what is in it.

    Names are in the order of time: 2026-11, 2026-11-0002, 2026-12.
    """

    name: str = ""
    items: int = 0
    characters: int = 0

    def taking(self, text: str, day: date) -> Part:
        """Return the part that takes an item of that text which came on that day."""
        month = f"{day:%Y-%m}"
        # A clock that was put back opens no earlier part again.
        if self.name[:_MONTH] < month:
            return Part(month, 1, len(text))
        if self.items >= _MOST_ITEMS or self.characters + len(text) > _MOST_CHARACTERS:
            number = int(self.name[_MONTH + 1 :] or 1) + 1
            return Part(f"{self.name[:_MONTH]}-{number:04}", 1, len(text))
        return Part(self.name, self.items + 1, self.characters + len(text))
