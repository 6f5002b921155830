"""A reading together with the elements that it was read from: what a picture of the page outlines.

Pure. The elements are named by their numbers (``feeds.numbered``). Reading itself knows nothing of
them: whoever only wants entries pays for none of this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.keys import text_key, title_key
from feeds.markup import web_url
from feeds.numbered import Opened, open_page
from feeds.read import read
from feeds.read_fields import dating_mark
from feeds.read_html import read_sheet
from feeds.read_links import links_in
from feeds.read_rules import Selecting, apply_patterns, has_selectors
from feeds.read_trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from config.settings import RuleSettings, SourceSettings
    from feeds.model import Entry, Reading
    from feeds.page import Page
    from feeds.read_groups import Slot
    from feeds.read_tree import Element

_MOST_SOUGHT = 200
_BEGINNING = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Spots:
    """The numbers of the elements that one entry was read from.

    ``item`` are those that the item is made of, several where it is spread over sisters, none
    where it has no place on the page (a feed, a text, data for machines). The others are None
    where an entry has none of that, or where it stands in no element of its own.
    """

    item: tuple[int, ...] = ()
    title: int | None = None
    link: int | None = None
    date: int | None = None
    summary: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A reading, and the spots of each of its entries in the same order."""

    reading: Reading
    spots: tuple[Spots, ...]
    slots: tuple[Slot | None, ...] = ()


def located(page: Page, *, source: SourceSettings, now: datetime) -> Located:
    """Read a page as a check of its source does, and say where each entry stands on it."""
    opened = open_page(page, source=source, now=now)
    if isinstance(opened, Opened):
        return locate(opened, source.rules)
    reading = read(
        page.body,
        url=page.url,
        zone=source.time_zone,
        now=now,
        content_type=page.content_type,
        kind=source.kind,
        language=source.language,
        rules=source.rules,
    )
    return Located(reading=reading, spots=(Spots(),) * len(reading.entries))


def locate(opened: Opened, rules: RuleSettings) -> Located:
    """Read a page that is opened by some rules, and say where each entry stands on it."""
    trace = Trace()
    reading = read_sheet(opened.sheet, rules, trace=trace)
    reading = apply_patterns(reading, rules, base=opened.sheet.url)
    taken = [trace.take(entry) for entry in reading.entries]
    entries = tuple(entry for entry, _ in taken)
    finding = _Finding(opened, rules)
    return Located(
        reading=replace(reading, entries=entries, notes=(*reading.notes, opened.note)),
        spots=tuple(finding.spots(entry, slot) for entry, slot in taken),
        slots=tuple(slot for _, slot in taken),
    )


class _Finding:
    """Where on one page the fields of entries stand, that some rules read."""

    def __init__(self, opened: Opened, rules: RuleSettings) -> None:
        self._opened = opened
        self._rules = rules
        self._is_selecting = has_selectors(rules)
        self._selecting = Selecting(opened.sheet.page, rules, opened.sheet.place)
        self._sought = 0

    def spots(self, entry: Entry, slot: Slot | None) -> Spots:
        if slot is None:
            return self._by_text(entry)
        number = self._opened.number
        title = self._named(slot, "title") or slot.title
        return Spots(
            item=tuple(number(part) for part in slot.parts),
            title=number(title),
            link=self._number(self._link(slot, entry, title)),
            date=self._number(self._date(slot, entry)),
            summary=self._number(self._summary(slot, entry, title)),
        )

    def _number(self, element: Element | None) -> int | None:
        return None if element is None else self._opened.number(element)

    def _named(self, slot: Slot, name: str) -> Element | None:
        """Return the element that the rule of a field selects in an item."""
        node = self._selecting.first(slot, name) if self._is_selecting else None
        if node is None or isinstance(node, str):
            return None
        return self._opened.seen.get(node.mem_id)

    def _link(self, slot: Slot, entry: Entry, title: Element) -> Element | None:
        if not entry.url:
            return None
        named = self._named(slot, "link")
        if named is not None:
            return next(links_in(named), named)
        base = self._opened.sheet.place.base
        links = list(_near_links(slot, title))
        leads = (link for link in links if web_url(_href(link), base) == entry.url)
        return next(leads, links[0] if links and self._rules.link_pattern else None)

    def _date(self, slot: Slot, entry: Entry) -> Element | None:
        if entry.when is None:
            return None
        if self._is_selecting and (self._rules.date or self._rules.date_pattern):
            return self._named(slot, "date")
        if entry.evidence.get("date") == "date in the title":
            return slot.title
        mark = dating_mark(slot) or slot.heading_mark
        return mark.element if mark else None

    def _summary(self, slot: Slot, entry: Entry, title: Element) -> Element | None:
        """Return the smallest element with the beginning of the text, which may go on behind it."""
        if not entry.summary_html:
            return None
        named = self._named(slot, "summary")
        if named is not None:
            return named
        beginning = text_key(entry.summary_html)[:_BEGINNING]
        inside = (each for part in slot.parts for each in _within(part) if not each.holds(title))
        longest = len(beginning)
        fitting = (each for each in inside if each.length >= longest)
        return next((e for e in reversed(list(fitting)) if beginning in title_key(e.text)), None)

    def _by_text(self, entry: Entry) -> Spots:
        """Return where the title of an entry stands that was read at no place of its own."""
        self._sought += 1
        if self._sought > _MOST_SOUGHT:
            return Spots()
        key = title_key(entry.title)
        short = (e for e in self._opened.sheet.tree.elements if e.length <= len(entry.title) * 2)
        found = next((e for e in short if e.length and title_key(e.text) == key), None)
        number = self._number(found)
        return Spots() if number is None else Spots(item=(number,), title=number)


def _near_links(slot: Slot, title: Element) -> Iterator[Element]:
    """Yield the links of an item, the nearest to its title first."""
    yield from links_in(title)
    yield from (around for around in title.ancestors() if around.tag == "a" and _href(around))
    for part in slot.parts:
        yield from links_in(part)


def _href(link: Element) -> str:
    return link.attributes.get("href") or ""


def _within(element: Element) -> Iterator[Element]:
    stack = [element]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(current.elements)))
