"""The door of the desk: who comes in, who does not, and what a stranger can do to those who are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
import requests
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from desks import PATIENCE_S, Operator, text_of
from sites import bulletin, serving
from worlds import Clock

from config.desk_settings import DeskSettings
from config.load import load
from config.settings import ServerSettings
from tidings.app import open_app
from tidings.commands.desk import sign_in_address
from tidings.desk.audit_store import AuditStore
from tidings.desk.passwords import code_step, hash_password, is_password
from tidings.desk.session_store import MOST_FAILURES, SessionStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from feeds.database import Database
    from tidings.app import App

PASSWORD = "harbour ferry lamp nine"  # noqa: S105
HASH = hash_password(PASSWORD)
# Of the tests of RFC 6238.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105
NOBODY = "198.51.100.7/32"


@pytest.fixture
def clock() -> Clock:
    """A time that moves when it is told to."""
    return Clock()


def desk(folder: Path, clock: Clock, **settings: object) -> AbstractContextManager[App]:
    """Return an installation whose desk is set up so."""
    (folder / "tidings.toml").write_text(bulletin("harbour", "Harbour News"))
    loaded = load(folder / "tidings.toml", {})
    desk = DeskSettings(**{"password_hash": HASH, **settings})  # type: ignore[arg-type]
    return open_app(replace(loaded, desk=desk), clock=clock)


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[App]:
    """An installation with a password."""
    with desk(tmp_path, clock) as app:
        yield app


def knock(base: str, **fields: str) -> requests.Response:
    """Try to sign in."""
    return requests.post(
        f"{base}/desk/sign-in", data=fields, timeout=PATIENCE_S, allow_redirects=False
    )


def test_a_password_is_kept_as_a_hash() -> None:
    """One word fits, others do not, and what is no hash fits nothing."""
    assert PASSWORD not in HASH
    assert is_password(PASSWORD, HASH)
    assert not is_password(PASSWORD + " ", HASH)
    assert not is_password("", "")
    assert not is_password(PASSWORD, PASSWORD)


@pytest.mark.parametrize(
    ("now", "code", "step"),
    [
        (59, "287082", 1),
        (59, "287 082", 1),
        (89, "287082", 1),
        (119, "287082", None),
        (1111111109, "081804", 37037036),
        (59, "", None),
        (59, "28708", None),
        (59, "²87082", None),
    ],
)
def test_codes_are_those_of_the_standard(now: int, code: str, step: int | None) -> None:
    """The vectors of RFC 6238, and a clock that is half a minute off."""
    assert code_step(code, SECRET, now=now) == step


def test_signing_in_and_out(app: App) -> None:
    """The right password opens a session, and signing out ends it on the server."""
    with serving(app) as base:
        operator = Operator(base)
        first = operator.get("/desk/log")
        assert "Sign in to the desk" in first.text
        assert "to=/desk/log" in first.url

        signed_in = operator.post("/desk/sign-in", password=PASSWORD, to="/desk/log")

        assert signed_in.url == f"{base}/desk/log"
        operator.get("/desk/log")
        kept = dict(operator.session.cookies)
        operator.post("/desk/sign-out")
        again = requests.get(
            f"{base}/desk/log", cookies=kept, timeout=PATIENCE_S, allow_redirects=False
        )
        assert again.status_code == 303


def test_a_session_cookie_is_for_us_alone(app: App) -> None:
    """No script reads it, no other site's form carries it, and by https no other host sets it."""
    with serving(app) as base:
        plain = knock(base, password=PASSWORD).headers["set-cookie"].lower()
        proxied = requests.post(
            f"{base}/desk/sign-in",
            data={"password": PASSWORD},
            headers={"X-Forwarded-Proto": "https"},
            timeout=PATIENCE_S,
            allow_redirects=False,
        ).headers["set-cookie"]

    assert "httponly" in plain
    assert "samesite=lax" in plain
    assert proxied.startswith("__Host-tidings=")
    assert "; secure" in proxied.lower()


def test_a_planted_session_is_not_taken_over(app: App) -> None:
    """Whatever token a browser had before, signing in gives another (session fixation)."""
    with serving(app) as base:
        attacker = Operator(base).enter(app)
        planted = dict(attacker.session.cookies)

        signed_in = requests.post(
            f"{base}/desk/sign-in",
            data={"password": PASSWORD},
            cookies=planted,
            timeout=PATIENCE_S,
            allow_redirects=False,
        )

        assert signed_in.cookies["tidings"] not in planted.values()
        assert "Sign in to the desk" in attacker.get("/desk/log").text


@pytest.mark.parametrize(
    "to", ["https://evil.test/", "//evil.test/", "/\\evil.test", "/desk/\\..\\..", "/harbour/"]
)
def test_signing_in_leads_to_the_desk_only(app: App, to: str) -> None:
    """The address to go on to cannot be another site's."""
    with serving(app) as base:
        assert knock(base, password=PASSWORD, to=to).headers["location"] == "/desk/"


def test_guessing_is_slowed_for_a_network(app: App, clock: Clock) -> None:
    """After some failures the right password is not looked at either; later it is."""
    with serving(app) as base:
        for _ in range(MOST_FAILURES):
            assert knock(base, password="wrong").status_code == 403
        refused = knock(base, password=PASSWORD)
        assert refused.status_code == 429
        assert "tidings desk link" in text_of(refused)

        clock.forward(minutes=16)

        assert knock(base, password=PASSWORD).status_code == 303


def test_a_second_factor_is_good_once(tmp_path: Path, clock: Clock) -> None:
    """Password and code are needed both, and a code that was seen opens nothing again."""
    key = b"12345678901234567890"
    code = TOTP(key, 6, SHA1(), 30).generate(int(clock().timestamp())).decode()  # noqa: S303
    with desk(tmp_path, clock, totp_secret=SECRET) as app, serving(app) as base:
        answers = [
            knock(base, password=PASSWORD).status_code,
            knock(base, password=PASSWORD, code="000000").status_code,
            knock(base, password="wrong", code=code).status_code,
            knock(base, password=PASSWORD, code=code).status_code,
            knock(base, password=PASSWORD, code=code).status_code,
        ]

    assert answers == [403, 403, 403, 303, 403]


def test_a_link_of_the_command_line_signs_in_once(app: App, clock: Clock) -> None:
    """Looking at it uses nothing up; pressing the button does; time does."""
    with serving(app) as base:
        token = sign_in_address(app).rpartition("/")[2]
        operator = Operator(base)
        assert "works once" in operator.get(f"/desk/enter/{token}").text
        assert "works once" in operator.get(f"/desk/enter/{token}").text

        operator.post(f"/desk/enter/{token}", follow=False)

        assert operator.get("/desk/log").ok
        assert Operator(base).post(f"/desk/enter/{token}").status_code == 410
        late = sign_in_address(app).rpartition("/")[2]
        clock.forward(minutes=16)
        assert Operator(base).get(f"/desk/enter/{late}").status_code == 410
        assert Operator(base).post(f"/desk/enter/{late}").status_code == 410


@pytest.mark.parametrize(
    ("peers", "headers", "comes_in"),
    [
        ("127.0.0.1/32", {"Remote-User": "ada"}, True),
        ("127.0.0.1/32", {}, False),
        ("127.0.0.1/32", {"Remote-User": "a" * 101}, False),
        (NOBODY, {"Remote-User": "ada"}, False),
        # Whom a proxy asks for is not who holds the connection.
        (NOBODY, {"Remote-User": "ada", "X-Forwarded-For": "198.51.100.7"}, False),
    ],
)
def test_a_proxy_vouches_for_who_is_signed_in_there(
    tmp_path: Path,
    clock: Clock,
    peers: str,
    headers: dict[str, str],
    comes_in: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """Its header is believed from the operator's own proxies only."""
    network = ip_network(peers)
    with desk(tmp_path, clock, password_hash="", proxy_header="Remote-User") as app:
        trusting = replace(app.settings, server=ServerSettings(proxies=(network,)))
        with serving(replace(app, settings=trusting)) as base:
            operator = Operator(base)
            operator.session.headers.update(headers)
            answer = operator.get("/desk/log")

            assert ("Log of changes" in answer.text) == comes_in
            if comes_in:
                assert "ada" in text_of(answer)
                del operator.session.headers["Remote-User"]
                assert "Log of changes" not in operator.get("/desk/log").text


def test_forms_of_other_sites_change_nothing(app: App) -> None:
    """Neither with the session's cookie, nor before there is one (cross-site request forgery)."""
    with serving(app) as base:
        operator = Operator(base).enter(app)

        def send(csrf: str, **headers: str) -> int:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return operator.session.post(
                f"{base}/desk/sign-out",
                data={"form": csrf},
                headers=given,
                timeout=PATIENCE_S,
                allow_redirects=False,
            ).status_code

        assert send("") == 403
        assert send("0" * 64) == 403
        assert send(operator.csrf, Sec_Fetch_Site="cross-site") == 403
        assert send(operator.csrf, Sec_Fetch_Site="same-site") == 403
        assert send(operator.csrf, Origin="https://evil.test") == 403
        assert send(operator.csrf, Origin="null") == 403
        assert operator.get("/desk/log").ok
        assert send(operator.csrf, Origin=base) == 303
        foreign = {"Sec-Fetch-Site": "cross-site"}
        signing_in = requests.post(
            f"{base}/desk/sign-in",
            data={"password": PASSWORD},
            headers=foreign,
            timeout=PATIENCE_S,
            allow_redirects=False,
        )
        assert signing_in.status_code == 403


def test_what_a_stranger_sends_is_refused_without_a_change(app: App) -> None:
    """No page of the desk answers, and no form; a form says that nothing was done."""
    with serving(app) as base:
        answer = Operator(base).post("/desk/sign-out")

        assert answer.status_code == 401
        assert "nothing was changed" in text_of(answer)


def test_pages_of_the_desk_cannot_be_framed_or_kept(app: App) -> None:
    """Headers against clickjacking, sniffing and caches stand on every answer."""
    with serving(app) as base:
        operator = Operator(base).enter(app)
        answers = [operator.get("/desk/log"), Operator(base).get("/desk/sign-in")]

    for answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_assets_are_kept_for_good(app: App) -> None:
    """Their address changes with their content; another address has none."""
    with serving(app) as base:
        page = Operator(base).get("/desk/sign-in").text
        found = re.search(r'href="(/desk/assets/[^"]+)"', page)
        assert found

        answer = requests.get(base + found.group(1), timeout=PATIENCE_S)

        assert answer.headers["content-type"].startswith("text/css")
        assert "immutable" in answer.headers["cache-control"]
        for path in ("/desk/assets/0/desk.css", "/desk/assets/0/..%2f..%2fvisit.py"):
            assert requests.get(base + path, timeout=PATIENCE_S).status_code == 404


def test_sessions_end(database: Database, clock: Clock) -> None:
    """After a time without use, after a week whatever is done, and all at once by command."""
    sessions = SessionStore(database, idle=timedelta(hours=12))
    idle, busy = (sessions.open("operator", now=clock()) for _ in range(2))
    for _ in range(27):
        clock.forward(hours=6)
        assert sessions.find(busy, now=clock())
    assert sessions.find(idle, now=clock()) is None

    clock.forward(hours=7)

    assert sessions.find(busy, now=clock()) is None
    other = sessions.open("operator", now=clock())
    sessions.close_all()
    assert sessions.find(other, now=clock()) is None


def test_the_log_tells_of_each_change(database: Database, clock: Clock) -> None:
    """Who, when, what, before and after; also of what failed, and of what was cut off."""
    log = AuditStore(database, clock=clock)
    with log.change("ada", "withdraw", "item 1", before={"withdrawn": None}) as change:
        change.after = {"withdrawn": "2026-11-23"}
    with pytest.raises(ValueError, match="no"), log.change("ada", "merge", "item 2"):
        raise ValueError("no")
    cut_off = log.change("ada", "split", "item 1")
    cut_off.__enter__()

    lines = log.lines(limit=10)

    assert [line.action for line in lines] == ["split", "merge", "withdraw"]
    assert [line.outcome for line in lines] == ["", "failed: no", "done"]
    assert lines[2].before == {"withdrawn": None}
    assert lines[2].after == {"withdrawn": "2026-11-23"}
    assert lines[2].at == clock()
    assert [line.action for line in log.lines(limit=9, subject="item 1")] == ["split", "withdraw"]
    assert [line.action for line in log.lines(limit=9, before=lines[1].number)] == ["withdraw"]
