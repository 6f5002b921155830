"""Trials of sources in SQL: what a check would change, found in the background for a page.

One of each source, the last one. It is stored so that any process of the service can show it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.text import clean_text

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database
    from tidings.reports import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The last trial of a source; ``finished`` is None while it goes on.

    ``report`` is None where nothing was read, and ``problem`` says why.
    """

    begun: datetime
    finished: datetime | None
    report: Report | None
    problem: str


class TrialStore:
    """Trials in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, bulletin: str, source: str, *, now: datetime) -> None:
        """Note that a trial begins; what the one before found is forgotten."""
        with self._database.transaction() as transaction:
            transaction.run(
                "INSERT INTO trials (bulletin, source, begun) VALUES (:bulletin, :source, :now) "
                "ON CONFLICT (bulletin, source) DO UPDATE "
                "SET begun = excluded.begun, finished = NULL, report = '', problem = ''",
                bulletin=bulletin,
                source=source,
                now=to_column(now),
            )

    def finish(
        self,
        bulletin: str,
        source: str,
        *,
        report: Report | None = None,
        problem: str = "",
        now: datetime,
    ) -> None:
        """Store what a trial found, or why it found nothing."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE trials SET finished = :now, report = :report, problem = :problem "
                "WHERE bulletin = :bulletin AND source = :source",
                bulletin=bulletin,
                source=source,
                report=json.dumps(report, ensure_ascii=False) if report else "",
                problem=clean_text(problem),
                now=to_column(now),
            )

    def last(self, bulletin: str, source: str) -> Trial | None:
        """Return the last trial of a source; None where there was none."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT begun, finished, report, problem FROM trials "
                "WHERE bulletin = :bulletin AND source = :source",
                bulletin=bulletin,
                source=source,
            )
        if row is None:
            return None
        return Trial(
            begun=from_column(row["begun"]),
            finished=from_column(row["finished"]),
            report=json.loads(row["report"]) if row["report"] else None,
            problem=row["problem"],
        )
