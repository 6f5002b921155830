"""An address becomes a draft: fetched past the guard, with what its page needs to be seen.

It answers within about ten seconds whatever happens; what has not come by then is missing.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config.logins import without_login
from config.settings import SourceSettings
from config.slugs import suggest_slug
from feeds.fetch import Fetcher, FetchError, NotModified, Validators
from feeds.fetch_guard import Guard
from feeds.fetch_parts import PartBounds, fetch_parts
from feeds.snapshot import wanted
from feeds.text import clean_text, language_tag, shorten
from tidings.cli import CommandError
from tidings.desk.draft import Draft, Form, OwnFeed, Step
from tidings.desk.draft_store import new_draft_id
from tidings.desk.zone_guess import guess_zone
from tidings.looking import fetched, look_at, own_feed

if TYPE_CHECKING:
    from config.settings import FetchSettings
    from feeds.fetch_parts import Parts
    from feeds.page import Page
    from tidings.app import App
    from tidings.looking import Look

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LONGEST_ADDRESS = 2_000
_LONGEST_TITLE = 120
_PAGE_BYTES = 3_000_000
_PAGE_TIME = timedelta(seconds=5)
_AROUND = PartBounds(time=timedelta(seconds=3), all_bytes=6_000_000, picture_bytes=1_000_000)
_FEED_TIME = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A new draft, and the style sheets and pictures of its page."""

    draft: Draft
    parts: Parts


def web_address(text: str) -> str:
    """Return an address as somebody typed or pasted it, whole. Raises CommandError."""
    address = "".join(text.split())
    if address and not _SCHEME.match(address):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        is_fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fine = False
    if not address:
        raise CommandError("Give the address of a page, such as https://harbour.example/news")
    if not is_fine or len(address) > _LONGEST_ADDRESS:
        raise CommandError(
            "That is no address of a page; give it as your browser shows it, "
            "such as https://harbour.example/news"
        )
    return address


def fetch_new(app: App, address: str, *, zone: str = "") -> Fetched:
    """Return the draft of a new bulletin. Raises CommandError and FetchError.

    ``zone`` is the time zone of who asks, for pages that do not tell theirs.
    """
    source = SourceSettings(bulletin="", name="main", url=address)
    guard = Guard(app.settings.desk.private_networks)
    page = _page(app.settings.fetch, guard, source)
    zone = guess_zone(page.url, otherwise=zone)
    seen = look_at(page, source, zone=ZoneInfo(zone))
    with ThreadPoolExecutor(1, thread_name_prefix="own feed") as pool:
        looked = pool.submit(_own_feed, app.settings.fetch, guard, seen)
        parts = _parts(app.settings.fetch, guard, page, is_shown=seen.is_html)
        feed = looked.result()
    now = app.clock().astimezone(UTC)
    taken = taken_slugs(app)
    title = _title(seen)
    draft = Draft(
        id=new_draft_id(),
        made=now,
        url=address,
        page=page,
        steps=(Step(rules=source.rules),),
        form=Form(
            title=title,
            slug=_slug(title, page.url, taken),
            language=language_tag(seen.reading.language) or "en",
            time_zone=zone,
        ),
        feed=feed,
    )
    return Fetched(draft=draft, parts=parts)


def fetch_again(app: App, source: SourceSettings, title: str) -> Fetched:
    """Return the draft of a configured source: its page as it is now, its rules as they stand.

    It is asked as a check of it asks: where it is, is the operator's word. Raises FetchError.
    """
    fetch = replace(app.settings.fetch, deadline=_PAGE_TIME * 2, max_bytes=_PAGE_BYTES)
    with Fetcher(fetch) as fetcher:
        page = fetcher.fetch(source, validators=Validators())
    if isinstance(page, NotModified):
        raise CommandError(f"{source.location}: answers 304 though nothing was known of it")
    guard = Guard(app.settings.desk.private_networks)
    draft = Draft(
        id=new_draft_id(),
        made=app.clock().astimezone(UTC),
        url=source.url,
        page=page,
        steps=(Step(rules=source.rules),),
        form=Form(
            title=title,
            slug=source.bulletin,
            language=source.language,
            time_zone=source.time_zone.key,
        ),
        of=(source.bulletin, source.name),
        kind=source.kind,
    )
    is_web = page.url.startswith(("http://", "https://"))
    return Fetched(draft=draft, parts=_parts(app.settings.fetch, guard, page, is_shown=is_web))


def _page(settings: FetchSettings, guard: Guard, source: SourceSettings) -> Page:
    begun = monotonic()
    with Fetcher(_hurried(settings, _PAGE_TIME), guard=guard) as fetcher:
        try:
            return fetched(fetcher, source)
        except FetchError as error:
            limit = _PAGE_TIME.total_seconds()
            if monotonic() - begun < limit:
                raise
            # Checks have more time than somebody who waits before a screen.
            raise CommandError(
                f"{source.location}: did not come whole within {limit:g} s; try it again, or begin "
                "with tidings init on the command line, which waits longer"
            ) from error


def _slug(title: str, url: str, taken: frozenset[str]) -> str:
    """Suggest a name by the title, or by the address where none of its letters can be in one."""
    has_letters = any(letter.isascii() and letter.isalnum() for letter in title)
    return suggest_slug(title if has_letters else url, taken)


def taken_slugs(app: App) -> frozenset[str]:
    """Return the names that a new bulletin cannot have, for others have or had them."""
    settings = app.settings
    return frozenset(
        (
            *(bulletin.slug for bulletin in settings.bulletins),
            *(name for bulletin in settings.bulletins for name in bulletin.formerly),
            *(merge.slug for merge in settings.merges),
        )
    )


def _hurried(settings: FetchSettings, deadline: timedelta) -> FetchSettings:
    return replace(
        settings,
        timeout=min(settings.timeout, deadline),
        deadline=min(settings.deadline, deadline),
        max_bytes=min(settings.max_bytes, _PAGE_BYTES),
    )


def _parts(settings: FetchSettings, guard: Guard, page: Page, *, is_shown: bool) -> Parts:
    needs = wanted(page) if is_shown else None
    return fetch_parts(
        settings,
        guard,
        home=page.url,
        styles=needs.styles if needs else (),
        pictures=needs.pictures if needs else (),
        bounds=_AROUND,
    )


def _own_feed(settings: FetchSettings, guard: Guard, seen: Look) -> OwnFeed | None:
    end = monotonic() + _FEED_TIME.total_seconds()
    with Fetcher(_hurried(settings, _FEED_TIME), guard=guard) as fetcher:

        def look_there(address: str) -> Look:
            left = timedelta(seconds=end - monotonic())
            if left <= timedelta():
                raise CommandError("there is no time left for further feeds")
            source = SourceSettings(bulletin="", name="main", url=address)
            # As what a page leads to, which a public one may not do into a private network.
            home = replace(source, url=seen.page_url)
            page = fetcher.fetch_linked(home, address, within=left)
            return look_at(page, source, zone=seen.zone)

        feed = own_feed(seen, look_there)
    return OwnFeed(url=feed.url, count=len(feed.reading.entries)) if feed else None


def _title(seen: Look) -> str:
    title = clean_text(seen.reading.title)
    if title:
        return shorten(title, _LONGEST_TITLE)
    host = urlsplit(without_login(seen.page_url)).hostname or ""
    return host.removeprefix("www.")
