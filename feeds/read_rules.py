"""The operator's rules: what they name is taken, everything else stays automatic."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from feeds.markup import paragraphs_html, plain_text, sanitise, web_url
from feeds.model import Entry, Reading, When
from feeds.read_fields import Place, entry_at
from feeds.read_groups import HEADINGS, Slot
from feeds.read_xpath import XPathError, XPathTree, is_xpath
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from config.settings import RuleSettings
    from feeds.read_groups import Group
    from feeds.read_marks import Mark
    from feeds.read_trace import Trace
    from feeds.read_tree import Element, Tree

# Letters of strptime that hold a year, and an hour.
_YEARS = ("%Y", "%y", "%G", "%c", "%x")
# 29 February comes again in so many years, or twice as many.
_LEAP = 9
_HOURS = ("%H", "%I", "%c", "%X")
_MOST_ENTRIES = 5_000
_WITHIN = ("title", "link", "date", "summary")


class RuleError(Exception):
    """A rule that cannot be followed; the message names it."""


def has_selectors(rules: RuleSettings) -> bool:
    """Whether a rule says where on a page something stands, or how its dates are written."""
    return any(getattr(rules, name) for name in ("item", *_WITHIN, "date_pattern", "date_format"))


def read_selected(  # noqa: PLR0913 - the page, what was found on it, what the operator says
    page: LexborHTMLParser,
    tree: Tree,
    marks: Sequence[Mark],
    automatic: Group | None,
    *,
    rules: RuleSettings,
    place: Place,
    trace: Trace | None = None,
) -> Reading:
    """Read a page by rules; a selector that matches nothing anywhere is a problem."""
    selecting = Selecting(page, rules, place)
    try:
        slots = selecting.slots(tree, marks, automatic)
        if not slots:
            what = f"The rule item = {rules.item!r} matched nothing on this page"
            if not rules.item:
                what = "No list of items was found on this page to apply the rules to"
            return Reading(method="rules", problem=f"{what}; look whether the page changed.")
        return selecting.read(slots, trace)
    except RuleError as error:
        return Reading(method="rules", problem=str(error))


@dataclass(slots=True)
class Selecting:
    """One reading by rules; ``matched`` names those that found something."""

    page: LexborHTMLParser
    rules: RuleSettings
    place: Place
    matched: set[str] = field(default_factory=set)
    xpath: XPathTree | None = None

    def read(self, slots: Sequence[Slot], trace: Trace | None = None) -> Reading:
        """Return what the rules read at these places."""
        found = [(slot, entry) for slot in slots if (entry := self._entry(slot))]
        if trace:
            for slot, entry in found:
                trace.note(entry, slot)
        entries = tuple(entry for _, entry in found)
        for name in (*_WITHIN, "date_pattern", "date_format"):
            rule = getattr(self.rules, name)
            if rule and name not in self.matched:
                return Reading(
                    method="rules",
                    problem=f"The rule {name} = {rule!r} matched nothing within the items; "
                    "correct it, or leave it out to have the field found automatically.",
                )
        return Reading(
            entries=entries,
            method="rules",
            notes=(f"rules: {len(entries)} items",),
            problem="" if entries else "The selected items have no titles; set the rule title.",
        )

    def slots(self, tree: Tree, marks: Sequence[Mark], automatic: Group | None) -> list[Slot]:
        """Return the places of the items; where no rule says them, those found by themselves."""
        if not self.rules.item:
            return automatic.slots if automatic else []
        by_id = {element.raw.mem_id: element for element in tree.elements}
        starts = [mark.element.start for mark in marks]
        found: list[Slot] = []
        for node in self._select(None, "item")[:_MOST_ENTRIES]:
            element = None if isinstance(node, str) else by_id.get(node.mem_id)
            if element is not None:
                found.append(item_slot(element, marks, starts))
        return found

    def _select(self, node: LexborNode | None, name: str) -> list[LexborNode | str]:
        selector = getattr(self.rules, name)
        try:
            if is_xpath(selector):
                self.xpath = self.xpath or XPathTree(self.page)
                return self.xpath.select(node, selector)
            return list((node or self.page).css(selector))
        except XPathError as error:
            raise RuleError(f"The rule {name} = {selector!r} is no XPath ({error}).") from error
        except Exception as error:
            raise RuleError(
                f"The rule {name} = {selector!r} is no CSS selector that can be used ({error}); "
                "correct it."
            ) from error

    def first(self, slot: Slot, name: str) -> LexborNode | str | None:
        """Return what the rule of a field selects in an item, None where it has none there."""
        if not getattr(self.rules, name):
            return None
        for part in slot.parts:
            found = self._select(part.raw, name)
            if found:
                self.matched.add(name)
                return found[0]
        return None

    def _entry(self, slot: Slot) -> Entry | None:
        entry = entry_at(slot, self.place)
        evidence = dict(entry.evidence) if entry else {}
        name = clean_text(_text_of(self.first(slot, "title")))
        if name:
            evidence["title"] = f"rule {self.rules.title}"
        if entry is None and not name:
            return None
        entry = replace(entry or Entry(title=name), title=name or (entry.title if entry else ""))
        link = self.first(slot, "link")
        if link is not None:
            entry = replace(entry, url=web_url(_address_of(link), self.place.base))
            evidence["link"] = f"rule {self.rules.link}"
        when, how = self._when(slot)
        if how:
            entry = replace(entry, when=when)
            evidence["date"] = how
        summary = self.first(slot, "summary")
        if summary is not None:
            entry = replace(entry, summary_html=_markup_of(summary, self.place.base))
            evidence["summary"] = f"rule {self.rules.summary}"
        return replace(entry, evidence=evidence)

    def _when(self, slot: Slot) -> tuple[When | None, str]:
        """Return the date that the rules name, and which; no name where they say nothing of it."""
        rules, dates = self.rules, self.place.dates
        node = self.first(slot, "date")
        if not (rules.date or rules.date_pattern or rules.date_format):
            return None, ""
        if node is None and rules.date:
            return None, f"rule {rules.date}: not here"
        stated = "" if node is None or isinstance(node, str) else _stated(node)
        if stated and not (rules.date_pattern or rules.date_format):
            when = dates.machine(stated)
            if when is not None:
                return when, f"rule {rules.date}"
        parts = (part.text for part in slot.parts)
        text = clean_text(_text_of(node)) if node is not None else clean_text(" ".join(parts))
        if rules.date_pattern:
            text = self._matching("date_pattern", text)
        if rules.date_format:
            when = formatted_date(text, rules.date_format, zone=dates.zone, now=dates.now)
            if when is not None:
                self.matched.add("date_format")
            return when, f"date_format {rules.date_format}"
        spot = dates.first(text)
        when = dates.machine(text) or dates.whole(text) or (spot.when if spot else None)
        return when, f"rule {rules.date or rules.date_pattern}"

    def _matching(self, name: str, text: str) -> str:
        match = re.search(getattr(self.rules, name), text)
        if match is None:
            return ""
        self.matched.add(name)
        return chosen(match)


def chosen(match: re.Match[str]) -> str:
    """Return the first group of a match, or the whole where the pattern has none."""
    return (match.group(1) or "") if match.re.groups else match.group()


def formatted_date(text: str, form: str, *, zone: ZoneInfo, now: datetime) -> When | None:
    """Read a date by its format, where it stands in a text: from each word on."""
    latest = now.astimezone(zone).date() + timedelta(days=1)
    words = text.split()
    length = len(form.split())
    for start in range(max(len(words) - length + 1, 0)):
        piece = " ".join(words[start : start + length])
        for candidate in (piece, piece.strip(".,;:()[]")):
            moment = _moment(candidate, form, latest=latest)
            if moment is not None:
                return _when_of(moment, form, zone=zone)
    return None


def _moment(text: str, form: str, *, latest: date) -> datetime | None:
    """Read a text by a format; a day without a year is the last such day."""
    if any(letter in form for letter in _YEARS):
        return _parsed(text, form)
    for year in range(latest.year, latest.year - _LEAP, -1):
        moment = _parsed(f"{text} {year}", f"{form} %Y")
        if moment is not None and moment.date() <= latest:
            return moment
    return None


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _when_of(moment: datetime, form: str, *, zone: ZoneInfo) -> When:
    """Return a date, as an instant where its format has a time: in the source's zone."""
    if not any(letter in form for letter in _HOURS):
        return When(moment.date())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return When(moment.date(), aware.astimezone(UTC))


def item_slot(element: Element, marks: Sequence[Mark], starts: Sequence[int]) -> Slot:
    """Return the place of the item that an element is; ``starts`` are where the marks stand."""
    inside = marks[bisect_left(starts, element.start) : bisect_right(starts, element.end)]
    return Slot(title_in(element), [element], list(inside))


def title_in(element: Element) -> Element:
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


def _text_of(found: LexborNode | str | None) -> str:
    return found if isinstance(found, str) else found.text(separator=" ") if found else ""


def _stated(node: LexborNode) -> str:
    """Return the date that an element states for machines."""
    return node.attributes.get("datetime") or node.attributes.get("content") or ""


def _address_of(found: LexborNode | str) -> str:
    if isinstance(found, str):
        return found
    anchor = found if found.attributes.get("href") else found.css_first("a[href]")
    return (anchor.attributes.get("href") or "") if anchor else ""


def _markup_of(found: LexborNode | str, base: str) -> str:
    return paragraphs_html(found) if isinstance(found, str) else sanitise(found.html or "", base)


# --- patterns and filters, whatever the page was read as -----------------------------------


def apply_patterns(reading: Reading, rules: RuleSettings, *, base: str) -> Reading:
    """Return the reading with the patterns of title, link and summary applied, and filtered.

    A pattern that matches at no item is a problem; a filter that leaves none is not.
    """
    entries = reading.entries
    for name, apply in (
        ("title_pattern", _by_title),
        ("link_pattern", _by_link),
        ("summary_pattern", _by_summary),
    ):
        pattern = getattr(rules, name)
        if not pattern or not entries:
            continue
        made = [apply(entry, re.compile(pattern), base) for entry in entries]
        if not any(made):
            return replace(
                reading,
                entries=(),
                problem=f"The rule {name} = {pattern!r} matched at no item; correct it.",
            )
        entries = tuple(new or old for new, old in zip(made, entries, strict=True))
    kept = tuple(entry for entry in entries if _passes(entry, rules))
    if len(kept) == len(entries):
        return replace(reading, entries=entries)
    left_out = len(entries) - len(kept)
    note = f"filters left out {left_out} of {len(entries)} items"
    return replace(reading, entries=kept, left_out=left_out, notes=(*reading.notes, note))


def _by_title(entry: Entry, pattern: re.Pattern[str], _base: str) -> Entry | None:
    match = pattern.search(entry.title)
    title = clean_text(chosen(match)) if match else ""
    return replace(entry, title=title) if title else None


def _by_link(entry: Entry, pattern: re.Pattern[str], base: str) -> Entry | None:
    match = pattern.search(entry.url)
    url = web_url(chosen(match), base) if match else ""
    return replace(entry, url=url) if url else None


def _by_summary(entry: Entry, pattern: re.Pattern[str], _base: str) -> Entry | None:
    match = pattern.search(plain_text(entry.summary_html))
    return replace(entry, summary_html=paragraphs_html(chosen(match))) if match else None


def _passes(entry: Entry, rules: RuleSettings) -> bool:
    """Whether the filters let an entry through: every include that is given, and no exclude."""
    text = f"{entry.title}\n{plain_text(entry.summary_html)}" if _reads_text(rules) else ""
    about = {
        "": (text,),
        "_url": (entry.url,),
        "_category": entry.categories,
    }
    return all(
        (not include or any(re.search(include, value) for value in values))
        and (not exclude or not any(re.search(exclude, value) for value in values))
        for suffix, values in about.items()
        for include, exclude in (
            (getattr(rules, f"include{suffix}"), getattr(rules, f"exclude{suffix}")),
        )
    )


def _reads_text(rules: RuleSettings) -> bool:
    return bool(rules.include or rules.exclude)
