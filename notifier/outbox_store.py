"""The outbox in SQL: claim a delivery, record its outcome, count what is where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.text import clean_text
from notifier.model import Delivery, DeliveryState

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from feeds.database import Database, Row

# A row that is still "sending" after its lease belonged to a process that died: nobody knows
# whether the mail went out, so it is sent again, with the Message-ID that it has.
# The states stand there once more in the words of the index, which has no others.
_OPEN = """
state IN ('queued', 'deferred', 'uncertain', 'sending') AND (
    (state IN ('queued', 'deferred', 'uncertain') AND next_attempt <= :now)
    OR (state = 'sending' AND leased_until <= :now)
)
"""
_CLAIM = f"""
UPDATE deliveries
SET state = 'sending', attempts = attempts + 1, lease = lease + 1, leased_until = :until,
    doubts = doubts + CASE WHEN state = 'sending' THEN 1 ELSE 0 END
WHERE id = (
    SELECT id FROM deliveries WHERE {_OPEN} ORDER BY next_attempt, id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, edition, subscription, address, message_id, attempts, doubts, created, lease,
          (SELECT token FROM subscriptions WHERE subscriptions.id = subscription) AS token,
          (SELECT active FROM subscriptions WHERE subscriptions.id = subscription) AS wanted
"""
_RECORD = """
UPDATE deliveries
SET state = :state, reply = :reply, next_attempt = :next_attempt, leased_until = '',
    finished = :finished, doubts = doubts + :doubt
WHERE id = :id AND lease = :lease AND state = 'sending'
"""
_LONGEST_REPLY = 500
_FINAL = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SUPPRESSED)


class OutboxStore:
    """Deliveries in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, *, now: datetime, lease: timedelta) -> Delivery | None:
        """Take the delivery that waits longest; None where nothing is to be sent now.

        The attempt is counted here and not at the outcome: a process that dies while sending
        must not try for ever.
        """
        with self._database.reading() as transaction:
            if (
                transaction.one(
                    f"SELECT 1 FROM deliveries WHERE {_OPEN} LIMIT 1", now=to_column(now)
                )
                is None
            ):
                return None
        with self._database.transaction() as transaction:
            row = transaction.one(_CLAIM, now=to_column(now), until=to_column(now + lease))
        return None if row is None else _delivery_from(row)

    def record(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        reply: str,
        now: datetime,
        next_attempt: datetime | None = None,
    ) -> bool:
        """Store the outcome of an attempt; False where another process took the delivery over."""
        with self._database.transaction() as transaction:
            touched = transaction.run(
                _RECORD,
                id=delivery.id,
                lease=delivery.lease,
                state=state.value,
                # What a relay says is outside text; no database takes all of it.
                reply=clean_text(reply)[:_LONGEST_REPLY],
                next_attempt=to_column(next_attempt or now),
                finished=to_column(now) if state in _FINAL else None,
                doubt=int(state is DeliveryState.UNCERTAIN),
            )
        return touched == 1

    def postpone(self, *, until: datetime) -> None:
        """Let nothing be sent before an instant: the relay refuses us, not somebody."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE deliveries SET next_attempt = :until "
                "WHERE state IN ('queued', 'deferred', 'uncertain', 'sending') "
                "AND state <> 'sending' AND next_attempt < :until",
                until=to_column(until),
            )

    def tally(self, edition: int | None = None) -> dict[DeliveryState, int]:
        """Count the deliveries in each state, of one edition or of all."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT state, count(*) AS deliveries FROM deliveries "
                "WHERE edition = :edition OR :edition = 0 GROUP BY state",
                edition=edition or 0,
            )
        counts = {row["state"]: int(row["deliveries"]) for row in rows}
        return {state: counts.get(state.value, 0) for state in DeliveryState}


def _delivery_from(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        edition_id=row["edition"],
        subscription_id=row["subscription"],
        address=row["address"],
        message_id=row["message_id"],
        attempts=row["attempts"],
        doubts=row["doubts"],
        created=from_column(row["created"]),
        lease=row["lease"],
        token=row["token"],
        wanted=bool(row["wanted"]),
    )
