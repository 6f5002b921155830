"""Somebody who wants in: guesses, forged words of proxies, requests that no browser sends.

What is walked route by route stands in test_every_route, words that act in test_desk_scripts.
"""

from __future__ import annotations

import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, NoReturn

import pytest
from desks import Operator
from raw_requests import ask, send
from sites import Site, bulletin, serving

from config.desk_settings import DeskSettings
from config.settings import ServerSettings
from tidings.api.operations import OPERATIONS
from tidings.api.tokens import make_token
from tidings.commands.desk import sign_in_address
from tidings.desk.passwords import hash_password
from tidings.desk.session_store import MOST_FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tidings.app import App

PASSWORD = "harbour ferry lamp nine"  # noqa: S105
HASH = hash_password(PASSWORD)
FORM = "application/x-www-form-urlencoded"
KEY = "key-in-an-address"
INSIDE = "10.20.30.40"
# What no stranger is to read in an error: places, statements, traces.
WISHES = b"address=ann%40example.net&cadence-0=weekly"
TELLTALE = re.compile(
    r"Traceback|File \"|\.py|/tmp/|SELECT|sqlite|psycopg|secret-of-a-fault", re.IGNORECASE
)


def configured(folder: Path, *, store: str = "") -> Site:
    """Return an installation with a source inside a private network, whose address has a key."""
    site = Site(folder, store=store)
    site.configure(bulletin("harbour", "Harbour News"))
    site.says("harbour", ("23 November 2026", "Lighthouse lit"), ("22 November 2026", "Ferry late"))
    site.tick()
    site.configure(
        bulletin("harbour", "Harbour News")
        + '[bulletins.inside]\ntitle = "Inside"\n[bulletins.inside.sources.main]\n'
        f'url = "http://joe:sesame@{INSIDE}/news?{KEY}"\n'
    )
    return site


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An installation with a password, which believes this machine's proxies."""
    site = configured(tmp_path)
    with site.app() as opened:
        desk = DeskSettings(password_hash=HASH, proxy_header="Remote-User")
        yield replace(opened, settings=replace(opened.settings, desk=desk))


def believing(app: App, network: str) -> App:
    """Return the installation as it believes proxies of a network."""
    server = ServerSettings(proxies=(ip_network(network),))
    return replace(app, settings=replace(app.settings, server=server))


def knock(base: str, password: str, **headers: str) -> int:
    """Try to sign in; return the status."""
    body = f"password={password}".replace(" ", "+").encode()
    return ask(base, "POST", "/desk/sign-in", body=body, Content_Type=FORM, **headers).status


def test_many_guesses_at_once_are_counted_as_well(app: App) -> None:
    """Not one more is looked at than one after the other; the right one is not looked at either."""
    with serving(app) as base, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: knock(base, f"guess {number}"), range(40)))

        assert sorted(set(answers)) == [403, 429]
        assert answers.count(403) <= MOST_FAILURES
        assert knock(base, PASSWORD) == 429


def test_an_invented_reader_does_not_help_guessing(app: App) -> None:
    """Whom no proxy of ours names counts as who he is; of one of ours, the last word counts."""
    with serving(believing(app, "198.51.100.7/32")) as base:
        for number in range(MOST_FAILURES):
            assert knock(base, "guess", X_Forwarded_For=f"203.0.{number}.1") == 403
        assert knock(base, "guess", X_Forwarded_For="203.0.99.1") == 429
    with serving(believing(app, "127.0.0.0/8")) as base:
        # Each is counted for itself; what stands before the last word was said by the reader.
        for number in range(MOST_FAILURES):
            assert knock(base, "guess", X_Forwarded_For=f"192.0.{number}.1, 203.0.113.5") == 403
        assert knock(base, PASSWORD, X_Forwarded_For="192.0.99.1, 203.0.113.5") == 429
        assert knock(base, PASSWORD, X_Forwarded_For="203.0.114.5") == 303


def test_no_forged_word_of_a_proxy_is_believed(app: App) -> None:
    """Not twice, not under another spelling, not empty, not with what ends a line."""
    head = b"GET /desk/log HTTP/1.1\r\nHost: news.test\r\nConnection: close\r\n"
    with serving(believing(app, "127.0.0.0/8")) as base:
        for forged in (
            b"Remote_User: ada\r\n",
            b"Remote-User : ada\r\n",
            b"Remote-User: ada\r\nRemote-User: eve\r\n",
            b"Remote-User: ada\r\nREMOTE-USER: eve\r\n",
            b"Remote-User:\r\n",
            b"Remote-User:  \t \r\n",
            b"Remote-User: a\tb\r\n",
            b"Remote-User: \x1b[31mada\r\n",
            b"X-Remote-User: ada\r\nX-Forwarded-User: ada\r\n",
            b"X-Forwarded-For: 127.0.0.1\r\nX-A: b\nRemote-User\x00: ada\r\n",
        ):
            for path in (b"/desk/log", b"/desk/sign-in"):
                answer = send(base, head.replace(b"/desk/log", path) + forged + b"\r\n")
                assert b"set-cookie" not in answer.lower(), forged
                assert b"Log of changes" not in answer, forged


def test_nothing_is_added_to_where_a_sign_in_leads(app: App) -> None:
    """Neither another header nor another place; test_desk_door has other sites."""
    with serving(app) as base:
        for to in (
            "/desk/\thttps://evil.test",
            "/desk/\r\nSet-Cookie: a=b",
            "/desk",
            "//desk/",
            "",
        ):
            answer = ask(
                base,
                "POST",
                "/desk/sign-in",
                body=f"password={PASSWORD}&to={to}".replace(" ", "+").encode(),
                Content_Type=FORM,
            )

            assert answer.headers["location"] == "/desk/", to
            assert "tidings" in answer.headers["set-cookie"]


CLOSE = b"Connection: close\r\n\r\n"
POST = b"POST /desk/sign-in HTTP/1.1\r\nHost: a\r\n"
METRICS = b"GET /metrics HTTP/1.1\r\nHost: "
# Each with the status that it gets; None where the connection may just end.
REQUESTS = {
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,
    b"GET /desk/ HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000 + b"\r\n" + CLOSE: None,
    b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n" + CLOSE: None,
    b"GET /desk/?\xff HTTP/1.1\r\nHost: a\r\n" + CLOSE: 400,
    b"GET /desk/ HTTP/1.1\r\nHost: a\r\nCookie: tidings=\xff\xfe; tidings\r\n" + CLOSE: 303,
    b"GET /desk/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n" + CLOSE: 303,
    b"GET /mails/ HTTP/1.1\r\n" + CLOSE: 403,
    b"GET /mails/ HTTP/1.1\r\nHost: [::1\r\n" + CLOSE: 403,
    b"GET /mails/ HTTP/1.1\r\nHost: localhost\r\nHost: a\r\n" + CLOSE: 403,
    METRICS + b"localhost.evil.test\r\n" + CLOSE: 401,
    METRICS + b"127.0.0.1:80@evil.test\r\n" + CLOSE: 401,
    METRICS + b"localhost\r\nX-Forwarded-Proto: https\r\n" + CLOSE: 401,
    b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n": 401,
    b"GET http://localhost/metrics HTTP/1.1\r\nHost: evil.test\r\n" + CLOSE: 401,
    POST + b"Origin: http://[\r\nContent-Length: 0\r\n" + CLOSE: 403,
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\na=b\r\n0\r\n\r\n": 400,
    POST + b"Content-Length: 3\r\nContent-Length: 9\r\n\r\na=b": 400,
    POST + b"Content-Length: -1\r\n" + CLOSE: 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n": 400,
}


def test_broken_requests_are_no_fault_of_ours(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """Each is refused or answered, none ends in a fault, and the next reader is served."""
    with serving(believing(app, "198.51.100.7/32")) as base:
        for request, status in REQUESTS.items():
            answer = send(base, request)
            if status is None:
                assert b" 200 " not in answer[:20], request[:40]
            else:
                assert answer.startswith(b"HTTP/1.1 %d " % status), (request, answer[:200])
            assert not TELLTALE.search(answer.decode("latin-1")), request[:40]

        assert ask(base, "GET", "/harbour/").status == 200
    assert not [record for record in caplog.records if record.exc_info]


def test_forms_that_no_page_of_ours_sends_are_refused(app: App) -> None:
    """Too large, twice, of another type, with NUL; what is no UTF-8 is a wrong password."""
    with serving(app) as base:

        def post(body: bytes, kind: str = FORM) -> int:
            return ask(base, "POST", "/desk/sign-in", body=body, Content_Type=kind).status

        assert post(b"password=" + b"x" * 70_000) == 413
        assert post(b"password=a&password=b") == 400
        assert post(b"&".join(b"f%d=" % number for number in range(400))) == 400
        assert post(b"password=a%00b") == 400
        assert post(b"password=a\0b") == 400
        assert post(b'{"password": "a"}', "application/json") == 415
        assert post(b"password=a", "multipart/form-data; boundary=x") == 415
        assert post(b"password=%ff%fe\xff") == 403
        assert post(b"") == 403


def test_a_program_is_refused_in_its_own_form(app: App) -> None:
    """Tokens in addresses, broken and deep JSON, numbers without end: a problem, and no fault."""
    token = make_token(app, "script", may_change=True)
    bearer = f"Bearer {token}"
    with serving(app) as base:
        for target in (
            f"/api/v1/items?token={token}",
            f"/api/v1/items?access_token={token}",
            f"/api/v1/items/{token}",
        ):
            assert ask(base, "GET", target).status == 401
        assert ask(base, "GET", "/api/v1/items", Authorization=f"Basic {token}").status == 401
        assert ask(base, "GET", "/api/v1/items", Cookie=f"tidings={token}").status == 401
        for sent in (
            b'{"at":' + b"[" * 30_000,
            b'{"at":' * 10_000,
            b'{"at":' + b"9" * 60_000 + b"}",
            b'{"at":1e400}',
            b'{"at":-1e308}',
            b'{"at":NaN}',
            b'{"at":true}',
            b'{"at":1,"so":2}',
            b'{"announce":"\xff"}',
            b'{"announce":"\\ud800"}',
            b"\xef\xbb\xbf{}x",
            b"null",
            b"",
        ):
            for path in ("split", "merge"):
                answer = ask(
                    base,
                    "POST",
                    f"/api/v1/items/x/{path}",
                    body=sent,
                    Authorization=bearer,
                    Content_Type="application/json",
                )
                assert answer.status == 400, (path, sent[:30])
                assert answer.headers["content-type"] == "application/problem+json"
                assert not TELLTALE.search(answer.text)


def test_no_right_to_read_is_one_to_change(app: App) -> None:
    """A token that may read is refused by every operation that changes, with a body or without."""
    token = make_token(app, "reader", may_change=False)
    changing = [operation for operation in OPERATIONS if operation.changes]
    bodies = {"mergeItem": {"into": "x"}, "splitItem": {"at": 1}}
    with serving(app) as base:
        for operation in changing:
            answer = ask(
                base,
                operation.method,
                "/api/v1"
                + operation.path.format(bulletin="harbour", source="main", item="x", number=1),
                body=json.dumps(bodies.get(operation.name, {})).encode(),
                Authorization=f"Bearer {token}",
                Content_Type="application/json",
            )
            assert answer.status == 403, operation.name
    assert len(changing) >= 12


def test_no_text_with_a_nul_is_a_fault(database_url: str, tmp_path: Path) -> None:
    """PostgreSQL takes none, and nobody's request may show it: also where no one is signed in."""
    site = configured(tmp_path, store=f'database = "{database_url}"' if database_url else "")
    with site.app() as app, serving(app) as base:
        operator = Operator(base).enter(app)
        operator.get("/desk/api")
        session = "; ".join(f"{one.name}={one.value}" for one in operator.session.cookies)
        bearer = f"Bearer {make_token(app, 'script', may_change=True)}"
        for target in (
            "/unsubscribe/%00",
            "/preferences/a%00b",
            "/feeds/%00/atom.xml",
            "/confirm/%00",
            "/desk/enter/%00",
            "/desk/log?subject=a%00b",
            "/desk/items?find=%00",
            "/desk/items/%00",
            "/api/v1/items?find=%00",
            "/api/v1/log?subject=%00",
            "/api/v1/items/%00",
        ):
            answer = ask(base, "GET", target, Cookie=session, Authorization=bearer)
            assert answer.status == (400 if "?" in target else 404), target
        assert operator.post("/desk/api/revoke", name="a\0b").status_code == 400
        merging = ask(
            base,
            "POST",
            "/api/v1/items/x/merge",
            body=b'{"into":"a\\u0000"}',
            Authorization=bearer,
            Content_Type="application/json",
        )
        assert merging.status == 400


def test_a_fault_reveals_nothing(app: App) -> None:
    """No place, no statement, no trace: at the desk, by the API, in public; the log has it all."""

    def broken() -> NoReturn:
        raise RuntimeError("secret-of-a-fault: SELECT * FROM /tmp/tidings.db")

    with serving(replace(app, clock=broken)) as base:
        answers = [
            ask(base, "GET", "/desk/enter/x"),
            ask(base, "POST", "/desk/sign-in", body=b"password=x", Content_Type=FORM),
            ask(base, "GET", "/api/v1/items", Authorization="Bearer x"),
            ask(base, "POST", "/subscribe/harbour", body=WISHES, Content_Type=FORM),
        ]

    assert [answer.status for answer in answers] == [500] * 4
    assert not any(TELLTALE.search(answer.text) for answer in answers)
    assert "unsafe" not in answers[0].headers["content-security-policy"]
    assert answers[2].headers["content-type"] == "application/problem+json"


def test_health_tells_strangers_no_places(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """How all is, and not where: no key of an address, no folder, no host inside."""
    with serving(app) as base:
        here = ask(base, "GET", "/health")
        there = ask(base, "GET", "/health", X_Forwarded_For="203.0.113.5")

    assert KEY in here.text
    for private in (KEY, INSIDE, "sesame", "joe", "harbour.txt", "/tmp"):  # noqa: S108
        assert private not in there.text
    assert "sesame" not in here.text + caplog.text
    told = json.loads(there.text)
    assert told["status"] == json.loads(here.text)["status"]
    assert [source["healthy"] for source in told["sources"]] == [True, True]


def test_links_lead_to_the_site_whatever_host_is_asked(app: App) -> None:
    """No page takes the name of its host from the request."""
    token = make_token(app, "script", may_change=False)
    with serving(app) as base:
        operator = Operator(base).enter(app)
        session = "; ".join(f"{one.name}={one.value}" for one in operator.session.cookies)
        for target in (
            "/harbour/",
            "/harbour",
            "/subscribe/harbour",
            "/nothing",
            "/desk/",
            "/desk/api",
            "/desk/sign-in",
            "/api/v1/openapi.json",
            "/api/v1/bulletins",
            "/mails/",
        ):
            answer = ask(
                base,
                "GET",
                target,
                Host="evil.test",
                X_Forwarded_Host="evil.test",
                Cookie=f"{session}; __Host-{session}",
                Authorization=f"Bearer {token}",
            )
            assert "evil.test" not in f"{answer.text}{answer.headers}", target


def test_logs_hold_no_keys(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log, at its most talkative, can sign in nowhere."""
    caplog.set_level(logging.DEBUG)
    token = make_token(app, "script", may_change=False)
    with serving(app) as base:
        link = sign_in_address(app).rpartition("/")[2]
        operator = Operator(base).enter(app)
        ask(base, "POST", f"/desk/enter/{link}")
        knock(base, "a wrong word")
        knock(base, PASSWORD)
        ask(base, "GET", "/api/v1/items", Authorization=f"Bearer {token}")
        ask(base, "GET", "/api/v1/items", Authorization="Bearer tidings_guess")

    # The client's own library writes down what it asks for.
    said = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")
    )
    assert "a sign-in at the desk failed" in said
    for key in (token, link, PASSWORD, HASH, "a wrong word", *operator.session.cookies.values()):
        assert str(key) not in said
