"""Which lists of a page a person may mean who pointed at some of its elements. Pure.

One title stands for all that are made like it; how much alike they must be, and within how much
of the page, is what the candidates differ in.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feeds.pointing_kinds import Kinds
from feeds.pointing_without import without
from feeds.read_choose import lies_aside
from feeds.read_groups import HEADINGS, slots_of
from feeds.read_links import is_about, links_in, own_link
from feeds.read_rules import item_slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from feeds.numbered import Opened
    from feeds.read_groups import Slot
    from feeds.read_tree import Element

_LETTERS = frozenset("em i b strong u mark code sup sub abbr cite q small span font".split())
# Two lists as one must have so much more that is like what was pointed at.
_JOINED = 0.5
_ALIKE, _UNLIKE = 1.0, -1.0
# News have days.
_DATED = 1.5
_LAST = 0.1
# So many, and such a part of the list that is read, are a list of their own.
_FEW, _THIRD = 3, 3
Traits = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was pointed at, as elements: what is to be a title, an item, and what neither.

    ``present`` are the titles of the reading before; ``titles`` are never among them by chance.
    """

    opened: Opened
    titles: tuple[Element, ...] = ()
    items: tuple[Element, ...] = ()
    nots: tuple[Element, ...] = ()
    present: tuple[Element, ...] = ()
    fields: dict[str, tuple[Element, ...]] = field(default_factory=dict)

    @property
    def wanted(self) -> tuple[Element, ...]:
        """The titles that must be read, and the items."""
        return (*self.titles, *self.items)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that may be meant, and how likely; ``items``: its elements are items, not titles."""

    slots: list[Slot]
    worth: float
    items: bool = False


def title_pointed_at(element: Element) -> Element:
    """Return the title that a click on a part of it means: a word in a heading or in a link."""
    current = element
    while current.tag in _LETTERS and (around := current.parent) is not None:
        inside = any(each.tag in HEADINGS or each.tag == "a" for each in current.ancestors())
        if not inside or not around.running:
            break
        current = around
    while (only := _only_child(current)) is not None:
        current = only
    return current


def _only_child(element: Element) -> Element | None:
    """Return the child that has all the text of an element, None where there is none."""
    if element.running:
        return None
    return next((each for each in element.elements if each.length == element.length), None)


def lists(wish: Wish) -> list[Listed]:
    """Return the lists that may be meant, the likeliest first."""
    found: dict[tuple[int, ...], Listed] = {}
    for elements, share, items in _sets(wish):
        wrong = [e for e in elements if any(n.holds(e) or e.holds(n) for n in wish.nots)]
        alike = _wrong_traits(wish, elements, wrong, items=items)
        for kept, loss in without(elements, wrong, wish.wanted):
            key = tuple(element.start for element in kept)
            if not kept or key in found or not _holds_all(kept, wish.wanted):
                continue
            slots = _slots(wish.opened, kept, items=items)
            found[key] = Listed(slots, _worth(slots, wish, alike) * share * loss, items)
    return sorted(found.values(), key=lambda each: -each.worth)


def _wrong_traits(
    wish: Wish, elements: list[Element], wrong: Sequence[Element], *, items: bool
) -> frozenset[Traits]:
    """Return the traits of what is no item, as far as not nearly all have them."""
    if not wrong:
        return frozenset()
    traits = {s.title.start: traits_of(s) for s in _slots(wish.opened, elements, items=items)}
    of_wrong = {traits[each.start] for each in wrong if each.start in traits}
    others = [each for each in traits.values() if each not in of_wrong]
    return frozenset(of_wrong) if len(others) >= _FEW - 1 else frozenset()


def _holds_all(elements: Sequence[Element], wanted: Iterable[Element]) -> bool:
    return all(any(each.holds(one) or one.holds(each) for each in elements) for one in wanted)


def _slots(opened: Opened, elements: list[Element], *, items: bool) -> list[Slot]:
    marks = opened.sheet.marks
    starts = [mark.element.start for mark in marks]
    if items:
        return [item_slot(each, marks, starts) for each in elements]
    return slots_of(elements, marks, starts)


def _sets(wish: Wish) -> Iterator[tuple[list[Element], float, bool]]:
    """Yield elements that may be all titles, or all items, and how much they count."""
    present = list(wish.present)
    if not wish.wanted:
        yield present, 1.0, False
        yield from _lists_with(wish)
        return
    alike: list[Element] = []
    examples = wish.items or wish.titles
    for elements, share in Kinds(wish.opened).alike(examples):
        alike = alike or elements
        yield elements, share, bool(wish.items)
    if not wish.items and present:
        if _holds_all(present, wish.titles):
            yield present, 1.0, False
        own = len(alike) >= max(_FEW, len(present) // _THIRD)
        yield _joined(present, alike or list(wish.titles)), _LAST if own else _JOINED, False
        yield _joined(present, list(wish.titles)), _JOINED, False


def _lists_with(wish: Wish) -> Iterator[tuple[list[Element], float, bool]]:
    """Yield the titles of other lists, where the dates and links that were pointed at stand."""
    pointed = [each for elements in wish.fields.values() for each in elements]
    for group in wish.opened.sheet.groups if pointed else ():
        parts = [part for slot in group.slots for part in slot.parts]
        if all(any(part.holds(each) for part in parts) for each in pointed):
            yield [slot.title for slot in group.slots], _JOINED, False


def _joined(some: list[Element], others: list[Element]) -> list[Element]:
    """Return both in page order; where one stands in another, that which was pointed at."""
    others = sorted(others, key=lambda each: each.start)
    starts = [each.start for each in others]

    def overlaps(element: Element) -> bool:
        place = bisect_right(starts, element.end)
        return place > 0 and others[place - 1].end >= element.start

    kept = [each for each in some if not overlaps(each)]
    return sorted([*kept, *others], key=lambda each: each.start)


def _worth(slots: Sequence[Slot], wish: Wish, wrong: frozenset[Traits]) -> float:
    """Count what is like that which was pointed at; what is not counts against it."""
    pointed = [
        slot
        for slot in slots
        if any(slot.title.holds(one) or one.holds(slot.title) for one in wish.wanted)
    ]
    traits = [traits_of(slot) for slot in slots]
    usual = {traits_of(slot) for slot in pointed} or set(traits) - wrong
    worth = sum(_ALIKE if each in usual else _UNLIKE for each in traits)
    return worth * _DATED if usual and all(dated for dated, *_ in usual) else worth


def traits_of(slot: Slot) -> Traits:
    """Return what tells items apart at a glance: a date, a link, a place aside, a mere button."""
    dated = any(mark.strength > 1 for mark in slot.marks) or slot.heading_mark is not None
    href, _ = own_link(slot)
    link = next(links_in(slot.title), None)
    return (dated, bool(href), bool(lies_aside(slot.title)), link is not None and is_about(link))
