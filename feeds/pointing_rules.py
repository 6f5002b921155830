"""The rules that read a list as it is meant: as few as will do, the shortest. Pure.

An item's selector first; a field gets one of its own where it was pointed at, or where it would
not be found by itself within the item.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from feeds.keys import title_key
from feeds.read_fields import dating_mark, entry_at
from feeds.read_groups import Slot
from feeds.read_links import links_in, own_link
from feeds.read_rules import RuleError, Selecting, item_slot
from feeds.read_trace import Trace
from feeds.repair_places import container_of
from feeds.repair_rules import with_selectors
from feeds.selectors import (
    after_selector,
    before_selector,
    inner_selector,
    inner_selectors,
    item_selector,
    neighbour_selector,
    place_selector,
    simplicity,
)
from feeds.selectors_without import joint_selector, parting_selector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selectolax.lexbor import LexborNode

    from config.settings import RuleSettings
    from feeds.model import Entry
    from feeds.pointing_lists import Listed, Wish
    from feeds.read_tree import Element
    from feeds.selectors import Pair

_MOST_TRIED = 40
# Items by which it is told whether a field is read without a rule of its own.
_SAMPLE = 60
_HALF = 0.5


@dataclass(slots=True)
class Ruling:
    """The rules for one list, while they are found."""

    wish: Wish
    listed: Listed
    configured: RuleSettings

    def rules(self) -> Iterator[RuleSettings]:
        """Yield rules that may read the list; where none selects its items, none."""
        slots = self.listed.slots
        for containers in ([container_of(slot) for slot in slots], [s.title for s in slots]):
            if len({each.start for each in containers}) < len(containers):
                continue
            if item := self._item(containers):
                bare = with_selectors(self.configured, {"item": item})
                yield self._with_fields(bare, containers)
                return

    def _item(self, containers: list[Element]) -> str:
        page, seen = self.wish.opened.sheet.page, self.wish.opened.seen
        exact = item_selector(page, containers)
        if not exact:
            parting = parting_selector(page, containers, seen)
            joint = joint_selector(page, containers, seen)
            exact = min(filter(None, (parting, joint)), key=simplicity, default="")
        # A place in the page leaves nothing out of it.
        by_place = not exact and (self.wish.wanted or not self.wish.nots)
        return place_selector(containers) if by_place else exact

    def _with_fields(self, rules: RuleSettings, containers: list[Element]) -> RuleSettings:
        """Add a selector for each field that is not read without as the list has it."""
        place = self.wish.opened.sheet.place
        expected = [entry_at(slot, place) for slot in self.listed.slots[:_SAMPLE]]
        read = self._read(rules, containers)
        for name, find in (
            ("title", self._title),
            ("link", self._link),
            ("date", self._date),
            ("summary", self._summary),
        ):
            agree = all(_agrees(name, *both) for both in zip(read, expected, strict=True))
            if (agree and not self._is_pointed(name)) or not (selector := find(containers)):
                continue
            rules = replace(rules, **{name: selector})
            read = self._read(rules, containers)
        return rules

    def _is_pointed(self, name: str) -> bool:
        return bool(self.wish.fields.get(name)) or (
            name == "title" and self.listed.items and bool(self.wish.titles)
        )

    def _read(self, rules: RuleSettings, containers: list[Element]) -> list[Entry | None]:
        """Return the entry that rules read at each of the first items."""
        sheet = self.wish.opened.sheet
        starts = [mark.element.start for mark in sheet.marks]
        slots = [item_slot(each, sheet.marks, starts) for each in containers[:_SAMPLE]]
        trace = Trace()
        reading = Selecting(sheet.page, rules, sheet.place).read(slots, trace)
        taken = [trace.take(entry) for entry in reading.entries]
        at = {id(slot): entry for entry, slot in taken}
        return [at.get(id(slot)) for slot in slots]

    def _title(self, containers: list[Element]) -> str:
        titles = [slot.title for slot in self.listed.slots]
        if self.listed.items:
            return self._taught("title", containers, self.wish.titles)
        pairs = [(c, t) for c, t in zip(containers, titles, strict=True) if c is not t]
        return _selector(pairs, len(containers))

    def _link(self, containers: list[Element]) -> str:
        if pointed := self.wish.fields.get("link"):
            return self._taught("link", containers, pointed)
        pairs = []
        for slot, container in zip(self.listed.slots, containers, strict=True):
            href, _ = own_link(slot)
            inside = [*links_in(slot.title), *(e for part in slot.parts for e in links_in(part))]
            link = next(
                (e for e in inside if (e.attributes.get("href") or "").strip() == href), None
            )
            if href and link is not None and link is not container:
                pairs.append((container, link))
        return _selector(pairs, len(containers))

    def _date(self, containers: list[Element]) -> str:
        if pointed := self.wish.fields.get("date"):
            return self._taught("date", containers, pointed)
        pairs = []
        for slot, container in zip(self.listed.slots, containers, strict=True):
            mark = dating_mark(slot) or slot.heading_mark
            if mark is not None and mark.element is not container:
                pairs.append((container, mark.element))
        return _selector(pairs, len(containers))

    def _summary(self, containers: list[Element]) -> str:
        return self._taught("summary", containers, self.wish.fields.get("summary", ()))

    def _taught(self, name: str, containers: list[Element], pointed: Sequence[Element]) -> str:
        """Return what selects a field as it was pointed at, and at most of the other items."""
        best, most = "", 0
        pairs = [pair for each in pointed if (pair := _owner(each, containers, self.listed.slots))]
        if not pairs:
            return ""
        for selector in dict.fromkeys(islice(_candidates(pairs), _MOST_TRIED)):
            found = self._select(name, selector, containers)
            at = {c.start: node.mem_id for c, node in zip(containers, found, strict=True) if node}
            if not all(at.get(item.start) == each.raw.mem_id for item, each in pairs):
                continue
            hits = sum(node is not None and self._fits(name, node) for node in found)
            if hits > most or not best:
                best, most = selector, hits
        return best

    def _select(
        self, name: str, selector: str, containers: list[Element]
    ) -> list[LexborNode | None]:
        sheet = self.wish.opened.sheet
        only = replace(with_selectors(self.configured, {}), **{name: selector})
        selecting = Selecting(sheet.page, only, sheet.place)
        found = []
        for container in containers:
            try:
                node = selecting.first(Slot(container, [container]), name)
            except RuleError:
                node = None
            found.append(None if isinstance(node, str) else node)
        return found

    def _fits(self, name: str, node: LexborNode) -> bool:
        """Whether an element can be what a field wants."""
        if name == "date":
            dates = self.wish.opened.sheet.place.dates
            stated = node.attributes.get("datetime") or ""
            return bool((stated and dates.machine(stated)) or dates.first(node.text()))
        if name == "link":
            return bool(node.attributes.get("href") or node.css_first("a[href]"))
        return bool(node.text().strip())


def _agrees(name: str, entry: Entry | None, wanted: Entry | None) -> bool:
    """Whether a field was read as the list has it."""
    if wanted is None:
        return True
    if entry is None:
        return False
    if name == "title":
        return title_key(entry.title) == title_key(wanted.title)
    if name == "link":
        return entry.url == wanted.url
    if name == "date":
        return entry.when == wanted.when
    return bool(entry.summary_html) or not wanted.summary_html


def _selector(pairs: list[Pair], count: int) -> str:
    """Return what selects the wanted elements; nothing where hardly any item has one."""
    if not pairs or len(pairs) < count * _HALF:
        return ""
    if all(item.holds(element) for item, element in pairs):
        return inner_selector(pairs) or neighbour_selector(pairs)
    return neighbour_selector(pairs)


def _owner(element: Element, containers: Sequence[Element], slots: Sequence[Slot]) -> Pair | None:
    """Return the item that an element belongs to, with it: around it, beside it, or below it."""
    for container, slot in zip(containers, slots, strict=True):
        if container.holds(element) or any(part.holds(element) for part in slot.parts):
            return container, element
    below = next((each for each in containers if each.start > element.end), None)
    return (below, element) if below is not None else None


def _candidates(pairs: Sequence[Pair]) -> Iterator[str]:
    inside = [pair for pair in pairs if pair[0].holds(pair[1]) and pair[0] is not pair[1]]
    if len(inside) == len(pairs):
        yield from inner_selectors(pairs)
        for pair in pairs:
            yield from inner_selectors([pair])
    for pair in pairs:
        if path := neighbour_selector([pair]):
            yield path
    if not inside:
        yield before_selector(pairs[0][1])
        yield after_selector(pairs[0][1])
