"""RSS 2.0 and Atom 1.0 (RFC 4287): the only door of feedgen.

feedgen 1.0.0 has traps, each measured; what we do about one stands where we do it. All text that
comes in is clean already (``feeds.text``), for one illegal character would cost the whole feed.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Any

from feeds.feed import GENERATOR
from feeds.text import clean_block, clean_text

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.feed import Feed, FeedItem

_RSS_DOCS = "https://www.rssboard.org/rss-specification"
_RSS_TITLE = re.compile(rb"<(title|category|dc:creator)\b[^>]*>[^<]*[&][^<]*</")


def write_rss(feed: Feed) -> bytes:
    """Return the feed as RSS 2.0."""
    generator = _generator(feed, self_url=feed.rss_url, mime="application/rss+xml")
    generator.docs(_RSS_DOCS)
    generator.load_extension("dc", atom=False, rss=True)
    for item in feed.items:
        entry = _entry(generator, item)
        # feedgen drops an RSS author without an address; dc:creator is the name's own element.
        if item.author:
            entry.dc.dc_creator(clean_text(item.author))
    written: bytes = generator.rss_str(pretty=False)
    # Readers decode titles once or twice; these references survive both (RSS Profile 3.1).
    return _RSS_TITLE.sub(
        lambda match: match.group().replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;"),
        written,
    )


def write_atom(feed: Feed) -> bytes:
    """Return the feed as Atom 1.0."""
    generator = _generator(feed, self_url=feed.atom_url, mime="application/atom+xml")
    for item in feed.items:
        entry = _entry(generator, item)
        if item.author:
            entry.author({"name": clean_text(item.author)})
    written: bytes = generator.atom_str(pretty=False)
    return written


def _generator(feed: Feed, *, self_url: str, mime: str) -> Any:  # noqa: ANN401 - ships no types
    from feedgen.feed import FeedGenerator

    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(clean_text(feed.title))
    # RSS takes the href of the last link for the channel's: the page must come after self.
    generator.link(href=self_url, rel="self", type=mime)
    generator.link(href=feed.home_url, rel="alternate", type="text/html")
    # Required in RSS; the title stands in where the bulletin has no description.
    generator.description(clean_text(feed.description) or clean_text(feed.title))
    if feed.language:
        generator.language(feed.language)
    generator.author({"name": clean_text(feed.author)})
    # Both would be the time of writing, and the bytes would change at each run.
    generator.updated(_seconds(feed.updated))
    generator.generator(GENERATOR)
    return generator


def _entry(generator: Any, item: FeedItem) -> Any:  # noqa: ANN401 - ships no types
    # The default puts each entry before the others: order turned, and quadratic.
    entry = generator.add_entry(order="append")
    title = clean_text(item.title)
    entry.id(item.id)
    entry.guid(item.id, permalink=False)
    entry.title(title)
    entry.link(href=item.url, rel="alternate")
    entry.published(_seconds(item.published))
    # Left out, it would be the time of writing, with microseconds.
    entry.updated(_seconds(item.updated))
    content = clean_block(item.content_html)
    if content:
        # One call: a description after it would take its place.
        entry.content(content, type="html")
    if item.categories:
        # One call with the list: each call alone rebuilds what was there.
        entry.category([{"term": clean_text(category)} for category in item.categories])
    return entry


def _seconds(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
