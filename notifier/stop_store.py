"""When mail stopped for a reason that is ours, and what the operator was told, in SQL.

A stop lasts from the first run that ended early to the first mail that goes out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.text import clean_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from feeds.database import Database, Row

_STOP = "id, problem, since, ended, told, what"
# Confirmations, welcomes and the like cannot be written, while digests go out.
NOTICES = "notices"
# Told of its beginning, of its end, or of neither yet.
_TO_TELL = """
(told = '' OR (told = 'begun' AND ended IS NOT NULL)) AND telling_until <= :now
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A time in which no mail left, or none of what ``what`` says; ``ended`` is None until then."""

    id: int
    problem: str
    since: datetime
    ended: datetime | None
    what: str = ""


class StopStore:
    """Stops in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, problem: str, *, now: datetime, what: str = "") -> None:
        """Note that mail stopped; where it has already, nothing is new but the reason."""
        text = clean_text(problem)
        with self._database.transaction() as transaction:
            if transaction.run(
                "UPDATE mail_stops SET problem = :problem WHERE ended IS NULL AND what = :what",
                problem=text,
                what=what,
            ):
                return
            transaction.run(
                "INSERT INTO mail_stops (problem, since, what) VALUES (:problem, :now, :what)",
                problem=text,
                now=to_column(now),
                what=what,
            )

    def end(self, *, now: datetime, what: str = "") -> None:
        """Note that mail goes out, where it had stopped."""
        if self.current(what) is None:
            return
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE mail_stops SET ended = :now WHERE ended IS NULL AND what = :what",
                now=to_column(now),
                what=what,
            )

    def current(self, what: str = "") -> Stop | None:
        """Return the stop that lasts; None while mail goes out."""
        with self._database.reading() as transaction:
            row = transaction.one(
                f"SELECT {_STOP} FROM mail_stops WHERE ended IS NULL AND what = :what "
                "ORDER BY id LIMIT 1",
                what=what,
            )
        return None if row is None else _stop_from(row)

    def claim_untold(self, *, now: datetime, lease: timedelta) -> Stop | None:
        """Take a stop whose beginning or end nobody was told of, and that nobody else tells."""
        values = {"now": to_column(now)}
        with self._database.reading() as transaction:
            if transaction.one(f"SELECT 1 FROM mail_stops WHERE {_TO_TELL}", **values) is None:
                return None
        with self._database.transaction() as transaction:
            row = transaction.one(
                f"""
                UPDATE mail_stops SET telling_until = :until WHERE id = (
                    SELECT id FROM mail_stops WHERE {_TO_TELL} ORDER BY id LIMIT 1
                    FOR UPDATE SKIP LOCKED
                ) RETURNING {_STOP}
                """,
                until=to_column(now + lease),
                **values,
            )
        return None if row is None else _stop_from(row)

    def told(self, stop: Stop) -> None:
        """Store that the operator knows as much as the stop says."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE mail_stops SET told = :told, telling_until = '' WHERE id = :id",
                told="begun" if stop.ended is None else "ended",
                id=stop.id,
            )


def _stop_from(row: Row) -> Stop:
    return Stop(
        id=row["id"],
        problem=row["problem"],
        since=from_column(row["since"]),
        ended=from_column(row["ended"]),
        what=row["what"],
    )
