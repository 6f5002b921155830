"""The API: what programs may ask, who they are, and that its description is true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import requests
import schemathesis
from desks import PATIENCE_S, Operator, text_of
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families
from sites import Site, bulletin, serving

from tidings.api.metrics import exposition
from tidings.api.openapi import description
from tidings.api.operations import OPERATIONS
from tidings.api.token_store import ApiTokenStore
from tidings.api.tokens import make_token
from tidings.desk.audit_store import AuditStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feeds.database import Database
    from tidings.api.calls import Operation
    from tidings.app import App

HARBOUR = (("23 November 2026", "Lighthouse lit"), ("22 November 2026", "Ferry late"))


class Program:
    """A program with a token."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: object) -> requests.Response:
        """Ask for something."""
        asked = {name: str(value) for name, value in query.items()}
        return self._session.get(f"{self.base}/api/v1{path}", params=asked, timeout=PATIENCE_S)

    def post(self, path: str, body: object = None) -> requests.Response:
        """Change something."""
        return self._session.post(f"{self.base}/api/v1{path}", json=body, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An installation with a bulletin that was read."""
    site = Site(tmp_path_factory.mktemp("api"))
    site.configure(bulletin("harbour", "Harbour News"))
    site.says("harbour", *HARBOUR)
    site.tick()
    with site.app() as app:
        yield app


@pytest.fixture(scope="module")
def base(app: App) -> Iterator[str]:
    """Its address."""
    with serving(app) as base:
        yield base


@pytest.fixture(scope="module")
def program(app: App, base: str) -> Program:
    """A program that may change things."""
    return Program(base, make_token(app, "script", may_change=True))


def test_the_description_is_of_openapi_and_whole() -> None:
    """Each operation stands in it with its types, and every reference leads somewhere."""
    told = description(base_url="https://news.test", version="1")
    schemas = told["components"]["schemas"]

    assert told["openapi"].startswith("3.1")
    assert {
        one["operationId"] for methods in told["paths"].values() for one in methods.values()
    } == {operation.name for operation in OPERATIONS}
    assert set(re.findall(r"#/components/schemas/(\w+)", str(told))) <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


@pytest.fixture(scope="module")
def described(app: App, base: str) -> Any:  # noqa: ANN401 - schemathesis names its type nowhere
    """The API as its description has it, with a token that may change things."""
    token = make_token(app, "schemathesis", may_change=True)
    schema = schemathesis.openapi.from_dict(description(base_url=base, version="1"))
    schema.config.update(base_url=f"{base}/api/v1", headers={"Authorization": f"Bearer {token}"})
    return schema


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_all_answers_are_as_described(described: Any, operation: Operation) -> None:  # noqa: ANN401
    """Whatever is sent, right or wrong: no fault of ours, and the status and form that are said."""
    cases = described[operation.path][operation.method].as_strategy()
    seen = set()

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def asked(case: schemathesis.Case[Any]) -> None:
        seen.add(case.call_and_validate().status_code)

    asked()
    assert seen


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Bearer tidings_guess", "Basic dGlkaW5nczp0aWRpbmdz", "tidings_x"],
)
def test_nobody_comes_in_without_a_token(base: str, given: str) -> None:
    """Neither to read nor to change; a session of the desk is no token either."""
    for path in ("/bulletins", "/items", "/log", "/nothing/there"):
        answer = requests.get(
            f"{base}/api/v1{path}",
            headers={"Authorization": given} if given else {},
            timeout=PATIENCE_S,
        )
        assert answer.status_code == (404 if "nothing" in path else 401)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_that_may_read_changes_nothing(app: App, base: str) -> None:
    """It is refused by its name, before anything else is looked at."""
    reader = Program(base, make_token(app, "reader", may_change=False))
    (item, *_) = reader.get("/items").json()

    answers = [
        reader.post(
            operation.path.format(bulletin="harbour", source="main", item=item["token"], number=1)
        )
        for operation in OPERATIONS
        if operation.changes and operation.body is None
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert all("reader" in answer.json()["detail"] for answer in answers)


def test_what_the_desk_can_do_a_program_can(app: App, program: Program) -> None:
    """Items are found, withdrawn and restored; sources rest; the log names the program."""
    found = program.get("/items", find="ferry").json()
    assert [item["title"] for item in found] == ["Ferry late"]
    token = found[0]["token"]

    assert "withdrawn" in program.post(f"/items/{token}/withdraw").json()["said"]
    assert program.get(f"/items/{token}").json()["withdrawn"]
    assert program.post(f"/items/{token}/restore").ok
    assert program.post("/bulletins/harbour/sources/main/pause").ok
    assert program.get("/bulletins/harbour").json()["sources"][0]["paused"]
    assert program.post("/bulletins/harbour/sources/main/resume").ok
    assert program.post("/bulletins/harbour/sources/none/pause").status_code == 409
    assert program.get("/items/none").status_code == 404
    assert program.post(f"/items/{token}/merge", {"into": token}).status_code == 409
    assert program.post(f"/items/{token}/merge", {"into": 3}).status_code == 400
    assert program.get("/items", limit=501).status_code == 400
    assert program.get("/items", colour="blue").status_code == 400
    log = program.get("/log", subject=token).json()
    assert [line["action"] for line in log[-2:]] == ["restore", "withdraw"]
    assert {line["operator"] for line in log} >= {"api: script"}
    assert AuditStore(app.database, clock=app.clock).lines(limit=1)


def test_a_reading_that_was_asked_for_tells_how_far_it_is(program: Program) -> None:
    """The request ends at once, and its errand says what came of it."""
    asked = program.post("/bulletins/harbour/check")
    assert asked.status_code == 202
    for _ in range(200):
        errand = program.get("/bulletins/harbour/errand").json()
        if errand["state"] != "going on":
            break

    assert errand["state"] == "done"
    assert program.get("/bulletins/harbour/checks", limit=1).json()[0]["outcome"] == "unchanged"


def test_tokens_are_made_and_revoked_at_the_desk(app: App, base: str) -> None:
    """A new one is shown once and works; a revoked one does not, and the store holds neither."""
    operator = Operator(base).enter(app)
    operator.get("/desk/api")
    made = operator.post("/desk/api", name="<b>panel</b>", may="read")
    found = re.search(r"tidings_[\w-]{43}", made.text)
    assert found
    assert "&lt;b&gt;panel" in made.text
    assert found.group() not in operator.get("/desk/api").text
    panel = Program(base, found.group())
    assert panel.get("/bulletins").ok

    operator.post("/desk/api/revoke", name="<b>panel</b>")

    assert panel.get("/bulletins").status_code == 401
    assert "there is a token" in text_of(operator.post("/desk/api", name="script"))


def test_a_name_is_given_to_one_token(database: Database, app: App) -> None:
    """On both databases: who uses what stands in the log by name."""
    tokens = ApiTokenStore(database)
    first = tokens.create("cron", may_change=True, now=app.clock())
    assert first

    assert tokens.create("cron", may_change=False, now=app.clock()) is None
    found = tokens.find(first, now=app.clock())
    assert found
    assert found.may_change
    assert tokens.all()[0].used == app.clock()
    assert tokens.revoke("cron")
    assert not tokens.revoke("cron")
    assert tokens.find(first, now=app.clock()) is None


def test_figures_are_those_of_the_store(app: App, base: str) -> None:
    """In a form that Prometheus reads, to this machine and to tokens alone."""
    body, media_type = exposition(app)
    figures = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }
    assert media_type.startswith("text/plain")
    assert figures["tidings_source_healthy", "harbour", "main"] == 1
    assert figures["tidings_deliveries", "queued"] == 0
    assert figures["tidings_editions_out_of_balance",] == 0

    def ask(**headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(f"{base}/metrics", headers=given, timeout=PATIENCE_S).status_code

    assert ask() == 200
    assert ask(X_Forwarded_For="198.51.100.7") == 401
    token = make_token(app, "prometheus", may_change=False)
    assert ask(X_Forwarded_For="198.51.100.7", Authorization=f"Bearer {token}") == 200


def test_subscribers_are_looked_after_by_programs(program: Program) -> None:
    """Asked by mail, or added where they said so; found, explained, ended, suppressed, revived."""
    ann = {"address": "ann@example.net", "bulletin": "harbour"}
    assert "asked by mail" in program.post("/subscribers", ann).json()["said"]
    assert program.get("/subscribers", find="ann@").json() == []
    said = program.post("/subscribers", {**ann, "cadence": "daily", "consent": "a form"})
    assert said.json() == {"said": "ann@example.net gets harbour"}
    (found,) = program.get("/subscribers", find="ann@").json()
    assert [one["rules"] for one in found["subscriptions"]] == [["daily"]]
    standing = program.get("/standing", address="ann@example.net").json()
    assert [one["bulletin"] for one in standing["subscriptions"]] == ["harbour"]

    assert program.post("/subscribers/end", {"address": "ann@example.net"}).ok
    assert program.post("/subscribers/suppress", {"address": "ann@example.net"}).ok
    assert program.post("/subscribers", ann).status_code == 409
    assert program.post("/subscribers/revive", {"address": "ann@example.net"}).ok
    assert program.post("/subscribers/revive", {"address": "ann@example.net"}).status_code == 409
    assert program.get("/standing", address="bob@example.net").status_code == 404
    assert program.post("/subscribers", {**ann, "bulletin": "none"}).status_code == 404
    assert program.post("/subscribers", {**ann, "cadence": "hourly"}).status_code == 409
    log = program.get("/log", subject="ann@example.net").json()
    assert [line["action"] for line in log[-2:]] == ["add subscription", "ask by mail"]


def test_editions_wait_for_a_program_too(tmp_path: Path) -> None:
    """An edition that waits is listed, approved once, and retried only where something failed."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour News", "approval = true"))
    site.says("harbour", *HARBOUR)
    site.tick()
    with site.app() as app:
        app.subscribers.subscribe(
            "ann@example.net",
            "harbour",
            cadence="instant",
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=app.clock(),
        )
    site.says("harbour", ("23 November 2026", "Bridge open"), *HARBOUR)
    site.tick()
    with site.app() as app, serving(app) as base:
        program = Program(base, make_token(app, "script", may_change=True))
        (edition,) = program.get("/editions", waiting="true").json()
        assert edition["approval"] == "waiting"

        assert program.post("/editions/harbour/1/approve").ok

        assert program.get("/editions", waiting="true").json() == []
        assert program.post("/editions/harbour/1/skip").status_code == 409
        assert program.post("/editions/harbour/1/retry", {}).status_code == 409
        assert program.post("/editions/harbour/x/approve").status_code == 404
