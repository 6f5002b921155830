"""Which lists of a page a person may mean who pointed at some of its elements. Pure.

One title stands for all that are made like it; how much alike they must be, and within how much
of the page, is what the candidates differ in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feeds.read_choose import lies_aside
from feeds.read_groups import HEADINGS, Slot, signature, slots_of
from feeds.read_links import is_about, links_in, own_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from feeds.numbered import Opened
    from feeds.read_tree import Element

_LONGEST_TITLE = 400
_MOST_TITLES = 3_000
_MOST_REGIONS = 4
_LETTERS = frozenset("em i b strong u mark code sup sub abbr cite q small span font".split())
# A list that takes in more of the page must have so much more that is like what was pointed at.
_LOOSE, _JOINED = 0.6, 0.5
_ALIKE, _UNLIKE = 1.0, -1.0


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
        for kept, loss in _without(wish, elements):
            key = tuple(element.start for element in kept)
            if not kept or key in found or not _holds_all(kept, wish.wanted):
                continue
            slots = _slots(wish.opened, kept, items=items)
            found[key] = Listed(slots, _worth(slots, wish) * share * loss, items)
    return sorted(found.values(), key=lambda each: -each.worth)


def _holds_all(elements: Sequence[Element], wanted: Iterable[Element]) -> bool:
    return all(any(each.holds(one) or one.holds(each) for each in elements) for one in wanted)


def _slots(opened: Opened, elements: list[Element], *, items: bool) -> list[Slot]:
    marks = opened.sheet.marks
    starts = [mark.element.start for mark in marks]
    if not items:
        return slots_of(elements, marks, starts)
    return [
        Slot(title_in(each), [each], [mark for mark in marks if each.holds(mark.element)])
        for each in elements
    ]


def _sets(wish: Wish) -> Iterator[tuple[list[Element], float, bool]]:
    """Yield elements that may be all titles, or all items, and how much they count."""
    present = list(wish.present)
    if not wish.wanted:
        yield present, 1.0, False
        return
    alike: list[Element] = []
    examples = wish.items or wish.titles
    for elements, share in _alike(wish.opened, examples):
        alike = alike or elements
        yield elements, share, bool(wish.items)
    if not wish.items and present:
        if _holds_all(present, wish.titles):
            yield present, 1.0, False
        yield _joined(present, alike or list(wish.titles)), _JOINED, False
        yield _joined(present, list(wish.titles)), _JOINED, False


def _joined(some: list[Element], others: list[Element]) -> list[Element]:
    """Return both in page order; where one stands in another, that which was pointed at."""
    kept = [each for each in some if not any(e.holds(each) or each.holds(e) for e in others)]
    return sorted([*kept, *others], key=lambda each: each.start)


def _alike(opened: Opened, examples: Sequence[Element]) -> Iterator[tuple[list[Element], float]]:
    """Yield the elements that are made like the examples, from the strictest sense of it on."""
    everything = [each for each in opened.sheet.tree.elements if each.length and each.depth > 0]
    region: Element | None = None
    for kind in _KINDS:
        made = {kind(example) for example in examples}
        elements = _outermost([each for each in everything if kind(each) in made])[:_MOST_TITLES]
        strict = region is None
        if strict:
            region = _around(elements)
        inside = [each for each in elements if region is not None and region.holds(each)]
        yield inside, 1.0
        if len(inside) < len(elements):
            yield elements, _LOOSE
        for narrow in _narrowed(elements, examples):
            yield narrow, 1.0 if strict else _LOOSE


def _own_shape(element: Element) -> str:
    """Return what stands around an element's parent: tags and first classes, two steps up."""
    around = list(element.ancestors())[1:3]
    return "|".join(f"{each.tag}.{first_class(each)}" for each in around)


def first_class(element: Element) -> str:
    """Return the first class of an element, empty where it has none."""
    return next(iter((element.attributes.get("class") or "").split()), "")


# What may tell that elements are made alike, from the strictest to the loosest.
_KINDS: tuple[Callable[[Element], tuple[object, ...]], ...] = (
    lambda each: (each.path, signature(each), _own_shape(each)),
    lambda each: (each.path, signature(each)),
    lambda each: (each.path,),
    lambda each: (each.tag, signature(each), each.parent.tag if each.parent else ""),
    lambda each: (each.tag, first_class(each)) if first_class(each) else (each.path,),
)


def _outermost(elements: list[Element]) -> list[Element]:
    """Return the elements that stand in none of the others."""
    kept: list[Element] = []
    for element in elements:
        if not kept or element.start > kept[-1].end:
            kept.append(element)
    return kept


def _around(elements: Sequence[Element]) -> Element | None:
    """Return the smallest element that holds all of them."""
    if not elements:
        return None
    if len(elements) == 1:
        return elements[0].parent
    return next((each for each in elements[0].ancestors() if each.end >= elements[-1].end), None)


def _narrowed(elements: list[Element], examples: Sequence[Element]) -> Iterator[list[Element]]:
    """Yield those alone that stand in one part of the page with the examples, the largest first."""
    found: list[list[Element]] = []
    for around in examples[0].ancestors():
        if not all(around.holds(example) for example in examples):
            continue
        inside = [each for each in elements if around.holds(each)]
        if len(inside) == len(elements):
            break
        if len(inside) > 1 and (not found or len(inside) > len(found[-1])):
            found.append(inside)
    yield from found[: -_MOST_REGIONS - 1 : -1]


def _without(wish: Wish, elements: list[Element]) -> Iterator[tuple[list[Element], float]]:
    """Yield the elements without those that are no items, and with them what is like those.

    What is like them is the branch of the page that they stand in, where the others in it are
    made as they are; and what is made as they are, where the others differ.
    """
    wrong = [
        e
        for e in elements
        if any(n.holds(e) or e.holds(n) or _shares(e, n, elements) for n in wish.nots)
    ]
    if not wrong:
        yield elements, 1.0
        return
    kept = [each for each in elements if each not in wrong]
    for branch in _branches(wrong, elements, wish.wanted):
        less = [each for each in kept if not branch.holds(each)]
        yield less, 1.0 if len(less) * 2 >= len(kept) or wish.wanted else _JOINED
    shapes = {_shape(each) for each in wrong}
    differing = [each for each in kept if _shape(each) not in shapes]
    if differing and _holds_all(differing, wish.wanted):
        yield differing, 1.0
    yield kept, 0.9


def _shares(element: Element, unwanted: Element, elements: Sequence[Element]) -> bool:
    """Whether an element's item is the one that something unwanted stands in."""
    around = next((each for each in unwanted.ancestors() if each.holds(element)), None)
    if around is None:
        return False
    return sum(around.holds(each) for each in elements) == 1


def _branches(
    wrong: Sequence[Element], elements: Sequence[Element], wanted: Sequence[Element]
) -> Iterator[Element]:
    """Yield the parts of the page with the wrong ones and others like them, none that is wanted."""
    seen = 1
    for around in wrong[0].ancestors():
        inside = [each for each in elements if around.holds(each)]
        if len(inside) == len(elements) or any(around.holds(each) for each in wanted):
            return
        if len(inside) > seen and len({_shape(each) for each in inside}) == 1:
            yield around
        seen = max(seen, len(inside))


def _shape(element: Element) -> tuple[object, ...]:
    """Return how an element and what is around it are made, with all their classes."""
    around = [element, *element.ancestors()][:3]
    return tuple((each.tag, each.attributes.get("class") or "") for each in around)


def _worth(slots: Sequence[Slot], wish: Wish) -> float:
    """Count what is like that which was pointed at; what is not counts against it."""
    pointed = [
        slot
        for slot in slots
        if any(slot.title.holds(one) or one.holds(slot.title) for one in wish.wanted)
    ]
    if not pointed:
        return float(len(slots))
    usual = {_traits(slot) for slot in pointed}
    return sum(_ALIKE if _traits(slot) in usual else _UNLIKE for slot in slots)


def _traits(slot: Slot) -> tuple[bool, ...]:
    dated = any(mark.strength > 1 for mark in slot.marks) or slot.heading_mark is not None
    href, _ = own_link(slot)
    link = next(links_in(slot.title), None)
    return (dated, bool(href), bool(lies_aside(slot.title)), link is not None and is_about(link))


def title_in(element: Element) -> Element:
    """Return the likeliest title in an item, as it is read where no rule names one."""
    from feeds.read_rules import title_in as likeliest

    return likeliest(element)
