"""What many different filters cost: 500 of them put to 10,000 items, at once and one by one.

``python benchmarks/matching.py`` prints the seconds of the index, and how many times longer each
filter by itself takes, which is measured on the first items alone.
"""

from __future__ import annotations

import random
import sys
import time

from feeds.filter_index import FilterIndex
from feeds.filters import ItemFilter
from feeds.model import Content

ITEMS, FILTERS, ALONE = 10_000, 500, 20


def measure() -> tuple[float, float]:
    """Return the seconds at once, and how many times longer one by one takes."""
    chance = random.Random(1)  # noqa: S311 - the same texts each time
    words = [f"word{number}" for number in range(3000)]
    items = [
        Content(
            title=" ".join(chance.choices(words, k=8)),
            summary_html=f"<p>{' '.join(chance.choices(words, k=120))}</p>",
        )
        for _ in range(ITEMS)
    ]
    filters = [
        ItemFilter(words=(f"word{n}", f"word{n + 1} word{n + 2}"), without=("nothing",))
        for n in range(FILTERS)
    ]
    start = time.perf_counter()
    index = FilterIndex(filters)
    for content in items:
        list(index.accepting(content))
    at_once = time.perf_counter() - start
    start = time.perf_counter()
    for content in items[:ALONE]:
        for wanted in filters:
            wanted.accepts(content)
    alone = (time.perf_counter() - start) * ITEMS / ALONE
    return at_once, alone / at_once


if __name__ == "__main__":
    seconds, times = measure()
    sys.stdout.write(f"at once {seconds:.1f} s; one by one {times:.0f} times as long\n")
