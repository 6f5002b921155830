"""What reading costs: pages of 20 to 20 000 items, and a whole ``tidings preview``.

``python benchmarks/reading.py`` prints the CPU time of reading each page beside one bare parse of
the same page by the HTML library, measured in the same run on the same machine, and the most
memory that reading holds; then a whole process that previews a page, beside Python doing nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from main_job import TEXT, cpu_ms, nothing
from selectolax.lexbor import LexborHTMLParser

from feeds.read import read

URL = "https://harbour.example/news/"
SIZES = (20, 200, 2_000, 20_000)
DAYS = 2_000


def page(items: int) -> str:
    """Return a page of so many items."""
    first = datetime(2020, 1, 1, tzinfo=UTC)
    listed = "".join(
        f'<li><h3><a href="/news/{number}">Notice {number} of the harbour office, in full</a></h3>'
        f"<time>{first + timedelta(days=number % DAYS):%d %B %Y}</time>"
        f"<p>No. {number}: {TEXT}</p></li>"
        for number in range(items, 0, -1)
    )
    return (
        '<!doctype html><html lang="en"><head><title>Harbour news</title></head><body><main>'
        f"<h1>Harbour news</h1><ul>{listed}</ul></main></body></html>"
    )


def text(items: int) -> str:
    """Return the same items as a text."""
    first = datetime(2020, 1, 1, tzinfo=UTC)
    return "\n\n".join(
        f"{first + timedelta(days=number % DAYS):%d %B %Y}\n\n"
        f"Notice {number} of the harbour office, in full\n\nNo. {number}: {TEXT}"
        for number in range(items, 0, -1)
    )


def read_body(body: bytes) -> int:
    """Read a page or a text, and return how many items it gave."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return len(read(body, url=URL, zone=ZoneInfo("UTC"), now=now).entries)


def held_mib(body: bytes) -> float:
    """Return the most memory that Python held while it read."""
    tracemalloc.start()
    read_body(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1024 / 1024


def growth(times: int) -> None:
    """Print a row for each size; ``growth`` is the time per item beside that of the row above."""
    print(
        "kind  items   read as   size kB    read ms   parse ms   ratio   ms/item  growth  MiB held"
    )
    for kind, make in (("page", page), ("text", text)):
        former = 0.0
        for items in SIZES:
            body = make(items)
            given = body.encode()
            found = read_body(given)
            repeated = max(times * SIZES[0] // items, 3)
            ours = cpu_ms(lambda given=given: read_body(given), repeated, nothing)  # type: ignore[misc]
            bare = cpu_ms(lambda body=body: LexborHTMLParser(body), repeated, nothing)  # type: ignore[misc]
            each = ours / min(items, max(found, 1))
            grown = f"{each / former:6.2f}" if former else "      "
            former = each
            print(
                f"{kind}  {items:>6}  {found:>7}  {len(given) / 1000:>8.0f}  {ours:>9.2f}  "
                f"{bare:>9.3f}  {ours / bare:>6.0f}  {each:>8.4f}  {grown}  {held_mib(given):>8.1f}"
            )


def process_cpu(*command: str) -> float:
    """Return the CPU time of a whole process in seconds."""
    before = os.times()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def preview(times: int) -> None:
    """Print the CPU time of ``tidings preview`` on a page of 20 items and of Python alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page(SIZES[0]), encoding="utf-8")
        command = ("-m", "tidings", "preview", str(path), "--url", URL)
        process_cpu(*command)
        ours = statistics.median(process_cpu(*command) for _ in range(times))
        bare = statistics.median(process_cpu("-c", "pass") for _ in range(times))
    print(f"tidings preview    {ours:.3f} s CPU   Python alone {bare:.3f} s   goal 0.270 s")


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40, help="repetitions of each figure")
    times = parser.parse_args().times
    growth(times)
    preview(max(times // 4, 3))


if __name__ == "__main__":
    main()
