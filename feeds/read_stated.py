"""What a page states of one thing in a machine's form, and the entry that comes of it.

The readers of JSON-LD, microdata, RDFa, microformats and application state meet here; what is
done with their proposals is decided in ``feeds.read_structured``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.keys import url_key
from feeds.markup import paragraphs_html, plain_text, sanitise, web_url
from feeds.model import Entry
from feeds.text import clean_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feeds.model import When
    from feeds.read_fields import Place

_MOST_THINGS = 2_000
_LONGEST_TITLE = 300
_LONGEST_NAME = 80
_LONGEST_CATEGORY = 40
_MOST_CATEGORIES = 10
_LONGEST_DATE = 160
# Ends the evidence of a date that says when a thing was changed: it may be the only one there is.
CHANGED = ", last change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One thing as it is stated, nothing checked; ``how`` is the evidence in words.

    ``urls`` may hold several addresses, the surest first. ``summary`` is text that may hold
    markup; ``content_html`` is the markup of the page itself.
    """

    how: str
    title: str = ""
    urls: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    summary: str = ""
    content_html: str = ""
    author: str = ""
    image: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The things that one kind of structured data states, in its order."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def dated(self) -> int:
        """How many of the things have a date that is not of a mere change."""
        return sum(entry.when is not None and not only_changed(entry) for entry in self.entries)

    @property
    def linked(self) -> int:
        """How many of the things have an address."""
        return sum(bool(entry.url) for entry in self.entries)


def only_changed(entry: Entry) -> bool:
    """Whether the date of an entry is known to be that of a change only."""
    return entry.evidence.get("date", "").endswith(CHANGED)


def propose(name: str, stated: Iterable[Stated], place: Place, *, page_url: str) -> Proposal:
    """Return the things that have a title, and an address or a date, each once.

    A thing whose address is the page itself is the page, not an item of it.
    """
    found: dict[tuple[str, str], Entry] = {}
    own = url_key(page_url)
    for count, thing in enumerate(stated):
        if count >= _MOST_THINGS:
            break
        entry = _entry(thing, place, own)
        if entry and (entry.url or entry.when) and url_key(entry.url) != own:
            found.setdefault((entry.url, entry.title.casefold()), entry)
    return Proposal(name=name, entries=tuple(found.values()))


def _entry(stated: Stated, place: Place, own: str) -> Entry | None:
    summary = _summary(stated, place)
    title = clean_text(plain_text(stated.title[: _LONGEST_TITLE * 4]))
    evidence = {"title": stated.how}
    if not title and summary:
        # A note has no title: it goes by its beginning.
        title = clean_text(plain_text(summary))
        evidence["title"] = f"{stated.how}: beginning of the text"
    if not title:
        return None
    url = _url(stated.urls, place.base, own)
    when, how = _when(stated, place)
    evidence |= {"link": stated.how} if url else {}
    evidence |= {"date": how} if when else {}
    evidence |= {"summary": stated.how} if summary else {}
    return Entry(
        title=shorten(title, _LONGEST_TITLE),
        url=url,
        when=when,
        summary_html=summary,
        author=_name(stated.author),
        image_url=web_url(stated.image, place.base) if stated.image else "",
        categories=_categories(stated.categories),
        language=place.language,
        evidence=evidence,
    )


def _url(hrefs: Iterable[str], base: str, own: str) -> str:
    """Return the first address that is not the page itself; the page's where all are."""
    urls = [url for href in hrefs if (url := web_url(href, base))]
    return next((url for url in urls if url_key(url) != own), urls[0] if urls else "")


def _when(stated: Stated, place: Place) -> tuple[When | None, str]:
    for text, how in ((stated.published, ""), (stated.updated, CHANGED)):
        when = place.dates.machine(text) if 0 < len(text) <= _LONGEST_DATE else None
        if when:
            return when, stated.how + how
    return None, ""


def _summary(stated: Stated, place: Place) -> str:
    if stated.summary:
        return paragraphs_html(plain_text(stated.summary))
    return sanitise(stated.content_html, place.base) if stated.content_html else ""


def _name(text: str) -> str:
    name = clean_text(plain_text(text[: _LONGEST_NAME * 4]))
    return name if len(name) <= _LONGEST_NAME and "://" not in name else ""


def _categories(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = (clean_text(plain_text(name[: _LONGEST_CATEGORY * 4])) for name in names)
    kept = dict.fromkeys(name for name in cleaned if 1 < len(name) <= _LONGEST_CATEGORY)
    return tuple(kept)[:_MOST_CATEGORIES]
