"""Feeds by filter: views of one bulletin, merges of several."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest
from sites import Site, bulletin
from worlds import NOON

from feeds.model import Content, Item, When
from feeds.selections import once, window
from tidings.work import publish

if TYPE_CHECKING:
    from pathlib import Path

VIEWS = """
[bulletins.harbour.views.ferries]
title = "Ferries"
words = ["ferry", "ferries"]
[bulletins.harbour.views.council]
title = "From the council"
sources = ["council"]
"""
MERGE = """
[merges.port]
title = "Port and airport"
description = "Ships and aeroplanes."
bulletins = ["harbour", "airport"]
without = ["advertisement"]
"""
HARBOUR = [
    ("3 November 2026", "Ferry timetable for winter"),
    ("2 November 2026", "New harbour master"),
    ("1 November 2026", "Storm damage cleared"),
]
AIRPORT = [
    ("4 November 2026", "Runway closed at night"),
    ("3 November 2026", "Ferry timetable for winter"),
    ("1 November 2026", "Advertisement: parking"),
]


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    """Two bulletins, of which one has two sources, two views and a merge; on each database."""
    site = Site(tmp_path, store=f'database = "{database_url}"')
    site.configure(
        bulletin("harbour", "Harbour news", sources=("harbour", "council"))
        + bulletin("airport", "Airport news")
        + VIEWS
        + MERGE
    )
    site.says("harbour", *HARBOUR)
    site.says("council", ("31 October 2026", "Council meets on Monday"), HARBOUR[1])
    site.says("airport", *AIRPORT)
    site.tick()
    return site


def test_public_pages_speak_the_language_of_their_bulletin(tmp_path: Path) -> None:
    """Spanish around Spanish; where there is no catalogue, English that is marked as English."""
    site = Site(tmp_path)
    site.configure(
        bulletin("puerto", "Puerto", 'language = "es-MX"')
        + bulletin("mina", "Mina", 'language = "ar"')
    )
    for name in ("puerto", "mina"):
        site.says(name, *HARBOUR)
    site.tick()

    ours = site.documents(below="puerto")
    pages = [page.decode() for path, page in ours.items() if path.endswith(".html")]
    whole = [page for page in pages if "<header" in page and "<textarea" not in page]
    assert (len(whole), len(pages)) == (6, 8)
    assert all("Seguir" in page and "Follow" not in page for page in whole)
    assert all('lang="en"' not in page for page in pages)
    other = site.text("mina/index.html")
    assert 'aria-labelledby="follow" lang="en" dir="ltr">' in other
    assert "Follow it" in other
    assert '<html lang="en"' in site.text("index.html")


def test_the_page_of_an_item_lists_its_files(tmp_path: Path) -> None:
    """Under their titles or names, with their size where the source says it."""
    site = Site(tmp_path)
    feed_file = tmp_path / "radio.txt"
    site.configure(bulletin("radio", "Radio"))
    feed_file.write_text(
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Radio</title>'
        "<link>https://radio.test/</link><description>d</description><item><title>Fog</title>"
        "<guid>1</guid><link>https://radio.test/1</link>"
        '<enclosure url="https://radio.test/a/one%20talk.mp3" length="3400000" type="audio/mpeg"/>'
        "</item></channel></rss>"
    )
    site.tick()

    (page,) = site.documents(below="radio/items").values()
    assert (
        b'<li><a href="https://radio.test/a/one%20talk.mp3" type="audio/mpeg">'
        b'<bdi lang="en">one talk.mp3</bdi></a> <small>3.4 MB</small></li>'
    ) in page


def feed(site: Site, path: str) -> dict[str, str]:
    """Return the titles of a feed with their ids, the same in all three formats."""
    found = []
    for name in ("rss.xml", "atom.xml"):
        parsed = feedparser.parse(site.text(f"{path}/{name}"))
        found.append({str(e.title): str(e.id) for e in parsed.entries})
    document = json.loads(site.text(f"{path}/feed.json"))
    found.append({item["title"]: item["id"] for item in document["items"]})
    assert found[0] == found[1] == found[2]
    return found[0]


def test_a_view_has_what_its_filter_wants(site: Site) -> None:
    """By words, and by the sources at which an item was found; ids are the items' own."""
    whole = feed(site, "harbour")

    ferries, council = feed(site, "harbour/ferries"), feed(site, "harbour/council")

    assert list(ferries) == ["Ferry timetable for winter"]
    assert set(council) == {"Council meets on Monday", "New harbour master"}
    assert ferries.items() | council.items() <= whole.items()


def test_every_feed_has_an_id_of_its_own_for_good(site: Site) -> None:
    """Minted once; nothing of how it is made, called or changed is in it."""
    paths = ("harbour", "harbour/ferries", "harbour/council", "port", "airport")

    def ids() -> list[str]:
        return [feedparser.parse(site.text(f"{path}/atom.xml")).feed.id for path in paths]

    first = ids()
    text = (site.folder / "tidings.toml").read_text()
    (site.folder / "tidings.toml").write_text(text.replace('"Ferries"', '"Boats"'))
    site.publish()

    assert ids() == first
    assert len(set(first)) == len(paths)
    assert "Boats" in site.text("harbour/ferries/atom.xml")


def test_a_merge_has_each_thing_once(site: Site) -> None:
    """Under the id that it had first; newest first, with the bulletin it came from."""
    port = feed(site, "port")

    assert list(port) == [
        "Runway closed at night",
        "Ferry timetable for winter",
        "New harbour master",
        "Storm damage cleared",
        "Council meets on Monday",
    ]
    assert port.items() <= feed(site, "harbour").items() | feed(site, "airport").items()
    page = site.text("port/index.html")
    assert "Airport news" in page
    assert 'href="../airport/items/' in page
    assert 'href="port/"' in site.text("index.html")


def test_a_merge_follows_its_bulletins(site: Site) -> None:
    """What comes later in another bulletin is no news where it was known."""
    before = feed(site, "port")
    site.says("airport", ("5 November 2026", "Storm damage cleared"), *AIRPORT)
    site.says("harbour", ("6 November 2026", "Lighthouse open"), *HARBOUR)
    site.tick()

    after = feed(site, "port")

    assert next(iter(after)) == "Lighthouse open"
    assert before.items() < after.items()


def test_a_view_waits_for_its_first_item(site: Site) -> None:
    """Its feeds are valid and empty, with a time that stands still."""
    text = (site.folder / "tidings.toml").read_text()
    (site.folder / "tidings.toml").write_text(text.replace('"ferry", "ferries"', '"whale"'))
    site.publish()

    parsed = feedparser.parse(site.text("harbour/ferries/atom.xml"))
    assert (parsed.bozo, parsed.entries) == (False, [])
    assert parsed.feed.updated == "2026-11-23T13:00:01+00:00"
    assert feedparser.parse(site.text("harbour/ferries/rss.xml")).feed.title == "Ferries"
    assert "Nothing yet" in site.text("harbour/ferries/index.html")


def test_views_and_merges_are_found(site: Site) -> None:
    """On the bulletin's page, in the list of all feeds, in a sitemap."""
    assert 'href="ferries/"' in site.text("harbour/index.html")
    assert site.text("feeds.opml").count("<outline ") == 5
    assert "https://news.test/harbour/ferries/<" in site.text("harbour/sitemap-pages.xml")
    assert "https://news.test/port/<" in site.text("sitemap.xml")


def test_what_is_unchanged_is_not_written_again(site: Site) -> None:
    """Views and merges are the same bytes as long as their items are."""
    before = {path: (site.public / path).stat().st_mtime_ns for path in site.documents()}
    site.says("harbour", ("6 November 2026", "Lighthouse open"), *HARBOUR)
    site.tick()

    after = {path: (site.public / path).stat().st_mtime_ns for path in site.documents()}

    changed = {path for path in before if after[path] != before[path]}
    assert not {path for path in changed if path.startswith(("harbour/ferries", "airport"))}
    assert {"port/atom.xml", "harbour/atom.xml"} <= changed


# --- once and window, as values ------------------------------------------------------------


def test_what_is_refused_of_views_and_merges_is_told_once(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """As of a bulletin's own feeds: in the log once, and for as long as it lasts to who asks."""
    with site.app() as app, app.database.transaction() as transaction:
        transaction.run(
            "UPDATE items SET summary_html = '<script>b()</script>' "
            "WHERE bulletin = 'harbour' AND title IN (:ferry, :storm)",
            ferry="Ferry timetable for winter",
            storm="Storm damage cleared",
        )
    site.says("harbour", ("5 November 2026", "Dredging begins"), *HARBOUR)
    site.tick()
    expected = {
        f"{path}/{name}"
        for path in ("harbour", "harbour/ferries", "port")
        for name in ("rss.xml", "atom.xml", "feed.json")
    }

    told = caplog.text
    caplog.clear()
    site.says("harbour", ("6 November 2026", "Dredging ends"), *HARBOUR)
    site.tick()
    with site.app() as app:
        publish(app)
        refused = {refusal.document for refusal in app.publisher.refused()}

    assert refused == expected
    assert all(f"{document} is" in told for document in expected)
    assert "rss.xml is" not in caplog.text


def item(bulletin_: str, number: int, title: str, *, url: str = "", day: int = 0) -> Item:
    """An item that came at an hour of its number."""
    at = NOON + timedelta(hours=number)
    return Item(
        id=f"tag:example.org,2026-11-23:{bulletin_}/{number}",
        token=str(number),
        bulletin=bulletin_,
        number=number,
        changed=number,
        content=Content(title=title, url=url, when=When(date(2026, 11, day)) if day else None),
        published=at,
        updated=at,
        first_seen=at,
    )


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (item("b", 2, "Anything", url="http://www.a.test/x/?utm_source=b"), True),
        (item("b", 2, "BRIDGE closed!", day=3), True),
        (item("b", 2, "Bridge closed", day=4), False),
        (item("b", 2, "Bridge closed"), False),
        (item("b", 2, "Other", url="https://a.test/y", day=3), False),
        (item("a", 2, "Bridge closed", url="https://a.test/x", day=3), False),
    ],
)
def test_one_thing_has_one_address_or_one_title_on_one_day(other: Item, *, is_same: bool) -> None:
    """Of two bulletins; within one, identity has decided already."""
    first = item("a", 1, "Bridge closed", url="https://a.test/x", day=3)

    assert once([other, first]) == ([first] if is_same else [first, other])


def test_an_address_that_a_bulletin_gives_to_all_its_items_says_nothing() -> None:
    """All of them stay, though another bulletin has that address too."""
    shared = [item("a", number, f"Notice {number}", url="https://a.test/") for number in (2, 3)]
    other = item("b", 1, "Welcome", url="https://a.test/")

    assert once([other, *shared]) == [other, *shared]


def test_the_window_is_cut_by_arrival_and_shown_by_publication() -> None:
    """So that an item with an old date is not missed."""
    items = [item("a", number, str(number)) for number in range(5)]

    assert [each.number for each in window(items, 3)] == [4, 3, 2]
