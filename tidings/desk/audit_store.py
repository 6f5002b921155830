"""The log of changes that operators made, in SQL: who, when, what, before and after.

A line is written before the change, so that none is made unseen, and gets its outcome after it;
one without an outcome was cut off, and what became of it stands in what it changed.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from feeds.database import Database

DONE = "done"
_LONGEST = 20_000
# Who was deleted, in the lines about them.
_NOBODY = "somebody deleted"


@dataclass(slots=True)
class Change:
    """A change while it is made: whoever makes it says what stands ``after`` it."""

    after: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change in the log; ``before`` and ``after`` are values of JSON, None for nothing."""

    number: int
    at: datetime
    operator: str
    action: str
    subject: str
    before: object
    after: object
    outcome: str


class AuditStore:
    """The log of changes in a database."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @contextmanager
    def change(
        self, operator: str, action: str, subject: str, *, before: object = None
    ) -> Iterator[Change]:
        """Log a change that is made within; an error that ends it is logged, and goes on."""
        number = self._begin(operator, action, subject, before)
        change = Change()
        try:
            yield change
        except Exception as error:
            self._end(number, change, f"failed: {error}"[:500])
            raise
        self._end(number, change, DONE)

    def lines(
        self, *, limit: int, before: int | None = None, subject: str = ""
    ) -> tuple[Line, ...]:
        """Return the last lines, newest first: of all, or of one subject; those before one."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT id, at, operator, action, subject, before, after, outcome FROM audit "
                "WHERE (:subject = '' OR subject = :subject) AND id < :before "
                "ORDER BY id DESC LIMIT :limit",
                subject=subject,
                before=_LAST if before is None else before,
                limit=limit,
            )
        return tuple(
            Line(
                number=row["id"],
                at=from_column(str(row["at"])),
                operator=row["operator"],
                action=row["action"],
                subject=row["subject"],
                before=_read(row["before"]),
                after=_read(row["after"]),
                outcome=row["outcome"],
            )
            for row in rows
        )

    def forget(self, address: str) -> None:
        """Take an address out of the lines about it, and where others name it as a value."""
        quoted = json.dumps(address, ensure_ascii=False)
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE audit SET subject = :nobody, before = replace(before, :address, :nobody), "
                "after = replace(after, :address, :nobody), "
                "outcome = replace(outcome, :address, :nobody) WHERE subject = :address",
                address=address,
                nobody=_NOBODY,
            )
            transaction.run(
                "UPDATE audit SET before = replace(before, :quoted, :nobody), "
                "after = replace(after, :quoted, :nobody) "
                "WHERE replace(before, :quoted, '') <> before "
                "OR replace(after, :quoted, '') <> after",
                quoted=quoted,
                nobody=json.dumps(_NOBODY),
            )

    def _begin(self, operator: str, action: str, subject: str, before: object) -> int:
        with self._database.transaction() as transaction:
            row = transaction.one(
                "INSERT INTO audit (at, operator, action, subject, before) "
                "VALUES (:at, :operator, :action, :subject, :before) RETURNING id",
                at=to_column(self._clock()),
                operator=operator,
                action=action,
                subject=subject,
                before=_written(before),
            )
        if row is None:
            raise RuntimeError("a line just written is not there")
        return int(row["id"])

    def _end(self, number: int, change: Change, outcome: str) -> None:
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE audit SET after = :after, outcome = :outcome WHERE id = :id",
                after=_written(change.after),
                outcome=outcome,
                id=number,
            )


_LAST = 2**62


def _written(value: object) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return text if len(text) <= _LONGEST else json.dumps(f"{text[:_LONGEST]}…", ensure_ascii=False)


def _read(text: str) -> object:
    return json.loads(text) if text else None
