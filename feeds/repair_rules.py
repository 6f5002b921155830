"""The rules that select a list and the fields of its items, as the configuration writes them.

Pure. Of the known items it is known which title, link, day and text is theirs; so the element of
each can be found in their places, and what selects it there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.keys import text_key, title_key, url_key
from feeds.markup import web_url
from feeds.read_links import links_in
from feeds.read_rules import formatted_date
from feeds.repair_places import container_of
from feeds.selectors import inner_selector, item_selector, neighbour_selector, place_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.settings import RuleSettings
    from feeds.model import Item
    from feeds.read_groups import Slot
    from feeds.read_tree import Element
    from feeds.repair_places import FoundList, Sight
    from feeds.selectors import Pair

# In the order in which they can be done without, the item apart.
SELECTORS = ("item", "summary", "link", "date", "title")
_LONGEST_DATE = 120
# A text shorter than this is no text of an item's own.
_OWN_TEXT = 20
_HALF = 0.5


def with_selectors(rules: RuleSettings, selectors: dict[str, str]) -> RuleSettings:
    """Return the configured rules with other selectors; patterns and filters stay in force."""
    return replace(rules, **{name: selectors.get(name, "") for name in SELECTORS})


def rules_for(sight: Sight, found: FoundList, configured: RuleSettings) -> RuleSettings | None:
    """Return the configured rules with new selectors for a list; None where none selects it."""
    containers = [container_of(slot) for slot in found.slots]
    item = item_selector(sight.page, containers) or place_selector(containers)
    if not item:
        return None
    titles = [
        (container, slot.title)
        for container, slot in zip(containers, found.slots, strict=True)
        if slot.title is not container
    ]
    return replace(
        configured,
        item=item,
        title=_selector(titles, len(containers)),
        link=_of_known(found, containers, lambda slot, item: _link(slot, item, sight)),
        date=_of_known(found, containers, lambda slot, item: _date(slot, item, sight, configured)),
        summary=_of_known(found, containers, _summary) if configured.summary else "",
    )


def _selector(pairs: list[Pair], count: int) -> str:
    """Return what selects the wanted elements; nothing where hardly any item has one."""
    if len(pairs) < count * _HALF:
        return ""
    if all(item.holds(element) for item, element in pairs):
        return inner_selector(pairs) or neighbour_selector(pairs)
    return neighbour_selector(pairs)


def _of_known(
    found: FoundList,
    containers: list[Element],
    element_of: Callable[[Slot, Item], Element | None],
) -> str:
    """Return what selects a field, by the elements that are the known items' own."""
    pairs: list[Pair] = []
    for place, number in found.items.items():
        element = element_of(found.slots[place], found.known[number])
        if element is not None and element is not containers[place]:
            pairs.append((containers[place], element))
    return _selector(pairs, len(found.items))


def _link(slot: Slot, item: Item, sight: Sight) -> Element | None:
    key = url_key(item.content.url)
    for part in slot.parts if key else ():
        for link in links_in(part):
            if url_key(web_url(link.attributes.get("href") or "", sight.place.base)) == key:
                return link
    return None


def _date(slot: Slot, item: Item, sight: Sight, configured: RuleSettings) -> Element | None:
    """Return the element of an item's day: its own, or one that stands over several items."""
    if item.content.when is None:
        return None
    day, dates = item.content.when.day, sight.place.dates
    if configured.date_format:
        form = configured.date_format
        for element in _short(slot):
            when = formatted_date(element.text, form, zone=dates.zone, now=dates.now)
            if when is not None and when.day == day:
                return element
        return None
    marks = [*slot.marks, *([slot.heading_mark] if slot.heading_mark else [])]
    own = [mark for mark in marks if mark.when.day == day and mark.element is not slot.title]
    best = max(own, key=lambda mark: mark.strength, default=None)
    return best.element if best else None


def _short(slot: Slot) -> Iterator[Element]:
    """Yield the elements of an item that may be a date and no more, the innermost first."""
    inside = [element for part in slot.parts for element in _within(part)]
    yield from sorted(
        (each for each in inside if 0 < each.length <= _LONGEST_DATE), key=lambda each: each.length
    )


def _summary(slot: Slot, item: Item) -> Element | None:
    """Return the smallest element with the text of an item."""
    text = text_key(item.content.summary_html)
    if len(text) < _OWN_TEXT:
        return None
    fitting = [
        element
        for part in slot.parts
        for element in _within(part)
        if len(text) * _HALF <= element.length <= len(text) * 3 and text in title_key(element.text)
    ]
    return min(fitting, key=lambda each: (each.length, -each.start), default=None)


def _within(element: Element) -> Iterator[Element]:
    stack = [element]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(current.elements)))
