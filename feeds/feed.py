"""A feed as a value: what the three writers write, the same for all. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from feeds.attachments import media_type
from feeds.markup import plain_text, web_url
from feeds.render import direction
from feeds.text import clean_text, language_tag, legal_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from feeds.model import Attachment

GENERATOR = "Tidings"
_LONGEST_MADE_TITLE = 80
# Beyond these the formats' own forms of a year have other than four digits.
_EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_MAILBOX = re.compile(r"(?:mailto:)?[^\s<>()\"',;:@]+@[^\s<>()\"',;:@]+", re.IGNORECASE)
_AROUND_NAME = " \t,;:<>()[]\"'"


@dataclass(frozen=True, slots=True)
class FeedUrls:
    """The addresses of one document in the three formats, or its paths below the site."""

    rss: str
    atom: str
    json: str

    def each(self) -> tuple[str, str, str]:
        """Return all three."""
        return self.rss, self.atom, self.json

    def below(self, prefix: str) -> FeedUrls:
        """Return the addresses of paths below one."""
        return FeedUrls(*(prefix + path for path in self.each()))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOrigin:
    """The feed that an item was taken from, where it stands in another one."""

    id: str
    title: str
    home_url: str
    urls: FeedUrls


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item of a feed.

    ``id`` is a tag: URI, ``url`` absolute, ``title`` plain text, ``summary_html`` clean markup
    (``feeds.markup``); instants are aware. ``language`` is empty where it is the feed's.
    ``origin`` is the feed that it was taken from, None where it is at home in this one.
    """

    id: str
    title: str
    url: str
    summary_html: str
    published: datetime
    updated: datetime
    author: str = ""
    image_url: str = ""
    categories: tuple[str, ...] = ()
    language: str = ""
    attachments: tuple[Attachment, ...] = ()
    origin: FeedOrigin | None = None

    @property
    def content_html(self) -> str:
        """The summary, with the item's picture before it where it does not hold it already."""
        source = html.escape(self.image_url)
        if not source or source in self.summary_html:
            return self.summary_html
        return f'<p><img src="{source}" alt=""></p>{self.summary_html}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, or one document of its archive.

    ``id`` is one tag: URI for all three formats and all documents, ``home_url`` our page of it,
    ``updated`` the newest change of an item; ``items`` come newest first. ``previous`` is the
    archived document before this one; ``live`` is the feed that an archived document belongs to,
    None where it is this one, and ``following`` the archived document after it (RFC 5005).
    ``expired`` says that nothing will ever come.
    """

    id: str
    title: str
    description: str
    home_url: str
    author: str
    language: str
    updated: datetime
    urls: FeedUrls
    items: tuple[FeedItem, ...]
    icon_url: str = ""
    hubs: tuple[str, ...] = ()
    stylesheet_url: str = ""
    expired: bool = False
    previous: FeedUrls | None = None
    following: FeedUrls | None = None
    live: FeedUrls | None = None


# Three writers in turn ask for the same one.
@lru_cache(maxsize=1)
def publishable(feed: Feed) -> Feed:
    """Return the feed as every format can carry it: what the writers start from.

    No item costs another one its place: what cannot be written of an item goes, and only an item
    without an id, or with the id of an item before it, goes as a whole.
    """
    title = _legible(feed.title) or feed.home_url
    language = language_tag(feed.language)
    first_of_id: dict[str, FeedItem] = {}
    for item in feed.items:
        first_of_id.setdefault(legal_text(item.id).strip(), item)
    first_of_id.pop("", None)
    return replace(
        feed,
        title=title,
        home_url=_uri(feed.home_url),
        urls=_uris(feed.urls),
        previous=_uris(feed.previous),
        following=_uris(feed.following),
        live=_uris(feed.live),
        description=_legible(feed.description),
        author=_person(feed.author) or title,
        language=language,
        updated=_second(feed.updated),
        items=_apart(_publishable(item, id_, language) for id_, item in first_of_id.items()),
        icon_url=web_url(feed.icon_url, ""),
        hubs=tuple(dict.fromkeys(filter(None, (web_url(hub, "") for hub in feed.hubs)))),
    )


def _lossless(text: str) -> str:
    """Return a text without the signs for characters that were lost before it came to us."""
    return text.replace("\ufffd", "")


def _legible(text: str) -> str:
    return clean_text(_lossless(text))


def _uri(url: str) -> str:
    """Return an address of ours as a URI: operators write letters of their own into hosts."""
    return web_url(url, "") or url


@overload
def _uris(urls: FeedUrls) -> FeedUrls: ...
@overload
def _uris(urls: FeedUrls | None) -> FeedUrls | None: ...
def _uris(urls: FeedUrls | None) -> FeedUrls | None:
    return urls and FeedUrls(*map(_uri, urls.each()))


def _apart(items: Iterable[FeedItem]) -> tuple[FeedItem, ...]:
    """Give no two items the same instant of change: readers tell versions by it.

    The older keeps its own. Items that come from a store differ in it by themselves, mostly.
    """
    taken: set[datetime] = set()
    found = []
    for item in reversed(list(items)):
        updated = item.updated
        while updated in taken and updated < _LATEST:
            updated += timedelta(seconds=1)
        taken.add(updated)
        found.append(item if updated == item.updated else replace(item, updated=updated))
    return tuple(reversed(found))


def _publishable(item: FeedItem, id_: str, feed_language: str) -> FeedItem:
    url = web_url(item.url, "")
    published = _second(item.published)
    language = language_tag(item.language)
    return FeedItem(
        id=id_,
        title=_legible(item.title) or _made_title(item) or url or id_,
        url=url,
        summary_html=_directed(
            _lossless(legal_text(item.summary_html)).strip(), language or feed_language
        ),
        published=published,
        updated=max(_second(item.updated), published),
        author=_person(item.author),
        image_url=web_url(item.image_url, ""),
        categories=tuple(dict.fromkeys(filter(None, map(_legible, item.categories)))),
        language=language if language != feed_language else "",
        attachments=tuple(_attachments(item.attachments)),
        origin=item.origin,
    )


def _attachments(attachments: Iterable[Attachment]) -> Iterator[Attachment]:
    seen = set()
    for attachment in attachments:
        url = web_url(attachment.url, "")
        if url and url not in seen:
            seen.add(url)
            yield replace(
                attachment,
                url=url,
                mime=media_type(attachment.mime, url),
                size=max(attachment.size, 0),
                title=_legible(attachment.title),
                seconds=max(attachment.seconds, 0),
            )


def _directed(markup: str, language: str) -> str:
    """Say that a text runs from right to left: no format but the markup has a place for it."""
    if not markup or direction(language) == "ltr":
        return markup
    return f'<div dir="rtl">{markup}</div>'


def _made_title(item: FeedItem) -> str:
    return shorten(_legible(plain_text(item.summary_html)), _LONGEST_MADE_TITLE)


def _second(instant: datetime) -> datetime:
    """Return the instant in UTC and whole seconds: no format carries more in one way."""
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:  # at either end of the calendar
        instant = instant.replace(tzinfo=UTC)
    return min(max(instant, _EARLIEST), _LATEST).replace(microsecond=0)


def _person(name: str) -> str:
    """Return a person's name alone: an address in a feed is read by those who send spam."""
    name = _legible(name)
    return _MAILBOX.sub("", name).strip(_AROUND_NAME) if "@" in name else name
