"""What may tell that elements of a page are made alike, from the strictest sense of it on. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feeds.read_groups import signature
from feeds.read_links import links_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feeds.numbered import Opened
    from feeds.read_tree import Element

_MOST_ALIKE = 3_000
_MOST_REGIONS = 4
# What takes in more of the page must have so much more that is like what was pointed at.
_LOOSE = 0.6
_KINDS = 7


@dataclass(slots=True)
class Kinds:
    """The elements of one page, and how each is made."""

    opened: Opened
    _places: dict[int, int] = field(default_factory=dict)

    def alike(self, examples: Sequence[Element]) -> Iterator[tuple[list[Element], float]]:
        """Yield the elements that are made like the examples, and how likely they are meant."""
        tags = {each.tag for each in examples}
        same = [e for e in self.opened.sheet.tree.elements if e.length and e.tag in tags]
        region: Element | None = None
        for sense in range(_KINDS):
            made = {self._kind(sense, example) for example in examples}
            elements = _outermost([each for each in same if self._kind(sense, each) in made])
            region = region or around_all(elements)
            inside = [each for each in elements if region is not None and region.holds(each)]
            yield inside, 1.0
            if len(inside) < len(elements):
                yield elements, _LOOSE
            yield from ((narrow, 1.0) for narrow in _narrowed(elements, examples))

    def _kind(self, sense: int, each: Element) -> tuple[object, ...]:
        """Return how an element is made, in one of the senses."""
        if sense == 0:
            return (each.path, signature(each), _shape_around(each))
        if sense == 1:
            return (each.path, signature(each))
        if sense == 2:  # noqa: PLR2004 - the senses are numbered
            return (each.path,)
        if sense == 3:  # noqa: PLR2004
            return (each.tag, signature(each), each.parent.tag if each.parent else "")
        if sense == 4:  # noqa: PLR2004
            return (each.tag, first_class(each)) if first_class(each) else (each.path,)
        # Columns of a table, parts of a box: by the place, and by what is in it.
        place = (each.path, self._place(each))
        return place if sense == _KINDS - 1 else (*place, next(links_in(each), None) is None)

    def _place(self, element: Element) -> int:
        """Return the number of an element among those beside it."""
        if not self._places:
            for parent in self.opened.sheet.tree.elements:
                self._places |= {id(child): n for n, child in enumerate(parent.elements)}
        return self._places.get(id(element), 0)


def _shape_around(element: Element) -> str:
    """Return what stands around an element's parent: tags and first classes, two steps up."""
    around = list(element.ancestors())[1:3]
    return "|".join(f"{each.tag}.{first_class(each)}" for each in around)


def first_class(element: Element) -> str:
    """Return the first class of an element, empty where it has none."""
    return next(iter((element.attributes.get("class") or "").split()), "")


def _outermost(elements: list[Element]) -> list[Element]:
    """Return the elements that stand in none of the others, so many as a list may have."""
    kept: list[Element] = []
    for element in elements:
        if not kept or element.start > kept[-1].end:
            kept.append(element)
    return kept[:_MOST_ALIKE]


def around_all(elements: Sequence[Element]) -> Element | None:
    """Return the smallest element around all of them."""
    if not elements:
        return None
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
