"""What a check fetches beyond the source itself: pages of older items, and items' own pages.

All of it is a favour: what fails is left out and said in the log, and the check goes on.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.decode import decode
from feeds.fetch import FetchError
from feeds.keys import title_key, url_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from config.settings import SourceSettings
    from feeds.fetch import Fetcher, Page
    from feeds.model import Entry, Reading

log = logging.getLogger("tidings.check")

# Pages of items that one check fetches, the newest first; a source that brings more at once is
# being read for the first time.
MOST_FULL_TEXTS = 20


def with_older_pages(
    page: Page,
    reading: Reading,
    *,
    source: SourceSettings,
    fetcher: Fetcher,
    read: Callable[[Page], Reading],
) -> Reading:
    """Return the reading with the items of the pages that follow, as many as the source wants."""
    from feeds.read_head import older_page

    entries = list(reading.entries)
    known = {_key(entry) for entry in entries}
    seen = {page.url}
    for _ in range(source.pages - 1):
        address = older_page(decode(page.body, content_type=page.content_type).text, page.url)
        if not address or address in seen:
            break
        seen.add(address)
        try:
            page = fetcher.fetch_linked(source, address)
        except FetchError as error:
            log.warning("older items left out: %s", error)
            break
        older = read(page)
        if older.problem:
            log.warning("older items left out: %s: %s", address, older.problem)
            break
        fresh = [entry for entry in older.entries if _key(entry) not in known]
        if not fresh:
            break
        known |= {_key(entry) for entry in fresh}
        entries += fresh
    return replace(reading, entries=tuple(entries))


def _key(entry: Entry) -> tuple[str, str, object]:
    return url_key(entry.url), title_key(entry.title), entry.when


def with_full_texts(
    entries: Sequence[Entry], *, source: SourceSettings, fetcher: Fetcher
) -> tuple[Entry, ...]:
    """Return the entries with the whole text and picture of the pages behind their links."""
    return tuple(
        _with_full_text(entry, source=source, fetcher=fetcher)
        if place < MOST_FULL_TEXTS and entry.url and not entry.full_html
        else entry
        for place, entry in enumerate(entries)
    )


def _with_full_text(entry: Entry, *, source: SourceSettings, fetcher: Fetcher) -> Entry:
    from feeds.read_article import read_article

    try:
        page = fetcher.fetch_linked(source, entry.url)
    except FetchError as error:
        log.warning("whole text left out: %s", error)
        return entry
    decoded = decode(page.body, content_type=page.content_type)
    if decoded.binary or "html" not in page.content_type:
        return entry
    article = read_article(decoded.text, url=page.url, title=entry.title)
    return replace(entry, full_html=article.html, image_url=entry.image_url or article.image_url)
