"""Where reports come from, in SQL: who reads a mailbox just now, and how far it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import to_column

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from feeds.database import Database

_CLAIM = """
INSERT INTO report_sources (name, held_until) VALUES (:name, :until)
ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until, lease = report_sources.lease + 1
WHERE report_sources.held_until <= :now
RETURNING lease, validity, uid
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a mailbox was read, by the number that its server gave its last mail.

    Numbers count as long as ``validity`` is the same. ``lease`` fences off who was overtaken.
    """

    name: str
    lease: int
    validity: int
    uid: int


class ReportSourceStore:
    """Sources of reports in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, name: str, *, now: datetime, lease: timedelta) -> Place | None:
        """Take a mailbox, and return how far it was read; None where another process reads it."""
        with self._database.transaction() as transaction:
            row = transaction.one(
                _CLAIM, name=name, now=to_column(now), until=to_column(now + lease)
            )
        if row is None:
            return None
        return Place(name=name, lease=row["lease"], validity=row["validity"], uid=row["uid"])

    def peek(self, name: str) -> Place:
        """Return how far a mailbox was read, and take nothing."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT validity, uid FROM report_sources WHERE name = :name", name=name
            )
        validity, uid = (row["validity"], row["uid"]) if row else (0, 0)
        return Place(name=name, lease=-1, validity=validity, uid=uid)

    def read_to(self, place: Place, *, validity: int, uid: int) -> None:
        """Remember how far a mailbox was read."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE report_sources SET validity = :validity, uid = :uid "
                "WHERE name = :name AND lease = :lease",
                name=place.name,
                lease=place.lease,
                validity=validity,
                uid=uid,
            )

    def foreign(self, name: str) -> set[str]:
        """Return the marks of the mails in a mailbox that are known to be foreign."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT mark FROM foreign_mails WHERE source = :name ORDER BY mark", name=name
            )
        return {row["mark"] for row in rows}

    def keep_foreign(self, name: str, *, came: Collection[str], went: Collection[str]) -> None:
        """Remember which mails of a mailbox are foreign, and forget those that are gone."""
        if not came and not went:
            return
        with self._database.transaction() as transaction:
            transaction.run_each(
                "DELETE FROM foreign_mails WHERE source = :name AND mark = :mark",
                [{"name": name, "mark": mark} for mark in sorted(went)],
            )
            transaction.run_each(
                "INSERT INTO foreign_mails (source, mark) VALUES (:name, :mark) "
                "ON CONFLICT (source, mark) DO NOTHING",
                [{"name": name, "mark": mark} for mark in sorted(came)],
            )

    def give_back(self, place: Place) -> None:
        """Let others read the mailbox."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE report_sources SET held_until = '' WHERE name = :name AND lease = :lease",
                name=place.name,
                lease=place.lease,
            )
