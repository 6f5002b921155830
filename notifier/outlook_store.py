"""What is to come by mail, and how fast what is queued leaves, in SQL: for who watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.model import NEVER, DeliveryState

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database

_WINDOW = timedelta(minutes=1)
# Looked at from the newest delivery on: more are never counted, and the time they took is known.
_MOST = 2_000
_NEXT = """
SELECT bulletin, min(next_digest) AS due, count(DISTINCT subscription) AS readers
FROM rules JOIN subscriptions ON subscriptions.id = rules.subscription
JOIN subscribers ON subscribers.id = subscriptions.subscriber
WHERE next_digest IS NOT NULL AND active = 1 AND state = 'active'
GROUP BY bulletin ORDER BY due, bulletin
"""
# In the words of the index of open deliveries, which are few beside all that were ever sent. What
# waits for an operator is due at no time.
_UNDER_WAY = """
SELECT state, count(*) AS mails FROM deliveries
WHERE state IN ('queued', 'deferred', 'uncertain', 'sending') AND next_attempt < :never
GROUP BY state ORDER BY state
"""
_LATELY = """
SELECT count(*) AS mails, min(finished) AS first FROM (
    SELECT finished FROM deliveries WHERE state = 'sent' ORDER BY id DESC LIMIT :most
) AS lately WHERE finished > :since
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDigest:
    """When the first of a bulletin's timed digests is due, and how many readers have such."""

    bulletin: str
    due: datetime
    readers: int


class OutlookStore:
    """What is to come, by a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_digests(self) -> tuple[NextDigest, ...]:
        """Return the next timed digest of each bulletin that has any, the first one first."""
        with self._database.reading() as transaction:
            rows = transaction.all(_NEXT)
        return tuple(
            NextDigest(
                bulletin=row["bulletin"], due=from_column(row["due"]), readers=int(row["readers"])
            )
            for row in rows
        )

    def under_way(self) -> dict[DeliveryState, int]:
        """Count the deliveries that are under way, by state; none where nothing is."""
        with self._database.reading() as transaction:
            rows = transaction.all(_UNDER_WAY, never=to_column(NEVER))
        return {DeliveryState(row["state"]): int(row["mails"]) for row in rows}

    def mails_per_minute(self, *, now: datetime) -> int:
        """Return how many mails left in the last minute; by their pace where they are very many."""
        since = now - _WINDOW
        with self._database.reading() as transaction:
            row = transaction.one(_LATELY, most=_MOST, since=to_column(since))
        if row is None or not row["mails"]:
            return 0
        mails = int(row["mails"])
        if mails < _MOST:
            return mails
        took = now - from_column(str(row["first"]))
        return round(mails * (_WINDOW / max(took, timedelta(seconds=1))))
