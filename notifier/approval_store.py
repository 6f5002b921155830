"""The word of an operator on editions that wait for one, in SQL: given once, and told of once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.model import SKIPPED_REPLY, Approval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from feeds.database import Database, Row, Transaction

_WAITING = """
SELECT id, bulletin, number, opened,
    (SELECT count(*) FROM deliveries WHERE edition = editions.id AND state = 'queued') AS held,
    (SELECT count(*) FROM edition_items WHERE edition = editions.id) AS items
FROM editions WHERE approval = 'waiting'
"""
_UNTOLD = "approval = 'waiting' AND told = 0 AND telling_until <= :now"
_CLAIM = f"""
UPDATE editions SET telling_until = :until WHERE id IN (
    SELECT id FROM editions WHERE {_UNTOLD} ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
)
"""
_CLAIMED = f"{_WAITING} AND told = 0 AND telling_until = :until ORDER BY bulletin, number"
_APPROVE = """
UPDATE editions SET approval = 'approved', approval_number = 1 + (
    SELECT max(approval_number) FROM editions WHERE bulletin = :bulletin
) WHERE id = :id
"""
# Their time begins now: nobody gives them up for what they waited here.
_RELEASE = """
UPDATE deliveries SET next_attempt = :now, renewed = :now
WHERE edition = :id AND state = 'queued'
"""
_SUPPRESS = """
UPDATE deliveries SET state = 'suppressed', reply = :reply, finished = :now
WHERE edition = :id AND state = 'queued'
"""
# Editions that one mail tells of.
_MOST_TOLD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An edition that waits for a word: how many items it holds, and how many are to get it."""

    id: int
    bulletin: str
    number: int
    opened: datetime
    items: int
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A word that was given: on which edition, and of how many deliveries."""

    number: int
    deliveries: int


class ApprovalStore:
    """Words on editions in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, bulletin: str = "") -> tuple[Waiting, ...]:
        """Return the editions that wait, of one bulletin or of all, in their order."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"{_WAITING} AND (bulletin = :bulletin OR :bulletin = '') "
                "ORDER BY bulletin, number",
                bulletin=bulletin,
            )
        return tuple(map(_waiting_from, rows))

    def decide(
        self, bulletin: str, number: int | None, word: Approval, *, now: datetime
    ) -> tuple[Decision, ...]:
        """Approve or skip an edition that waits, or all of a bulletin, in one transaction.

        Empty where none waits: somebody else has decided, or there is none.
        """
        with self._database.transaction() as transaction:
            # Whoever opens editions of this bulletin, or joins one, waits for the word.
            transaction.one("SELECT 1 FROM bulletins WHERE slug = :slug FOR UPDATE", slug=bulletin)
            rows = transaction.all(
                "SELECT id, number FROM editions WHERE bulletin = :bulletin "
                "AND approval = 'waiting' AND (number = :number OR :number = 0) "
                "ORDER BY number FOR UPDATE",
                bulletin=bulletin,
                number=number or 0,
            )
            return tuple(
                Decision(
                    number=row["number"],
                    deliveries=_write(transaction, bulletin, row["id"], word, now=now),
                )
                for row in rows
            )

    def claim_untold(self, *, now: datetime, lease: timedelta) -> tuple[Waiting, ...]:
        """Take the editions that wait unknown to the operator, and that nobody else tells of."""
        values = {"now": to_column(now), "until": to_column(now + lease)}
        with self._database.reading() as transaction:
            if not transaction.one(
                f"SELECT 1 FROM editions WHERE {_UNTOLD} LIMIT 1", now=values["now"]
            ):
                return ()
        with self._database.transaction() as transaction:
            if not transaction.run(_CLAIM, limit=_MOST_TOLD, **values):
                return ()
            rows = transaction.all(_CLAIMED, until=values["until"])
        return tuple(map(_waiting_from, rows))

    def told(self, editions: Sequence[Waiting]) -> None:
        """Store that the operator knows of them."""
        with self._database.transaction() as transaction:
            transaction.run_each(
                "UPDATE editions SET told = 1, telling_until = '' WHERE id = :id",
                [{"id": edition.id} for edition in editions],
            )


def _write(
    transaction: Transaction, bulletin: str, edition: int, word: Approval, *, now: datetime
) -> int:
    """Write a word on an edition; return how many deliveries follow it."""
    moment = to_column(now)
    if word is Approval.APPROVED:
        transaction.run(_APPROVE, bulletin=bulletin, id=edition)
        return transaction.run(_RELEASE, id=edition, now=moment)
    transaction.run("UPDATE editions SET approval = 'skipped' WHERE id = :id", id=edition)
    return transaction.run(_SUPPRESS, id=edition, now=moment, reply=SKIPPED_REPLY)


def _waiting_from(row: Row) -> Waiting:
    return Waiting(
        id=row["id"],
        bulletin=row["bulletin"],
        number=row["number"],
        opened=from_column(row["opened"]),
        items=int(row["items"]),
        deliveries=int(row["held"]),
    )
