"""Addresses that are not written to, in SQL: as digests, which stay when all else is deleted."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.model import SubscriberState
from notifier.notice_store import suppress_notices
from notifier.secret_store import SecretStore
from notifier.subscriber_store import end
from notifier.subscription_columns import several

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from feeds.database import Database, Transaction


class Reason(StrEnum):
    """Why an address is not written to."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED_ALL = "unsubscribed-all"
    OPERATOR = "operator"

    @property
    def ends_by_consent(self) -> bool:
        """Whether a confirmed sign-up ends it: it proves that mail arrives and is wanted."""
        return self in (Reason.BOUNCED, Reason.UNSUBSCRIBED_ALL)


_STATES = {
    Reason.BOUNCED: SubscriberState.BOUNCED,
    Reason.COMPLAINED: SubscriberState.COMPLAINED,
    Reason.UNSUBSCRIBED_ALL: SubscriberState.UNSUBSCRIBED,
    Reason.OPERATOR: SubscriberState.UNSUBSCRIBED,
}


@dataclass(frozen=True, slots=True)
class Suppression:
    """That an address is not written to, why, and since when."""

    reason: Reason
    since: datetime


class SuppressionStore:
    """The suppression list in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._secrets = SecretStore(database)

    def find(self, address: str) -> Suppression | None:
        """Return whether an address is suppressed; None where it is not."""
        digest = self._digest()(address)
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT reason, since FROM suppressions WHERE hash = :hash", hash=digest
            )
        if row is None:
            return None
        return Suppression(Reason(row["reason"]), from_column(row["since"]))

    def suppress(self, address: str, reason: Reason, *, now: datetime) -> None:
        """Write to an address no more: its subscriptions end, what was queued is suppressed."""
        digest = self._digest()(address)
        with self._database.transaction() as transaction:
            transaction.run(
                "INSERT INTO suppressions (hash, reason, since) VALUES (:hash, :reason, :since) "
                "ON CONFLICT (hash) DO UPDATE SET reason = excluded.reason, since = excluded.since",
                hash=digest,
                reason=reason.value,
                since=to_column(now),
            )
            suppress_notices(transaction, address, because=reason.value, now=now)
            row = transaction.one(
                "SELECT id FROM subscribers WHERE address = :address FOR UPDATE", address=address
            )
            if row is None:
                return
            for found in transaction.all(
                "SELECT id FROM subscriptions WHERE subscriber = :id AND active = 1 "
                "ORDER BY id FOR UPDATE",
                id=row["id"],
            ):
                end(transaction, found["id"], because=reason.value, now=now)
            transaction.run(
                "UPDATE subscribers SET state = :state WHERE id = :id",
                state=_STATES[reason].value,
                id=row["id"],
            )

    def revive(self, address: str) -> bool:
        """Take an address off the list; False where it did not stand there.

        What ended does not begin again by itself: somebody subscribes anew.
        """
        digest = self._digest()(address)
        with self._database.transaction() as transaction:
            gone = transaction.run("DELETE FROM suppressions WHERE hash = :hash", hash=digest)
        return gone > 0

    def test(self) -> Callable[[Transaction, Sequence[str]], dict[str, str]]:
        """Return a question for use inside a transaction: which addresses are suppressed, why."""
        digest = self._digest()

        def reasons(transaction: Transaction, addresses: Sequence[str]) -> dict[str, str]:
            if not addresses or transaction.one("SELECT 1 FROM suppressions LIMIT 1") is None:
                return {}
            hashes = {digest(address): address for address in addresses}
            listed, values = several(list(hashes))
            rows = transaction.all(
                f"SELECT hash, reason FROM suppressions WHERE hash IN ({listed})", **values
            )
            return {hashes[row["hash"]]: row["reason"] for row in rows}

        return reasons

    def _digest(self) -> Callable[[str], str]:
        """Return what makes the digest of an address, of this installation's own."""
        secret = self._secrets.secret("suppression").encode()
        return lambda address: hmac.new(
            secret, address.strip().casefold().encode(), hashlib.sha256
        ).hexdigest()
