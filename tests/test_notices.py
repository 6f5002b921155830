"""Mails that are no edition have the care of a delivery: signed, tried, counted, heard of."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dkim
import pytest
from bounce_mails import report
from relay import Mailbox
from test_mail_headers import HOSTILE, RENDERER
from worlds import LEASE, NOON, Clock, runner

from config.load import load
from config.settings import BulletinSettings, MailSettings
from notifier.dkim import dns_name, dns_record, make_key
from notifier.model import Rule
from notifier.notice import notice_mail
from notifier.outbox_store import Beginning
from notifier.returns import Follows
from notifier.sample import sample_notice
from notifier.suppression_store import Reason
from notifier.wishes import Wishes
from tidings.app import App, open_app
from tidings.bouncing import open_returns
from tidings.reports import health_report
from tidings.work import deliver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """
[store]
database = "{database}"
[site]
templates = "templates"
[mail]
sender = "news@example.org"
bounce = "b@bounce.example.org"
operator = "op@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
dkim_key = "dkim.pem"
dkim_selector = "n2026"
[mail.relays.backup]
host = "127.0.0.1"
port = {backup}
security = "none"
[bulletins.harbour]
title = "Harbour"
[bulletins.harbour.sources.main]
url = "https://harbour.example/"
"""

ANN, BEN = "ann@example.org", "ben@example.net"
FULL = "452 4.2.2 mailbox full"


@pytest.fixture
def relays() -> Iterator[tuple[Mailbox, Mailbox]]:
    """Two relays, to be asked in this order."""
    with Mailbox() as first, Mailbox() as second:
        yield first, second


@pytest.fixture
def app(tmp_path: Path, database_url: str, relays: tuple[Mailbox, Mailbox]) -> Iterator[App]:
    """A whole program on each database at noon, of which Ann has just asked for mail."""
    first, second = relays
    (tmp_path / "dkim.pem").write_bytes(make_key())
    (tmp_path / "templates" / "notice").mkdir(parents=True)
    path = tmp_path / "tidings.toml"
    path.write_text(
        CONFIGURATION.format(database=database_url, port=first.port, backup=second.port)
    )
    with open_app(load(path, {}), clock=Clock(NOON)) as app:
        ask(app, "ann@example.org")
        yield app


def forward(app: App, **duration: float) -> None:
    """Let time go by."""
    assert isinstance(app.clock, Clock)
    app.clock.forward(**duration)


def ask(app: App, address: str) -> None:
    """Ask for mail to an address."""
    wishes = Wishes(rules=(Rule(cadence="daily"),), time_zone=ZoneInfo("UTC"), language="en")
    app.signups.ask(address, "harbour", wishes, source="form", client="192.0.2.7", now=app.clock())


def never() -> bool:
    """Stop nothing."""
    return False


def to(relay: Mailbox, address: str) -> list[tuple[str, bytes]]:
    """The mails that a relay took for an address: from whom, and their bytes."""
    return [(sender, mail) for sender, whom, mail in relay.received if whom == [address]]


def outcomes(app: App) -> list[tuple[str, int]]:
    """Return how far each notice has come."""
    with app.database.reading() as transaction:
        rows = transaction.all("SELECT state, attempts FROM notices ORDER BY id")
    return [(row["state"], row["attempts"]) for row in rows]


def test_a_confirmation_is_signed(app: App, relays: tuple[Mailbox, Mailbox]) -> None:
    """A receiver verifies it as it does a digest."""
    key = app.settings.mail.dkim_key
    assert key is not None
    record = dns_record(key.read_bytes())
    names = {f"{dns_name('n2026', 'example.org')}.": record}

    deliver(app, never)

    ((_, recipients, mail),) = relays[0].received
    assert "ann@example.org" in str(recipients)
    assert dkim.DKIM(mail).verify(
        dnsfunc=lambda name, timeout=5: names.get(name.decode(), "").encode()  # noqa: ARG005
    )
    assert outcomes(app) == [("sent", 1)]


def test_the_next_relay_takes_a_confirmation(app: App, relays: tuple[Mailbox, Mailbox]) -> None:
    """Who waits for a mail waits for no relay."""
    relays[0].refuses_us = "554 5.3.2 not today"

    deliver(app, never)

    assert (len(relays[0].received), len(relays[1].received)) == (0, 1)
    assert outcomes(app) == [("sent", 1)]
    assert app.stops.current() is None


def test_a_confirmation_that_all_refuse_is_a_stop(
    app: App, relays: tuple[Mailbox, Mailbox]
) -> None:
    """It is told as one of digests is, keeps the next one waiting, and ends with the first mail."""
    ask(app, "bob@example.org")
    for relay in relays:
        relay.refuses_us = "554 5.3.2 not today"
    stopped = deliver(app, never)
    during = (app.stops.current() is not None, outcomes(app))
    for relay in relays:
        relay.refuses_us = ""
    forward(app, hours=1)
    sent = deliver(app, never)

    assert "not today" in stopped.stopped
    assert during == (True, [("queued", 0), ("queued", 0)])
    assert sent.stopped == ""
    assert app.stops.current() is None
    assert outcomes(app) == [("sent", 1), ("sent", 1)]


def test_no_confirmation_leaves_without_its_signature(
    app: App, relays: tuple[Mailbox, Mailbox]
) -> None:
    """A key that cannot be used is a stop, and costs no attempt."""
    key = app.settings.mail.dkim_key
    assert key is not None
    key.write_text("no key")

    stopped = deliver(app, never)

    assert "is no private key" in stopped.stopped
    assert to(relays[0], ANN) == []
    assert outcomes(app) == [("queued", 0)]


def test_what_is_put_off_is_tried_again_for_a_day(
    app: App, relays: tuple[Mailbox, Mailbox]
) -> None:
    """After pauses that double, with the same Message-ID; each attempt and its answer is kept."""
    relays[0].refuses = {ANN: FULL}
    for minutes in (0, 4, 1, 9, 1):
        forward(app, minutes=minutes)
        deliver(app, never)
    relays[0].refuses = {}
    forward(app, minutes=20)
    deliver(app, never)

    (line,) = app.notice_ledger.of_address(ANN, limit=9)
    assert [(each.number, each.state.value, each.code) for each in line.attempts] == [
        (1, "deferred", 452),
        (2, "deferred", 452),
        (3, "deferred", 452),
        (4, "sent", 250),
    ]
    assert [(each.started - NOON) / timedelta(minutes=1) for each in line.attempts] == [
        0,
        5,
        15,
        35,
    ]
    assert "mailbox full" in line.attempts[0].reply
    assert {each.relay for each in line.attempts} == {f"127.0.0.1:{relays[0].port}"}
    assert len(to(relays[0], ANN)) == 1


def test_what_is_put_off_for_longer_than_a_day_has_failed(
    app: App, relays: tuple[Mailbox, Mailbox]
) -> None:
    """And a link that holds no more is not sent at all."""
    relays[0].refuses = {ANN: FULL}
    deliver(app, never)
    forward(app, hours=25)
    deliver(app, never)
    ask(app, BEN)
    forward(app, days=3)
    deliver(app, never)

    (failed,) = app.notice_ledger.of_address(ANN, limit=9)
    (stale,) = app.notice_ledger.of_address(BEN, limit=9)
    assert (failed.state.value, len(failed.attempts)) == ("failed", 2)
    assert (stale.state.value, stale.reply) == ("suppressed", "its link holds no more")
    assert to(relays[0], BEN) == []


def test_an_address_that_is_not_there_is_written_to_no_more(
    app: App, relays: tuple[Mailbox, Mailbox]
) -> None:
    """By the rule for digests; what else waited for it ends. Who asks anew is answered."""
    relays[0].refuses = {ANN: "550 5.1.1 no such user"}
    forward(app, hours=7)
    ask(app, ANN)
    deliver(app, never)
    found = app.suppressions.find(ANN)
    states = [line.state.value for line in app.notice_ledger.of_address(ANN, limit=9)]
    relays[0].refuses = {}
    forward(app, hours=7)
    ask(app, ANN)
    deliver(app, never)

    assert found is not None
    assert found.reason is Reason.BOUNCED
    assert sorted(states) in (["failed", "failed"], ["failed", "suppressed"])
    assert len(to(relays[0], ANN)) == 1


@pytest.mark.parametrize(
    ("status", "follows", "reason"),
    [
        ("5.1.1", Follows.SUPPRESSED, Reason.BOUNCED),
        ("5.2.2", Follows.NOTED, None),
        ("5.7.26", Follows.TOLD, None),
    ],
)
def test_a_notice_that_comes_back_is_known(
    app: App, relays: tuple[Mailbox, Mailbox], status: str, follows: Follows, reason: Reason | None
) -> None:
    """By an address of its own, or its Message-ID; the last word on it is that of the report."""
    deliver(app, never)
    ((sender, mail),) = to(relays[0], ANN)
    returns = open_returns(app)
    message_id = mail.partition(b"Message-ID: ")[2].split(b"\r\n")[0].decode()

    taken = returns.take(report(status, f"smtp; 550 {status} so", to=sender))
    again = returns.take(report(status, f"smtp; 550 {status} so", to="x", message_id=message_id))

    found = app.suppressions.find(ANN)
    (line,) = app.notice_ledger.of_address(ANN, limit=9)
    (bounce,) = app.bounces.of_address(ANN, limit=9)
    assert sender.startswith("b+")
    assert (taken.follows, again.follows) == (follows, Follows.NOTHING)
    assert (found.reason if found else None) is reason
    assert line.reply == bounce.said.join(["came back: ", ""])
    assert (app.bounces.claim_untold(now=app.clock(), lease=LEASE) is None) == (status != "5.7.26")


def test_notices_keep_the_pace_of_their_domain(app: App, relays: tuple[Mailbox, Mailbox]) -> None:
    """By what was learned before, and for those to come; other domains do not wait."""
    for name in ("bob", "cid", "dan"):
        ask(app, f"{name}@example.org")
    ask(app, BEN)
    app.paces.learn({"example.org": 0.01}, now=app.clock())
    relays[0].refuses = {"bob@example.org": "450 4.2.1 slowly"}

    deliver(app, never)
    first = [attempts for _, attempts in outcomes(app)]
    forward(app, minutes=4)
    deliver(app, never)

    assert first == [1, 0, 0, 0, 1]
    assert [attempts for _, attempts in outcomes(app)] == [1, 1, 1, 0, 1]
    assert app.paces.rates(now=app.clock())["example.org"] > 0.1


def test_a_process_that_dies_in_a_notice_costs_it_one_copy_at_most(
    app: App, relays: tuple[Mailbox, Mailbox]
) -> None:
    """It is sent again when its lease is over, with the same Message-ID; both tries are kept."""
    (notice,) = app.notices.claim(now=app.clock(), lease=LEASE)
    app.notices.turn([], [Beginning(delivery=notice, relay="x:25")], now=app.clock(), lease=LEASE)
    early = deliver(app, never)
    forward(app, minutes=6)
    deliver(app, never)

    (line,) = app.notice_ledger.of_address(ANN, limit=9)
    ((_, mail),) = to(relays[0], ANN)
    assert early.sent == 0
    assert [each.state.value for each in line.attempts] == ["uncertain", "sent"]
    assert "died" in line.attempts[0].reply
    assert notice.message_id.encode() in mail


def test_a_broken_template_of_a_notice_harms_no_other_mail(
    app: App, relays: tuple[Mailbox, Mailbox], tmp_path: Path
) -> None:
    """The operator is told once with file and line; what waits leaves when it is mended."""
    broken = tmp_path / "templates" / "notice" / "body.txt"
    broken.write_text('Hello.\n{% if kind == "welcome" %}{{ nothing }}{% endif %}\n')
    deliver(app, never)
    assert len(to(relays[0], ANN)) == 1
    (pending,) = app.signups.pending(ANN, now=app.clock())
    app.signups.confirmed(pending, token="t" * 25, now=app.clock())
    ask(app, BEN)
    during = deliver(app, never)
    unwell = health_report(app)
    deliver(app, never)
    broken.write_text("Hello, {{ kind }}.\n")
    for _ in range(2):
        forward(app, minutes=1)
        after = deliver(app, never)

    told = [mail for _, mail in to(relays[0], "op@example.org")]
    assert f"{broken}:2: " in during.stopped
    assert (unwell["status"], unwell["mail_stopped_since"]) == ("failing", None)
    assert unwell["notices_unwritten_since"] is not None
    assert len(to(relays[0], BEN)) == 1
    assert len(to(relays[0], ANN)) == 2
    assert [b"cannot be written" in mail for mail in told] == [True, False]
    assert b"notice/body.txt:2: " in told[0].replace(b"=\r\n", b"")
    assert (after.stopped, health_report(app)["notices_unwritten_since"]) == ("", None)


def test_a_broken_template_of_digests_is_told_before_there_is_one(
    app: App, relays: tuple[Mailbox, Mailbox], tmp_path: Path
) -> None:
    """A cron job tries the templates as the service does; notices leave all the same."""
    broken = tmp_path / "templates" / "digest" / "body.txt"
    broken.parent.mkdir()
    broken.write_text("{% if digest.more > 100 %}\n{% endif %}{{ digest.nothing }}")

    stopped = deliver(app, never)

    assert f"{broken}:2: " in stopped.stopped
    assert app.stops.current() is not None
    assert len(to(relays[0], ANN)) == 1


def test_an_operator_learns_what_became_of_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also of an address that never confirmed."""
    with Mailbox() as relay:
        (tmp_path / "tidings.toml").write_text(
            f'[mail]\nsender = "news@example.org"\nhost = "127.0.0.1"\nport = {relay.port}\n'
            'security = "none"\n[bulletins.harbour]\ntitle = "Harbour"\n'
            '[bulletins.harbour.sources.main]\nfile = "page.txt"\n'
        )
        (tmp_path / "page.txt").write_text("1 November 2026\n\nBridge closed\n\nFor repairs.\n")
        run = runner(tmp_path, monkeypatch, capfd)
        run("check")
        run("subscribers", "add", ANN, "harbour", "--pending")
        relay.refuses = {ANN: FULL}
        run("tick")

    code, words, _ = run("subscribers", "why", ANN)
    _, document, _ = run("subscribers", "why", ANN, "--json")

    assert code == 0
    assert "confirm harbour" in words
    assert "452 4.2.2 mailbox full" in words
    assert '"code"' not in document
    assert '"kind": "confirm"' in document
    assert run("subscribers", "why", BEN)[0] != 0


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize("address", ["ann@example.org", "jürgen@bücher.example"])
def test_no_title_or_address_breaks_a_notice(title: str, address: str) -> None:
    """Each header is there once and is ours; lines are as long as they may be."""
    wanted = "To From Subject Message-ID Date List-Id List-Post MIME-Version Content-Type".split()
    for kind in ("confirm", "known", "welcome"):
        mail = notice_mail(
            replace(sample_notice(kind), address=address),
            BulletinSettings(slug="harbour", title=title),
            settings=MailSettings(sender="news@example.org", reply_to="office@example.org"),
            base_url="https://news.example.org",
            renderer=RENDERER,
            sent_at=NOON,
        )
        head, _, bodies = mail.partition(b"\r\n\r\n")
        names = re.findall(r"^([A-Za-z-]+): ?", head.decode(), re.MULTILINE)
        message = message_from_bytes(mail, policy=policy.default)

        assert len(names) == len(set(names))
        assert set(wanted) <= set(names)
        assert "Bcc" not in message
        assert f"To: {address}\r\n".encode() in mail
        assert max(map(len, head.split(b"\r\n"))) <= 998
        assert max(map(len, bodies.split(b"\r\n"))) <= 76
        assert message.defects == []
