"""Bulletins that move, end and are renamed: what they say first, and what answers then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import feedparser
import pytest
from sites import Site, bulletin

from feeds.routes import Routes, read_routes

if TYPE_CHECKING:
    from pathlib import Path

ITEMS = [("3 November 2026", "Ferry timetable"), ("1 November 2026", "Storm damage cleared")]
MOVED = 'moved_to = "https://new.test/harbour/"'
ENDED = "ended = true"


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    """A bulletin that was published, on each database."""
    site = Site(tmp_path, store=f'database = "{database_url}"')
    site.configure(bulletin("harbour", "Harbour news"))
    site.says("harbour", *ITEMS)
    site.tick()
    return site


def ids(site: Site, slug: str = "harbour") -> list[str]:
    """Return the id of a feed and those of its items."""
    parsed = feedparser.parse(site.text(f"{slug}/atom.xml"))
    return [parsed.feed.id, *(str(entry.id) for entry in parsed.entries)]


def answer(site: Site, path: str) -> tuple[int, str]:
    """Return what a server answers for a path: its status and where it leads."""
    route = Routes(read_routes((site.public / ".routes.json").read_bytes())).find(path)
    return (route.status, route.location) if route else (200, "")


def test_a_bulletin_that_moved_says_so_before_its_addresses_do(site: Site) -> None:
    """By an item with an id of its own, on its page, and after four weeks by 301, file by file."""
    before = ids(site)
    site.configure(bulletin("harbour", "Harbour news", MOVED))
    site.tick()

    said = ids(site)
    newest = feedparser.parse(site.text("harbour/rss.xml")).entries[0]
    assert (newest.title, newest.link) == ("Harbour news has moved", "https://new.test/harbour/")
    assert [said[0], *said[2:]] == before
    assert "expired" not in json.loads(site.text("harbour/feed.json"))
    assert 'href="https://new.test/harbour/"' in site.text("harbour/index.html")
    assert answer(site, "harbour/rss.xml") == (200, "")

    site.clock.forward(days=27)
    site.tick()
    assert ids(site) == said
    site.clock.forward(days=2)
    site.tick()
    assert answer(site, "harbour/rss.xml") == (301, "https://new.test/harbour/rss.xml")
    assert answer(site, "harbour/") == (301, "https://new.test/harbour/")


def test_a_bulletin_that_ended_says_so_and_is_gone(site: Site) -> None:
    """Its feed will never change again, and says that too; nothing is read any more."""
    site.configure(bulletin("harbour", "Harbour news", f'{ENDED}\nfarewell = "That <was> it."'))
    site.says("harbour", ("5 November 2026", "Too late"), *ITEMS)
    site.tick()

    document = json.loads(site.text("harbour/feed.json"))
    assert document["expired"] is True
    assert document["items"][0]["title"] == "Harbour news has ended"
    assert document["items"][0]["content_html"] == "<p>That &lt;was&gt; it.</p>"
    assert "That &lt;was&gt; it." in site.text("harbour/index.html")
    assert "Too late" not in site.text("harbour/rss.xml")

    site.clock.forward(weeks=4)
    site.tick()
    assert answer(site, "harbour/rss.xml") == (410, "")
    assert "Harbour news" not in site.text("index.html")
    assert "harbour" not in site.text("feeds.opml") + site.text("robots.txt")


def test_an_operator_may_let_the_addresses_answer_at_once(site: Site) -> None:
    """By a notice of one second."""
    site.configure(bulletin("harbour", "Harbour news", f'{ENDED}\nnotice = "1s"'))
    site.tick()
    site.tick()

    assert answer(site, "harbour/feed.json") == (410, "")


def test_a_move_that_is_taken_back_was_none(site: Site) -> None:
    """All is as before; and said anew, it begins anew with another id."""
    before = site.documents(below="harbour")
    site.configure(bulletin("harbour", "Harbour news", MOVED))
    site.tick()
    first = ids(site)[1]
    site.configure(bulletin("harbour", "Harbour news"))
    site.clock.forward(weeks=8)
    site.tick()
    assert site.documents(below="harbour") == before

    site.configure(bulletin("harbour", "Harbour news", MOVED))
    site.tick()

    assert answer(site, "harbour/") == (200, "")
    assert ids(site)[1] != first


def test_a_move_to_one_page_leads_there_from_everywhere(site: Site) -> None:
    """An address without a slash at its end is no folder; odd letters do not break a header."""
    site.configure(
        bulletin(
            "harbour",
            "Harbour news",
            'moved_to = "https://new.test/it\'s?$x"\nnotice = "1s"',
        )
    )
    site.tick()
    site.tick()

    assert answer(site, "harbour/items/x.html") == (301, "https://new.test/it%27s?%24x")


def test_a_renamed_bulletin_goes_on_as_what_it_was(site: Site) -> None:
    """The same ids, nothing announced again, the old addresses lead to the new ones."""
    with site.app() as app:
        app.subscribers.subscribe(
            "ann@example.org",
            "harbour",
            cadence="instant",
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=app.clock(),
        )
    before = ids(site)
    renamed = bulletin("port", "Harbour news", 'formerly = ["harbour"]')
    site.configure(renamed.replace("port.txt", "harbour.txt"))
    site.says("harbour", ("5 November 2026", "Lighthouse open"), *ITEMS)
    site.tick()

    after = ids(site, "port")
    assert [after[0], *after[2:]] == before
    assert answer(site, "harbour/atom.xml") == (301, "https://news.test/port/atom.xml")
    assert not site.documents(below="port").keys() & site.documents(below="harbour").keys()
    mails = [path.read_text() for path in sorted((site.folder / "data/mails").glob("*.eml"))]
    assert len(mails) == 1
    assert "Lighthouse open" in mails[0]
    assert "Storm damage" not in mails[0]


def test_views_are_renamed_with_their_bulletin_and_gone_when_taken_out(site: Site) -> None:
    """A view keeps its id; one that is no longer configured is gone on purpose."""
    view = '[bulletins.{}.views.ferries]\ntitle = "Ferries"\nwords = ["ferry"]\n'
    site.configure(bulletin("harbour", "Harbour news") + view.format("harbour"))
    site.tick()
    before = ids(site, "harbour/ferries")
    renamed = bulletin("port", "Harbour news", 'formerly = ["harbour"]').replace(
        "port.txt", "harbour.txt"
    )
    site.configure(renamed + view.format("port"))
    site.tick()
    assert ids(site, "port/ferries") == before
    assert answer(site, "harbour/ferries/rss.xml") == (
        301,
        "https://news.test/port/ferries/rss.xml",
    )

    site.configure(renamed)
    site.tick()

    assert answer(site, "port/ferries/rss.xml") == (410, "")
    assert answer(site, "harbour/ferries/rss.xml")[0] == 301


def test_a_former_name_of_another_bulletin_that_is_known_only_leads_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Items of two bulletins are not mixed; the log says that they stay apart."""
    site.configure(bulletin("harbour", "Harbour news") + bulletin("port", "Port news"))
    site.says("port", ("2 November 2026", "Port opened"), ("1 November 2026", "Port built"))
    site.tick()
    site.configure(bulletin("port", "Port news", 'formerly = ["harbour"]'))
    site.tick()

    assert "port has items of its own" in caplog.text
    assert len(ids(site, "port")) == 3
    assert answer(site, "harbour/")[0] == 301
