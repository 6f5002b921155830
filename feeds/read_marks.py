"""Where dates stand on a page: each one with its element, and how surely it dates something."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.dates import DateReader
    from feeds.model import When
    from feeds.read_tree import Element, Tree

_LONGEST = 120
_LONGEST_JOINED = 60
_SHORTEST = 4
_DATE_WORDS = re.compile(r"date|time|publi|posted|meta|byline|datum|fecha|day|info", re.IGNORECASE)
_ATTRIBUTES = ("datetime", "data-date", "data-time", "data-datetime", "data-published")
_UPDATED = re.compile(r"updat|modif|aktualis|actuali", re.IGNORECASE)
WHOLE = 3
NAMED = 2
INSIDE = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """A date at an element. ``strength``: it is all the text, it is called a date, it is inside."""

    element: Element
    when: When
    strength: int
    evidence: str
    has_year: bool = True
    updated: bool = False


def find_marks(tree: Tree, dates: DateReader) -> list[Mark]:
    """Return the dates of the page in page order."""
    short = [
        child
        for element in tree.elements
        if element.digits
        for child in element.children
        if isinstance(child, str) and len(child) < _LONGEST * 3
    ]
    dates.settle(text for text in short if len(text.strip()) <= _LONGEST)
    found: list[Mark] = []
    covered = -1
    for element in tree.elements:
        if element.start <= covered:
            continue
        mark = _mark(element, dates)
        if mark:
            found.append(mark)
            if mark.strength >= NAMED or element.length <= _LONGEST_JOINED:
                covered = element.end
    return found


def _mark(element: Element, dates: DateReader) -> Mark | None:
    machine = next((value for name in _ATTRIBUTES if (value := element.attributes.get(name))), "")
    words = element.words
    named = element.tag == "time" or bool(words and _DATE_WORDS.search(words))
    updated = bool(
        _UPDATED.search(f"{words} {element.text[:40] if element.length < _LONGEST_JOINED else ''}")
    )
    if not machine and named and element.length <= _LONGEST_JOINED:
        # A short or relative form on the page often has its full form as a tooltip.
        machine = element.attributes.get("title") or ""
    stated = dates.machine(machine) if machine else None
    if element.tag == "time" or stated:
        shown = dates.first(element.text) if element.length <= _LONGEST else None
        if stated and (shown is None or not shown.has_year or shown.when.day == stated.day):
            return Mark(element, stated, WHOLE, f"{element.tag} datetime", updated=updated)
        if shown:
            return Mark(element, shown.when, WHOLE, "text of the time element", updated=updated)
    if 0 < element.length <= _LONGEST_JOINED and (element.digits or named):
        when = dates.whole(element.text)
        if when:
            first = dates.first(element.text)
            year = first is None or first.has_year
            return Mark(element, when, WHOLE, f"text “{element.text}”", year, updated)
    return _mark_inside(element, dates, named=named, updated=updated) if element.digits else None


def _mark_inside(element: Element, dates: DateReader, *, named: bool, updated: bool) -> Mark | None:
    """Return the date in a text that stands directly in the element."""
    for text in _own_texts(element):
        spot = dates.first(text)
        if spot and (spot.has_year or named):
            strength = NAMED if named else INSIDE
            if dates.whole(text):
                strength = WHOLE
            return Mark(
                element, spot.when, strength, f"date in “{text[:60]}”", spot.has_year, updated
            )
    return None


def _own_texts(element: Element) -> Iterator[str]:
    for child in element.children:
        if isinstance(child, str):
            text = " ".join(child.split())
            if _SHORTEST <= len(text) <= _LONGEST:
                yield text
