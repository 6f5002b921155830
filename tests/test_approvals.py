"""Editions that wait for a word, and failed deliveries that are queued anew, on each database."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_edition_store import World
from worlds import LEASE, NOON, bulletin, entry

from feeds.database import open_database
from feeds.migrations import migrate
from feeds.schema import FEEDS
from notifier.approval_store import ApprovalStore
from notifier.edition_list_store import EditionListStore
from notifier.edition_store import EditionStore
from notifier.ledger_store import LedgerStore
from notifier.model import NEVER, SKIPPED_REPLY, Approval, DeliveryState
from notifier.outbox_store import Beginning, Outcome
from notifier.past_store import Latest, PastStore, latest_from
from notifier.retry_store import Requeued, RetryStore
from notifier.schema import NOTIFIER
from notifier.suppression_store import Reason, SuppressionStore
from notifier.wish_store import WishStore

if TYPE_CHECKING:
    from feeds.database import Database
    from notifier.model import Delivery


class Approving(World):
    """A bulletin whose editions wait, and all that decides on them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.editions = EditionStore(
            self.database,
            secret="s",
            mail_domain="example.org",
            bulletins=[replace(bulletin(), approval=True), bulletin("library")],
        )
        self.approvals = ApprovalStore(self.database)
        self.retries = RetryStore(self.database)
        self.ledger = LedgerStore(self.database)
        self.past = PastStore(self.database)

    def take(self) -> tuple[Delivery, ...]:
        """Take what is due."""
        return self.outbox.claim(now=self.clock(), lease=LEASE, limit=10)

    def decide(self, number: int | None, word: Approval) -> list[tuple[int, int]]:
        """Give a word; return which editions it was on, and of how many deliveries."""
        found = self.approvals.decide("harbour", number, word, now=self.clock())
        return [(one.number, one.deliveries) for one in found]

    def attempt(self, delivery: Delivery, state: DeliveryState, code: int | None = None) -> None:
        """Hand a delivery over, and record how it ended."""
        begun = [Beginning(delivery=delivery, relay="relay.test")]
        assert not self.outbox.turn([], begun, now=self.clock(), lease=LEASE)[1]
        outcome = Outcome(delivery=delivery, state=state, reply="as it is", code=code)
        assert not self.outbox.turn([outcome], now=self.clock(), lease=LEASE)[0]


@pytest.fixture
def world(database: Database) -> Approving:
    """Two readers, one of whom is told at once, and an edition that waits."""
    world = Approving(database)
    world.subscribe("ann", "instant")
    world.subscribe("bob", "instant")
    world.store(entry("one"))
    world.open_all()
    return world


def test_an_edition_waits_until_it_is_approved(world: Approving) -> None:
    """Its deliveries are rows and count as open, but none is claimed, however long it takes."""
    world.clock.forward(days=400)
    assert world.take() == ()
    assert [(one.number, one.items, one.deliveries) for one in world.approvals.waiting()] == [
        (1, 1, 2)
    ]
    assert all(line.awaits_word for line in world.ledger.of_edition(1))

    assert world.decide(1, Approval.APPROVED) == [(1, 2)]

    claimed = world.take()
    assert len(claimed) == 2
    # Their time begins with the word: they are not given up for what they waited.
    assert {delivery.created for delivery in claimed} == {world.clock()}
    assert world.decide(1, Approval.SKIPPED) == []
    assert world.ledger.unbalanced() == ()


def test_a_skipped_edition_is_sent_to_nobody(world: Approving) -> None:
    """Its audience is accounted for, and no later edition tells of its items."""
    assert world.decide(1, Approval.SKIPPED) == [(1, 2)]
    assert world.take() == ()
    world.store(entry("two"))
    world.open_all()
    world.decide(None, Approval.APPROVED)

    lines = world.ledger.of_edition(1)
    assert {(line.state, line.reply) for line in lines} == {
        (DeliveryState.SUPPRESSED, SKIPPED_REPLY)
    }
    assert world.ledger.unbalanced() == ()
    assert world.told()["ann"] == [["one"], ["two"]]
    assert {delivery.edition_id for delivery in world.take()} == {2}


@pytest.mark.parametrize("word", [Approval.APPROVED, Approval.SKIPPED])
def test_who_joins_an_edition_later_shares_its_word(world: Approving, word: Approval) -> None:
    """A reader of the same items whose hour comes later waits as well, or follows the word."""

    def joins(name: str) -> None:
        reader = world.subscribe(name, "instant")
        with world.database.transaction() as transaction:
            transaction.run("UPDATE subscriptions SET mark = 0 WHERE id = :id", id=reader.id)
        world.open_all()

    joins("cy")
    assert world.take() == ()
    world.decide(1, word)
    joins("dee")

    is_sent = word is Approval.APPROVED
    assert len(world.take()) == (4 if is_sent else 0)
    assert world.ledger.unbalanced() == ()


def test_who_comes_back_does_not_get_what_waits(world: Approving) -> None:
    """Leaving and taking it back neither passes the word by nor misses it."""
    (ann, bob) = world.subscribers.subscriptions()
    wishes = WishStore(world.database)
    for reader in (ann, bob):
        world.subscribers.unsubscribe(reader, now=world.clock())
    assert wishes.resume(ann, now=world.clock())
    assert world.take() == ()

    assert world.decide(1, Approval.APPROVED) == [(1, 1)]

    assert wishes.resume(bob, now=world.clock())
    assert {delivery.address for delivery in world.take()} == {ann.address, bob.address}


def test_the_word_is_given_once(world: Approving) -> None:
    """Of two who decide at the same moment one does, and the other finds nothing to decide."""
    gate = threading.Barrier(2)
    words: list[list[tuple[int, int]]] = []

    def give(word: Approval) -> None:
        gate.wait()
        words.append(world.decide(1, word))

    threads = [
        threading.Thread(target=give, args=(word,))
        for word in (Approval.APPROVED, Approval.SKIPPED)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(words) == [[], [(1, 2)]]


def test_an_operator_is_told_once(world: Approving) -> None:
    """Of each edition that waits, by one process, and again where that one failed to."""
    now = world.clock()
    first = world.approvals.claim_untold(now=now, lease=LEASE)
    assert [one.number for one in first] == [1]
    assert world.approvals.claim_untold(now=now, lease=LEASE) == ()
    again = world.approvals.claim_untold(now=world.clock.forward(hours=1), lease=LEASE)
    assert again == first
    world.approvals.told(again)

    assert world.approvals.claim_untold(now=world.clock.forward(hours=1), lease=LEASE) == ()


def test_only_what_may_be_sent_is_public(world: Approving) -> None:
    """An edition appears among past digests when it is approved, after later ones too."""
    for title in ("two", "three"):
        world.store(entry(title))
        world.open_all()
    assert world.past.latest() == {}
    world.decide(3, Approval.APPROVED)
    world.decide(2, Approval.SKIPPED)
    first = world.past.latest()["harbour"]
    assert world.past.stale("harbour", since=0, after=Latest()) == (3,)
    world.decide(1, Approval.APPROVED)

    latest = world.past.latest()["harbour"]

    assert world.past.stale("harbour", since=99, after=first) == (1,)
    assert world.past.stale("harbour", since=99, after=latest) == ()
    assert world.past.listed("harbour", 10) == (3, 1)
    assert [latest_from(str(one)) for one in (first, latest, Latest(7))] == [
        first,
        latest,
        Latest(7),
    ]


def test_what_failed_is_queued_anew_with_its_whole_time(world: Approving) -> None:
    """The same row and Message-ID, its ledger goes on, and its time and pauses begin again."""
    world.decide(1, Approval.APPROVED)
    before = world.take()
    for delivery in before:
        world.attempt(delivery, DeliveryState.FAILED, 550)
    world.clock.forward(days=9)

    assert world.retries.requeue("harbour", 1, now=world.clock()) == Requeued(queued=2)

    again = world.take()
    assert [one.message_id for one in again] == [one.message_id for one in before]
    assert {(one.attempts, one.created) for one in again} == {(1, world.clock())}
    world.attempt(again[0], DeliveryState.SENT, 250)
    line = world.ledger.of_delivery(again[0].id)
    assert line is not None
    assert [attempt.state for attempt in line.attempts] == [
        DeliveryState.FAILED,
        DeliveryState.SENT,
    ]
    assert world.ledger.unbalanced() == ()


@pytest.mark.parametrize(
    ("what", "done"),
    [
        ("doubt", Requeued(queued=1, doubtful=1)),
        ("doubt allowed", Requeued(queued=2)),
        ("suppressed", Requeued(queued=1, gone=1)),
        ("left", Requeued(queued=1, gone=1)),
        ("another reader", Requeued(queued=1)),
    ],
)
def test_not_all_that_failed_is_tried_again(world: Approving, what: str, done: Requeued) -> None:
    """What may have arrived is left alone unless it is meant; who is gone is left alone."""
    world.decide(1, Approval.APPROVED)
    ann, bob = world.take()
    world.attempt(ann, DeliveryState.FAILED, None if "doubt" in what else 550)
    world.attempt(bob, DeliveryState.FAILED, 550)
    if what == "suppressed":
        SuppressionStore(world.database).suppress(ann.address, Reason.OPERATOR, now=world.clock())
    if what == "left":
        (reader,) = world.subscribers.of_address(ann.address)
        world.subscribers.unsubscribe(reader, now=world.clock())

    found = world.retries.requeue(
        "harbour",
        1,
        address=bob.address if what == "another reader" else "",
        even_doubtful=what == "doubt allowed",
        now=world.clock(),
    )

    assert found == done
    assert len(world.take()) == done.queued


def test_editions_are_listed_with_their_sums(world: Approving) -> None:
    """Newest first, of one bulletin or of all, and in pages."""
    world.store(entry("two"))
    world.open_all()
    world.decide(1, Approval.SKIPPED)
    lists = EditionListStore(world.database)

    listed = lists.latest(limit=5)

    assert [(line.number, line.waits, line.sum.open, line.sum.suppressed) for line in listed] == [
        (2, True, 2, 0),
        (1, False, 0, 2),
    ]
    assert [line.number for line in lists.latest(before=listed[0].id, limit=5)] == [1]
    assert [line.number for line in lists.latest(waiting_only=True, limit=5)] == [2]
    assert lists.latest("library", limit=5) == ()
    assert lists.one("harbour", 2) == listed[0]
    assert lists.one("harbour", 3) is None
    assert lists.bulletins() == ("harbour",)


@pytest.mark.parametrize(
    ("find", "states", "found"),
    [
        ("", (), ["bob", "ann"]),
        ("ANN@", (), ["ann"]),
        ("%", (), []),
        ("_nn", (), []),
        ("", (DeliveryState.SENT,), ["ann"]),
        ("bob", (DeliveryState.SENT,), []),
    ],
)
def test_a_ledger_is_searched(
    world: Approving, find: str, states: tuple[DeliveryState, ...], found: list[str]
) -> None:
    """By a part of an address, in which no letter means more than itself, and by states."""
    world.decide(1, Approval.APPROVED)
    ann, _ = world.take()
    world.attempt(ann, DeliveryState.SENT, 250)

    lines = world.ledger.of_edition(1, find=find, states=states)

    assert [line.address.partition("@")[0] for line in lines] == found
    assert NEVER - world.clock() > timedelta(days=300_000)


class Course:
    """What may happen between editions, operators and readers, in any order."""

    def __init__(self, database: Database) -> None:
        self.world = Approving(database)
        self.ann = self.world.subscribe("ann", "instant")
        self.world.subscribe("bob", "instant")
        self.sent: Counter[tuple[int, str]] = Counter()
        self._words: dict[int, Approval] = {}
        self._failed: list[Delivery] = []

    def item(self) -> None:
        """Something new comes."""
        self.world.store(entry(f"item {self.world.clock():%H%M}"))

    def open(self) -> None:
        """Editions open."""
        self.world.open_all()

    def approve(self) -> None:
        """All that waits may be sent."""
        self._words |= {one: Approval.APPROVED for one, _ in self._decide(Approval.APPROVED)}

    def skip(self) -> None:
        """All that waits is sent to nobody."""
        self._words |= {one: Approval.SKIPPED for one, _ in self._decide(Approval.SKIPPED)}

    def _decide(self, word: Approval) -> list[tuple[int, int]]:
        return self.world.decide(None, word)

    def leave(self) -> None:
        """A reader leaves."""
        self.world.subscribers.unsubscribe(self.ann, now=self.world.clock())

    def come_back(self) -> None:
        """The reader takes it back."""
        WishStore(self.world.database).resume(self.ann, now=self.world.clock())

    def send(self) -> None:
        """What is due is sent."""
        for delivery in self._taken():
            self.world.attempt(delivery, DeliveryState.SENT, 250)
            self.sent[delivery.edition_id, delivery.address] += 1

    def fail(self) -> None:
        """What is due is refused."""
        for delivery in self._taken():
            self.world.attempt(delivery, DeliveryState.FAILED, 550)
            self._failed.append(delivery)

    def retry(self) -> None:
        """What was refused is queued anew."""
        for delivery in self._failed:
            number = self._number(delivery)
            self.world.retries.requeue("harbour", number, now=self.world.clock())
        self._failed.clear()

    def _taken(self) -> tuple[Delivery, ...]:
        taken = self.world.take()
        assert {self._words[self._number(one)] for one in taken} <= {Approval.APPROVED}
        return taken

    def _number(self, delivery: Delivery) -> int:
        line = self.world.ledger.of_delivery(delivery.id)
        assert line is not None
        return line.edition_number


STEPS = ("item", "open", "send", "approve", "skip", "leave", "come_back", "fail", "retry")


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=24))
def test_whatever_is_done_nothing_is_told_before_the_word_nor_twice(steps: list[str]) -> None:
    """The ledger adds up, a skipped edition reaches nobody, and each mail is sent once."""
    with TemporaryDirectory() as folder, open_database("", Path(folder)) as database:
        migrate(database, (FEEDS, NOTIFIER), now=NOON)
        course = Course(database)
        for step in steps:
            course.world.clock.forward(minutes=1)
            getattr(course, step)()
            assert course.world.ledger.unbalanced() == ()

        assert set(course.sent.values()) <= {1}
