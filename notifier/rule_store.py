"""The rules of subscriptions in SQL: written, read and made due, inside a transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.instants import to_column
from notifier.cadence import INSTANT, next_digest
from notifier.subscription_columns import filter_column, rules_from, several, subscription_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from feeds.database import Row, Transaction
    from notifier.model import Rule, Subscription

_RULES = "SELECT subscription, cadence, wanted, next_digest FROM rules"


def with_rules(transaction: Transaction, rows: Iterable[Row]) -> tuple[Subscription, ...]:
    """Return subscriptions from their rows, each with its rules."""
    rows = list(rows)
    if not rows:
        return ()
    listed, ids = several([row["id"] for row in rows])
    rules = rules_from(
        transaction.all(
            f"{_RULES} WHERE subscription IN ({listed}) ORDER BY subscription, position", **ids
        )
    )
    return tuple(subscription_from(row, rules.get(row["id"], ())) for row in rows)


def put_rules(
    transaction: Transaction,
    subscription: Subscription,
    *,
    before: Subscription | None,
    now: datetime,
) -> None:
    """Write the rules of a subscription, due as they follow from what they were before.

    A rule whose cadence and zone stay keeps its next occasion. What waited for an occasion is
    sorted anew by the rules as they are now: at once where one of them is instant.
    """
    paused = subscription.paused_until
    kept: dict[str, datetime | None] = {}
    if before is not None and before.time_zone.key == subscription.time_zone.key:
        kept = {rule.cadence: rule.next_digest for rule in before.rules}
    due = [
        replace(
            rule,
            next_digest=kept[rule.cadence]
            if rule.cadence in kept
            else due_after(rule.cadence, now, subscription.time_zone, paused_until=paused),
        )
        for rule in subscription.rules
    ]
    waits = transaction.run(
        "UPDATE waiting SET position = NULL WHERE subscription = :id", id=subscription.id
    )
    if waits and (paused is None or paused <= now):
        due = [
            rule if rule.next_digest is not None else replace(rule, next_digest=now) for rule in due
        ]
    _write_rules(transaction, subscription.id, due, paused_until=paused, now=now)


def _write_rules(
    transaction: Transaction,
    subscription: int,
    rules: Sequence[Rule],
    *,
    paused_until: datetime | None,
    now: datetime,
) -> None:
    """Write what a subscription wants, and when it is due."""
    paused = paused_until is not None and paused_until > now
    transaction.run("DELETE FROM rules WHERE subscription = :id", id=subscription)
    transaction.run_each(
        "INSERT INTO rules (subscription, position, cadence, wanted, next_digest) "
        "VALUES (:subscription, :position, :cadence, :wanted, :next_digest)",
        [
            {
                "subscription": subscription,
                "position": position,
                "cadence": rule.cadence,
                "wanted": filter_column(rule.wanted),
                "next_digest": to_column(rule.next_digest) if rule.next_digest else None,
            }
            for position, rule in enumerate(rules)
        ],
    )
    transaction.run(
        "UPDATE subscriptions SET instant = :instant WHERE id = :id",
        instant=int(not paused and any(rule.cadence == INSTANT for rule in rules)),
        id=subscription,
    )


def due_after(
    cadence: str, after: datetime, zone: ZoneInfo, *, paused_until: datetime | None
) -> datetime | None:
    """Return the next occasion, which lies behind a pause; None where each new item is one."""
    if paused_until is None or paused_until <= after:
        return next_digest(cadence, after, zone)
    # What a pause has kept of the instant cadence is told at its end.
    return next_digest(cadence, paused_until, zone) or paused_until
