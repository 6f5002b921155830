"""The items that a batch of subscriptions has not been told, and which filters accept them.

Read once for all subscriptions of a batch that stand at the same mark, a few items at a time: the
memory that this needs does not grow with the audience, nor with the texts of the items.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from feeds.columns import ITEM, item_from
from feeds.filter_index import FilterIndex
from notifier.subscription_columns import several

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from feeds.database import Row, Transaction
    from feeds.filters import ItemFilter
    from notifier.model import Subscription

# Items whose texts are in memory at once.
_CHUNK = 50
# What is announced: neither what stood there at the beginning nor what was taken away, and not
# yet what an operator holds back.
ANNOUNCED = "baseline = 0 AND forgotten IS NULL AND withdrawn IS NULL AND held_back IS NULL"
# With what is held back, in one statement: between two it could be released, and told by neither.
_TOLD_OR_HELD_BACK = (
    "baseline = 0 AND forgotten IS NULL AND (withdrawn IS NULL OR held_back IS NOT NULL)"
)
_FRESH = f"""
SELECT id, number, revision, held_back FROM items
WHERE bulletin = :bulletin AND number > :after AND number <= :upto AND {_TOLD_OR_HELD_BACK}
ORDER BY number
"""
_TEXTS = f"""
SELECT {ITEM} FROM items
WHERE bulletin = :bulletin AND number > :after AND number <= :upto AND {ANNOUNCED}
ORDER BY number LIMIT :limit
"""
_SOURCES = """
SELECT items.id AS id, sightings.source AS source FROM items
JOIN sightings ON sightings.item = items.id AND sightings.bulletin = items.bulletin
WHERE items.bulletin = :bulletin AND number > :after AND number <= :upto
"""
_WAITING = f"""
SELECT subscription, position, id, number, revision, held_back
FROM waiting JOIN items ON items.id = waiting.item
WHERE {_TOLD_OR_HELD_BACK} AND subscription IN
"""
_UNSORTED = f"""
SELECT DISTINCT {ITEM} FROM waiting JOIN items ON items.id = waiting.item
WHERE position IS NULL AND {ANNOUNCED} AND subscription = :subscription
"""


class Fresh:
    """What a batch of subscriptions may be told, read in one transaction."""

    def __init__(
        self,
        transaction: Transaction,
        due: Collection[tuple[Subscription, int]],
        languages: Mapping[str, str],
    ) -> None:
        self._transaction = transaction
        self._languages = languages
        self._fresh: dict[tuple[str, int], tuple[str, ...]] = {}
        self._held_back: dict[tuple[str, int], tuple[str, ...]] = {}
        self._waiting_held_back: defaultdict[int, set[str]] = defaultdict(set)
        self._revisions: dict[str, int] = {}
        self._waiting: defaultdict[int, dict[str, int | None]] = defaultdict(dict)
        # A filter and the bulletin to whose items it was put.
        self._accepted: defaultdict[tuple[str, ItemFilter], set[str]] = defaultdict(set)
        for place, filters in _asked(due).items():
            self._read(*place, filters)
        self._read_waiting(due)

    def of(self, subscription: Subscription) -> tuple[str, ...]:
        """Return the items that came after a subscription's mark."""
        return self._fresh[subscription.bulletin, subscription.mark]

    def waiting(self, subscription: Subscription) -> Mapping[str, int | None]:
        """Return the items that wait for an occasion, each with the place of its rule."""
        return self._waiting.get(subscription.id, {})

    def held_back(self, subscription: Subscription) -> frozenset[str]:
        """Return what it would be told, or waits for, but for an operator who holds it back."""
        fresh = self._held_back[subscription.bulletin, subscription.mark]
        return frozenset(fresh) | self._waiting_held_back.get(subscription.id, set())

    def accepted(self, bulletin: str, wanted: ItemFilter) -> Collection[str]:
        """Return the items that a filter of one of the subscriptions accepts."""
        return self._accepted.get((bulletin, wanted), ())

    def revision(self, item: str) -> int:
        """Return which wording of an item is the present one."""
        return self._revisions[item]

    def _read(self, bulletin: str, after: int, upto: int, filters: set[ItemFilter]) -> None:
        values = {"bulletin": bulletin, "after": after, "upto": upto}
        rows = self._transaction.all(_FRESH, **values)
        self._fresh[bulletin, after] = tuple(row["id"] for row in rows if not row["held_back"])
        self._held_back[bulletin, after] = tuple(row["id"] for row in rows if row["held_back"])
        self._revisions |= {row["id"]: row["revision"] for row in rows}
        index = FilterIndex(filters)
        while filters:
            texts = self._transaction.all(
                _TEXTS, bulletin=bulletin, after=after, upto=upto, limit=_CHUNK
            )
            if not texts:
                return
            last = texts[-1]["number"]
            sources = self._sources(bulletin, after, last)
            self._judge(bulletin, texts, index, sources)
            after = last

    def _sources(self, bulletin: str, after: int, upto: int) -> dict[str, set[str]]:
        sources: defaultdict[str, set[str]] = defaultdict(set)
        for row in self._transaction.all(_SOURCES, bulletin=bulletin, after=after, upto=upto):
            sources[row["id"]].add(row["source"])
        return sources

    def _judge(
        self,
        bulletin: str,
        rows: Iterable[Row],
        index: FilterIndex,
        sources: Mapping[str, Collection[str]],
    ) -> None:
        language = self._languages.get(bulletin, "")
        for item in map(item_from, rows):
            for wanted in index.accepting(
                item.content, sources=sources.get(item.id, ()), language=language
            ):
                self._accepted[bulletin, wanted].add(item.id)

    def _read_waiting(self, due: Collection[tuple[Subscription, int]]) -> None:
        by_id = {subscription.id: subscription for subscription, _ in due}
        if not by_id:
            return
        unsorted: set[int] = set()
        listed, ids = several(list(by_id))
        for row in self._transaction.all(f"{_WAITING} ({listed})", **ids):
            if row["held_back"]:
                self._waiting_held_back[row["subscription"]].add(row["id"])
                continue
            self._waiting[row["subscription"]][row["id"]] = row["position"]
            self._revisions[row["id"]] = row["revision"]
            if row["position"] is None:
                unsorted.add(row["subscription"])
        # Few have changed their wishes since their last occasion: each is judged by itself.
        for number in unsorted:
            subscription = by_id[number]
            filters = {rule.wanted for rule in subscription.rules if not rule.wanted.is_empty}
            if not filters:
                continue
            rows = self._transaction.all(_UNSORTED, subscription=number)
            sources: defaultdict[str, set[str]] = defaultdict(set)
            for row in rows:
                for found in self._transaction.all(
                    "SELECT source FROM sightings WHERE item = :item", item=row["id"]
                ):
                    sources[row["id"]].add(found["source"])
            self._judge(subscription.bulletin, rows, FilterIndex(filters), sources)


def _asked(
    due: Iterable[tuple[Subscription, int]],
) -> dict[tuple[str, int, int], set[ItemFilter]]:
    """Return from which mark to which number each bulletin is read, and for which filters."""
    asked: defaultdict[tuple[str, int, int], set[ItemFilter]] = defaultdict(set)
    for subscription, upto in due:
        filters = {rule.wanted for rule in subscription.rules if not rule.wanted.is_empty}
        asked[subscription.bulletin, subscription.mark, upto] |= filters
    return asked
