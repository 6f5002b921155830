"""Bounces in SQL: which delivery a report is about, what came back of whom, how often in a row.

A row is a delivery of which a report came; the same report twice is one row. Nothing counts up:
how often in a row an address bounced softly follows from the rows and from what arrived since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.bounces import Weight

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row

# Mail systems try for up to five days before they give up: until then no news is no good news.
SETTLED = timedelta(days=5)
_ABOUT = """
SELECT deliveries.id AS id, deliveries.address AS address, subscriptions.id AS subscription,
       subscriptions.subscriber AS subscriber, subscriptions.token AS token,
       editions.bulletin AS bulletin, editions.number AS number
FROM deliveries
JOIN subscriptions ON subscriptions.id = deliveries.subscription
JOIN editions ON editions.id = deliveries.edition
"""
_NOTE = """
INSERT INTO bounces (delivery, subscriber, weight, status, words, reported)
VALUES (:delivery, :subscriber, :weight, :status, :words, :now)
ON CONFLICT (delivery) DO NOTHING
"""
# The mails of a subscriber that went out and of which nothing came back in good time.
_ARRIVED = """
SELECT max(deliveries.id) FROM deliveries
JOIN subscriptions ON subscriptions.id = deliveries.subscription
WHERE subscriptions.subscriber = bounced.id AND state = 'sent' AND finished <= :settled
  AND NOT EXISTS (SELECT 1 FROM bounces AS back WHERE back.delivery = deliveries.id)
"""
_IN_A_ROW = f"""
SELECT count(*) AS bounces FROM bounces
JOIN subscribers AS bounced ON bounced.id = bounces.subscriber
WHERE bounced.address = :address AND weight = 'soft' AND reported > :since
  AND delivery > coalesce(({_ARRIVED}), 0)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The delivery that a report is about; ``address`` is empty where its reader was deleted."""

    delivery_id: int
    address: str
    subscriber_id: int
    token: str
    bulletin: str
    edition_number: int

    @property
    def name(self) -> str:
        """How the delivery is named to an operator."""
        return f"{self.bulletin} {self.edition_number} to {self.address or 'somebody deleted'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What came back of one delivery."""

    delivery_id: int
    weight: Weight
    status: str
    words: str
    reported: datetime

    @property
    def said(self) -> str:
        """What the receiving server said, with its code in front once."""
        words = self.words.removeprefix(self.status).strip()
        return " ".join(part for part in (self.status, words) if part) or "no reason given"


class BounceStore:
    """Bounces in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_delivery(self, delivery: int) -> About | None:
        """Return the delivery of an id, which a token has proved; None without it."""
        return self._about("deliveries.id = :about", delivery)

    def of_message(self, message_id: str) -> About | None:
        """Return the delivery of a Message-ID, which nobody can guess; None without it."""
        return self._about("deliveries.message_id = :about", message_id)

    def _about(self, where: str, about: object) -> About | None:
        with self._database.reading() as transaction:
            row = transaction.one(f"{_ABOUT} WHERE {where}", about=about)
        return None if row is None else _about_from(row)

    def is_known(self, about: About) -> bool:
        """Tell whether a delivery is known to have come back."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT 1 FROM bounces WHERE delivery = :id", id=about.delivery_id
            )
        return row is not None

    def note(self, about: About, weight: Weight, *, status: str, words: str, now: datetime) -> None:
        """Write that a delivery came back; what is known already stays."""
        with self._database.transaction() as transaction:
            transaction.run(
                _NOTE,
                delivery=about.delivery_id,
                subscriber=about.subscriber_id,
                weight=weight.value,
                status=status,
                words=words,
                now=to_column(now),
            )

    def say(self, about: About, reply: str) -> None:
        """Write the last word on a delivery that was handed over; where it is stays as it was."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE deliveries SET reply = :reply WHERE id = :id AND state = 'sent' "
                "AND address <> ''",
                reply=reply,
                id=about.delivery_id,
            )

    def in_a_row(self, address: str, *, within: timedelta, now: datetime) -> int:
        """Return how many mails in a row to an address came back softly.

        A mail that went out and did not come back ends the row; so does a time without any.
        """
        with self._database.reading() as transaction:
            row = transaction.one(
                _IN_A_ROW,
                address=address,
                since=to_column(now - within),
                settled=to_column(now - SETTLED),
            )
        return int(row["bounces"]) if row else 0

    def of_address(self, address: str, *, limit: int) -> tuple[Bounce, ...]:
        """Return what came back from an address, the latest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT delivery, weight, status, words, reported FROM bounces "
                "WHERE subscriber IN (SELECT id FROM subscribers WHERE address = :address) "
                "ORDER BY delivery DESC LIMIT :limit",
                address=address,
                limit=limit,
            )
        return tuple(_bounce_from(row) for row in rows)

    # --- what is said of us ------------------------------------------------------------------

    def claim_untold(self, *, now: datetime, lease: timedelta) -> tuple[int, Bounce] | None:
        """Take what was said of us and nobody was told of: how many reports, and the last of them.

        None where there is none, or where another process tells it.
        """
        values = {"now": to_column(now)}
        untold = "weight = 'ours' AND told = 0"
        with self._database.reading() as transaction:
            if transaction.one(f"SELECT 1 FROM bounces WHERE {untold} LIMIT 1") is None:
                return None
        with self._database.transaction() as transaction:
            row = transaction.one(
                "SELECT delivery, weight, status, words, reported, "
                f"(SELECT count(*) FROM bounces WHERE {untold}) AS many FROM bounces "
                f"WHERE {untold} ORDER BY delivery DESC LIMIT 1"
            )
            if row is None:
                return None
            claimed = transaction.run(
                "INSERT INTO report_sources (name, held_until) VALUES (:name, :until) "
                "ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until "
                "WHERE report_sources.held_until <= :now",
                name=_TELLING,
                until=to_column(now + lease),
                **values,
            )
        return (int(row["many"]), _bounce_from(row)) if claimed else None

    def told(self, latest: Bounce) -> None:
        """Write that the operator knows what was said of us, up to one report."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE bounces SET told = 1 WHERE weight = 'ours' AND reported <= :latest",
                latest=to_column(latest.reported),
            )


_TELLING = "told to the operator"


def _about_from(row: Row) -> About:
    return About(
        delivery_id=row["id"],
        address=row["address"],
        subscriber_id=row["subscriber"],
        token=row["token"],
        bulletin=row["bulletin"],
        edition_number=row["number"],
    )


def _bounce_from(row: Row) -> Bounce:
    return Bounce(
        delivery_id=row["delivery"],
        weight=Weight(row["weight"]),
        status=row["status"],
        words=row["words"],
        reported=from_column(row["reported"]),
    )
