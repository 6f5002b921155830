"""What goes with something that is no item: what is like it, and how much that is. Pure.

It is one of a kind of things, or of a part of the page; or it is alone, which is the last resort,
for nothing may tell it from the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feeds.read_tree import Element

_FEW = 2
# What is left out alone counts as much; where others are like it, hardly anything.
_ALONE, _LAST = 0.9, 0.1


def without(
    elements: list[Element], wrong: Sequence[Element], wanted: Sequence[Element]
) -> Iterator[tuple[list[Element], float]]:
    """Yield the elements without the wrong ones and what is like them, and how likely that is."""
    if not wrong:
        yield elements, 1.0
        return
    places = {each.start for each in wrong}
    kept = [each for each in elements if each.start not in places]
    alone = _ALONE
    for like in (*_kinds(kept, wrong), *_branches(kept, wrong)):
        places = {each.start for each in like}
        less = [each for each in kept if each.start not in places]
        if like and len(less) >= _FEW and not any(one.holds(e) for e in like for one in wanted):
            yield less, 1.0
            alone = _LAST
    yield kept, alone


def _kinds(kept: list[Element], wrong: Sequence[Element]) -> Iterator[list[Element]]:
    """Yield those that stand in the same places of the page's tree, and those made just so."""
    paths, shapes = {each.path for each in wrong}, {_shape(each) for each in wrong}
    if any(each.path not in paths for each in kept):
        yield [each for each in kept if each.path in paths]
    if any(_shape(each) not in shapes for each in kept):
        yield [each for each in kept if _shape(each) in shapes]


def _branches(kept: list[Element], wrong: Sequence[Element]) -> Iterator[list[Element]]:
    """Yield those that share a part of the page with a wrong one, where all in it are alike."""
    seen = 0
    for around in wrong[0].ancestors():
        inside = [each for each in kept if around.holds(each)]
        if len(inside) == len(kept):
            return
        if len(inside) > seen and {each.path for each in inside} == {wrong[0].path}:
            yield inside
        seen = max(seen, len(inside))


def _shape(element: Element) -> tuple[object, ...]:
    """Return how an element and what is around it are made, with all their classes."""
    around = [element, *element.ancestors()][:3]
    return tuple((each.tag, each.attributes.get("class") or "") for each in around)
