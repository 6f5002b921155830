"""What a poll costs: a feed from ``tidings run``, and the same file from nginx, in the same run.

``python benchmarks/serving.py`` needs nginx and wrk (``./run.sh services``). Both servers run in
one process, share the machine with wrk, and are asked in turn; what is printed are the medians,
the best rounds (which say more where others use the machine), and their ratios to nginx with
``deploy/nginx.conf``. nginx without any of it is the limit.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from relay import free_port
from running import Service, nginx, wait

from config.load import load
from feeds.nginx_tables import nginx_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = 20
FEED = "/harbour/rss.xml"
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
BARE = """\
daemon off;
pid {folder}/bare.pid;
error_log stderr warn;
user root;
events {{}}
http {{
    access_log off;
    types {{ application/rss+xml xml; }}
    client_body_temp_path {folder}/bare-body;
    proxy_temp_path {folder}/bare-proxy;
    fastcgi_temp_path {folder}/bare-fastcgi;
    uwsgi_temp_path {folder}/bare-uwsgi;
    scgi_temp_path {folder}/bare-scgi;
    server {{ listen 127.0.0.1:{port}; root {public}; }}
}}
"""


@contextmanager
def bare_nginx(folder: Path, public: Path) -> Iterator[int]:
    """Run nginx with nothing but the folder; give its port."""
    port = free_port()
    path = folder / "bare.conf"
    path.write_text(BARE.format(folder=folder, port=port, public=public))
    with subprocess.Popen([str(shutil.which("nginx")), "-c", str(path)]) as process:
        wait(lambda: _answers(port))
        yield port
        process.terminate()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}{FEED}", timeout=5).ok
    except requests.ConnectionError:
        return False


def rate(port: int, headers: dict[str, str], seconds: int) -> float:
    """Return the requests in a second that a server answers, of 16 connections kept alive."""
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    url = f"http://127.0.0.1:{port}{FEED}"
    command = ["wrk", "-t1", "-c16", f"-d{seconds}", *given, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return float(found[1]) if found else 0.0


def memory_mib(service: Service) -> float:
    """Return the resident memory of the service."""
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        items = "".join(
            f"\n{day} October 2026\n\nNotice {day} of the harbour office\n\nNo. {day}: {TEXT}\n"
            for day in range(1, ITEMS + 1)
        )
        (folder / "bulletin.txt").write_text(f"Harbour news\n{items}")
        (folder / "tidings.toml").write_text(CONFIGURATION)
        service = Service(folder, free_port())
        stack.callback(service.stop)
        wait(lambda: service.answers("/harbour/"))
        public = folder / "public"
        tables = nginx_tables(load(folder / "tidings.toml", {}), ())
        other = stack.enter_context(
            nginx(folder, public=public, tables=tables, service_port=service.port)
        )
        bare = stack.enter_context(bare_nginx(folder, public))
        servers = {"tidings run": service.port, "nginx, deploy/": other.port, "nginx, bare": bare}
        print(f"{FEED}: {(public / FEED[1:]).stat().st_size} bytes, {ITEMS} items")
        for name in ("200", "200 gzip", "304"):
            measure(name, servers, rounds=options.rounds, seconds=options.seconds)
        print(f"memory of tidings run after this: {memory_mib(service):.0f} MiB")


def measure(name: str, servers: dict[str, int], *, rounds: int, seconds: int) -> None:
    """Ask each server in turn, round by round, and print the medians."""
    asked = {server: _headers(name, port) for server, port in servers.items()}
    rates: dict[str, list[float]] = {server: [] for server in servers}
    for _ in range(rounds):
        for server, port in servers.items():
            rates[server].append(rate(port, asked[server], seconds))
    limit = rates["nginx, deploy/"]
    for server, measured in rates.items():
        median, best = statistics.median(measured), max(measured)
        print(
            f"{name:9} {server:15} {median:7.0f} req/s, best {best:6.0f}: "
            f"{median / statistics.median(limit):5.2f} of nginx, best {best / max(limit):5.2f}"
        )


def _headers(name: str, port: int) -> dict[str, str]:
    """Return what is asked with: for a 304 the tag that this very server gives."""
    if name == "200":
        return {}
    if name == "200 gzip":
        return {"Accept-Encoding": "gzip"}
    plain = {"Accept-Encoding": "identity"}
    answer = requests.get(f"http://127.0.0.1:{port}{FEED}", headers=plain, timeout=5)
    return {"If-None-Match": answer.headers["ETag"]}


if __name__ == "__main__":
    main()
