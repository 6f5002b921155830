"""The run of the outbox: what follows from each answer, and that nothing is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from relay import LOOPBACK, Mailbox, free_port
from test_edition_store import World
from worlds import LEASE, NOON, entry

from config.settings import MailSettings, RelaySettings
from feeds.database import StoreError
from feeds.render import TemplateError
from notifier.courier import UnwrittenError
from notifier.ledger_store import LedgerStore
from notifier.model import Delivery, DeliveryState
from notifier.outbox import Outbox, Sent
from notifier.outbox_store import Beginning, OutboxStore, Outcome
from notifier.outcomes import after_failure
from notifier.pace_store import PaceStore
from notifier.relays import ways_out
from notifier.replies import Step, judge
from notifier.suppression_store import Reason, Suppression, SuppressionStore
from notifier.transport import TransportError
from notifier.wish_store import WishStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from feeds.database import Database

SENDER = "tidings@example.org"
SENT, DEFERRED = DeliveryState.SENT, DeliveryState.DEFERRED
FAILED, UNCERTAIN = DeliveryState.FAILED, DeliveryState.UNCERTAIN
PERMANENT = TransportError("no", code=550, verdict=judge(Step.RCPT, 550, "5.1.1 no such user"))
TEMPORARY = TransportError("busy", code=450, verdict=judge(Step.RCPT, 450, "4.2.1 busy"))
SILENT = TransportError("closed")
LOST = TransportError("no answer", uncertain=True)


def _delivery(*, attempts: int, doubts: int = 0) -> Delivery:
    return Delivery(
        id=1,
        edition_id=1,
        subscription_id=1,
        address="ann@example.org",
        message_id="<1.1@example.org>",
        attempts=attempts,
        doubts=doubts,
        created=NOON,
        lease=attempts,
        token="t",
        first_try=NOON if attempts > 1 else None,
    )


@pytest.mark.parametrize(
    ("error", "attempts", "doubts", "hours", "state", "minutes"),
    [
        (PERMANENT, 1, 0, 0, FAILED, 0),
        (PERMANENT, 5, 1, 1, FAILED, 0),
        (TEMPORARY, 1, 0, 0, DEFERRED, 5),
        (TEMPORARY, 2, 0, 0, DEFERRED, 10),
        (TEMPORARY, 3, 0, 0, DEFERRED, 20),
        (TEMPORARY, 8, 0, 0, DEFERRED, 640),
        (TEMPORARY, 9, 0, 0, DEFERRED, 1280),
        (TEMPORARY, 10, 0, 0, DEFERRED, 1440),
        (TEMPORARY, 5000, 0, 0, DEFERRED, 1440),
        (TEMPORARY, 1, 1, 0, DEFERRED, 5),
        (TEMPORARY, 4, 0, 23, DEFERRED, 40),
        (TEMPORARY, 4, 0, 24, FAILED, 0),
        (TEMPORARY, 1, 0, 100, DEFERRED, 5),
        (SILENT, 1, 0, 100, DEFERRED, 5),
        (SILENT, 2, 0, 24, FAILED, 0),
        (LOST, 1, 0, 0, UNCERTAIN, 5),
        (LOST, 3, 0, 0, UNCERTAIN, 20),
        (LOST, 3, 0, 100, UNCERTAIN, 20),
        (LOST, 2, 1, 0, FAILED, 10),
    ],
)
def test_what_follows_from_a_failure(  # noqa: PLR0913 - the columns of the table
    *,
    error: TransportError,
    attempts: int,
    doubts: int,
    hours: int,
    state: DeliveryState,
    minutes: int,
) -> None:
    """Pauses double up to a day, a day is the end, and an unknown outcome is risked once.

    The day begins with the first attempt: what only waited, for a relay say, has not failed yet.
    """
    now = NOON + timedelta(hours=hours)
    delivery = _delivery(attempts=attempts, doubts=doubts)
    decision = after_failure(error, delivery, now=now, settings=MailSettings())

    assert decision.state is state
    assert decision.next_attempt == now + timedelta(minutes=minutes)


def _written(delivery: Delivery, sent_at: datetime) -> bytes:
    return (
        f"Message-ID: {delivery.message_id}\r\nTo: {delivery.address}\r\n"
        f"Date: {sent_at:%H:%M}\r\n\r\nHello.\r\n"
    ).encode()


def _letter(
    write: Callable[[Delivery, datetime], bytes] | None, delivery: Delivery
) -> Callable[[datetime], bytes]:
    """Return what makes the mail of a delivery."""
    if write is None:
        raise UnwrittenError("its bulletin is not configured")
    return lambda at: write(delivery, at)


def _never() -> bool:
    return False


@dataclass
class Post:
    """An outbox on a database, with three deliveries, before a relay."""

    world: World
    mailbox: Mailbox
    login: tuple[str, str] = ("", "")
    more: dict[str, Any] = field(default_factory=dict)

    def run(
        self,
        stopping: Callable[[], bool] = _never,
        write: Callable[[Delivery, datetime], bytes] | None = _written,
        letters: Callable[[Delivery], Callable[[datetime], bytes]] | None = None,
    ) -> Sent:
        """Send what is due; over one connection, so that the order is known."""
        settings = MailSettings(
            **{
                "host": LOOPBACK,
                "port": self.mailbox.port,
                "security": "none",
                "username": self.login[0],
                "password": self.login[1],
                "timeout": timedelta(seconds=5),
                "connections": 1,
                **self.more,
            },
        )
        outbox = Outbox(
            deliveries=self.world.outbox,
            paces=PaceStore(self.world.database),
            open_way=ways_out(settings, Path("/nowhere"), self.world.clock),
            settings=settings,
            write=letters or (lambda delivery: _letter(write, delivery)),
            sender=lambda _delivery: SENDER,
            suppress=lambda address: SuppressionStore(self.world.database).suppress(
                address, Reason.BOUNCED, now=self.world.clock()
            ),
            lease=LEASE,
            clock=self.world.clock,
        )
        return outbox.run(stopping)

    def tally(self) -> dict[str, int]:
        """Count the deliveries in each state that occurs."""
        return {state.value: count for state, count in self.world.outbox.tally().items() if count}


@pytest.fixture
def post(database: Database) -> Iterator[Post]:
    """Ann, Ben and Cy are to be told of one item."""
    world = World(database)
    for name in ("ann", "ben", "cy"):
        world.subscribe(name, "instant")
    world.store(entry("one"))
    world.open_all()
    with Mailbox() as mailbox:
        yield Post(world, mailbox)


def test_all_are_sent_over_one_connection(post: Post) -> None:
    """Each once, in order, and a second run has nothing to do."""
    first, second = post.run(), post.run()

    assert (first, second) == (Sent(sent=3), Sent())
    assert post.mailbox.recipients() == ["ann@example.org", "ben@example.org", "cy@example.org"]
    assert post.mailbox.connections == 1
    assert post.tally() == {"sent": 3}


def test_a_refused_recipient_holds_up_nobody(post: Post) -> None:
    """That delivery has failed; the others go out."""
    post.mailbox.refuses = {"ann@example.org": "550 5.1.1 no such user"}
    sent = post.run()

    assert sent == Sent(sent=2, failed=1)
    assert post.mailbox.recipients() == ["ben@example.org", "cy@example.org"]
    assert post.tally() == {"sent": 2, "failed": 1}


def test_a_recipient_who_is_put_off_is_tried_again(post: Post) -> None:
    """At its time and not before."""
    post.mailbox.refuses = {"ben@example.org": "450 4.2.1 greylisted"}
    first = post.run()
    post.mailbox.refuses = {}
    post.world.clock.forward(minutes=4)
    early = post.run()
    post.world.clock.forward(minutes=1)
    due = post.run()

    assert (first, early, due) == (Sent(sent=2, deferred=1), Sent(), Sent(sent=1))
    assert post.tally() == {"sent": 3}


def test_a_refused_login_stops_the_run(post: Post) -> None:
    """Nothing has failed, the relay is asked once, and all go out when the login is right."""
    post.mailbox.login = ("tidings", "right")
    post.login = ("tidings", "wrong")
    stopped = post.run()
    after, waiting, connections = post.tally(), post.run(), post.mailbox.connections
    post.login = ("tidings", "right")
    post.world.clock.forward(minutes=5)
    mended = post.run()

    assert (stopped.sent, stopped.deferred, stopped.failed) == (0, 0, 0)
    assert "refuses the login" in stopped.stopped
    assert after == {"queued": 3}
    assert (waiting, connections) == (Sent(), 1)
    assert mended == Sent(sent=3)


@pytest.mark.parametrize("reply", ["553 5.1.8 sender unknown", "550 5.7.1 policy"])
def test_a_refused_sender_stops_the_run(post: Post, reply: str) -> None:
    """It is the fault of no subscriber."""
    post.mailbox.refuses_sender = reply
    stopped = post.run()

    assert stopped.stopped == f"the relay refuses sender {SENDER}: {reply}"
    assert post.tally() == {"queued": 2, "deferred": 1}


def test_one_recipient_refused_by_policy_blocks_nobody(post: Post) -> None:
    """The run stops, in case all are meant; next time the others come first."""
    post.mailbox.refuses = {"ann@example.org": "550 5.7.1 policy"}
    first = post.run()
    post.world.clock.forward(minutes=5)
    second = post.run()
    post.world.clock.forward(days=1)
    third = post.run()

    assert (first.sent, first.deferred, second) == (0, 1, Sent(sent=2))
    assert third == Sent(failed=1)
    assert post.tally() == {"sent": 2, "failed": 1}


def test_mail_of_a_bulletin_that_is_gone_is_kept_for_a_while(post: Post) -> None:
    """If the bulletin comes back it goes out."""
    first = post.run(write=None)
    post.world.clock.forward(days=1)
    back = post.run()

    assert first == Sent(deferred=3)
    assert (back, post.tally()) == (Sent(sent=3), {"sent": 3})


def test_mail_of_a_bulletin_that_stays_gone_ends(post: Post) -> None:
    """After a month it is suppressed."""
    post.run(write=None)
    post.world.clock.forward(days=31)
    post.run(write=None)

    assert post.tally() == {"suppressed": 3}


@pytest.mark.parametrize("reason", ["unsubscribed", "bounced"])
def test_nobody_whose_subscription_ended_is_sent_what_was_deferred(post: Post, reason: str) -> None:
    """Not even where the relay was being asked at that very moment; and it is said why."""
    post.mailbox.refuses = {"ann@example.org": "450 4.2.1 greylisted"}
    suppressions = SuppressionStore(post.world.database)

    def leaving(delivery: Delivery, at: datetime) -> bytes:
        for subscription in post.world.subscribers.subscriptions():
            if subscription.address == delivery.address == "ann@example.org":
                if reason == "bounced":
                    suppressions.suppress(delivery.address, Reason.BOUNCED, now=at)
                else:
                    post.world.subscribers.unsubscribe(subscription, now=at)
        return _written(delivery, at)

    post.run(write=leaving)
    post.mailbox.refuses = {}
    post.world.clock.forward(hours=1)
    post.run()

    (line,) = LedgerStore(post.world.database).of_address("ann@example.org")
    assert post.tally() == {"sent": 2, "suppressed": 1}
    assert "ann@example.org" not in post.mailbox.recipients()
    assert line.reply == reason


def test_what_is_queued_anew_has_its_whole_time_again(post: Post) -> None:
    """Who takes an unsubscription back after days is not given up at the first busy answer."""
    (ann,) = post.world.subscribers.of_address("ann@example.org")
    post.mailbox.refuses = {"ann@example.org": "450 4.2.1 greylisted"}
    post.run()
    post.world.subscribers.unsubscribe(ann, now=post.world.clock())
    post.world.clock.forward(days=9)
    WishStore(post.world.database).resume(ann, now=post.world.clock())

    refused = post.run()
    post.mailbox.refuses = {}
    post.world.clock.forward(hours=1)

    assert (refused.deferred, refused.failed) == (1, 0)
    assert post.run() == Sent(sent=1)


def test_a_sender_that_always_dies_stops_trying(post: Post) -> None:
    """After five deaths it may be the mail that kills; what was only claimed counts for nothing."""
    for _ in range(6):
        claimed = post.world.outbox.claim(now=post.world.clock(), lease=LEASE, limit=9)
        begun = [Beginning(delivery=delivery, relay="relay.test") for delivery in claimed]
        post.world.outbox.turn([], begun, now=post.world.clock(), lease=LEASE)
        post.world.clock.forward(minutes=6)

    assert post.run() == Sent(failed=3)
    assert post.mailbox.received == []


@pytest.mark.parametrize("reply", ["250 taken \x00 really", "250 " + "x" * 9000])
def test_whatever_a_relay_says_can_be_recorded(post: Post, reply: str) -> None:
    """No answer of a relay can make a mail that was sent look as if it was not."""
    (delivery,) = post.world.outbox.claim(now=post.world.clock(), lease=LEASE)

    outcome = Outcome(delivery=delivery, state=SENT, reply=reply)
    late, _ = post.world.outbox.turn([outcome], now=post.world.clock(), lease=LEASE)

    assert late == frozenset()
    assert post.tally() == {"sent": 1, "queued": 2}


def test_a_template_with_an_error_stops_the_run(post: Post) -> None:
    """No mail is begun and none is lost."""

    def broken(_delivery: Delivery) -> Callable[[datetime], bytes]:
        raise TemplateError("body.txt:3: wrong")

    stopped = post.run(letters=broken)

    assert stopped == Sent(stopped="body.txt:3: wrong")
    assert (post.tally(), post.mailbox.received) == ({"queued": 3}, [])


def test_a_lost_answer_is_tried_again_with_the_same_id(post: Post) -> None:
    """The receiver can drop the copy; nothing but the time of the try differs."""
    post.mailbox.hangs_up_at = "answer"
    first, after = post.run(), post.tally()
    post.mailbox.hangs_up_at = ""
    post.world.clock.forward(minutes=5)
    second = post.run()
    copies = [mail for _, recipients, mail in post.mailbox.received if "ann" in recipients[0]]

    assert (first, after) == (Sent(deferred=3), {"uncertain": 3})
    assert (second, post.tally()) == (Sent(sent=3), {"sent": 3})
    assert len(copies) == 2
    assert copies[0].replace(b"Date: 12:00", b"Date: 12:05") == copies[1]


def test_an_answer_lost_twice_is_the_end(post: Post) -> None:
    """A third copy would be no care."""
    post.mailbox.hangs_up_at = "answer"
    post.run()
    post.world.clock.forward(minutes=5)
    second = post.run()
    post.world.clock.forward(days=2)

    assert (second, post.run()) == (Sent(failed=3), Sent())
    assert len(post.mailbox.received) == 6


def test_a_run_stops_between_two_mails(post: Post) -> None:
    """What was begun is finished and recorded; the rest waits, unclaimed."""
    stopped = post.run(stopping=lambda: len(post.mailbox.received) == 1)

    assert stopped == Sent(sent=1)
    assert post.tally() == {"queued": 2, "sent": 1}
    assert post.run() == Sent(sent=2)


def test_a_relay_that_closes_idle_connections_loses_nothing(post: Post) -> None:
    """The next mail goes over a new one, in the same run."""

    def slowly(delivery: Delivery, sent_at: datetime) -> bytes:
        post.mailbox.hang_up()
        return _written(delivery, sent_at)

    assert post.run(write=slowly) == Sent(sent=3)
    assert post.mailbox.connections == 4


def test_several_connections_share_the_work(post: Post) -> None:
    """Each mail goes over one of them, and the ledger names the relay of each attempt."""
    post.more = {"connections": 3, "messages_per_connection": 1}
    sent = post.run()
    lines = [
        line
        for name in ("ann", "ben", "cy")
        for line in LedgerStore(post.world.database).of_address(f"{name}@example.org")
    ]

    assert sent == Sent(sent=3)
    assert sorted(post.mailbox.recipients()) == [
        "ann@example.org",
        "ben@example.org",
        "cy@example.org",
    ]
    assert [(one.relay, one.code, one.enhanced) for line in lines for one in line.attempts] == [
        (f"{LOOPBACK}:{post.mailbox.port}", 250, "2.0.0")
    ] * 3


def test_a_relay_without_pipelining_is_spoken_to_step_by_step(post: Post) -> None:
    """It gets the same mails, also after a refusal."""
    post.mailbox.pipelining = False
    post.mailbox.refuses = {"ann@example.org": "550 5.1.1 no such user"}

    assert post.run() == Sent(sent=2, failed=1)


def test_a_dead_address_is_written_to_no_more(post: Post) -> None:
    """Its subscriptions end, what waits for it elsewhere ends too; a full mailbox stays."""
    post.world.subscribe("ann", "weekly", to="library")
    post.mailbox.refuses = {
        "ann@example.org": "550 5.1.1 no such user",
        "ben@example.org": "552 5.2.2 mailbox full",
    }
    began = post.world.clock()
    post.run()
    post.world.store(entry("two"))
    post.world.open_all()

    found = SuppressionStore(post.world.database).find("ann@example.org")
    assert found == Suppression(Reason.BOUNCED, began)
    assert all(one.ended == began for one in post.world.subscribers.of_address("ann@example.org"))
    assert LedgerStore(post.world.database).unbalanced() == ()
    assert [name for name, told in post.world.told().items() if len(told) == 2] == ["ben", "cy"]


def _relay(mailbox: Mailbox) -> RelaySettings:
    """Return how to reach a further relay."""
    return RelaySettings(host=LOOPBACK, port=mailbox.port, security="none")


def test_the_next_relay_takes_over(post: Post) -> None:
    """From one that is down and from one that refuses us; of the first relay nothing is lost."""
    with Mailbox(refuses_us="554 5.3.2 not today") as second, Mailbox() as third:
        post.more = {
            "port": free_port(),
            "relays": (
                _relay(second),
                _relay(third),
            ),
        }
        sent = post.run()

    assert sent == Sent(sent=3)
    assert len(third.received) == 3
    assert second.connections == 1


def test_a_mail_in_doubt_is_not_handed_to_the_next_relay(post: Post) -> None:
    """It may have arrived; so it waits for its second try."""
    post.mailbox.hangs_up_at = "answer"
    with Mailbox() as second:
        post.more = {"relays": (_relay(second),)}
        sent = post.run()

    assert (sent, second.received) == (Sent(deferred=3), [])


def test_a_mail_in_doubt_is_never_sent_again_where_that_is_set(post: Post) -> None:
    """It has failed, and says why; so has what a dead process had begun."""
    post.more = {"uncertain": "never"}
    (first, *_) = post.world.outbox.claim(now=post.world.clock(), lease=LEASE, limit=1)
    begun = [Beginning(delivery=first, relay="relay.test")]
    post.world.outbox.turn([], begun, now=post.world.clock(), lease=LEASE)
    post.world.clock.forward(minutes=6)
    post.mailbox.hangs_up_at = "answer"
    sent = post.run()
    post.world.clock.forward(days=1)

    assert (sent, post.run()) == (Sent(failed=3), Sent())
    assert len(post.mailbox.received) == 2


def test_a_domain_that_puts_mail_off_is_remembered(post: Post) -> None:
    """By its own name; the relay's troubles are not the domain's."""
    paces = PaceStore(post.world.database)
    post.mailbox.refuses = {"ann@example.org": "451 4.3.0 disk full"}
    post.run()
    healthy = paces.rates(now=post.world.clock())
    post.mailbox.refuses = {"ann@example.org": "450 4.7.1 too many mails"}
    post.world.clock.forward(minutes=5)
    post.run()

    assert healthy == {}
    assert paces.rates(now=post.world.clock()) == {"example.org": pytest.approx(0.5, abs=0.4)}


def test_a_rate_is_kept_by_a_run(post: Post) -> None:
    """All go out, one after the other; for soon is worth waiting for."""
    post.more = {"rate": 5.0, "connections": 3}

    assert post.run() == Sent(sent=3)


def test_what_may_go_much_later_is_left_to_a_later_run(post: Post) -> None:
    """Each at a time of its own, and nothing is lost."""
    post.more = {"domain_rate": 0.1}
    runs = [post.run()]
    while post.tally() != {"sent": 3}:
        post.world.clock.forward(seconds=11)
        runs.append(post.run())

    assert [run.sent for run in runs if run.sent] == [1, 1, 1]
    assert len(runs) <= 5


def test_a_fault_of_ours_is_heard_and_loses_nothing(post: Post) -> None:
    """The mail in which it happened is in doubt; the others go out, and then that one."""

    def faulty(delivery: Delivery, at: datetime) -> bytes:
        if delivery.address.startswith("ben"):
            raise RuntimeError("a fault")
        return _written(delivery, at)

    with pytest.raises(RuntimeError, match="a fault"):
        post.run(write=faulty)
    post.world.clock.forward(minutes=6)
    sent = post.run()

    assert sent.sent == 2
    assert post.tally() == {"sent": 3}
    assert len(post.mailbox.received) == 3


def test_who_unsubscribes_after_the_claim_is_not_written_to(post: Post) -> None:
    """Until the moment in which the mail is begun."""
    claimed = post.world.outbox.claim(now=post.world.clock(), lease=LEASE, limit=3)
    for subscription in post.world.subscribers.subscriptions():
        post.world.subscribers.unsubscribe(subscription, now=post.world.clock())
    begun = [Beginning(delivery=delivery, relay="relay.test") for delivery in claimed]
    _, lost = post.world.outbox.turn([], begun, now=post.world.clock(), lease=LEASE)

    assert lost == {delivery.id for delivery in claimed}
    assert post.tally() == {"suppressed": 3}


class FailingOnce(OutboxStore):
    """A store on a disk that is full when the second turn is to be written."""

    turns = 0

    def turn(
        self,
        outcomes: Sequence[Outcome],
        beginnings: Sequence[Beginning] = (),
        *,
        now: datetime,
        lease: timedelta,
    ) -> tuple[frozenset[int], frozenset[int]]:
        """Write all other turns."""
        self.turns += 1
        if self.turns == 2:
            raise StoreError("the disk is full")
        return super().turn(outcomes, beginnings, now=now, lease=lease)


def test_a_store_that_fails_repeats_no_more_than_was_in_flight(post: Post) -> None:
    """Each courier's mail ends before the run does; what cannot be noted comes once more."""
    whole = post.world.outbox
    post.world.outbox = FailingOnce(post.world.database)
    with pytest.raises(StoreError, match="the disk is full"):
        post.run()
    post.world.outbox = whole
    after = post.tally()
    post.world.clock.forward(minutes=6)
    post.run()

    assert after == {"sent": 1, "queued": 2}
    assert (len(post.mailbox.received), post.tally()) == (3, {"sent": 3})


def test_a_run_has_a_share_of_the_rate_only_while_it_lasts(post: Post) -> None:
    """It counts as one that sends from its first mail to its end, and no longer."""
    post.more = {"rate": 0.01}
    paces = PaceStore(post.world.database)
    during: list[int] = []

    def counting(delivery: Delivery, at: datetime) -> bytes:
        during.append(paces.join_in("other", now=at, lease=LEASE))
        return _written(delivery, at)

    post.run(write=counting)

    assert during[0] == 2
    assert paces.join_in("me", now=post.world.clock(), lease=LEASE) == 2
