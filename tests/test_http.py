"""What is published over HTTP, to the letter (RFC 9110, 9111): by our own server and by nginx.

One table for both. Where nginx with ``deploy/nginx.conf`` answers otherwise, the case says so
and why; in each of them it costs bytes and misleads nobody.
"""

from __future__ import annotations

import gzip
import os
import re
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import brotli
import pytest
from relay import free_port
from running import Service, nginx, wait, write_configuration

from config.load import load
from config.write import bulletin_toml
from feeds import manifest
from feeds.addresses import ATOM, RSS
from feeds.headers import ALWAYS, FRAMED_POLICY, POLICY, SAFE
from feeds.nginx_tables import nginx_tables
from feeds.output import FolderOutput
from feeds.routes import ROUTES, Route, write_routes

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = "https://news.example.org/site"
HUB = "https://hub.example.net/"
ROUTED = (
    Route(path="port/", location=f"{BASE}/harbour/"),
    Route(path="ended/"),
    Route(path="harbour/old.html", location=f"{BASE}/harbour/"),
)
DECODE = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}
FEED = "/harbour/rss.xml"


@dataclass(frozen=True)
class Answer:
    """What a server said; header names are small."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """One of the two, and the folder that both serve."""

    name: str
    port: int
    public: Path

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        """Ask with these headers and no others."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        has_host = "Host" in (headers or {})
        connection.putrequest(method, path, skip_host=has_host, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        names = [name.lower() for name, _ in response.getheaders()]
        # No header twice: caches and readers take either of two.
        assert len(names) == len(set(names)), names
        return Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, body)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """A published site with a moved and an ended bulletin, and both servers of it."""
    folder = tmp_path_factory.mktemp("site")
    days = "".join(
        f"\n{n} October 2026\n\nShip {n}\n\nIt brought {n} barges.\n" for n in range(1, 25)
    )
    (folder / "bulletin.txt").write_text(f"Harbour news\n{days}")
    table = bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt", every="40m")
    write_configuration(
        folder,
        f'[site]\nbase_url = "{BASE}"\nhubs = ["{HUB}"]\n'
        f'[bounces]\nwebhook_secret = "s"\n[bulletins]\n{table}',
    )
    service = Service(folder, free_port())
    public = folder / "public"
    # Written last: from then on the service leaves the routes alone.
    wait((public / manifest.NAME).is_file)
    FolderOutput(public).write(ROUTES, write_routes(ROUTED))
    FolderOutput(public).write("harbour/archive/2026-09.atom.xml", b"<feed/>")
    tables = nginx_tables(load(folder / "tidings.toml", {}), ROUTED)
    work = tmp_path_factory.mktemp("nginx")
    ours = Server("tidings", service.port, public)
    wait(lambda: ours.ask("/port/").status == 301)
    with nginx(work, public=public, tables=tables, service_port=service.port) as other:
        yield {"tidings": ours, "nginx": Server("nginx", other.port, public)}
    assert service.stop()[0] == 0


@pytest.fixture(params=["tidings", "nginx"])
def server(request: pytest.FixtureRequest, site: dict[str, Server]) -> Server:
    """Each of the two servers."""
    return site[str(request.param)]


def moved_by(date: str, seconds: int) -> str:
    """Return an HTTP date so many seconds later."""
    return format_datetime(parsedate_to_datetime(date) + timedelta(seconds=seconds), usegmt=True)


# --- conditional requests ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status", "by_nginx"),
    [
        ({"If-None-Match": "{etag}"}, 304, None),
        ({"If-None-Match": "W/{strong}"}, 304, None),
        ({"If-None-Match": '"a", {etag}, W/"b"'}, 304, None),
        ({"If-None-Match": '"a",{etag},"b"'}, 304, None),
        ({"If-None-Match": "*"}, 304, None),
        ({"If-None-Match": "{long}, {etag}"}, 304, None),
        ({"If-None-Match": "{bare}"}, 304, (200, "it wants the quotes that the reader lost")),
        ({"If-None-Match": '"{bare}-gzip"'}, 304, (200, "it knows no other server's habits")),
        ({"If-None-Match": 'W/"{bare}--gzip"'}, 304, (200, "as above")),
        ({"If-None-Match": '"{bare};br"'}, 304, (200, "as above")),
        ({"If-None-Match": ""}, 200, None),
        ({"If-None-Match": '"other"'}, 200, None),
        ({"If-None-Match": "{long}"}, 200, None),
        ({"If-None-Match": '"{bare}x"'}, 200, None),
        ({"If-Modified-Since": "{date}"}, 304, None),
        ({"If-Modified-Since": "{rfc850}"}, 304, None),
        ({"If-Modified-Since": "{asctime}"}, 304, None),
        ({"If-Modified-Since": "{later}"}, 200, None),
        ({"If-Modified-Since": "{earlier}"}, 200, None),
        ({"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"}, 200, None),
        ({"If-Modified-Since": "yesterday"}, 200, None),
        ({"If-Modified-Since": ""}, 200, None),
        ({"If-None-Match": '"other"', "If-Modified-Since": "{date}"}, 200, None),
        (
            {"If-None-Match": "{etag}", "If-Modified-Since": "{earlier}"},
            304,
            (200, "it wants both to hold, and sends once more what the reader has"),
        ),
        ({"If-None-Match": "{etag}", "A-IM": "feed"}, 304, None),
        ({"If-None-Match": '"other"', "A-IM": "feed"}, 200, None),
        ({"If-None-Match": "{etag}", "Accept-Encoding": "gzip"}, 304, (200, "a tag for each form")),
    ],
)
def test_what_the_reader_has_is_not_sent_again(
    server: Server, asked: dict[str, str], status: int, by_nginx: tuple[int, str] | None
) -> None:
    """A tag decides where one is named; a date counts only where it is the one that we sent."""
    first = server.ask(FEED)
    etag, date = first.headers["etag"], first.headers["last-modified"]
    instant = parsedate_to_datetime(date)
    words = {
        "etag": etag,
        "strong": etag.removeprefix("W/"),
        "bare": etag.removeprefix("W/").strip('"'),
        "long": ", ".join(f'"{"x" * 60}{n}"' for n in range(120)),
        "date": date,
        "rfc850": instant.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        "asctime": instant.strftime("%a %b %e %H:%M:%S %Y"),
        "later": moved_by(date, 1),
        "earlier": moved_by(date, -1),
    }

    answer = server.ask(FEED, {name: value.format(**words) for name, value in asked.items()})

    expected = by_nginx[0] if by_nginx and server.name == "nginx" else status
    assert answer.status == expected
    assert (answer.body == b"") == (expected == 304)


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_304_says_what_a_cache_must_know(server: Server, coding: str) -> None:
    """All that 200 said of ETag, Vary, Cache-Control and CORS, and nothing of a body."""
    accepted = {"Accept-Encoding": coding} if coding else {}
    whole = server.ask(FEED, accepted)

    answer = server.ask(FEED, {**accepted, "If-None-Match": whole.headers["etag"]})

    assert (answer.status, answer.body) == (304, b"")
    for name in (
        "etag",
        "vary",
        "cache-control",
        "access-control-allow-origin",
        "access-control-expose-headers",
    ):
        assert answer.headers[name] == whole.headers[name]
    assert "date" in answer.headers
    for name in ("content-encoding", "content-type", "expires", "set-cookie"):
        assert name not in answer.headers
    assert answer.headers.get("content-length", "0") == "0"


# --- codings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "coding", "by_nginx"),
    [
        (None, "", None),
        ("", "", None),
        ("gzip", "gzip", None),
        ("br", "br", None),
        ("zstd", "zstd", ("", "Debian 12 has no module for it")),
        ("gzip, deflate, br", "br", None),
        ("gzip, deflate, br, zstd", "br", None),
        ("deflate", "", None),
        ("gzip;q=0", "", None),
        ("gzip;q=0, br", "br", None),
        ("gzip;q=0.5", "gzip", None),
        ("br;q=0.5, gzip;q=1.0", "gzip", ("br", "it does not weigh one against another")),
        ("identity", "", None),
        ("identity;q=0", "", None),
        ("identity;q=0, gzip", "gzip", None),
        ("identity, gzip;q=0.5", "", ("gzip", "as above")),
        ("*", "gzip", ("", "it does not read the wildcard")),
        ("*;q=0", "", None),
        ("gzip;q=0, *", "", None),
        ("unknown", "", None),
        ("gzip;q=high", "", None),
        ("GZIP", "gzip", None),
        (" gzip ; q=0.8 , br;q=0", "gzip", None),
    ],
)
def test_a_reader_gets_the_coding_that_it_takes(
    server: Server, accepted: str | None, coding: str, by_nginx: tuple[str, str] | None
) -> None:
    """The same document in each; a cache is told that it differs, also where it is plain."""
    plain = server.ask(FEED)

    answer = server.ask(FEED, {} if accepted is None else {"Accept-Encoding": accepted})

    expected = by_nginx[0] if by_nginx and server.name == "nginx" else coding
    assert answer.headers.get("content-encoding", "") == expected
    assert DECODE[expected](answer.body) == plain.body
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.headers["vary"] == "Accept-Encoding, Sec-Fetch-Dest"
    etag = answer.headers["etag"]
    # A strong tag names the very bytes, a weak one stands for all forms of them.
    assert etag.startswith("W/") or not expected or etag != plain.headers["etag"]
    if expected:
        assert len(answer.body) < len(plain.body) / 2


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
@pytest.mark.parametrize("path", ["/", "/harbour/", FEED, "/style.css", "/nothing"])
def test_head_is_get_without_the_body(server: Server, path: str, coding: str) -> None:
    """The same headers, the length of the body among them."""
    accepted = {"Accept-Encoding": coding} if coding else {}
    whole = server.ask(path, accepted)

    head = server.ask(path, accepted, "HEAD")

    assert head.body == b""
    varying = {"date": ""}
    assert head.headers | varying == whole.headers | varying


@pytest.mark.parametrize("asked", ["bytes=0-99", "bytes=-5", "bytes=9999999-", "lines=1-2", "x"])
def test_a_part_is_answered_with_the_whole(server: Server, asked: str) -> None:
    """As is allowed: half a feed is of no use to anybody."""
    answer = server.ask(FEED, {"Range": asked, "If-Range": '"x"'})

    assert answer.status == 200
    assert answer.body == server.ask(FEED).body
    assert answer.headers.get("accept-ranges", "none") == "none"


# --- what is said of each document ---------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "link"),
    [
        ("/", "text/html; charset=utf-8", ""),
        (
            "/harbour/",
            "text/html; charset=utf-8",
            (
                f'<{BASE}/harbour/atom.xml>; rel="alternate"; type="application/atom+xml", '
                f'<{BASE}/harbour/rss.xml>; rel="alternate"; type="application/rss+xml", '
                f'<{BASE}/harbour/feed.json>; rel="alternate"; type="application/feed+json"'
            ),
        ),
        *(
            (
                f"/harbour/{name}",
                f"application/{kind}; charset=utf-8",
                (
                    f'<{BASE}/harbour/{name}>; rel="self", <{HUB}>; rel="hub", '
                    f'<{BASE}/harbour/>; rel="alternate"; type="text/html"'
                ),
            )
            for name, kind in (
                ("rss.xml", "rss+xml"),
                ("atom.xml", "atom+xml"),
                ("feed.json", "feed+json"),
            )
        ),
        ("/style.css", "text/css; charset=utf-8", ""),
        ("/copy.js", "text/javascript; charset=utf-8", ""),
        ("/harbour/embed/latest.html", "text/html; charset=utf-8", ""),
    ],
)
def test_a_document_says_what_it_is(server: Server, path: str, kind: str, link: str) -> None:
    """Its type, its links, how long it is fresh, who may read it, and that it has no script."""
    headers = server.ask(path).headers

    assert headers["content-type"] == kind
    assert headers.get("link", "") == link
    assert (
        headers["cache-control"]
        == "public, max-age=1200, stale-while-revalidate=1200, stale-if-error=86400"
    )
    policy = FRAMED_POLICY if "/embed/" in path else POLICY
    for name, value in (ALWAYS | {"Content-Security-Policy": policy}).items():
        assert headers[name.lower()] == value
    assert headers["access-control-allow-origin"] == "*"
    opened = ", Sec-Fetch-Dest" if path.endswith((RSS, ATOM)) else ""
    assert headers["vary"] == f"Accept-Encoding{opened}"
    assert parsedate_to_datetime(headers["last-modified"]) <= parsedate_to_datetime(headers["date"])
    # Some readers take Expires for a word to forget the validators; no page needs a cookie.
    assert headers.keys() & {"expires", "set-cookie", "server-timing", "pragma"} == set()


@pytest.mark.parametrize("path", [FEED, "/harbour/atom.xml", "/harbour/archive/2026-09.atom.xml"])
def test_a_feed_that_is_opened_in_a_browser_is_said_to_be_xml(server: Server, path: str) -> None:
    """Else a browser shows its source or saves it; all else is the same, and so is the tag."""
    polled = server.ask(path)
    opened = server.ask(path, {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"})
    fetched = server.ask(path, {"Sec-Fetch-Dest": "empty"})
    known = server.ask(
        path, {"Sec-Fetch-Dest": "document", "If-None-Match": polled.headers["etag"]}
    )

    own = {"content-type": polled.headers["content-type"], "date": polled.headers["date"]}
    assert opened.headers["content-type"] == "application/xml; charset=utf-8"
    assert opened.headers | own == polled.headers
    assert fetched.headers | {"date": own["date"]} == polled.headers
    assert (opened.status, opened.body, known.status) == (200, polled.body, 304)


@pytest.mark.parametrize("path", ["/harbour/", "/style.css", "/harbour/feed.json"])
def test_what_is_no_feed_of_xml_has_one_type(server: Server, path: str) -> None:
    """Whoever asks for it."""
    opened = server.ask(path, {"Sec-Fetch-Dest": "document"})

    assert opened.headers["content-type"] == server.ask(path).headers["content-type"]


def test_an_archived_feed_says_what_it_is(server: Server) -> None:
    """It is a feed with an address of its own, which changes seldom."""
    headers = server.ask("/harbour/archive/2026-09.atom.xml").headers

    assert headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert headers["link"] == f'<{BASE}/harbour/archive/2026-09.atom.xml>; rel="self"'
    assert headers["cache-control"].startswith("public, max-age=604800, ")


@pytest.mark.parametrize("query", ["?null", "?utm_source=x", "?", "?a=%0d%0aSet-Cookie:b"])
def test_what_follows_a_question_mark_changes_nothing(server: Server, query: str) -> None:
    """Some readers and trackers add it."""
    plain = server.ask(FEED)

    answer = server.ask(FEED + query)
    again = server.ask(FEED + query, {"If-None-Match": plain.headers["etag"]})

    assert (answer.status, answer.body) == (200, plain.body)
    assert answer.headers["etag"] == plain.headers["etag"]
    assert again.status == 304


@pytest.mark.parametrize(
    "said",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
        {"Forwarded": "host=evil.example"},
        {"Cookie": "a=b", "Authorization": "Basic x"},
    ],
)
def test_nothing_of_the_request_is_repeated(server: Server, said: dict[str, str]) -> None:
    """What is said of a document is the same for every reader."""
    plain, answer = server.ask(FEED), server.ask(FEED, said)
    moved = server.ask("/harbour", said)

    assert answer.body == plain.body
    assert answer.headers["link"] == plain.headers["link"]
    assert "evil" not in moved.headers["location"]


# --- what browsers are told not to do ------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "method"),
    [
        *((path, "GET") for path in (FEED, "/", "/copy.js", "/harbour", "/port/", "/nothing")),
        *((path, "GET") for path in ("/health", "/subscribe/harbour", "/search?q=ship", "/desk/")),
        *((path, "GET") for path in ("/unsubscribe/nothing", "/search?page=0", "/mails/")),
        ("/harbour/", "POST"),
        ("/harbour/", "OPTIONS"),
        ("/subscribe/harbour", "POST"),
    ],
)
def test_every_answer_says_what_browsers_must_not_do(
    server: Server, path: str, method: str
) -> None:
    """Run a script or a style that is not ours, frame it, guess its type, go back to http.

    Documents, pages that are made for one reader, redirects and errors alike.
    """
    headers = server.ask(path, {"Content-Length": "0"} if method == "POST" else {}, method).headers

    assert SAFE.keys() <= {name.title() for name in headers}
    assert headers["strict-transport-security"] == "max-age=63072000"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in headers or "/" not in headers["server"]


# --- what is not there ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "by_nginx"),
    [
        ("/nothing", None),
        ("/harbour/nothing.xml", None),
        ("/HARBOUR/RSS.XML", None),
        ("/harbour/rss.xml/", None),
        ("//harbour/rss.xml", None),
        ("/harbour//rss.xml", None),
        ("/harbour/items", None),
        ("/harbour/items/", None),
        ("/harbour/.published.json", None),
        ("/.routes.json", None),
        ("/.lock", None),
        ("/harbour/rss.xml.gz", None),
        ("/harbour/rss.xml.br", None),
        ("/harbour/rss.xml.zst", None),
        ("/../tidings.toml", (400, "it refuses such an address as none")),
        ("/harbour/../../tidings.toml", (400, "as above")),
        ("/%2e%2e/tidings.toml", (400, "as above")),
        ("/harbour/..%2f..%2ftidings.toml", (400, "as above")),
        ("/harbour/%2e%2e/harbour/rss.xml", (200, "it resolves what stays within the site")),
        ("/harbour/%00", (400, "as above")),
        ("/harbour/%0d%0aSet-Cookie:%20a=b", None),
        ("/harbour/rss.xml%20", None),
        ("/harbour/~rss.xml", None),
        ("/" + "a" * 300, None),
        ("/harbour/" + "a" * 300 + "/", None),
    ],
)
def test_what_was_not_published_is_not_there(
    server: Server, path: str, by_nginx: tuple[int, str] | None
) -> None:
    """Neither above the folder nor hidden in it; and a reader in a browser may know that."""
    answer = server.ask(path)

    expected = by_nginx[0] if by_nginx and server.name == "nginx" else 404
    assert answer.status == expected
    assert "set-cookie" not in answer.headers
    assert b"[bulletins" not in answer.body
    if expected == 404:
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("asked", [{}, {"If-None-Match": "*"}, {"Accept-Encoding": "gzip"}])
def test_a_missing_slash_is_added(server: Server, asked: dict[str, str]) -> None:
    """People type addresses without it; a condition does not hide that."""
    answer = server.ask("/harbour?x=y", asked)

    assert answer.status == 301
    assert urljoin("/harbour", answer.headers["location"]) == "/harbour/"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("asked", [{}, {"If-None-Match": "*"}, {"Accept-Encoding": "br"}])
@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/port", f"{BASE}/harbour/"),
        ("/port/", f"{BASE}/harbour/"),
        ("/port/rss.xml", f"{BASE}/harbour/rss.xml"),
        ("/port/items/a.html", f"{BASE}/harbour/items/a.html"),
        ("/harbour/old.html", f"{BASE}/harbour/"),
    ],
)
def test_what_has_moved_says_where(
    server: Server, path: str, location: str, asked: dict[str, str]
) -> None:
    """For good, in one step, for feeds and pages alike, also to a conditional request."""
    answer = server.ask(path, asked)

    assert (answer.status, answer.headers["location"]) == (301, location)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("asked", [{}, {"If-None-Match": "*"}])
@pytest.mark.parametrize("path", ["/ended", "/ended/", "/ended/rss.xml"])
def test_what_has_ended_says_so(server: Server, path: str, asked: dict[str, str]) -> None:
    """So that readers stop asking."""
    answer = server.ask(path, asked)

    assert answer.status == 410
    assert answer.headers["access-control-allow-origin"] == "*"


# --- methods -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [FEED, "/harbour/", "/nothing"])
def test_a_browser_is_told_that_it_may_ask_with_conditions(server: Server, path: str) -> None:
    """A reader that runs in a page sends If-None-Match only after this answer."""
    answer = server.ask(
        path,
        {
            "Origin": "https://reader.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
        "OPTIONS",
    )

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "86400"
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", [FEED, "/harbour/", "/nothing"])
def test_published_documents_are_only_read(server: Server, path: str, method: str) -> None:
    """No other method does anything, whatever else it says."""
    answer = server.ask(path, {"If-Modified-Since": "x", "Content-Length": "0"}, method)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_what_is_no_document_comes_from_the_service(server: Server) -> None:
    """The way out of mails and the state of things are there under the same name."""
    assert server.ask("/health").headers["content-type"] == "application/json"
    assert server.ask("/unsubscribe/nothing").status == 404
    assert server.ask("/unsubscribe/nothing", {"Content-Length": "0"}, "POST").status == 404
    assert server.ask("/mails/").status == (403 if server.name == "nginx" else 200)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/bounces", 401),
        ("GET", "/bounces", 405),
        ("GET", "/health", 200),
        ("GET", "/subscribe/harbour", 200),
        ("POST", "/subscribe/harbour", 415),
        ("GET", "/confirm/nothing", 404),
        ("POST", "/preferences/nothing", 415),
        ("GET", "/preferences/nothing/export.json", 404),
        ("POST", "/preferences/nothing/delete", 404),
        ("POST", "/preferences/nothing/feeds", 415),
        ("GET", "/feeds/nothing/rss.xml", 404),
        ("POST", "/unsubscribe/nothing", 404),
        ("POST", "/unsubscribe/nothing/undo", 404),
    ],
)
def test_nginx_hands_on_what_the_service_answers(
    site: dict[str, Server], method: str, path: str, status: int
) -> None:
    """Every address that is no document, with what it says."""
    body = {"Content-Length": "0"} if method == "POST" else {}
    ours, through = (site[name].ask(path, body, method) for name in ("tidings", "nginx"))

    assert (ours.status, through.status) == (status, status)
    assert ours.headers["content-type"] == through.headers["content-type"]
    if path != "/health":
        assert ours.body == through.body


def test_requests_that_come_at_once_are_answered_in_turn(site: dict[str, Server]) -> None:
    """Those that are answered from memory overtake none that takes longer."""
    server = site["tidings"]
    etag = server.ask(FEED).headers["etag"]
    asked = [
        ("GET", FEED, "", 200),
        ("GET", "/health", "", 200),
        ("GET", FEED, f"If-None-Match: {etag}\r\n", 304),
        ("HEAD", FEED, "", 200),
        ("GET", "/harbour", "", 301),
        ("GET", "/nothing", "", 404),
        ("GET", FEED + "?null", "Accept-Encoding: gzip\r\n", 200),
        ("GET", "/ended/", "", 410),
        ("OPTIONS", FEED, "", 204),
        ("GET", "/style.css", "Connection: close\r\n", 200),
    ]
    lines = [f"{m} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n" for m, path, more, _ in asked]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for sent in ("".join(lines[:-1]), lines[-1]):
            connection.sendall(sent.encode())
        said = b"".join(iter(lambda: connection.recv(65_536), b""))

    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", said)]
    assert statuses == [status for *_, status in asked]


def test_who_asks_on_without_reading_fills_no_memory(site: dict[str, Server]) -> None:
    """It is answered as far as it reads, and others are served meanwhile."""
    server = site["tidings"]
    request = f"GET {FEED} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    size = len(server.ask(FEED).body)
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(1)
        with suppress(TimeoutError):
            while sent < 20_000_000:
                sent += connection.send(request * 100)

        assert server.ask(FEED).status == 200

    # What went into the sockets' own buffers, and not what it would have been answered.
    assert sent // len(request) * size > 100_000_000
    assert sent < 20_000_000


# --- change --------------------------------------------------------------------------------


def test_a_change_of_one_character_changes_the_tag_at_once(server: Server) -> None:
    """Also of the same length, and twice in one second: a tag that stays hides an item."""
    output = FolderOutput(server.public)
    name = f"change-{server.name}.html"
    seen = set()
    for letter in "abcd":
        output.write(name, letter.encode() * 9000)
        wait(lambda letter=letter: server.ask(f"/{name}").body[:1] == letter.encode())  # type: ignore[misc]
        for coding in ("", "gzip", "br"):
            accepted = {"Accept-Encoding": coding} if coding else {}
            wait(
                lambda coding=coding, accepted=accepted: (  # type: ignore[misc]
                    server.ask(f"/{name}", accepted).headers.get("content-encoding", "") == coding
                )
            )
            answer = server.ask(f"/{name}", accepted)
            assert DECODE[coding](answer.body) == letter.encode() * 9000
        plain = server.ask(f"/{name}").headers
        seen.add((plain["etag"], plain["last-modified"]))

    assert len({etag for etag, _ in seen}) == 4
    # Ours says no date of the future, not even of the next second.
    assert server.name == "tidings" or len({date for _, date in seen}) == 4


def test_no_document_is_younger_than_its_answer(site: dict[str, Server]) -> None:
    """Though the clock was set back. nginx says the file's own time; readers compare it only."""
    server = site["tidings"]
    FolderOutput(server.public).write("future.html", b"x")
    future = time.time() + 3600
    os.utime(server.public / "future.html", (future, future))

    headers = server.ask("/future.html").headers

    assert headers["last-modified"] == headers["date"]
    assert site["nginx"].ask("/future.html").headers["last-modified"] == format_datetime(
        datetime.fromtimestamp(int(future), UTC), usegmt=True
    )
