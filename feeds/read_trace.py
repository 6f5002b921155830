"""Which place of a page each entry was read at, where somebody wants to know. Pure.

An entry is changed on its way (completed, shortened, filtered), so its place travels with it: as a
note in its evidence, which ``Trace.take`` takes off again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.model import Entry
    from feeds.read_groups import Slot

_NOTE = "place"


@dataclass(slots=True)
class Trace:
    """The places at which entries were read, in the order of reading."""

    slots: list[Slot] = field(default_factory=list)

    def note(self, entry: Entry, slot: Slot) -> None:
        """Note on an entry that was just read where that was."""
        entry.evidence[_NOTE] = str(len(self.slots))
        self.slots.append(slot)

    def take(self, entry: Entry) -> tuple[Entry, Slot | None]:
        """Return an entry without the note, and its place; None where it was read at none."""
        evidence = dict(entry.evidence)
        number = evidence.pop(_NOTE, None)
        return replace(entry, evidence=evidence), None if number is None else self.slots[
            int(number)
        ]
