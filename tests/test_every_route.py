"""Every address of the service, from its own table: closed to strangers, safe to look at, guarded.

The routes are asked for, not listed: a new one is held against all this from its first day.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import pytest
from desk_worlds import READER, world
from desks import Operator
from raw_requests import Answer, ask
from sites import serving
from starlette.routing import Route

from feeds.kept_page_store import KeptPageStore
from notifier.model import Rule
from notifier.secret_store import SecretStore
from notifier.subscription_tokens import TokenKind
from notifier.wishes import Wishes
from tidings.api.tokens import make_token
from tidings.commands.desk import sign_in_address
from tidings.web import service_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tidings.app import App

# Addresses below the desk that strangers may see, and why.
OPEN = {
    "/desk/sign-in": "the door itself",
    "/desk/enter/{token}": "whoever has the link is let in by it",
    "/desk/assets/{digest}/{name}": "the door looks like the desk; no word of the operator's",
}
# Forms that are taken without the mark of a session, and why no other site can misuse them.
UNMARKED = {
    "/desk/sign-in": "there is no session yet; where the form stands is asked, and the password",
    "/desk/enter/{token}": "there is no session yet; where the form stands is asked, and the link",
    "/unsubscribe/{token}": "mail programs send it (RFC 8058); the token is the reader's own",
    "/unsubscribe/{token}/undo": "no cookie: only the token of the address says who it is",
    "/unsubscribe/{token}/weekly": "no cookie: only the token of the address says who it is",
    "/preferences/{token}": "no cookie: only the token of the address says who it is",
    "/preferences/{token}/delete": "no cookie: only the token of the address says who it is",
    "/preferences/{token}/feeds": "no cookie: only the token of the address says who it is",
    "/subscribe/{bulletin}": "anybody may ask; nothing follows before the mail is answered",
    "/confirm/{token}": "no cookie: only the token of the mail says who it is",
    "/bounces": "no cookie: what is posted is signed with the shared secret",
}
# They take files, in another form; what they refuse is held by test_desk_subscribers.
UPLOADS = {
    "/desk/subscribers/import": "a list",
    "/desk/subscribers/import/do": "a list",
    "/desk/templates/edit": "a text longer than a form",
    "/desk/templates/preview": "a text longer than a form",
    "/desk/templates/revert": "a text longer than a form",
}
ODD_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
# What a stranger would like to read: an address, a title that is held, the log.
SECRETS = (READER, "flood of notices", "Log of changes", "Outbox", "tidings.db")
FORM = "application/x-www-form-urlencoded"
# Written by being signed in, and by using a token: nobody's data.
_NOTED = {"sessions", "api_tokens"}
_VARIABLE = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass
class Realm:
    """A running service with somebody signed in, and real values for what addresses name."""

    app: App
    base: str
    operator: Operator
    token: str
    routes: list[Route]
    values: dict[str, str]

    def targets(self, method: str) -> list[tuple[str, str]]:
        """Return each pattern that knows a method, with a target that fits it."""
        return [
            (route.path, self.target(route.path))
            for route in self.routes
            if route.methods is None or method in route.methods
        ]

    def target(self, pattern: str) -> str:
        """Fill in a pattern; what a name stands for depends on where it stands."""
        first = "/".join(pattern.split("/")[1:3])
        return _VARIABLE.sub(
            lambda found: self.values.get(f"{first}:{found[1]}", self.values.get(found[1], "1")),
            pattern,
        )

    def stored(self) -> dict[str, list[str]]:
        """Return all rows of all tables."""
        with self.app.database.reading() as transaction:
            names = [
                str(row["name"])
                for row in transaction.all("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            return {
                name: sorted(
                    str(tuple(cast("Iterable[object]", row)))
                    for row in transaction.all(f"SELECT * FROM {name}")  # noqa: S608 - its own names
                )
                for name in names
                if name not in _NOTED and not name.startswith("sqlite_")
            }

    @property
    def cookie(self) -> str:
        """The session of the operator, as a browser sends it."""
        return "; ".join(f"{one.name}={one.value}" for one in self.operator.session.cookies)


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    """One service for all that follows."""
    with world(tmp_path_factory.mktemp("routes")).app() as opened:
        bounces = replace(opened.settings.bounces, webhook_secret="w" * 40)
        app = replace(opened, settings=replace(opened.settings, bounces=bounces))
        with serving(app) as base:
            operator = Operator(base).enter(app)
            operator.get("/desk/")
            yield Realm(
                app=app,
                base=base,
                operator=operator,
                token=make_token(app, "walker", may_change=True),
                routes=[route for route in service_routes(app) if isinstance(route, Route)],
                values=values_of(app),
            )


def values_of(app: App) -> dict[str, str]:
    """Return what stands for each name of an address: something that is really there."""
    (subscription,) = app.subscribers.of_address(READER)
    item = app.items.latest("harbour", 1)[0]
    app.private_feeds.make(subscription, now=app.clock())
    feed = app.private_feeds.of(subscription)
    assert feed
    wishes = Wishes(rules=(Rule(cadence="weekly"),), time_zone=ZoneInfo("UTC"), language="en")
    app.signups.ask("new@example.org", "harbour", wishes, source="form", client="", now=app.clock())
    (pending,) = app.signups.pending("new@example.org", now=app.clock())
    return {
        "slug": "council",
        "bulletin": "harbour",
        "name": "main",
        "source": "main",
        "page": str(KeptPageStore(app.database).pages("council", "main")[0].id),
        "token": subscription.token,
        "item": item.token,
        "desk/items:token": item.token,
        "desk/enter:token": sign_in_address(app).rpartition("/")[2],
        "confirm/{token}:token": SecretStore(app.database)
        .tokens()
        .token(TokenKind.SIGN_UP, pending.id),
        "feeds/{token}:token": feed.token,
        "feeds/{token}:file": "atom.xml",
        "mails/{name}:name": "next+harbour.eml",
        "part": "eml",
    }


def is_desk(pattern: str) -> bool:
    """Tell whether an address is the operator's."""
    return pattern.startswith("/desk/") and pattern not in OPEN


def test_strangers_find_the_door_and_nothing_else(realm: Realm) -> None:
    """Each page of the desk leads to the sign-in, by whatever method, and reveals nothing."""
    pages = [(path, at) for path, at in realm.targets("GET") if is_desk(path)]
    assert len(pages) >= 16

    for path, target in pages:
        shown = ask(realm.base, "GET", target, Cookie="tidings=guess; __Host-tidings=guess")
        assert (shown.status, shown.body) == (303, b""), path
        assert shown.headers["location"].startswith("/desk/sign-in"), path
        assert ask(realm.base, "HEAD", target).status == 401, path
    for path, target in [*pages, *realm.targets("POST")]:
        for method in ODD_METHODS if is_desk(path) else ():
            odd = ask(realm.base, method, target, Cookie=realm.cookie)
            assert odd.status in {404, 405}, (method, path)
            assert not any(secret in odd.text for secret in SECRETS), (method, path)


@pytest.mark.parametrize(
    "target",
    [
        "//desk/",
        "/./desk/",
        "/harbour/../desk/log",
        "/desk/.",
        "/desk/./log",
        "/desk//log",
        "/desk/sign-in/../log",
        "/desk/sign-in/%2e%2e/log",
        "/desk/sign-in%2f..%2flog",
        "/%64esk/log",
        "/desk/log%2f",
        "/desk/log/",
        "/desk/log;x",
        "/desk/log%00",
        "/DESK/log",
        "/Desk/Log",
        "/desk%2flog",
        "/desk\\log",
        "http://127.0.0.1/desk/log",
        "http://evil.test/desk/log",
        "/desk/assets/0/../../log",
        "/desk/assets/0/..%2f..%2f..%2fvisit.py",
        "/mails/..%2ftidings.db/eml",
        "/mails/.%2e/eml",
        "/%2e%2e/tidings.toml",
        "/harbour/..%2f..%2ftidings.toml",
        "/harbour/%2e%2e/%2e%2e/data/tidings.db",
        "/.tidings",
    ],
)
def test_no_spelling_of_an_address_leads_in_or_out(realm: Realm, target: str) -> None:
    """Neither past the door of the desk, nor out of the folder of what is published."""
    answer = ask(realm.base, "GET", target)

    assert answer.status in {303, 404}, answer.status
    assert not any(secret in answer.text for secret in (*SECRETS, "base_url", "[store]"))


def test_no_form_is_taken_from_elsewhere(realm: Realm) -> None:
    """Not without the mark, nor with another session's, nor from another site; nothing changes."""
    other = Operator(realm.base).enter(realm.app)
    other.get("/desk/")
    mark, foreign_mark = realm.operator.csrf, other.csrf
    assert mark != foreign_mark
    forms = [(path, at) for path, at in realm.targets("POST") if path.startswith("/desk/")]
    marked = [(path, at) for path, at in forms if path not in {*UNMARKED, *UPLOADS}]
    assert len(marked) >= 15
    before = realm.stored()

    def post(
        target: str, sent: str, *, cookie: str = realm.cookie, kind: str = FORM, **headers: str
    ) -> int:
        return ask(
            realm.base,
            "POST",
            target,
            body=sent.encode(),
            Content_Type=kind,
            Cookie=cookie,
            **headers,
        ).status

    for path, at in marked:
        assert post(at, f"form={mark}", cookie="") == 401, path
        assert post(at, "") == 403, path
        assert post(at, f"form={foreign_mark}") == 403, path
        assert post(f"{at}?form={mark}", "") == 403, path
        assert post(at, f"form={mark}&form={mark}") == 400, path
        assert post(at, f"form={mark}", kind="text/plain") == 415, path
    for path, at in forms:
        for site in ("cross-site", "same-site", "SAME-ORIGIN", ""):
            assert post(at, f"form={mark}", Sec_Fetch_Site=site) == 403, (path, site)
        for origin in ("https://evil.test", "null", "http://[", f"{realm.base}.evil.test", ""):
            assert post(at, f"form={mark}", Origin=origin) == 403, (path, origin)
    assert realm.stored() == before


def test_forms_without_a_mark_are_known_one_by_one(realm: Realm) -> None:
    """What is open to all is open for a reason, and the API knows no cookie."""
    posts = realm.targets("POST")
    unmarked = {path for path, _ in posts if not is_desk(path) and not path.startswith("/api/")}
    before = realm.stored()

    assert unmarked | {"/desk/sign-in", "/desk/enter/{token}"} == set(UNMARKED)
    for path, at in posts:
        if path.startswith("/api/"):
            sent = ask(
                realm.base,
                "POST",
                at,
                body=f"form={realm.operator.csrf}".encode(),
                Content_Type="application/json",
                Cookie=realm.cookie,
            )
            assert sent.status in {401, 404, 405}, path
            assert sent.headers["content-type"] == "application/problem+json", path
    assert realm.stored() == before


def test_looking_changes_nothing(realm: Realm) -> None:
    """Whoever opens every address there is leaves the store as it was: links are safe to open."""
    before = realm.stored()
    seen: dict[int, list[str]] = defaultdict(list)
    bearer = f"Bearer {realm.token}"

    for path, target in realm.targets("GET"):
        for method in ("GET", "HEAD"):
            answer = ask(realm.base, method, target, Cookie=realm.cookie, Authorization=bearer)
            seen[answer.status].append(f"{method} {path}")
            assert answer.status < 500, path

    assert realm.stored() == before
    # They were really opened, and not refused for want of something.
    assert len(seen[200]) > 60


# --- headers -------------------------------------------------------------------------------

# For each kind of answer what has to stand beside it. The parts of a policy that matter: scripts
# and styles of our own files alone, no frame, no base, no plug-in.
EVERYWHERE = {
    "content-security-policy": r"default-src 'none';.*frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer|same-origin|strict-origin-when-cross-origin",
    "strict-transport-security": r"max-age=\d{8,}",
    "cache-control": ".+",
}
MADE = EVERYWHERE | {
    "cache-control": "no-store|private, max-age=900|public, max-age=31536000, immutable",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": ".*camera=.*",
}
DESK = MADE | {
    "content-security-policy": r"(?!.*unsafe)(?!.*\*)default-src 'none'; .*base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'|default-src 'none'; sandbox",
    "cache-control": "no-store|public, max-age=31536000, immutable",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
# What is shown in a frame of the desk: made of others' words, and shut off from everything.
FRAME = DESK | {
    "content-security-policy": r"(?!.*script-src)default-src 'none'; .*frame-ancestors 'self'; "
    "sandbox",
    "x-frame-options": "SAMEORIGIN",
}
API = MADE | {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def wanting(kind: dict[str, str], answer: Answer) -> list[str]:
    """Return the headers that an answer lacks, or that say something weaker."""
    return [
        f"{name}: {answer.headers.get(name)}"
        for name, pattern in kind.items()
        if not re.fullmatch(f"({pattern}).*", answer.headers.get(name, ""))
    ]


def test_every_answer_guards_its_reader(realm: Realm) -> None:
    """Pages, redirects, errors and files, for strangers and operators, by every method."""
    wrong: dict[str, list[str]] = {}
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        for route in realm.routes:
            if method == "POST" and not route.path.startswith(("/desk/", "/api/")):
                continue
            target = realm.target(route.path)
            kind = MADE
            if route.path.startswith("/desk/"):
                kind = DESK
            elif route.path.startswith("/api/"):
                kind = API
            for cookie in ("", realm.cookie):
                answer = ask(realm.base, method, target, Cookie=cookie)
                policy = answer.headers.get("content-security-policy", "")
                is_frame = kind is DESK and "frame-ancestors 'self'; sandbox" in policy
                if lacking := wanting(FRAME if is_frame else kind, answer):
                    wrong[f"{method} {target} {answer.status}"] = lacking
                assert "server" not in answer.headers
                assert "x-powered-by" not in answer.headers

    assert wrong == {}, wrong


def test_published_documents_guard_their_readers_too(realm: Realm) -> None:
    """Also what has not changed, moved, or is not there: 200, 304, 301, 404, 405, 204."""
    page = ask(realm.base, "GET", "/harbour/")
    answers = {
        "page": page,
        "known": ask(realm.base, "GET", "/harbour/", If_None_Match=page.headers["etag"]),
        "otherwise made": ask(realm.base, "GET", "/%68arbour/"),
        "feed": ask(realm.base, "GET", "/harbour/atom.xml"),
        "folder": ask(realm.base, "GET", "/harbour"),
        "nothing": ask(realm.base, "GET", "/nothing"),
        "unfit": ask(realm.base, "GET", "/subscribe/harbour?a=%00"),
        "method": ask(realm.base, "DELETE", "/harbour/"),
        "options": ask(realm.base, "OPTIONS", "/harbour/"),
        "desk without its slash": ask(realm.base, "GET", "/desk"),
    }

    assert [one.status for one in answers.values()] == [
        200, 304, 200, 200, 301, 404, 400, 405, 204, 303
    ]  # fmt: skip
    # Headers that stood beside the document are those that a 304 goes with (RFC 9110, 15.4.5).
    assert {name: wanting(EVERYWHERE, one) for name, one in answers.items() if name != "known"} == {
        name: [] for name in answers if name != "known"
    }
