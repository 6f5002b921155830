"""Which sources turned unwell or well, and who was told of it, in SQL.

Each method is one question or one transaction. ``told`` is when the log said that a source is
unwell, empty once it said that it is well; ``mailed`` follows it when the operator's mail left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import to_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from feeds.database import Database, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A source that turned unwell, or well where there is no problem.

    ``told`` and ``mailed`` are as they are stored: together they name this turn.
    """

    bulletin: str
    source: str
    location: str
    problem: str
    told: str
    mailed: str

    @property
    def is_unwell(self) -> bool:
        """Whether it is a turn for the worse."""
        return bool(self.told)


class TurnStore:
    """The turns of sources in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, *, mailing: bool, now: datetime) -> tuple[Turn, ...]:
        """Return each source that turned since it was last asked; each turn to one process only.

        Where nobody is to be mailed to, that is done with it.
        """
        with self._database.reading() as transaction:
            if transaction.one(f"SELECT 1 AS turned FROM sources WHERE {_TURNED}") is None:
                return ()
        with self._database.transaction() as transaction:
            rows = transaction.all(
                f"""
                UPDATE sources SET told = CASE WHEN problem <> '' THEN :now ELSE '' END,
                    mailed = CASE WHEN :mailing = 1 THEN mailed WHEN problem <> '' THEN :now
                        ELSE '' END
                WHERE {_TURNED} RETURNING {_TURN}
                """,
                now=to_column(now),
                mailing=int(mailing),
            )
        return _turns(rows)

    def claim_mail(self, *, now: datetime, lease: timedelta) -> tuple[Turn, ...]:
        """Take every turn that no mail has told of, and that no other process is mailing."""
        values = {"now": to_column(now), "wrong": to_column(now + lease + _WRONG_CLOCK)}
        with self._database.reading() as transaction:
            if transaction.one(f"SELECT 1 AS due FROM sources WHERE {_TO_MAIL}", **values) is None:
                return ()
        with self._database.transaction() as transaction:
            rows = transaction.all(
                f"UPDATE sources SET mailing_until = :until WHERE {_TO_MAIL} RETURNING {_TURN}",
                until=to_column(now + lease),
                **values,
            )
        return _turns(rows)

    def mailed(self, turns: Iterable[Turn]) -> None:
        """Store that the operator was told of these."""
        self._give_back(turns, "mailed = :told, ")

    def not_mailed(self, turns: Iterable[Turn]) -> None:
        """Give back what could not be mailed: it is tried again."""
        self._give_back(turns, "")

    def _give_back(self, turns: Iterable[Turn], mailed: str) -> None:
        rows = [
            {"bulletin": turn.bulletin, "source": turn.source, "told": turn.told} for turn in turns
        ]
        if not mailed:
            rows = [{"bulletin": row["bulletin"], "source": row["source"]} for row in rows]
        with self._database.transaction() as transaction:
            transaction.run_each(
                f"UPDATE sources SET {mailed}mailing_until = '' "
                "WHERE bulletin = :bulletin AND name = :source",
                rows,
            )


_TURN = "bulletin, name, location, problem, told, mailed"
_TURNED = "active = 1 AND (problem <> '') <> (told <> '')"
_TO_MAIL = "active = 1 AND told <> mailed AND (mailing_until <= :now OR mailing_until > :wrong)"
# Later than this nobody mails but by a clock that was wrong.
_WRONG_CLOCK = timedelta(hours=1)


def _turns(rows: Sequence[Row]) -> tuple[Turn, ...]:
    turns = (
        Turn(
            bulletin=row["bulletin"],
            source=row["name"],
            location=row["location"],
            problem=row["problem"],
            told=row["told"],
            mailed=row["mailed"],
        )
        for row in rows
    )
    return tuple(sorted(turns, key=lambda turn: (turn.bulletin, turn.source)))
