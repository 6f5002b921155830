"""Whether a reading has an element as what somebody said that it is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.keys import title_key
from feeds.pointing_lists import title_pointed_at

if TYPE_CHECKING:
    from feeds.located import Located, Spots
    from feeds.numbered import Opened
    from feeds.pointing_values import Point
    from feeds.read_tree import Element


def unwanted_at(opened: Opened, element: Element, before: Located) -> Element:
    """Return what is meant by something that is no item: what it says is a title, or its item.

    Whoever points at the text of an item means the item.
    """
    for spots in before.spots:
        if is_of(opened, element, spots):
            return element
    holding = (
        part
        for spots in before.spots
        for number in spots.item
        if (part := opened.element(number)) is not None and part.holds(element)
    )
    return min(holding, key=lambda each: each.end - each.start, default=element)


def is_of(opened: Opened, element: Element, spots: Spots) -> bool:
    """Whether an element is the title of an entry, or a part of it, or around either."""
    title = opened.element(spots.title) if spots.title is not None else None
    if title is not None and (title.holds(element) or element.holds(title)):
        return True
    return any((part := opened.element(n)) is not None and element.holds(part) for n in spots.item)


def is_met(opened: Opened, of: Point, read: Located, before: Located) -> bool:
    """Whether a reading has an element as what somebody says that it is.

    ``before`` is the reading that they saw when they pointed last.
    """
    element = opened.element(of.number)
    if element is None:
        return False
    if of.part == "not":
        unwanted = unwanted_at(opened, element, before)
        return not any(is_of(opened, unwanted, spots) for spots in read.spots)
    if of.part == "item":
        return any(_is_item(opened, element, spots) for spots in read.spots)
    if of.part == "title":
        element = title_pointed_at(element)
        return any(
            _is_title(element, opened.element(spots.title), entry.title)
            for spots, entry in zip(read.spots, read.reading.entries, strict=True)
            if spots.title is not None
        )
    numbers = (getattr(spots, of.part) for spots in read.spots)
    return any(n is not None and _is_same(element, opened.element(n)) for n in numbers)


def _is_title(element: Element, other: Element | None, title: str) -> bool:
    """Whether a title was read of an element, a date in it or what is beside it left out."""
    if other is None or not (element.holds(other) or other.holds(element)):
        return False
    key = title_key(element.text)
    return title_key(title) == key or (_is_same(element, other) and title_key(title) in key)


def _is_same(element: Element, other: Element | None) -> bool:
    """Whether two are one element, or one around the other with no more text."""
    if other is None:
        return False
    if element is other:
        return True
    return (element.holds(other) or other.holds(element)) and (
        title_key(element.text) == title_key(other.text)
    )


def _is_item(opened: Opened, element: Element, spots: Spots) -> bool:
    parts = [part for number in spots.item if (part := opened.element(number))]
    return any(_is_same(element, part) for part in parts)
