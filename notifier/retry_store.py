"""Deliveries that failed, queued anew by an operator, in SQL.

The row stays the same one with the same Message-ID, and its ledger goes on: only its time begins
again. What may have arrived already is left alone unless it is meant, and who is written to no
more is left alone whatever is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import to_column
from notifier.subscription_columns import batched
from notifier.suppression_store import SuppressionStore

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database

# An attempt that ended without an answer, whether it was the last one or not.
_DOUBTFUL = """
EXISTS (
    SELECT 1 FROM attempts WHERE attempts.delivery = deliveries.id
    AND (attempts.state = 'uncertain' OR (attempts.state = 'failed' AND code IS NULL))
)
"""
_FAILED = f"""
SELECT deliveries.id AS id, address, active,
    CASE WHEN {_DOUBTFUL} THEN 1 ELSE 0 END AS doubtful
FROM deliveries
JOIN subscriptions ON subscriptions.id = deliveries.subscription
JOIN editions ON editions.id = deliveries.edition
WHERE editions.bulletin = :bulletin AND editions.number = :number AND state = 'failed'
  AND (deliveries.id = :delivery OR :delivery = 0) AND (address = :address OR :address = '')
ORDER BY deliveries.id FOR UPDATE OF deliveries
"""
# Another lease: whoever still holds the old one records nothing any more.
_REQUEUE = """
UPDATE deliveries SET state = 'queued', next_attempt = :now, renewed = :now, finished = NULL,
    reply = '', doubts = 0, deaths = 0, attempts_before = attempts, lease = lease + 1
WHERE id = :id AND state = 'failed'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """How many were queued anew, and how many were not.

    ``gone`` are those of readers who left or are written to no more, ``doubtful`` those that may
    have arrived.
    """

    queued: int = 0
    gone: int = 0
    doubtful: int = 0


class RetryStore:
    """Failed deliveries in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._suppressions = SuppressionStore(database)

    def requeue(  # noqa: PLR0913 - which, and how far it may go
        self,
        bulletin: str,
        number: int,
        *,
        now: datetime,
        delivery: int = 0,
        address: str = "",
        even_doubtful: bool = False,
    ) -> Requeued:
        """Queue the failed deliveries of an edition anew, all of them or those of one reader."""
        is_suppressed = self._suppressions.test()
        with self._database.transaction() as transaction:
            rows = transaction.all(
                _FAILED, bulletin=bulletin, number=number, delivery=delivery, address=address
            )
            reasons: dict[str, str] = {}
            for some in batched([row["address"] for row in rows]):
                reasons |= is_suppressed(transaction, some)
            there = [
                row
                for row in rows
                if row["active"] and row["address"] and row["address"] not in reasons
            ]
            sure = [row for row in there if even_doubtful or not row["doubtful"]]
            transaction.run_each(
                _REQUEUE, [{"id": row["id"], "now": to_column(now)} for row in sure]
            )
        return Requeued(
            queued=len(sure), gone=len(rows) - len(there), doubtful=len(there) - len(sure)
        )
