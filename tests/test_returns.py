"""What follows of mails that come back, on each database: who is slowed, suppressed, or neither."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from bounce_mails import complaint, leaving, letter, report, vacation
from test_edition_store import World
from worlds import LEASE, NOON, entry

from notifier.bounce_store import BounceStore
from notifier.model import DeliveryState
from notifier.report_source_store import ReportSourceStore
from notifier.returns import Follows, Patience, Returns
from notifier.suppression_store import Reason, SuppressionStore
from notifier.tokens import bounce_address
from notifier.wish_store import WishStore

if TYPE_CHECKING:
    from feeds.database import Database

SECRET = "s"  # noqa: S105 - of a test
ANN = "ann@example.org"
FULL = {"status": "5.2.2", "words": "smtp; 552 5.2.2 full"}


class Returning(World):
    """A world in which ann gets each new item at once, and mails come back."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.bounces = BounceStore(self.database)
        self.suppressions = SuppressionStore(self.database)
        self.returns = Returns(
            bounces=self.bounces,
            subscribers=self.subscribers,
            suppressions=self.suppressions,
            wishes=WishStore(self.database),
            patience=Patience(within=timedelta(days=60), slow_after=3, suppress_after=5),
            secret=SECRET,
            clock=self.clock,
        )
        self.numbers = count(1)
        self.subscribe("ann", "instant")

    def send(self) -> tuple[int, str]:
        """Send ann the next item; return the delivery's id and Message-ID."""
        self.store(entry(f"item {next(self.numbers)}"))
        self.open_all()
        with self.database.transaction() as transaction:
            row = transaction.one(
                "UPDATE deliveries SET state = 'sent', reply = '250 ok', finished = :now "
                "WHERE state = 'queued' RETURNING id, message_id",
                now=self.clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            )
        assert row is not None
        return row["id"], row["message_id"]

    def address(self, delivery: int) -> str:
        """The address to which a delivery's bounces come."""
        return bounce_address("b@bounce.example.org", delivery, secret=SECRET)

    def comes_back(self, **said: str) -> Follows:
        """Send a mail that comes back."""
        delivery, _ = self.send()
        return self.returns.take(report(to=self.address(delivery), **said)).follows

    def reply(self, delivery: int) -> tuple[str, str]:
        """State and last word of a delivery."""
        with self.database.reading() as transaction:
            row = transaction.one("SELECT state, reply FROM deliveries WHERE id = :id", id=delivery)
        assert row is not None
        return row["state"], row["reply"]

    def reason(self) -> Reason | None:
        """Why ann is suppressed."""
        found = self.suppressions.find(ANN)
        return found.reason if found else None


@pytest.fixture
def world(database: Database) -> Returning:
    """Ann, and nothing sent yet."""
    return Returning(database)


def test_nobody_there_is_written_to_no_more(world: Returning) -> None:
    """A hard bounce suppresses at once, and what was sent has the server's word."""
    delivery, _ = world.send()

    taken = world.returns.take(report(to=world.address(delivery)))

    assert taken.follows is Follows.SUPPRESSED
    assert world.reason() is Reason.BOUNCED
    assert world.reply(delivery) == ("sent", "came back: 5.1.1 550 5.1.1 nobody of that name")
    world.store(entry("later"))
    assert world.open_all() == 0
    assert not world.outbox.claim(now=world.clock(), lease=LEASE)


@pytest.mark.parametrize("mark", ["address", "message", "envelope", "returned"])
def test_a_delivery_is_known_by_any_mark_that_only_its_mail_carried(
    world: Returning, mark: str
) -> None:
    """The address it came from, its Message-ID, or that as the envelope's id."""
    delivery, message_id = world.send()
    mail = {
        "address": report(to=world.address(delivery).upper()),
        "message": report(to="fbl@example.org", message_id=message_id),
        "envelope": report(to="fbl@example.org", envelope=message_id.strip("<>")),
        "returned": report(to="fbl@example.org", verp=world.address(delivery)),
    }[mark]

    assert world.returns.take(mail).follows is Follows.SUPPRESSED


@pytest.mark.parametrize(
    "mail",
    [
        report(to="b+1-abcdefghijkl@bounce.example.org"),
        report(to="b+1@bounce.example.org", envelope="1"),
        report(to=ANN, message_id="<edition.1@example.org>"),
        complaint(verp="b+1-000000000000@bounce.example.org"),
        leaving("0123456789abcdefghijklmno"),
        letter(ANN),
        b"",
    ],
)
def test_a_forged_report_changes_nothing(world: Returning, mail: bytes) -> None:
    """Who cannot name a mail by a mark of ours is not heard, and the mail is nobody's to touch."""
    delivery, _ = world.send()

    taken = world.returns.take(mail)

    assert (taken.follows, taken.is_ours) == (Follows.LEFT, False)
    assert world.reason() is None
    assert world.reply(delivery) == ("sent", "250 ok")


def test_the_same_report_twice_counts_once(world: Returning) -> None:
    """Mailboxes are read again after a crash."""
    delivery, _ = world.send()
    mail = report(to=world.address(delivery), **FULL)

    first, second = world.returns.take(mail), world.returns.take(mail)

    assert (first.follows, second.follows) == (Follows.NOTED, Follows.NOTHING)
    assert world.bounces.in_a_row(ANN, within=timedelta(days=60), now=world.clock()) == 1


@pytest.mark.parametrize(
    ("first", "second", "then"),
    [
        ("5.2.2", "5.1.1", Follows.SUPPRESSED),
        ("5.2.2", "5.7.26", Follows.TOLD),
        ("5.7.26", "5.1.1", Follows.SUPPRESSED),
        ("5.7.26", "5.2.2", Follows.NOTHING),
        ("5.1.1", "5.2.2", Follows.NOTHING),
    ],
)
def test_a_report_that_says_more_counts_after_one_that_says_less(
    world: Returning, first: str, second: str, then: Follows
) -> None:
    """Some servers say first that a mailbox is full, and then that it is not there."""
    delivery, _ = world.send()
    world.returns.take(report(first, "smtp; 550 so", to=world.address(delivery)))

    taken = world.returns.take(report(second, "smtp; 550 so", to=world.address(delivery)))

    assert taken.follows is then
    assert len(world.bounces.of_address(ANN, limit=9)) == 1
    assert (world.reason() is Reason.BOUNCED) == ("5.1.1" in (first, second))


def test_what_was_sent_before_a_new_consent_ends_nothing(world: Returning) -> None:
    """Who has confirmed since is there; a mail of afterwards that comes back counts."""
    before, _ = world.send()
    softly = [world.send()[0] for _ in range(9)]
    world.clock.forward(days=1)
    world.subscribers.subscribe(
        ANN,
        "harbour",
        cadence="instant",
        time_zone=ZoneInfo("UTC"),
        language="en",
        consent=("form", world.clock()),
        now=world.clock(),
    )
    follows = {
        world.returns.take(report(to=world.address(delivery), **FULL)).follows
        for delivery in softly
    }
    late = world.returns.take(report(to=world.address(before)))
    still = world.reason()
    world.clock.forward(days=1)

    assert (late.follows, follows, still) == (Follows.NOTED, {Follows.NOTED}, None)
    assert world.comes_back(**FULL) is Follows.NOTED
    assert world.comes_back() is Follows.SUPPRESSED


def test_a_mailbox_that_stays_full_is_slowed_then_suppressed(world: Returning) -> None:
    """Noted, then once a week, then no more; the operator has a way back."""
    follows = []
    for _ in range(5):
        follows.append(world.comes_back(**FULL))
        world.clock.forward(days=7)

    assert follows == [
        Follows.NOTED,
        Follows.NOTED,
        Follows.SLOWED,
        Follows.SLOWED,
        Follows.SUPPRESSED,
    ]
    assert world.reason() is Reason.BOUNCED
    assert world.suppressions.revive(ANN)


def test_who_is_slowed_hears_all_of_a_week_at_once(world: Returning) -> None:
    """Nothing goes out for a week, and then one edition of all that came; nothing is lost."""
    for _ in range(3):
        world.comes_back(**FULL)
    world.store(entry("one"))
    world.store(entry("two"))

    at_once = world.open_all()
    world.clock.forward(days=7)
    a_week_later = world.open_all()

    assert (at_once, a_week_later) == (0, 1)
    assert sorted(world.told()["ann"][-1]) == ["one", "two"]


def test_a_mail_that_arrives_ends_the_row(world: Returning) -> None:
    """Two came back, one did not within five days: the next one is the first again."""
    world.comes_back(**FULL)
    world.comes_back(**FULL)
    world.send()
    before = world.comes_back(**FULL)
    world.clock.forward(days=14)

    after = world.comes_back(**FULL)

    assert (before, after) == (Follows.SLOWED, Follows.NOTED)


def test_old_bounces_are_forgiven(world: Returning) -> None:
    """Those of more than the time that is set do not count."""
    for _ in range(6):
        assert world.comes_back(**FULL) is Follows.NOTED
        world.clock.forward(days=40)


def test_what_is_said_of_us_is_told_to_the_operator_once(world: Returning) -> None:
    """The reader is never suppressed for our reputation; one process tells it, once."""
    follows = [
        world.comes_back(status="5.7.26", words="smtp; 550 5.7.26 not authenticated")
        for _ in range(9)
    ]

    untold = world.bounces.claim_untold(now=world.clock(), lease=LEASE)
    other = world.bounces.claim_untold(now=world.clock(), lease=LEASE)
    assert untold is not None
    world.bounces.told(untold[1])
    world.clock.forward(days=1)

    assert set(follows) == {Follows.TOLD}
    assert world.reason() is None
    assert (untold[0], untold[1].said) == (9, "5.7.26 550 5.7.26 not authenticated")
    assert other is None
    assert world.bounces.claim_untold(now=world.clock(), lease=LEASE) is None


def test_who_complains_is_never_written_to_again(world: Returning) -> None:
    """At once, and a bounce afterwards does not make it a reason that a sign-up ends."""
    delivery, _ = world.send()

    taken = world.returns.take(complaint(verp=world.address(delivery)))
    world.returns.take(report(to=world.address(delivery)))

    assert taken.follows is Follows.SUPPRESSED
    assert world.reason() is Reason.COMPLAINED


def test_who_leaves_by_mail_is_unsubscribed(world: Returning) -> None:
    """By the token in the address; a second mail changes nothing more."""
    (subscription,) = world.subscribers.subscriptions()
    mail = leaving(world.subscribers.mail_token(subscription.id))

    first, second = world.returns.take(mail), world.returns.take(mail)

    assert (first.follows, second.follows) == (Follows.UNSUBSCRIBED, Follows.NOTHING)
    assert world.subscribers.subscriptions() == ()


@pytest.mark.parametrize("said", [{"action": "delayed", "status": "4.4.1"}, {"action": "relayed"}])
def test_what_is_no_bounce_is_ours_but_changes_nothing(
    world: Returning, said: dict[str, str]
) -> None:
    """A delay is not the end; a receipt is none either; nor is somebody away."""
    delivery, _ = world.send()

    told = world.returns.take(report(to=world.address(delivery), **said))
    away = world.returns.take(vacation(world.address(delivery)))

    assert (told.follows, away.follows) == (Follows.NOTHING, Follows.NOTHING)
    assert world.reply(delivery) == ("sent", "250 ok")


def test_a_dry_run_says_it_and_does_nothing(world: Returning) -> None:
    """The same words, and no change."""
    delivery, _ = world.send()
    mail = report(to=world.address(delivery))

    dry = world.returns.take(mail, dry=True)

    assert world.reason() is None
    assert world.returns.take(mail) == dry


def test_nothing_is_kept_of_who_is_deleted(world: Returning) -> None:
    """What came back goes with the rest, and a late report about nobody changes nothing."""
    world.comes_back(**FULL)
    delivery, _ = world.send()
    (subscription,) = world.subscribers.subscriptions()
    WishStore(world.database).forget(subscription, now=world.clock())

    late = world.returns.take(report(to=world.address(delivery)))

    assert world.bounces.of_address(ANN, limit=9) == ()
    assert late.follows is Follows.NOTHING
    assert world.reply(delivery) == (DeliveryState.SENT.value, "")


def test_a_mailbox_is_read_by_one_process_from_where_it_was_left(database: Database) -> None:
    """Others wait until it is given back or its reader has died; who was overtaken is not heard."""
    sources = ReportSourceStore(database)
    first = sources.claim("box", now=NOON, lease=LEASE)
    assert first is not None
    held = sources.claim("box", now=NOON, lease=LEASE)
    sources.read_to(first, validity=7, uid=12)
    second = sources.claim("box", now=NOON + LEASE, lease=LEASE)
    assert second is not None
    sources.read_to(first, validity=7, uid=99)
    sources.give_back(first)
    still_held = sources.claim("box", now=NOON + LEASE, lease=LEASE)
    sources.give_back(second)
    third = sources.claim("box", now=NOON + LEASE, lease=LEASE)

    assert held is None
    assert still_held is None
    assert (second.validity, second.uid) == (7, 12)
    assert third is not None
    assert (third.validity, third.uid) == (7, 12)
    assert sources.peek("box").uid == 12
    assert sources.peek("another").uid == 0
