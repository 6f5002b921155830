"""Deciding who is told what, inside the transaction that opens editions.

Who is due is locked, its items are sorted, and its marks are written; what follows for editions
and deliveries is returned as values.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from feeds.instants import to_column
from notifier.cadence import INSTANT
from notifier.fresh_store import ANNOUNCED, Fresh
from notifier.rule_store import due_after, with_rules
from notifier.sorting import is_due, sort
from notifier.subscription_columns import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from feeds.database import Transaction
    from notifier.model import Form, Subscription
    from notifier.sorting import Sorted

NEW = "new"
CORRECTED = "corrected"
# So many items a channel hears one by one; more that come at once are one message.
MOST_SINGLE = 10
# The id, the kind, the wording that is shown, and the one that was told before.
Frozen = tuple[tuple[str, str, int, int | None], ...]

# The rows stay locked until their mark and their next times are written.
_DUE = f"""
SELECT {SUBSCRIPTION}, corrected, bulletins.number AS upto
FROM subscriptions
JOIN subscribers ON subscribers.id = subscriptions.subscriber
JOIN bulletins ON bulletins.slug = subscriptions.bulletin
WHERE active = 1 AND state = 'active' AND
"""
_TIMED = """
SELECT rules.subscription FROM rules
JOIN subscriptions AS due ON due.id = rules.subscription
JOIN subscribers AS who ON who.id = due.subscriber
WHERE rules.next_digest <= :now AND due.active = 1 AND who.state = 'active'
ORDER BY rules.next_digest LIMIT :limit
"""
_DUE_BY_TIME = f"""
{_DUE} subscriptions.id IN ({_TIMED}) ORDER BY subscriptions.id
FOR UPDATE OF subscriptions SKIP LOCKED
"""
_INSTANT = "instant = 1 AND mark < bulletins.number"
_DUE_BY_NEWS = f"""
{_DUE} {_INSTANT} ORDER BY subscriptions.bulletin, mark LIMIT :limit
FOR UPDATE OF subscriptions SKIP LOCKED
"""
_ANY_NEWS = f"""
SELECT 1 FROM subscriptions
JOIN subscribers ON subscribers.id = subscriptions.subscriber
JOIN bulletins ON bulletins.slug = subscriptions.bulletin
WHERE active = 1 AND state = 'active' AND {_INSTANT} LIMIT 1
"""
# Items that were told to a subscription and corrected since: told is the wording that it knows.
_CORRECTED = f"""
SELECT item, told, items.revision AS revision FROM (
    SELECT item, max(coalesce(edition_items.revision, 0)) AS told
    FROM deliveries JOIN edition_items ON edition_items.edition = deliveries.edition
    WHERE subscription = :subscription AND state NOT IN ('failed', 'suppressed')
    GROUP BY item
) AS known JOIN items ON items.id = item
WHERE bulletin = :bulletin AND changed > :after AND changed <= :upto AND {ANNOUNCED}
  AND EXISTS (
    SELECT 1 FROM revisions
    WHERE revisions.item = items.id AND revisions.revision >= told AND merged_from IS NULL
  )
ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription that has an occasion.

    It is told up to a number; up to another one it was told of corrections before.
    """

    subscription: Subscription
    upto: int
    corrected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An edition as it would be: what it holds and for whom it is written."""

    bulletin: str
    upto: int
    language: str
    form: Form
    whole: bool
    items: Frozen

    @property
    def key(self) -> str:
        """What tells editions from one another: who would get the same shares one."""
        text = json.dumps([self.language, self.form.value, self.whole, self.items])
        return hashlib.sha256(text.encode()).hexdigest()[:40]


def is_any_due(transaction: Transaction, *, now: datetime) -> bool:
    """Tell whether somebody has an occasion."""
    return (
        transaction.one(_TIMED, now=to_column(now), limit=1) is not None
        or transaction.one(_ANY_NEWS) is not None
    )


def take_due(transaction: Transaction, *, now: datetime, limit: int) -> tuple[Due, ...]:
    """Lock some of those that are due: those whose time has come first, then those with news."""
    rows = transaction.all(_DUE_BY_TIME, now=to_column(now), limit=limit) or transaction.all(
        _DUE_BY_NEWS, limit=limit
    )
    return tuple(
        Due(subscription, int(row["upto"]), int(row["corrected"]))
        for subscription, row in zip(with_rules(transaction, rows), rows, strict=True)
    )


def decide(
    transaction: Transaction,
    due: Collection[Due],
    *,
    languages: Mapping[str, str],
    correcting: Collection[str],
    now: datetime,
) -> dict[Planned, list[Subscription]]:
    """Sort the items of each subscription and write its marks; return who gets what."""
    fresh = Fresh(transaction, [(one.subscription, one.upto) for one in due], languages)
    audiences: defaultdict[Planned, list[Subscription]] = defaultdict(list)
    moves: list[dict[str, object]] = []
    for one in due:
        subscription, known = one.subscription, one.corrected
        decided = sort(
            subscription.rules,
            waiting=fresh.waiting(subscription),
            fresh=fresh.of(subscription),
            accepted=partial(fresh.accepted, subscription.bulletin),
            now=now,
        )
        _keep_waiting(transaction, subscription, fresh, decided)
        corrections: Frozen = ()
        if decided.told and subscription.bulletin in correcting and not subscription.is_channel:
            corrections = _corrections(transaction, one, decided)
            known = one.upto
        for place, items in decided.told.items():
            for part in _parts(subscription, place, items, fresh=fresh):
                planned = _planned(one, place, part, corrections, fresh=fresh)
                audiences[planned].append(subscription)
                corrections = ()
        moves.append({"id": subscription.id, "mark": one.upto, "corrected": known})
    _move_on(transaction, [one.subscription for one in due], moves, now=now)
    return audiences


def _parts(
    subscription: Subscription, place: int, items: tuple[str, ...], *, fresh: Fresh
) -> Iterable[tuple[str, ...]]:
    """Return what is told in one edition each: a channel hears of new items one by one."""
    is_instant = subscription.rules[place].cadence == INSTANT
    if not (subscription.is_channel and is_instant) or len(items) > MOST_SINGLE:
        return [items]
    order = {item: number for number, item in enumerate(fresh.of(subscription))}
    return [(item,) for item in sorted(items, key=lambda item: order.get(item, -1))]


def _planned(
    one: Due, place: int, items: tuple[str, ...], corrections: Frozen, *, fresh: Fresh
) -> Planned:
    """Return the edition of one rule's occasion."""
    subscription = one.subscription
    # What only channels hear has no page: it would be one for each item.
    is_alone = len(subscription.rules) == 1 and not corrections and not subscription.is_channel
    return Planned(
        bulletin=subscription.bulletin,
        upto=one.upto,
        language=subscription.language,
        form=subscription.form,
        whole=is_alone and subscription.rules[place].wanted.is_empty,
        items=(*((item, NEW, fresh.revision(item), None) for item in items), *corrections),
    )


def _corrections(transaction: Transaction, one: Due, decided: Sorted) -> Frozen:
    """Return what was told and corrected since; what is told now for the first time is new."""
    now_told = {item for items in decided.told.values() for item in items}
    rows = transaction.all(
        _CORRECTED,
        subscription=one.subscription.id,
        bulletin=one.subscription.bulletin,
        after=one.corrected,
        upto=one.upto,
    )
    return tuple(
        (row["item"], CORRECTED, row["revision"], row["told"])
        for row in rows
        if row["item"] not in now_told
    )


def _keep_waiting(
    transaction: Transaction, subscription: Subscription, fresh: Fresh, decided: Sorted
) -> None:
    """Write which items wait for an occasion of theirs; most subscriptions have none.

    What is held back waits as well, and is sorted once it is released.
    """
    held_back = fresh.held_back(subscription)
    if fresh.waiting(subscription) or held_back:
        transaction.run("DELETE FROM waiting WHERE subscription = :id", id=subscription.id)
    places: dict[str, int | None] = {**decided.waiting, **dict.fromkeys(sorted(held_back))}
    if places:
        transaction.run_each(
            "INSERT INTO waiting (subscription, item, position) "
            "VALUES (:subscription, :item, :position)",
            [
                {"subscription": subscription.id, "item": item, "position": place}
                for item, place in places.items()
            ],
        )


def _move_on(
    transaction: Transaction,
    due: Collection[Subscription],
    moves: Sequence[Mapping[str, object]],
    *,
    now: datetime,
) -> None:
    """Write the new marks of subscriptions, and the next occasions of the rules that were due."""
    transaction.run_each(
        "UPDATE subscriptions SET mark = :mark, corrected = :corrected WHERE id = :id", moves
    )
    occasions: list[dict[str, object]] = []
    woken: list[dict[str, object]] = []
    for subscription in due:
        for place, rule in enumerate(subscription.rules):
            if rule.next_digest is None or not is_due(rule, now):
                continue
            following = due_after(
                rule.cadence, now, subscription.time_zone, paused_until=subscription.paused_until
            )
            occasions.append(
                {
                    "subscription": subscription.id,
                    "position": place,
                    "next_digest": to_column(following) if following else None,
                }
            )
            if rule.cadence == INSTANT and following is None:
                woken.append({"id": subscription.id})
    transaction.run_each(
        "UPDATE rules SET next_digest = :next_digest "
        "WHERE subscription = :subscription AND position = :position",
        occasions,
    )
    transaction.run_each("UPDATE subscriptions SET instant = 1 WHERE id = :id", woken)
