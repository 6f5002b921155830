"""What a subscription would be told next by each of its rules, in SQL; nothing is decided by it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from feeds.columns import ITEM, item_from
from notifier.fresh_store import Fresh
from notifier.sorting import sort
from notifier.subscription_columns import several

if TYPE_CHECKING:
    from feeds.database import Database, Transaction
    from feeds.model import Item
    from notifier.model import Subscription

_AT_ONCE = 100
# When every rule has had an occasion.
_IN_THE_END = datetime.max.replace(tzinfo=UTC)


class ComingStore:
    """Questions about what is to come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, subscription: Subscription, *, language: str) -> tuple[tuple[Item, ...], ...]:
        """Return the items that each rule has taken or would take, as an edition orders them.

        ``language`` is the bulletin's, of items that state none.
        """
        slug = subscription.bulletin
        with self._database.reading() as transaction:
            row = transaction.one("SELECT number FROM bulletins WHERE slug = :slug", slug=slug)
            due = [(subscription, int(row["number"]) if row else subscription.mark)]
            fresh = Fresh(transaction, due, {slug: language})
            found = sort(
                subscription.rules,
                waiting=fresh.waiting(subscription),
                fresh=fresh.of(subscription),
                accepted=partial(fresh.accepted, slug),
                now=_IN_THE_END,
            )
            return tuple(
                _items(transaction, found.told.get(place, ()))
                for place in range(len(subscription.rules))
            )


def _items(transaction: Transaction, ids: tuple[str, ...]) -> tuple[Item, ...]:
    found: list[Item] = []
    for start in range(0, len(ids), _AT_ONCE):
        listed, values = several(ids[start : start + _AT_ONCE])
        rows = transaction.all(f"SELECT {ITEM} FROM items WHERE id IN ({listed})", **values)
        found += map(item_from, rows)
    found.sort(key=lambda item: (item.published, item.number), reverse=True)
    return tuple(found)
