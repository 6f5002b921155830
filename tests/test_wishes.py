"""What people wish for: rules and filters, pauses, corrections, forgetting, on each database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from test_edition_store import World
from worlds import LEASE, NOON, entry

from config.settings import BulletinSettings
from feeds.filters import ItemFilter
from feeds.model import Changes, Content, Evidence, Match, Revision
from notifier.cadence import next_digest
from notifier.edition_store import EditionStore
from notifier.ledger_store import LedgerStore
from notifier.model import DeliveryState, Form, Rule
from notifier.outbox_store import Beginning, Outcome
from notifier.signup_store import network_of
from notifier.suppression_store import Reason, SuppressionStore
from notifier.wish_form import fields_of
from notifier.wish_store import WishStore
from notifier.wishes import (
    Unwanted,
    Wishes,
    pause_from,
    rules_from_form,
    wishes_from,
    zone_from,
)

if TYPE_CHECKING:
    from feeds.database import Database
    from notifier.model import Subscription

FERRY = ItemFilter(words=("ferry",))
WORDS = some.lists(some.text("abc é", min_size=1).filter(str.strip).map(str.strip), max_size=3)
LISTS = WORDS.map(lambda words: tuple(dict.fromkeys(" ".join(word.split()) for word in words)))
RULES = some.builds(
    Rule,
    cadence=some.sampled_from(("instant", "daily", "daily 7", "weekly fri 18", "monthly last 0")),
    wanted=some.builds(ItemFilter, words=LISTS, without=LISTS, categories=LISTS),
)


@pytest.fixture
def world(database: Database) -> World:
    """Two bulletins and nobody yet."""
    return World(database)


@pytest.fixture
def wishes(database: Database) -> WishStore:
    """The store of changes."""
    return WishStore(database)


def ann(world: World, *rules: Rule, form: Form | None = None, language: str = "en") -> Subscription:
    """Subscribe somebody with rules."""
    return world.subscribers.subscribe(
        "ann@example.org",
        "harbour",
        rules=rules,
        time_zone=ZoneInfo("UTC"),
        language=language,
        form=form,
        now=world.clock(),
    )


def correct(world: World, item_id: str, title: str) -> None:
    """Correct an item."""
    (item,) = (i for i in world.items.latest("harbour", 100) if i.id == item_id)
    same = Match(entry=entry(title), place=0, item=item, evidence=Evidence.URL, strength=1.0)
    claim = world.claim()
    changes = Changes(revised=(Revision(item=item, content=Content(title=title), match=same),))
    world.items.apply(claim, world.outcome(claim), changes, zone=ZoneInfo("UTC"))
    world.sources.release(claim)
    world.clock.forward(minutes=1)


# --- rules ---------------------------------------------------------------------------------


def test_some_words_come_at_once_and_the_rest_weekly(world: World) -> None:
    """The first rule that wants an item takes it, and the second does not tell it again."""
    ann(world, Rule(cadence="instant", wanted=FERRY), Rule(cadence="weekly"))
    world.store(entry("Ferry late"), entry("Mayor elected"))
    world.open_all()
    at_once = world.told()
    world.clock.forward(days=8)
    world.open_all()

    assert at_once == {"ann": [["Ferry late"]]}
    assert world.told() == {"ann": [["Ferry late"], ["Mayor elected"]]}


def test_what_no_rule_wants_is_not_told(world: World) -> None:
    """Neither now nor when the wishes change later: it was not asked for when it came."""
    subscription = ann(world, Rule(cadence="instant", wanted=FERRY))
    world.store(entry("Mayor elected"))
    world.open_all()
    WishStore(world.database).change_rules(
        subscription, (Rule(cadence="instant"),), now=world.clock()
    )
    world.open_all()

    assert world.told() == {}


def test_a_filter_looks_at_sources_and_languages(world: World) -> None:
    """An item that states no language has its bulletin's."""
    world.editions = EditionStore(
        world.database,
        secret="s",
        mail_domain="example.org",
        bulletins=[BulletinSettings(slug="harbour", title="Harbour", language="pt")],
    )
    for name, wanted in (
        ("ann", ItemFilter(sources=("main",))),
        ("bob", ItemFilter(sources=("other",))),
        ("cyd", ItemFilter(languages=("pt",))),
        ("dan", ItemFilter(languages=("en",))),
    ):
        world.subscribers.subscribe(
            f"{name}@example.org",
            "harbour",
            rules=(Rule(cadence="instant", wanted=wanted),),
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=world.clock(),
        )
    world.store(entry("Aviso"))
    world.open_all()

    assert world.told() == {"ann": [["Aviso"]], "cyd": [["Aviso"]]}


def test_equal_audiences_share_an_edition_and_others_do_not(world: World) -> None:
    """By what it holds and how it is written, not by who asked for it how."""
    for number, (language, form, wanted) in enumerate(
        [
            ("en", Form.HTML, FERRY),
            ("en", Form.HTML, ItemFilter(words=("late",))),
            ("pt", Form.HTML, FERRY),
            ("en", Form.TEXT, FERRY),
        ]
    ):
        world.subscribers.subscribe(
            f"n{number}@example.org",
            "harbour",
            rules=(Rule(cadence="instant", wanted=wanted),),
            time_zone=ZoneInfo("UTC"),
            language=language,
            form=form,
            now=world.clock(),
        )
    world.store(entry("Ferry late"))
    world.open_all()

    found = [world.editions.edition(number) for number in (1, 2, 3)]
    assert sorted((one.language, one.form.value, one.audience) for one in found) == [
        ("en", "html", 2),
        ("en", "text", 1),
        ("pt", "html", 1),
    ]
    assert not any(one.whole for one in found)


def test_wishes_that_change_while_it_is_decided_lose_nothing(world: World) -> None:
    """Whoever comes first, the other one sees what was done."""
    people = [
        world.subscribers.subscribe(
            f"n{number}@example.org",
            "harbour",
            rules=(Rule(cadence="instant", wanted=FERRY), Rule(cadence="weekly")),
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=world.clock(),
        )
        for number in range(12)
    ]
    store = WishStore(world.database)
    world.store(entry("Ferry late"), entry("Mayor elected"))
    errors: list[BaseException] = []

    def change() -> None:
        try:
            for rules in ((Rule(cadence="daily"),), people[0].rules, (Rule(cadence="instant"),)):
                for one in people:
                    store.change_rules(one, rules, now=world.clock())
        except BaseException as error:  # noqa: BLE001 - reported to the test's own thread
            errors.append(error)

    def decide() -> None:
        try:
            for _ in range(20):
                world.editions.open_due(now=world.clock())
        except BaseException as error:  # noqa: BLE001 - reported to the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=target) for target in (change, decide, decide)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.open_all()

    assert errors == []
    told = {name: sorted(chain.from_iterable(editions)) for name, editions in world.told().items()}
    assert told == {f"n{number}": ["Ferry late", "Mayor elected"] for number in range(12)}


@given(some.lists(RULES, min_size=1, max_size=5).map(tuple))
def test_rules_survive_the_form_and_the_store(rules: tuple[Rule, ...]) -> None:
    """What a page shows of them is what it sends back."""
    kept = Wishes(rules=rules, time_zone=ZoneInfo("UTC"), language="pt", form=Form.TEXT)

    assert rules_from_form(fields_of(rules), sources=()) == rules
    assert wishes_from(kept.to_json()) == kept


FIELDS = [
    f"{name}-{number}"
    for number in range(2)
    for name in ("cadence", "weekday", "monthday", "hour", "words", "without", "languages")
]
TEXTS = some.one_of(
    some.text(), some.sampled_from(("instant", "daily", "weekly", "monthly", "fri", "last", "23"))
)


@given(some.dictionaries(some.sampled_from(FIELDS), TEXTS), TEXTS)
def test_a_form_has_rules_or_a_field_that_is_wrong(fields: dict[str, str], text: str) -> None:
    """Whatever stands in it; and what it has is due some day."""
    wrong = set()
    for ask in (
        lambda: rules_from_form(fields, sources=()),
        lambda: pause_from(text, zone=ZoneInfo("UTC"), now=NOON),
        lambda: zone_from(text),
    ):
        try:
            found = ask()
        except Unwanted as unwanted:
            wrong.add(unwanted.field)
        else:
            for rule in found if isinstance(found, tuple) else ():
                due = next_digest(rule.cadence, NOON, ZoneInfo("UTC"))
                assert due is None or due > NOON
    assert wrong <= {*FIELDS, "until", "time_zone"}


# --- pauses, and going for good -------------------------------------------------------------


def test_what_comes_in_a_pause_is_told_once_after_it(world: World, wishes: WishStore) -> None:
    """At once where that is wished, else at the first occasion."""
    subscription = ann(world, Rule(cadence="instant", wanted=FERRY), Rule(cadence="daily"))
    wishes.pause(subscription, NOON + timedelta(days=3), now=NOON)
    world.store(entry("Ferry late"), entry("Mayor elected"))
    world.clock.forward(days=2)
    silent = world.open_all()
    world.clock.now = NOON + timedelta(days=3)
    world.open_all()
    after = world.told()
    world.clock.forward(days=1)
    world.open_all()

    assert silent == 0
    assert after == {"ann": [["Ferry late"]]}
    assert world.told() == {"ann": [["Ferry late"], ["Mayor elected"]]}


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-22", "soon", "2028-01-01", "0001-01-01"])
def test_a_pause_ends_on_a_day_to_come(text: str) -> None:
    """Within a year."""
    with pytest.raises(Unwanted, match="until"):
        pause_from(text, zone=ZoneInfo("Pacific/Kiritimati"), now=NOON)


def test_a_pause_ends_when_its_day_begins_where_the_reader_is() -> None:
    """No mail until the first of March: on that day there is mail."""
    until = pause_from("2027-03-01", zone=ZoneInfo("Asia/Tokyo"), now=NOON)

    assert until is not None
    assert until.astimezone(UTC) == datetime(2027, 2, 28, 15, tzinfo=UTC)


def test_the_suppression_list_outlives_all_else(world: World, wishes: WishStore) -> None:
    """Forgotten, the address stays suppressed, in any spelling; and the ledger adds up."""
    suppressions = SuppressionStore(world.database)
    subscription = ann(world, Rule(cadence="instant"))
    world.store(entry("one"))
    world.open_all()
    wishes.forget(subscription, now=world.clock())

    found = suppressions.find("ANN@example.org")
    assert found is not None
    assert found.reason is Reason.UNSUBSCRIBED_ALL
    assert world.subscribers.of_address("ann@example.org") == ()
    assert world.editions.edition(1).audience == sum(world.outbox.tally(1).values()) == 1
    assert suppressions.revive("Ann@Example.org")
    assert suppressions.find("ann@example.org") is None


def test_who_is_forgotten_is_quoted_nowhere(world: World, wishes: WishStore) -> None:
    """Neither by a former attempt nor by one that ends after they went; the ledger adds up."""
    subscription = ann(world, Rule(cadence="instant"))
    for title in ("one", "two"):
        world.store(entry(title))
        world.open_all()
    former, coming = world.outbox.claim(now=world.clock(), lease=LEASE, limit=2)
    begun = [Beginning(delivery=one, relay="relay.test:25") for one in (former, coming)]
    refused = [
        Outcome(delivery=one, state=DeliveryState.FAILED, reply=f"550 no {one.address} here")
        for one in (former, coming)
    ]
    world.outbox.turn([], begun, now=world.clock(), lease=LEASE)
    world.outbox.turn(refused[:1], now=world.clock(), lease=LEASE)
    wishes.forget(subscription, now=world.clock())
    late, _ = world.outbox.turn(refused[1:], now=world.clock(), lease=LEASE)

    with world.database.reading() as transaction:
        rows = [
            *transaction.all("SELECT address, reply FROM deliveries"),
            *transaction.all("SELECT '' AS address, reply FROM attempts"),
            *transaction.all("SELECT address, '' AS reply FROM subscribers"),
        ]
    assert late == frozenset()
    assert len(rows) == 5
    assert not [row for row in rows if "ann@" in row["address"] + row["reply"]]
    assert LedgerStore(world.database).unbalanced() == ()


def test_a_suppressed_address_is_counted_but_not_written_to(world: World) -> None:
    """Also where its subscription was begun behind the back of the list."""
    suppressions = SuppressionStore(world.database)
    suppressions.suppress("ann@example.org", Reason.COMPLAINED, now=world.clock())
    ann(world, Rule(cadence="instant"))
    world.store(entry("one"))
    queued = world.open_all()

    assert queued == 0
    (total,) = LedgerStore(world.database).sums()
    assert (total.audience, total.suppressed, total.open, total.balanced) == (1, 1, 0, True)


def test_suppressing_ends_all_at_once(world: World) -> None:
    """What was queued is not sent, and nothing stands in the way of others."""
    subscription = ann(world, Rule(cadence="daily"))
    world.subscribe("bob", "instant")
    world.store(entry("one"))
    SuppressionStore(world.database).suppress(
        subscription.address, Reason.BOUNCED, now=world.clock()
    )
    world.clock.forward(days=2)
    world.open_all()

    (left,) = world.subscribers.subscriptions()
    assert left.address == "bob@example.org"
    assert world.told() == {"bob": [["one"]]}


# --- wordings ------------------------------------------------------------------------------


def test_an_edition_keeps_the_wording_it_opened_with(world: World) -> None:
    """The same edition is the same mail, whenever it is written."""
    ann(world, Rule(cadence="instant"))
    (item,) = world.store(entry("Ferry late"))
    world.open_all()
    correct(world, item, "Ferry cancelled")
    correct(world, item, "Ferry gone")

    assert world.told() == {"ann": [["Ferry late"]]}


def test_a_correction_is_told_once_with_the_next_news_where_wanted(world: World) -> None:
    """Beside something new, with the wording that was told; only to those who were told."""
    harbour = BulletinSettings(slug="harbour", title="Harbour", corrections_in_digest=True)
    world.editions = EditionStore(
        world.database, secret="s", mail_domain="example.org", bulletins=[harbour]
    )
    ann(world, Rule(cadence="instant"))
    (item,) = world.store(entry("Ferry late"))
    world.open_all()
    world.subscribe("bob", "instant")
    correct(world, item, "Ferry cancelled")
    alone = world.open_all()
    world.store(entry("Mayor elected"))
    world.open_all()
    world.store(entry("Bridge shut"))
    world.open_all()

    assert alone == 0
    assert world.told() == {
        "ann": [["Ferry late"], ["Mayor elected"], ["Bridge shut"]],
        "bob": [["Mayor elected"], ["Bridge shut"]],
    }
    corrected = [
        (edition, one.former.title, one.item.content.title)
        for edition in range(1, 5)
        for one in world.editions.corrected(edition)
    ]
    assert [(old, new) for _, old, new in corrected] == [("Ferry late", "Ferry cancelled")]


def test_corrections_are_not_told_unless_wanted(world: World) -> None:
    """By the operator, for each bulletin."""
    ann(world, Rule(cadence="instant"))
    (item,) = world.store(entry("Ferry late"))
    world.open_all()
    correct(world, item, "Ferry cancelled")
    world.store(entry("Mayor elected"))
    world.open_all()

    assert world.editions.corrected(2) == ()


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_a_household_is_one_network(client: str, network: str) -> None:
    """/24, or /64 of IPv6, however the address is written."""
    assert network_of(client) == network
