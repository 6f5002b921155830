"""Bulletins and items as pages show them: values for templates.

Links between our own pages are relative, so that a site works below any address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup

from config.schedule import Interval
from feeds.addresses import ATOM, JSON_FEED, RSS, page_address
from feeds.attachments import FileView, file_view
from feeds.corrections import corrected_at, corrections_of
from feeds.labels import withdrawn_label, withdrawn_title
from feeds.markup import plain_text
from feeds.text import clean_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime, timedelta

    from config.settings import BulletinSettings, Settings
    from feeds.corrections import Correction
    from feeds.filing import Month
    from feeds.model import Former, Item
    from feeds.records import BulletinState

LONGEST_LINE = 160
_LONGEST_EXCERPT = 120
SEARCH = "search"
# Readers on the web, by the addresses at which they take a feed.
_READERS = (
    ("Feedly", "https://feedly.com/i/subscription/feed%2F"),
    ("Inoreader", "https://www.inoreader.com/?add_feed="),
    ("NewsBlur", "https://www.newsblur.com/?url="),
    ("The Old Reader", "https://theoldreader.com/feeds/subscribe?url="),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One format of a bulletin's feed: what it is called and where it is."""

    name: str
    file: str
    mime: str
    url: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page leads: an address, relative or whole, and its words."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLink:
    """An item as others lead to it; ``page`` is relative to the bulletin's folder."""

    title: str
    page: str
    day: date | None
    excerpt: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """An item as a page shows it.

    ``day`` is None where the source states none. ``corrections`` are all that were made, the
    oldest first, on its own page only. ``page`` is relative to the bulletin's folder,
    ``withdrawn`` the word for it, empty where the item stands, and ``from_bulletin`` the title of
    the bulletin on pages of several.
    """

    title: str
    url: str
    page: str
    day: date | None
    summary: Markup
    author: str
    image_url: str
    categories: tuple[str, ...]
    language: str
    first_seen: datetime
    corrected: datetime | None
    withdrawn: str
    files: tuple[FileView, ...]
    corrections: tuple[Correction, ...]
    from_bulletin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """The items of one day, in feed order."""

    day: date | None
    entries: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinView:
    """A bulletin as a page shows it; ``link`` is the publisher's own page, empty if unknown.

    ``readers`` lead to web readers that take its feed, ``mail`` to the form that asks for mail,
    relative to the site; empty where no mail leaves.
    ``search`` is where the search is asked, relative to the site; empty where none answers.
    """

    slug: str
    title: str
    description: str
    language: str
    link: str
    page_url: str
    feeds: tuple[FeedLink, ...]
    readers: tuple[Link, ...]
    mail: str
    search: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """How a source is, in words that change only with the news or with what is wrong.

    ``every`` is None where it is read at fixed times, ``news`` is when it last had something new,
    ``unread_since`` when it was last read while it is not well; each None where that is not known.
    """

    name: str
    every: timedelta | None
    news: datetime | None
    is_unwell: bool
    unread_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands around a bulletin's items: its sources, years of its archive, views, a notice.

    The notice is clean markup. ``digests`` leads to past digests, empty where none stand,
    and ``embed`` to what another site can show.
    """

    sources: tuple[SourceView, ...] = ()
    years: tuple[tuple[int, int], ...] = ()
    latest_month: Month | None = None
    views: tuple[Link, ...] = ()
    notice: str = ""
    notice_language: str = "en"
    digests: str = ""
    embed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What an item is filed between."""

    older: Item | None = None
    newer: Item | None = None


def bulletin_view(bulletin: BulletinSettings, settings: Settings) -> BulletinView:
    """Return a bulletin as pages show it."""
    page = page_address(settings.base_url, bulletin.slug)
    return BulletinView(
        slug=bulletin.slug,
        title=bulletin.title,
        description=bulletin.description,
        language=bulletin.language,
        link=bulletin.link,
        page_url=page,
        feeds=tuple(
            FeedLink(name=name, file=file, mime=mime, url=page + file)
            for name, file, mime in (
                ("Atom", ATOM, "application/atom+xml"),
                ("RSS", RSS, "application/rss+xml"),
                ("JSON Feed", JSON_FEED, "application/feed+json"),
            )
        ),
        readers=tuple(_reader_links(page + ATOM)),
        mail=f"subscribe/{bulletin.slug}" if _is_mailed(bulletin, settings) else "",
        search=SEARCH if settings.is_searched else "",
    )


def source_views(
    bulletin: BulletinSettings, state: BulletinState, news: Mapping[str, datetime]
) -> tuple[SourceView, ...]:
    """Return how each source of a bulletin is; ``news`` says when each had something new."""
    sick = {one.name: one.since for one in state.sick}
    return tuple(
        SourceView(
            name=source.name,
            every=source.schedule.every if isinstance(source.schedule, Interval) else None,
            news=news.get(source.name),
            is_unwell=source.name in sick,
            unread_since=sick.get(source.name),
        )
        for source in bulletin.sources
    )


def _is_mailed(bulletin: BulletinSettings, settings: Settings) -> bool:
    """Tell whether anybody can get it by mail: through a relay, or where it is being tried."""
    is_tried = not settings.site.base_url
    leaves = bool(settings.mail.host) or is_tried
    return leaves and not bulletin.ended and settings.bulletin(bulletin.slug) is not None


def _reader_links(feed: str) -> Iterator[Link]:
    # Applications on a reader's own machine take this scheme; it has no other form of https.
    yield Link(f"feed:{feed.partition(':')[2]}", "")  # in the words of the page
    for name, address in _READERS:
        yield Link(address + quote(feed, safe=""), name)


def item_link_view(item: Item, language: str) -> ItemLink:
    """Return an item as others of a bulletin of a language lead to it."""
    content = item.content
    title = content.title
    if item.withdrawn:
        title = withdrawn_title(title, content.language or language)
    return ItemLink(
        title=shorten(title, LONGEST_LINE),
        page=f"items/{item.token}.html",
        day=content.when.day if content.when else None,
        excerpt=excerpt_of(content.summary_html, _LONGEST_EXCERPT, in_bytes=True),
        language=content.language,
    )


def excerpt_of(summary_html: str, limit: int, *, in_bytes: bool = False) -> str:
    """Return the beginning of a text, without its markup.

    In bytes it is as heavy in any script: where a letter takes three, it says about as much.
    """
    text = clean_text(plain_text(summary_html))
    if in_bytes and text:
        limit = limit * len(text) // len(text.encode())
    return shorten(text, limit)


def item_view(  # noqa: PLR0913 - what is shown of it, and where
    item: Item,
    summary: str,
    *,
    language: str,
    page: str = "",
    former: Sequence[Former] = (),
    from_bulletin: str = "",
) -> ItemView:
    """Return an item as a page shows it, with its text."""
    content = item.content
    return ItemView(
        title=content.title,
        url=content.url,
        page=page,
        day=content.when.day if content.when else None,
        # Sanitised where it was read (feeds.markup), and nowhere else is markup let through.
        summary=Markup(summary),  # noqa: S704
        author=content.author,
        image_url=content.image_url,
        categories=content.categories,
        language=content.language,
        files=tuple(map(file_view, content.attachments)),
        first_seen=item.first_seen,
        corrected=corrected_at(item),
        withdrawn=withdrawn_label(content.language or language) if item.withdrawn else "",
        corrections=corrections_of(former, content),
        from_bulletin=from_bulletin,
    )
