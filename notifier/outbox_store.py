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
# What goes to channels is told by a loop of its own.
_MAIL = "channel = 0"
_DUE = f"{_OPEN} AND {_MAIL} AND next_attempt <= :now"
# A row that is still "sending" when it is due again belonged to a process that died: nobody
# knows whether the mail went out.
_CLAIM = """
UPDATE deliveries
SET lease = lease + 1, next_attempt = :until,
    deaths = deaths + CASE WHEN state = 'sending' THEN 1 ELSE 0 END,
    state = CASE WHEN state = 'sending' THEN 'uncertain' ELSE state END
WHERE id IN ({which})
RETURNING id, edition, subscription, address, state, message_id, attempts, doubts, deaths,
          created, lease,
          (SELECT token FROM subscriptions WHERE subscriptions.id = subscription) AS token,
          (SELECT active FROM subscriptions WHERE subscriptions.id = subscription) AS wanted,
          (SELECT ended_because FROM subscriptions WHERE subscriptions.id = subscription)
              AS ended_because,
          CASE WHEN attempts > 0 THEN (SELECT min(started) FROM attempts
               WHERE attempts.delivery = deliveries.id) END AS first_try
"""
_MAILS = f"""
SELECT id FROM deliveries WHERE {_DUE} ORDER BY next_attempt, id LIMIT :limit
FOR UPDATE SKIP LOCKED
"""
# A channel hears one thing after the other: what waits keeps what came after it.
_FIRST = f"""
SELECT id FROM (
    SELECT id, next_attempt FROM deliveries
    WHERE subscription = :subscription AND channel = 1 AND {_OPEN} ORDER BY id LIMIT 1 FOR UPDATE
) AS first WHERE next_attempt <= :now
"""
_CHANNELS = f"""
SELECT subscription, min(next_attempt) AS due FROM deliveries
WHERE id IN (SELECT min(id) FROM deliveries WHERE channel = 1 AND {_OPEN} GROUP BY subscription)
GROUP BY subscription ORDER BY subscription
"""
_BURY = """
UPDATE attempts SET state = 'uncertain', finished = :now, reply = 'the process that sent it died'
WHERE delivery = :delivery AND finished IS NULL
"""
_BEGIN = """
WITH next (delivery, lease, until) AS (VALUES :rows)
UPDATE deliveries SET state = 'sending', attempts = attempts + 1, next_attempt = next.until
FROM next
WHERE id = next.delivery AND deliveries.lease = next.lease
  AND state IN ('queued', 'deferred', 'uncertain')
"""
_NOTE_BEGIN = """
WITH next (delivery, lease, relay, now) AS (VALUES :rows)
INSERT INTO attempts (delivery, number, started, state, relay)
SELECT id, attempts, next.now, 'sending', next.relay
FROM next JOIN deliveries ON id = next.delivery AND deliveries.lease = next.lease
WHERE state = 'sending'
"""
_BEGUN = "SELECT 1 FROM deliveries WHERE id = :delivery AND lease = :lease AND state = 'sending'"
# Who was forgotten meanwhile has no address here, and it is not quoted either.
_NOTE = """
WITH ended (delivery, lease, state, reply, now, relay, code, enhanced) AS (VALUES :rows)
UPDATE attempts
SET state = ended.state, finished = ended.now, relay = ended.relay,
    code = CAST(ended.code AS INTEGER), enhanced = ended.enhanced,
    reply = CASE WHEN deliveries.address = '' THEN '' ELSE ended.reply END
FROM ended JOIN deliveries ON id = ended.delivery AND deliveries.lease = ended.lease
WHERE attempts.delivery = ended.delivery AND attempts.finished IS NULL
  AND deliveries.state = 'sending'
"""
_RECORD = """
WITH ended (delivery, lease, state, reply, next_attempt, finished, doubt) AS (VALUES :rows)
UPDATE deliveries
SET state = ended.state, next_attempt = ended.next_attempt, finished = ended.finished,
    reply = CASE WHEN address = '' THEN '' ELSE ended.reply END,
    doubts = doubts + ended.doubt
FROM ended
WHERE id = ended.delivery AND deliveries.lease = ended.lease
  AND deliveries.state IN ('queued', 'deferred', 'uncertain', 'sending')
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
        return self._claim(_MAILS, now=now, lease=lease, limit=limit)

    def claim_first(self, subscription: int, *, now: datetime, lease: timedelta) -> Delivery | None:
        """Take what a channel is to hear next; None where nothing is due, or must wait."""
        found = self._claim(_FIRST, now=now, lease=lease, subscription=subscription)
        return next(iter(found), None)

    def channels_due(self, *, now: datetime) -> tuple[int, ...]:
        """Return the subscriptions of the channels that are to be told something now."""
        with self._database.reading() as transaction:
            rows = transaction.all(_CHANNELS)
        return tuple(row["subscription"] for row in rows if row["due"] <= to_column(now))

    def _claim(
        self, which: str, *, now: datetime, lease: timedelta, **values: object
    ) -> tuple[Delivery, ...]:
        with self._database.transaction() as transaction:
            rows = transaction.all(
                _CLAIM.format(which=which),
                now=to_column(now),
                until=to_column(now + lease),
                **values,
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
        ends, starts = _ends(outcomes, now=now), _starts(beginnings, now=now, lease=lease)
        with self._database.transaction() as transaction:
            _, written, begun, _ = transaction.run_rows(*ends, *starts)
            late = _late(transaction, outcomes) if written < len(outcomes) else frozenset()
            lost = _lost(transaction, beginnings) if begun < len(beginnings) else frozenset()
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
                f"AND {_MAIL} AND state <> 'sending' AND next_attempt < :until",
                until=to_column(until),
                reply=as_told(reply),
            )

    def tally(self, edition: int | None = None) -> dict[DeliveryState, int]:
        """Count the mails in each state, of one edition or of all."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT state, count(*) AS deliveries FROM deliveries "
                f"WHERE (edition = :edition OR :edition = 0) AND {_MAIL} GROUP BY state",
                edition=edition or 0,
            )
        counts = {row["state"]: int(row["deliveries"]) for row in rows}
        return {state: counts.get(state.value, 0) for state in DeliveryState}


# A statement, and its rows.
Write = tuple[str, "Sequence[Sequence[object]]"]


def _ends(outcomes: Sequence[Outcome], *, now: datetime) -> tuple[Write, Write]:
    """Return what writes outcomes: the delivery is asked if it is still ours, so it comes last."""
    moment = to_column(now)
    return (
        (_NOTE, [_end_of_attempt(outcome, moment) for outcome in outcomes]),
        (_RECORD, [_end(outcome, moment) for outcome in outcomes]),
    )


def _late(transaction: Transaction, outcomes: Sequence[Outcome]) -> frozenset[int]:
    """Return the ids whose delivery somebody else has."""
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


def _starts(
    beginnings: Sequence[Beginning], *, now: datetime, lease: timedelta
) -> tuple[Write, Write]:
    """Return what writes that attempts begin."""
    moment, until = to_column(now), to_column(now + lease)
    keys = [(beginning.delivery.id, beginning.delivery.lease) for beginning in beginnings]
    relays = [beginning.relay for beginning in beginnings]
    return (
        (_BEGIN, [(*key, until) for key in keys]),
        (_NOTE_BEGIN, [(*key, relay, moment) for key, relay in zip(keys, relays, strict=True)]),
    )


def _lost(transaction: Transaction, beginnings: Sequence[Beginning]) -> frozenset[int]:
    """Return the ids whose delivery somebody else has."""
    return frozenset(
        beginning.delivery.id
        for beginning in beginnings
        if not transaction.one(
            _BEGUN, delivery=beginning.delivery.id, lease=beginning.delivery.lease
        )
    )


def as_told(reply: str) -> str:
    """Return what a relay said as a database takes it: it is outside text."""
    return clean_text(reply)[:_LONGEST_REPLY]


def _ended(outcome: Outcome) -> tuple[object, ...]:
    delivery = outcome.delivery
    return delivery.id, delivery.lease, outcome.state.value, as_told(outcome.reply)


def _end_of_attempt(outcome: Outcome, moment: str) -> tuple[object, ...]:
    return *_ended(outcome), moment, outcome.relay, outcome.code, outcome.enhanced


def _end(outcome: Outcome, moment: str) -> tuple[object, ...]:
    due = to_column(outcome.next_attempt) if outcome.next_attempt else moment
    finished = moment if outcome.state in _FINAL else None
    return *_ended(outcome), due, finished, int(outcome.state is DeliveryState.UNCERTAIN)


def outcome_row(outcome: Outcome, *, now: datetime) -> dict[str, object]:
    """Return an outcome as the columns of what was attempted."""
    moment = to_column(now)
    due = outcome.next_attempt
    return {
        "delivery": outcome.delivery.id,
        "lease": outcome.delivery.lease,
        "state": outcome.state.value,
        "reply": as_told(outcome.reply),
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
        ended_because=row["ended_because"],
        first_try=from_column(row["first_try"]),
    )
