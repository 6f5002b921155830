"""Items that are kept out of mails for a while: nothing is lost by it, and nothing told twice."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from worlds import NOON, Feeds, bulletin, entry, of_edition, stored

from feeds.filters import ItemFilter
from feeds.hold_back_store import HoldBackStore
from feeds.item_admin_store import ItemAdminStore, ItemError
from notifier.edition_store import EditionStore
from notifier.reader_store import ReaderStore
from notifier.subscriber_store import SubscriberStore
from notifier.subscription_columns import filter_column
from tidings.explaining import standing_words

if TYPE_CHECKING:
    from feeds.database import Database
    from feeds.model import Item


class Mails:
    """A bulletin with readers of every kind, and what they were told."""

    def __init__(self, database: Database) -> None:
        """Register the bulletin, and let them subscribe."""
        self.database = database
        self.feeds = Feeds(database)
        self.feeds.sources.register([bulletin()], now=NOON)
        self.holding = HoldBackStore(database)
        self.editions = EditionStore(database, secret="s", mail_domain="example.org")
        subscribers = SubscriberStore(database)
        self.readers = {
            cadence: subscribers.subscribe(
                f"{number}@example.org",
                "harbour",
                time_zone=ZoneInfo("UTC"),
                language="en",
                cadence=cadence,
                now=NOON,
            ).id
            for number, cadence in enumerate(("instant", "daily 7", "weekly fri 18"))
        }
        # One who wants ferries at once, and nothing else.
        self.picky = subscribers.subscribe(
            "picky@example.org",
            "harbour",
            time_zone=ZoneInfo("UTC"),
            language="en",
            cadence="instant",
            now=NOON,
        ).id
        with database.transaction() as transaction:
            transaction.run(
                "UPDATE rules SET wanted = :wanted WHERE subscription = :id",
                wanted=filter_column(ItemFilter(words=("ferry",))),
                id=self.picky,
            )

    def item(self, title: str) -> Item:
        """Let something come."""
        return stored(self.feeds, entry(title))[0]

    def open(self) -> None:
        """Decide for all who are due."""
        while self.editions.open_due(now=self.feeds.clock()).subscriptions:
            pass

    def told(self) -> list[tuple[int, str]]:
        """Return who was told of which item, in order."""
        with self.database.reading() as transaction:
            rows = transaction.all(
                "SELECT subscription, item FROM deliveries "
                "JOIN edition_items ON edition_items.edition = deliveries.edition "
                "ORDER BY subscription, item"
            )
        return [(row["subscription"], row["item"]) for row in rows]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_was_held_back_is_lost_or_told_twice(database: Database, seed: int) -> None:
    """Whatever is held back and released when, between whichever occasions of whom."""
    mails, dice = Mails(database), Random(seed)  # noqa: S311 - the dice of a test
    items: list[Item] = []
    held: list[Item] = []
    for step in range(40):
        action = dice.choice(("item", "item", "hold", "hold", "release", "open", "open"))
        free = [item for item in items if item not in held]
        if action == "item":
            items.append(mails.item(f"{dice.choice(('Ferry', 'Bridge'))} {seed}{step}"))
        elif action == "hold" and free:
            held.append(dice.choice(free))
            mails.holding.hold_back(held[-1], now=mails.feeds.clock())
        elif action == "release" and held:
            mails.holding.release(held.pop(dice.randrange(len(held))))
        elif action == "open":
            before = mails.told()
            mails.open()
            new = [one for one in mails.told() if one not in before]
            assert not {item for _, item in new} & {item.id for item in held}
        mails.feeds.clock.forward(hours=dice.randint(1, 30))
    for item in held:
        mails.holding.release(item)

    mails.feeds.clock.forward(days=8)
    mails.open()

    everyone = {(reader, item.id) for reader in mails.readers.values() for item in items}
    ferries = {(mails.picky, item.id) for item in items if "Ferry" in item.content.title}
    assert len(mails.told()) == len(set(mails.told()))
    assert set(mails.told()) == everyone | ferries


def test_what_is_held_back_says_so(database: Database) -> None:
    """To who waits for it, in no preview, and it cannot be done twice; who was told is not told."""
    mails = Mails(database)
    first = mails.item("Bridge closed")
    mails.open()
    second = mails.item("Ferry late")
    for item in (first, second):
        mails.holding.hold_back(item, now=mails.feeds.clock())
    mails.feeds.clock.forward(minutes=1)
    mails.open()
    (item,) = ItemAdminStore(database).named(second.id)

    words = {
        standing.address: standing_words(standing, item, now=mails.feeds.clock())
        for standing in ReaderStore(database).not_told(item, limit=9)
    }

    assert len(words) == 4
    assert all("in no mail until it is released" in said for said in words.values())
    assert mails.editions.next_items("harbour") == ()
    with pytest.raises(ItemError, match="held back already"):
        mails.holding.hold_back(item, now=mails.feeds.clock())
    mails.holding.release(item)
    mails.open()
    assert [one for one in mails.told() if one[0] == mails.picky] == [(mails.picky, second.id)]
    assert mails.told().count((mails.readers["instant"], first.id)) == 1
    with pytest.raises(ItemError, match="is not held back"):
        mails.holding.release(item)
    assert second.content.title in of_edition(mails.feeds, after=0)
