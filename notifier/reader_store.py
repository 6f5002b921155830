"""What is known of a subscriber, and why something was not told, in SQL.

What was told stands in the ledger: ``notifier.ledger_store``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column
from notifier.subscription_columns import filter_from

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row, Transaction
    from feeds.model import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a subscription stands to one item that it was not told, for the words of why."""

    address: str
    bulletin: str
    state: str
    active: bool
    ended: datetime | None
    ended_because: str
    mark: int
    created: datetime
    waits: bool
    next_digest: datetime | None
    paused_until: datetime | None


class ReaderStore:
    """Questions about single subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def not_told(self, item: Item, *, limit: int) -> tuple[Standing, ...]:
        """Return the subscriptions of its bulletin that an item was not told, by address."""
        with self._database.reading() as transaction:
            rows = transaction.all(_NOT_TOLD, item=item.id, bulletin=item.bulletin, limit=limit)
        return tuple(_standing_from(row) for row in rows)

    def consent(self, subscriber: int) -> tuple[str, datetime | None]:
        """Return whence and when a subscriber asked for mail."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT consent_source, consent_at FROM subscribers WHERE id = :id", id=subscriber
            )
        return (
            ("", None) if row is None else (row["consent_source"], from_column(row["consent_at"]))
        )

    def known_of(self, address: str) -> dict[str, object]:
        """Return all that is known of a subscriber, for themselves."""
        with self._database.reading() as transaction:
            who = transaction.one(
                "SELECT id, address, state, form, created, paused_until, consent_source, "
                "consent_at FROM subscribers WHERE address = :address",
                address=address,
            )
            if who is None:
                return {}
            subscriptions = transaction.all(
                "SELECT id, bulletin, time_zone, language, active, created, ended, ended_because "
                "FROM subscriptions WHERE subscriber = :id ORDER BY bulletin",
                id=who["id"],
            )
            return {
                "address": who["address"],
                "state": who["state"],
                "form": who["form"],
                "since": who["created"],
                "paused_until": who["paused_until"],
                "consent": {"source": who["consent_source"], "at": who["consent_at"]},
                "subscriptions": [_known_subscription(transaction, row) for row in subscriptions],
                "notices": [
                    {name: row[name] for name in ("kind", "bulletin", *_MAIL)}
                    for row in transaction.all(_NOTICES, address=address)
                ],
                "came_back": [
                    {name: row[name] for name in ("reported", "weight", "status", "words")}
                    for row in transaction.all(_CAME_BACK, id=who["id"], address=address)
                ],
            }


_NOTICES = """
SELECT kind, bulletin, created, finished, state, reply, message_id FROM notices
WHERE address = :address ORDER BY id
"""
_CAME_BACK = """
SELECT reported, weight, status, words FROM bounces WHERE subscriber = :id
UNION ALL
SELECT reported, weight, status, words FROM notice_bounces
JOIN notices ON notices.id = notice_bounces.notice WHERE address = :address
ORDER BY reported
"""


_NOT_TOLD = """
SELECT address, subscriptions.bulletin AS bulletin, subscribers.state AS state, active, ended,
       ended_because, mark, subscriptions.created AS created, paused_until,
       waiting.item IS NOT NULL AS waits,
       (SELECT min(next_digest) FROM rules WHERE rules.subscription = subscriptions.id)
           AS next_digest
FROM subscriptions
JOIN subscribers ON subscribers.id = subscriptions.subscriber
LEFT JOIN waiting ON waiting.subscription = subscriptions.id AND waiting.item = :item
WHERE subscriptions.bulletin = :bulletin AND NOT EXISTS (
    SELECT 1 FROM edition_items
    JOIN deliveries ON deliveries.edition = edition_items.edition
    WHERE edition_items.item = :item AND deliveries.subscription = subscriptions.id
)
ORDER BY address LIMIT :limit
"""


def _standing_from(row: Row) -> Standing:
    return Standing(
        address=row["address"],
        bulletin=row["bulletin"],
        state=row["state"],
        active=bool(row["active"]),
        ended=from_column(row["ended"]),
        ended_because=row["ended_because"],
        mark=row["mark"],
        created=from_column(row["created"]),
        waits=bool(row["waits"]),
        next_digest=from_column(row["next_digest"]),
        paused_until=from_column(row["paused_until"]),
    )


def _known_subscription(transaction: Transaction, row: Row) -> dict[str, object]:
    rules = transaction.all(
        "SELECT cadence, wanted, next_digest FROM rules WHERE subscription = :id ORDER BY position",
        id=row["id"],
    )
    mails = transaction.all(
        "SELECT id, created, finished, state, reply, message_id "
        "FROM deliveries WHERE subscription = :id ORDER BY id",
        id=row["id"],
    )
    return {
        "bulletin": row["bulletin"],
        "active": bool(row["active"]),
        "since": row["created"],
        "ended": row["ended"],
        "ended_because": row["ended_because"],
        "time_zone": row["time_zone"],
        "language": row["language"],
        "wishes": [
            {
                "cadence": rule["cadence"],
                "next_digest": rule["next_digest"],
                **_parts(rule["wanted"]),
            }
            for rule in rules
        ],
        "mails": [
            {**{name: mail[name] for name in _MAIL}, "attempts": _attempts(transaction, mail["id"])}
            for mail in mails
        ],
    }


_MAIL = ("created", "finished", "state", "reply", "message_id")


def _attempts(transaction: Transaction, delivery: int) -> list[dict[str, object]]:
    rows = transaction.all(
        "SELECT started, finished, state, reply FROM attempts WHERE delivery = :id ORDER BY number",
        id=delivery,
    )
    return [{name: row[name] for name in ("started", "finished", "state", "reply")} for row in rows]


def _parts(column: str) -> dict[str, list[str]]:
    wanted = filter_from(column)
    return {
        name: list(getattr(wanted, name))
        for name in ("words", "without", "categories", "sources", "languages")
        if getattr(wanted, name)
    }
