"""The running service over real HTTP: pages, feeds, health, the way out, and how it stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from email import message_from_bytes, policy
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import feedparser
import pytest
import requests
from origin import Answer, Origin, answer
from relay import Mailbox, free_port
from running import PATIENCE_S, Service, wait, write_configuration

from config.load import load
from config.write import bulletin_toml
from tidings.app import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
BULLETIN = """\
Harbour news

3 November 2026

Bridge <closed> & barred

The swing bridge stays closed until Friday.

1 November 2026

New harbour master

Ines Ferreira takes office.
"""
NEWS = "\n9 November 2026\n\nLighthouse open\n\nOn Sundays.\n"


def subscribe(folder: Path, address: str, cadence: str = "instant") -> str:
    """Add a subscription; return its token."""
    with open_app(load(folder / "tidings.toml", {})) as app:
        return app.subscribers.subscribe(
            address,
            "harbour",
            cadence=cadence,
            time_zone=app.bulletin("harbour").time_zone,
            language="en",
            now=app.clock(),
        ).token


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without a relay, with one mail written."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "bulletin.txt").write_text(BULLETIN)
    table = bulletin_toml(slug="harbour", title="Harbour & Sea", file="bulletin.txt", every="1s")
    write_configuration(folder, table)
    service = Service(folder, free_port())
    wait(lambda: service.answers("/harbour/"))
    subscribe(folder, "ann@example.org")
    (folder / "bulletin.txt").write_text(BULLETIN + NEWS)
    wait(lambda: bool(list(folder.glob("data/mails/*.eml"))))
    yield service
    assert service.stop()[0] == 0


# --- pages and feeds -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/harbour/", "text/html; charset=utf-8"),
        ("/harbour/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/harbour/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/harbour/feed.json", "application/feed+json; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/health", "application/json"),
        ("/mails/", "text/html; charset=utf-8"),
    ],
)
def test_every_address_is_served_with_its_type(
    service: Service, path: str, media_type: str
) -> None:
    """What a browser or a reader asks for."""
    response = service.get(path)

    assert response.status_code == 200
    assert response.headers["Content-Type"] == media_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_leads_to_its_feeds_and_items(service: Service) -> None:
    """A feed reader finds the feeds by themselves, and every link leads somewhere."""
    page = service.get("/harbour/").text

    feeds = re.findall(r'<link rel="alternate" type="([^"]+)" title="[^"]+" href="([^"]+)"', page)
    assert [kind for kind, _ in feeds] == [
        "application/atom+xml",
        "application/rss+xml",
        "application/feed+json",
    ]
    links = set(re.findall(r'href="((?!data:|[^"]*://)[^"]+)"', page))
    assert len([href for href in links if href.startswith("items/")]) == 3
    for href in links:
        path = urlsplit(requests.compat.urljoin(service.url("/harbour/"), href)).path
        assert service.get(path).status_code == 200, href
    assert "Bridge &lt;closed&gt; &amp; barred" in page
    assert "Harbour &amp; Sea" in page


def test_feeds_agree_and_link_to_pages_of_ours(service: Service) -> None:
    """An item without a link of its own has a page that is its link."""
    rss = feedparser.parse(service.get("/harbour/rss.xml").content)
    atom = feedparser.parse(service.get("/harbour/atom.xml").content)
    items = service.get("/harbour/feed.json").json()["items"]

    assert [e.id for e in rss.entries] == [e.id for e in atom.entries] == [i["id"] for i in items]
    for item in items:
        page = service.get(urlsplit(item["url"]).path)
        assert page.status_code == 200
        assert escape(item["title"]) in page.text


def test_what_is_unchanged_is_not_sent_again(service: Service) -> None:
    """By ETag and by date; a date that the reader made up does not hide an item."""
    first = service.get("/harbour/rss.xml")
    etag, date = first.headers["ETag"], first.headers["Last-Modified"]

    assert service.get("/harbour/rss.xml", If_None_Match=etag).status_code == 304
    assert service.get("/harbour/rss.xml", If_None_Match=f'"x", {etag}').status_code == 304
    assert service.get("/harbour/rss.xml", If_None_Match="*").status_code == 304
    assert service.get("/harbour/rss.xml", If_None_Match='"x"').status_code == 200
    assert service.get("/harbour/rss.xml", If_Modified_Since=date).status_code == 304
    made_up = "Fri, 01 Jan 2100 00:00:00 GMT"
    assert service.get("/harbour/rss.xml", If_Modified_Since=made_up).status_code == 200
    again = service.get("/harbour/rss.xml", If_None_Match='"x"', If_Modified_Since=date)
    assert again.status_code == 200
    assert "max-age" in first.headers["Cache-Control"]


def test_head_is_get_without_the_body(service: Service) -> None:
    """With the same headers."""
    whole = service.get("/harbour/rss.xml")

    head = requests.head(service.url("/harbour/rss.xml"), timeout=5)

    assert head.content == b""
    for name in ("ETag", "Content-Length", "Content-Type", "Last-Modified"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/harbour/nothing.html",
        "/.lock",
        "/harbour/.published.json",
        "/../tidings.toml",
        "/%2e%2e/tidings.toml",
        "/harbour/..%2f..%2ftidings.toml",
        "/harbour/%00",
        "//etc/passwd",
        "/mails/../tidings.toml/eml",
        "/mails/nothing.eml/html",
        "/unsubscribe/nothing",
        f"/{'a' * 300}",
        f"/harbour/{'a' * 300}/",
        f"/{'a/' * 4000}",
        f"/mails/{'a' * 300}.eml/html",
    ],
)
def test_what_was_not_published_is_not_there(service: Service, path: str) -> None:
    """Neither above the folder nor beside it; the page says so in words."""
    request = requests.Request("GET", service.url("/")).prepare()
    request.url = service.url(path)
    with requests.Session() as session:
        response = session.send(request, timeout=5, allow_redirects=False)

    assert response.status_code == 404
    assert "<h1>404</h1>" in response.text


def test_a_missing_slash_is_added(service: Service) -> None:
    """People type addresses without it."""
    response = service.get("/harbour")

    assert (response.status_code, response.headers["Location"]) == (301, "harbour/")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_published_files_are_only_read(service: Service, method: str) -> None:
    """No other method does anything."""
    assert requests.request(method, service.url("/harbour/"), timeout=5).status_code == 405


def test_no_page_needs_a_script(service: Service) -> None:
    """The policy forbids all but a file of ours, which copies an address and no more."""
    for path, scripts in (("/", 0), ("/harbour/", 1), ("/mails/", 0)):
        response = service.get(path)
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert response.text.count("<script") == scripts
        assert response.text.count('<script src="../copy.js" defer></script>') == scripts


def test_health_says_how_every_source_is(service: Service) -> None:
    """What an operator's monitor reads."""
    report = service.get("/health").json()

    assert report["status"] == "ok"
    source = report["sources"][0]
    assert (source["bulletin"], source["source"], source["healthy"]) == ("harbour", "main", True)
    assert source["failures"] == 0
    assert report["deliveries"]["sent"] == 1


# --- mails and the way out -----------------------------------------------------------------


def test_mails_on_disk_can_be_read_in_the_browser(service: Service) -> None:
    """As HTML, as text, and whole; on this machine."""
    page = service.get("/mails/").text
    name = re.search(r'href="([^"]+\.eml)/html"', page)
    assert name is not None

    html = service.get(f"/mails/{name.group(1)}/html")
    text = service.get(f"/mails/{name.group(1)}/text")
    whole = service.get(f"/mails/{name.group(1)}/eml")

    assert "Lighthouse open" in html.text
    assert html.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Lighthouse open" in text.text
    assert "Message-ID: " in whole.text
    assert whole.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Subject: x\n\nhello\n",
        b"From: a@example.org\nTo: <b@examp",
        b'Date: soon\nSubject: =?utf-9?q?=ff?=\nTo: \xff\xfe "\n\nhello',
        b"Date: Mon, 99 Nov 2026 99:00:00 +9999\nContent-Type: text/plain; charset=no\n\n\xff",
        b"Subject: =?utf-8?b?!?=\nTo: =?utf-8?q?=ED=A0=80?=\nContent-Type: text/html\n\n<p>\xff",
    ],
)
def test_a_file_that_is_no_mail_of_ours_breaks_no_list(service: Service, content: bytes) -> None:
    """An operator may drop one there, and a mail may be half written when it is looked at."""
    path = service.folder / "data" / "mails" / "own.eml"
    path.write_bytes(content)

    listing = service.get("/mails/")
    parts = [service.get(f"/mails/own.eml/{part}").status_code for part in ("html", "text", "eml")]

    path.unlink()
    assert listing.status_code == 200
    assert "own.eml/html" in listing.text
    assert set(parts) <= {200, 404}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "news.example.org"},
        {"X-Forwarded-For": "192.0.2.7"},
        {"Forwarded": "for=192.0.2.7"},
        {"Via": "1.1 proxy"},
    ],
)
def test_mails_are_shown_to_nobody_elsewhere(service: Service, headers: dict[str, str]) -> None:
    """They hold addresses and the keys to unsubscribe; a proxy's visitors are not this machine."""
    response = service.get("/mails/", **headers)

    assert response.status_code == 403
    assert "on the machine of the service only" in response.text


def test_one_click_ends_a_subscription(service: Service) -> None:
    """A POST alone does it (RFC 8058); a GET, as scanners send it, only shows a button."""
    (path,) = service.folder.glob("data/mails/*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    way_out = urlsplit(str(mail["List-Unsubscribe"]).strip("<>")).path

    page = service.get(way_out)
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert listed(service.folder) == ["ann@example.org"]
    for _ in range(2):
        done = requests.post(
            service.url(way_out), data={"List-Unsubscribe": "One-Click"}, timeout=5
        )
        assert done.status_code == 200
        assert "You will get no more mail" in done.text

    assert listed(service.folder) == []


def test_the_way_out_outlives_the_bulletin(tmp_path: Path) -> None:
    """A mail may be older than the configuration."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    former = bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt")
    write_configuration(tmp_path, former)
    token = subscribe(tmp_path, "ann@example.org")
    write_configuration(tmp_path, former.replace("harbour", "other"))
    service = Service(tmp_path, free_port())
    wait(lambda: service.answers("/other/"))

    page = service.get(f"/unsubscribe/{token}")
    done = requests.post(service.url(f"/unsubscribe/{token}"), timeout=5)

    assert "no more mail from harbour?" in page.text
    assert "You will get no more mail from harbour." in done.text
    assert "/harbour/" not in done.text
    assert service.stop()[0] == 0
    assert listed(tmp_path) == []


def listed(folder: Path) -> list[str]:
    """Return who is subscribed."""
    with open_app(load(folder / "tidings.toml", {})) as app:
        return [subscription.address for subscription in app.subscribers.subscriptions()]


# --- how it starts and stops ---------------------------------------------------------------


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """At once, before any work, with the setting that chooses another one."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    write_configuration(
        tmp_path, bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt")
    )
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        code, log = Service(tmp_path, port).ended()

    assert code == 1
    assert f"cannot listen on 127.0.0.1 port {port} (Address already in use)" in log
    assert "--port or [server] port" in log
    assert not (tmp_path / "public").exists()


@pytest.mark.parametrize("host", ["999.1.1.1", "no-such-host.invalid", "a..b"])
def test_a_host_without_an_address_is_named(tmp_path: Path, host: str) -> None:
    """With the option that chooses another one."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    write_configuration(
        tmp_path, bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt")
    )

    code, log = Service(tmp_path, free_port(), ("--host", host)).ended()

    assert code == 2
    assert f"no address to listen on is known for {host!r}" in log
    assert "correct --host or [server] host" in log
    assert not (tmp_path / "public").exists()


def test_half_requests_keep_no_reader_out(tmp_path: Path) -> None:
    """However many connections say nothing: they make room at once, and end by themselves."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    write_configuration(
        tmp_path, bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt")
    )
    service = Service(tmp_path, free_port())
    wait(lambda: service.answers("/harbour/"))
    with ExitStack() as opened:
        half = []
        for number in range(1300):
            each = opened.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            each.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
            half.append(each)
            if number % 50 == 0:
                assert service.get("/harbour/").status_code == 200
        open_files = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
        assert service.get("/harbour/").status_code == 200
        began = time.monotonic()
        half[-1].settimeout(PATIENCE_S)
        with suppress(ConnectionResetError):
            assert half[-1].recv(1) == b""
        assert 8 < time.monotonic() - began < PATIENCE_S
        wait(lambda: len(list(Path(f"/proc/{service.process.pid}/fd").iterdir())) < 100)

    assert open_files < 1150
    code, log = service.stop()
    assert code == 0
    assert "Traceback" not in log


def test_a_service_says_where_it_listens_and_where_mails_go(tmp_path: Path) -> None:
    """One line each; and an ended service leaves nothing open."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    write_configuration(
        tmp_path, bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt")
    )
    service = Service(tmp_path, free_port())
    wait(lambda: service.answers("/harbour/"))

    code, log = service.stop()

    assert code == 0
    assert f"serving http://localhost:{service.port}/ on 127.0.0.1 port {service.port}" in log
    assert "no relay in [mail] host: mails are written to" in log
    assert "harbour/main baseline in " in log
    assert log.rstrip().endswith("INFO tidings.service: stopped")
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"tidings.db"}


def test_a_stop_in_the_middle_of_a_request_to_a_source_loses_nothing(tmp_path: Path) -> None:
    """The request is finished or times out; then the service ends, and the next one goes on."""
    with Origin() as origin:
        slow = Answer(data=answer(200, BULLETIN.encode(), {"Content-Type": "text/plain"}).data)
        page = origin.says(Answer(data=slow.data, every_s=0.003))
        write_configuration(tmp_path, bulletin_toml(slug="harbour", title="Harbour", url=page))
        service = Service(tmp_path, free_port())
        wait(lambda: bool(origin.asked))

        code, log = service.stop()

        assert code == 0, log
        origin.says(slow)
        service = Service(tmp_path, free_port())
        wait(lambda: service.answers("/harbour/"))
        assert service.stop()[0] == 0


def test_a_stop_in_the_middle_of_the_mail_doubles_nothing(tmp_path: Path) -> None:
    """What was begun is recorded; the rest goes out after the next start, each mail once."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    with Mailbox() as relay:
        write_configuration(
            tmp_path,
            bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt", every="1s"),
            mail=f'host = "127.0.0.1"\nport = {relay.port}\nsecurity = "none"',
        )
        service = Service(tmp_path, free_port())
        wait(lambda: service.answers("/harbour/"))
        people = [f"reader{number}@example.org" for number in range(60)]
        for address in people:
            subscribe(tmp_path, address)
        (tmp_path / "bulletin.txt").write_text(BULLETIN + NEWS)
        wait(lambda: bool(relay.received))

        code, log = service.stop()

        assert code == 0, log
        sent = len(relay.received)
        service = Service(tmp_path, free_port())
        wait(lambda: service.answers("/health") and len(relay.received) == len(people))
        assert service.stop()[0] == 0
        assert sent <= len(people)
        assert sorted(relay.recipients()) == sorted(people)


def test_two_services_on_one_postgresql_share_the_work(tmp_path: Path, postgres_url: str) -> None:
    """Each source is asked by one of them at a time, and each mail leaves once."""
    with Origin() as origin, Mailbox() as relay:
        plain = {"Content-Type": "text/plain"}
        tables = ""
        for number in range(6):
            page = origin.says(answer(200, BULLETIN.encode(), plain), path=f"/{number}")
            slug = "harbour" if number == 0 else f"b{number}"
            tables += bulletin_toml(slug=slug, title=f"B {number}", url=page, every="1h") + "\n"
        mail = f'host = "127.0.0.1"\nport = {relay.port}\nsecurity = "none"'
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            store = f'database = "{postgres_url}"'
            write_configuration(tmp_path / name, tables, store=store, mail=mail)
        services = [Service(tmp_path / name, free_port()) for name in ("one", "two")]
        for service in services:
            wait(lambda service=service: service.answers("/harbour/"))  # type: ignore[misc]
        for address in ("ann@example.org", "bob@example.org"):
            subscribe(tmp_path / "one", address)
        asked = len(origin.asked)
        origin.says(answer(200, (BULLETIN + NEWS).encode(), plain), path="/0")
        with open_app(load(tmp_path / "one" / "tidings.toml", {})) as app:
            app.sources.hasten("harbour", now=app.clock() - timedelta(seconds=1))
        wait(lambda: len(relay.received) == 2)
        wait(lambda: all("Lighthouse" in s.get("/harbour/rss.xml").text for s in services))

        ended = [service.stop() for service in services]

        assert [code for code, _ in ended] == [0, 0]
        assert asked == 6
        assert len(origin.asked) == 7
        assert sorted(relay.recipients()) == ["ann@example.org", "bob@example.org"]
        one, two = (item_ids(tmp_path / name) for name in ("one", "two"))
        assert one == two
        assert len(one) == 3


def item_ids(folder: Path) -> list[str]:
    """Return the ids of the items that were published into a folder."""
    document = json.loads((folder / "public" / "harbour" / "feed.json").read_bytes())
    return [item["id"] for item in document["items"]]


def test_the_demo_shows_the_whole_path_at_once(tmp_path: Path) -> None:
    """It says where to look as soon as it listens, and everything that it names is there."""
    port = free_port()
    command = [sys.executable, "-m", "tidings", "demo", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 - our own program
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Control-C" not in said:
            said += process.stdout.readline()
        addresses = re.findall(r"http://localhost:\d+(/\S*)", said)

        def get(path: str) -> requests.Response:
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5)

        wait(lambda: all(get(path).ok for path in addresses))
        wait(lambda: "2 new items" in get("/mails/").text)
        feed = get("/harbour/feed.json").json()
        process.send_signal(signal.SIGTERM)

    assert process.returncode == 0
    assert len(addresses) == 7
    assert len(feed["items"]) == 10
