"""Subscribers at the desk: found, explained, added, ended, suppressed; lists in and out."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from desks import PATIENCE_S, Operator, text_of
from sites import Site, bulletin, serving
from test_edition_store import World

from notifier.model import SubscriberState
from notifier.subscriber_list_store import Sought, SubscriberListStore
from notifier.wish_store import WishStore
from tidings.desk.audit_store import AuditStore
from tidings.desk.uploads import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    import requests

    from feeds.database import Database
    from tidings.app import App

LIST = "/desk/subscribers/import"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Two bulletins, and two readers of the first."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour & news") + bulletin("library", "Library"))
    site.says("harbour", ("1 November 2026", "The lighthouse"))
    site.says("library", ("1 November 2026", "Closed"))
    site.tick()
    with site.app() as app:
        for name in ("ann", "bob"):
            app.subscribers.subscribe(
                f"{name}@example.org",
                "harbour",
                cadence="daily",
                time_zone=ZoneInfo("UTC"),
                language="en",
                now=site.clock(),
            )
        yield app


@pytest.fixture
def operator(app: App) -> Iterator[Operator]:
    """Somebody at the desk."""
    with serving(app) as base:
        yield Operator(base).enter(app)


def log_of(app: App) -> list[tuple[str, str, object, object]]:
    """Return the log, the first change first."""
    lines = AuditStore(app.database, clock=app.clock).lines(limit=50)
    return [(line.action, line.subject, line.before, line.after) for line in reversed(lines)]


def upload(
    operator: Operator, path: str, fields: dict[str, str] | None = None, *, file: bytes = b""
) -> requests.Response:
    """Send a form of the last page with a file, as browsers do."""
    given = {"form": operator.csrf, **(fields or {})}
    content = {"file": ("list.csv", file, "text/csv")}
    return operator.session.post(
        f"{operator.base}{path}", data=given, files=content, timeout=PATIENCE_S
    )


def test_subscribers_are_found(database: Database) -> None:
    """By a part of the address, a state, a bulletin and a cadence, a page at a time."""
    world = World(database)
    for name, cadence, to in (
        ("ann", "weekly fri 18", "harbour"),
        ("ann", "daily", "library"),
        ("Bob_x", "daily", "harbour"),
        ("cy", "instant", "harbour"),
    ):
        world.subscribe(name, cadence, to=to)
    (cy,) = world.subscribers.of_address("cy@example.org")
    WishStore(database).forget(cy, now=world.clock())
    lists = SubscriberListStore(database)

    def names(sought: Sought, *, after: str = "", limit: int = 9) -> list[str]:
        found = lists.find(sought, after=after, limit=limit)
        return sorted(one.address.partition("@")[0] for one in found)

    for sought, expected in (
        (Sought(), ["Bob_x", "ann"]),
        (Sought(find="B_X"), ["Bob_x"]),
        (Sought(find="b_x@EXAMPLE"), ["Bob_x"]),
        (Sought(find="%"), []),
        (Sought(state="unsubscribed"), []),
        (Sought(bulletin="library"), ["ann"]),
        (Sought(cadence="weekly"), ["ann"]),
        (Sought(cadence="daily", bulletin="harbour"), ["Bob_x"]),
        (Sought(find="deleted"), []),
    ):
        assert names(sought) == expected
        assert lists.count(sought) == len(expected)
    first, *_ = lists.find(Sought(), limit=1)
    (second,) = lists.find(Sought(), after=first.address, limit=9)
    assert {first.address, second.address} == {"ann@example.org", "Bob_x@example.org"}
    ann = lists.by_id(first.id if first.address.startswith("ann") else second.id)
    assert ann is not None
    assert [one.bulletin for one in ann.subscriptions] == ["harbour", "library"]
    assert ann.state is SubscriberState.ACTIVE
    assert lists.by_id(cy.subscriber_id) is None
    assert lists.by_id(99) is None


def test_a_subscriber_is_explained_ended_suppressed_and_revived(
    app: App, operator: Operator
) -> None:
    """What the verbs do, with what stood before and after in the log."""
    found = operator.get("/desk/subscribers?find=ANN")
    assert "ann@example.org" in found.text
    assert "bob@example.org" not in found.text
    page = "/desk/subscribers/1"
    shown = text_of(operator.get(page))
    assert "daily, next on" in shown
    assert "Nothing yet." in shown

    ended = operator.post(f"{page}/end", bulletin="harbour")
    assert "ann@example.org no longer gets harbour." in text_of(ended)
    assert operator.post(f"{page}/end", bulletin="harbour").status_code == 409
    gone = operator.post("/desk/subscribers/suppress", address="ann@example.org", id="1")
    assert "suppressed (operator)" in text_of(gone)
    hint = operator.get("/desk/subscribers?find=ann@example.org")
    assert "is written to no more" in text_of(hint)
    back = operator.post("/desk/subscribers/revive", address="ann@example.org")
    assert "can subscribe again" in text_of(back)
    links = operator.post("/desk/subscribers/new-links", retire="on")
    assert "2 subscriptions have new links" in text_of(links)

    log = [(action, subject) for action, subject, _, _ in log_of(app)]
    assert log == [
        ("end subscription", "ann@example.org"),
        ("end subscription", "ann@example.org"),
        ("suppress", "ann@example.org"),
        ("revive", "ann@example.org"),
        ("new links", "subscribers"),
    ]
    assert log_of(app)[0][3] == {"ended": ["harbour"]}


def test_somebody_is_asked_or_added_with_consent(app: App, operator: Operator) -> None:
    """By mail unless it is stated how and when they asked for it."""
    operator.get("/desk/subscribers/add")
    asked = {"address": "cy@example.org", "bulletin": "library", "cadence": "daily 7", "how": "ask"}
    said = operator.post("/desk/subscribers/add", follow=True, **asked)
    assert "is asked by mail" in text_of(said)
    assert app.subscribers.of_address("cy@example.org") == ()
    assert len(app.signups.pending("cy@example.org", now=app.clock())) == 1

    given = {**asked, "how": "consent", "consent_source": "at the counter"}
    for wrong in (
        {"consent_date": ""},
        {"consent_date": "2027-01-01"},
        {"consent_date": "2026-11-01", "consent_source": " "},
        {"consent_date": "2026-11-01", "cadence": "now and then"},
        {"consent_date": "2026-11-01", "bulletin": "nowhere"},
        {"consent_date": "2026-11-01", "address": "nobody"},
        {"consent_date": "2026-11-01", "time_zone": "../../etc/passwd"},
    ):
        assert (
            operator.post("/desk/subscribers/add", follow=True, **(given | wrong)).status_code
            == 409
        )
    done = operator.post("/desk/subscribers/add", follow=True, **given, consent_date="2026-11-01")

    assert "cy@example.org gets library: daily 7" in text_of(done)
    (cy,) = app.subscribers.of_address("cy@example.org")
    source, made = app.readers.consent(cy.subscriber_id)
    assert (source, str(made)[:10]) == ("at the counter", "2026-11-01")
    assert log_of(app)[-1][0] == "add subscription"


def test_a_list_is_looked_at_before_it_is_imported(app: App, operator: Operator) -> None:
    """Each row with what it would do; a wrong line keeps all out; then the same list is done."""
    operator.get(LIST)
    operator.post("/desk/subscribers/suppress", address="dee@example.org")
    operator.get(LIST)
    text = (
        "\ufeffaddress,bulletin,cadence\r\n"
        "ann@example.org,harbour,daily\r\n"
        "bob@example.org,harbour,weekly\r\n"
        '"cy@example.org",library,daily\r\n'
        "dee@example.org,library,daily\r\n"
    )
    consent = {"consent_source": "paper", "consent_date": "2026-11-01"}

    preview = upload(operator, LIST, consent, file=text.encode())

    assert preview.ok
    for words in ("1 new", "1 changes its wishes", "1 is so already", "1 left out: suppressed"):
        assert words in text_of(preview)
    assert app.subscribers.of_address("cy@example.org") == ()
    done = upload(operator, f"{LIST}/do", {"text": text.removeprefix("\ufeff"), **consent})
    assert "3 subscriptions are in, 1 left out." in text_of(done)
    assert len(app.subscribers.of_address("cy@example.org")) == 1
    assert log_of(app)[-1][3] == {
        "new": 1,
        "changes its wishes": 1,
        "is so already": 1,
        "left out: suppressed": 1,
    }
    wrong = upload(operator, LIST, {"text": "address,bulletin\nnobody,harbour\n", **consent})
    assert wrong.status_code == 409
    assert "It cannot be imported as it is" in text_of(wrong)
    assert (
        upload(operator, f"{LIST}/do", {"text": "address\nx@y.example\n", **consent}).status_code
        == 409
    )


@pytest.mark.parametrize(
    ("file", "status"),
    [
        (b"address\n\xff\xfe", 400),
        (b"address\n" + b"x" * MOST_BYTES, 413),
        (b"", 409),
        (b"name\nann\n", 409),
    ],
)
def test_what_is_no_list_is_refused(operator: Operator, file: bytes, status: int) -> None:
    """Too large, not UTF-8, empty, or of other columns: nothing is read into memory or done."""
    operator.get(LIST)

    assert upload(operator, LIST, file=file).status_code == status


def test_an_upload_is_a_form_of_ours(operator: Operator) -> None:
    """Without the mark of the session, of another kind, or with a field twice it is refused."""
    operator.get(LIST)
    given = operator.csrf
    assert operator.post(LIST, text="address").status_code == 415
    operator.csrf = "0" * 64
    assert upload(operator, LIST, file=b"address\n").status_code == 403
    twice = operator.session.post(
        f"{operator.base}{LIST}",
        files=[("form", (None, given)), ("form", (None, given))],
        timeout=PATIENCE_S,
    )
    broken = operator.session.post(
        f"{operator.base}{LIST}",
        data=b"--x\r\nnonsense",
        headers={"Content-Type": "multipart/form-data; boundary=y"},
        timeout=PATIENCE_S,
    )

    assert (twice.status_code, broken.status_code) == (400, 400)


def test_who_is_deleted_is_not_named_in_the_log(database: Database, noon: datetime) -> None:
    """Neither as what a change was about, nor as a value in another one; others stay."""
    audit = AuditStore(database, clock=lambda: noon)
    for subject, after in (
        ("ann@example.org", {"bulletin": "harbour"}),
        ("harbour/1", {"to": "ann@example.org", "cc": "joann@example.org"}),
        ("joann@example.org", None),
    ):
        with audit.change("operator", "test", subject) as change:
            change.after = after
    with pytest.raises(ValueError, match="ann"), audit.change("operator", "x", "ann@example.org"):
        raise ValueError("ann@example.org has none")

    audit.forget("ann@example.org")

    assert [(line.subject, line.after, line.outcome) for line in audit.lines(limit=9)] == [
        ("somebody deleted", None, "failed: somebody deleted has none"),
        ("joann@example.org", None, "done"),
        ("harbour/1", {"to": "somebody deleted", "cc": "joann@example.org"}, "done"),
        ("somebody deleted", {"bulletin": "harbour"}, "done"),
    ]


def test_a_list_is_taken_away(app: App, operator: Operator) -> None:
    """As CSV that import reads, by a form, and the log says so."""
    operator.get("/desk/subscribers")

    answer = operator.post("/desk/subscribers/export", bulletin="harbour")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["address"] for row in rows] == ["ann@example.org", "bob@example.org"]
    assert answer.headers["content-disposition"] == 'attachment; filename="subscribers-harbour.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert log_of(app) == [
        ("export subscribers", "subscribers of harbour", None, {"lines": 2}),
    ]
    assert operator.post("/desk/subscribers/export", bulletin="../etc").status_code == 409
    assert operator.get("/desk/subscribers/export").status_code in (404, 405)
    assert operator.get("/desk/subscribers/999").status_code == 404
