"""RSS 2.0 and Atom 1.0 (RFC 4287): the only door of feedgen.

feedgen 1.0.0 has traps, each measured; what is done about one stands where it is done. Every one
of them that a single item could spring on the whole feed is shut in ``feeds.feed.publishable``.
"""

from __future__ import annotations

import html
import re
from threading import Lock
from typing import TYPE_CHECKING, Any

from feeds.feed import GENERATOR, publishable
from feeds.markup import paragraphs_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from feeds.feed import Feed, FeedItem, FeedOrigin, FeedUrls

_RSS_DOCS = "https://www.rssboard.org/rss-specification"
_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
# What the image of a channel may be.
_PICTURE = re.compile(r"\.(?:gif|jpe?g|png)(?:\?|$)", re.IGNORECASE)
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
    generator.completed.feed = feed
    generator.docs(_RSS_DOCS)
    if feed.icon_url and _PICTURE.search(feed.icon_url):
        generator.image(feed.icon_url, feed.title, feed.home_url)
    _add_items(generator, feed)
    with _LOCALE:
        written: bytes = generator.rss_str()
    # An item's description is markup, and all else is plain text.
    head, first, items = written.partition(_ITEM)
    return _styled(_hex_references(head) + first + _hex_references(items, but=b"description"), feed)


def write_atom(feed: Feed) -> bytes:
    """Return the feed as Atom 1.0."""
    feed = publishable(feed)
    generator = _generator(feed, self_url=feed.urls.atom, mime="application/atom+xml")
    generator.register_extension("completed", _AtomHead, _Completion, rss=False)
    generator.completed.feed = feed
    if feed.icon_url:
        generator.icon(feed.icon_url)
    _add_items(generator, feed, has_texts=True)
    written: bytes = generator.atom_str()
    return _styled(_hex_references(written), feed)


def _styled(document: bytes, feed: Feed) -> bytes:
    """Name the style sheet that a browser shows the document by; feedgen has no call for it."""
    if not feed.stylesheet_url:
        return document
    declaration, end, rest = document.partition(b"?>\n")
    href = html.escape(feed.stylesheet_url).encode()
    return declaration + end + b'<?xml-stylesheet type="text/css" href="' + href + b'"?>\n' + rest


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


def _add_items(generator: Any, feed: Feed, *, has_texts: bool = False) -> None:  # noqa: ANN401
    """Add the items; each has a text where the format asks for one, be it only its title."""
    for item in feed.items:
        _add_item(generator, item, has_texts=has_texts)


def _add_item(generator: Any, item: FeedItem, *, has_texts: bool) -> None:  # noqa: ANN401
    # The default puts each entry before the others: order turned, and quadratic.
    entry = generator.add_entry(order="append")
    entry.guid(item.id, permalink=False)
    entry.title(item.title)
    if item.url:
        entry.link(href=item.url, rel="alternate")
    if item.content_html:
        # One call: a description after it would take its place.
        entry.content(item.content_html, type="html")
    elif has_texts:
        # And feedgen refuses the whole of a feed for one entry with neither link nor content.
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


def _links(feed: Feed, pick: Callable[[FeedUrls], str]) -> Iterator[tuple[str, str]]:
    """Yield the links of a head by relation: hubs, and the way through the archive."""
    for hub in feed.hubs:
        yield "hub", hub
    for relation, urls in (
        ("current", feed.live),
        ("prev-archive", feed.previous),
        ("next-archive", feed.following),
    ):
        if urls is not None:
            yield relation, pick(urls)


def _append(parent: Any, tag: str, **attributes: str) -> None:  # noqa: ANN401 - ships no types
    parent.append(
        parent.makeelement(tag, {name: text for name, text in attributes.items() if text})
    )


class _RssHead:
    """What feedgen leaves out of a channel."""

    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        """Name the namespaces of what RSS has no element for."""
        return {"dc": _DC} | ({"fh": _HISTORY} if self.feed.live else {})

    def extend_rss(self, rss: Any) -> None:  # noqa: ANN401 - ships no types
        """Add the links that feedgen drops, and the mark of an archived document."""
        for relation, href in _links(self.feed, lambda urls: urls.rss):
            _append(rss[0], f"{{{_ATOM}}}link", href=href, rel=relation)
        if self.feed.live:
            _append(rss[0], f"{{{_HISTORY}}}archive")


class _AtomHead:
    """What feedgen leaves out of the head of an Atom feed."""

    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        """Name the namespace of what Atom has no element for."""
        return {"fh": _HISTORY} if self.feed.live else {}

    def extend_atom(self, feed: Any) -> None:  # noqa: ANN401 - ships no types
        """Declare plain text to be that, for it may look like markup; add links."""
        for name in ("title", "subtitle"):
            feed.find(name).set("type", "text")
        for relation, href in _links(self.feed, lambda urls: urls.atom):
            # In feedgen's tree the elements of Atom have no namespace.
            _append(feed, "link", href=href, rel=relation)
        if self.feed.live:
            _append(feed, f"{{{_HISTORY}}}archive")


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
        # Readers take one enclosure of an item.
        for attachment in self.item.attachments[:1]:
            _append(
                element,
                "enclosure",
                url=attachment.url,
                length=str(attachment.size),
                type=attachment.mime,
            )
        if self.item.origin:
            source = element.makeelement("source", {"url": self.item.origin.urls.rss})
            source.text = self.item.origin.title
            element.append(source)
        element.tail = "\n"

    def extend_atom(self, element: Any) -> None:  # noqa: ANN401 - ships no types
        """Give links the relation that feedgen loses, and titles and languages theirs."""
        for link in element.findall("link"):
            link.set("rel", "alternate")
        element.find("title").set("type", "text")
        if self.item.language:
            element.set(_XML_LANGUAGE, self.item.language)
        for attachment in self.item.attachments:
            _append(
                element,
                "link",
                href=attachment.url,
                rel="enclosure",
                type=attachment.mime,
                length=str(attachment.size or ""),
                title=attachment.title,
            )
        if self.item.origin:
            _add_source(element, self.item.origin, self.item)
        element.tail = "\n"


def _add_source(element: Any, origin: FeedOrigin, item: FeedItem) -> None:  # noqa: ANN401
    """Name the feed that an entry is at home in (RFC 4287, 4.2.11)."""
    source = element.makeelement("source")
    for tag, text in (
        ("id", origin.id),
        ("title", origin.title),
        ("updated", item.updated.isoformat()),
    ):
        child = source.makeelement(tag)
        child.text = text
        source.append(child)
    _append(source, "link", href=origin.urls.atom, rel="self", type="application/atom+xml")
    _append(source, "link", href=origin.home_url, rel="alternate", type="text/html")
    element.append(source)
