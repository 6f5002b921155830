"""An HTML page becomes entries: proposals from several readers, one choice, then the fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.dates import DateReader
from feeds.markup import web_url
from feeds.model import Candidate, Entry, Reading
from feeds.read_choose import choose
from feeds.read_fields import Place, entry_at, year_headings
from feeds.read_groups import find_groups
from feeds.read_language import guess_language
from feeds.read_links import button_labels, own_link
from feeds.read_marks import find_marks
from feeds.read_page import base_address, parse_page
from feeds.read_problems import page_problem
from feeds.read_rules import has_selectors, read_selected
from feeds.read_structured import find_state, find_stated, is_bare, join
from feeds.read_tree import build_tree
from feeds.read_visible import read_visible
from feeds.text import clean_text, language_tag, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from selectolax.lexbor import LexborHTMLParser

    from config.settings import RuleSettings
    from feeds.read_groups import Group
    from feeds.read_marks import Mark
    from feeds.read_structured import Joined
    from feeds.read_trace import Trace
    from feeds.read_tree import Tree

_SHOWN_GROUPS = 12
_FEW = 2
_MOST_ENTRIES = 5_000
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page laid out: parsed once, its dates and lists found; it may be read by any rules."""

    text: str
    url: str
    page: LexborHTMLParser
    tree: Tree
    place: Place
    marks: list[Mark]
    groups: list[Group]
    best: Group | None


def read_html(  # noqa: PLR0913 - each is a fact of the source
    text: str,
    *,
    url: str,
    language: str,
    zone: ZoneInfo,
    now: datetime,
    rules: RuleSettings,
) -> Reading:
    """Read an HTML page; never raises, whatever stands on it."""
    sheet = lay_out(text, url=url, language=language, zone=zone, now=now)
    return sheet if isinstance(sheet, Reading) else read_sheet(sheet, rules)


def lay_out(
    text: str, *, url: str, language: str, zone: ZoneInfo, now: datetime
) -> Sheet | Reading:
    """Lay out a page; a reading that only has a problem where there is none. Never raises."""
    page, cut = parse_page(text)
    if page is None:
        return Reading(
            method="html",
            problem="The page cannot be parsed: it is nested or broken beyond what any browser "
            "shows; tell its publisher, or give the address of another page of the list.",
        )
    if page.body is None:
        return Reading(method="html", problem="The page is empty: it has no body.")
    tree = build_tree(page.body)
    tree.cut = tree.cut or cut
    place, marks = place_of(page, tree, url=url, language=language, zone=zone, now=now)
    groups = find_groups(tree, marks)
    return Sheet(text, url, page, tree, place, marks, groups, choose(groups))


def read_sheet(sheet: Sheet, rules: RuleSettings, *, trace: Trace | None = None) -> Reading:
    """Read a page that is laid out; ``trace`` is told which place each entry was read at."""
    page, tree, place, best = sheet.page, sheet.tree, sheet.place, sheet.best
    if has_selectors(rules):
        reading = read_selected(
            page, tree, sheet.marks, best, rules=rules, place=place, trace=trace
        )
    else:
        entries = [] if best is None else _entries(best, place, sheet.url, trace)
        stated = find_stated(page, sheet.text, place, page_url=sheet.url)
        joined = join(entries, stated)
        as_text = read_visible(tree, place.dates, best, joined.entries, url=place.base)
        if as_text:
            joined = join(as_text.entries, stated)
        elif is_bare(joined.entries):
            state = find_state(page, sheet.text, place, page_url=sheet.url)
            joined = join(entries, (*stated, *state))
        reading = _decided(joined, sheet.groups, best, as_text)
    return _finished(reading, page, tree, place.dates, language=place.language)


def place_of(  # noqa: PLR0913 - the page, and each is a fact of the source
    page: LexborHTMLParser,
    tree: Tree,
    *,
    url: str,
    language: str,
    zone: ZoneInfo,
    now: datetime,
) -> tuple[Place, list[Mark]]:
    """Return what the fields of items need of their page, and where dates stand on it."""
    spoken = guess_language(tree.root.text)
    language = language or _language(page) or spoken
    dates = DateReader(zone=zone, now=now, language=_with_territory(language, url), also=spoken)
    marks = find_marks(tree, dates)
    base = base_address(page, url)
    return Place(base=base, dates=dates, language=language, years=year_headings(tree)), marks


def _decided(
    joined: Joined, groups: Sequence[Group], best: Group | None, as_text: Reading | None
) -> Reading:
    """Return what was decided, with a line for each group and for each kind of stated things."""
    if joined.stands_in:
        method, kept = f"html: {joined.stands_in}", None
    elif as_text:
        method, kept = as_text.method, None
    else:
        method, kept = f"html: {best.kind}s that repeat" if best else "html", best
    return replace(
        as_text or Reading(),
        entries=joined.entries[:_MOST_ENTRIES],
        method=method,
        candidates=(
            *(as_text.candidates if as_text else _candidates(groups, kept)),
            *joined.candidates,
        ),
    )


def _finished(
    reading: Reading, page: LexborHTMLParser, tree: Tree, dates: DateReader, *, language: str
) -> Reading:
    notes = list(reading.notes)
    if dates.settled:
        notes.append(dates.settled)
    if tree.cut:
        notes.append("the page is too large or too deep: only its beginning was read")
    title = page.css_first("title")
    problem = reading.problem or page_problem(page, tree, reading.entries)
    return replace(
        reading,
        entries=() if problem else tuple(map(_shown, reading.entries)),
        title=shorten(clean_text(title.text()), _LONGEST_TITLE) if title else "",
        language=language,
        notes=tuple(notes),
        problem=problem,
    )


def _shown(entry: Entry) -> Entry:
    """Return the entry with evidence that a terminal can show: it quotes names and texts."""
    return replace(entry, evidence={name: clean_text(how) for name, how in entry.evidence.items()})


def _language(page: LexborHTMLParser) -> str:
    root = page.css_first("html")
    stated = (root.attributes.get("lang") or root.attributes.get("xml:lang")) if root else ""
    if not stated:
        meta = page.css_first('meta[property="og:locale"], meta[http-equiv="content-language"]')
        stated = meta.attributes.get("content") if meta else ""
    return language_tag((stated or "").partition(",")[0])


# English writes 03/04 both ways; the country of the address says which.
_DAY_FIRST = {"uk": "GB", "au": "AU", "nz": "NZ", "ie": "IE", "in": "IN", "za": "ZA"}


def _with_territory(language: str, url: str) -> str:
    host = url.split("/")[2] if url.count("/") > 1 else ""
    territory = _DAY_FIRST.get(host.rsplit(".", 1)[-1].split(":")[0])
    return f"en-{territory}" if language in {"en", ""} and territory else language


def _entries(group: Group, place: Place, url: str, trace: Trace | None) -> list[Entry]:
    found: list[Entry] = []
    common = _common_link(group)
    seen: set[tuple[str, str]] = set()
    place = replace(place, buttons=button_labels(group.slots))
    for slot in group.slots:
        entry = entry_at(slot, place)
        if entry is None or entry.url == url:
            continue
        if common and entry.url == web_url(common, place.base):
            entry = replace(entry, url="")
        key = (entry.url, entry.title.casefold())
        if key not in seen:
            seen.add(key)
            if trace:
                trace.note(entry, slot)
            found.append(entry)
    return found


def _common_link(group: Group) -> str:
    """Return the link beside every title that is always the same: it is nobody's own."""
    links = {own_link(slot) for slot in group.slots}
    href, how = next(iter(links))
    shared = len(links) == 1 and len(group.slots) >= _FEW and "title" not in how
    return href if shared else ""


def _candidates(groups: Sequence[Group], best: Group | None) -> tuple[Candidate, ...]:
    ranked = sorted(groups, key=lambda group: -group.score)[:_SHOWN_GROUPS]
    return tuple(
        Candidate(
            text=f"{len(group.slots)} {group.kind}s: {clean_text(group.slots[0].title.text[:60])}",
            kept=group is best,
            reason=", ".join([*group.reasons, f"{group.score:.1f}"]),
        )
        for group in ranked
        if group.slots
    )
