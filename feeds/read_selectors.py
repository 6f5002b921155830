"""The operator's selectors: what they name is taken, the other fields stay automatic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.markup import sanitise, web_url
from feeds.model import Entry, Reading
from feeds.read_fields import Place, entry_at
from feeds.read_groups import HEADINGS, Slot
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from config.settings import SelectorSettings
    from feeds.model import When
    from feeds.read_groups import Group
    from feeds.read_marks import Mark
    from feeds.read_tree import Element, Tree


class SelectorError(Exception):
    """A selector that is not CSS; the message names it."""


def read_selected(  # noqa: PLR0913 - the page, what was found on it, what the operator says
    page: LexborHTMLParser,
    tree: Tree,
    marks: Sequence[Mark],
    automatic: Group | None,
    *,
    selectors: SelectorSettings,
    place: Place,
) -> Reading:
    """Read a page by selectors; a selector that matches nothing anywhere is a problem."""
    try:
        slots = _slots(page, tree, marks, automatic, selectors)
        if not slots:
            what = f"The selector item = {selectors.item!r} matched nothing on this page"
            if not selectors.item:
                what = "No list of items was found on this page to apply the selectors to"
            return Reading(method="selectors", problem=f"{what}; look whether the page changed.")
        return _read(slots, selectors, place)
    except SelectorError as error:
        return Reading(method="selectors", problem=str(error))


def _read(slots: Sequence[Slot], selectors: SelectorSettings, place: Place) -> Reading:
    matched: set[str] = set()
    entries = []
    for slot in slots:
        entry = _entry(slot, selectors, place, matched)
        if entry:
            entries.append(entry)
    for name in ("title", "link", "date", "summary"):
        selector = getattr(selectors, name)
        if selector and name not in matched:
            return Reading(
                method="selectors",
                problem=f"The selector {name} = {selector!r} matched nothing within the items; "
                "correct it, or leave it out to have the field found automatically.",
            )
    return Reading(
        entries=tuple(entries),
        method="selectors",
        notes=(f"selectors: {len(entries)} items",),
        problem="" if entries else "The selected items have no titles; set the selector title.",
    )


def _slots(
    page: LexborHTMLParser,
    tree: Tree,
    marks: Sequence[Mark],
    automatic: Group | None,
    selectors: SelectorSettings,
) -> list[Slot]:
    if not selectors.item:
        return automatic.slots if automatic else []
    by_id = {element.raw.mem_id: element for element in tree.elements}
    nodes = _select(page, selectors.item, "item")
    elements = [by_id[node.mem_id] for node in nodes if node.mem_id in by_id]
    found = []
    for element in elements:
        inside = [mark for mark in marks if element.holds(mark.element)]
        found.append(Slot(_title_in(element), [element], inside))
    return found


def _title_in(element: Element) -> Element:
    """Return the likeliest title in an item: a heading, a link with text, its first text."""
    stack = [element]
    inside = []
    while stack:
        current = stack.pop()
        inside.append(current)
        stack.extend(reversed(list(current.elements)))
    heading = next((each for each in inside if each.tag in HEADINGS and each.length > 1), None)
    links = [each for each in inside if each.tag == "a" and each.length > 1]
    strong = next(
        (each for each in inside if each.tag in {"strong", "b"} and each.length > 1), None
    )
    longest = max(links, key=lambda link: link.length, default=None)
    return heading or longest or strong or element


def _select(node: LexborHTMLParser | LexborNode, selector: str, name: str) -> list[LexborNode]:
    try:
        return list(node.css(selector))
    except Exception as error:
        raise SelectorError(
            f"The selector {name} = {selector!r} is no CSS selector that can be used ({error}); "
            "correct it."
        ) from error


def _first(slot: Slot, selector: str, name: str, matched: set[str]) -> LexborNode | None:
    if not selector:
        return None
    for part in slot.parts:
        nodes = _select(part.raw, selector, name)
        if nodes:
            matched.add(name)
            return nodes[0]
    return None


def _entry(
    slot: Slot, selectors: SelectorSettings, place: Place, matched: set[str]
) -> Entry | None:
    entry = entry_at(slot, place)
    evidence = dict(entry.evidence) if entry else {}
    title = _first(slot, selectors.title, "title", matched)
    name = clean_text(title.text()) if title else ""
    if name:
        evidence["title"] = f"selector {selectors.title}"
    if entry is None and not name:
        return None
    entry = replace(entry or Entry(title=name), title=name or (entry.title if entry else ""))
    link = _first(slot, selectors.link, "link", matched)
    if link is not None:
        anchor = link if link.attributes.get("href") else link.css_first("a[href]")
        href = (anchor.attributes.get("href") or "") if anchor else ""
        entry = replace(entry, url=web_url(href, place.base))
        evidence["link"] = f"selector {selectors.link}"
    date = _first(slot, selectors.date, "date", matched)
    if date is not None:
        when = _selected_date(date, place)
        entry = replace(entry, when=when)
        evidence["date"] = f"selector {selectors.date}"
    summary = _first(slot, selectors.summary, "summary", matched)
    if summary is not None:
        entry = replace(entry, summary_html=sanitise(summary.html or "", place.base))
        evidence["summary"] = f"selector {selectors.summary}"
    return replace(entry, evidence=evidence)


def _selected_date(node: LexborNode, place: Place) -> When | None:
    stated = node.attributes.get("datetime") or node.attributes.get("content") or ""
    return (place.dates.machine(stated) if stated else None) or place.dates.machine(
        clean_text(node.text())
    )
