"""The rules by which a page was read without any: as selectors that an operator can change.

A selector is written down only where it selects exactly what was found; of those that do, the
shortest.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from feeds.dates import DateReader
from feeds.read_choose import choose
from feeds.read_groups import find_groups
from feeds.read_marks import WHOLE, find_marks
from feeds.read_page import parse_page
from feeds.read_tree import build_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from selectolax.lexbor import LexborHTMLParser

    from feeds.read_groups import Slot
    from feeds.read_tree import Element

# Names that a person gives; those with numbers and hashes are made by tools and change.
_NAME = re.compile(r"[A-Za-z][A-Za-z_-]*[A-Za-z]")
_HIGHEST = 6


def found_rules(text: str, *, language: str, zone: ZoneInfo, now: datetime) -> dict[str, str]:
    """Return selectors for item, title and date; fewer or none where none selects exactly."""
    page, _ = parse_page(text)
    if page is None or page.body is None:
        return {}
    tree = build_tree(page.body)
    marks = find_marks(tree, DateReader(zone=zone, now=now, language=language))
    best = choose(find_groups(tree, marks))
    if best is None or any(len(slot.parts) > 1 for slot in best.slots):
        # Items without an element of their own cannot be selected.
        return {}
    item = _item_selector(page, best.slots)
    if not item:
        return {}
    rules = {"item": item, "title": _inner_selector([(s.parts[0], s.title) for s in best.slots])}
    dated = [(slot.parts[0], _date_element(slot)) for slot in best.slots]
    rules["date"] = _inner_selector([(part, date) for part, date in dated if date is not None])
    return {name: selector for name, selector in rules.items() if selector}


def _date_element(slot: Slot) -> Element | None:
    strong = [mark.element for mark in slot.marks if mark.strength == WHOLE]
    return strong[0] if strong and strong[0] is not slot.parts[0] else None


def _item_selector(page: LexborHTMLParser, slots: Sequence[Slot]) -> str:
    """Return the shortest selector that selects the items' elements and nothing else."""
    wanted = {slot.parts[0].raw.mem_id for slot in slots}
    own = list(_names([slot.parts[0] for slot in slots]))
    around = [""]
    for height in range(_HIGHEST):
        above = [_above(slot.parts[0], height) for slot in slots]
        if not all(above):
            break
        elements = [element for element in above if element is not None]
        around += [f"{name}{joint}" for name in _names(elements) for joint in (" > ", " ")]
    for selector in sorted((a + o for a in around for o in own), key=_simplicity):
        if {node.mem_id for node in page.css(selector)} == wanted:
            return selector
    return ""


def _simplicity(selector: str) -> tuple[int, int]:
    """Rank selectors: those that need no other element first, then by their length."""
    return selector.count(" "), len(selector)


def _above(element: Element, height: int) -> Element | None:
    around = element.parent
    for _ in range(height):
        around = around.parent if around else None
    return around


def _names(elements: Sequence[Element]) -> Iterator[str]:
    """Yield what elements have in common to be selected by: id, tag, tag with a class."""
    tags = {element.tag for element in elements}
    ids = {element.attributes.get("id") or "" for element in elements}
    classes = set.intersection(
        *(set((element.attributes.get("class") or "").split()) for element in elements)
    )
    if len(ids) == 1 and _NAME.fullmatch(next(iter(ids))):
        yield f"#{next(iter(ids))}"
    tag = next(iter(tags)) if len(tags) == 1 else ""
    if tag:
        yield tag
    for name in sorted(classes):
        if _NAME.fullmatch(name):
            yield f"{tag}.{name}"


def _inner_selector(pairs: Sequence[tuple[Element, Element]]) -> str:
    """Return the shortest selector whose first match within each item is the wanted element."""
    if not pairs:
        return ""
    wanted = [element for _, element in pairs]
    parents = [element.parent for element in wanted if element.parent is not None]
    own = list(_names(wanted))
    nested = (f"{outer} > {inner}" for outer in _names(parents) for inner in own)
    for selector in sorted(chain(own, nested), key=_simplicity):
        if all(_is_first(item, selector, element) for item, element in pairs):
            return selector
    return ""


def _is_first(item: Element, selector: str, element: Element) -> bool:
    found = item.raw.css_first(selector)
    return found is not None and found.mem_id == element.raw.mem_id
