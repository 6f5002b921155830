"""The outbox as rows: claimed once, recorded under a lease, never lost, on each database."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from test_edition_store import World
from worlds import LEASE, entry

from notifier.ledger_store import LedgerStore
from notifier.model import Delivery, DeliveryState
from notifier.outbox_store import Beginning, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database


def _record(
    world: World,
    delivery: Delivery,
    state: DeliveryState,
    *,
    reply: str,
    next_attempt: datetime | None = None,
) -> bool:
    """Record one outcome; False where another process took the delivery over."""
    outcome = Outcome(delivery=delivery, state=state, reply=reply, next_attempt=next_attempt)
    late, _ = world.outbox.turn([outcome], now=world.clock(), lease=LEASE)
    return not late


@pytest.fixture
def world(database: Database) -> World:
    """One delivery in the outbox."""
    world = World(database)
    world.subscribe("ann", "instant")
    world.store(entry("one"))
    world.open_all()
    return world


def _claim(world: World) -> Delivery:
    (delivery,) = world.outbox.claim(now=world.clock(), lease=LEASE)
    return delivery


def _begin(world: World) -> Delivery:
    """Take the delivery and hand it to a relay."""
    delivery = _claim(world)
    begun = [Beginning(delivery=delivery, relay="relay.test")]
    assert world.outbox.turn([], begun, now=world.clock(), lease=LEASE)[1] == frozenset()
    return delivery


def test_a_claimed_delivery_is_nobody_elses(world: World) -> None:
    """While it is being sent, nobody else gets it."""
    delivery = _claim(world)

    assert delivery.attempts == 1
    assert delivery.address == "ann@example.org"
    assert world.outbox.claim(now=world.clock(), lease=LEASE) == ()


def test_a_delivery_carries_the_token_of_its_subscription(world: World) -> None:
    """The way out stands in every mail."""
    (subscription,) = world.subscribers.subscriptions()

    assert _claim(world).token == subscription.token


def test_a_sent_delivery_is_never_claimed_again(world: World) -> None:
    """The final state stays, with the relay's answer."""
    delivery = _claim(world)
    _record(world, delivery, DeliveryState.SENT, reply="250 ok")

    world.clock.forward(days=30)

    assert world.outbox.claim(now=world.clock(), lease=LEASE) == ()
    assert world.outbox.tally()[DeliveryState.SENT] == 1


def test_a_delivery_whose_sender_died_is_sent_again_with_the_same_id(world: World) -> None:
    """After its lease another process takes it over."""
    first = _begin(world)
    world.clock.now += LEASE

    second = _claim(world)

    assert (second.id, second.message_id, second.attempts) == (first.id, first.message_id, 2)
    assert (second.doubts, second.deaths) == (0, 1)
    (line,) = LedgerStore(world.database).of_address("ann@example.org")
    assert [(attempt.number, attempt.state, attempt.reply) for attempt in line.attempts] == [
        (1, DeliveryState.UNCERTAIN, "the process that sent it died")
    ]


def test_the_outcome_of_a_lost_lease_is_refused(world: World) -> None:
    """Who was overtaken does not write over who overtook."""
    slow = _claim(world)
    world.clock.now += LEASE
    quick = _claim(world)

    begun = [Beginning(delivery=slow, relay="relay.test")]
    _, lost = world.outbox.turn([], begun, now=world.clock(), lease=LEASE)
    late = _record(world, slow, DeliveryState.FAILED, reply="late")
    good = _record(world, quick, DeliveryState.SENT, reply="ok")

    assert (lost, late, good) == (frozenset({slow.id}), False, True)
    assert world.outbox.tally()[DeliveryState.SENT] == 1


@pytest.mark.parametrize("state", [DeliveryState.DEFERRED, DeliveryState.UNCERTAIN])
def test_what_is_put_off_comes_back_at_its_time(world: World, state: DeliveryState) -> None:
    """Neither before nor never."""
    delivery = _claim(world)
    later = world.clock() + timedelta(minutes=5)
    _record(world, delivery, state, reply="busy", next_attempt=later)

    early = world.outbox.claim(now=later - timedelta(seconds=1), lease=LEASE)
    due = world.outbox.claim(now=later, lease=LEASE)

    assert early == ()
    assert [delivery.doubts for delivery in due] == [1 if state is DeliveryState.UNCERTAIN else 0]


def test_all_are_put_off_when_the_relay_refuses_us(world: World) -> None:
    """Nothing is claimed before, everything after."""
    until = world.clock() + timedelta(minutes=5)
    world.outbox.postpone(until=until, reply="refused")

    assert world.outbox.claim(now=world.clock(), lease=LEASE) == ()
    assert world.outbox.claim(now=until, lease=LEASE) != ()


def test_many_workers_send_each_delivery_once(database: Database) -> None:
    """Claims at the same time never meet."""
    world = World(database)
    for number in range(40):
        world.subscribe(f"n{number}", "instant")
    world.store(entry("one"))
    world.open_all()
    sent: list[str] = []

    def send_all() -> None:
        while claimed := world.outbox.claim(now=world.clock(), lease=LEASE, limit=3):
            for delivery in claimed:
                sent.append(delivery.address)
                _record(world, delivery, DeliveryState.SENT, reply="ok")

    threads = [threading.Thread(target=send_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(sent) == sorted(f"n{number}@example.org" for number in range(40))
    assert world.outbox.tally(1)[DeliveryState.SENT] == world.editions.edition(1).audience
