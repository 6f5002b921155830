"""What turned with sources, for the worse or back, and who was told of it, in SQL.

Each method is one question or one transaction. A source turns unwell; its page is rebuilt, and it
is read by new rules; it falls silent. Of each of these the row says when the log told of it,
empty once the log said that it is over, and follows that with when the operator's mail left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from feeds.instants import to_column
from feeds.source_columns import SOURCE, source_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from feeds.database import Database, Row, Transaction
    from feeds.records import SourceState


class TurnKind(Enum):
    """What may turn with a source, the worst first."""

    UNWELL = "unwell"
    REPAIRED = "repaired"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A source with which something turned, or is over where ``told`` is empty.

    ``told`` and ``mailed`` are as they are stored: together they name this turn.
    """

    kind: TurnKind
    state: SourceState
    told: str
    mailed: str

    @property
    def bulletin(self) -> str:
        """The bulletin of the source."""
        return self.state.bulletin

    @property
    def source(self) -> str:
        """The name of the source."""
        return self.state.name

    @property
    def has_begun(self) -> bool:
        """Whether it begins, and is not over."""
        return bool(self.told)

    @property
    def is_so(self) -> bool:
        """Whether the source is so by now, whatever was told of it."""
        state = self.state
        if self.kind is TurnKind.UNWELL:
            return bool(state.problem)
        return state.repaired is not None if self.kind is TurnKind.REPAIRED else state.is_silent

    @property
    def is_unwell(self) -> bool:
        """Whether it is a turn for the worse."""
        return self.kind is TurnKind.UNWELL and self.has_begun


class TurnStore:
    """The turns of sources in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        *,
        mailing: bool,
        now: datetime,
        within: Callable[[Transaction, Sequence[Turn]], None] | None = None,
    ) -> tuple[Turn, ...]:
        """Return all that turned since it was last asked; each turn to one process only.

        Where nobody is to be mailed to, that is done with it. ``within`` may write what follows
        from the turns, in the same transaction.
        """
        with self._database.reading() as transaction:
            if transaction.one(f"SELECT 1 AS turned FROM sources WHERE {_ANY_TURNED}") is None:
                return ()
        turns: list[Turn] = []
        with self._database.transaction() as transaction:
            for kind, (is_on, told, mailed) in _COLUMNS.items():
                rows = transaction.all(
                    f"""
                    UPDATE sources SET {told} = CASE WHEN {is_on} THEN :now ELSE '' END,
                        {mailed} = CASE WHEN :mailing = 1 THEN {mailed} WHEN {is_on} THEN :now
                            ELSE '' END
                    WHERE {_turned(kind)} RETURNING {_TURN}
                    """,
                    now=to_column(now),
                    mailing=int(mailing),
                )
                turns += [_turn(row, kind) for row in rows]
            found = _sorted(turns)
            if within is not None:
                within(transaction, found)
        return found

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
        return _sorted(turn for row in rows for turn in _unmailed(row))

    def mailed(self, turns: Iterable[Turn]) -> None:
        """Store that the operator was told of these."""
        turns = tuple(turns)
        with self._database.transaction() as transaction:
            for kind, (_, _, mailed) in _COLUMNS.items():
                transaction.run_each(
                    f"UPDATE sources SET {mailed} = :told "
                    "WHERE bulletin = :bulletin AND name = :source",
                    [{**_place(turn), "told": turn.told} for turn in turns if turn.kind is kind],
                )
            transaction.run_each(_GIVE_BACK, [_place(turn) for turn in turns])

    def not_mailed(self, turns: Iterable[Turn]) -> None:
        """Give back what could not be mailed: it is tried again."""
        with self._database.transaction() as transaction:
            transaction.run_each(_GIVE_BACK, [_place(turn) for turn in turns])


# Of each kind: when it is so, and the columns of who was told.
_COLUMNS = {
    TurnKind.UNWELL: ("problem <> ''", "told", "mailed"),
    TurnKind.REPAIRED: ("repaired <> ''", "repair_told", "repair_mailed"),
    TurnKind.SILENT: (
        "(silent_at <> '' AND coalesce(succeeded, '') >= silent_at)",
        "silence_told",
        "silence_mailed",
    ),
}
_TOLD = ", ".join(f"{told}, {mailed}" for _, told, mailed in _COLUMNS.values())
_TURN = f"{SOURCE}, {_TOLD}"
_GIVE_BACK = "UPDATE sources SET mailing_until = '' WHERE bulletin = :bulletin AND name = :source"
# Later than this nobody mails but by a clock that was wrong.
_WRONG_CLOCK = timedelta(hours=1)


def _turned(kind: TurnKind) -> str:
    is_on, told, _ = _COLUMNS[kind]
    return f"active = 1 AND ({is_on}) <> ({told} <> '')"


def _untold(kind: TurnKind) -> str:
    """Return when a mail is due: what was told last is so still, and no mail has said it."""
    is_on, told, mailed = _COLUMNS[kind]
    return f"({told} <> {mailed} AND ({is_on}) = ({told} <> ''))"


_ANY_TURNED = " OR ".join(f"({_turned(kind)})" for kind in TurnKind)
_TO_MAIL = (
    f"active = 1 AND ({' OR '.join(map(_untold, TurnKind))}) "
    "AND (mailing_until <= :now OR mailing_until > :wrong)"
)


def _turn(row: Row, kind: TurnKind) -> Turn:
    _, told, mailed = _COLUMNS[kind]
    return Turn(kind=kind, state=source_from(row), told=row[told], mailed=row[mailed])


def _unmailed(row: Row) -> Iterator[Turn]:
    """Yield the turns of a source that no mail has told of."""
    turns = (_turn(row, kind) for kind in TurnKind)
    yield from (turn for turn in turns if turn.told != turn.mailed and turn.is_so == turn.has_begun)


def _place(turn: Turn) -> dict[str, object]:
    return {"bulletin": turn.bulletin, "source": turn.source}


def _sorted(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    order: Sequence[TurnKind] = list(TurnKind)
    return tuple(
        sorted(turns, key=lambda turn: (turn.bulletin, turn.source, order.index(turn.kind)))
    )
