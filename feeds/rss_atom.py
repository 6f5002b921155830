"""RSS 2.0 and Atom 1.0 (RFC 4287): the only door of feedgen.

feedgen 1.0.0 has traps, each measured; what is done about one stands where it is done. Every one
of them that a single item could spring on the whole feed is shut in ``feeds.feed.publishable``.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Any

from feeds.feed import GENERATOR, publishable
from feeds.markup import paragraphs_html

if TYPE_CHECKING:
    from feeds.feed import Feed, FeedItem

_RSS_DOCS = "https://www.rssboard.org/rss-specification"
_DC = "http://purl.org/dc/elements/1.1/"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PLAIN = re.compile(rb"<(title|subtitle|name|category|dc:creator|description)\b[^>]*>[^<]*&[^<]*</")
_ITEM = b"<item>"
# feedgen switches the locale of the whole process to write a date, and then back to what it
# found: of two writers at once, one would find the other's.
_LOCALE = Lock()


def write_rss(feed: Feed) -> bytes:
    """Return the feed as RSS 2.0."""
    feed = publishable(feed)
    generator = _generator(feed, self_url=feed.urls.rss, mime="application/rss+xml")
    generator.register_extension("completed", _RssHead, _Completion, atom=False)
    generator.docs(_RSS_DOCS)
    _add_items(generator, feed)
    with _LOCALE:
        written: bytes = generator.rss_str()
    # An item's description is markup, and all else is plain text.
    head, first, items = written.partition(_ITEM)
    return _hex_references(head) + first + _hex_references(items, but=b"description")


def write_atom(feed: Feed) -> bytes:
    """Return the feed as Atom 1.0."""
    feed = publishable(feed)
    generator = _generator(feed, self_url=feed.urls.atom, mime="application/atom+xml")
    generator.register_extension("completed", _AtomHead, _Completion, rss=False)
    _add_items(generator, feed)
    written: bytes = generator.atom_str()
    return _hex_references(written)


def _hex_references(document: bytes, *, but: bytes = b"") -> bytes:
    """Write < and & of plain text in the form that survives a reader that decodes twice.

    The RSS Profile asks for it (3.1); no serialiser has it, and to a parser it is the same.
    """

    def rewrite(match: re.Match[bytes]) -> bytes:
        if match.group(1) == but:
            return match.group()
        return match.group().replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;")

    return _PLAIN.sub(rewrite, document)


def _generator(feed: Feed, *, self_url: str, mime: str) -> Any:  # noqa: ANN401 - ships no types
    from feedgen.feed import FeedGenerator

    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    # RSS takes the href of the last link for the channel's: the page must come after self.
    generator.link(href=self_url, rel="self", type=mime)
    generator.link(href=feed.home_url, rel="alternate", type="text/html")
    # Required in RSS; the title stands in where the bulletin has no description.
    generator.description(feed.description or feed.title)
    if feed.language:
        generator.language(feed.language)
    # Atom requires an author of each entry, or of the feed for those without.
    generator.author({"name": feed.author})
    # Left out, this would be the time of writing, and the bytes would change at each run.
    generator.updated(feed.updated)
    generator.generator(GENERATOR)
    return generator


def _add_items(generator: Any, feed: Feed) -> None:  # noqa: ANN401 - ships no types
    for item in feed.items:
        _add_item(generator, item)


def _add_item(generator: Any, item: FeedItem) -> None:  # noqa: ANN401 - ships no types
    # The default puts each entry before the others: order turned, and quadratic.
    entry = generator.add_entry(order="append")
    entry.guid(item.id, permalink=False)
    entry.title(item.title)
    if item.url:
        entry.link(href=item.url, rel="alternate")
    if item.content_html:
        # One call: a description after it would take its place.
        entry.content(item.content_html, type="html")
    elif not item.url:
        # feedgen refuses the whole of an Atom feed for one entry with neither link nor content.
        entry.content(paragraphs_html(item.title), type="html")
    entry.published(item.published)
    # Left out, this would be the time of writing, with microseconds.
    entry.updated(item.updated)
    if item.categories:
        # One call with the list: each call alone rebuilds what was there.
        entry.category([{"term": category} for category in item.categories])
    if item.author:
        # In RSS feedgen drops an author without an address; see the completion of items.
        entry.author({"name": item.author})
    entry.completed.item = item


class _RssHead:
    """What feedgen leaves out of a channel."""

    def extend_ns(self) -> dict[str, str]:
        """Name the namespace of what RSS has no element for."""
        return {"dc": _DC}

    def extend_rss(self, rss: Any) -> None:  # noqa: ANN401 - ships no types
        """Leave the channel as it is."""


class _AtomHead:
    """What feedgen leaves out of the head of an Atom feed."""

    def extend_ns(self) -> dict[str, str]:
        """Name no further namespace."""
        return {}

    def extend_atom(self, feed: Any) -> None:  # noqa: ANN401 - ships no types
        """Declare plain text to be that, for it may look like markup."""
        for name in ("title", "subtitle"):
            feed.find(name).set("type", "text")


class _Completion:
    """What feedgen leaves out of an item, or loses."""

    item: FeedItem

    def extend_rss(self, element: Any) -> None:  # noqa: ANN401 - ships no types
        """Add the author's name and the language, for which RSS itself has no element."""
        given = {"creator": self.item.author, "language": self.item.language}
        for name, text in given.items():
            if text:
                child = element.makeelement(f"{{{_DC}}}{name}")
                child.text = text
                element.append(child)
        element.tail = "\n"

    def extend_atom(self, element: Any) -> None:  # noqa: ANN401 - ships no types
        """Give links the relation that feedgen loses, and titles and languages theirs."""
        for link in element.findall("link"):
            link.set("rel", "alternate")
        element.find("title").set("type", "text")
        if self.item.language:
            element.set(_XML_LANGUAGE, self.item.language)
        element.tail = "\n"
