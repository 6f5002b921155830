"""Each item reaches each subscriber once, whatever they wish and whatever the clock does.

Histories of an installation are made up: items come and are corrected, wishes change, people pause
and come back, clocks jump, zones change, and decisions are made in small pieces or not at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from worlds import Clock, Feeds, bulletin, entry

from feeds.filters import ItemFilter
from feeds.model import Changes, Content, Evidence, Match, Revision
from notifier.edition_store import EditionStore
from notifier.model import Form, Rule
from notifier.subscriber_store import SubscriberStore
from notifier.wish_store import WishStore

if TYPE_CHECKING:
    from feeds.database import Database
    from notifier.model import Subscription

# The week before the clocks of Europe go back.
START = datetime(2026, 10, 19, 12, 0, tzinfo=UTC)
FERRY, BRIDGE = ItemFilter(words=("ferry",)), ItemFilter(words=("bridge",))
NEITHER = ItemFilter(without=("ferry", "bridge"))
WISHES = (
    (Rule(cadence="instant"),),
    (Rule(cadence="daily"),),
    (Rule(cadence="weekly fri 18"),),
    (Rule(cadence="monthly last 3"),),
    (Rule(cadence="30 2 * * *"),),
    (Rule(cadence="daily", wanted=FERRY),),
    (Rule(cadence="instant", wanted=FERRY), Rule(cadence="weekly")),
    (Rule(cadence="daily 2", wanted=BRIDGE), Rule(cadence="instant", wanted=NEITHER)),
    (
        Rule(cadence="weekly", wanted=FERRY),
        Rule(cadence="daily", wanted=BRIDGE),
        Rule(cadence="monthly"),
    ),
)
ZONES = ("UTC", "Europe/Lisbon", "America/Havana", "Pacific/Chatham")
TITLES = ("Ferry late", "Bridge shut", "Ferry at the bridge", "Mayor elected")
WHO = some.integers(0, 2)
STEPS = some.one_of(
    some.tuples(some.just("item"), some.sampled_from(TITLES)),
    some.tuples(some.just("item"), some.sampled_from(TITLES)),
    some.tuples(some.just("revise"), some.sampled_from(TITLES)),
    some.tuples(some.just("wish"), WHO, some.sampled_from(WISHES)),
    some.tuples(some.just("pause"), WHO, some.sampled_from((None, 1, 9, 40))),
    some.tuples(some.just("zone"), WHO, some.sampled_from(ZONES)),
    some.tuples(some.just("leave"), WHO),
    some.tuples(some.just("return"), WHO),
    some.tuples(some.just("time"), some.sampled_from((-26, -1, 0.4, 1, 7, 24, 100, 400))),
    some.tuples(some.just("decide"), some.sampled_from((1, 9))),
    some.tuples(some.just("decide"), some.sampled_from((1, 9))),
)
Step = tuple[object, ...]
NAMES = (f"h{number}" for number in count())


@dataclass
class History:
    """One installation with three subscribers, and what they were owed."""

    world: Feeds
    slug: str
    # For each subscriber and item: whether it was wanted under every wish, and under any, that
    # was in force since it came.
    always: defaultdict[tuple[int, str], bool] = field(
        default_factory=lambda: defaultdict(lambda: True)
    )
    ever: defaultdict[tuple[int, str], bool] = field(
        default_factory=lambda: defaultdict(lambda: False)
    )

    def __post_init__(self) -> None:
        """Register the bulletin and its subscribers."""
        self.world.clock.now = START
        self.settings = bulletin(self.slug)
        self.world.sources.register([self.settings], now=START)
        self.subscribers = SubscriberStore(self.world.database)
        self.wishes = WishStore(self.world.database)
        self.editions = EditionStore(
            self.world.database, secret="s", mail_domain="example.org", batch=2
        )
        self.texts: dict[str, str] = {}
        self.zones = [ZoneInfo("UTC")] * 3
        self.people = [
            self.subscribers.subscribe(
                f"{who}@{self.slug}.example",
                self.slug,
                rules=WISHES[who],
                time_zone=ZoneInfo("UTC"),
                language="en",
                now=START,
            )
            for who in range(3)
        ]
        self.rules = [WISHES[who] for who in range(3)]

    def person(self, who: int) -> Subscription:
        """A subscription as it is."""
        (found,) = self.subscribers.of_address(self.people[who].address)
        return found

    def take(self, step: Step) -> None:  # noqa: C901 - a line for each kind of step
        """Let one thing happen."""
        now = self.world.clock()
        match step:
            case ("item", str(title)):
                (item,) = self.world.store(entry(title), slug=self.slug)
                self.texts[item] = title
                self.judge()
            case ("revise", str(title)) if self.texts:
                self.revise(next(reversed(self.texts)), title)
                self.judge()
            case ("wish", int(who), tuple(rules)):
                self.rules[who] = rules
                self.wishes.change_rules(self.person(who), rules, now=now)
                self.judge()
            case ("pause", int(who), days):
                until = now + timedelta(days=days) if isinstance(days, int) else None
                self.wishes.pause(self.person(who), until, now=now)
            case ("zone", int(who), str(zone)):
                self.wishes.describe(
                    self.person(who),
                    time_zone=ZoneInfo(zone),
                    language="en",
                    form=Form.HTML,
                    now=now,
                )
            case ("leave", int(who)):
                self.subscribers.unsubscribe(self.person(who), now=now)
            case ("return", int(who)):
                self.come_back(who)
            case ("time", hours):
                self.world.clock.forward(hours=float(str(hours)))
            case ("decide", int(times)):
                for _ in range(times):
                    self.editions.open_due(now=now)

    def come_back(self, who: int) -> None:
        """Undo having left; wishes that were changed meanwhile count from then on."""
        if self.wishes.resume(self.person(who), now=self.world.clock()):
            self.wishes.change_rules(self.person(who), self.rules[who], now=self.world.clock())

    def revise(self, item_id: str, title: str) -> None:
        """Correct an item."""
        (item,) = (i for i in self.world.items.latest(self.slug, 100) if i.id == item_id)
        found = entry(title)
        same = Match(entry=found, place=0, item=item, evidence=Evidence.URL, strength=1.0)
        claim = self.world.claim(self.slug)
        self.world.items.apply(
            claim,
            self.world.outcome(claim),
            Changes(revised=(Revision(item=item, content=Content(title=title), match=same),)),
            zone=ZoneInfo("UTC"),
        )
        self.world.sources.release(claim)
        self.texts[item_id] = title

    def judge(self) -> None:
        """Note who wants what as things are now."""
        for who in range(3):
            for item, title in self.texts.items():
                content = Content(title=title)
                wanted = any(rule.wanted.accepts(content) for rule in self.rules[who])
                self.always[who, item] &= wanted
                self.ever[who, item] |= wanted

    def finish(self) -> None:
        """Let everybody go on, let time pass, and decide all that is due."""
        for who in range(3):
            self.come_back(who)
            self.wishes.pause(self.person(who), None, now=self.world.clock())
        for _ in range(3):
            self.world.clock.forward(days=40)
            while self.editions.open_due(now=self.world.clock()).subscriptions:
                pass

    def told(self, who: int) -> Counter[str]:
        """How often each item was told to somebody."""
        with self.world.database.reading() as transaction:
            rows = transaction.all(
                "SELECT item FROM deliveries "
                "JOIN edition_items ON edition_items.edition = deliveries.edition "
                "WHERE subscription = :id AND kind = 'new' AND state <> 'suppressed'",
                id=self.people[who].id,
            )
        return Counter(row["item"] for row in rows)

    def check(self) -> None:
        """Hold the laws."""
        for who in range(3):
            told = self.told(who)
            assert set(told.values()) <= {1}, "told twice"
            for item in self.texts:
                if self.always[who, item]:
                    assert told[item] == 1, "lost"
                if not self.ever[who, item]:
                    assert told[item] == 0, "told, though never wanted"


def hold(database: Database, steps: list[Step]) -> None:
    """Live through a history, and hold the laws at its end."""
    history = History(Feeds(database, Clock(START)), next(NAMES))
    for step in steps:
        history.take(step)
    history.finish()
    history.check()
    # The next history has the store to itself.
    for who in range(3):
        history.subscribers.unsubscribe(history.person(who), now=history.world.clock())


@given(steps=some.lists(STEPS, min_size=5, max_size=30))
@example(
    # An item that a rule waits with, while the rules change twice and one becomes instant.
    steps=[
        ("item", "Ferry late"),
        ("wish", 1, WISHES[8]),
        ("time", 24),
        ("decide", 9),
        ("item", "Bridge shut"),
        ("wish", 1, WISHES[6]),
        ("decide", 9),
        ("wish", 1, WISHES[2]),
        ("decide", 9),
    ]
)
@example(
    # Corrected between two rules' occasions, so that the other one would want it.
    steps=[
        ("wish", 0, WISHES[6]),
        ("item", "Mayor elected"),
        ("decide", 9),
        ("revise", "Ferry late"),
        ("decide", 9),
    ]
)
@example(steps=[("item", "Mayor elected"), ("leave", 0), ("decide", 9), ("return", 0)])
@example(steps=[("item", "Ferry late"), ("decide", 1), ("leave", 0), ("return", 0)])
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_each_item_reaches_each_subscriber_once(database: Database, steps: list[Step]) -> None:
    """None is lost, none told twice, none told that was never wanted."""
    hold(database, steps)


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_digest_has_one_occasion_on_each_day(database: Database, zone: str) -> None:
    """Also on those when the clocks change, and at an hour that they skip or repeat."""
    history = History(Feeds(database, Clock(START)), next(NAMES))
    ann = history.person(0)
    history.wishes.describe(ann, time_zone=ZoneInfo(zone), language="en", form=Form.HTML, now=START)
    history.wishes.change_rules(ann, (Rule(cadence="daily 2"),), now=START)
    days: list[datetime] = []
    for _ in range(180):
        due = history.person(0).next_digest
        assert due is not None
        history.world.clock.now = due
        days.append(due.astimezone(ZoneInfo(zone)))
        history.editions.open_due(now=due)
        history.editions.open_due(now=due)

    dates = [day.date() for day in days]
    assert [later - day for day, later in pairwise(dates)] == [timedelta(days=1)] * (len(dates) - 1)
