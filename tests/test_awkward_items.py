"""Awkward texts, markup, links, dates, ids, people and files: published rightly, or refused.

Each row is one item beside a plain one. Texts of pages come through the sanitiser, as they do
when a page is read; all else is given to the writers as it stands.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from lxml import etree
from worlds import NOON, a_feed, a_feed_item

from feeds.conformance import faults_of
from feeds.feed import Feed, FeedItem, publishable
from feeds.json_feed import write_json_feed
from feeds.markup import sanitise
from feeds.model import Attachment
from feeds.rss_atom import write_atom, write_rss

if TYPE_CHECKING:
    from collections.abc import Callable

ATOM = "{http://www.w3.org/2005/Atom}"
PAGE = "https://x.test/news/today?x=1"
WRITERS: dict[str, Callable[[Feed], bytes]] = {
    "rss": write_rss,
    "atom": write_atom,
    "json": write_json_feed,
}
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

# Name of the row, a text, and how its title reads.
TITLES = [
    ("A1 controls", "a\x00b\x01\x08\x0b\x0c\x0e\x1fc", "ab c"),
    ("A2 surrogates", "a\ud800b\udfffc\udfff\ud800d", "abcd"),
    ("A3 ffff", "a\ufffeb\uffff", "ab"),
    ("A4 noncharacters", "a\ufdd0b\U0001fffec", "abc"),
    ("A5 windows-1252", "\x93quoted\x94 and so on\x85", "“quoted” and so on…"),
    ("A6 replacement", "caf\ufffd", "caf"),
    ("A7 twice encoded", "cafÃ© â€œso\u00e2\u0080\u009d", "café “so”"),
    ("A7 ambiguous", "cafÃ© 港", "cafÃ© 港"),
    ("A8 invisible", "a\x7fb\ufeffc\u2028d", "abc d"),
    ("A9 emoji", f"{FAMILY} 🇩🇪 👍🏽 𝔘", f"{FAMILY} 🇩🇪 👍🏽 𝔘"),
    ("A10 right to left", "\u202eabc\u202c ירושלים \u2066x", "abc ירושלים x"),
    ("A11 composed", "cafe\u0301 ı̇", "café ı̇"),
    ("A11 zalgo", "a" + "\u0336" * 200, "a" + "\u0336" * 200),
    ("A12 lines", " two\r\nlines\u00a0and\ttabs\r\nBcc: a ", "two lines and tabs Bcc: a"),
    ("A13 blank", " \n\u00a0", "Fog & rain"),
    ("B1 ampersand", "AT&T R&D <draft> x<y>z", "AT&T R&D <draft> x<y>z"),
    ("B3 entity", "Use &lt;b&gt;, the &amp; entity", "Use &lt;b&gt;, the &amp; entity"),
    ("B4 script", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("B5 cdata", "]]> <![CDATA[ ]]", "]]> <![CDATA[ ]]"),
    ("F7 long", "long " * 2_000, ("long " * 2_000).strip()),
    ("F7 one word", "w" * 10_000, "w" * 10_000),
]
# Name of the row, markup as a page has it, and what is published of it.
TEXTS = [
    ("A1 controls", "<p>a\x00b\x0bc</p>", "<p>ab c</p>"),
    ("A5 windows-1252", "<p>&#147;so&#148;</p>", "<p>“so”</p>"),
    ("A6 replacement", "<p>caf\ufffd</p>", "<p>caf</p>"),
    ("A7 twice encoded", "<p>cafÃ© â€“ <b>so</b></p>", "<p>café – <b>so</b></p>"),
    ("B5 cdata", "<p>]]&gt; ]]</p>", "<p>]]&gt; ]]</p>"),
    ("B6 script", "<p>a<script>b()</script></p>", "<p>a</p>"),
    ("B6 frames", '<iframe srcdoc="x"></iframe><object></object><embed><p>a</p>', "<p>a</p>"),
    ("B6 handlers", '<p onclick="x()">a<img src="y" onerror="z()"></p>', None),
    ("B6 javascript", '<p><a href="java&#10;script:x()">a</a></p>', "<p>a</p>"),
    ("B6 data", '<p><a href="data:text/html,x">a</a></p>', "<p>a</p>"),
    ("B6 svg", '<svg onload="x()"><p>b</p></svg><p>a</p>', None),
    ("B7 style", '<p style="position:fixed">a</p>', "<p>a</p>"),
    ("B8 unclosed", "<p><b>x</div></div><table><tr><td>y</table><?php ?><!-- -- -->", None),
    ("B9 plain", "a < b & c", "a &lt; b &amp; c"),
    ("B10 relative", '<p><a href="/i">a</a></p>', '<p><a href="https://x.test/i">a</a></p>'),
    ("B10 srcset", '<p><img src="//y.test/a" srcset="b 1x, /c 2x" alt="d"></p>', None),
    ("B10 fragments", '<p><a href="#top">a</a> <a href="?q">b</a></p>', None),
    ("B11 entities", "<p>a&nbsp;b&hellip;&#x80;&bogus;&amp;amp;</p>", None),
    ("B12 nothing", "", ""),
    ("B12 picture", '<img src="a.png" alt="a">', '<img src="https://x.test/news/a.png" alt="a">'),
    ("B12 table", "<table><tr><td>a</td></tr></table>", None),
    ("B12 large", "<p>large</p>" * 20_000, None),
    ("B12 deep", "<div>" * 20_000 + "deep", None),
    ("B13 counting", '<p>a<img src="https://t.test/1.gif" width="1" height="1"></p>', "<p>a</p>"),
    ("B13 lazy", '<img src="data:image/gif;base64,R0" data-src="/b.png" alt="b">', None),
    ("B13 video", '<video src="/v.mp4" poster="/p.png" onplay="x()"></video><p>a</p>', None),
]
# Name of the row, an address, and the link that is published; empty for none.
LINKS = [
    ("C1 none", "", ""),
    ("C3 relative", "/i/1", ""),
    ("C3 fragment", "#top", ""),
    ("C4 letters", "http://bücher.example/ñ?q=ü", "http://xn--bcher-kva.example/%C3%B1?q=%C3%BC"),
    ("C4 encoded", "http://e.test/%C3%B1%2Fa", "http://e.test/%C3%B1%2Fa"),
    ("C5 blanks", " http://e.test/a b\n\t", "http://e.test/a%20b"),
    ("C6 odd signs", 'http://e.test/|[]{}\\^%zz"', "http://e.test/%7C%5B%5D%7B%7D/%5E%25zz%22"),
    ("C7 javascript", "javascript:alert(1)", ""),
    ("C7 data", "data:text/html,x", ""),
    ("C7 mailto", "mailto:a@b.test", ""),
    ("C7 file", "file:///etc/passwd", ""),
    ("C7 unknown", "x-unknown:1", ""),
    ("C8 unusual", "HTTP://Example.ORG:80/%7ea/../b", "http://example.org/b"),
    ("C8 login", "http://a:b@e.test/", "http://e.test/"),
    ("C8 long", "http://e.test/" + "x" * 8_000, "http://e.test/" + "x" * 8_000),
]
# Name of the row, what is odd of the item, and what is read of it.
OTHERS: list[tuple[str, dict[str, Any], dict[str, object]]] = [
    ("C2 nothing at all", {"url": "", "summary_html": "", "title": "Bare"}, {"title": "Bare"}),
    (
        "D4 zones",
        {"published": datetime(2026, 1, 1, 5, 30, tzinfo=timezone(timedelta(hours=14)))},
        {"published": datetime(2025, 12, 31, 15, 30, tzinfo=UTC)},
    ),
    (
        "D5 seconds in a zone",
        {"published": datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=3208)))},
        {"published": datetime(2025, 12, 31, 23, 6, 32, tzinfo=UTC)},
    ),
    (
        "D6 year 9999",
        {"published": datetime.max.replace(tzinfo=UTC)},
        {"published": datetime(9999, 12, 30, tzinfo=UTC)},
    ),
    ("D8 same instant", {"updated": NOON}, {"published": NOON}),
    ("D10 microseconds", {"published": NOON.replace(microsecond=7)}, {"published": NOON}),
    ("E2 odd id", {"id": " tag:x,2026:a b\n "}, {"id": "tag:x,2026:a b"}),
    ("F1 mailbox", {"author": "Doe, John <j@e.test>"}, {"author": "Doe, John"}),
    ("F1 mailbox alone", {"author": "j@e.test"}, {"author": ""}),
    ("F1 markup", {"author": 'A "<b>" & B'}, {"author": 'A "<b>" & B'}),
    (
        "F3 categories",
        {"categories": ("A & B <x>", "", "a,b/c", "A & B <x>", *map(str, range(500)))},
        {"categories": ("A & B <x>", "a,b/c", *map(str, range(500)))},
    ),
    (
        "F4 files",
        {
            "attachments": (
                Attachment(url="https://x.test/ñ 1.mp3"),
                Attachment(url="javascript:x"),
                Attachment(url="https://x.test/b", mime="wrong", size=-1),
                Attachment(url="https://x.test/c.pdf", size=5_000_000_000),
            )
        },
        {
            "files": (
                ("https://x.test/%C3%B1%201.mp3", "audio/mpeg"),
                ("https://x.test/b", "application/octet-stream"),
                ("https://x.test/c.pdf", "application/pdf"),
            )
        },
    ),
    ("F6 picture", {"image_url": "pic.svg"}, {"content": "<p>Fog</p>"}),
    ("F8 language", {"language": "zh_hant_TW"}, {"language": "zh-Hant-TW"}),
    ("F8 no language", {"language": "english"}, {"language": ""}),
    (
        "F8 right to left",
        {"language": "he"},
        {"content": '<div dir="rtl"><p>Fog</p></div>', "language": "he"},
    ),
]


def _held(item: FeedItem, *, feed: Feed | None = None) -> dict[str, object]:
    """Write a feed of an item and a plain one; return what the three formats say of the first.

    They say the same, each holds to its rules, and the plain one is there.
    """
    plain = a_feed_item(77, title="Plain")
    feed = replace(feed or a_feed(), items=(item, plain))
    expected = publishable(feed)
    for kind, write in WRITERS.items():
        document = write(feed)
        assert faults_of(document, kind, feed) == ()
        assert write(feed) == document
    items = json.loads(write_json_feed(feed))["items"]
    assert [item["title"] for item in items][-1] == "Plain"
    assert len(items) == 2
    first = expected.items[0]
    return {
        "id": first.id,
        "title": first.title,
        "url": first.url,
        "content": first.content_html,
        "published": first.published,
        "author": first.author,
        "categories": first.categories,
        "language": first.language,
        "files": tuple((file.url, file.mime) for file in first.attachments),
    }


@pytest.mark.parametrize(("title", "read"), [row[1:] for row in TITLES], ids=[r[0] for r in TITLES])
def test_a_title_is_read_as_it_was_meant(title: str, read: str) -> None:
    """In every format, and beside it nothing is lost; where nothing is left the text gives one."""
    item = a_feed_item(title=title, summary_html="<p>Fog &amp; rain</p>")

    assert _held(item)["title"] == read


@pytest.mark.parametrize(("markup", "read"), [r[1:] for r in TEXTS], ids=[r[0] for r in TEXTS])
def test_a_text_is_published_without_what_acts(markup: str, read: str | None) -> None:
    """Whole addresses, closed elements, no scripts; all three formats hold to their rules."""
    content = _held(a_feed_item(summary_html=sanitise(markup, PAGE)))["content"]

    assert read is None or content == read


@pytest.mark.parametrize(("url", "read"), [row[1:] for row in LINKS], ids=[r[0] for r in LINKS])
def test_a_link_is_whole_or_none(url: str, read: str) -> None:
    """A URI of http or https, encoded once; the item stands without one else."""
    assert _held(a_feed_item(url=url))["url"] == read


@pytest.mark.parametrize(
    ("odd", "read"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS]
)
def test_an_odd_item_is_read_rightly(odd: dict[str, Any], read: dict[str, object]) -> None:
    """Its dates, its id, its people, categories, files and language."""
    held = _held(a_feed_item(**({"summary_html": "<p>Fog</p>"} | odd)))

    assert {name: held[name] for name in read} == read


@pytest.mark.parametrize("id_", ["", " \x00", "tag:example.org,2026-11-23:harbour/77"])
def test_an_item_without_an_id_of_its_own_is_refused(id_: str) -> None:
    """E1, E2: no reader could tell it from another; the others lose nothing by it."""
    feed = a_feed(a_feed_item(77, title="First"), a_feed_item(id=id_))

    for kind, write in WRITERS.items():
        assert faults_of(write(feed), kind, feed) == ()
    assert [item["title"] for item in json.loads(write_json_feed(feed))["items"]] == ["First"]


@pytest.mark.parametrize(
    "head",
    [
        {"title": "Fish & <b>chips</b>", "description": "<p>a & b</p>"},
        {"title": " \x00", "description": "\ud800"},
        {"language": "english"},
        {"language": "zh-Hant-TW"},
        {"icon_url": "https://x.test/a.svg"},
        {"icon_url": "relative.png"},
        {"icon_url": "https://x.test/ä.png"},
        {"hubs": ("https://hub.test/?a&b", "javascript:x")},
        {"author": "a@b.test"},
        {"expired": True},
        {"home_url": "https://Bücher.test/ä/"},
    ],
    ids=str,
)
def test_an_odd_head_is_published_by_the_rules(head: dict[str, Any]) -> None:
    """F2, F5, F6, C11: what a format cannot carry is left out of it."""
    feed = a_feed(a_feed_item(), **head)

    assert {
        kind: faults_of(write(feed), kind, feed) for kind, write in WRITERS.items()
    } == dict.fromkeys(WRITERS, ())


def test_order_is_kept_whatever_the_dates() -> None:
    """E6: the value decides; and nothing is shown twice (E5: an empty one is sound, too)."""
    feed = a_feed(*(a_feed_item(n, published=NOON + timedelta(n % 3)) for n in range(20)))

    for kind, write in WRITERS.items():
        assert faults_of(write(feed), kind, feed) == ()
        assert faults_of(write(replace(feed, items=())), kind, replace(feed, items=())) == ()


any_text = some.text(some.characters(exclude_categories=()), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    title=any_text,
    markup=any_text | some.builds("<p>{}</p><b>{}".format, any_text, any_text),
    path=any_text,
    published=some.datetimes(timezones=some.just(UTC)),
)
def test_any_text_is_read_back_the_same_from_each_format(
    title: str, markup: str, path: str, published: datetime
) -> None:
    """Title, link, date and content, by readers of XML and JSON that know nothing of us."""
    item = a_feed_item(
        title=title,
        url=f"https://x.test/{path}",
        summary_html=sanitise(markup, PAGE),
        published=published,
        updated=published,
    )
    feed = a_feed(item)

    for kind, write in WRITERS.items():
        assert faults_of(write(feed), kind, feed) == ()
    (entry,) = json.loads(write_json_feed(feed))["items"]
    rss = etree.fromstring(write_rss(feed)).find("channel/item")
    atom = etree.fromstring(write_atom(feed)).find(f"{ATOM}entry")
    assert rss is not None
    assert atom is not None
    assert rss.findtext("title") == atom.findtext(f"{ATOM}title") == entry["title"]
    link = atom.find(f"{ATOM}link")
    assert link is not None
    assert rss.findtext("link") == link.get("href") == entry["url"]
    if "content_html" in entry:
        assert rss.findtext("description") == entry["content_html"]
        assert atom.findtext(f"{ATOM}content") == entry["content_html"]
