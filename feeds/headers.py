"""What is said beside each published document: type, freshness, links, policy. Pure.

The one place for our own server, the tables for nginx and the objects of a bucket, so that all
of them say the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

from config.schedule import Interval, next_time
from feeds.addresses import ATOM, JSON_FEED, RSS, page_address

if TYPE_CHECKING:
    from config.settings import BulletinSettings, Settings, SourceSettings

FEED_TYPES = {
    RSS: "application/rss+xml",
    ATOM: "application/atom+xml",
    JSON_FEED: "application/feed+json",
}
_SUFFIX_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_OTHER_TYPE = "application/octet-stream"
# Browsers show the source of a feed under its own type, or save it; under this one its style sheet
# makes it readable. A request says by a header that somebody is opening a document.
OPENED_TYPE = "application/xml; charset=utf-8"
OPENING = "Sec-Fetch-Dest"
OPENED_AS = "document"
IS_XML_FEED = r"(.*[/.])?(rss|atom)[.]xml"
_IS_XML_FEED = re.compile(IS_XML_FEED)
# Of these no coding makes anything smaller.
_COMPRESSED_ALREADY = ("image/png", "image/x-icon", _OTHER_TYPE)
# Feeds of months that are over stand below this folder of a bulletin. They change when another
# month is over, and when an item is forgotten, which must reach everybody: so a week, and not
# "immutable".
ARCHIVED = r"[^/]+/archive/.+[.](xml|json)"
ARCHIVED_CACHE = "public, max-age=604800, stale-while-revalidate=86400, stale-if-error=604800"
_IS_ARCHIVED = re.compile(ARCHIVED)
# Many readers take max-age for their polling interval: no oftener than this helps anybody, and
# nobody should wait longer than this for what is new or put right.
_SHORTEST = timedelta(minutes=5)
_LONGEST = timedelta(hours=1)
# A cache may show what it has for so long while we cannot be reached.
_IF_ERROR_S = 86_400
# The rhythm of a cron expression is looked for from here; any Monday would do.
_SOME_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_FIRES = 50

# No script anywhere, and nothing from other sites but the pictures of items.
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src https: http: data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Everything public may be read by scripts of other sites, also what is not there.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After",
}
# What is said of every document in the same words.
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
# For a year after the last visit, a browser asks this host by https alone.
_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
# If-None-Match is no header that browsers send unasked: a reader in a browser asks first.
PREFLIGHT = {
    "Allow": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since, A-IM",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class DocumentHeaders:
    """What is said of one document."""

    content_type: str
    cache_control: str
    link: str = ""
    vary: str = ""


class SiteHeaders:
    """The headers of all documents of a site, known by their paths."""

    def __init__(self, settings: Settings) -> None:
        self._base_url = _address(settings.base_url)
        # What is said of every document; of one without https there is no such word.
        self.always = _ALWAYS | transport_headers(settings.base_url)
        self._hubs = tuple(map(_address, settings.site.hubs))
        self._cached = {
            bulletin.slug: _cache_control(_rhythm(bulletin)) for bulletin in settings.bulletins
        }
        # What is made of several bulletins changes with the quickest of them.
        rhythms = [_rhythm(bulletin) for bulletin in settings.bulletins]
        self._cached_otherwise = _cache_control(min(rhythms, default=_SHORTEST))

    @property
    def rhythms(self) -> dict[str, str]:
        """The Cache-Control of each bulletin's documents; of all others under the empty name."""
        return {"": self._cached_otherwise, **self._cached}

    def of(self, path: str) -> DocumentHeaders:
        """Return what is said of the document at a path below the site."""
        name = path.rpartition("/")[2]
        return DocumentHeaders(
            content_type=content_type(name),
            cache_control=self._cache_control(path),
            link=self._link(path),
            vary=vary(path),
        )

    def _cache_control(self, path: str) -> str:
        if _IS_ARCHIVED.fullmatch(path):
            return ARCHIVED_CACHE
        return self._cached.get(path.partition("/")[0], self._cached_otherwise)

    def address(self, path: str) -> str:
        """Return the address of a document, as the feeds themselves have it."""
        return f"{self._base_url}/{path}"

    def feed_link(self, folder: str, name: str) -> str:
        """Return the Link header of a feed: it names itself, its hubs and the page of its items."""
        page = page_address(self._base_url, folder)
        links = [
            f'<{page}{name}>; rel="self"',
            *(f'<{hub}>; rel="hub"' for hub in self._hubs),
            f'<{page}>; rel="alternate"; type="text/html"',
        ]
        return ", ".join(links)

    def page_link(self, folder: str) -> str:
        """Return the Link header of a bulletin's page: it names the feeds."""
        page = page_address(self._base_url, folder)
        return ", ".join(
            f'<{page}{name}>; rel="alternate"; type="{FEED_TYPES[name]}"'
            for name in (ATOM, RSS, JSON_FEED)
        )

    def _link(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        if _IS_ARCHIVED.fullmatch(path):
            return f'<{self.address(path)}>; rel="self"'
        if name in FEED_TYPES:
            return self.feed_link(folder, name)
        if name == "index.html" and folder in self._cached:
            return self.page_link(folder)
        return ""


def transport_headers(base_url: str) -> dict[str, str]:
    """Return what is said of every answer of a site that is reached by https."""
    return dict(_TRANSPORT) if base_url.startswith("https:") else {}


def is_feed(path: str) -> bool:
    """Tell whether a path is that of a live feed, which readers poll and hubs are told of."""
    return path.rpartition("/")[2] in FEED_TYPES and not _IS_ARCHIVED.fullmatch(path)


def content_type(name: str) -> str:
    """Return the type of a document by its name."""
    for feed, kind in FEED_TYPES.items():
        # Those of an archive have the month in front.
        if name == feed or name.endswith(f".{feed}"):
            return f"{kind}; charset=utf-8"
    return _SUFFIX_TYPES.get(name[name.rfind(".") :], _OTHER_TYPE)


def _address(url: str) -> str:
    """Write an address so that it can stand between angle brackets, and in a server's tables."""
    return quote(url, safe="!#%&'()*+,/:;=?@[]~")


def has_twins(kind: str) -> bool:
    """Tell whether documents of a type are compressed, so that what is sent depends on that."""
    return kind not in _COMPRESSED_ALREADY


def is_xml_feed(path: str) -> bool:
    """Tell whether a path is that of a feed that a browser can show."""
    return _IS_XML_FEED.fullmatch(path) is not None


def vary(path: str) -> str:
    """Return by which headers of a request the answer differs."""
    codings = "Accept-Encoding" if has_twins(content_type(path.rpartition("/")[2])) else ""
    return f"{codings}, {OPENING}" if is_xml_feed(path) else codings


def _cache_control(age: timedelta) -> str:
    """Let a cache hand it out unasked for so long, and as long again while it asks."""
    seconds = int(age.total_seconds())
    return (
        f"public, max-age={seconds}, stale-while-revalidate={seconds}, stale-if-error={_IF_ERROR_S}"
    )


def _rhythm(bulletin: BulletinSettings) -> timedelta:
    """Half of the time between two readings of its quickest source, within reason."""
    shortest = min((_pause(source) for source in bulletin.sources), default=_SHORTEST)
    return min(max(shortest / 2, _SHORTEST), _LONGEST)


def _pause(source: SourceSettings) -> timedelta:
    if isinstance(source.schedule, Interval):
        return source.schedule.every
    fires = [_SOME_MONDAY]
    for _ in range(_FIRES):
        fires.append(next_time(source.schedule, fires[-1], source.time_zone))
    # The first is no time of the schedule.
    return min(later - former for former, later in pairwise(fires[1:]))
