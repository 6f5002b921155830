"""The archive: how months are cut, and that what is written bit by bit is what is written whole."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some
from lxml import etree
from sites import Site, bulletin

from feeds.filing import (
    PAGE,
    Month,
    Shelf,
    by_year,
    closed_pages,
    neighbours,
    page_file,
    page_of,
    sitemap_parts,
    stale_of,
)
from tidings.work import publish

if TYPE_CHECKING:
    from pathlib import Path

    from tidings.app import App


@given(some.integers(0, 5_000))
def test_a_month_is_cut_into_pages_of_which_none_is_nearly_empty(count: int) -> None:
    """All closed pages are full; the front page holds what is left, at least half of one."""
    left = count - PAGE * closed_pages(count)

    assert left == count or PAGE // 2 <= left < PAGE + PAGE // 2
    assert [page_file(page, count) for page in range(closed_pages(count) + 1)] == [
        *(f"{number + 1}.html" for number in range(closed_pages(count))),
        "index.html",
    ]


@given(some.integers(1, 5_000))
def test_a_new_item_touches_the_last_page_of_its_month(count: int) -> None:
    """Or the last three, where a page is closed by it; and one sitemap."""
    rank = count

    stale = stale_of([rank], [rank], before=count, count=count + 1)

    assert stale.pages >= {page_of(rank, count + 1), closed_pages(count + 1)}
    assert len(stale.pages) <= 3
    assert stale.parts == {sitemap_parts(count + 1) - 1}


@given(some.integers(1, 500), some.integers(0, 499))
def test_a_corrected_item_touches_its_own_page(count: int, rank: int) -> None:
    """It has the place that it had."""
    rank = min(rank, count - 1)

    assert stale_of([rank], [], before=count, count=count).pages == {page_of(rank, count)}


def test_months_know_their_neighbours_and_years_their_counts() -> None:
    """Those that hold nothing are none."""
    march, may, january = Month(2025, 3), Month(2025, 5), Month(2026, 1)
    shelves = {march: Shelf(2, ""), january: Shelf(4, ""), may: Shelf(1, "")}

    assert neighbours(may, shelves) == (march, january)
    assert neighbours(Month(2025, 4), shelves) == (march, may)
    assert neighbours(march, shelves) == (None, may)
    assert by_year(shelves) == {2026: 4, 2025: 3}
    assert (str(march), march.path) == ("2025-03", "2025/03/")


# --- on a store ----------------------------------------------------------------------------


def dated(number: int) -> tuple[str, str]:
    """Return item after item, two on a day, from the spring of 2026 on."""
    day = date(2026, 3, 1) + timedelta(days=number // 2)
    return f"{day:%-d %B %Y}", f"Notice number {number} of the harbour office"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A bulletin of one file."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour news", 'language = "en"'))
    return site


@pytest.fixture
def long_site(site: Site) -> Site:
    """With more items in a month than stand on one page."""
    site.says("harbour", *[("9 March 2026", f"Notice {n} of the office") for n in range(130)])
    site.tick()
    return site


def test_an_item_is_found_under_its_year_month_and_day(site: Site) -> None:
    """By links alone, from the bulletin's page on, and back."""
    site.says("harbour", dated(0), dated(70), dated(140))
    site.tick()

    front, year, month = (
        site.text(f"harbour/{path}index.html") for path in ("", "2026/", "2026/04/")
    )
    assert 'href="2026/"' in front
    assert year.index("May") < year.index("April") < year.index("March")
    assert 'href="04/"' in year
    assert '<time datetime="2026-04-05">5 April 2026</time>' in month
    assert "Notice number 70" in month
    page = month.partition('href="../../items/')[2].partition('"')[0]
    item = site.text(f"harbour/items/{page}")
    assert 'href="../2026/04/"' in item
    assert item.index("Notice number 0 ") < item.index("Notice number 140 ")
    assert 'href="../03/"' not in month
    assert 'href="../../2026/03/"' in month
    assert 'href="../../2026/05/"' in month


def test_an_item_without_a_date_is_filed_when_it_came(site: Site) -> None:
    """And says that it has none."""
    (site.folder / "harbour.txt").write_text("- Boats wanted at once\n- Crew for hire\n- Nets\n")
    site.tick()

    month = site.text("harbour/2026/11/index.html")

    assert "Without a date" in month
    assert "Boats wanted at once" in month


def test_a_long_month_is_cut_into_pages(long_site: Site) -> None:
    """Each leads to the one before and after; all items stand on one of them."""
    folder = long_site.public / "harbour/2026/03"
    pages = {path.name: path.read_text() for path in folder.glob("*.html")}

    assert sorted(pages) == ["1.html", "2.html", "3.html", "index.html"]
    assert [pages[name].count("<li><a href") - 2 for name in sorted(pages)] == [31, 31, 31, 40]
    assert 'rel="next" href="2.html"' in pages["1.html"]
    assert 'rel="next" href="./"' in pages["3.html"]
    assert 'rel="prev" href="3.html"' in pages["index.html"]
    assert all(len(page.encode()) <= 30_000 for page in pages.values())


def test_one_new_item_writes_a_handful_of_documents(long_site: Site) -> None:
    """However many are stored."""
    before = long_site.documents()
    long_site.says(
        "harbour",
        ("10 March 2026", "Something new"),
        *[("9 March 2026", f"Notice {n} of the office") for n in range(130)],
    )
    long_site.tick()

    after = long_site.documents()

    changed = {path for path in after if after[path] != before.get(path)}
    items = {path for path in changed if "/items/" in path}
    assert len(items) == 2
    assert changed - items == {
        "index.html",
        "harbour/2026/03/index.html",
        "harbour/sitemap-2026-03-1.xml",
        "harbour/2026/index.html",
        "harbour/atom.xml",
        "harbour/embed/latest.html",
        "harbour/feed.json",
        "harbour/index.html",
        "harbour/rss.xml",
        "harbour/sitemap.xml",
    }


def _forget(app: App, title: str) -> None:
    found = next(i for i in app.items.latest("harbour", 5_000) if title in i.content.title)
    app.item_admin.forget(found, now=app.clock())


STEPS = [
    ("new ones", [dated(n) for n in range(60)]),
    ("one more", [dated(n) for n in range(61)]),
    ("a month later", [dated(n) for n in range(62)] + [dated(130)]),
    ("in between", [dated(n) for n in range(62)] + [dated(100), dated(130)]),
    (
        "another date",
        [dated(n) for n in range(62)] + [("20 May 2026", dated(100)[1]), dated(130)],
    ),
    (
        "another wording",
        [(dated(0)[0], "Notice number 0 of the harbour office, corrected")]
        + [dated(n) for n in range(1, 62)]
        + [("20 May 2026", dated(100)[1]), dated(130)],
    ),
    (
        "many at once",
        [dated(n) for n in range(62)]
        + [("20 May 2026", dated(100)[1]), dated(130)]
        + [("21 May 2026", f"Ship {n} has left for the sea") for n in range(120)],
    ),
]


def test_what_is_written_bit_by_bit_is_what_is_written_whole(site: Site) -> None:
    """After every kind of change: new, in between, moved, corrected, many, forgotten."""
    for name, items in [*STEPS, ("forgotten", []), ("a whole month forgotten", [])]:
        if items:
            site.says("harbour", *reversed(items))
            # What would be held is believed once it has lasted.
            site.tick()
            site.tick()
        else:
            with site.app() as app:
                _forget(app, "Notice number 100" if "whole" in name else "Notice number 3 ")
                if "whole" in name:
                    _forget(app, "Notice number 130")
                publish(app)
        bit_by_bit = site.documents()
        shutil.move(site.public, site.folder / "former")
        site.publish()
        whole = site.documents()
        shutil.rmtree(site.public)
        shutil.move(site.folder / "former", site.public)

        differing = {
            path
            for path in bit_by_bit.keys() | whole.keys()
            if bit_by_bit.get(path) != whole.get(path)
        }
        assert (name, differing) == (name, set())


def test_publishing_twice_writes_nothing(long_site: Site) -> None:
    """Not even a time of change."""
    times = {path: path.stat().st_mtime_ns for path in long_site.public.rglob("*.*")}

    assert long_site.publish() == ()
    assert {path: path.stat().st_mtime_ns for path in long_site.public.rglob("*.*")} == times


def test_a_lost_note_of_the_archive_is_made_anew(long_site: Site) -> None:
    """What was noted of months is known to the store."""
    (long_site.public / "harbour/.archive.json").write_text("{ broken")
    long_site.says("harbour", ("10 March 2026", "Something new"))
    long_site.tick()
    long_site.tick()

    assert "2026" in long_site.text("harbour/index.html")
    assert "Something new" in long_site.text("harbour/2026/03/index.html")


def document(site: Site, address: str) -> bytes:
    """Return the document at an address of the site."""
    return (site.public / address.removeprefix("https://news.test/")).read_bytes()


SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_sitemaps_name_every_page_once(long_site: Site) -> None:
    """From robots.txt on; each address stands below the folder of its sitemap."""
    robots = long_site.text("robots.txt").splitlines()
    maps = [line.removeprefix("Sitemap: ") for line in robots if line.startswith("Sitemap: ")]
    found: list[str] = []
    while maps:
        address = maps.pop()
        root = etree.fromstring(document(long_site, address))
        places = [element.text or "" for element in root.iter(f"{SITEMAP}loc")]
        assert all(place.startswith(address.rpartition("/")[0]) for place in places)
        (maps if root.tag == f"{SITEMAP}sitemapindex" else found).extend(places)

    pages = {
        f"https://news.test/{path.removesuffix('index.html')}"
        for path in long_site.documents()
        if path.endswith(".html") and not re.search(r"/\d+\.html$", path) and "/embed/" not in path
    }
    assert sorted(found) == sorted(pages)


def test_opml_lists_every_feed(long_site: Site) -> None:
    """In the form that readers take: type, title, address and page."""
    root = etree.fromstring(document(long_site, "feeds.opml"))

    outlines = [dict(outline.items()) for outline in root.iter("outline")]
    assert list(root.items()) == [("version", "2.0")]
    assert outlines == [
        {
            "type": "rss",
            "text": "Harbour news",
            "title": "Harbour news",
            "xmlUrl": "https://news.test/harbour/atom.xml",
            "htmlUrl": "https://news.test/harbour/",
            "language": "en",
        }
    ]
