from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from feeds.model import Entry, Reading, When
from feeds.read import read

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour</title>
<item><title>Pier &amp;amp; boats</title><link>/n/1</link><guid isPermaLink="false">a1</guid>
<pubDate>Mon, 14 Sep 2020 10:00:00 +0200</pubDate>
<description>&lt;p&gt;Open &lt;a href="/p"&gt;again&lt;/a&gt;&lt;/p&gt;</description></item>
</channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title>
<entry><title>Pier</title><id>tag:x,2020:1</id><link href="/n/1"/>
<published>2020-09-14T10:00:00Z</published><summary>Open</summary></entry></feed>"""
JSON = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour", "items": [
{"id": "1", "url": "/n/1", "title": "Pier", "date_published": "2020-09-14", "content_text": "Open"}
]}"""


def reading(body: bytes) -> Reading:
    """Read bytes of which nothing is known."""
    return read(
        body,
        url="https://harbour.example/feed",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize("body", [RSS, ATOM, JSON], ids=["rss", "atom", "json"])
def test_feeds_are_read(body: bytes) -> None:
    """A feed as the source gives its items."""
    found = reading(body)
    entry = found.entries[0]

    assert found.title == "Harbour"
    assert entry.url == "https://harbour.example/n/1"
    assert entry.title.startswith("Pier")
    assert entry.source_id
    assert entry.when is not None
    assert entry.when.day == date(2020, 9, 14)


def test_an_rss_item_keeps_time_identity_and_markup() -> None:
    """The item of a feed loses nothing on the way."""
    assert reading(RSS).entries == (
        Entry(
            title="Pier & boats",
            url="https://harbour.example/n/1",
            when=When(date(2020, 9, 14), datetime(2020, 9, 14, 8, tzinfo=UTC)),
            summary_html='<p>Open <a href="https://harbour.example/p">again</a></p>',
            source_id="a1",
        ),
    )


@pytest.mark.parametrize(
    ("before", "item"),
    [
        (b'<?xml version="1.0"?>\n<?xml-stylesheet href="x.xsl"?>\n', RSS.partition(b"?>")[2]),
        (b"<!-- made by a tool -->" * 30, ATOM),
        (b'<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://x.example/rss.dtd">', ATOM),
        (b"<!DOCTYPE feed [<!ENTITY x 'y>'>]>", ATOM),
        (b"", ATOM.replace(b"<", b"<a:").replace(b"<a:/", b"</a:").replace(b"xmlns=", b"xmlns:a=")),
    ],
    ids=["stylesheet", "comments", "document type", "its own entities", "prefix"],
)
def test_a_feed_is_known_behind_what_may_stand_before_it(before: bytes, item: bytes) -> None:
    """A feed is told by its root element, wherever that begins."""
    found = reading(before + item)

    assert found.method == "feed"
    assert len(found.entries) == 1


@pytest.mark.parametrize("kind", ["rss+xml", "atom+xml", "rdf+xml", "feed+json"])
def test_a_feed_is_known_by_its_content_type(kind: str) -> None:
    """What a server calls a feed is read as one, unless it is a page."""
    assert _read(b"<channel><item><title>Pier</title></item></channel>", kind).method == "feed"
    assert _read(b"<!doctype html><html><body><p>Moved</html>", kind).method != "feed"


def _read(body: bytes, kind: str) -> Reading:
    return read(
        body,
        url="https://harbour.example/feed",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, tzinfo=UTC),
        content_type=f"Application/{kind}; charset=utf-8",
    )


def test_a_feed_states_short_titles_and_a_language() -> None:
    """Titles of any length and languages of any form do not go on from here."""
    long = b"pier " * 1000
    rss = RSS.replace(b"Pier ", long).replace(b"</title>\n", b"</title><language>EN_us</language>")
    json = JSON.replace(b"Pier", long).replace(b'"items"', b'"language": "\\ud800", "items"')

    assert reading(rss).language == "en-US"
    assert reading(json).language == ""
    assert all(len(reading(body).entries[0].title) <= 300 for body in (rss, json))


def test_entities_of_a_feed_are_not_expanded() -> None:
    """A document type cannot pull in files or blow up."""
    body = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><channel><item><title>A &x; B</title></item></channel></rss>'  # noqa: E501
    found = reading(b'<?xml version="1.0"?>' + body)

    assert all("A" in entry.title and len(entry.title) <= len("A &x; B") for entry in found.entries)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x00\x01\x02\x03" * 50, "binary"),
        (b"<rss><channel></channel></rss>", "no items"),
    ],
    ids=["nothing", "blank", "pdf", "binary", "empty feed"],
)
def test_what_cannot_be_read_says_so(body: bytes, named: str) -> None:
    """The problem names what is wrong."""
    found = reading(body)

    assert found.entries == ()
    assert named in found.problem
