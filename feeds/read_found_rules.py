"""The rules by which a page was read without any: as selectors that an operator can change.

A selector is written down only where it selects exactly what was found; of those that do, the
shortest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.dates import DateReader
from feeds.read_choose import choose
from feeds.read_groups import find_groups
from feeds.read_marks import WHOLE, find_marks
from feeds.read_page import parse_page
from feeds.read_tree import build_tree
from feeds.selectors import inner_selector, item_selector

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from feeds.read_groups import Slot
    from feeds.read_tree import Element


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
    item = item_selector(page, [slot.parts[0] for slot in best.slots])
    if not item:
        return {}
    rules = {"item": item, "title": inner_selector([(s.parts[0], s.title) for s in best.slots])}
    dated = [(slot.parts[0], _date_element(slot)) for slot in best.slots]
    rules["date"] = inner_selector([(part, date) for part, date in dated if date is not None])
    return {name: selector for name, selector in rules.items() if selector}


def _date_element(slot: Slot) -> Element | None:
    strong = [mark.element for mark in slot.marks if mark.strength == WHOLE]
    return strong[0] if strong and strong[0] is not slot.parts[0] else None
