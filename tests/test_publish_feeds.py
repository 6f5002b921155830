"""Stories of publishing feeds: live window, archive, checks, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from lxml import etree
from worlds import NOON, Feeds, Site, a_feed, bulletin, entry

from feeds.database import open_database
from feeds.diff import diff
from feeds.feed import FeedUrls
from feeds.identify import identify
from feeds.item_admin_store import ItemAdminStore
from feeds.migrations import migrate
from feeds.model import Attachment, Entry
from feeds.output import FolderOutput
from feeds.publish_checked import write_checked
from feeds.schema import FEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feeds.database import Database

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    """A site of one bulletin, on each database."""
    return Site(Feeds(database), tmp_path / "public")


def _some(site: Site, *numbers: int) -> tuple[str, ...]:
    """Store new items; return their ids, the first number's first."""
    return site.feeds.store(
        *(entry(f"Ferry {number}", url=f"https://x.test/{number}") for number in numbers)
    )


def _revise(site: Site, title: str, number: int) -> None:
    """Read one item again, with another title."""
    _reread(site, [entry(title, url=f"https://x.test/{number}")])


def _reread(site: Site, entries: list[Entry]) -> None:
    """Read the source again, with these entries on it."""
    feeds = site.feeds
    claim = feeds.claim()
    known = feeds.items.known("harbour", "main", entries)
    changes = diff(identify(entries, known), first=False)
    feeds.items.apply(claim, feeds.outcome(claim), changes, zone=ZoneInfo("UTC"))
    feeds.sources.release(claim)


def _titles(document: bytes) -> list[str]:
    """The titles of an Atom document."""
    return [
        title.text or ""
        for title in etree.fromstring(document).iterfind(f"{ATOM}entry/{ATOM}title")
    ]


def _links(document: bytes) -> dict[str, str]:
    """The links of the head of an RSS or Atom document, by relation."""
    root = etree.fromstring(document)
    head = root if root.tag == f"{ATOM}feed" else root[0]
    return {link.get("rel", ""): link.get("href", "") for link in head.iterfind(f"{ATOM}link")}


def _months(site: Site, *months: int) -> None:
    """Let two items come in each month of 2026, the second corrected in it."""
    for month in months:
        site.feeds.clock.now = datetime(2026, month, 10, 12, tzinfo=UTC)
        _some(site, 10 * month + 2, 10 * month + 1)
        site.publish()


def _atom_archive(published: Iterable[str]) -> list[str]:
    return sorted(path for path in published if path.endswith(".atom.xml"))


# --- the archive ---------------------------------------------------------------------------


def test_closed_months_are_archived_and_linked(site: Site) -> None:
    """Each links to the one before, the one after and the live feed; the live to the newest."""
    _months(site, 6, 7, 9, 10)

    files = site.published()
    assert _atom_archive(files) == [
        "harbour/archive/2026-06.atom.xml",
        "harbour/archive/2026-07.atom.xml",
        "harbour/archive/2026-09.atom.xml",
    ]
    base = "https://feeds.test/harbour/"
    assert _links(files["harbour/atom.xml"])["prev-archive"] == f"{base}archive/2026-09.atom.xml"
    for kind in ("atom", "rss"):
        own = f"{base}archive/2026-07.{kind}.xml"
        links = _links(files[f"harbour/archive/2026-07.{kind}.xml"])
        assert links == links | {
            "self": own,
            "current": f"{base}{kind}.xml",
            "prev-archive": f"{base}archive/2026-06.{kind}.xml",
            "next-archive": f"{base}archive/2026-09.{kind}.xml",
        }
        root = etree.fromstring(files[f"harbour/archive/2026-07.{kind}.xml"])
        assert root.find(f".//{HISTORY}archive") is not None
    assert _titles(files["harbour/archive/2026-07.atom.xml"]) == ["Ferry 72", "Ferry 71"]
    assert "prev-archive" not in _links(files["harbour/archive/2026-06.rss.xml"])
    assert "next-archive" not in _links(files["harbour/archive/2026-09.rss.xml"])


def test_json_pages_back_to_the_first_item(site: Site) -> None:
    """By next_url, each one once; all of them are the same feed."""
    _months(site, 6, 7, 9, 10)

    files = site.published()
    at, seen, feeds = "https://feeds.test/harbour/feed.json", [], set()
    while at:
        page = json.loads(files[at.removeprefix("https://feeds.test/")])
        feeds.add(page["feed_url"])
        seen.append({item["title"] for item in page["items"]})
        at = page.get("next_url", "")
    assert feeds == {"https://feeds.test/harbour/feed.json"}
    assert len(seen) == 4
    assert set.union(*seen) == {f"Ferry {10 * m + n}" for m in (6, 7, 9, 10) for n in (1, 2)}


def test_one_closed_month_stays_in_the_livea_feed(database: Database, tmp_path: Path) -> None:
    """An archive of one document could not say where it goes on, so it begins with two."""
    site = Site(Feeds(database), tmp_path / "public", window=1)
    _months(site, 6, 7)

    files = site.published()
    assert _atom_archive(files) == []
    assert set(_titles(files["harbour/atom.xml"])) == {f"Ferry {n}" for n in (61, 62, 71, 72)}


def test_live_feed_and_archive_hold_every_item(database: Database, tmp_path: Path) -> None:
    """However small the window: what is in no archived document is in the live one."""
    site = Site(Feeds(database), tmp_path / "public", window=1)
    for step in range(12):
        site.feeds.clock.forward(days=9)
        _some(site, *range(30 * step, 30 * step + 30))
    site.publish()

    files = site.published()
    documents = [files[path] for path in [*_atom_archive(files), "harbour/atom.xml"]]
    assert {title for each in documents for title in _titles(each)} == {
        f"Ferry {number}" for number in range(360)
    }
    assert max(len(_titles(each)) for each in documents) <= 100


def test_an_archived_document_never_changes(site: Site) -> None:
    """A later correction is in the live feed; the document stays as it was when it closed.

    Only its head learns once which document follows.
    """
    _months(site, 6, 7, 9)
    before = site.published()
    site.feeds.clock.now = datetime(2026, 10, 20, tzinfo=UTC)
    _revise(site, "Ferry 61, corrected", 61)

    after = site.publish()

    archived = _atom_archive(after)
    assert archived == _atom_archive(before)
    assert {path: after[path] for path in archived} == {path: before[path] for path in archived}
    assert "Ferry 61, corrected" in _titles(after["harbour/atom.xml"])


def test_a_restored_store_writes_the_same_archive(site: Site, tmp_path: Path) -> None:
    """Into an empty folder, to the byte, though items were corrected before and after closing."""
    site.feeds.clock.now = datetime(2026, 6, 1, tzinfo=UTC)
    _some(site, 3, 2, 1)
    site.feeds.clock.forward(days=1)
    _revise(site, "Ferry 1, first correction", 1)
    site.publish()
    for days in (40, 40, 40):
        site.feeds.clock.forward(days=days)
        _revise(site, f"Ferry 1, corrected on {site.feeds.clock():%j}", 1)
        _some(site, int(f"{site.feeds.clock():%j}0"))
        site.publish()
    grown = site.published()

    restored = Site(site.feeds, tmp_path / "elsewhere").publish()

    assert restored == grown
    assert _titles(grown["harbour/archive/2026-06.atom.xml"]) == [
        "Ferry 3",
        "Ferry 2",
        # Of the three corrections the last one before it closed.
        "Ferry 1, corrected on 193",
    ]


def test_what_is_forgotten_leaves_the_archive_too(site: Site, database: Database) -> None:
    """Whoever forgets an item means it; the other documents stay as they are."""
    _months(site, 6, 7, 9, 10)
    before = site.published()
    (item,) = [
        item
        for item in site.feeds.items.changed_since("harbour", 0)
        if item.content.title == "Ferry 71"
    ]
    ItemAdminStore(database).forget(item, now=site.feeds.clock())

    after = site.publish()

    changed = {path for path in before if after.get(path) != before[path]}
    assert _atom_archive(changed) == ["harbour/archive/2026-07.atom.xml"]
    assert _titles(after["harbour/archive/2026-07.atom.xml"]) == ["Ferry 72"]


def test_a_month_of_which_all_is_forgotten_is_an_empty_document(
    site: Site, database: Database
) -> None:
    """It keeps its address, and the chain goes through it."""
    _months(site, 6, 7, 9, 10)
    for item in site.feeds.items.changed_since("harbour", 0):
        if item.archive == "2026-07":
            ItemAdminStore(database).forget(item, now=site.feeds.clock())

    after = site.publish()

    assert _titles(after["harbour/archive/2026-07.atom.xml"]) == []
    assert site.refused() == ()


# --- the live feed -------------------------------------------------------------------------


def test_who_looks_once_a_week_misses_nothing(database: Database, tmp_path: Path) -> None:
    """Whatever comes in bursts, and though the window is small: every item and correction."""
    site = Site(Feeds(database), tmp_path / "public", window=2)
    seen: set[str] = set()
    number, wanted = 0, set()
    for day in range(36):
        site.feeds.clock.forward(days=1)
        if day % 9 != 4:
            for _ in range(day * 5 % 7):
                number += 1
                wanted.add(f"Ferry {number}")
                _some(site, number)
        if day % 11 == 10:
            wanted.add(f"Ferry {number - 30}, corrected")
            _revise(site, f"Ferry {number - 30}, corrected", number - 30)
        site.publish()
        if day % 7 == 6:
            seen |= set(_titles(site.published()["harbour/atom.xml"]))
    site.feeds.clock.forward(days=6)
    seen |= set(_titles(site.publish()["harbour/atom.xml"]))

    assert wanted - seen == set()


def test_a_baseline_is_promised_to_nobody(database: Database, tmp_path: Path) -> None:
    """A page of hundreds is read for the first time: nobody can have missed them."""
    site = Site(Feeds(database), tmp_path / "public", window=5)
    page = [entry(f"Ferry {number}") for number in range(250)]
    site.feeds.store(*page, baseline=True)

    files = site.publish()

    # The open part of the archive, which is nowhere else.
    assert len(_titles(files["harbour/atom.xml"])) == 50
    assert len(_atom_archive(files)) == 2


def test_publishing_twice_writes_nothing(site: Site) -> None:
    """Not even the time of a file changes, and a publisher that knows nothing finds out."""
    _months(site, 6, 7, 9)
    times = {path: path.stat().st_mtime_ns for path in site.folder.rglob("*") if path.is_file()}

    assert site.publisher().publish_all() == ()

    assert times == {
        path: path.stat().st_mtime_ns for path in site.folder.rglob("*") if path.is_file()
    }


def test_a_corrected_item_tells_what_was_corrected(database: Database, tmp_path: Path) -> None:
    """Where the operator wants it: its text ends with the words that changed."""
    wordy = replace(bulletin(), corrections_in_feed=True)
    site = Site(Feeds(database), tmp_path / "public", (wordy,))
    _some(site, 2, 1)
    site.feeds.clock.forward(days=1)
    _revise(site, "Ferry one", 1)

    document = json.loads(site.publish()["harbour/feed.json"])

    texts = {item["title"]: item.get("content_html", "") for item in document["items"]}
    assert "<p>Title: Ferry <del>1</del><ins>one</ins></p>" in texts["Ferry one"]
    assert texts["Ferry 2"] == ""
    assert site.refused() == ()


def test_an_item_keeps_its_files_and_picture(site: Site) -> None:
    """One of its files in RSS, all of them in Atom and JSON Feed."""
    files = (
        Attachment(url="https://x.test/a.mp3", mime="audio/mpeg", size=9, seconds=60),
        Attachment(url="https://x.test/b.pdf", mime="application/pdf", title="Paper"),
    )
    shown = replace(
        entry("Ferry", summary="Fog"), attachments=files, image_url="https://x.test/a.png"
    )
    site.feeds.store(shown)

    published = site.publish()

    rss = etree.fromstring(published["harbour/rss.xml"]).findall("channel/item/enclosure")
    assert [dict(each.attrib) for each in rss] == [
        {"url": "https://x.test/a.mp3", "length": "9", "type": "audio/mpeg"}
    ]
    atom = etree.fromstring(published["harbour/atom.xml"]).findall(f"{ATOM}entry/{ATOM}link")
    assert [dict(link.attrib) for link in atom if link.get("rel") == "enclosure"] == [
        {"href": files[0].url, "rel": "enclosure", "type": "audio/mpeg", "length": "9"},
        {"href": files[1].url, "rel": "enclosure", "type": "application/pdf", "title": "Paper"},
    ]
    (item,) = json.loads(published["harbour/feed.json"])["items"]
    assert item["image"] == "https://x.test/a.png"
    assert item["attachments"] == [
        {
            "url": files[0].url,
            "mime_type": "audio/mpeg",
            "size_in_bytes": 9,
            "duration_in_seconds": 60,
        },
        {"url": files[1].url, "mime_type": "application/pdf", "title": "Paper"},
    ]


# --- the check before a document replaces another -------------------------------------------


def test_an_item_that_breaks_a_rule_is_left_out_and_named(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are published; the operator is told once which it is, until it is mended."""
    _some(site, 2, 1)
    (bad,) = site.feeds.store(Entry(title="Bad", summary_html="<p>a<script>b()</script></p>"))

    files = site.publish()

    assert _titles(files["harbour/atom.xml"]) == ["Ferry 2", "Ferry 1"]
    refused = site.refused()
    assert {(each.document, each.item) for each in refused} == {
        (f"harbour/{name}", bad) for name in ("rss.xml", "atom.xml", "feed.json")
    }
    assert f"harbour/rss.xml is published without {bad}: its text has <script>" in caplog.text
    caplog.clear()
    site.feeds.clock.forward(days=1)
    _some(site, 3)
    site.publish()
    assert "is published without" not in caplog.text
    assert len(site.refused()) == 3


def test_a_document_that_breaks_a_rule_leaves_the_last_good_one(tmp_path: Path) -> None:
    """And the other formats of the same feed are published all the same."""
    output, paths = FolderOutput(tmp_path), FeedUrls("rss.xml", "atom.xml", "feed.json")
    assert write_checked(a_feed(), paths, output) == ()
    good = {path: output.read(path) for path in paths.each()}
    urls = replace(a_feed().urls, rss="ftp://feeds.test/rss.xml")

    refused = write_checked(a_feed(urls=urls, title="Another"), paths, output)

    assert [(each.document, each.item) for each in refused] == [("rss.xml", "")]
    assert str(refused[0]) == (
        "rss.xml is not published, its last good one stays: "
        "its self link must be a whole http or https address"
    )
    assert output.read("rss.xml") == good["rss.xml"]
    assert all(output.read(path) != good[path] for path in ("atom.xml", "feed.json"))


# --- the same bytes everywhere -------------------------------------------------------------

WRITE = """
import sys
from datetime import UTC, datetime
from dataclasses import replace
sys.path[:0] = sys.argv[1:3]
from worlds import a_feed, a_feed_item
from feeds.json_feed import write_json_feed
from feeds.rss_atom import write_atom, write_rss
feed = a_feed(
    *(a_feed_item(n, categories=("b", "a", "c"), author="Ann", language="he") for n in range(9)),
    hubs=("https://b.test/", "https://a.test/"),
)
for write in (write_rss, write_atom, write_json_feed):
    sys.stdout.buffer.write(write(feed))
"""


def test_every_process_writes_the_same_bytes() -> None:
    """Whatever its hash seed, its locale and its time zone."""
    tests = Path(__file__).parent
    written = {
        subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", WRITE, str(tests), str(tests.parent)],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone},
            check=True,
            capture_output=True,
        ).stdout
        for seed, locale, zone in (("1", "C.UTF-8", "UTC"), ("77", "C", "Asia/Kathmandu"))
    }

    assert len(written) == 1
    assert len(written.pop()) > 5_000


def test_two_stores_with_the_same_rows_write_the_same_bytes(
    postgres_url: str, tmp_path: Path
) -> None:
    """One of SQLite, and its rows in PostgreSQL."""
    with (
        open_database("", tmp_path / "first") as first,
        open_database(postgres_url, tmp_path / "second") as second,
    ):
        for database in (first, second):
            migrate(database, (FEEDS,), now=NOON)
        site = Site(Feeds(first), tmp_path / "public")
        _months(site, 6, 7, 9)
        for table in ("bulletins", "sources", "items", "revisions"):
            _copy(first, second, table)

        assert Site(Feeds(second), tmp_path / "elsewhere").publish() == site.published()


def _copy(source: Database, target: Database, table: str) -> None:
    """Put the rows of a table of SQLite into that of another database."""
    with source.reading() as transaction:
        rows: list[dict[str, object]] = [
            dict(row)  # type: ignore[call-overload] # a sqlite3.Row
            for row in transaction.all(f"SELECT * FROM {table}")  # noqa: S608 - our own tables
        ]
    for row in rows:
        names = list(row)
        with target.transaction() as transaction:
            transaction.run_each(
                f"INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608 - our own tables
                f"VALUES ({', '.join(':' + name for name in names)})",
                [row],
            )


@pytest.mark.parametrize(
    ("day", "shown"),
    [(date(1969, 7, 20), datetime(2026, 11, 23, 12, tzinfo=UTC)), (date(2026, 11, 20), None)],
)
def test_a_day_before_the_web_is_no_date_of_aa_feed(
    site: Site, day: date, shown: datetime | None
) -> None:
    """It is what the item tells of; readers would sort it out of sight."""
    site.feeds.store(entry("Moon", day=day))

    (item,) = site.feeds.items.latest("harbour", 1)
    assert item.content.when is not None
    assert item.content.when.day == day
    assert item.published == (shown or item.published)
    assert abs(item.published - site.feeds.clock()) < timedelta(days=4)


def test_a_browser_is_told_how_to_show_a_feed(site: Site) -> None:
    """By a style sheet of our own, which asks nobody else."""
    _some(site, 1)

    files = site.publish()

    told = b'<?xml-stylesheet type="text/css" href="https://feeds.test/feed.css"?>'
    assert files["harbour/rss.xml"].splitlines()[1] == told
    assert files["harbour/atom.xml"].splitlines()[1] == told
    assert b"@import" not in files["feed.css"]
    assert b"url(" not in files["feed.css"].replace(b'url("http://www.w3.org/2005/Atom")', b"")
