"""Subscribers as a list for operators, in SQL: found by a part of the address, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column
from notifier.ledger_store import containing
from notifier.model import SubscriberState
from notifier.rule_store import with_rules
from notifier.subscription_columns import A_PERSON, SUBSCRIPTION, several

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.database import Database, Row, Transaction
    from notifier.model import Subscription

# Who was deleted stands there by a number, and is found by nobody; channels have pages of theirs.
_FOUND = f"""
FROM subscribers WHERE lower(address) LIKE :find ESCAPE '!' AND address NOT LIKE 'deleted:%'
AND {A_PERSON}
AND (state = :state OR :state = '') AND ((:bulletin = '' AND :cadence = '') OR EXISTS (
    SELECT 1 FROM subscriptions JOIN rules ON rules.subscription = subscriptions.id
    WHERE subscriber = subscribers.id AND active = 1
      AND (bulletin = :bulletin OR :bulletin = '') AND cadence LIKE :cadences
))
"""
_PAGE = f"SELECT id, address, state, created {_FOUND} AND address > :after ORDER BY address"
_SUBSCRIPTIONS = f"""
SELECT {SUBSCRIPTION} FROM subscriptions
JOIN subscribers ON subscribers.id = subscriptions.subscriber
WHERE active = 1 AND subscriber IN
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Who is looked for: a part of an address, a state, who gets a bulletin, and how often."""

    find: str = ""
    state: str = ""
    bulletin: str = ""
    cadence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One subscriber of a list, with the subscriptions that go on."""

    id: int
    address: str
    state: SubscriberState
    created: datetime
    subscriptions: tuple[Subscription, ...] = ()


class SubscriberListStore:
    """Lists of subscribers in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, sought: Sought, *, after: str = "", limit: int) -> tuple[Listed, ...]:
        """Return some of those who are looked for, by address: those after one."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"{_PAGE} LIMIT :limit", **_values(sought), after=after, limit=limit
            )
            return _with_subscriptions(transaction, rows)

    def count(self, sought: Sought) -> int:
        """Return how many there are of those who are looked for."""
        with self._database.reading() as transaction:
            row = transaction.one(f"SELECT count(*) AS many {_FOUND}", **_values(sought))
        return int(row["many"]) if row else 0

    def by_id(self, number: int) -> Listed | None:
        """Return one subscriber; None where there is none, or where they were deleted."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT id, address, state, created FROM subscribers "
                f"WHERE id = :id AND address NOT LIKE 'deleted:%' AND {A_PERSON}",
                id=number,
            )
            found = _with_subscriptions(transaction, rows)
        return found[0] if found else None


def _values(sought: Sought) -> dict[str, object]:
    return {
        "find": containing(sought.find),
        "state": sought.state,
        "bulletin": sought.bulletin,
        "cadence": sought.cadence,
        "cadences": f"{sought.cadence}%",
    }


def _with_subscriptions(transaction: Transaction, rows: Sequence[Row]) -> tuple[Listed, ...]:
    if not rows:
        return ()
    listed, values = several([row["id"] for row in rows])
    found = with_rules(
        transaction, transaction.all(f"{_SUBSCRIPTIONS} ({listed}) ORDER BY bulletin", **values)
    )
    of: defaultdict[int, list[Subscription]] = defaultdict(list)
    for subscription in found:
        of[subscription.subscriber_id].append(subscription)
    return tuple(
        Listed(
            id=row["id"],
            address=row["address"],
            state=SubscriberState(row["state"]),
            created=from_column(row["created"]),
            subscriptions=tuple(of[row["id"]]),
        )
        for row in rows
    )
