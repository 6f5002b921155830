"""Editions in SQL: opening one is a single transaction, and its list of items is frozen."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from feeds.columns import ITEM, item_from
from feeds.instants import to_column
from notifier.cadence import next_digest
from notifier.subscriber_store import subscription_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.database import Database, Transaction
    from feeds.model import Item
    from notifier.model import Subscription

# Subscriptions decided in one transaction: short enough that a check is not kept waiting.
BATCH = 500

# An instant subscription is due when its bulletin has moved past its mark, any other when its
# time has come. The rows stay locked until their mark and their next time are written.
_DUE = """
SELECT subscriptions.id AS id, subscriber, address, bulletin, cadence, time_zone, language,
       mark, next_digest, token, bulletins.number AS upto
FROM subscriptions
JOIN subscribers ON subscribers.id = subscriptions.subscriber
JOIN bulletins ON bulletins.slug = subscriptions.bulletin
WHERE subscriptions.active = 1 AND subscribers.state = 'active'
  AND (next_digest <= :now OR (next_digest IS NULL AND mark < bulletins.number))
ORDER BY bulletin, mark, subscriptions.id
LIMIT :limit
FOR UPDATE OF subscriptions SKIP LOCKED
"""
_ANY_DUE = """
SELECT 1 FROM subscriptions JOIN bulletins ON bulletins.slug = subscriptions.bulletin
WHERE active = 1 AND (next_digest <= :now OR (next_digest IS NULL AND mark < bulletins.number))
LIMIT 1
"""
_OPEN = """
INSERT INTO editions (bulletin, number, after, upto, opened, audience)
VALUES (
    :bulletin,
    (SELECT coalesce(max(number), 0) + 1 FROM editions WHERE bulletin = :bulletin),
    :after, :upto, :now, 0
)
RETURNING id
"""
_FREEZE = """
INSERT INTO edition_items (edition, item)
SELECT :edition, id FROM items
WHERE bulletin = :bulletin AND number > :after AND number <= :upto AND baseline = 0
  AND forgotten IS NULL AND withdrawn IS NULL
"""
_QUEUE = """
INSERT INTO deliveries (edition, subscription, address, state, message_id, next_attempt, created)
VALUES (:edition, :subscription, :address, 'queued', :message_id, :now, :now)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One numbered digest occasion; ``audience`` counts its deliveries."""

    id: int
    bulletin: str
    number: int
    audience: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one transaction decided: subscriptions that were due, deliveries that were queued."""

    subscriptions: int
    deliveries: int


class EditionStore:
    """Editions in a database."""

    def __init__(self, database: Database, *, secret: str, mail_domain: str) -> None:
        self._database = database
        self._secret = secret.encode()
        self._mail_domain = mail_domain

    def open_due(self, *, now: datetime) -> Decided:
        """Decide for a batch of due subscriptions who gets which items, in one transaction.

        Call it again until no subscription was due. Where nothing is new, nothing is queued and
        only the next due time moves.
        """
        with self._database.reading() as transaction:
            if transaction.one(_ANY_DUE, now=to_column(now)) is None:
                return Decided(subscriptions=0, deliveries=0)
        with self._database.transaction() as transaction:
            rows = transaction.all(_DUE, now=to_column(now), limit=BATCH)
            due = [(subscription_from(row), int(row["upto"])) for row in rows]
            queued = 0
            for (bulletin, after, upto), group in groupby(
                due, key=lambda pair: (pair[0].bulletin, pair[0].mark, pair[1])
            ):
                audience = [subscription for subscription, _ in group]
                edition = self._open(transaction, bulletin, after=after, upto=upto, now=now)
                if edition is not None:
                    queued += self._queue(transaction, edition, audience, now=now)
                _move_on(transaction, audience, upto=upto, now=now)
        return Decided(subscriptions=len(due), deliveries=queued)

    def _open(
        self, transaction: Transaction, bulletin: str, *, after: int, upto: int, now: datetime
    ) -> int | None:
        """Return the edition of these items, opened now or before; None where there are none."""
        # Two workers that open editions of one bulletin at once would take the same number.
        transaction.one("SELECT 1 FROM bulletins WHERE slug = :slug FOR UPDATE", slug=bulletin)
        values = {"bulletin": bulletin, "after": after, "upto": upto}
        known = transaction.one(
            "SELECT id FROM editions WHERE bulletin = :bulletin AND after = :after "
            "AND upto = :upto",
            **values,
        )
        if known is not None:
            return int(known["id"])
        if not transaction.one(
            "SELECT 1 FROM items WHERE bulletin = :bulletin AND number > :after "
            "AND number <= :upto AND baseline = 0 AND forgotten IS NULL AND withdrawn IS NULL "
            "LIMIT 1",
            **values,
        ):
            return None
        row = transaction.one(_OPEN, **values, now=to_column(now))
        if row is None:
            raise RuntimeError("an edition just opened is not there")
        transaction.run(_FREEZE, edition=row["id"], **values)
        return int(row["id"])

    def _queue(
        self,
        transaction: Transaction,
        edition: int,
        audience: Sequence[Subscription],
        *,
        now: datetime,
    ) -> int:
        transaction.run_each(
            _QUEUE,
            [
                {
                    "edition": edition,
                    "subscription": subscription.id,
                    "address": subscription.address,
                    "message_id": self.message_id(edition, subscription.id),
                    "now": to_column(now),
                }
                for subscription in audience
            ],
        )
        transaction.run(
            "UPDATE editions SET audience = audience + :more WHERE id = :id",
            more=len(audience),
            id=edition,
        )
        return len(audience)

    def message_id(self, edition: int, subscription: int) -> str:
        """Derive the Message-ID: the same for every try, and not to be guessed from outside."""
        text = f"{edition}/{subscription}".encode()
        digest = hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:24]
        return f"<e{edition}.{digest}@{self._mail_domain}>"

    def items(self, edition: int) -> tuple[Item, ...]:
        """Return the items of an edition as they are now, newest publication first.

        What it was opened with it holds, though an item be forgotten since.
        """
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {ITEM} FROM edition_items JOIN items ON items.id = edition_items.item "
                "WHERE edition = :edition ORDER BY published DESC, number DESC",
                edition=edition,
            )
        return tuple(item_from(row) for row in rows)

    def edition(self, edition: int) -> Edition:
        """Return one edition. Raises LookupError for an id that is not there."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT id, bulletin, number, audience FROM editions WHERE id = :id", id=edition
            )
        if row is None:
            raise LookupError(f"no edition {edition}")
        return Edition(
            id=row["id"],
            bulletin=row["bulletin"],
            number=row["number"],
            audience=row["audience"],
        )

    def next_items(self, bulletin: str) -> tuple[Item, ...]:
        """Return what the next edition would hold: the items after the oldest mark."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {ITEM} FROM items WHERE bulletin = :bulletin AND baseline = 0 "
                "AND forgotten IS NULL AND withdrawn IS NULL "
                "AND number > (SELECT min(mark) FROM subscriptions "
                "WHERE active = 1 AND bulletin = :bulletin) "
                "ORDER BY published DESC, number DESC",
                bulletin=bulletin,
            )
        return tuple(item_from(row) for row in rows)


def _move_on(
    transaction: Transaction, audience: Sequence[Subscription], *, upto: int, now: datetime
) -> None:
    """Write the new mark and the next due time of subscriptions that were decided."""
    rows: list[dict[str, object]] = []
    for subscription in audience:
        following = next_digest(subscription.cadence, now, subscription.time_zone)
        rows.append(
            {
                "id": subscription.id,
                "upto": upto,
                "next_digest": to_column(following) if following else None,
            }
        )
    transaction.run_each(
        "UPDATE subscriptions SET mark = :upto, next_digest = :next_digest WHERE id = :id", rows
    )
