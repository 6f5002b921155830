"""A first look at a page or file that nothing is known of: fetched and read, not stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from config.logins import without_login
from config.settings import FetchSettings, RuleSettings, SourceSettings
from feeds.decode import decode
from feeds.fetch import Fetcher, FetchError, NotModified, Validators
from feeds.read import read
from feeds.read_found_rules import found_rules
from feeds.read_head import named_feeds
from tidings.cli import FAILED, USAGE, CommandError
from tidings.options import time_zone as zone_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from config.kinds import SourceKind
    from feeds.fetch import Page
    from feeds.model import Entry, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look found. ``page_url`` is the address that links were resolved against.

    ``location`` is for messages; ``url`` may hold a login, and is empty for a file.
    """

    location: str
    url: str
    page_url: str
    file: Path | None
    zone: ZoneInfo
    reading: Reading
    page: Page
    language: str = ""

    @property
    def is_html(self) -> bool:
        """Whether the source was read as a page, and not as a text or a feed."""
        return self.reading.method.startswith("html")

    def feeds(self) -> tuple[str, ...]:
        """Return the addresses of the feeds that the page names."""
        return named_feeds(self._text(), self.page_url) if self.is_html else ()

    def rules(self) -> dict[str, str]:
        """Return the rules by which the page was read; none where they would read another thing."""
        if not self.is_html:
            return {}
        now = datetime.now(UTC)
        found = found_rules(self._text(), language=self.language, zone=self.zone, now=now)
        while found:
            again = read(
                self.page.body,
                url=self.page_url,
                content_type=self.page.content_type,
                language=self.language,
                zone=self.zone,
                now=now,
                rules=RuleSettings(**found),
            )
            if again.entries == self.reading.entries:
                return found
            # The last one may be the one too many; without an item there is no rule at all.
            found.popitem()
        return {}

    def _text(self) -> str:
        return decode(self.page.body, content_type=self.page.content_type).text

    def published(self, entry: Entry) -> str:
        """Return an entry's date as RFC 3339: a day without a time begins in the page's zone."""
        if entry.when is None:
            return ""
        instant = entry.when.instant
        if instant is None:
            instant = datetime.combine(entry.when.day, time(), tzinfo=self.zone)
        text = instant.isoformat(timespec="seconds")
        # Zones of the distant past have seconds, which RFC 3339 has not.
        return text if len(text) == len("2026-11-23T00:00:00+00:00") else text[:22]


def look(
    location: str,
    *,
    kind: SourceKind = "auto",
    language: str = "",
    time_zone: str = "UTC",
    page_url: str = "",
) -> Look:
    """Fetch and read a page by its address or a file by its path.

    ``page_url`` names the page that a file holds. Raises CommandError and FetchError.
    """
    zone = zone_named(time_zone)
    source = _source(location, kind)
    with Fetcher(FetchSettings()) as fetcher:
        page = fetched(fetcher, source)
    return look_at(page, source, language=language, zone=zone, page_url=page_url)


def fetched(fetcher: Fetcher, source: SourceSettings) -> Page:
    """Return the page of a source that nothing is known of. Raises CommandError and FetchError."""
    page = fetcher.fetch(source, validators=Validators())
    if isinstance(page, NotModified):
        raise CommandError(
            f"{source.location}: answers 304 though nothing was known of it", code=FAILED
        )
    return page


def look_at(
    page: Page,
    source: SourceSettings,
    *,
    language: str = "",
    zone: ZoneInfo,
    page_url: str = "",
) -> Look:
    """Read a page that was fetched; ``page_url`` names the page that a file holds."""
    address = page_url or page.url
    reading = read(
        page.body,
        url=address,
        content_type=page.content_type,
        kind=source.kind,
        language=language,
        zone=zone,
        now=datetime.now(UTC),
    )
    return Look(
        location=source.location,
        url=source.url,
        page_url=address,
        file=source.file,
        zone=zone,
        reading=reading,
        page=page,
        language=language,
    )


def own_feed(seen: Look, look_there: Callable[[str], Look]) -> Look | None:
    """Return the first feed that a page names and that has items, None where there is none.

    A feed is read in its place: it changes less, and says more.
    """
    for address in seen.feeds() if seen.file is None else ():
        try:
            feed = look_there(address)
        except (CommandError, FetchError):
            continue
        if feed.reading.entries and feed.reading.method == "feed":
            return feed
    return None


def _source(location: str, kind: SourceKind) -> SourceSettings:
    source = SourceSettings(bulletin="", name="", kind=kind)
    if location.lower().startswith(("http://", "https://")):
        return replace(source, url=location)
    if "://" in location:
        raise CommandError(
            f"{without_login(location)}: only http and https addresses are read, and files by "
            "their path",
            code=USAGE,
        )
    if not location:
        raise CommandError("wanted is the address of a page or the path of a file", code=USAGE)
    path = Path(location)
    if not path.exists():
        raise CommandError(
            f"{location}: no such file; a page is given by its whole address, "
            "such as https://example.org/news",
            code=USAGE,
        )
    return replace(source, file=path)
