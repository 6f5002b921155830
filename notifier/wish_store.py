"""What subscribers change of themselves, in SQL: wishes, pauses, coming back, going for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import to_column
from notifier.model import UNSUBSCRIBED, SubscriberState
from notifier.rule_store import put_rules, with_rules
from notifier.subscriber_store import end
from notifier.subscription_columns import SUBSCRIPTION
from notifier.suppression_store import Reason, SuppressionStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from feeds.database import Database, Transaction
    from notifier.model import Form, Rule, Subscription

# Who changes their mind within this time has lost nothing of what came in between.
UNDO = timedelta(days=30)
_FROM = "FROM subscriptions JOIN subscribers ON subscribers.id = subscriptions.subscriber"
_REQUEUE = f"""
UPDATE deliveries SET state = 'queued', reply = '', finished = NULL, next_attempt = :now,
    created = :now
WHERE subscription = :id AND state = 'suppressed' AND reply = '{UNSUBSCRIBED}'
  AND finished >= :ended
"""


class WishStore:
    """Changes that a subscriber makes, each of them one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._suppressions = SuppressionStore(database)

    def change_rules(
        self, subscription: Subscription, rules: Sequence[Rule], *, now: datetime
    ) -> None:
        """Put rules in the place of those of a subscription that goes on.

        What was told stays told; what was not is sorted by the rules as they are now.
        """
        with self._database.transaction() as transaction:
            current = _locked(transaction, subscription.id)
            if current is not None and current.ended is None:
                put_rules(
                    transaction, replace(current, rules=tuple(rules)), before=current, now=now
                )

    def describe(
        self,
        subscription: Subscription,
        *,
        time_zone: ZoneInfo,
        language: str,
        form: Form,
        now: datetime,
    ) -> None:
        """Set the zone, the language and the form of all subscriptions of a subscriber."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE subscribers SET form = :form WHERE id = :id",
                form=form.value,
                id=subscription.subscriber_id,
            )
            for current in _all_locked(transaction, subscription.subscriber_id):
                transaction.run(
                    "UPDATE subscriptions SET time_zone = :zone, language = :language "
                    "WHERE id = :id",
                    zone=time_zone.key,
                    language=language,
                    id=current.id,
                )
                if current.ended is None and current.time_zone.key != time_zone.key:
                    put_rules(
                        transaction, replace(current, time_zone=time_zone), before=current, now=now
                    )

    def pause(self, subscription: Subscription, until: datetime | None, *, now: datetime) -> None:
        """Have nothing due before an instant, for all subscriptions of a subscriber; None ends it.

        What comes meanwhile is told once afterwards: at the first occasion behind the pause.
        """
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE subscribers SET paused_until = :until WHERE id = :id",
                until=to_column(until) if until else None,
                id=subscription.subscriber_id,
            )
            for current in _all_locked(transaction, subscription.subscriber_id):
                if current.ended is None:
                    put_rules(transaction, current, before=None, now=now)

    def resume(self, subscription: Subscription, *, now: datetime) -> bool:
        """Take back an unsubscription; False where it is none, or too long ago.

        What was queued when it ended, and what came since, is told after all.
        """
        with self._database.transaction() as transaction:
            current = _locked(transaction, subscription.id)
            if current is None or current.ended is None or now - current.ended > UNDO:
                return False
            touched = transaction.run(
                "UPDATE subscriptions SET active = 1, ended = NULL, ended_because = '' "
                "WHERE id = :id AND ended_because = :because",
                id=current.id,
                because=UNSUBSCRIBED,
            )
            if not touched:
                return False
            transaction.run(
                "UPDATE subscribers SET state = :state WHERE id = :id",
                state=SubscriberState.ACTIVE.value,
                id=current.subscriber_id,
            )
            put_rules(transaction, replace(current, ended=None), before=None, now=now)
            transaction.run(
                _REQUEUE, id=current.id, ended=to_column(current.ended), now=to_column(now)
            )
        return True

    def forget(self, subscription: Subscription, *, now: datetime) -> None:
        """Delete all that is known of a subscriber; a digest of the address stays suppressed.

        Editions still add up: deliveries stay as rows, without an address.
        """
        self._suppressions.suppress(subscription.address, Reason.UNSUBSCRIBED_ALL, now=now)
        with self._database.transaction() as transaction:
            for current in _all_locked(transaction, subscription.subscriber_id):
                end(transaction, current.id, because=UNSUBSCRIBED, now=now)
                transaction.run("DELETE FROM rules WHERE subscription = :id", id=current.id)
                transaction.run("DELETE FROM waiting WHERE subscription = :id", id=current.id)
                transaction.run("DELETE FROM private_feeds WHERE subscription = :id", id=current.id)
                transaction.run(
                    "UPDATE deliveries SET address = '', reply = '' WHERE subscription = :id",
                    id=current.id,
                )
                # A relay often quotes the address that it refuses.
                transaction.run(
                    "UPDATE attempts SET reply = '' WHERE delivery IN "
                    "(SELECT id FROM deliveries WHERE subscription = :id)",
                    id=current.id,
                )
            transaction.run(
                "DELETE FROM bounces WHERE subscriber = :id", id=subscription.subscriber_id
            )
            for table in ("signups", "notices"):
                transaction.run(
                    f"DELETE FROM {table} WHERE address = :address", address=subscription.address
                )
            transaction.run(
                "UPDATE subscribers SET address = :nobody, state = :state, paused_until = NULL, "
                "consent_source = '', consent_at = NULL WHERE id = :id",
                nobody=f"deleted:{subscription.subscriber_id}",
                state=SubscriberState.UNSUBSCRIBED.value,
                id=subscription.subscriber_id,
            )


def _locked(transaction: Transaction, subscription: int) -> Subscription | None:
    """Return a subscription as it is now; who decides about it waits until the transaction ends."""
    rows = transaction.all(
        f"SELECT {SUBSCRIPTION} {_FROM} WHERE subscriptions.id = :id FOR UPDATE OF subscriptions",
        id=subscription,
    )
    return next(iter(with_rules(transaction, rows)), None)


def _all_locked(transaction: Transaction, subscriber: int) -> tuple[Subscription, ...]:
    rows = transaction.all(
        f"SELECT {SUBSCRIPTION} {_FROM} WHERE subscriber = :id ORDER BY subscriptions.id "
        "FOR UPDATE OF subscriptions",
        id=subscriber,
    )
    return with_rules(transaction, rows)
