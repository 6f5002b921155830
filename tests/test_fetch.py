"""A source becomes a page: real answers from a server that says what no decent server would."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from origin import Answer, Origin, answer, redirect
from urllib3.exceptions import HTTPError

from config.settings import FetchSettings, SourceSettings
from feeds.fetch import Fetcher, FetchError, NotModified, Page, Validators
from feeds.fetch_problems import transport_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = b"<html><title>News</title></html>"
DIGEST = hashlib.sha256(BODY).hexdigest()
KNOWN = Validators(etag='"known"', last_modified="Mon, 23 Nov 2026 12:00:00 GMT", digest=DIGEST)
SETTINGS = FetchSettings(
    timeout=timedelta(seconds=5), deadline=timedelta(seconds=5), max_bytes=100_000
)
HASTY = FetchSettings(timeout=timedelta(seconds=0.1), deadline=timedelta(seconds=5))
LIMITED = FetchSettings(timeout=timedelta(seconds=5), deadline=timedelta(seconds=0.2))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine that runs the tests stands between them and the server."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server that says what the test tells it."""
    with Origin() as server:
        yield server


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """A fetcher with generous limits."""
    with Fetcher(SETTINGS) as open_fetcher:
        yield open_fetcher


def source(url: str, headers: dict[str, str] | None = None) -> SourceSettings:
    """Return a source of that address."""
    return SourceSettings(bulletin="town", name="main", url=url, headers=headers or {})


def fetch_page(fetcher: Fetcher, url: str, known: Validators | None = None) -> Page:
    """Fetch an address that must answer with a page."""
    page = fetcher.fetch(source(url), validators=known or Validators())
    assert isinstance(page, Page)
    return page


def fetch_error(fetcher: Fetcher, url: str, known: Validators | None = None) -> FetchError:
    """Fetch an address that must fail; the message names it, and a remedy after a semicolon."""
    with pytest.raises(FetchError) as failure:
        fetcher.fetch(source(url), validators=known or Validators())
    error = failure.value
    assert str(error).startswith(f"{error.location}: ")
    assert "; " in str(error)
    assert not any(noise in str(error) for noise in ("HTTPConnectionPool", "Errno", "0x", "('"))
    return error


# --- pages and validators ---


def test_a_page_is_fetched_with_its_validators(origin: Origin, fetcher: Fetcher) -> None:
    """A first answer gives body, address, type and what to recognise it by."""
    url = origin.says(
        answer(
            body=BODY,
            headers={
                "Content-Type": "Text/HTML; charset=utf-8",
                "ETag": 'W/"a b\xe4"',
                "Last-Modified": "yesterday",
            },
        )
    )

    assert fetch_page(fetcher, url) == Page(
        body=BODY,
        url=url,
        content_type="Text/HTML; charset=utf-8",
        status=200,
        validators=Validators(etag='W/"a b\xe4"', last_modified="yesterday", digest=DIGEST),
    )


def test_a_first_request_has_no_condition(origin: Origin, fetcher: Fetcher) -> None:
    """What is not known is not asked for conditionally, and we say who we are."""
    fetch_page(fetcher, origin.says(answer(body=BODY)))

    headers = origin.asked[0].headers
    assert headers["user-agent"] == SETTINGS.user_agent
    assert headers["accept"].startswith("text/html")
    assert headers["accept-encoding"] == "gzip, deflate"
    assert not {"if-none-match", "if-modified-since", "cookie", "authorization"} & set(headers)


def test_validators_go_back_byte_for_byte(origin: Origin, fetcher: Fetcher) -> None:
    """Whatever the source gave for a validator is sent back as it came."""
    odd = {"ETag": 'W/"a b\xe4"-gzip', "Last-Modified": "yesterday,  about noon"}
    url = origin.says(answer(body=BODY, headers=odd), answer(304))
    page = fetch_page(fetcher, url)

    unchanged = fetcher.fetch(source(url), validators=page.validators)

    headers = origin.asked[1].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == tuple(odd.values())
    assert unchanged == NotModified(status=304, validators=page.validators)


def test_a_304_may_restate_its_validators(origin: Origin, fetcher: Fetcher) -> None:
    """A 304 with another ETag updates it and leaves what it does not mention."""
    url = origin.says(answer(304, headers={"ETag": '"later"'}))

    unchanged = fetcher.fetch(source(url), validators=KNOWN)

    assert unchanged.validators == Validators(
        etag='"later"', last_modified=KNOWN.last_modified, digest=DIGEST
    )


def test_a_304_that_nobody_asked_for_is_an_error(origin: Origin, fetcher: Fetcher) -> None:
    """Without a condition "not modified" says nothing, so it is no answer."""
    error = fetch_error(fetcher, origin.says(answer(304)), Validators(digest=DIGEST))

    assert error.status == 304
    assert "nothing was known" in str(error)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="plain"),
        pytest.param({"Content-Length": "1000000000"}, id="with the length of the page"),
        pytest.param({"Transfer-Encoding": "chunked"}, id="as if chunks followed"),
        pytest.param({"Content-Encoding": "gzip"}, id="as if compressed"),
    ],
)
def test_a_304_has_no_body(origin: Origin, headers: dict[str, str]) -> None:
    """Nothing is waited for after the head of a 304, whatever the head announces."""
    url = origin.says(answer(304, headers=headers))

    with Fetcher(HASTY) as fetcher:
        assert isinstance(fetcher.fetch(source(url), validators=KNOWN), NotModified)


def test_an_equal_body_is_not_modified(origin: Origin, fetcher: Fetcher) -> None:
    """A page that is sent again with another ETag is recognised by its bytes."""
    url = origin.says(answer(body=BODY, headers={"ETag": '"other"'}))

    unchanged = fetcher.fetch(source(url), validators=KNOWN)

    assert unchanged == NotModified(
        status=200, validators=Validators(etag='"other"', digest=DIGEST)
    )


def test_an_equal_etag_does_not_hide_a_new_body(origin: Origin, fetcher: Fetcher) -> None:
    """A page that is sent whole is a page, even under the ETag of the last one."""
    url = origin.says(answer(body=b"new", headers={"ETag": KNOWN.etag}))

    assert fetch_page(fetcher, url, KNOWN).body == b"new"


def test_a_validator_of_control_characters_is_not_kept(origin: Origin, fetcher: Fetcher) -> None:
    """An ETag that could not be stored and sent back is none."""
    url = origin.says(answer(body=BODY, headers={"ETag": '"a\0b"'}))

    assert fetch_page(fetcher, url).validators == Validators(digest=DIGEST)


def test_connections_are_used_again(origin: Origin, fetcher: Fetcher) -> None:
    """Pages and 304s in a row come over one connection."""
    url = origin.says(answer(body=BODY), answer(304), answer(304), answer(body=b"new"))
    fetch_page(fetcher, url)
    for _ in range(2):
        fetcher.fetch(source(url), validators=KNOWN)
    fetch_page(fetcher, url, KNOWN)

    assert origin.connections == 1


def test_a_closed_fetcher_opens_anew(origin: Origin, fetcher: Fetcher) -> None:
    """After close the next fetch works, over a new connection."""
    url = origin.says(answer(body=BODY))
    fetch_page(fetcher, url)
    fetcher.close()
    fetch_page(fetcher, url)

    assert origin.connections == 2


@pytest.mark.parametrize("status", [200, 203, 204])
def test_an_empty_page_is_a_page(origin: Origin, fetcher: Fetcher, status: int) -> None:
    """An answer without a body is given on: the reader says what is wrong with it."""
    page = fetch_page(fetcher, origin.says(answer(status)))

    assert (page.body, page.status) == (b"", status)


def test_a_fragment_is_not_sent(origin: Origin, fetcher: Fetcher) -> None:
    """The part of an address after # is neither asked for nor kept."""
    url = origin.says(answer(body=BODY))

    assert fetch_page(fetcher, url + "#news").url == url
    assert origin.asked[0].target == "/"


# --- redirects ---


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        pytest.param([301], "/1", id="one permanent"),
        pytest.param([308], "/1", id="the other permanent"),
        pytest.param([301, 308, 301], "/3", id="all permanent"),
        pytest.param([302], "", id="found"),
        pytest.param([303], "", id="see other"),
        pytest.param([307], "", id="one temporary"),
        pytest.param([301, 302], "/1", id="permanent, then temporary"),
        pytest.param([302, 301], "", id="temporary, then permanent"),
        pytest.param([301, 307, 301], "/1", id="permanent only in part"),
        pytest.param([301] * 10, "/10", id="ten"),
    ],
)
def test_permanent_redirects_are_remembered(
    origin: Origin, fetcher: Fetcher, statuses: list[int], moved_to: str
) -> None:
    """The address moved as far as redirects from the start are permanent without a gap."""
    for hop, status in enumerate(statuses):
        origin.says(redirect(status, f"/{hop + 1}"), path=f"/{hop}")
    last = origin.says(answer(body=BODY), path=f"/{len(statuses)}")

    page = fetch_page(fetcher, origin.url("/0"))

    assert (page.url, page.body) == (last, BODY)
    assert page.moved_to == (origin.url(moved_to) if moved_to else "")


def test_an_unchanged_page_may_have_moved(origin: Origin, fetcher: Fetcher) -> None:
    """A permanent redirect to a page that answers 304 is remembered too."""
    url = origin.says(redirect(301, "/new"))
    origin.says(answer(304), path="/new")

    unchanged = fetcher.fetch(source(url), validators=KNOWN)

    assert unchanged == NotModified(status=304, validators=KNOWN, moved_to=origin.url("/new"))
    assert origin.asked[1].headers["if-none-match"] == KNOWN.etag


def test_so_may_one_that_is_sent_again(origin: Origin, fetcher: Fetcher) -> None:
    """A permanent redirect is remembered with a page of the same bytes as well."""
    url = origin.says(redirect(301, "/new"))
    origin.says(answer(body=BODY), path="/new")

    unchanged = fetcher.fetch(source(url), validators=KNOWN)

    assert unchanged.moved_to == origin.url("/new")


def test_a_remembered_address_is_asked_instead(origin: Origin, fetcher: Fetcher) -> None:
    """With a remembered move the source's own address is not asked at all."""
    moved = origin.says(answer(body=BODY), path="/new")

    page = fetcher.fetch(source(origin.url("/old")), validators=Validators(), url=moved)

    assert [asked.target for asked in origin.asked] == ["/new"]
    assert (page.moved_to, page.status) == ("", 200)


def test_too_many_redirects_end(origin: Origin, fetcher: Fetcher) -> None:
    """The eleventh redirect is not followed."""
    for hop in range(20):
        origin.says(redirect(302, f"/{hop + 1}"), path=f"/{hop}")

    error = fetch_error(fetcher, origin.url("/0"))

    assert "redirects more than 10 times" in str(error)
    assert len(origin.asked) == 11


@pytest.mark.parametrize(
    "paths", [["/a"], ["/a", "/b"], ["/a", "/b", "/c"]], ids=["itself", "two", "three"]
)
def test_a_loop_is_named(origin: Origin, fetcher: Fetcher, paths: list[str]) -> None:
    """Redirects in a circle are left after one round, and the message shows it."""
    for here, there in zip(paths, [*paths[1:], paths[0]], strict=True):
        origin.says(redirect(302, there), path=here)

    error = fetch_error(fetcher, origin.url("/a"))

    circle = " -> ".join(origin.url(path) for path in [*paths, paths[0]])
    assert f"in a loop ({circle})" in str(error)
    assert len(origin.asked) == len(paths) + 1


def test_a_cookie_makes_no_loop(origin: Origin, fetcher: Fetcher) -> None:
    """A site that sets a cookie and sends us back to the same address gets its way."""
    url = origin.says(redirect(302, "/", {"Set-Cookie": "seen=1"}), redirect(302, "/page"))
    origin.says(answer(body=BODY), path="/page")

    assert fetch_page(fetcher, url).body == BODY
    assert origin.asked[1].headers["cookie"] == "seen=1"


def test_cookies_end_with_the_fetch(origin: Origin, fetcher: Fetcher) -> None:
    """A later fetch is a stranger again."""
    url = origin.says(answer(body=BODY, headers={"Set-Cookie": "seen=1"}))
    for _ in range(2):
        fetch_page(fetcher, url)

    assert "cookie" not in origin.asked[1].headers


def test_a_redirect_to_nowhere_is_named(origin: Origin, fetcher: Fetcher) -> None:
    """A redirect without an address is an answer without a page."""
    error = fetch_error(fetcher, origin.says(answer(301)))

    assert "answers 301 Moved Permanently" in str(error)


def test_a_redirect_away_from_the_web_is_refused(origin: Origin, fetcher: Fetcher) -> None:
    """Only http and https are followed."""
    error = fetch_error(fetcher, origin.says(redirect(302, "file:///etc/passwd")))

    assert "only http and https" in str(error)


def test_the_body_of_a_redirect_is_not_read(origin: Origin) -> None:
    """A redirect that promises a gigabyte costs nothing."""
    url = origin.says(
        Answer(data=b"HTTP/1.1 302 Found\r\nLocation: /page\r\nContent-Length: 1000000000\r\n\r\nx")
    )
    origin.says(answer(body=BODY), path="/page")

    with Fetcher(HASTY) as fetcher:
        assert fetch_page(fetcher, url).body == BODY


def test_an_error_names_both_addresses(origin: Origin, fetcher: Fetcher) -> None:
    """Where a redirect led to an error, the message has the way there."""
    url = origin.says(redirect(302, "/gone"))
    origin.says(answer(404), path="/gone")

    error = fetch_error(fetcher, url)

    assert str(error).startswith(f"{url}: redirected to {origin.url('/gone')}, which answers 404")


# --- secrets ---

SECRET = {"Authorization": "Bearer x", "cookie": "id=1", "X-Key": "x", "accept-language": "es"}


def test_headers_of_the_operator_are_sent(origin: Origin, fetcher: Fetcher) -> None:
    """The source's own headers are sent to its host, and win over ours in any spelling."""
    url = origin.says(redirect(302, "/page"))
    origin.says(answer(body=BODY), path="/page")

    fetcher.fetch(source(url, SECRET | {"user-agent": "Me"}), validators=Validators())

    for asked in origin.asked:
        assert asked.headers["authorization"] == "Bearer x"
        assert asked.headers["cookie"] == "id=1"
        assert asked.headers["x-key"] == "x"
        assert asked.headers["user-agent"] == "Me"


def test_no_other_host_sees_them(origin: Origin, fetcher: Fetcher) -> None:
    """Behind a redirect to another host only the wish for a language is known."""
    url = origin.says(redirect(302, origin.url("/page", host="localhost")))
    origin.says(answer(body=BODY), path="/page")

    fetcher.fetch(source(url, SECRET), validators=Validators())

    headers = origin.asked[1].headers
    assert not {"authorization", "cookie", "x-key"} & set(headers)
    assert headers["accept-language"] == "es"
    assert headers["user-agent"] == SETTINGS.user_agent


def test_nor_does_a_remembered_one(origin: Origin, fetcher: Fetcher) -> None:
    """A remembered move to another host gets no secrets either."""
    origin.says(answer(body=BODY))

    fetcher.fetch(
        source(origin.url(), SECRET),
        validators=Validators(),
        url=origin.url(host="localhost"),
    )

    assert not {"authorization", "cookie", "x-key"} & set(origin.asked[0].headers)


def test_a_login_in_the_url_stays_there(origin: Origin, fetcher: Fetcher) -> None:
    """Name and password of an address are sent to its host and shown nowhere."""
    plain = origin.says(answer(body=BODY), answer(403))
    url = plain.replace("//", "//anna:secret@")

    page, error = fetch_page(fetcher, url), fetch_error(fetcher, url)

    assert origin.asked[0].headers["authorization"] == "Basic YW5uYTpzZWNyZXQ="
    assert page.url == plain
    assert "secret" not in str(error)
    assert error.location == plain


def test_logins_of_the_account_are_not_sent(
    origin: Origin, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that the account keeps in .netrc is not for us to send."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login anna password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))

    fetch_page(fetcher, origin.says(redirect(302, "/"), answer(body=BODY)))

    assert not any("authorization" in asked.headers for asked in origin.asked)


# --- proxies ---


def test_the_proxy_of_the_environment_is_used(
    origin: Origin, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY is honoured: the proxy is asked for the whole address."""
    origin.says(answer(body=BODY), path="/news")
    monkeypatch.setenv("http_proxy", origin.url())

    page = fetch_page(fetcher, "http://town.example/news")

    assert page.url == "http://town.example/news"
    assert origin.asked[0].target == "http://town.example/news"


def test_no_proxy_is_honoured(
    origin: Origin, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host in NO_PROXY is asked directly."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert fetch_page(fetcher, origin.says(answer(body=BODY))).body == BODY


def test_a_proxy_that_is_not_there_is_named(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message blames the proxy, not the source."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    error = fetch_error(fetcher, "http://town.example/news")

    assert "through the proxy of the environment (Connection refused)" in str(error)


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("socks5://127.0.0.1:9", "Missing dependencies for SOCKS"), ("http://", "check proxy URL")],
)
def test_a_proxy_that_cannot_be_used_is_named(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, proxy: str, words: str
) -> None:
    """A proxy of another kind, or a malformed one, is a sentence about this machine."""
    monkeypatch.setenv("http_proxy", proxy)

    assert words in str(fetch_error(fetcher, "http://town.example/news"))


def test_a_proxy_that_wants_a_login_is_named(
    origin: Origin, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that opens no tunnel to a secure address is named with its reason."""
    origin.says(answer(407))
    monkeypatch.setenv("https_proxy", origin.url())

    error = fetch_error(fetcher, "https://town.example/news")

    assert "the environment (Tunnel connection failed: 407 Proxy Authentication" in str(error)
    assert origin.asked[0].target == "town.example:443"


def test_a_proxy_decides_what_it_reaches(
    origin: Origin, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy an inner address is followed: the proxy knows its network, we do not."""
    origin.says(redirect(302, "http://10.0.0.1/inside"))
    origin.says(answer(body=BODY), path="/inside")
    monkeypatch.setenv("http_proxy", origin.url())

    assert fetch_page(fetcher, "http://8.8.8.8/").url == "http://10.0.0.1/inside"


def test_a_public_page_does_not_lead_inside(
    origin: Origin, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of the internet cannot have us read what only this machine can reach."""
    inside = origin.says(answer(body=b"internal"), path="/inside")
    origin.says(redirect(302, inside))
    monkeypatch.setenv("http_proxy", origin.url())
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    error = fetch_error(fetcher, "http://8.8.8.8/")

    assert "an address of a private network" in str(error)
    assert [asked.path for asked in origin.asked] == ["/"]


# --- answers that are no pages ---


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (206, "206 Partial Content: that is no page"),
        (300, "300 Multiple Choices: that is no page"),
        (400, "400 Bad Request: the server does not accept"),
        (401, "401 Unauthorized: it wants a login"),
        (403, "403 Forbidden: it does not let us in"),
        (404, "404 Not Found: there is no such page"),
        (410, "410 Gone: the page was removed for good"),
        (418, "the server does not accept"),
        (429, "429 Too Many Requests: we come too often"),
        (500, "500 Internal Server Error: the server has a fault"),
        (503, "503 Service Unavailable: the server is busy"),
        (530, "answers 530: the server has a fault"),
        (999, "answers 999: that is no page"),
    ],
)
def test_each_status_has_a_sentence(
    origin: Origin, fetcher: Fetcher, status: int, words: str
) -> None:
    """An answer that is no page says what it means and what to do; only 410 is for good."""
    error = fetch_error(fetcher, origin.says(answer(status, b"<html>no</html>")))

    assert words in str(error)
    assert (error.status, error.gone) == (status, status == 410)
    assert error.retry_after is None


@pytest.mark.parametrize("status", [404, 429, 500, 503])
@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("120", timedelta(minutes=2)),
        ("1000000000", timedelta(days=7)),
        ("Mon, 23 Nov 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("-1", None),
        ("later", None),
    ],
)
def test_retry_after_is_kept(
    origin: Origin, fetcher: Fetcher, status: int, value: str, pause: timedelta | None
) -> None:
    """A pause that any error asks for is given on, by the server's clock."""
    headers = {"Retry-After": value, "Date": "Mon, 23 Nov 2026 12:00:00 GMT"}

    error = fetch_error(fetcher, origin.says(answer(status, headers=headers)))

    assert error.retry_after == pause


# --- size ---


def test_a_page_of_the_limit_is_read(origin: Origin, fetcher: Fetcher) -> None:
    """A page of exactly the limit is no page too large."""
    body = bytes(SETTINGS.max_bytes)

    assert fetch_page(fetcher, origin.says(answer(body=body))).body == body


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param({"Content-Length": "100001"}, b"x", id="announced"),
        pytest.param({"Content-Length": "9" * 5000}, bytes(200_000), id="announced absurdly"),
        pytest.param({"Connection": "close"}, bytes(200_000), id="until the end"),
        pytest.param(
            {"Transfer-Encoding": "chunked"}, b"30d40\r\n" + bytes(200_000), id="in chunks"
        ),
        pytest.param(
            {"Content-Encoding": "gzip"}, gzip.compress(bytes(50_000_000)), id="compressed"
        ),
    ],
)
def test_a_page_too_large_is_left(
    origin: Origin, fetcher: Fetcher, headers: dict[str, str], body: bytes
) -> None:
    """However a page says its length, or does not, reading stops at the limit."""
    if "Connection" in headers:
        said = Answer(data=b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body, hangs_up=True)
    else:
        said = answer(body=body, headers=headers)

    error = fetch_error(fetcher, origin.says(said))

    assert "is larger than 100,000 bytes; set max_bytes under [fetch]" in str(error)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Encoding": "gzip"}, id="with its length"),
        pytest.param({"Content-Encoding": "GZIP", "Transfer-Encoding": "chunked"}, id="in chunks"),
    ],
)
def test_a_compressed_page_is_unpacked(
    origin: Origin, fetcher: Fetcher, headers: dict[str, str]
) -> None:
    """The digest is of the page, not of how it was packed."""
    packed = gzip.compress(BODY)
    if "Transfer-Encoding" in headers:
        packed = f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"

    page = fetch_page(fetcher, origin.says(answer(body=packed, headers=headers)))

    assert (page.body, page.validators.digest) == (BODY, DIGEST)


def test_a_coding_that_was_not_asked_for_is_named(origin: Origin, fetcher: Fetcher) -> None:
    """A page that we cannot unpack is not read as text."""
    said = answer(body=b"\x8b\x00", headers={"Content-Encoding": "br"})

    assert "compressed as br" in str(fetch_error(fetcher, origin.says(said)))


# --- broken and slow answers ---


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "closed the connection without a whole answer", id="nothing"),
        pytest.param(b"220 mail ready\r\n", "does not answer in HTTP", id="another protocol"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "broke off", id="length"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nshort",
            "broke off",
            id="in a chunk",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
            "broke off",
            id="before the last chunk",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort",
            "broke off",
            id="no chunk",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(BODY)[:-9],
            "cut off",
            id="in a compressed page",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "contradicting headers",
            id="two lengths",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, "does not answer in HTTP", id="200 headers"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nA: " + bytes(100_000), "does not answer in HTTP", id="long header"
        ),
    ],
)
def test_half_an_answer_is_no_page(
    origin: Origin, fetcher: Fetcher, data: bytes, words: str
) -> None:
    """An answer that breaks off or is malformed is an error, never a shorter page."""
    error = fetch_error(fetcher, origin.says(Answer(data=data, hangs_up=True)))

    assert words in str(error)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="before the answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", id="before the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", id="in the body"),
    ],
)
def test_silence_ends(origin: Origin, data: bytes) -> None:
    """A server that says nothing more is left after the time-out."""
    url = origin.says(Answer(data=data))

    with Fetcher(HASTY) as fetcher:
        error = fetch_error(fetcher, url)

    assert "sent nothing for" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + bytes(5000), id="body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388;" + b"x" * 5000,
            id="the length of a chunk",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 5000, id="head"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 500, id="promises"),
    ],
)
def test_a_drip_ends(origin: Origin, data: bytes) -> None:
    """An answer that comes byte by byte without end is left at the deadline."""
    url = origin.says(Answer(data=data, every_s=0.002))
    began = time.monotonic()

    with Fetcher(LIMITED) as fetcher:
        error = fetch_error(fetcher, url)

    assert "not read to its end within" in str(error)
    assert time.monotonic() - began < 1


def test_silence_before_the_deadline_ends_at_it(origin: Origin) -> None:
    """A server that falls silent shortly before the deadline gains no time by it."""
    head = b"HTTP/1.1 200 OK\r\nA: " + bytes(100)
    url = origin.says(Answer(data=head, every_s=0.002))
    began = time.monotonic()

    with Fetcher(replace(LIMITED, deadline=timedelta(seconds=0.3))) as fetcher:
        fetch_error(fetcher, url)

    assert time.monotonic() - began < 0.45


@contextmanager
def deaf_server() -> Iterator[str]:
    """A server whose queue is full, so that no further connection is made."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param(HASTY, "could not be reached within", id="by the time-out"),
        pytest.param(LIMITED, "not read to its end within", id="by the deadline"),
    ],
)
def test_waiting_for_a_connection_ends(settings: FetchSettings, words: str) -> None:
    """A host that does not take our call is left in time."""
    began = time.monotonic()

    with deaf_server() as url, Fetcher(settings) as fetcher:
        error = fetch_error(fetcher, url)

    assert words in str(error)
    assert time.monotonic() - began < 1


def test_no_time_is_no_request(origin: Origin) -> None:
    """Where nothing is left of the deadline, nothing is asked."""
    url = origin.says(answer(body=BODY))

    with Fetcher(FetchSettings(deadline=timedelta())) as fetcher:
        error = fetch_error(fetcher, url)

    assert "not read to its end within 0s" in str(error)
    assert origin.asked == []


def test_redirects_share_one_deadline(origin: Origin) -> None:
    """The deadline is one for the whole chain, not for each hop."""
    for hop in range(10):
        location = redirect(302, f"/{hop + 1}").data
        origin.says(Answer(data=location, every_s=0.001), path=f"/{hop}")

    with Fetcher(LIMITED) as fetcher:
        error = fetch_error(fetcher, origin.url("/0"))

    assert "not read to its end within" in str(error)


def test_each_fetch_has_its_own_deadline(origin: Origin) -> None:
    """A fetch that ended late takes no time from the next one."""
    slow = origin.says(Answer(data=bytes(5000), every_s=0.002), path="/slow")
    quick = origin.says(answer(body=BODY))

    with Fetcher(LIMITED) as fetcher:
        fetch_error(fetcher, slow)

        assert fetch_page(fetcher, quick).body == BODY


# --- hosts that cannot be reached ---


def test_an_unknown_host_is_named(fetcher: Fetcher) -> None:
    """A host without an address in the DNS is a sentence about its name."""
    error = fetch_error(fetcher, "http://no-such-host.invalid/news")

    assert "its host name is not known" in str(error)
    assert error.status is None


def test_a_refused_connection_is_named(fetcher: Fetcher) -> None:
    """A port that nobody listens on is a sentence about host and port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

    assert "nothing listens there" in str(fetch_error(fetcher, f"http://127.0.0.1:{port}/"))


def test_tls_to_a_plain_server_is_named(origin: Origin, fetcher: Fetcher) -> None:
    """An https address whose server speaks plain HTTP is a sentence about TLS."""
    origin.says(answer(400))
    url = origin.url().replace("http:", "https:")

    assert "TLS failed" in str(fetch_error(fetcher, url))


def test_an_error_of_no_known_kind_is_named() -> None:
    """What the libraries may raise one day is still a sentence, with the name of the error."""
    problem = transport_problem(HTTPError("odd"), timeout=SETTINGS.timeout)

    assert problem == "could not be read (HTTPError); check the source's url"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://town.example/news", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("town.example/news", "only http and https"),
        ("http://", "no address that can be requested"),
        ("http://[::1/", "no address that can be requested"),
        ("http://anna:secret@town.example:port/", "no address that can be requested"),
        ("http://to wn.example/", "no address that can be requested"),
        ("http://a..example/", "no address that can be requested"),
        ("http://*.example/", "no address that can be requested"),
    ],
)
def test_what_is_no_address_is_named(fetcher: Fetcher, url: str, words: str) -> None:
    """An address that cannot be requested is a sentence about the configuration."""
    error = fetch_error(fetcher, url)

    assert words in str(error)
    assert "secret" not in str(error)


def test_the_own_address_is_checked_beside_a_remembered_one(
    origin: Origin, fetcher: Fetcher
) -> None:
    """A mistake in the source's url is named although another address is asked."""
    with pytest.raises(FetchError, match="no address that can be requested"):
        fetcher.fetch(source("http://a:b/"), validators=KNOWN, url=origin.url())


@pytest.mark.parametrize(
    "headers",
    [{"X-Key": "a\r\nHost: b"}, {"X-Key": "\N{EURO SIGN}"}, {"X-Key\n": "a"}],
    ids=["two lines", "not Latin-1", "a line in the name"],
)
def test_a_header_that_cannot_be_sent_is_named(
    origin: Origin, fetcher: Fetcher, headers: dict[str, str]
) -> None:
    """A wrong header of the configuration is named as such, and nothing is sent."""
    url = origin.says(answer(body=BODY))

    with pytest.raises(FetchError, match="a header of the source cannot be sent; correct"):
        fetcher.fetch(source(url, headers), validators=Validators())

    assert origin.asked == []


# --- certificates ---


OPENSSL = (
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
    "-subj /CN=Test -addext subjectAltName=IP:127.0.0.1"
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of our own for 127.0.0.1, with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate: TLS is NOT tested")
    file = tmp_path / "certificate.pem"
    subprocess.run(  # noqa: S603 -- what runs is written here
        [openssl, *OPENSSL.split(), "-keyout", str(file), "-out", str(tmp_path / "public.pem")],
        check=True,
        capture_output=True,
    )
    with file.open("ab") as both:
        both.write((tmp_path / "public.pem").read_bytes())
    return file


@pytest.fixture
def tls_origin(certificate: Path) -> Iterator[Origin]:
    """A server that speaks TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Origin(tls=context) as server:
        yield server


def test_an_unknown_certificate_is_not_trusted(tls_origin: Origin, fetcher: Fetcher) -> None:
    """A certificate that nobody vouches for is named, with its fault, and nothing is asked."""
    error = fetch_error(fetcher, tls_origin.says(answer(body=BODY)))

    assert "its TLS certificate is not valid (self-signed certificate)" in str(error)
    assert tls_origin.asked == []


def test_a_certificate_of_another_host_is_not_trusted(
    tls_origin: Origin, fetcher: Fetcher, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate is good for its own host alone."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    tls_origin.says(answer(body=BODY))

    error = fetch_error(fetcher, tls_origin.url(host="localhost"))

    assert "not valid for 'localhost'" in str(error)


def test_an_authority_of_the_environment_is_trusted(
    tls_origin: Origin, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its authority named in the environment the page is read, within the deadline."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    page = tls_origin.says(answer(body=BODY))
    drip = tls_origin.says(Answer(data=bytes(5000), every_s=0.002), path="/drip")

    with Fetcher(LIMITED) as fetcher:
        assert fetch_page(fetcher, page).body == BODY
        assert "not read to its end within" in str(fetch_error(fetcher, drip))


def test_a_missing_file_of_authorities_is_named(
    tls_origin: Origin, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong REQUESTS_CA_BUNDLE is named with its path."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")

    error = fetch_error(fetcher, tls_origin.says(answer(body=BODY)))

    assert "/no/such/file.pem" in str(error)


# --- files ---


def file_source(path: Path) -> SourceSettings:
    """Return a source of a local file."""
    return SourceSettings(bulletin="town", name="main", file=path)


def file_error(path: Path) -> str:
    """Fetch a file that must fail; return what is said of it."""
    with Fetcher(SETTINGS) as fetcher, pytest.raises(FetchError) as failure:
        fetcher.fetch(file_source(path), validators=Validators())
    error = failure.value
    assert (error.location, error.status, error.gone) == (str(path), None, False)
    return str(error).removeprefix(f"{path}: ")


def test_a_file_is_a_page(fetcher: Fetcher, tmp_path: Path) -> None:
    """A local file is read whole, and its address is a file: URI."""
    path = tmp_path / "news of m\xe4rz.txt"
    path.write_bytes(BODY)

    assert fetcher.fetch(file_source(path), validators=Validators()) == Page(
        body=BODY,
        url=f"{tmp_path.as_uri()}/news%20of%20m%C3%A4rz.txt",
        content_type="",
        status=None,
        validators=Validators(digest=DIGEST),
    )


def test_an_unchanged_file_is_not_modified(fetcher: Fetcher, tmp_path: Path) -> None:
    """A file is recognised by its bytes, however often it was written."""
    path = tmp_path / "news.txt"
    path.write_bytes(BODY)

    unchanged = fetcher.fetch(file_source(path), validators=KNOWN)
    path.write_bytes(b"new")
    changed = fetcher.fetch(file_source(path), validators=KNOWN)

    assert unchanged == NotModified(status=None, validators=Validators(digest=DIGEST))
    assert isinstance(changed, Page)


def test_a_file_of_the_limit_is_read(fetcher: Fetcher, tmp_path: Path) -> None:
    """A file may be as large as a page, and no larger."""
    path = tmp_path / "news.txt"
    path.write_bytes(bytes(SETTINGS.max_bytes))
    assert isinstance(fetcher.fetch(file_source(path), validators=Validators()), Page)
    path.write_bytes(bytes(SETTINGS.max_bytes + 1))

    assert file_error(path).startswith("is larger than 100,000 bytes; set max_bytes")


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    """Whatever else stands at the path is refused with its kind, and nothing is waited for."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    assert file_error(tmp_path / "none").startswith("there is no such file; ")
    assert file_error(tmp_path).startswith("is a folder, no file; ")
    assert file_error(tmp_path / "pipe").startswith("is a device or a pipe, no file; ")
    assert file_error(Path(os.devnull)).startswith("is a device or a pipe, no file; ")
    assert file_error(tmp_path / "loop").startswith("cannot be read (Too many levels of symb")
    assert file_error(tmp_path / "a\0b").startswith("is no name of a file; ")
    assert file_error(tmp_path / "pipe" / "x").startswith("cannot be read (Not a directory); ")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Work without the rights of the superuser."""
    account = os.geteuid()
    if account == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(account)


def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    """A file that this account may not read is a sentence about permissions."""
    path = tmp_path / "news.txt"
    path.write_bytes(BODY)
    path.chmod(0)

    with as_nobody():
        assert file_error(path).startswith("may not be read by this account; ")


# --- cost ---


def test_types_and_files_do_not_load_requests(tmp_path: Path) -> None:
    """Only who fetches an address pays for requests."""
    (tmp_path / "news.txt").write_bytes(BODY)
    script = (
        "import sys; from pathlib import Path; from config.settings import *;"
        "from feeds.fetch import *;"
        "source = SourceSettings(bulletin='b', name='n', file=Path(sys.argv[1]));"
        "Fetcher(FetchSettings()).fetch(source, validators=Validators());"
        "print({'requests', 'urllib3', 'http.client', 'email'} & set(sys.modules))"
    )
    run = subprocess.run(  # noqa: S603 -- what runs is written here
        [sys.executable, "-c", script, str(tmp_path / "news.txt")],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )

    assert run.stdout == "set()\n"


def test_an_unchanged_check_costs_less_than_bare_requests(origin: Origin, fetcher: Fetcher) -> None:
    """A 304 through the fetcher costs less CPU time than requests.get of the same address."""
    url = origin.says(answer(304))
    bare = min(cpu_time(lambda: requests.get(url, timeout=5)) for _ in range(3))
    ours = min(cpu_time(lambda: fetcher.fetch(source(url), validators=KNOWN)) for _ in range(3))

    assert ours < bare


def cpu_time(call: Callable[[], object]) -> float:
    """Return the seconds of CPU that this thread spends on 30 calls."""
    began = time.thread_time()
    for _ in range(30):
        call()
    return time.thread_time() - began
