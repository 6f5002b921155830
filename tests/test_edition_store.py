"""Editions: who gets which items, decided once, on each database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from worlds import Feeds, bulletin, entry

from notifier.edition_store import EditionStore
from notifier.model import DeliveryState
from notifier.outbox_store import OutboxStore
from notifier.subscriber_store import SubscriberStore

if TYPE_CHECKING:
    from feeds.database import Database
    from notifier.model import Subscription


class World(Feeds):
    """The stores of telling beside those of reading."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.sources.register([bulletin(), bulletin("library")], now=self.clock())
        self.subscribers = SubscriberStore(self.database)
        self.editions = EditionStore(self.database, secret="s", mail_domain="example.org")
        self.outbox = OutboxStore(self.database)

    def subscribe(
        self, name: str, cadence: str, *, zone: str = "UTC", to: str = "harbour"
    ) -> Subscription:
        """Add somebody."""
        return self.subscribers.subscribe(
            f"{name}@example.org",
            to,
            cadence=cadence,
            time_zone=ZoneInfo(zone),
            language="en",
            now=self.clock(),
        )

    def open_all(self) -> int:
        """Decide until nothing is due."""
        queued = 0
        while (decided := self.editions.open_due(now=self.clock())).subscriptions:
            queued += decided.deliveries
        return queued

    def told(self) -> dict[str, list[list[str]]]:
        """The titles that each address was queued, edition by edition."""
        with self.database.reading() as transaction:
            rows = transaction.all("SELECT address, edition FROM deliveries ORDER BY id")
        told: dict[str, list[list[str]]] = {}
        for row in rows:
            titles = [item.content.title for item in self.editions.items(row["edition"])]
            told.setdefault(row["address"].partition("@")[0], []).append(titles)
        return told


@pytest.fixture
def world(database: Database) -> World:
    """Two bulletins and nobody yet."""
    return World(database)


def test_the_baseline_is_told_to_nobody(world: World) -> None:
    """Who subscribed before the first check gets nothing of what was there."""
    world.subscribe("ann", "instant")
    world.store(entry("old"), baseline=True)

    assert world.open_all() == 0
    assert world.told() == {}


def test_what_was_there_before_a_subscription_is_not_told(world: World) -> None:
    """A subscription starts from now."""
    world.store(entry("before"))
    world.subscribe("ann", "instant")
    world.store(entry("after"))
    world.open_all()

    assert world.told() == {"ann": [["after"]]}


def test_instant_subscribers_are_told_at_once_and_once(world: World) -> None:
    """Each item comes in one edition, however often the decision is made."""
    world.subscribe("ann", "instant")
    world.store(entry("one"))
    world.open_all()
    world.open_all()
    world.store(entry("two"), entry("three"))
    world.open_all()

    assert world.told() == {"ann": [["one"], ["two", "three"]]}


def test_a_daily_digest_waits_for_its_hour_in_its_zone(world: World) -> None:
    """Eight in the morning in Kiritimati is six in the evening before in UTC."""
    world.subscribe("ann", "daily", zone="Pacific/Kiritimati")
    world.store(entry("one"))
    world.clock.now = datetime(2026, 11, 23, 17, 59, tzinfo=UTC)
    early = world.open_all()
    world.clock.now = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    due = world.open_all()

    assert (early, due) == (0, 1)


def test_an_empty_digest_is_not_sent(world: World) -> None:
    """The occasion passes, and the next one is a week later."""
    ann = world.subscribe("ann", "weekly")
    assert ann.next_digest is not None
    world.clock.now = ann.next_digest
    queued = world.open_all()

    (after,) = world.subscribers.subscriptions()
    assert queued == 0
    assert after.next_digest is not None
    assert (after.next_digest - ann.next_digest).days == 7


def test_missed_occasions_are_caught_up_once(world: World) -> None:
    """Three weeks of silence are one digest, not three."""
    world.subscribe("ann", "weekly")
    world.store(entry("one"))
    world.clock.forward(days=22)

    assert world.open_all() == 1
    assert world.open_all() == 0


def test_subscribers_of_one_mark_share_an_edition(world: World) -> None:
    """The list of items is frozen once for all of them."""
    for name in ("ann", "bob", "cyd"):
        world.subscribe(name, "instant")
    world.store(entry("one"))
    world.open_all()

    with world.database.reading() as transaction:
        rows = transaction.all("SELECT number, audience FROM editions")
    assert [(row["number"], row["audience"]) for row in rows] == [(1, 3)]


def test_a_change_of_cadence_neither_loses_nor_repeats(world: World) -> None:
    """The mark stays: what was told is told, what was not is told by the new cadence."""
    world.subscribe("ann", "instant")
    world.store(entry("one"))
    world.open_all()
    world.subscribe("ann", "weekly")
    world.store(entry("two"))
    world.open_all()
    world.subscribe("ann", "instant")
    world.open_all()

    assert world.told() == {"ann": [["one"], ["two"]]}


def test_who_comes_back_starts_from_now(world: World) -> None:
    """What came while somebody was away by choice is not pressed on them."""
    ann = world.subscribe("ann", "instant")
    world.subscribers.unsubscribe(ann, now=world.clock())
    world.store(entry("while away"))
    world.subscribe("ann", "instant")
    world.store(entry("back"))
    world.open_all()

    assert world.told() == {"ann": [["back"]]}


def test_one_bulletin_is_not_mixed_into_another(world: World) -> None:
    """Each subscription is for one bulletin."""
    world.subscribe("ann", "instant", to="library")
    world.store(entry("ships"))
    world.store(entry("books"), slug="library")
    world.open_all()

    assert world.told() == {"ann": [["books"]]}


def test_a_revision_alone_is_no_occasion(world: World) -> None:
    """A correction of an old item opens no edition."""
    world.store(entry("one"))
    world.subscribe("ann", "instant")
    with world.database.transaction() as transaction:
        transaction.run("UPDATE bulletins SET number = number + 1 WHERE slug = 'harbour'")

    assert world.open_all() == 0
    assert world.told() == {}


def test_the_frozen_list_does_not_grow(world: World) -> None:
    """Items that come while deliveries wait are for the next edition."""
    world.subscribe("ann", "instant")
    world.store(entry("one"))
    world.open_all()
    world.store(entry("two"))

    assert world.told() == {"ann": [["one"]]}


def test_the_message_id_is_derived_and_differs(world: World) -> None:
    """The same for every try of one delivery, another for every other."""
    ids = {world.editions.message_id(edition, who) for edition in (1, 2) for who in (1, 2)}

    assert len(ids) == 4
    assert world.editions.message_id(1, 2) in ids
    assert all(id_.startswith("<e") and id_.endswith("@example.org>") for id_ in ids)


def test_several_workers_decide_once(world: World) -> None:
    """Nobody is queued twice when several processes look at once."""
    for number in range(30):
        world.subscribe(f"n{number}", "instant")
    world.store(entry("one"))
    errors: list[BaseException] = []

    def decide() -> None:
        try:
            world.open_all()
        except BaseException as error:  # noqa: BLE001 - reported to the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.open_all()

    assert errors == []
    assert world.told() == {f"n{number}": [["one"]] for number in range(30)}
    assert world.outbox.tally()[DeliveryState.QUEUED] == 30


def test_unsubscribing_suppresses_what_is_queued(world: World) -> None:
    """The audience still adds up: what is not sent is suppressed, not gone."""
    ann = world.subscribe("ann", "instant")
    world.store(entry("one"))
    world.open_all()

    world.subscribers.unsubscribe(ann, now=world.clock())
    world.subscribers.unsubscribe(ann, now=world.clock())

    assert world.outbox.tally(1)[DeliveryState.SUPPRESSED] == 1
    assert world.subscribers.subscriptions() == ()
    assert world.editions.edition(1).audience == sum(world.outbox.tally(1).values())
