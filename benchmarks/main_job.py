"""What the main job costs: start-up, idle memory, an unchanged check, a check with a new item.

``python benchmarks/main_job.py`` prints each figure beside the bare parts it is made of, measured
in the same run on the same machine: a figure alone says more about the machine than about us.
CPU time is that of our process; the server that is asked runs in another one.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import requests

from config.load import load
from feeds.bulletin_feed import make_feed
from feeds.fetch import Fetcher
from feeds.read import read
from feeds.rss_atom import write_atom, write_rss
from tidings.app import App, open_app
from tidings.work import check_due, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ITEMS = 20
TEXT = (
    "The swing bridge stays closed until Friday while its bearings are renewed. Pedestrians "
    "take the ferry free of charge, and cyclists are asked to use the northern road instead. "
)
CONFIGURATION = """
[server]
tick = "1s"
[bulletins.harbour]
title = "Harbour news"
[bulletins.harbour.sources.main]
url = "{url}"
every = "1h"
"""


def page(newest: int) -> bytes:
    """Return a page of items, the newest with that number."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    items = "".join(
        f'<li><h3><a href="/news/{number}">Notice {number} of the harbour office, in full</a></h3>'
        f"<time>{first + timedelta(days=number):%d %B %Y}</time>"
        f"<p>No. {number}: {TEXT}</p></li>"
        for number in range(newest, newest - ITEMS, -1)
    )
    return (
        '<!doctype html><html lang="en"><head><title>Harbour news</title></head><body><main>'
        f"<h1>Harbour news</h1><ul>{items}</ul></main></body></html>"
    ).encode()


class _Site(BaseHTTPRequestHandler):
    """A page that gains an item at each POST, and says 304 to who has it."""

    protocol_version = "HTTP/1.1"
    # Header and body leave in two writes; unhindered, the second waits for the first's receipt.
    disable_nagle_algorithm = True
    newest = 100

    def do_GET(self) -> None:
        etag = f'"{_Site.newest}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response_only(304)
            self.send_header("ETag", etag)
            self.end_headers()
            return
        body = page(_Site.newest)
        self.send_response_only(200)
        self.send_header("ETag", etag)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        _Site.newest += 1
        self.send_response_only(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _serve(port: Queue[int]) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    port.put(server.server_address[1])
    server.serve_forever()


@contextmanager
def site() -> Iterator[str]:
    """Run the site in a process of its own; give its address."""
    port: Queue[int] = Queue()
    process = Process(target=_serve, args=(port,), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{port.get()}/"
    process.terminate()
    process.join()


def cpu_ms(work: Callable[[], object], times: int, before: Callable[[], object]) -> float:
    """Return the median CPU time of one call in milliseconds; ``before`` is not counted."""
    taken = []
    for _ in range(times):
        before()
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


def nothing() -> None:
    """Prepare nothing."""


def start_up(times: int) -> None:
    """Print the wall time of ``tidings --help`` and of Python doing nothing."""

    def wall(*command: str) -> float:
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
            taken.append(time.perf_counter() - start)
        return statistics.median(taken)

    ours, bare = wall("-m", "tidings", "--help"), wall("-c", "pass")
    print(f"tidings --help      {ours:.3f} s   Python alone {bare:.3f} s   goal 0.150 s")


def idle_memory(url: str) -> None:
    """Print the memory of a service that has read its page and waits."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tidings.toml"
        path.write_text(CONFIGURATION.format(url=url))
        with subprocess.Popen(
            [sys.executable, "-m", "tidings", "run", "--config", str(path), "--port", "18999"],
            stderr=subprocess.DEVNULL,
        ) as process:
            while True:
                time.sleep(0.2)
                try:
                    if requests.get("http://127.0.0.1:18999/harbour/", timeout=5).ok:
                        break
                except requests.ConnectionError:
                    continue
            time.sleep(3)
            sizes = {}
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, _, size = line.partition(":")
                sizes[name] = int(size.split()[0]) / 1024
            process.terminate()
    print(
        f"idle tidings run    Rss {sizes['Rss']:.1f} MiB, Pss {sizes['Pss']:.1f} MiB   goal 60 MiB"
    )


class _Clock:
    """Our clock, which can be put forward so that a check is due."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def checks(url: str, times: int) -> None:
    """Print what a check costs in a running service, unchanged and with a new item."""
    clock = _Clock()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "tidings.toml").write_text(CONFIGURATION.format(url=url))
        app = stack.enter_context(open_app(load(folder / "tidings.toml", {}), clock=clock))
        session = stack.enter_context(requests.Session())

        def due() -> None:
            clock.ahead += timedelta(hours=2)

        def work() -> None:
            check_due(app, lambda: False)
            publish(app)

        for _ in range(5):
            due()
            work()
        # What a service has loaded is not looked through for garbage again and again.
        gc.collect()
        gc.freeze()
        etag = session.get(url, timeout=5).headers["ETag"]
        known = {"If-None-Match": etag}
        bare = cpu_ms(lambda: session.get(url, headers=known, timeout=5), times, nothing)
        alone = cpu_ms(lambda: requests.get(url, headers=known, timeout=5), times, nothing)
        ours = cpu_ms(work, times, due)
        print(
            f"unchanged check     {ours:.2f} ms   requests.get 304 {alone:.2f} ms, in a session "
            f"{bare:.2f} ms   ratio {ours / alone:.2f}   goal 2"
        )

        def news() -> None:
            due()
            session.post(url, timeout=5)

        whole = cpu_ms(work, times, news)
        print(f"check with one new  {whole:.2f} ms   goal 5 ms; its bare parts, one by one:")
        parts(app, url, times)


def parts(app: App, url: str, times: int) -> None:
    """Print the parts of a check with a new item, each alone."""
    body = requests.get(url, timeout=5).content
    bulletin = app.bulletin("harbour")
    (state,) = app.sources.sources()
    fetched = Fetcher(app.settings.fetch)
    zone, now = ZoneInfo("UTC"), datetime.now(UTC)

    def read_page() -> object:
        return read(body, url=url, zone=zone, now=now, content_type="text/html; charset=utf-8")

    entries = read(body, url=url, zone=zone, now=now).entries
    items = app.items.latest("harbour", 50)
    bulletin_state = app.sources.bulletin_states()["harbour"]
    feed = make_feed(bulletin, bulletin_state, items, settings=app.settings)
    with fetched as fetcher:
        source = bulletin.sources[0]
        rows: dict[str, Callable[[], object]] = {
            "requests.get 200": lambda: requests.get(url, timeout=5).content,
            "fetch": lambda: fetcher.fetch(source, validators=type(state.validators)()),
            "read": read_page,
            "known items": lambda: app.items.known("harbour", "main", entries),
            "RSS of 50": lambda: write_rss(feed),
            "Atom of 50": lambda: write_atom(feed),
        }
        for name, work in rows.items():
            print(f"  {name:<18}{cpu_ms(work, times, nothing):.2f} ms")


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40, help="repetitions of each figure")
    times = parser.parse_args().times
    start_up(max(times // 4, 3))
    with site() as url:
        idle_memory(url)
        checks(url, times)


if __name__ == "__main__":
    main()
