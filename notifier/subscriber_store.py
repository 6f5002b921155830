"""Subscribers and their subscriptions in SQL. Each method is one question or one transaction."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from feeds.instants import from_column, to_column
from notifier.cadence import next_digest
from notifier.model import SubscriberState, Subscription

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row, Transaction

_SUBSCRIPTION = """
SELECT subscriptions.id AS id, subscriber, address, bulletin, cadence, time_zone, language,
       mark, next_digest, token
FROM subscriptions JOIN subscribers ON subscribers.id = subscriptions.subscriber
"""
_UPSERT = """
INSERT INTO subscriptions (
    subscriber, bulletin, cadence, time_zone, language, mark, next_digest, token, created
) VALUES (
    :subscriber, :bulletin, :cadence, :time_zone, :language,
    (SELECT number FROM bulletins WHERE slug = :bulletin), :next_digest, :token, :created
)
ON CONFLICT (subscriber, bulletin) DO UPDATE SET
    cadence = excluded.cadence, time_zone = excluded.time_zone, language = excluded.language,
    next_digest = CASE
        WHEN subscriptions.active = 1 AND subscriptions.cadence = excluded.cadence
            AND subscriptions.time_zone = excluded.time_zone THEN subscriptions.next_digest
        ELSE excluded.next_digest END,
    active = 1,
    mark = CASE WHEN subscriptions.active = 1 THEN subscriptions.mark ELSE excluded.mark END
"""


class SubscriberStore:
    """Subscribers in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def subscribe(  # noqa: PLR0913 - a subscription has these parts
        self,
        address: str,
        bulletin: str,
        *,
        cadence: str,
        time_zone: ZoneInfo,
        language: str,
        now: datetime,
    ) -> Subscription:
        """Add a subscription, or change the cadence, zone and language of one that exists.

        It starts from now: what the bulletin holds already is told to nobody. A change keeps
        the mark, so that nothing is lost or told twice; who comes back starts anew.
        """
        following = next_digest(cadence, now, time_zone)
        with self._database.transaction() as transaction:
            subscriber = _activate(transaction, address, now=now)
            transaction.run(
                _UPSERT,
                subscriber=subscriber,
                bulletin=bulletin,
                cadence=cadence,
                time_zone=time_zone.key,
                language=language,
                next_digest=to_column(following) if following else None,
                token=secrets.token_urlsafe(16),
                created=to_column(now),
            )
            row = transaction.one(
                f"{_SUBSCRIPTION} WHERE subscriber = :subscriber AND bulletin = :bulletin",
                subscriber=subscriber,
                bulletin=bulletin,
            )
        if row is None:
            raise RuntimeError("a subscription just written is not there")
        return subscription_from(row)

    def subscriptions(self, bulletin: str = "") -> tuple[Subscription, ...]:
        """Return the active subscriptions, of one bulletin or of all, by address."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"{_SUBSCRIPTION} WHERE active = 1 AND (bulletin = :bulletin OR :bulletin = '') "
                "ORDER BY address, bulletin",
                bulletin=bulletin,
            )
        return tuple(subscription_from(row) for row in rows)

    def by_token(self, token: str) -> Subscription | None:
        """Return the subscription of a token, ended or not; None for a token of nobody."""
        with self._database.reading() as transaction:
            row = transaction.one(f"{_SUBSCRIPTION} WHERE token = :token", token=token)
        return None if row is None else subscription_from(row)

    def unsubscribe(self, subscription: Subscription, *, now: datetime) -> None:
        """End a subscription; what was still queued for it is suppressed. Doing it twice is one."""
        with self._database.transaction() as transaction:
            # Who subscribes to something else just now waits, and then finds the state as it is.
            transaction.one(
                "SELECT 1 FROM subscribers WHERE id = :id FOR UPDATE", id=subscription.subscriber_id
            )
            _end(transaction, subscription.id, now=now)
            transaction.run(
                "UPDATE subscribers SET state = :state WHERE id = :id AND NOT EXISTS "
                "(SELECT 1 FROM subscriptions WHERE subscriber = :id AND active = 1)",
                state=SubscriberState.UNSUBSCRIBED.value,
                id=subscription.subscriber_id,
            )

    def signing_secret(self) -> str:
        """Return the secret of this installation, made at its first use."""
        with self._database.reading() as transaction:
            row = transaction.one("SELECT value FROM secrets WHERE name = 'message-id'")
        if row is None:
            with self._database.transaction() as transaction:
                transaction.run(
                    "INSERT INTO secrets (name, value) VALUES ('message-id', :value) "
                    "ON CONFLICT (name) DO NOTHING",
                    value=secrets.token_hex(32),
                )
                row = transaction.one("SELECT value FROM secrets WHERE name = 'message-id'")
        if row is None:
            raise RuntimeError("a secret just written is not there")
        return str(row["value"])


def _activate(transaction: Transaction, address: str, *, now: datetime) -> int:
    """Make the subscriber known and active; return its id."""
    row = transaction.one(
        "INSERT INTO subscribers (address, state, created) VALUES (:address, :state, :created) "
        "ON CONFLICT (address) DO UPDATE SET state = excluded.state RETURNING id",
        address=address,
        state=SubscriberState.ACTIVE.value,
        created=to_column(now),
    )
    if row is None:
        raise RuntimeError("a subscriber just written is not there")
    return int(row["id"])


def _end(transaction: Transaction, subscription: int, *, now: datetime) -> None:
    transaction.run("UPDATE subscriptions SET active = 0 WHERE id = :id", id=subscription)
    transaction.run(
        "UPDATE deliveries SET state = 'suppressed', reply = 'unsubscribed', finished = :now "
        "WHERE subscription = :id AND state IN ('queued', 'deferred', 'uncertain', 'sending') "
        "AND state <> 'sending'",
        id=subscription,
        now=to_column(now),
    )


def subscription_from(row: Row) -> Subscription:
    """Read a subscription from a row that has its columns and the subscriber's address."""
    return Subscription(
        id=row["id"],
        subscriber_id=row["subscriber"],
        address=row["address"],
        bulletin=row["bulletin"],
        cadence=row["cadence"],
        time_zone=ZoneInfo(row["time_zone"]),
        language=row["language"],
        mark=row["mark"],
        next_digest=from_column(row["next_digest"]),
        token=row["token"],
    )
