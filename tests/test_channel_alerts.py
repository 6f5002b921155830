"""The operator's alerts by channels: told where mail is broken, once, and with what else waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chats import Chats, chats
from relay import Mailbox
from worlds import NOON, Clock

from config.load import load
from notifier.outbox import Sent
from tidings.alert_channels import tell_alerts
from tidings.alerts import note_turns
from tidings.app import App, open_app
from tidings.mail_alerts import mail_stops, note_run
from tidings.work import check_due

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """
[store]
database = "{database}"
[mail]
sender = "news@example.org"
operator = "op@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
[alerts.phone]
address = "json://127.0.0.1:{chats}/phone"
[alerts.desk]
address = "json://127.0.0.1:{chats}/desk"
[bulletins.harbour]
title = "Harbour"
[bulletins.harbour.sources.main]
file = "harbour.txt"
every = "1m"
"""
PAGE = "Harbour\n\n1 November 2026\n\nNew harbour master\n\nInes Ferreira takes office.\n"
STOPPED = Sent(stopped="the relay refuses us")


@pytest.fixture
def services() -> Iterator[Chats]:
    """Where alerts arrive."""
    with chats() as found:
        yield found


@pytest.fixture
def relay() -> Iterator[Mailbox]:
    """A relay that refuses us."""
    with Mailbox() as mailbox:
        mailbox.refuses_us = "554 5.3.2 not today"
        yield mailbox


@pytest.fixture
def app(tmp_path: Path, database_url: str, relay: Mailbox, services: Chats) -> Iterator[App]:
    """A whole program on each database, with an operator and two channels of alerts."""
    path = tmp_path / "tidings.toml"
    path.with_name("harbour.txt").write_text(PAGE)
    path.write_text(
        CONFIGURATION.format(database=database_url, port=relay.port, chats=services.port)
    )
    with open_app(load(path, {}), clock=Clock(NOON)) as app:
        yield app


def _pass(app: App, sent: Sent = Sent(), *, minutes: int = 10) -> None:  # noqa: B008 - a value
    """Do what follows from a run of the outbox, some minutes later."""
    assert isinstance(app.clock, Clock)
    app.clock.forward(minutes=minutes)
    check_due(app, lambda: False)
    note_turns(app)
    note_run(app, sent)
    mail_stops(app)
    tell_alerts(app, lambda: False)


def test_a_broken_relay_is_told_where_no_relay_is_needed(app: App, services: Chats) -> None:
    """Once, and its end once, though the mail about it cannot leave."""
    _pass(app, STOPPED)
    _pass(app, STOPPED)
    _pass(app, Sent(sent=1))
    _pass(app, Sent(sent=1))

    titles = [said["title"] for path, said in services.told if path == "/phone"]
    assert titles == ["Tidings: mail has stopped", "Tidings: mail goes out again"]
    assert services.texts("/phone") == services.texts("/desk")
    assert "the relay refuses us" in services.texts("/phone")[0]


def test_a_source_that_turns_is_told_both_ways_though_mail_is_down(
    app: App, services: Chats
) -> None:
    """Unwell and well again, whatever becomes of the mails."""
    page = app.settings.path.with_name("harbour.txt")
    _pass(app)
    page.write_text("")
    _pass(app, STOPPED)
    _pass(app, STOPPED)
    page.write_text(PAGE)
    _pass(app, Sent(sent=1), minutes=300)

    told = "\n".join(f"{said['title']} {said['message']}" for _, said in services.told)
    assert told.count("harbour/main is unwell") >= 2
    assert told.count("harbour/main is well again") >= 2
    assert len(services.texts("/phone")) == 2


def test_what_waits_for_a_channel_comes_as_one_message(app: App, services: Chats) -> None:
    """A channel that is down delays no other, and the others tell of it, once."""
    services.statuses["/phone"] = 500
    _pass(app, STOPPED)
    _pass(app, Sent(sent=1), minutes=60)
    _pass(app, minutes=60)
    _pass(app, minutes=60)
    tried = len(services.texts("/phone"))
    services.statuses.clear()
    _pass(app, minutes=300)
    _pass(app)

    desk = [said["title"] for path, said in services.told if path == "/desk"]
    assert desk == [
        "Tidings: mail has stopped",
        "Tidings: mail goes out again",
        "Tidings: channel phone takes nothing",
        "Tidings: channel phone takes messages again",
    ]
    last = services.told[-2][1] if services.told[-1][0] == "/desk" else services.told[-1][1]
    assert tried == 4
    assert len(services.texts("/phone")) == 5
    assert last["title"] == "Tidings: 2 things to know"
    assert "2026-11-23 12:10 UTC: mail has stopped: " in last["message"]


def test_the_operator_s_mail_tells_of_a_broken_channel(
    app: App, services: Chats, relay: Mailbox
) -> None:
    """Mail is one of the other ways."""
    relay.refuses_us = ""
    services.statuses["/phone"] = 403
    _pass(app, STOPPED)
    _pass(app)

    mails = b"".join(mail for _, _, mail in relay.received)
    assert b"Subject: Tidings: channel phone takes nothing" in mails
    assert b"HTTP 403" in mails
