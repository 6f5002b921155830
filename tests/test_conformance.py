"""What is published holds to the rules of its format, and what breaks one is found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from worlds import NOON, Feeds, Site, a_feed, a_feed_item, bulletin

from feeds.bulletin_feed import archive_paths
from feeds.conformance import faults_of
from feeds.database import open_database
from feeds.feed import Feed, FeedOrigin
from feeds.json_feed import write_json_feed
from feeds.migrations import migrate
from feeds.model import Attachment
from feeds.read import read
from feeds.rss_atom import write_atom, write_rss
from feeds.schema import FEEDS

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = json.loads((Path(__file__).parent / "json_feed_schema.json").read_text())
CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "extraction"
WRITERS: dict[str, Callable[[Feed], bytes]] = {
    "rss": write_rss,
    "atom": write_atom,
    "json": write_json_feed,
}
by_kind = pytest.mark.parametrize("kind", WRITERS)


def _archived(name: str) -> Any:  # noqa: ANN401 - the addresses of a document
    return archive_paths("harbour", name).below("https://feeds.test/")


FULL = a_feed(
    a_feed_item(
        1,
        title="Fish & <chips>",
        author="Ann Harbour",
        categories=("sea & <wind>", "ferry"),
        language="fr",
        image_url="https://x.test/1.png",
        attachments=(
            Attachment(url="https://x.test/a.mp3", mime="audio/mpeg", size=7),
            Attachment(url="https://x.test/b.bin"),
        ),
        updated=NOON + timedelta(hours=1),
    ),
    a_feed_item(
        2,
        origin=FeedOrigin(
            id="tag:example.org,2026:port",
            title="Port <b>news</b>",
            home_url="https://feeds.test/port/",
            urls=_archived("x"),
        ),
    ),
    a_feed_item(3, summary_html=""),
    a_feed_item(4, url="", summary_html="", title="Bare"),
    a_feed_item(5, language="he", summary_html="<p>שלום</p>"),
    title="Harbour news",
    icon_url="https://feeds.test/icon.png",
    hubs=("https://hub.test/?a=1&b=2",),
    stylesheet_url="https://feeds.test/feed.css?a&b",
    previous=_archived("2026-10"),
)
ARCHIVED = replace(
    FULL,
    urls=_archived("2026-10"),
    live=FULL.urls,
    previous=_archived("2026-09"),
    following=_archived("2026-11"),
)


@by_kind
@pytest.mark.parametrize("feed", [FULL, ARCHIVED, replace(ARCHIVED, items=())])
def test_what_is_written_holds_to_the_rules(kind: str, feed: Feed) -> None:
    """Everything that a feed may have, live and archived."""
    document = WRITERS[kind](feed)

    assert faults_of(document, kind, feed) == ()
    if kind == "json" and feed is not ARCHIVED:
        assert json.loads(document)["hubs"] == [{"type": "WebSub", "url": FULL.hubs[0]}]


ID = "tag:example.org,2026-11-23:harbour/1"


@pytest.mark.parametrize(
    ("kind", "old", "new", "rule", "item"),
    [
        ("rss", "</channel>", "", "is not well-formed XML", ""),
        ("rss", "encoding='UTF-8'", "encoding='latin-1'", "does not begin with a declaration", ""),
        ("rss", "<rss ", "<!DOCTYPE rss><rss ", "has a document type", ""),
        ("rss", 'version="2.0"', 'version="0.92"', "is no RSS 2.0", ""),
        ("rss", "What the harbour says", " ", "has no description", ""),
        ("rss", "Ferry 2<", "Ferry\u00822<", "control characters", ""),
        ("rss", 'isPermaLink="false"', "", "its guid does not say", ID),
        ("rss", "<lastBuildDate>Mon", "<lastBuildDate>Tue", "no date of its last change", ""),
        ("rss", "<pubDate>Mon", "<pubDate>Tue", "its pubDate is no date", ID),
        (
            "rss",
            "<pubDate>Mon, 23 Nov 2026",
            "<pubDate>Mon, 23 Nov 26",
            "its pubDate is no date",
            ID,
        ),
        ("rss", 'length="7"', 'length="big"', "its enclosure lacks", ID),
        ("rss", "</channel>", "<ttl>5</ttl></channel>", "has items too early", ""),
        ("rss", "<title>Fish", "<title>x</title><title>Fish", "more than one title", ID),
        ("rss", "harbour/2<", "harbour/1<", "in another order", ""),
        ("rss", "harbour/2<", "harbour/1<", "has the same id 2 times", ID),
        ("rss", "harbour/1<", "harbour/9<", "has an id that no item has", ID[:-1] + "9"),
        ("rss", "rss.xml", "RSS.xml", "its self link should be", ""),
        ("rss", "2026-10.rss.xml", "2026-11.rss.xml", "its link to the archived document", ""),
        ("rss", "https://hub.test/", "http://hub.test/", "its hubs should be", ""),
        ("rss", ">https://x.test/1<", ">/1<", "its link is not a whole", ID),
        ("rss", ">https://x.test/1<", ">https://é.test/1<", "its link is not a whole", ID),
        ("rss", ">Ann Harbour<", ">Bob<", "its author reads otherwise", ID),
        ("rss", ">fr<", ">FR_ca<", "its language is no tag", ID),
        ("rss", ">ferry<", "><", "its categories are empty", ID),
        ("rss", "Fog on day 1.", "Fog&lt;script&gt;", "its text has <script>", ID),
        ("rss", "Fog on day 1.", "&lt;b onclick=''&gt;", "the attribute 'onclick'", ID),
        ("rss", "Fog on day 1.", "&lt;a href='/x'&gt;", "an address that is not whole", ID),
        ("rss", "Fog on day 1.", "&lt;a href='javascript:x'&gt;", "is not whole", ID),
        ("rss", "Fog on day 1.", "Rain", "its text reads otherwise", ID),
        ("atom", "<feed ", "<feeds ", "is not well-formed XML", ""),
        ("atom", "http://www.w3.org/2005/Atom", "http://x.test/", "is no Atom feed", ""),
        ("atom", "<name>Harbour office</name>", "", "no instant of change or no author", ""),
        ("atom", "2026-11-23T13:00:00+00:00</upd", "yesterday</upd", "its updated is no", ID),
        ("atom", "2026-11-23T13:00:00+00:00</upd", "2026-13-01T00:00:00Z</upd", "is no", ID),
        ("atom", "<id>tag:example.org,2026-11-23:harbour<", "<id>x<", "its id should be", ""),
        ("atom", "<entry><id>", "<entry><id>x</id><id>", "has 2 of id", "x"),
        ("atom", 'rel="alternate"/><cat', 'rel="self"/><cat', "that only a feed may have", ID),
        ("atom", 'rel="enclosure"', 'rel="alternate"', "more than one link of its own", ID),
        ("atom", "13:00:00+00:00</up", "12:00:00+00:00</up", "at the same instant", ID),
        ("atom", "<title>Port", "<x>Port", "is not well-formed", ""),
        ("json", "{", "", "is no JSON", ""),
        ("json", "https://jsonfeed.org/version/1.1", "1", "is not of version", ""),
        ("json", '"description":', '"about":', "has 'about'", ""),
        ("json", '"title": "Harbour news", ', "", "has no title", ""),
        ("json", '"content_html": "<p>Fog', '"content_htm": "<p>Fog', "has 'content_htm'", ID),
        ("json", '"2026-11-23T12:00:00Z"', '"2026-11-23"', "its date_published is no", ID),
        ("json", '"2026-11-23T12:00:00Z"', "null", "its date_published is of a wrong", ID),
        ("json", '"Fish & <chips>"', '""', "its title is empty", ID),
        ("json", f'"id": "{ID}"', '"id": " "', "has no id", " "),
        ("json", '"mime_type": "audio/mpeg", ', "", "no url or no mime_type", ID),
        ("json", '"feed_url": "https', '"feed_url": "ftp', "its self link must be", ""),
    ],
)
def test_a_broken_rule_is_found(kind: str, old: str, new: str, rule: str, item: str) -> None:
    """With the item that breaks it, where one does."""
    written = WRITERS[kind](FULL).decode()
    assert old in written

    faults = faults_of(written.replace(old, new, 1).encode(), kind, FULL)

    assert any(rule in fault.rule and fault.item == item for fault in faults), faults


def test_a_document_beyond_all_readers_is_refused() -> None:
    """The W3C's validator reads no more than five megabytes."""
    large = a_feed(*(a_feed_item(n, summary_html="x" * 600_000) for n in range(9)))

    (fault,) = faults_of(write_json_feed(large), "json", large)

    assert fault.rule == "is longer than 5,000,000 bytes"


def _published(folder: Path, name: str, body: bytes, url: str, mime: str) -> dict[str, bytes]:
    """Read a real page and publish its items as if they had come in three months."""
    found = read(body, url=url, content_type=mime, zone=ZoneInfo("UTC"), now=NOON)
    third = -(-len(found.entries) // 3)
    with open_database("", folder / "data") as database:
        feeds = Feeds(database)
        feeds.clock.now = datetime(2026, 8, 1, tzinfo=UTC)
        migrate(database, (FEEDS,), now=feeds.clock())
        one = replace(bulletin(), title=found.title or name, language=found.language or "en")
        site = Site(feeds, folder / "public", (one,), hubs=("https://hub.test/",))
        for start in range(2 * third, -1, -third or -1):
            feeds.store(*found.entries[start : start + third])
            feeds.clock.forward(days=35)
        files = site.publish()
        assert site.refused() == ()
        return files


# The whole corpus is published by benchmarks/conformance.py.
SAMPLE = [path.name for path in sorted(CORPUS.iterdir())[::8]] if CORPUS.is_dir() else [""]


@pytest.mark.parametrize("name", [*SAMPLE, "the seed bulletin"])
def test_what_real_pages_hold_is_published_by_the_rules(
    name: str, shared: Path, tmp_path: Path
) -> None:
    """Every item of it, in every document; JSON Feed also by a schema."""
    if name in SAMPLE:
        page = (CORPUS / name / "page.html").read_bytes()
        url = json.loads((CORPUS / name / "meta.json").read_text())["url"]
        files = _published(tmp_path, name, page, url, "text/html")
    else:
        text = (shared / "bulletins" / "iom-2020-09-14.txt").read_bytes()
        files = _published(tmp_path, name, text, "https://x.test/", "text/plain")

    documents = [content for path, content in files.items() if path.endswith("feed.json")]
    assert documents
    for document in documents:
        jsonschema.validate(json.loads(document), SCHEMA)
