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
# When it left, as far as is known; and since when its reader has wanted mail.
_ABOUT_DELIVERY = """
SELECT 'delivery' AS mail, deliveries.id AS id, deliveries.address AS address,
       subscribers.id AS subscriber, subscriptions.token AS token,
       editions.bulletin AS bulletin, CAST(editions.number AS TEXT) AS name,
       coalesce(deliveries.finished, (
           SELECT max(started) FROM attempts WHERE attempts.delivery = deliveries.id
       ), deliveries.created) AS left_at, consent_at
FROM deliveries
JOIN subscriptions ON subscriptions.id = deliveries.subscription
JOIN subscribers ON subscribers.id = subscriptions.subscriber
JOIN editions ON editions.id = deliveries.edition
"""
_ABOUT_NOTICE = """
SELECT 'notice' AS mail, notices.id AS id, notices.address AS address,
       coalesce(subscribers.id, 0) AS subscriber, '' AS token,
       bulletin, kind AS name, coalesce(notices.finished, (
           SELECT max(started) FROM notice_attempts WHERE notice_attempts.notice = notices.id
       ), notices.created) AS left_at, consent_at
FROM notices
LEFT JOIN subscribers ON subscribers.address = notices.address
"""
_HEAVIER = """
    weight = excluded.weight, status = excluded.status, words = excluded.words,
    reported = excluded.reported, told = 0
"""
_NOTE = f"""
INSERT INTO bounces (delivery, subscriber, weight, status, words, reported)
VALUES (:mail, :subscriber, :weight, :status, :words, :now)
ON CONFLICT (delivery) DO UPDATE SET {_HEAVIER}
"""
_NOTE_NOTICE = f"""
INSERT INTO notice_bounces (notice, weight, status, words, reported)
VALUES (:mail, :weight, :status, :words, :now)
ON CONFLICT (notice) DO UPDATE SET {_HEAVIER}
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
JOIN deliveries AS soft ON soft.id = bounces.delivery
WHERE bounced.address = :address AND weight = 'soft' AND reported > :since
  AND (consent_at IS NULL OR coalesce(soft.finished, soft.created) > consent_at)
  AND delivery > coalesce(({_ARRIVED}), 0)
"""


# What came back of all mails, with or without an edition.
_EVERY = """
SELECT bounces.delivery AS id, '' AS mail, weight, status, words, reported, told, address
FROM bounces JOIN subscribers ON subscribers.id = bounces.subscriber
UNION ALL
SELECT notice_bounces.notice AS id, 'n' AS mail, weight, status, words, reported, told, address
FROM notice_bounces JOIN notices ON notices.id = notice_bounces.notice
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The mail that a report is about; ``address`` is empty where its reader was deleted.

    ``mail`` says whether it is a delivery or a notice; a notice has no ``token``. It left at
    ``left_at``; ``consent_at`` is when its reader last said that they want mail, None where
    nobody knows.
    """

    mail: str
    id: int
    address: str
    subscriber_id: int
    token: str
    bulletin: str
    said_as: str
    left_at: datetime
    consent_at: datetime | None

    @property
    def name(self) -> str:
        """How the mail is named to an operator."""
        return f"{self.bulletin} {self.said_as} to {self.address or 'somebody deleted'}"

    @property
    def is_overtaken(self) -> bool:
        """Whether its reader has asked for mail since it left: then it is no news of them."""
        return self.consent_at is not None and self.consent_at > self.left_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What came back of one mail; ``name`` is one of its own."""

    name: str
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
        return self._about(f"{_ABOUT_DELIVERY} WHERE deliveries.id = :about", delivery)

    def of_notice(self, notice: int) -> About | None:
        """Return the notice of an id, which a token has proved; None without it."""
        return self._about(f"{_ABOUT_NOTICE} WHERE notices.id = :about", notice)

    def of_message(self, message_id: str) -> About | None:
        """Return the mail of a Message-ID, which nobody can guess; None without it."""
        return self._about(
            f"{_ABOUT_DELIVERY} WHERE deliveries.message_id = :about", message_id
        ) or self._about(f"{_ABOUT_NOTICE} WHERE notices.message_id = :about", message_id)

    def _about(self, question: str, about: object) -> About | None:
        with self._database.reading() as transaction:
            row = transaction.one(question, about=about)
        return None if row is None else _about_from(row)

    def known(self, about: About) -> Weight | None:
        """Return how a mail is known to have come back; None where it did not."""
        table, key = _tables(about)
        with self._database.reading() as transaction:
            row = transaction.one(f"SELECT weight FROM {table} WHERE {key} = :id", id=about.id)
        return None if row is None else Weight(row["weight"])

    def note(self, about: About, weight: Weight, *, status: str, words: str, now: datetime) -> None:
        """Write that a mail came back, in the place of what was known of it before."""
        values: dict[str, object] = {
            "mail": about.id,
            "weight": weight.value,
            "status": status,
            "words": words,
            "now": to_column(now),
        }
        with self._database.transaction() as transaction:
            if about.mail == "notice":
                transaction.run(_NOTE_NOTICE, **values)
            else:
                transaction.run(_NOTE, subscriber=about.subscriber_id, **values)

    def say(self, about: About, reply: str) -> None:
        """Write the last word on a mail that was handed over; where it is stays as it was."""
        table = "notices" if about.mail == "notice" else "deliveries"
        with self._database.transaction() as transaction:
            transaction.run(
                f"UPDATE {table} SET reply = :reply WHERE id = :id AND state = 'sent' "
                "AND address <> ''",
                reply=reply,
                id=about.id,
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
                f"SELECT id, mail, weight, status, words, reported FROM ({_EVERY}) AS every "
                "WHERE address = :address ORDER BY reported DESC, id DESC LIMIT :limit",
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
        untold = f"FROM ({_EVERY}) AS every WHERE weight = 'ours' AND told = 0"
        with self._database.reading() as transaction:
            if transaction.one(f"SELECT 1 {untold} LIMIT 1") is None:
                return None
        with self._database.transaction() as transaction:
            row = transaction.one(
                "SELECT id, mail, weight, status, words, reported, "
                f"(SELECT count(*) {untold}) AS many {untold} ORDER BY reported DESC, id DESC "
                "LIMIT 1"
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
            for table in ("bounces", "notice_bounces"):
                transaction.run(
                    f"UPDATE {table} SET told = 1 WHERE weight = 'ours' AND reported <= :latest",
                    latest=to_column(latest.reported),
                )


_TELLING = "told to the operator"


def _tables(about: About) -> tuple[str, str]:
    """Return where it is written that a mail came back, and by which column it is known."""
    return ("notice_bounces", "notice") if about.mail == "notice" else ("bounces", "delivery")


def _about_from(row: Row) -> About:
    return About(
        mail=row["mail"],
        id=row["id"],
        address=row["address"],
        subscriber_id=row["subscriber"],
        token=row["token"],
        bulletin=row["bulletin"],
        said_as=row["name"],
        left_at=from_column(row["left_at"]),
        consent_at=from_column(row["consent_at"]),
    )


def _bounce_from(row: Row) -> Bounce:
    return Bounce(
        name=f"{row['mail']}{row['id']}",
        weight=Weight(row["weight"]),
        status=row["status"],
        words=row["words"],
        reported=from_column(row["reported"]),
    )
