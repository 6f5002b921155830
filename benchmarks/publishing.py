"""What publishing costs: the three formats beside bare libraries, and one new item by store size.

``python benchmarks/publishing.py`` prints CPU times and, what counts, ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.schedule import Interval
from config.settings import BulletinSettings, Settings, SiteSettings, SourceSettings
from feeds.archive import Part
from feeds.bulletin_feed import feed_paths
from feeds.columns import content_columns
from feeds.conformance import faults_of
from feeds.conformance_xml import content_problem
from feeds.database import open_database
from feeds.diff import content_of, diff
from feeds.feed import Feed, FeedItem
from feeds.fetch import Validators
from feeds.identify import identify
from feeds.item_store import ItemStore
from feeds.json_feed import write_json_feed
from feeds.migrations import migrate
from feeds.model import Entry
from feeds.output import FolderOutput
from feeds.publishing import publisher_on
from feeds.records import Check, Outcome
from feeds.render import Renderer, package_templates
from feeds.rss_atom import write_atom, write_rss
from feeds.schema import FEEDS
from feeds.source_store import SourceStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.database import Database
    from feeds.publish import Publisher

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BODY = "<p>" + "The swing bridge stays closed until Friday, and the ferry takes over. " * 8 + "</p>"
BATCH = 10_000
MEMORY = Path("/dev/shm")  # noqa: S108 - files of a benchmark
WRITERS: dict[str, Callable[[Feed], bytes]] = {
    "rss": write_rss,
    "atom": write_atom,
    "json": write_json_feed,
}


def a_feed(count: int, *, salt: int = 0) -> Feed:
    """Return a feed of so many items of 560 characters; another salt is another feed."""
    return Feed(
        id="tag:example.org,2026:harbour",
        title=f"Harbour news {salt}",
        description="What the harbour says",
        home_url="https://feeds.test/harbour/",
        author="Harbour office",
        language="en",
        updated=NOON,
        urls=feed_paths("harbour").below("https://feeds.test/"),
        items=tuple(
            FeedItem(
                id=f"tag:example.org,2026:harbour/{number}",
                title=f"Notice {number} & more of the harbour office",
                url=f"https://x.test/news/{number}",
                summary_html=f"{BODY}<p>{salt} {number}</p>",
                published=NOON - timedelta(minutes=number),
                updated=NOON - timedelta(minutes=number),
            )
            for number in range(count)
        ),
    )


def with_bare_lxml(feed: Feed) -> bytes:
    """Write the least RSS that can be called so."""
    from email.utils import format_datetime

    from lxml import etree

    root = etree.Element("rss", version="2.0")
    channel = etree.SubElement(root, "channel")
    for tag, text in (
        ("title", feed.title),
        ("link", feed.home_url),
        ("description", feed.description),
    ):
        etree.SubElement(channel, tag).text = text
    for item in feed.items:
        element = etree.SubElement(channel, "item")
        for tag, text in (
            ("guid", item.id),
            ("title", item.title),
            ("link", item.url),
            ("description", item.summary_html),
            ("pubDate", format_datetime(item.published)),
        ):
            etree.SubElement(element, tag).text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def with_feedgen_alone(feed: Feed, kind: str) -> bytes:
    """Write the same by feedgen as its documentation shows it, but in linear time."""
    from feedgen.feed import FeedGenerator  # the door is for what is shipped

    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.link(href=feed.home_url, rel="alternate")
    generator.description(feed.description)
    generator.updated(feed.updated)
    for item in feed.items:
        entry = generator.add_entry(order="append")
        entry.guid(item.id, permalink=False)
        entry.title(item.title)
        entry.link(href=item.url)
        entry.content(item.summary_html, type="html")
        entry.published(item.published)
        entry.updated(item.updated)
    written: bytes = generator.rss_str() if kind == "rss" else generator.atom_str()
    return written


def timed(work: Callable[[int], object], times: int) -> float:
    """Return the median CPU time of a piece of work, in milliseconds."""
    taken = []
    for run in range(times):
        start = time.process_time()
        work(run)
        taken.append(time.process_time() - start)
    return statistics.median(taken) * 1000


def formats(count: int, times: int) -> None:
    """Print what it costs to write and to check the formats, beside bare libraries."""
    feeds = [a_feed(count, salt=salt) for salt in range(times)]
    bare = timed(lambda run: with_bare_lxml(feeds[run]), times)

    def row(name: str, took: float) -> None:
        print(f"{count:>6} items  {name:<28}{took:8.2f} ms  x{took / bare:5.2f}", flush=True)

    row("RSS by lxml alone", bare)
    for kind in ("rss", "atom"):
        took = timed(lambda run, kind=kind: with_feedgen_alone(feeds[run], kind), times)  # type: ignore[misc]
        row(f"{kind} by feedgen alone", took)
    items = [{"id": item.id, "title": item.title} for item in feeds[0].items]
    row("json.dumps of ids and titles", timed(lambda _: json.dumps(items), times))

    def all_three(run: int) -> None:
        for kind, write in WRITERS.items():
            if faults_of(write(feeds[run]), kind, feeds[run]):
                raise SystemExit(f"{kind} breaks a rule")

    content_problem.cache_clear()
    row("all three, written and checked", timed(all_three, times))
    for kind, write in WRITERS.items():
        took = timed(lambda run, write=write: write(feeds[run]), times)  # type: ignore[misc]
        documents = [write(feed) for feed in feeds]
        content_problem.cache_clear()
        checked = timed(
            lambda run, kind=kind, documents=documents: faults_of(documents[run], kind, feeds[run]),  # type: ignore[misc]
            times,
        )
        row(f"{kind}, ours", took)
        row(f"{kind}, read back and checked", checked)


SOURCE = SourceSettings(
    bulletin="harbour", name="main", file=Path("/page"), schedule=Interval(timedelta(hours=1))
)
BULLETIN = BulletinSettings(slug="harbour", title="Harbour", sources=(SOURCE,))


def publishing_of(
    database: Database, folder: Path, bulletin: BulletinSettings
) -> tuple[SourceStore, ItemStore, Publisher]:
    """Return the stores and a publisher of one bulletin."""
    migrate(database, (FEEDS,), now=NOON)
    sources = SourceStore(database, authority="example.org")
    items = ItemStore(database, authority="example.org")
    sources.register((bulletin,), now=NOON)
    site = SiteSettings(base_url="https://feeds.test", output=folder)
    publisher = publisher_on(
        database,
        Settings(path=Path("tidings.toml"), site=site, bulletins=(bulletin,)),
        authority="example.org",
        renderer=Renderer(package_templates("feeds"), foreign=None),
        output=FolderOutput(folder),
        clock=lambda: NOON,
    )
    return sources, items, publisher


def entry(number: int) -> Entry:
    """Return an entry as a page shows it."""
    return Entry(
        title=f"Notice {number} of the harbour office",
        url=f"https://x.test/news/{number}",
        summary_html=f"{BODY}<p>No. {number}</p>",
    )


def fill(database: Database, count: int) -> datetime:
    """Insert so many items, twenty a day, as they would have come; return when the last came."""
    part = Part()
    rows: list[dict[str, object]] = []
    came = NOON - timedelta(days=count / 20)
    for number in range(1, count + 1):
        came += timedelta(days=1) / 20
        content = content_of(entry(number))
        part = part.taking(content.summary_html, came.date())
        at = came.isoformat(timespec="microseconds")
        rows.append(
            content_columns(content)
            | {
                "id": f"tag:example.org,2026:{number}",
                "token": str(number),
                "bulletin": "harbour",
                "number": number,
                "changed": number,
                "published": at,
                "updated": at,
                "first_seen": at,
                "revision": 0,
                "baseline": 0,
                "source_id": "",
                "archive": part.name,
            }
        )
    columns = list(rows[0])
    statement = (
        f"INSERT INTO items ({', '.join(columns)}) "  # noqa: S608 - names of ours
        f"VALUES ({', '.join(':' + name for name in columns)})"
    )
    for start in range(0, count, BATCH):
        with database.transaction() as transaction:
            transaction.run_each(statement, rows[start : start + BATCH])
    with database.transaction() as transaction:
        transaction.run("UPDATE bulletins SET number = :number", number=count)
    return came


def one_more(sources: SourceStore, items: ItemStore, number: int, now: datetime) -> None:
    """Store one new item, as a check does."""
    claim = sources.claim(BULLETIN, now=now, lease=timedelta(minutes=5))
    if claim is None:
        raise SystemExit("the bulletin is taken")
    entries = [entry(number)]
    changes = diff(identify(entries, items.known("harbour", "main", entries)), first=False)
    check = Check(bulletin="harbour", source="main", started=now, finished=now, outcome="changed")
    outcome = Outcome(check=check, next_check=now, validators=Validators(), recipe="")
    items.apply(claim, outcome, changes, zone=ZoneInfo("UTC"))


def by_size(count: int, times: int) -> float:
    """Return what publishing after one new item costs with so many stored, in milliseconds."""
    with (
        # A hundred thousand files are not the point: in memory, where there is such a place.
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        open_database("", Path(folder) / "data") as database,
    ):
        sources, items, publishing = publishing_of(database, Path(folder) / "public", BULLETIN)
        now = fill(database, count)
        start = time.process_time()
        publishing.publish_all()
        first = time.process_time() - start
        taken = []
        for number in range(count + 1, count + 1 + times):
            now += timedelta(minutes=72)
            one_more(sources, items, number, now)
            start = time.process_time()
            publishing.publish_all()
            taken.append(time.process_time() - start)
        print(f"{count:>7} items stored: the first time, with its archive, {first:6.1f} s")
        return statistics.median(taken) * 1000


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="repetitions of each figure")
    given = parser.parse_args()
    for count in (50, 1_000):
        formats(count, given.times)
    smallest = 0.0
    for count in (1_000, 100_000):
        took = by_size(count, given.times)
        smallest = smallest or took
        print(
            f"{count:>7} items stored: one new item {took:6.1f} ms  x{took / smallest:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
