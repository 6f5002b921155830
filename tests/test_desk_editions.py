"""Editions at the desk and by verb: looking, approving, skipping, trying again, sending a test."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from desks import Operator, text_of
from sites import Site, bulletin, serving

from notifier.ledger_store import LedgerStore
from tidings.cli import main
from tidings.desk.audit_store import AuditStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from tidings.app import App

FIRST = ("1 November 2026", "The lighthouse opens on Sundays")
FOG = ("2 November 2026", "Fog <b>on</b> the quay")
CRANE = ("3 November 2026", "The crane arrives")
MAIL = '[mail]\nsender = "News <news@news.test>"\noperator = "me@news.test"\n'


def mails(site: Site) -> list[EmailMessage]:
    """Return the mails that left, in the order of their names."""
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((site.folder / "data" / "mails").glob("*.eml"))
    ]


def to_readers(site: Site) -> list[str]:
    """Return who got a digest."""
    return sorted(str(mail["To"]) for mail in mails(site) if mail["List-Unsubscribe"])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A bulletin whose editions wait, two readers of it, and an edition that opened."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour & news", "approval = true") + MAIL)
    site.says("harbour", FIRST)
    site.tick()
    with site.app() as app:
        for name in ("ann", "bob"):
            app.subscribers.subscribe(
                f"{name}@example.org",
                "harbour",
                cadence="instant",
                time_zone=ZoneInfo("UTC"),
                language="en",
                now=site.clock(),
            )
    site.says("harbour", FOG, FIRST)
    site.tick()
    return site


@pytest.fixture
def app(site: Site) -> Iterator[App]:
    """The installation, open."""
    with site.app() as app:
        yield app


def digests(site: Site) -> set[str]:
    """Return which past digests have pages."""
    return {path for path in site.documents(below="harbour/digests") if path.endswith("1.html")}


def test_an_edition_is_seen_approved_and_sent(site: Site, app: App) -> None:
    """It waits unseen by readers; the operator hears once, looks at it, and lets it go."""
    assert to_readers(site) == []
    (alert,) = mails(site)
    assert alert["Subject"] == "Tidings: edition 1 of harbour waits for you"
    assert "https://news.test/desk/editions/harbour/1" in alert.get_content()
    assert not (site.public / "harbour/digests").exists()

    with serving(app) as base:
        operator = Operator(base).enter(app)
        health = operator.get("/health").json()
        assert [one["number"] for one in health["editions_waiting"]] == [1]
        assert health["status"] == "ok"
        overview = text_of(operator.get("/desk/"))
        assert "1 thing needs you." in overview
        assert "1 item for 2 readers" in overview
        assert "1 edition waits for your word" in text_of(operator.get("/desk/editions"))
        page = operator.get("/desk/editions/harbour/1")
        assert "Approve and send to 2 readers" in text_of(page)
        assert "no later edition tells these readers" in text_of(page)
        assert "Fog <b>" not in page.text
        framed = operator.get("/desk/editions/harbour/1/mail")
        assert framed.headers["x-frame-options"] == "SAMEORIGIN"
        assert "sandbox" in framed.headers["content-security-policy"]

        said = operator.post("/desk/editions/harbour/1/approve")

        assert "Approved; now leaving: 2 mails." in text_of(said)
        assert digests(site) == {"harbour/digests/1.html"}
        again = operator.post("/desk/editions/harbour/1/approve")
        assert again.status_code == 409
        assert "does not wait: it was approved" in text_of(again)
        assert operator.get("/health").json()["editions_waiting"] == []
    site.tick()

    assert to_readers(site) == ["ann@example.org", "bob@example.org"]
    assert sum(not mail["List-Unsubscribe"] for mail in mails(site)) == 1
    lines = AuditStore(app.database, clock=app.clock).lines(limit=5)
    assert [(line.action, line.subject, line.before, line.after) for line in lines[1:]] == [
        ("approve edition", "harbour/1", "waiting", {"approved": [1]})
    ]
    assert lines[0].outcome.startswith("failed")


def test_a_skipped_edition_is_told_to_nobody(site: Site, app: App) -> None:
    """No reader, no page and no feed has it; the next one tells of other items."""
    with serving(app) as base:
        operator = Operator(base).enter(app)
        operator.get("/desk/editions/harbour/1")
        said = operator.post("/desk/editions/harbour/1/skip")
        assert "Skipped; not sent: 2 mails." in text_of(said)
        assert "it is sent to nobody" in text_of(said)
    site.says("harbour", CRANE, FOG, FIRST)
    site.tick()
    with serving(app) as base:
        operator = Operator(base).enter(app)
        operator.get("/desk/editions")
        operator.post("/desk/editions/harbour/approve")
    site.tick()

    assert to_readers(site) == ["ann@example.org", "bob@example.org"]
    assert digests(site) == set()
    assert "2.html" in site.text("harbour/digests/index.html")
    assert "1.html" not in site.text("harbour/digests/index.html")
    sums = LedgerStore(app.database).sums()
    assert [(one.suppressed, one.sent, one.balanced) for one in sums] == [
        (2, 0, True),
        (0, 2, True),
    ]


def test_failed_deliveries_are_found_and_tried_again(site: Site, app: App) -> None:
    """By a part of an address or a state, one by one or all; what did not fail stays."""
    with app.database.transaction() as transaction:
        transaction.run("UPDATE deliveries SET state = 'failed', reply = '550 <i>no</i>'")
        transaction.run("UPDATE editions SET approval = 'approved'")
    with serving(app) as base:
        operator = Operator(base).enter(app)
        found = operator.get("/desk/editions/harbour/1?find=ANN&state=failed")
        assert "550 <i>no</i>" in text_of(found)
        assert "ann@example.org" in found.text
        assert "bob@example.org" not in found.text
        (ann,) = app.ledger.of_address("ann@example.org")
        one = operator.post("/desk/editions/harbour/1/retry", delivery=str(ann.delivery_id))
        assert "1 queued anew" in text_of(one)

        rest = operator.post("/desk/editions/harbour/1/retry")

        assert "1 queued anew" in text_of(rest)
        none = operator.post("/desk/editions/harbour/1/retry")
        assert none.status_code == 409
    site.tick()
    assert to_readers(site) == ["ann@example.org", "bob@example.org"]


def test_a_test_goes_to_the_operator_or_to_an_address(site: Site, app: App) -> None:
    """Of the next edition or a past one, and into no ledger."""
    with serving(app) as base:
        operator = Operator(base).enter(app)
        coming = operator.get("/desk/editions/harbour/next")
        assert "It will wait for your approval" in text_of(coming)

        first = operator.post("/desk/editions/harbour/next/test")
        second = operator.post("/desk/editions/harbour/1/test", address="you@example.org")
        wrong = operator.post("/desk/editions/harbour/1/test", address="nobody")

    assert "Sent to me@news.test" in text_of(first)
    assert "Sent to you@example.org" in text_of(second)
    assert wrong.status_code == 409
    assert to_readers(site) == ["me@news.test", "you@example.org"]
    assert app.ledger.of_address("you@example.org") == ()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/editions/harbour/99999999999999999999", 404),
        ("/desk/editions/nowhere/1", 404),
        ("/desk/editions/nowhere/next", 404),
        ("/desk/editions/harbour/7/mail", 404),
        ("/desk/editions/harbour/0", 404),
        ("/desk/editions/%00/1", 404),
        ("/desk/editions?bulletin=%00&find=%00", 400),
        ("/desk/editions?before=no&bulletin=%3Cb%3E", 200),
        ("/desk/editions/harbour/1?find=%25&state=none&before=1", 200),
    ],
)
def test_addresses_that_lead_nowhere(app: App, path: str, status: int) -> None:
    """They are answered as what they are, and reveal nothing."""
    with serving(app) as base:
        operator = Operator(base).enter(app)
        assert operator.get(path).status_code == status
        for word in ("approve", "skip", "retry", "test"):
            if status == 404 and "next" not in path:
                given = path.removesuffix("/mail")
                answer = operator.post(f"{given}/{word}", address="a@b.example")
                assert answer.status_code in (404, 409)


def test_the_verbs_do_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What waits is listed, approved once, and retried where it failed."""
    monkeypatch.chdir(site.folder)

    assert main(["editions", "list", "--waiting"]) == 0
    assert "waits for approval" in capsys.readouterr().out
    assert main(["editions", "approve", "harbour"]) == 0
    assert "harbour 1 is approved: 2 mails leave" in capsys.readouterr().out
    assert main(["editions", "skip", "harbour", "1"]) == 1
    assert "it was approved" in capsys.readouterr().err
    assert main(["editions", "retry", "harbour", "1"]) == 1
    assert "has failed" in capsys.readouterr().err
    assert main(["editions", "list", "harbour", "--json"]) == 0
    assert '"approval": "approved"' in capsys.readouterr().out
    assert main(["editions", "approve", "harbour", "9"]) == 1
    assert "has no edition 9" in capsys.readouterr().err
