"""Telling WebSub hubs that feeds have changed: once, patiently, and in nobody's way."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import requests
from relay import free_port
from running import Service, wait, write_configuration
from worlds import LEASE

from config.load import parse
from config.write import bulletin_toml
from feeds.headers import SiteHeaders
from feeds.output import FolderOutput
from feeds.output_topics import TopicOutput
from feeds.ping import Pinger, Refusal, ask_hub, next_attempt
from feeds.ping_store import Ping, PingStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feeds.database import Database

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOPIC = "https://news.example.org/harbour/atom.xml"
BULLETIN = "Harbour news\n\n3 November 2026\n\nBridge closed\n\nUntil Friday.\n"
NEWS = "\n9 November 2026\n\nLighthouse open\n\nOn Sundays.\n"


@dataclass
class Hub:
    """A hub that notes what it is told, and answers as it is set."""

    port: int = 0
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    told: list[dict[str, list[str]]] = field(default_factory=list)
    silent: threading.Event | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hub?x=y"

    @property
    def topics(self) -> list[str]:
        """The feeds that it was told of, in turn."""
        return [form["hub.url"][0] for form in self.told]


@contextmanager
def running_hub(port: int = 0) -> Iterator[Hub]:
    """Run a hub until the block ends."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            hub.told.append({**form, "type": [self.headers["Content-Type"]], "at": [self.path]})
            if hub.silent is not None:
                hub.silent.wait(60)
                return
            self.send_response(hub.status)
            for name, value in hub.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that takes everything."""
    with running_hub() as hub:
        yield hub


@pytest.fixture
def pings(database: Database) -> PingStore:
    """The rows on both databases."""
    return PingStore(database)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


def pinger(pings: PingStore, *hubs: str, clock: Clock | None = None) -> Pinger:
    """Return the loop as one process has it."""
    return Pinger(pings=pings, hubs=hubs, user_agent="Tidings/test", clock=clock or Clock())


def never() -> bool:
    """Nobody wants to stop."""
    return False


# --- the rows ------------------------------------------------------------------------------


def test_a_hub_is_told_of_each_change_once(pings: PingStore, hub: Hub) -> None:
    """In the form that hubs take; what is noted again unchanged is told to nobody."""
    loop = pinger(pings, hub.url)

    for digest in ("a", "a", "b", "b"):
        pings.note(TOPIC, digest, [hub.url], now=NOW)
        loop.run(never)

    assert hub.topics == [TOPIC, TOPIC]
    assert hub.told[0] == {
        "hub.mode": ["publish"],
        "hub.url": [TOPIC],
        "hub.topic": [TOPIC],
        "type": ["application/x-www-form-urlencoded"],
        "at": ["/hub?x=y"],
    }


def test_every_hub_is_told_though_another_is_down(pings: PingStore, hub: Hub) -> None:
    """Each has its own row, and only those that are configured now are asked."""
    down, former = f"http://127.0.0.1:{free_port()}/", "http://former.example/"
    pings.note(TOPIC, "a", [down, hub.url, former], now=NOW)

    told = pinger(pings, down, hub.url).run(never)

    assert told == 1
    assert hub.topics == [TOPIC]


def test_what_changes_while_it_is_told_is_told_again(pings: PingStore) -> None:
    """The outcome of the former telling does not hide it."""
    pings.note(TOPIC, "a", ["h"], now=NOW)
    ping = pings.claim("h", now=NOW, lease=LEASE)
    assert ping is not None

    pings.note(TOPIC, "b", ["h"], now=NOW + timedelta(seconds=1))
    pings.told(ping)

    assert pings.claim("h", now=NOW + timedelta(seconds=1), lease=LEASE) is not None


def test_several_processes_share_what_is_due(pings: PingStore) -> None:
    """Each row is one's at a time; one that died is taken over, and comes too late then."""
    pings.note(TOPIC, "a", ["h"], now=NOW)

    first = pings.claim("h", now=NOW, lease=LEASE)
    meanwhile = pings.claim("h", now=NOW, lease=LEASE)
    second = pings.claim("h", now=NOW + LEASE, lease=LEASE)
    assert first is not None
    assert second is not None
    pings.told(first)
    third = pings.claim("h", now=NOW + 2 * LEASE, lease=LEASE)

    assert meanwhile is None
    assert (second.attempts, second.lease) == (2, 2)
    assert third is not None


# --- a hub that cannot be told -------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "problem"),
    [
        (200, {}, ""),
        (202, {}, ""),
        (204, {}, ""),
        (301, {"Location": "http://127.0.0.1:1/"}, "it has moved (HTTP 301); put its new address"),
        (307, {"Location": "/hub"}, "it has moved (HTTP 307); put its new address"),
        (400, {}, "it answered with HTTP 400"),
        (404, {}, "it answered with HTTP 404"),
        (500, {}, "it answered with HTTP 500"),
        (503, {"Retry-After": "7200"}, "it answered with HTTP 503"),
        (503, {"Retry-After": "soon"}, "it answered with HTTP 503"),
    ],
)
def test_what_a_hub_answers_is_understood(
    hub: Hub, status: int, headers: dict[str, str], problem: str
) -> None:
    """Two hundred something is a yes; it is asked once, whatever it answers."""
    hub.status, hub.headers = status, headers

    refusal = ask_hub(hub.url, TOPIC, user_agent="Tidings/test", now=NOW)

    assert len(hub.told) == 1
    assert (refusal is None) == (problem == "")
    assert refusal is None or refusal.problem.startswith(problem)
    if headers.get("Retry-After") == "7200":
        assert refusal is not None
        assert refusal.retry_after == timedelta(hours=2)


@pytest.mark.parametrize("hub", ["http://127.0.0.1:1/", "http://a..b/", "http://[::1/", "http://"])
def test_a_hub_that_is_none_is_a_refusal(hub: str) -> None:
    """No fault of ours."""
    refusal = ask_hub(hub, TOPIC, user_agent="Tidings/test", now=NOW)

    assert refusal is not None
    assert refusal.problem.startswith("it cannot be")


@pytest.mark.parametrize(
    ("attempts", "waited", "asked", "pause"),
    [
        (1, timedelta(), None, timedelta(seconds=30)),
        (2, timedelta(), None, timedelta(seconds=60)),
        (5, timedelta(), None, timedelta(minutes=8)),
        (30, timedelta(hours=23), None, timedelta(hours=2)),
        (1, timedelta(), timedelta(hours=3), timedelta(hours=3)),
        (30, timedelta(days=1), None, None),
        (1, timedelta(days=2), timedelta(hours=3), None),
    ],
)
def test_pauses_grow_and_end_after_a_day(
    attempts: int, waited: timedelta, asked: timedelta | None, pause: timedelta | None
) -> None:
    """Never shorter than the hub asked for."""
    ping = Ping(id=1, hub="h", topic=TOPIC, changed=NOW - waited, attempts=attempts, lease=attempts)

    again = next_attempt(ping, Refusal("it cannot be reached", asked), now=NOW, jitter=0)

    assert again == (None if pause is None else NOW + pause)


def test_a_hub_that_stays_down_is_given_up_with_a_word(
    pings: PingStore, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """Until the topic changes again."""
    clock = Clock()
    loop = pinger(pings, hub.url, clock=clock)
    hub.status = 500
    pings.note(TOPIC, "a", [hub.url], now=NOW)
    for _ in range(60):
        loop.run(never)
        clock.now += timedelta(hours=1)
    tried = len(hub.told)

    assert [(each.topic, each.problem) for each in pings.waiting([hub.url])] == [
        (TOPIC, "it answered with HTTP 500")
    ]
    hub.status = 204
    loop.run(never)
    assert len(hub.told) == tried
    pings.note(TOPIC, "b", [hub.url], now=clock.now)
    loop.run(never)

    assert len(hub.told) == tried + 1
    assert pings.waiting([hub.url]) == ()
    assert 10 < tried < 26
    (given_up,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert f"was not told that {TOPIC} changed: it answered with HTTP 500; given up" in given_up
    assert "[site] hubs" in given_up


def test_a_hub_that_is_down_is_not_asked_for_each_topic(pings: PingStore, hub: Hub) -> None:
    """A few tries tell enough; the rest is due at the next tick."""
    hub.status = 503
    for number in range(20):
        pings.note(f"{TOPIC}?{number}", "a", [hub.url], now=NOW)

    pinger(pings, hub.url).run(never)

    assert len(hub.told) == 3


# --- where documents are put ---------------------------------------------------------------


def test_what_was_put_out_is_noted_though_its_writer_died(pings: PingStore, tmp_path: Path) -> None:
    """Between the document and the note: whoever writes it again finds the note wanting."""
    headers = SiteHeaders(
        parse('[site]\nbase_url = "https://news.example.org"', tmp_path / "x", {})
    )
    folder = FolderOutput(tmp_path / "public")
    place = TopicOutput(folder, pings, headers, hubs=["h"], clock=Clock())
    folder.write("harbour/atom.xml", b"<feed/>")

    place.write("harbour/atom.xml", b"<feed/>")
    place.write("harbour/index.html", b"<p>")
    place.write("harbour/archive/2026-10/atom.xml", b"<feed/>")

    ping = pings.claim("h", now=NOW, lease=LEASE)
    assert ping is not None
    assert ping.topic == TOPIC
    assert pings.claim("h", now=NOW, lease=LEASE) is None


def test_a_silent_hub_keeps_nothing_waiting(tmp_path: Path) -> None:
    """While it takes its time, news are published; once it listens it is told, and finds them.

    What it is told are the addresses that feeds give for their own, so that what subscribers
    found there and what the hub fetches is the same topic.
    """
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    service_port = free_port()
    base = f"http://127.0.0.1:{service_port}"
    with running_hub() as hub:
        hub.silent = threading.Event()
        site = f'[site]\nbase_url = "{base}"\nhubs = ["{hub.url}"]\n'
        table = bulletin_toml(slug="harbour", title="H", file="bulletin.txt", every="1s")
        write_configuration(tmp_path, site + table)
        service = Service(tmp_path, service_port)
        wait(lambda: service.answers("/harbour/") and bool(hub.told))
        (tmp_path / "bulletin.txt").write_text(BULLETIN + NEWS)
        wait(lambda: "Lighthouse" in service.get("/harbour/rss.xml").text)
        asked = len(hub.told)
        silent, hub.silent = hub.silent, None
        silent.set()
        wait(lambda: len(set(hub.topics[asked:])) == 3)
        fetched = {topic: requests.get(topic, timeout=5) for topic in hub.topics[asked:]}
        assert service.stop()[0] == 0

    assert asked == 1
    assert fetched.keys() == {
        f"{base}/harbour/{name}" for name in ("rss.xml", "atom.xml", "feed.json")
    }
    for topic, answer in fetched.items():
        assert "Lighthouse open" in answer.text
        assert answer.headers["Link"].startswith(f'<{topic}>; rel="self", <{hub.url}>; rel="hub", ')
        assert topic in answer.text
