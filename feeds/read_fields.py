"""The fields of one item from its place on the page: title, link, date, summary and the rest."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.markup import plain_text, sanitise, web_url
from feeds.model import Entry, When
from feeds.read_links import is_about, labelled_link, links_in, own_link, running_text
from feeds.read_tree import BLOCKS, Element
from feeds.text import clean_text

if TYPE_CHECKING:
    from feeds.dates import DateReader
    from feeds.read_groups import Slot
    from feeds.read_marks import Mark
    from feeds.read_tree import Tree

_SEPARATORS = " \t-:\u2013\u2014|\u00b7\u2022,\uff1a/\u00bb\u203a>"
_TRAILING_DATE = re.compile(r"[(\[\u2013\u2014|\uff08\u00b7-]\s*$")
_PERMALINK = re.compile(r"\s*[#\u00b6\u200b\U0001f517]+\s*$")
_URL_DAY = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?:[/-]|$)")
_AUTHOR = re.compile(
    r"(?:^|[\s_-])(?:author|byline|p-author|vcard|creator)(?=$|[\s_-])", re.IGNORECASE
)
_CATEGORY = re.compile(
    r"(?:^|[\s_-])(?:tags?|categor(?:y|ies)|labels?|topics?)(?=$|[\s_-])", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_HEADS = frozenset("h1 h2 h3 h4 h5 h6 dt strong b div span p caption summary li th td".split())
_LONGEST_YEAR = 6
_LONGEST_DATE = 120
_LONGEST_DATED = 400
_LONGEST_MARKED = 200
_FEW_WORDS = 3
_FEW_BESIDE = 25
_LONGEST_AUTHOR = 80
_LONGEST_LINE = 60
_EMPHASIS = frozenset({"strong", "b", "em", "i", "u", "mark"})
_MOST_CATEGORIES = 10
_LONGEST_BUTTON = 40


@dataclass(frozen=True, slots=True)
class Place:
    """What the fields need of the page: its address, its dates, the labels of its buttons."""

    base: str
    dates: DateReader
    language: str = ""
    years: tuple[tuple[int, int], ...] = ()
    buttons: frozenset[str] = frozenset()

    def year_at(self, start: int) -> int:
        """Return the year whose heading stands last before a place; 0 where none does."""
        place = bisect_right(self.years, (start, 0)) - 1
        return self.years[place][1] if place >= 0 else 0


def year_headings(tree: Tree) -> tuple[tuple[int, int], ...]:
    """Return where a year stands alone, as over the part of a list that is of that year."""
    return tuple(
        (element.start, int(match.group(1)))
        for element in tree.elements
        if element.digits
        and element.length <= _LONGEST_YEAR
        and element.tag in _HEADS
        and (match := _YEAR.search(element.text))
    )


def entry_at(slot: Slot, place: Place) -> Entry | None:
    """Return the entry at a slot, None where no title is left."""
    evidence: dict[str, str] = {}
    title, title_date = _title(slot, place.dates)
    if not title:
        return None
    evidence["title"] = f"<{slot.title.tag}>"
    href, how = own_link(slot)
    if not href:
        href, how = labelled_link(slot, place.buttons)
    url = web_url(href, place.base) if href else ""
    if url:
        evidence["link"] = how
    when, how = _date(slot, title_date, url, place)
    if when:
        evidence["date"] = how
    categories = _categories(slot)
    return Entry(
        title=title,
        url=url,
        when=when,
        summary_html=_summary(slot, title, href, place),
        author=_author(slot),
        image_url=_image(slot, place.base),
        categories=categories,
        language=place.language,
        evidence=evidence,
    )


def _title(slot: Slot, dates: DateReader) -> tuple[str, When | None]:
    """Return the title without a date that only stands beside it, and that date."""
    element = slot.title
    apart = [
        mark.element
        for mark in slot.marks
        if mark.strength > 1 and element.holds(mark.element) and mark.element is not element
    ]
    if apart and _length_without(element, apart) > 1:
        text = clean_text(_text_without(element, apart)).strip(_SEPARATORS)
        if text:
            return _PERMALINK.sub("", text), None
    text = _PERMALINK.sub("", clean_text(element.text))
    spots = dates.spots(text) if element.digits and len(text) < _LONGEST_DATED else ()
    if spots and spots[0].start == 0 and spots[0].has_year:
        rest = text[spots[0].end :]
        shorter = rest.strip(_SEPARATORS + ")]")
        if shorter and rest[:1] in _SEPARATORS + ")]":
            return shorter, spots[0].when
    if spots and spots[-1].has_year and not text[spots[-1].end :].strip(" )]\uff09."):
        before = text[: spots[-1].start]
        shorter = _TRAILING_DATE.sub("", before).strip(_SEPARATORS)
        if shorter and _TRAILING_DATE.search(before):
            return shorter, spots[-1].when
    return text, None


def _length_without(element: Element, apart: list[Element]) -> int:
    return element.length - sum(each.length for each in apart)


def _text_without(element: Element, apart: list[Element]) -> str:
    pieces: list[str] = []
    stack: list[Element | str] = [element]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            pieces.append(piece)
        elif not any(piece is each for each in apart):
            if piece.tag in BLOCKS:
                pieces.append(" ")
            stack.extend(reversed(piece.children))
    return "".join(pieces)


def _date(slot: Slot, title_date: When | None, url: str, place: Place) -> tuple[When | None, str]:
    """Choose among the dates at an item: its own before one above, published before updated."""
    best = dating_mark(slot)
    if best and best.has_year:
        return best.when, best.evidence
    if title_date:
        return title_date, "date in the title"
    by_url = _url_day(url, place.dates)
    if best:
        if by_url and (by_url.day.month, by_url.day.day) == (
            best.when.day.month,
            best.when.day.day,
        ):
            return by_url, f"{best.evidence}, year in the address"
        return _in_year(best, place)
    if slot.heading_mark:
        when, evidence = _in_year(slot.heading_mark, place)
        return when, f"heading above: {evidence}"
    return (by_url, "day in the address") if by_url else (None, "")


def dating_mark(slot: Slot) -> Mark | None:
    """Return the date in an item that is the likeliest to be its own."""
    marks = [mark for mark in slot.marks if mark.strength > 1 or _near_title(mark, slot)]
    return max(marks, key=_rank, default=None)


def _in_year(mark: Mark, place: Place) -> tuple[When, str]:
    """Return a date with its year, from the heading above where the date has none."""
    if mark.has_year:
        return mark.when, mark.evidence
    year = place.year_at(mark.element.start)
    if year and mark.when.instant is None:
        try:
            return When(mark.when.day.replace(year=year)), f"{mark.evidence}, year above: {year}"
        except ValueError:
            pass
    return mark.when, f"{mark.evidence}, the last such day"


def _rank(mark: Mark) -> tuple[bool, bool, int]:
    return (not mark.updated, mark.has_year, mark.strength)


def _near_title(mark: Mark, slot: Slot) -> bool:
    """Take a date in running text where it opens the item or is short, not deep in prose."""
    return mark.element.length <= _LONGEST_MARKED or mark.element.start <= slot.title.start


def _url_day(url: str, dates: DateReader) -> When | None:
    match = _URL_DAY.search(url)
    return dates.machine("-".join(match.groups())) if match else None


def _summary(slot: Slot, title: str, href: str, place: Place) -> str:
    """Return the markup of what is neither title, date, button nor label."""
    marked = [
        mark.element for mark in slot.marks if mark.strength > 1 and not _in_sentence(mark.element)
    ]
    dates = [each for each in marked if not each.holds(slot.title) and each.length <= _LONGEST_DATE]
    lines = [
        mark.element
        for mark in slot.marks
        if mark.strength == 1 and _is_posting_line(mark.element, slot, place.dates)
    ]
    beside = [*dates, *lines, *_buttons(slot, href)]
    apart = {id(slot.title), *(id(each) for each in beside)}
    starts = sorted([slot.title.start, *(each.start for each in beside)])
    dated = {id(each) for each in marked}
    pieces: list[str] = []
    for part in slot.parts:
        _collect(part, apart, starts, dated, pieces, place)
    markup = sanitise("".join(pieces), place.base)
    text = plain_text(markup)
    if not text or clean_text(text).casefold() == title.casefold():
        return ""
    return markup


def _is_posting_line(element: Element, slot: Slot, dates: DateReader) -> bool:
    """Whether an element says when and under which labels the item was posted, and no more."""
    if element.length > _LONGEST_DATE or element.holds(slot.title):
        return False
    own = " ".join(child for child in element.children if isinstance(child, str)).split()
    linked = sum(link.length for link in links_in(element))
    text = " ".join(own)
    spot = dates.first(text)
    return (
        spot is not None
        and len(text) - (spot.end - spot.start) <= _LONGEST_BUTTON
        and element.length <= len(text) + linked + _FEW_BESIDE
        and dates.is_label(text[: spot.start])
    )


def _buttons(slot: Slot, href: str) -> list[Element]:
    """Return the short links that repeat the item's own and stand alone: "Read more"."""
    own = href.partition("#")[0]
    if not own:
        return []
    return [
        link
        for part in slot.parts
        for link in links_in(part)
        if 1 < link.length <= _LONGEST_BUTTON
        and (link.attributes.get("href") or "").strip().partition("#")[0] == own
        and not running_text(link)
        and not link.holds(slot.title)
        and not slot.title.holds(link)
        and not any(
            _is_label(around)
            for around in link.ancestors()
            if around.start > slot.start and around.length > link.length
        )
    ]


def _in_sentence(date: Element) -> bool:
    """Whether a date is emphasised in a sentence that goes on around it."""
    if date.parent is None or date.tag not in _EMPHASIS:
        return False
    around = date.parent.children
    place = next(place for place, child in enumerate(around) if child is date)
    before, after = (
        sum(len(child.strip()) for child in part if isinstance(child, str))
        for part in (around[:place], around[place:])
    )
    return before > 0 and before + after > _LONGEST_LINE


def _collect(  # noqa: PLR0913, PLR0917 - what stands apart, and where it goes
    element: Element,
    apart: set[int],
    starts: list[int],
    dated: set[int],
    pieces: list[str],
    place: Place,
) -> None:
    stack: list[Element] = [element]
    while stack:
        current = stack.pop()
        if id(current) in apart:
            continue
        if bisect_right(starts, current.start) < bisect_right(starts, current.end):
            pieces.extend(
                f"<p>{_escaped(child)}</p>"
                for child in current.children
                if isinstance(child, str)
                and len(child.split()) >= _FEW_WORDS
                and not (id(current) in dated and _is_date_line(child, place.dates))
            )
            stack.extend(reversed(list(current.elements)))
        elif current.length > 1 and not _is_label(current):
            pieces.append(current.raw.html or "")


def _is_date_line(text: str, dates: DateReader) -> bool:
    """Whether little stands in a text beside its date."""
    text = " ".join(text.split())
    spot = dates.first(text) if len(text) <= _LONGEST_DATE else None
    return spot is not None and len(text) - (spot.end - spot.start) <= _FEW_BESIDE


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").strip()


def _is_label(element: Element) -> bool:
    """Whether an element is a button, a byline or a row of labels rather than text."""
    if element.tag in {"nav", "footer", "time", "form"}:
        return True
    words = element.words
    if (
        words
        and element.length < _LONGEST_MARKED
        and (_AUTHOR.search(words) or _CATEGORY.search(words))
    ):
        return True
    if element.length > _LONGEST_BUTTON * 3:
        return False
    linked = sum(link.length for link in links_in(element))
    return bool(linked) and linked * 10 >= element.length * 8 and element.length <= _LONGEST_DATE


def _author(slot: Slot) -> str:
    for part in slot.parts:
        for element in _named(part, _AUTHOR):
            text = clean_text(element.text)
            if 1 < len(text) <= _LONGEST_AUTHOR and not element.digits:
                return re.sub(r"^(?:by|von|par|por|di)[\s:]+", "", text, flags=re.IGNORECASE)
    return ""


def _categories(slot: Slot) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for part in slot.parts:
        for link in links_in(part):
            rel = link.attributes.get("rel") or ""
            if link is not slot.title and ("tag" in rel.split() or _is_category(link)):
                text = clean_text(link.text).lstrip("#")
                if 1 < len(text) <= _LONGEST_BUTTON:
                    found[text] = None
    return tuple(found)[:_MOST_CATEGORIES]


def _is_category(link: Element) -> bool:
    around = [link, *link.ancestors()][:3]
    return is_about(link) and any(bool(_CATEGORY.search(each.words)) for each in around)


def _named(element: Element, pattern: re.Pattern[str]) -> list[Element]:
    found = []
    stack = [element]
    while stack:
        current = stack.pop()
        if current.words and pattern.search(current.words):
            found.append(current)
        stack.extend(reversed(list(current.elements)))
    return found


def _image(slot: Slot, base: str) -> str:
    stack = list(reversed(slot.parts))
    while stack:
        current = stack.pop()
        if current.tag == "img":
            source = current.attributes.get("data-src") or current.attributes.get("src") or ""
            url = web_url(source, base) if not source.startswith("data:") else ""
            if url:
                return url
        stack.extend(reversed(list(current.elements)))
    return ""
