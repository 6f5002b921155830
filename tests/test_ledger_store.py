"""The ledger answers why somebody was told or not, and its sums hold, on each database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from test_edition_store import World
from worlds import LEASE, entry

from notifier.ledger_store import LedgerStore
from notifier.model import DeliveryState
from notifier.outbox_store import Beginning, Outcome

if TYPE_CHECKING:
    from feeds.database import Database

SENT, DEFERRED = DeliveryState.SENT, DeliveryState.DEFERRED


@pytest.fixture
def world(database: Database) -> World:
    """Ann and Ben are to be told of one item."""
    world = World(database)
    world.subscribe("ann", "instant")
    world.subscribe("ben", "instant")
    world.store(entry("one"))
    world.open_all()
    return world


def _attempt(world: World, state: DeliveryState, *, reply: str, code: int | None) -> None:
    """Try the first due delivery, with this result."""
    (delivery,) = world.outbox.claim(now=world.clock(), lease=LEASE)
    begun = [Beginning(delivery=delivery, relay="relay.test:587")]
    world.outbox.turn([], begun, now=world.clock(), lease=LEASE)
    outcome = Outcome(
        delivery=delivery,
        state=state,
        relay="relay.test:587",
        reply=reply,
        code=code,
        enhanced="4.2.1" if code == 450 else "2.0.0",
        next_attempt=world.clock() + timedelta(minutes=5),
    )
    world.clock.forward(seconds=1)
    world.outbox.turn([outcome], now=world.clock(), lease=LEASE)


def test_every_attempt_stays_with_its_time_and_reply(world: World) -> None:
    """Also when a later one went well."""
    _attempt(world, DEFERRED, reply="450 4.2.1 later", code=450)
    _attempt(world, SENT, reply="250 2.0.0 taken", code=250)
    world.clock.forward(minutes=5)
    _attempt(world, SENT, reply="250 2.0.0 taken", code=250)

    (line,) = LedgerStore(world.database).of_address("ann@example.org")
    assert (line.state, line.bulletin, line.edition_number) == (SENT, "harbour", 1)
    assert [
        (one.number, one.state, one.relay, one.code, one.enhanced, one.reply)
        for one in line.attempts
    ] == [
        (1, DEFERRED, "relay.test:587", 450, "4.2.1", "450 4.2.1 later"),
        (2, SENT, "relay.test:587", 250, "2.0.0", "250 2.0.0 taken"),
    ]
    assert all(one.finished == one.started + timedelta(seconds=1) for one in line.attempts)
    assert (line.finished, line.next_attempt) == (world.clock(), None)


def test_an_item_leads_to_all_who_were_to_be_told_of_it(world: World) -> None:
    """With where each of them is now."""
    _attempt(world, SENT, reply="250 2.0.0 taken", code=250)
    ledger = LedgerStore(world.database)
    with world.database.reading() as transaction:
        item = transaction.all("SELECT item FROM edition_items")[0]["item"]

    lines = ledger.of_item(item)
    (total,) = ledger.sums_of_item(item)

    assert {line.address: (line.state.value, len(line.attempts)) for line in lines} == {
        "ann@example.org": ("sent", 1),
        "ben@example.org": ("queued", 0),
    }
    assert (total.audience, total.sent, total.open, total.balanced) == (2, 1, 1, True)
    assert ledger.of_item("tag:nobody") == ()
    assert ledger.sums_of_item("tag:nobody") == ()


def test_a_delivery_that_is_nowhere_is_found(world: World) -> None:
    """The law of the ledger is asked of the rows, not believed."""
    ledger = LedgerStore(world.database)
    before = ledger.unbalanced()
    with world.database.transaction() as transaction:
        transaction.run("DELETE FROM deliveries WHERE address = 'ben@example.org'")

    (found,) = ledger.unbalanced()

    assert before == ()
    assert (found.audience, found.open, found.balanced) == (2, 1, False)
