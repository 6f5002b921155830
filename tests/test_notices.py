"""Mails that are no edition leave as digests do: signed, by the first relay that takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dkim
import pytest
from relay import Mailbox
from worlds import NOON, Clock

from config.load import load
from notifier.dkim import dns_name, dns_record, make_key
from notifier.model import Rule
from notifier.wishes import Wishes
from tidings.app import App, open_app
from tidings.work import deliver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """
[store]
database = "{database}"
[mail]
sender = "news@example.org"
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
    path = tmp_path / "tidings.toml"
    path.write_text(
        CONFIGURATION.format(database=database_url, port=first.port, backup=second.port)
    )
    with open_app(load(path, {}), clock=Clock(NOON)) as app:
        ask(app, "ann@example.org")
        yield app


def ask(app: App, address: str) -> None:
    """Ask for mail to an address."""
    wishes = Wishes(rules=(Rule(cadence="daily"),), time_zone=ZoneInfo("UTC"), language="en")
    app.signups.ask(address, "harbour", wishes, source="form", client="192.0.2.7", now=app.clock())


def never() -> bool:
    """Stop nothing."""
    return False


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
    assert isinstance(app.clock, Clock)
    app.clock.forward(hours=1)
    sent = deliver(app, never)

    assert "not today" in stopped.stopped
    assert during == (True, [("deferred", 1), ("queued", 0)])
    assert sent.stopped == ""
    assert app.stops.current() is None
    assert outcomes(app) == [("sent", 2), ("sent", 1)]


def test_no_confirmation_leaves_without_its_signature(
    app: App, relays: tuple[Mailbox, Mailbox]
) -> None:
    """A key that cannot be used is a stop, and costs no attempt."""
    key = app.settings.mail.dkim_key
    assert key is not None
    key.write_text("no key")

    stopped = deliver(app, never)

    assert "is no private key" in stopped.stopped
    assert relays[0].received == []
    assert outcomes(app) == [("queued", 0)]
