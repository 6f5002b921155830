"""The operator hears once that mail has stopped, and once that it goes out again."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from relay import Mailbox
from worlds import NOON, Clock

from config.load import load
from notifier.outbox import Sent
from tidings.app import App, open_app
from tidings.mail_alerts import mail_stops, note_run

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
[bulletins.harbour]
title = "Harbour"
[bulletins.harbour.sources.main]
url = "https://harbour.example/"
"""


@pytest.fixture
def relay() -> Iterator[Mailbox]:
    """Where the operator's mails leave."""
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def app(tmp_path: Path, database_url: str, relay: Mailbox) -> Iterator[App]:
    """A whole program on each database, with an operator, at noon."""
    path = tmp_path / "tidings.toml"
    path.write_text(CONFIGURATION.format(database=database_url, port=relay.port))
    with open_app(load(path, {}), clock=Clock(NOON)) as app:
        yield app


def _after(app: App, relay: Mailbox, *runs: Sent, minutes: int = 5) -> list[str]:
    """Return the subjects that the operator gets after these runs of the outbox."""
    assert isinstance(app.clock, Clock)
    before = len(relay.received)
    for run in runs:
        note_run(app, run)
        mail_stops(app)
        app.clock.forward(minutes=minutes)
    mails = [message_from_bytes(mail, policy=policy.default) for _, _, mail in relay.received]
    return [str(mail["Subject"]) for mail in mails[before:]]


STOPPED, WENT, IDLE = Sent(stopped="the relay refuses us"), Sent(sent=3), Sent()


def test_a_stop_is_told_once_and_its_end_once(app: App, relay: Mailbox) -> None:
    """However many runs it lasts; a run with nothing to send says nothing of it."""
    told = _after(app, relay, IDLE, WENT, STOPPED, STOPPED, IDLE, STOPPED)
    lasting = app.stops.current()
    ended = _after(app, relay, WENT, WENT, IDLE)

    assert told == ["Tidings: mail has stopped"]
    assert lasting is not None
    assert ended == ["Tidings: mail goes out again"]
    assert app.stops.current() is None


def test_what_cannot_leave_is_told_later(app: App, relay: Mailbox) -> None:
    """Once, with both times; for while the relay refuses us it refuses this mail too."""
    relay.refuses_us = "554 5.3.2 not today"
    silent = _after(app, relay, STOPPED, STOPPED)
    relay.refuses_us = ""
    told = _after(app, relay, WENT, WENT)
    text = relay.received[0][2].decode()

    assert (silent, told) == ([], ["Tidings: mail goes out again"])
    assert "From 2026-11-23 12:00 UTC to 2026-11-23 12:10 UTC no mail went out." in text


def test_an_operator_who_is_refused_is_not_tried_for_ever(app: App, relay: Mailbox) -> None:
    """The log says so once."""
    relay.refuses = {"op@example.org": "550 5.1.1 no such user"}
    _after(app, relay, STOPPED)
    relay.refuses = {}

    assert _after(app, relay, STOPPED) == []
