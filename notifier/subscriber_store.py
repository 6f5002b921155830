"""Subscribers and their subscriptions in SQL. Each method is one question or one transaction.

What somebody changes of a subscription that goes on stands in ``notifier.wish_store``.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.instants import to_column
from notifier.model import UNSUBSCRIBED, Form, Rule, SubscriberState, Subscription
from notifier.rule_store import put_rules, with_rules
from notifier.secret_store import SecretStore
from notifier.subscription_columns import A_PERSON, SUBSCRIPTION
from notifier.subscription_tokens import TokenKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from feeds.database import Database, Transaction

_FROM = "FROM subscriptions JOIN subscribers ON subscribers.id = subscriptions.subscriber"
_SUBSCRIPTION = f"SELECT {SUBSCRIPTION} {_FROM}"
_UPSERT = """
INSERT INTO subscriptions (
    subscriber, bulletin, time_zone, language, mark, corrected, token, created
) VALUES (
    :subscriber, :bulletin, :time_zone, :language,
    (SELECT number FROM bulletins WHERE slug = :bulletin),
    (SELECT number FROM bulletins WHERE slug = :bulletin), :token, :created
)
ON CONFLICT (subscriber, bulletin) DO UPDATE SET
    time_zone = excluded.time_zone, language = excluded.language, active = 1, ended = NULL,
    ended_because = '',
    mark = CASE WHEN subscriptions.active = 1 THEN subscriptions.mark ELSE excluded.mark END,
    corrected = CASE WHEN subscriptions.active = 1 THEN subscriptions.corrected
        ELSE excluded.corrected END
"""
_BATCH = 1000


class SubscriberStore:
    """Subscribers in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._secrets = SecretStore(database)

    def subscribe(  # noqa: PLR0913 - a subscription has these parts
        self,
        address: str,
        bulletin: str,
        *,
        time_zone: ZoneInfo,
        language: str,
        now: datetime,
        cadence: str = "weekly",
        rules: Sequence[Rule] = (),
        form: Form | None = None,
        consent: tuple[str, datetime] | None = None,
    ) -> Subscription:
        """Add a subscription, or change the wishes of one that exists.

        It starts from now: what the bulletin holds already is told to nobody. A change keeps
        the mark, so that nothing is lost or told twice; who comes back starts anew. ``rules``
        say more than ``cadence`` can. ``consent`` is whence and when it was asked for.
        """
        wanted = tuple(rules) or (Rule(cadence=cadence),)
        tokens = self._secrets.tokens()
        with self._database.transaction() as transaction:
            subscriber = _activate(transaction, address, now=now)
            _describe(transaction, subscriber, form=form, consent=consent)
            before = self._one(
                transaction, "subscriber = :id AND bulletin = :slug", id=subscriber, slug=bulletin
            )
            transaction.run(
                _UPSERT,
                subscriber=subscriber,
                bulletin=bulletin,
                time_zone=time_zone.key,
                language=language,
                token=secrets.token_hex(16),
                created=to_column(now),
            )
            after = self._found(
                transaction, "subscriber = :id AND bulletin = :slug", id=subscriber, slug=bulletin
            )
            transaction.run(
                "UPDATE subscriptions SET token = :token WHERE id = :id",
                token=tokens.token(TokenKind.SUBSCRIPTION, after.id),
                id=after.id,
            )
            if before is not None and before.ended is not None:
                transaction.run("DELETE FROM waiting WHERE subscription = :id", id=after.id)
                before = None
            put_rules(transaction, replace(after, rules=wanted), before=before, now=now)
            return self._found(transaction, "subscriptions.id = :id", id=after.id)

    def subscriptions(self, bulletin: str = "") -> tuple[Subscription, ...]:
        """Return the active subscriptions, of one bulletin or of all, by address."""
        return tuple(self.each_subscription(bulletin))

    def each_subscription(self, bulletin: str = "") -> Iterator[Subscription]:
        """Yield the active subscriptions by address, however many there are."""
        last: dict[str, object] = {"address": "", "last_bulletin": ""}
        while True:
            with self._database.reading() as transaction:
                some = self._all(
                    transaction,
                    f"active = 1 AND {A_PERSON} AND (bulletin = :bulletin OR :bulletin = '') AND "
                    "(address > :address OR (address = :address AND bulletin > :last_bulletin)) "
                    "ORDER BY address, bulletin LIMIT :limit",
                    bulletin=bulletin,
                    limit=_BATCH,
                    **last,
                )
            yield from some
            if len(some) < _BATCH:
                return
            last = {"address": some[-1].address, "last_bulletin": some[-1].bulletin}

    def of_address(self, address: str) -> tuple[Subscription, ...]:
        """Return the subscriptions of an address, those that ended too, by bulletin."""
        with self._database.reading() as transaction:
            return self._all(transaction, "address = :address ORDER BY bulletin", address=address)

    def by_token(self, token: str) -> Subscription | None:
        """Return the subscription of a token, ended or not; None for a token of nobody."""
        number = self._secrets.tokens().number(TokenKind.SUBSCRIPTION, token)
        with self._database.reading() as transaction:
            if number is not None:
                return self._one(transaction, "subscriptions.id = :id", id=number)
            # Those of before tokens were signed.
            return self._one(transaction, "token = :token", token=token)

    def mail_token(self, subscription_id: int) -> str:
        """Return the token of a subscription for an address of ours: by_token reads it too."""
        return self._secrets.tokens().mail_token(TokenKind.SUBSCRIPTION, subscription_id)

    def unsubscribe(self, subscription: Subscription, *, now: datetime) -> None:
        """End a subscription; what was still queued for it is suppressed. Doing it twice is one."""
        with self._database.transaction() as transaction:
            # Who subscribes to something else just now waits, and then finds the state as it is.
            transaction.one(
                "SELECT 1 FROM subscribers WHERE id = :id FOR UPDATE", id=subscription.subscriber_id
            )
            end(transaction, subscription.id, because=UNSUBSCRIBED, now=now)
            transaction.run(
                "UPDATE subscribers SET state = :state WHERE id = :id AND state = 'active' "
                "AND NOT EXISTS "
                "(SELECT 1 FROM subscriptions WHERE subscriber = :id AND active = 1)",
                state=SubscriberState.UNSUBSCRIBED.value,
                id=subscription.subscriber_id,
            )

    def signing_secret(self) -> str:
        """Return the secret of this installation, made at its first use."""
        return self._secrets.secret("message-id")

    def rotate_tokens(self, *, retire: bool) -> int:
        """Sign all addresses of coming mails anew; return how many. See SecretStore.rotate."""
        self._secrets.rotate(retire=retire)
        tokens = self._secrets.tokens()
        last = renewed = 0
        while True:
            with self._database.transaction() as transaction:
                rows = transaction.all(
                    "SELECT id FROM subscriptions WHERE id > :last ORDER BY id LIMIT :limit",
                    last=last,
                    limit=_BATCH,
                )
                transaction.run_each(
                    "UPDATE subscriptions SET token = :token WHERE id = :id",
                    [
                        {
                            "id": row["id"],
                            "token": tokens.token(TokenKind.SUBSCRIPTION, row["id"]),
                        }
                        for row in rows
                    ],
                )
            if not rows:
                return renewed
            last, renewed = rows[-1]["id"], renewed + len(rows)

    def _one(
        self, transaction: Transaction, where: str, /, **values: object
    ) -> Subscription | None:
        return next(iter(self._all(transaction, where, **values)), None)

    def _found(self, transaction: Transaction, where: str, /, **values: object) -> Subscription:
        found = self._one(transaction, where, **values)
        if found is None:
            raise RuntimeError("a subscription just written is not there")
        return found

    def _all(
        self, transaction: Transaction, where: str, /, **values: object
    ) -> tuple[Subscription, ...]:
        return with_rules(transaction, transaction.all(f"{_SUBSCRIPTION} WHERE {where}", **values))


def end(transaction: Transaction, subscription: int, *, because: str, now: datetime) -> None:
    """End a subscription that goes on; its rules stay, for the day on which it may come back."""
    touched = transaction.run(
        "UPDATE subscriptions SET active = 0, instant = 0, ended = :now, ended_because = :because "
        "WHERE id = :id AND active = 1",
        id=subscription,
        because=because,
        now=to_column(now),
    )
    if not touched:
        return
    transaction.run("UPDATE rules SET next_digest = NULL WHERE subscription = :id", id=subscription)
    transaction.run(
        "UPDATE deliveries SET state = 'suppressed', reply = :because, finished = :now "
        "WHERE subscription = :id AND state IN ('queued', 'deferred', 'uncertain', 'sending') "
        "AND state <> 'sending'",
        id=subscription,
        because=because,
        now=to_column(now),
    )


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


def _describe(
    transaction: Transaction,
    subscriber: int,
    *,
    form: Form | None,
    consent: tuple[str, datetime] | None,
) -> None:
    if form is not None:
        transaction.run(
            "UPDATE subscribers SET form = :form WHERE id = :id", form=form.value, id=subscriber
        )
    if consent is not None:
        source, made = consent
        transaction.run(
            "UPDATE subscribers SET consent_source = :source, consent_at = :made WHERE id = :id",
            source=source,
            made=to_column(made),
            id=subscriber,
        )
