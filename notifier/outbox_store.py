"""The outbox in SQL: claim deliveries, begin an attempt, record its outcome, count what is where.

A claim moves the due time ahead by a lease, so what a dead worker held is due again by itself.
Beginning and recording are fenced by the number of the lease: who was overtaken begins nothing
and writes over nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.text import clean_text
from notifier.model import Delivery, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from feeds.database import Database, Row, Transaction

# The states stand there in the words of the index, which has no others.
_OPEN = "state IN ('queued', 'deferred', 'uncertain', 'sending')"
_DUE = f"{_OPEN} AND next_attempt <= :now"
# A row that is still "sending" when it is due again belonged to a process that died: nobody
# knows whether the mail went out.
_CLAIM = f"""
UPDATE deliveries
SET lease = lease + 1, next_attempt = :until,
    deaths = deaths + CASE WHEN state = 'sending' THEN 1 ELSE 0 END,
    state = CASE WHEN state = 'sending' THEN 'uncertain' ELSE state END
WHERE id IN (
    SELECT id FROM deliveries WHERE {_DUE} ORDER BY next_attempt, id LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
RETURNING id, edition, subscription, address, state, message_id,
          attempts - attempts_before AS attempts, doubts, deaths,
          coalesce(renewed, created) AS created, lease,
          (SELECT token FROM subscriptions WHERE subscriptions.id = subscription) AS token,
          (SELECT active FROM subscriptions WHERE subscriptions.id = subscription) AS wanted
"""
_BURY = """
UPDATE attempts SET state = 'uncertain', finished = :now, reply = 'the process that sent it died'
WHERE delivery = :delivery AND finished IS NULL
"""
_BEGIN = """
UPDATE deliveries SET state = 'sending', attempts = attempts + 1, next_attempt = :until
WHERE id = :delivery AND lease = :lease AND state IN ('queued', 'deferred', 'uncertain')
"""
_NOTE_BEGIN = """
INSERT INTO attempts (delivery, number, started, state, relay)
SELECT id, attempts, :now, 'sending', :relay FROM deliveries
WHERE id = :delivery AND lease = :lease AND state = 'sending'
"""
_BEGUN = "SELECT 1 FROM deliveries WHERE id = :delivery AND lease = :lease AND state = 'sending'"
# Who was forgotten meanwhile has no address here, and it is not quoted either.
_NOTE = """
UPDATE attempts
SET state = :state, finished = :now, relay = :relay, code = :code, enhanced = :enhanced,
    reply = CASE WHEN (SELECT address FROM deliveries WHERE id = :delivery) = '' THEN ''
            ELSE :reply END
WHERE delivery = :delivery AND finished IS NULL AND EXISTS (
    SELECT 1 FROM deliveries WHERE id = :delivery AND lease = :lease AND state = 'sending'
)
"""
_RECORD = """
UPDATE deliveries
SET state = :state, next_attempt = :next_attempt, finished = :finished,
    reply = CASE WHEN address = '' THEN '' ELSE :reply END,
    doubts = doubts + :doubt
WHERE id = :delivery AND lease = :lease
  AND state IN ('queued', 'deferred', 'uncertain', 'sending')
"""
_LONGEST_REPLY = 500
_FINAL = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a delivery that was claimed: sent or not, or not even attempted."""

    delivery: Delivery
    state: DeliveryState
    reply: str
    relay: str = ""
    code: int | None = None
    enhanced: str = ""
    next_attempt: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A delivery that is about to be handed to a relay."""

    delivery: Delivery
    relay: str


class OutboxStore:
    """Deliveries in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, *, now: datetime, lease: timedelta, limit: int = 1) -> tuple[Delivery, ...]:
        """Take the deliveries that wait longest; none where nothing is to be sent now.

        Nothing is attempted by this: who dies with a claim has cost its deliveries some time.
        """
        with self._database.reading() as transaction:
            if not transaction.one(
                f"SELECT 1 FROM deliveries WHERE {_DUE} LIMIT 1", now=to_column(now)
            ):
                return ()
        with self._database.transaction() as transaction:
            rows = transaction.all(
                _CLAIM, now=to_column(now), until=to_column(now + lease), limit=limit
            )
            dead = [row["id"] for row in rows if row["state"] == "uncertain" and row["deaths"]]
            transaction.run_each(_BURY, [{"delivery": id_, "now": to_column(now)} for id_ in dead])
        return tuple(sorted(map(_delivery_from, rows), key=lambda delivery: delivery.id))

    def turn(
        self,
        outcomes: Sequence[Outcome],
        beginnings: Sequence[Beginning] = (),
        *,
        now: datetime,
        lease: timedelta,
    ) -> tuple[frozenset[int], frozenset[int]]:
        """Record what ended and begin what comes next, in one transaction: one wait for the disk.

        Return the ids that were overtaken: of the outcomes, which are not recorded, and of the
        beginnings, which must not be sent. The attempt is counted when it begins and not at its
        outcome: a process that dies while sending must not try for ever.
        """
        with self._database.transaction() as transaction:
            late = _record(transaction, outcomes, now=now)
            lost = _begin(transaction, beginnings, now=now, lease=lease)
        return late, lost

    def give_back(self, deliveries: Sequence[tuple[Delivery, datetime]]) -> None:
        """Let go of claimed deliveries that were not begun; each is due at its own time."""
        rows = [
            {"delivery": delivery.id, "lease": delivery.lease, "due": to_column(due)}
            for delivery, due in deliveries
        ]
        with self._database.transaction() as transaction:
            transaction.run_each(
                "UPDATE deliveries SET next_attempt = :due "
                "WHERE id = :delivery AND lease = :lease AND state <> 'sending'",
                rows,
            )

    def postpone(self, *, until: datetime, reply: str) -> None:
        """Let nothing be sent before an instant, and say why: the relay refuses us, not somebody.

        Who waits longer already, for a reason of its own, keeps both.
        """
        with self._database.transaction() as transaction:
            transaction.run(
                f"UPDATE deliveries SET next_attempt = :until, reply = :reply WHERE {_OPEN} "
                "AND state <> 'sending' AND next_attempt < :until",
                until=to_column(until),
                reply=_told(reply),
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


def _record(
    transaction: Transaction, outcomes: Sequence[Outcome], *, now: datetime
) -> frozenset[int]:
    """Write outcomes; return the ids whose delivery somebody else has."""
    rows = [_outcome_row(outcome, now=now) for outcome in outcomes]
    # The delivery is asked whether it is still ours, so it is written last.
    transaction.run_each(_NOTE, [_only(row, _OF_ATTEMPT) for row in rows])
    written = transaction.run_each(_RECORD, [_only(row, _OF_DELIVERY) for row in rows])
    if written == len(rows):
        return frozenset()
    return frozenset(
        outcome.delivery.id
        for outcome in outcomes
        if not transaction.one(
            "SELECT 1 FROM deliveries WHERE id = :delivery AND lease = :lease AND state = :state",
            delivery=outcome.delivery.id,
            lease=outcome.delivery.lease,
            state=outcome.state.value,
        )
    )


def _begin(
    transaction: Transaction,
    beginnings: Sequence[Beginning],
    *,
    now: datetime,
    lease: timedelta,
) -> frozenset[int]:
    """Write that attempts begin; return the ids whose delivery somebody else has."""
    until = to_column(now + lease)
    keys = [
        {"delivery": beginning.delivery.id, "lease": beginning.delivery.lease}
        for beginning in beginnings
    ]
    begun = transaction.run_each(_BEGIN, [{**key, "until": until} for key in keys])
    transaction.run_each(
        _NOTE_BEGIN,
        [
            {**key, "now": to_column(now), "relay": beginning.relay}
            for key, beginning in zip(keys, beginnings, strict=True)
        ],
    )
    if begun == len(keys):
        return frozenset()
    return frozenset(key["delivery"] for key in keys if not transaction.one(_BEGUN, **key))


def _told(reply: str) -> str:
    """Return what a relay said as a database takes it: it is outside text."""
    return clean_text(reply)[:_LONGEST_REPLY]


_OF_ATTEMPT = ("delivery", "lease", "state", "now", "relay", "code", "enhanced", "reply")
_OF_DELIVERY = ("delivery", "lease", "state", "reply", "next_attempt", "finished", "doubt")


def _only(row: dict[str, object], names: tuple[str, ...]) -> dict[str, object]:
    return {name: row[name] for name in names}


def _outcome_row(outcome: Outcome, *, now: datetime) -> dict[str, object]:
    moment = to_column(now)
    due = outcome.next_attempt
    return {
        "delivery": outcome.delivery.id,
        "lease": outcome.delivery.lease,
        "state": outcome.state.value,
        "reply": _told(outcome.reply),
        "relay": outcome.relay,
        "code": outcome.code,
        "enhanced": outcome.enhanced,
        "now": moment,
        "next_attempt": to_column(due) if due else moment,
        "finished": moment if outcome.state in _FINAL else None,
        "doubt": int(outcome.state is DeliveryState.UNCERTAIN),
    }


def _delivery_from(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        edition_id=row["edition"],
        subscription_id=row["subscription"],
        address=row["address"],
        message_id=row["message_id"],
        attempts=row["attempts"] + 1,
        doubts=row["doubts"],
        deaths=row["deaths"],
        created=from_column(row["created"]),
        lease=row["lease"],
        token=row["token"],
        wanted=bool(row["wanted"]),
    )
