"""Where known items stand on a page: their titles and links are labelled examples. Pure.

What a list of items is made of elsewhere is guessed; here it is known of some of its items, and
the others are what is made alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.keys import title_key, url_key
from feeds.markup import web_url
from feeds.read_groups import signature, slots_of
from feeds.read_html import place_of
from feeds.read_page import parse_page
from feeds.read_rules import chosen
from feeds.read_tree import build_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from selectolax.lexbor import LexborHTMLParser

    from config.settings import RuleSettings
    from feeds.model import Item
    from feeds.read_fields import Place
    from feeds.read_groups import Slot
    from feeds.read_marks import Mark
    from feeds.read_tree import Element, Tree

_LONGEST_TITLE = 300
# What may stand beside a title in its element: a date, a label.
_LONGEST_BESIDE = 60
# Titles that are looked for as a part of a text must be of some length to be themselves.
_SHORTEST_PART = 8
_MOST_PARTS = 100
# What may tell that elements are of one make.
_Make = tuple[object, ...]
_FEW = 2
_MOST_LISTS = 6
_MOST_TITLES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """An element with the title of a known item, or of several of one title, or a link to it.

    ``items`` are their numbers.
    """

    items: tuple[int, ...]
    element: Element
    is_link: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A page on which known items were looked for, and where they stand."""

    page: LexborHTMLParser
    tree: Tree
    place: Place
    marks: Sequence[Mark]
    known: Sequence[Item]
    labels: Sequence[Label]

    @property
    def standing(self) -> set[int]:
        """The numbers of the known items that stand anywhere on the page."""
        return {number for label in self.labels for number in label.items}

    @property
    def standing_links(self) -> frozenset[str]:
        """The ids of the known items whose own links stand on the page."""
        numbers = {number for label in self.labels if label.is_link for number in label.items}
        return frozenset(self.known[number].id for number in numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """A list on the page with known items in it: ``items`` says which slot has which."""

    known: Sequence[Item]
    slots: list[Slot]
    items: dict[int, int]


def look_for(  # noqa: PLR0913 - the page, what is known of it, and each is a fact of the source
    text: str,
    known: Sequence[Item],
    *,
    rules: RuleSettings,
    url: str,
    language: str,
    zone: ZoneInfo,
    now: datetime,
) -> Sight | None:
    """Look for known items on a page; None where it is no page."""
    page, _ = parse_page(text)
    if page is None or page.body is None:
        return None
    tree = build_tree(page.body)
    place, marks = place_of(page, tree, url=url, language=language, zone=zone, now=now)
    labels = [*_by_title(tree, known, rules.title_pattern)]
    labels += _by_link(tree, known, rules.link_pattern, place.base)
    return Sight(page=page, tree=tree, place=place, marks=marks, known=known, labels=labels)


def _by_title(tree: Tree, known: Sequence[Item], pattern: str) -> Iterator[Label]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(known):
        numbers[title_key(item.content.title)].append(number)
    longest = max((len(item.content.title) for item in known), default=0)
    most = _LONGEST_TITLE if pattern else min(longest, _LONGEST_TITLE) + _LONGEST_BESIDE
    parts = [key for key in numbers if len(key) >= _SHORTEST_PART][:_MOST_PARTS]
    for element in tree.elements:
        if not 1 < element.length <= most:
            continue
        key = title_key(_matching(pattern, element.text))
        if key in numbers:
            yield Label(items=tuple(numbers[key]), element=element)
        elif element.digits:
            # A date before or after its title, in one element.
            part = next((p for p in parts if _is_dressed(key, p)), "")
            if part:
                yield Label(items=tuple(numbers[part]), element=element)


def _matching(pattern: str, text: str) -> str:
    match = re.search(pattern, text) if pattern else None
    return chosen(match) if match else text


def _is_dressed(key: str, part: str) -> bool:
    return len(key) - len(part) <= _LONGEST_BESIDE and (
        key.endswith(f" {part}") or key.startswith(f"{part} ")
    )


def _by_link(tree: Tree, known: Sequence[Item], pattern: str, base: str) -> Iterator[Label]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(known):
        if item.content.url:
            numbers[url_key(item.content.url)].append(number)
    # An address that items share says of none of them where it stands.
    own = {key: alike[0] for key, alike in numbers.items() if len(alike) == 1}
    for element in tree.elements:
        href = element.attributes.get("href") if element.tag == "a" else None
        if href:
            found = own.get(url_key(web_url(_matching(pattern, href), base)))
            if found is not None:
                yield Label(items=(found,), element=element, is_link=True)


def found_lists(sight: Sight) -> Iterator[FoundList]:
    """Yield the lists that hold most of what is known, the likeliest first."""
    starts = [mark.element.start for mark in sight.marks]
    seen: set[frozenset[int]] = set()
    found = 0
    for titles, items in _ranked(sight):
        slots = slots_of(titles, sight.marks, starts)
        places = frozenset(container_of(slot).start for slot in slots)
        if places in seen or len(places) < len(slots):
            continue
        seen.add(places)
        yield FoundList(
            known=sight.known,
            slots=slots,
            items={
                place: items[slot.title.start]
                for place, slot in enumerate(slots)
                if slot.title.start in items
            },
        )
        found += 1
        if found >= _MOST_LISTS:
            return


def container_of(slot: Slot) -> Element:
    """Return the element of an item that holds its title."""
    return next((part for part in slot.parts if part.holds(slot.title)), slot.title)


def _ranked(sight: Sight) -> list[tuple[list[Element], dict[int, int]]]:
    """Return titles that look alike, with the items of those that are known."""
    short = [each for each in sight.tree.elements if 1 < each.length <= _LONGEST_TITLE]
    ranked = []
    for is_link in (False, True):
        labelled = _labelled(sight.labels, is_link=is_link)
        alike: dict[_Make, list[Element]] = defaultdict(list)
        for element in short if labelled else ():
            for make in _makes(element):
                if make in labelled:
                    alike[make].append(element)
        for make, items in labelled.items():
            for titles in _narrowed(alike[make][:_MOST_TITLES], items):
                rank = (-len(set(items.values())), is_link, len(titles), -titles[0].depth)
                ranked.append((rank, titles, items))
    ranked.sort(key=lambda each: each[0])
    return [(titles, items) for _, titles, items in ranked]


def _labelled(labels: Sequence[Label], *, is_link: bool) -> dict[_Make, dict[int, int]]:
    """Return for each make of elements which items they are, by place; of one title each once."""
    found: dict[_Make, dict[int, int]] = defaultdict(dict)
    for label in labels:
        if label.is_link is not is_link or not 1 < label.element.length <= _LONGEST_TITLE:
            continue
        for make in _makes(label.element):
            items = found[make]
            used = set(items.values()) if len(label.items) > 1 else set()
            free = (number for number in label.items if number not in used)
            items.setdefault(label.element.start, next(free, label.items[0]))
    return {make: items for make, items in found.items() if len(set(items.values())) >= _FEW}


def _makes(element: Element) -> tuple[_Make, ...]:
    """Return what may tell that elements are of one make, from the strictest to the loosest."""
    called = signature(element)
    parent = element.parent.tag if element.parent else ""
    return (element.path, called), (element.path,), (element.tag, called, parent)


def _narrowed(titles: list[Element], items: dict[int, int]) -> Iterator[list[Element]]:
    """Yield titles as they are, and those alone that stand in one element with the known ones."""
    yield titles
    known = [title for title in titles if title.start in items]
    around = next(
        (each for each in known[0].ancestors() if all(each.holds(title) for title in known)), None
    )
    inside = [title for title in titles if around is not None and around.holds(title)]
    if len(inside) < len(titles):
        yield inside
