"""The ledger's questions in SQL: who was told what, when, and what the relay said to it.

Nothing is written here; the outbox writes it while it sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from feeds.instants import from_column
from notifier.model import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from feeds.database import Database, Row

_LINES = """
SELECT deliveries.id AS id, edition, editions.bulletin AS bulletin,
       editions.number AS edition_number, subscription, address, deliveries.state AS state,
       message_id, deliveries.reply AS reply,
       next_attempt, deliveries.created AS created, deliveries.finished AS finished,
       attempts.number AS attempt, attempts.started AS attempt_started,
       attempts.finished AS attempt_finished, attempts.state AS attempt_state,
       relay, code, enhanced, attempts.reply AS attempt_reply
FROM (
    SELECT * FROM deliveries WHERE {which} ORDER BY id DESC LIMIT :limit
) AS deliveries
JOIN editions ON editions.id = deliveries.edition
LEFT JOIN attempts ON attempts.delivery = deliveries.id
ORDER BY deliveries.id DESC, attempts.number
"""
_TITLES = """
SELECT title FROM edition_items JOIN items ON items.id = edition_items.item
WHERE edition = :edition ORDER BY published DESC, number DESC
"""
# The law of the ledger: everybody in an edition's audience is somewhere, and only once.
_SUMS = """
SELECT editions.id AS id, editions.bulletin AS bulletin, editions.number AS number, audience,
       coalesce(sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), 0) AS sent,
       coalesce(sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS failed,
       coalesce(sum(CASE WHEN state = 'suppressed' THEN 1 ELSE 0 END), 0) AS suppressed,
       coalesce(sum(CASE WHEN state IN ('queued', 'sending', 'deferred', 'uncertain')
                    THEN 1 ELSE 0 END), 0) AS open
FROM editions LEFT JOIN deliveries ON deliveries.edition = editions.id
GROUP BY editions.id, editions.bulletin, editions.number, audience
"""
# Enough for a person to read; the counts say how many there are.
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to hand a delivery to a relay; ``finished`` is None while nobody knows its end."""

    number: int
    started: datetime
    finished: datetime | None
    state: DeliveryState
    relay: str
    code: int | None
    enhanced: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One delivery with all its attempts: why somebody got an edition, or did not.

    ``reply`` is the last word on it; ``next_attempt`` is None once it is ``finished``. ``items``
    are the titles that the edition holds. ``address`` is empty where somebody was forgotten.
    """

    delivery_id: int
    edition_id: int
    bulletin: str
    edition_number: int
    subscription_id: int
    address: str
    state: DeliveryState
    message_id: str
    reply: str
    created: datetime
    next_attempt: datetime | None
    finished: datetime | None
    items: tuple[str, ...]
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Where the audience of one edition is."""

    edition_id: int
    bulletin: str
    edition_number: int
    audience: int
    sent: int
    failed: int
    suppressed: int
    open: int

    @property
    def balanced(self) -> bool:
        """Whether the law holds: audience = sent + failed + suppressed + open."""
        return self.audience == self.sent + self.failed + self.suppressed + self.open


class LedgerStore:
    """The ledger in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_address(self, address: str, *, limit: int = MOST) -> tuple[LedgerLine, ...]:
        """Return the deliveries to one address with their attempts, the latest first."""
        return self._lines(
            "subscription IN (SELECT subscriptions.id FROM subscriptions JOIN subscribers "
            "ON subscribers.id = subscriptions.subscriber WHERE subscribers.address = :about)",
            about=address,
            limit=limit,
        )

    def of_item(self, item: str, *, limit: int = MOST) -> tuple[LedgerLine, ...]:
        """Return the deliveries of every edition that holds an item, the latest first."""
        return self._lines(
            "edition IN (SELECT edition FROM edition_items WHERE item = :about)",
            about=item,
            limit=limit,
        )

    def of_delivery(self, delivery: int) -> LedgerLine | None:
        """Return one delivery with its attempts; None where there is none of that id."""
        lines = self._lines("id = :about", about=delivery, limit=1)
        return lines[0] if lines else None

    def _lines(self, which: str, *, about: object, limit: int) -> tuple[LedgerLine, ...]:
        with self._database.reading() as transaction:
            rows = transaction.all(_LINES.format(which=which), about=about, limit=limit)
            titles = {
                edition: tuple(row["title"] for row in transaction.all(_TITLES, edition=edition))
                for edition in {row["edition"] for row in rows}
            }
        return tuple(
            _line_from(list(group), titles) for _, group in groupby(rows, lambda row: row["id"])
        )

    def sums_of_item(self, item: str) -> tuple[Sum, ...]:
        """Return where the audiences of the editions that hold an item are."""
        having = "HAVING editions.id IN (SELECT edition FROM edition_items WHERE item = :item)"
        with self._database.reading() as transaction:
            rows = transaction.all(f"{_SUMS} {having} ORDER BY editions.id", item=item)
        return tuple(map(_sum_from, rows))

    def sums(self) -> tuple[Sum, ...]:
        """Return where the audience of each edition is, in their order."""
        with self._database.reading() as transaction:
            rows = transaction.all(f"{_SUMS} ORDER BY editions.id")
        return tuple(map(_sum_from, rows))

    def unbalanced(self) -> tuple[Sum, ...]:
        """Return the editions that break the law of the ledger: none, or something is wrong."""
        return tuple(found for found in self.sums() if not found.balanced)


def _line_from(rows: Sequence[Row], titles: Mapping[int, tuple[str, ...]]) -> LedgerLine:
    row = rows[0]
    finished = from_column(row["finished"])
    return LedgerLine(
        delivery_id=row["id"],
        edition_id=row["edition"],
        bulletin=row["bulletin"],
        edition_number=row["edition_number"],
        subscription_id=row["subscription"],
        address=row["address"],
        state=DeliveryState(row["state"]),
        message_id=row["message_id"],
        reply=row["reply"],
        created=from_column(row["created"]),
        next_attempt=None if finished else from_column(row["next_attempt"]),
        finished=finished,
        items=titles[row["edition"]],
        attempts=tuple(attempt_from(row) for row in rows if row["attempt"] is not None),
    )


def attempt_from(row: Row) -> Attempt:
    """Return an attempt of a row that has its columns by these names."""
    return Attempt(
        number=row["attempt"],
        started=from_column(row["attempt_started"]),
        finished=from_column(row["attempt_finished"]),
        state=DeliveryState(row["attempt_state"]),
        relay=row["relay"],
        code=row["code"],
        enhanced=row["enhanced"],
        reply=row["attempt_reply"],
    )


def _sum_from(row: Row) -> Sum:
    return Sum(
        edition_id=row["id"],
        bulletin=row["bulletin"],
        edition_number=row["number"],
        audience=row["audience"],
        sent=int(row["sent"]),
        failed=int(row["failed"]),
        suppressed=int(row["suppressed"]),
        open=int(row["open"]),
    )
