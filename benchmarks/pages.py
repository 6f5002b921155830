"""What readers wait for: the answer times of pages, as ratios to a static file of the same server.

``python benchmarks/pages.py`` runs ``tidings run`` on a bulletin of some hundred items, asks over
one connection, in turns, and prints medians and their ratios to the style sheet.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from relay import free_port
from running import Service, wait

ITEMS = 200
CONFIGURATION = """
[bulletins.harbour]
title = "Harbour news"
[bulletins.harbour.sources.main]
file = "bulletin.txt"
"""
TEXT = (
    "The swing bridge stays closed until Friday while its bearings are renewed. Pedestrians "
    "take the ferry free of charge, and cyclists are asked to use the northern road instead. "
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    # A network may search thirty times at once: so many rounds need no pause.
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        items = "".join(
            f"\n{n % 28 + 1} {('March', 'June', 'October')[n % 3]} 2026\n\nNotice {n} of the "
            f"harbour office\n\nNo. {n}: {TEXT}\n"
            for n in range(ITEMS)
        )
        (folder / "bulletin.txt").write_text(f"Harbour news\n{items}")
        (folder / "tidings.toml").write_text(CONFIGURATION)
        service = Service(folder, free_port())
        try:
            wait(lambda: service.answers("/style.css"))
            measure(service.port, _paths(folder / "public"), rounds=options.rounds)
        finally:
            service.stop()


def _paths(public: Path) -> dict[str, str]:
    item = next(path for path in (public / "harbour/items").iterdir() if path.suffix == ".html")
    return {
        "a static file": "/style.css",
        "front page": "/",
        "bulletin": "/harbour/",
        "item": f"/harbour/items/{item.name}",
        "subscribe": "/subscribe/harbour",
        "search, one item": "/search?q=177",
        "search, a word of all": "/search?q=ferry",
    }


def measure(port: int, paths: dict[str, str], *, rounds: int) -> None:
    """Ask for each in turn, round by round."""
    taken: dict[str, list[float]] = {name: [] for name in paths}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    # Two searches in a round: as many as come back by the second are waited for.
    for _ in range(rounds // 2):
        for name, path in paths.items():
            started = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            size = len(answer.read())
            taken[name].append(time.perf_counter() - started)
            if answer.status != http.HTTPStatus.OK or not size:
                raise SystemExit(f"{path}: {answer.status}")
    base = statistics.median(taken["a static file"])
    for name, each in taken.items():
        median = statistics.median(each)
        print(f"{name:22} {median * 1000:7.2f} ms  x{median / base:.1f}")


if __name__ == "__main__":
    main()
