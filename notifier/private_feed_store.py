"""Private feeds: one for a subscription, of what its rules want, for whoever has its address.

In SQL. Its token is made of the row's number and signed; a feed that is revoked has no row any
more, and one that is made again has another number, and so another address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.identifiers import mint_id, new_token
from feeds.instants import from_column, to_column
from notifier.rule_store import with_rules
from notifier.secret_store import SecretStore
from notifier.subscription_columns import SUBSCRIPTION
from notifier.subscription_tokens import TokenKind

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row
    from notifier.model import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFeed:
    """A feed of what a subscription wants; ``feed_id`` is its id for good."""

    token: str
    feed_id: str
    made: datetime
    subscription: Subscription


class PrivateFeedStore:
    """Private feeds in a database."""

    def __init__(self, database: Database, *, authority: str) -> None:
        self._database = database
        self._authority = authority
        self._secrets = SecretStore(database)

    def make(self, subscription: Subscription, *, now: datetime) -> None:
        """Let there be a private feed of a subscription; one that is there stays."""
        with self._database.transaction() as transaction:
            transaction.run(
                "INSERT INTO private_feeds (subscription, feed_id, made) "
                "VALUES (:subscription, :feed_id, :made) ON CONFLICT (subscription) DO NOTHING",
                subscription=subscription.id,
                feed_id=mint_id(self._authority, subscription.bulletin, new_token(), now=now),
                made=to_column(now.replace(microsecond=0)),
            )

    def revoke(self, subscription: Subscription) -> None:
        """End the private feed of a subscription: its address opens nothing any more."""
        with self._database.transaction() as transaction:
            transaction.run(
                "DELETE FROM private_feeds WHERE subscription = :subscription",
                subscription=subscription.id,
            )

    def of(self, subscription: Subscription) -> PrivateFeed | None:
        """Return the private feed of a subscription; None where there is none."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT id, feed_id, made FROM private_feeds WHERE subscription = :subscription",
                subscription=subscription.id,
            )
        return self._from(row, subscription) if row else None

    def by_token(self, token: str) -> PrivateFeed | None:
        """Return the feed that a token opens, mail or no mail; None for a token of nobody."""
        number = self._secrets.tokens().number(TokenKind.FEED, token)
        if number is None:
            return None
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT id, feed_id, made, subscription FROM private_feeds WHERE id = :id",
                id=number,
            )
            if row is None:
                return None
            rows = transaction.all(
                f"SELECT {SUBSCRIPTION} FROM subscriptions "
                "JOIN subscribers ON subscribers.id = subscriptions.subscriber "
                "WHERE subscriptions.id = :id",
                id=row["subscription"],
            )
            (subscription,) = with_rules(transaction, rows)
        return self._from(row, subscription)

    def _from(self, row: Row, subscription: Subscription) -> PrivateFeed:
        return PrivateFeed(
            token=self._secrets.tokens().token(TokenKind.FEED, row["id"]),
            feed_id=row["feed_id"],
            made=from_column(row["made"]),
            subscription=subscription,
        )
