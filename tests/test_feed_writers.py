"""RSS, Atom and JSON Feed of the same hostile feed, read back by readers of others."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from time import strftime
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from lxml import etree
from worlds import a_feed as _feed
from worlds import a_feed_item as _item

from feeds.feed import Feed, FeedItem
from feeds.json_feed import write_json_feed
from feeds.rss_atom import write_atom, write_rss

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ATOM = "{http://www.w3.org/2005/Atom}"
WRITERS = [write_rss, write_atom, write_json_feed]
by_each_writer = pytest.mark.parametrize("write", WRITERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a reader of any of the three formats knows of an item."""

    id: str
    title: str
    url: str
    content: str
    published: str
    author: str
    categories: tuple[str, ...]


def _parsed(document: bytes) -> Any:  # noqa: ANN401 - feedparser ships no types
    parsed = feedparser.parse(document, sanitize_html=False, resolve_relative_uris=False)

    assert not parsed.bozo
    return parsed


def _by_feedparser(document: bytes) -> list[_Seen]:
    return [
        _Seen(
            id=entry.id,
            title=entry.title,
            url=next((link.href for link in entry.get("links", ()) if link.rel == "alternate"), ""),
            content=entry.content[0].value if "content" in entry else entry.get("summary", ""),
            published=strftime("%Y-%m-%dT%H:%M:%SZ", entry.published_parsed),
            author=entry.get("author", ""),
            categories=tuple(tag.term for tag in entry.get("tags", [])),
        )
        for entry in _parsed(document).entries
    ]


def _by_json(document: bytes) -> list[_Seen]:
    return [
        _Seen(
            id=item["id"],
            title=item["title"],
            url=item.get("url", ""),
            content=item.get("content_html", ""),
            published=item["date_published"],
            author=item["authors"][0]["name"] if "authors" in item else "",
            categories=tuple(item.get("tags", ())),
        )
        for item in json.loads(document)["items"]
    ]


def _seen(write: Callable[[Feed], bytes], feed: Feed) -> list[_Seen]:
    document = write(feed)
    return _by_json(document) if write is write_json_feed else _by_feedparser(document)


@by_each_writer
def test_an_item_comes_back_whole(write: Callable[[Feed], bytes]) -> None:
    """Everything a reader may ask of it is what was given."""
    item = _item(
        summary_html='<p>Fog &amp; <a href="https://x.test/?a=1&amp;b=2">rain</a> &lt;b&gt;</p>',
        author="Ann Harbour",
        categories=("ferry", "wind & sea"),
    )

    assert _seen(write, _feed(item)) == [
        _Seen(
            id="tag:example.org,2026-11-23:harbour/1",
            title="Ferry 1",
            url="https://x.test/1",
            content='<p>Fog &amp; <a href="https://x.test/?a=1&amp;b=2">rain</a> &lt;b&gt;</p>',
            published="2026-11-23T12:00:00Z",
            author="Ann Harbour",
            categories=("ferry", "wind & sea"),
        )
    ]


@by_each_writer
def test_items_keep_their_order(write: Callable[[Feed], bytes]) -> None:
    """The order of the value, whatever dates the items have."""
    items = [_item(number, published=NOON + (number % 3) * HOUR) for number in (5, 1, 4, 2, 3)]

    seen = _seen(write, _feed(*items))
    assert [item.title for item in seen] == ["Ferry 5", "Ferry 1", "Ferry 4", "Ferry 2", "Ferry 3"]


@by_each_writer
@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("How to use <b> & <i>", "How to use <b> & <i>"),
        ("<b>Ferry</b> late", "<b>Ferry</b> late"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("AT&amp;T &lt;b&gt; &#60;", "AT&amp;T &lt;b&gt; &#60;"),
        ("Fish & chips", "Fish & chips"),
        ("a ]]> b <![CDATA[ c", "a ]]> b <![CDATA[ c"),
        ("<!-- a -->", "<!-- a -->"),
        ("a\x00b\x1bc\ufffe\ud800d", "abcd"),
        ("\x93Ferry\x94 late", "“Ferry” late"),
        ("\u202eyrref", "yrref"),
        (" two \n lines\t", "two lines"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea 港", "👨‍👩‍👧 🇩🇪 港"),
        ("ירושלים \u200fעיר", "ירושלים \u200fעיר"),
        ("\"quoted\" 'twice'", "\"quoted\" 'twice'"),
        ("%s {title} \\n \\u0041", "%s {title} \\n \\u0041"),
    ],
)
def test_a_title_is_plain_text(write: Callable[[Feed], bytes], title: str, expected: str) -> None:
    """What looks like markup or an entity is read as the words that were written."""
    seen = _seen(write, _feed(_item(title=title), _item(2)))

    assert [item.title for item in seen] == [expected, "Ferry 2"]


@by_each_writer
@pytest.mark.parametrize(
    ("given_fields", "expected"),
    [
        ({"title": " \u200b", "summary_html": "<p>Fog &amp; rain</p><p>b</p>"}, "Fog & rain b"),
        ({"title": "", "summary_html": ""}, "https://x.test/1"),
        ({"title": "", "summary_html": "", "url": ""}, "tag:example.org,2026-11-23:harbour/1"),
    ],
)
def test_an_item_without_a_title_is_given_one(
    write: Callable[[Feed], bytes], given_fields: dict[str, Any], expected: str
) -> None:
    """The first words of its summary, else its address, else its id."""
    assert _seen(write, _feed(_item(**given_fields)))[0].title == expected


@by_each_writer
@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 11, 23, 1, 2, 3, 999_999, tzinfo=UTC), "2026-11-23T01:02:03Z"),
        (
            datetime(2026, 11, 23, 1, 2, 3, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2026-11-22T19:32:03Z",
        ),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "1969-12-31T23:59:59Z"),
        (datetime(1066, 10, 14, tzinfo=UTC), "1066-10-14T00:00:00Z"),
        (datetime(9000, 1, 1, tzinfo=UTC), "9000-01-01T00:00:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "1000-01-01T00:00:00Z"),
        (datetime.max.replace(tzinfo=timezone(-12 * HOUR)), "9999-12-30T00:00:00Z"),
        (datetime.min.replace(tzinfo=timezone(12 * HOUR)), "1000-01-01T00:00:00Z"),
    ],
)
def test_a_date_is_read_back_in_utc(
    write: Callable[[Feed], bytes], instant: datetime, expected: str
) -> None:
    """To the second, and within the years that all three formats write alike."""
    seen = _seen(write, _feed(_item(published=instant, updated=instant)))

    assert seen[0].published == expected


@by_each_writer
def test_an_item_may_have_an_id_alone(write: Callable[[Feed], bytes]) -> None:
    """Without an address, a summary or a title, it is there, and so is the next."""
    seen = _seen(write, _feed(_item(url="", summary_html="", title="Bare"), _item(2)))

    assert [(item.title, item.url) for item in seen] == [
        ("Bare", ""),
        ("Ferry 2", "https://x.test/2"),
    ]


@by_each_writer
@pytest.mark.parametrize("url", ["javascript:alert(1)", "not an address", "//x.test/a", "\x00"])
def test_what_is_no_address_is_no_link(write: Callable[[Feed], bytes], url: str) -> None:
    """The item is there without one."""
    (seen,) = _seen(write, _feed(_item(url=url, image_url=url)))

    assert (seen.title, seen.url, seen.content) == ("Ferry 1", "", "<p>Fog on day 1.</p>")


@by_each_writer
def test_of_items_with_one_id_the_first_is_written(write: Callable[[Feed], bytes]) -> None:
    """And one without an id costs the others nothing."""
    items = (
        _item(1),
        _item(1, title="Twin"),
        _item(2, id=" \x00"),
        _item(3),
    )

    assert [item.title for item in _seen(write, _feed(*items))] == ["Ferry 1", "Ferry 3"]


@by_each_writer
@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ann Harbour", "Ann Harbour"),
        ("ann@x.test (Ann Harbour)", "Ann Harbour"),
        ("Ann Harbour <ann@x.test>", "Ann Harbour"),
        ("Ann, mailto:ann@x.test", "Ann"),
        ("ann@x.test", ""),
        ("Ann <b>& Bob", "Ann <b>& Bob"),
        ("", ""),
    ],
)
def test_an_author_is_a_name_without_a_mailbox(
    write: Callable[[Feed], bytes], author: str, expected: str
) -> None:
    """An address in a feed is read by those who send spam."""
    feed = _feed(_item(author=author))

    assert b"@" not in write(feed)
    # An entry of Atom without an author has that of the feed.
    assert _seen(write, feed)[0].author in {expected, expected or "Harbour office"}


@by_each_writer
def test_categories_are_clean_and_each_stands_once(write: Callable[[Feed], bytes]) -> None:
    """In the order given."""
    categories = ("sea", " sea ", "", "a <b> & c", "\u200b", "wind\x00", "wind")

    (seen,) = _seen(write, _feed(_item(categories=categories)))
    assert seen.categories == ("sea", "a <b> & c", "wind")


@pytest.mark.parametrize("write", [write_rss, write_atom])
def test_a_picture_stands_before_the_summary(write: Callable[[Feed], bytes]) -> None:
    """Once: not where the summary shows it already."""
    shown = '<p><img src="https://x.test/a.png?b=1&amp;c=2" alt=""></p>'
    given_items = (
        _item(1, image_url="https://x.test/a.png?b=1&c=2"),
        _item(2, image_url="https://x.test/a.png?b=1&c=2", summary_html=shown),
    )

    seen = _seen(write, _feed(*given_items))
    assert [item.content for item in seen] == [f"{shown}<p>Fog on day 1.</p>", shown]


def test_json_names_the_picture_beside_the_summary() -> None:
    """The format has a place of its own for it."""
    (item,) = json.loads(write_json_feed(_feed(_item(image_url="https://x.test/a.png"))))["items"]

    assert item["image"] == "https://x.test/a.png"
    assert item["content_html"] == "<p>Fog on day 1.</p>"


def test_an_id_of_rss_is_no_link() -> None:
    """Readers would open it, for that is what they take it for when nothing says otherwise."""
    guids = etree.fromstring(write_rss(_feed(_item(1), _item(2)))).findall("channel/item/guid")

    assert [(guid.get("isPermaLink"), guid.text) for guid in guids] == [
        ("false", "tag:example.org,2026-11-23:harbour/1"),
        ("false", "tag:example.org,2026-11-23:harbour/2"),
    ]


def test_the_head_of_rss_names_page_and_self() -> None:
    """The channel's link is the page, and its atom:link the feed itself."""
    channel = etree.fromstring(write_rss(_feed())).find("channel")

    assert channel is not None
    assert channel.findtext("link") == "https://feeds.test/harbour/"
    assert channel.findtext("title") == "Harbour <b>news</b> & more"
    assert channel.findtext("description") == "What the harbour says"
    assert channel.findtext("language") == "en-US"
    selves = [
        dict(link.attrib) for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"
    ]
    assert selves == [
        {"href": "https://feeds.test/harbour/rss.xml", "rel": "self", "type": "application/rss+xml"}
    ]


def test_the_head_of_atom_names_page_and_self() -> None:
    """One link of each relation, the language, and the change of the newest item."""
    feed = etree.fromstring(write_atom(_feed(updated=NOON + HOUR)))

    assert {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")} == {
        "self": "https://feeds.test/harbour/atom.xml",
        "alternate": "https://feeds.test/harbour/",
    }
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-US"
    assert feed.findtext(f"{ATOM}id") == "tag:example.org,2026-11-23:harbour"
    assert feed.findtext(f"{ATOM}title") == "Harbour <b>news</b> & more"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-23T13:00:00+00:00"
    links = [dict(link.attrib) for link in feed.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == [{"href": "https://x.test/1", "rel": "alternate"}]


def test_the_head_of_json_names_page_and_self() -> None:
    """Everything but the items, to the letter."""
    head = json.loads(write_json_feed(_feed()))
    del head["items"]

    assert head == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Harbour <b>news</b> & more",
        "home_page_url": "https://feeds.test/harbour/",
        "feed_url": "https://feeds.test/harbour/feed.json",
        "description": "What the harbour says",
        "authors": [{"name": "Harbour office"}],
        "language": "en-US",
    }


@by_each_writer
def test_what_a_head_lacks_is_left_out(write: Callable[[Feed], bytes]) -> None:
    """A bulletin without title, description, author and language has a feed all the same."""
    feed = _feed(title="", description="", author="", language="English")

    document = write(feed)
    assert b"English" not in document
    if write is not write_json_feed:
        head = _parsed(document).feed
        assert head.title == "https://feeds.test/harbour/"
        assert "language" not in head
    else:
        assert json.loads(document)["title"] == "https://feeds.test/harbour/"


def test_an_item_in_another_language_says_so() -> None:
    """In each format, and only where it is not the feed's."""
    feed = _feed(_item(1, language="fr_CA"), _item(2, language="en-us"))

    rss = etree.fromstring(write_rss(feed)).findall("channel/item")
    atom = etree.fromstring(write_atom(feed)).findall(f"{ATOM}entry")
    items = json.loads(write_json_feed(feed))["items"]
    dublin = "{http://purl.org/dc/elements/1.1/}language"
    assert [item.findtext(dublin) for item in rss] == ["fr-CA", None]
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [entry.get(lang) for entry in atom] == ["fr-CA", None]
    assert [item.get("language") for item in items] == ["fr-CA", None]


@pytest.mark.parametrize(
    ("updated", "shown", "modified"),
    [
        (NOON + HOUR, "2026-11-23T13:00:00+00:00", "2026-11-23T13:00:00Z"),
        (NOON, "2026-11-23T12:00:00+00:00", None),
        (NOON - HOUR, "2026-11-23T12:00:00+00:00", None),
    ],
)
def test_a_change_is_shown_where_it_came_after_publication(
    updated: datetime, shown: str, modified: str | None
) -> None:
    """Atom always has the instant of change, JSON Feed where there was one."""
    feed = _feed(_item(updated=updated))

    assert etree.fromstring(write_atom(feed)).findtext(f"{ATOM}entry/{ATOM}updated") == shown
    (item,) = json.loads(write_json_feed(feed))["items"]
    assert item["date_published"] == "2026-11-23T12:00:00Z"
    assert item.get("date_modified") == modified


def _large() -> Feed:
    return _feed(*(_item(number, author=f"Ann {number}") for number in range(40)))


@by_each_writer
def test_one_value_has_one_form(write: Callable[[Feed], bytes]) -> None:
    """So that an unchanged feed is an unchanged file: nothing of the clock is in it."""
    assert write(_large()) == write(_large())


@by_each_writer
def test_writers_at_once_do_not_disturb_each_other(write: Callable[[Feed], bytes]) -> None:
    """In threads of one process, the bytes are those of a writer alone."""
    alone = write(_large())

    with ThreadPoolExecutor(2) as threads:
        documents = list(threads.map(write, [_large() for _ in range(8)]))

    assert set(documents) == {alone}


any_text = some.text(some.characters(exclude_categories=()), max_size=30) | some.sampled_from(
    ["]]>", "<b>", "</title>", "&amp;", "&#x0;", "a@b.c", "\x85", "https://é.test/ ü", "<![CDATA["]
)
any_instant = some.datetimes(timezones=some.sampled_from([UTC, timezone(14 * HOUR)]))
any_items = some.lists(
    some.builds(
        FeedItem,
        id=any_text,
        title=any_text,
        url=any_text,
        summary_html=any_text,
        published=any_instant,
        updated=any_instant,
        author=any_text,
        image_url=any_text,
        categories=some.lists(any_text, max_size=3).map(tuple),
        language=any_text,
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=120, deadline=None)
@given(items=any_items, title=any_text, description=any_text, author=any_text, language=any_text)
def test_any_text_in_any_field_makes_a_well_formed_feed(
    items: list[FeedItem], title: str, description: str, author: str, language: str
) -> None:
    """With as many items as there are, in each format, and the same of each."""
    numbered = [replace(item, id=f"tag:x,2026:{n} {item.id}") for n, item in enumerate(items)]
    feed = _feed(*numbered, title=title, description=description, author=author, language=language)

    rss = etree.fromstring(write_rss(feed)).findall("channel/item")
    atom = etree.fromstring(write_atom(feed)).findall(f"{ATOM}entry")
    items_of_json = json.loads(write_json_feed(feed))["items"]

    assert len(rss) == len(atom) == len(items_of_json) == len(items)
    titles = [item["title"] for item in items_of_json]
    assert [item.findtext("title") for item in rss] == titles
    assert [entry.findtext(f"{ATOM}title") for entry in atom] == titles
    ids = [item["id"] for item in items_of_json]
    assert [item.findtext("guid") for item in rss] == ids
    assert [entry.findtext(f"{ATOM}id") for entry in atom] == ids
