"""What the page of a draft shows of a reading: items, counts, doubts in words, choices. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from config.logins import without_login
from config.settings import RuleSettings
from feeds.keys import title_key
from feeds.markup import plain_text
from feeds.text import clean_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from feeds.located import Located, Spots
    from feeds.model import Entry
    from feeds.numbered import Opened
    from feeds.read_tree import Element
    from tidings.desk.draft import Draft

_MOST_SHOWN = 100
_LONGEST_TITLE = 300
_LONGEST_TEXT = 160
_LONGEST_LINK = 70
_MOST_LISTS = 6
_MOST_CHOICES = 40
_LONGEST_CHOICE = 70
_SHOWN_TITLES = 3
_FEW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An item that was found, as the list shows it; ``number`` is its element, None without one."""

    title: str
    url: str
    shown_url: str
    day: str
    text: str
    number: int | None
    language: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the items have something."""

    has: int
    of: int
    what: str

    @property
    def share(self) -> int:
        """In percent, for a bar."""
        return round(100 * self.has / self.of) if self.of else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChoice:
    """A list of the page that may be meant: the element to point at, and its first titles."""

    number: int
    titles: tuple[str, ...]
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementChoice:
    """An element of an item, for those who cannot point at it."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleField:
    """A rule as a field of a form; ``found`` is what does its work while it is empty."""

    name: str
    value: str
    why: str
    found: str = ""


def found_items(read: Located) -> tuple[Found, ...]:
    """Return the items as the list shows them, the first of many."""
    pairs = zip(read.reading.entries[:_MOST_SHOWN], read.spots, strict=False)
    return tuple(_found(entry, spots) for entry, spots in pairs)


def _found(entry: Entry, spots: Spots) -> Found:
    return Found(
        title=shorten(entry.title, _LONGEST_TITLE),
        url=entry.url,
        shown_url=shown_address(entry.url),
        day=_day(entry),
        text=shorten(clean_text(plain_text(entry.summary_html)), _LONGEST_TEXT),
        number=spots.item[0] if spots.item else spots.title,
        language=entry.language,
    )


def _day(entry: Entry) -> str:
    if entry.when is None:
        return ""
    instant = entry.when.instant
    return entry.when.day.isoformat() + (f" {instant:%H:%M}" if instant else "")


def shown_address(url: str) -> str:
    """Return an address as a person reads it: without its scheme and any login, and short."""
    parts = urlsplit(without_login(url))
    rest = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return shorten(f"{parts.netloc}{rest}".removeprefix("www.").rstrip("/"), _LONGEST_LINK)


def counts(read: Located) -> tuple[Count, ...]:
    """Return how many of the items have a date, a link, a text."""
    entries = read.reading.entries
    return tuple(
        Count(sum(bool(getattr(entry, name)) for entry in entries), len(entries), what)
        for name, what in (("when", "a date"), ("url", "a link"), ("summary_html", "a text"))
    )


def doubts(read: Located, now: datetime) -> tuple[str, ...]:
    """Say in words what may be wrong with a reading, and what to do."""
    reading = read.reading
    if reading.problem:
        return (reading.problem,)
    can_point = any(spots.item for spots in read.spots)
    return tuple(_doubts(reading.entries, now, can_point=can_point))


def _doubts(entries: Sequence[Entry], now: datetime, *, can_point: bool) -> Iterator[str]:
    count = len(entries)
    dated = sum(entry.when is not None for entry in entries)
    if count == 1 and can_point:
        yield "Only one item is found. If the page lists more, point at the title of another one."
    if not dated:
        more = "; where the page shows dates, point at one" if can_point else ""
        yield f"No item has a date. Readers will see them in the order of their source{more}."
    elif dated < count:
        yield f"{count - dated} of {count} items have no date."
    if count >= _FEW and not any(entry.url for entry in entries):
        yield "No item has a link: each gets a page of its own here."
    later = sum(entry.when is not None and entry.when.day > now.date() for entry in entries)
    if later > count // 2:
        yield (
            f"{later} of {count} dates lie in the future: these may be events, and their dates "
            "not those of the news."
        )
    times = Counter(title_key(entry.title) for entry in entries)
    often = [entry.title for entry in entries if times[title_key(entry.title)] > 1]
    if often:
        yield (
            f"“{shorten(often[0], _LONGEST_CHOICE)}” is the title of "
            f"{times[title_key(often[0])]} items; if that is no title, point at a real one."
        )


def outlines(read: Located, draft: Draft) -> dict[str, object]:
    """Return what the picture is to outline, as its script takes it."""
    return {
        "items": [asdict(spots) for spots in read.spots],
        "marks": [{"n": point.number, "part": point.part} for point in draft.points],
    }


def rule_fields(draft: Draft, found: dict[str, str]) -> tuple[RuleField, ...]:
    """Return all rules as fields; ``found`` are those by which it is read by itself."""
    return tuple(
        RuleField(
            name=field.name,
            value=getattr(draft.rules, field.name),
            why=field.metadata["why"],
            found=found.get(field.name, ""),
        )
        for field in fields(RuleSettings)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be chosen without pointing: lists of the page, elements of the first item.

    ``is_page`` is whether there is anything to point at.
    """

    is_page: bool = False
    lists: tuple[ListChoice, ...] = ()
    elements: tuple[ElementChoice, ...] = ()


def choices(opened: Opened | None, read: Located) -> Choices:
    """Return what can be chosen without pointing."""
    if opened is None:
        return Choices()
    return Choices(is_page=True, lists=_lists(opened, read), elements=_elements(opened, read))


def _lists(opened: Opened, read: Located) -> tuple[ListChoice, ...]:
    titles = {spots.title for spots in read.spots}
    found: dict[str, ListChoice] = {}
    for group in sorted(opened.sheet.groups, key=lambda group: -group.score):
        if len(group.slots) < _FEW:
            continue
        number = opened.number(group.slots[0].title)
        shown = tuple(_words(slot.title) for slot in group.slots[:_SHOWN_TITLES])
        is_read = sum(opened.number(slot.title) in titles for slot in group.slots) > len(shown) // 2
        # Of several that begin alike the likeliest is meant.
        found.setdefault(shown[0], ListChoice(number=number, titles=shown, is_read=is_read))
        if len(found) == _MOST_LISTS:
            break
    return tuple(found.values())


def _elements(opened: Opened, read: Located) -> tuple[ElementChoice, ...]:
    """Return the smallest elements with words, in page order: of the first item, or of the page."""
    first = next((spots.item for spots in read.spots if spots.item), None)
    if first is None:
        first = (opened.number(opened.sheet.tree.root),)
    found: dict[str, ElementChoice] = {}
    for number in first:
        top = opened.element(number)
        inside = list(_within(top))[1:] if top else []
        for element in inside or filter(None, (top,)):
            words = _words(element)
            if words and len(found) < _MOST_CHOICES:
                # Of two with the same words the inner one is meant.
                found[words] = ElementChoice(number=opened.number(element), text=words)
    return tuple(found.values())


def _within(element: Element) -> Iterator[Element]:
    yield element
    for inner in element.elements:
        yield from _within(inner)


def _words(element: Element) -> str:
    return shorten(clean_text(element.text), _LONGEST_CHOICE)
