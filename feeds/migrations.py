"""Named sets of migrations, applied in order, each recorded in the transaction that does it.

Feeds and notifier have a set each, so that neither needs to know the other's tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.database import StoreError
from feeds.instants import to_column

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Transaction

_REGISTER = """
CREATE TABLE IF NOT EXISTS migrations (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    applied TEXT NOT NULL,
    PRIMARY KEY (name, version)
)
"""


@dataclass(frozen=True, slots=True)
class Migrations:
    """The schema of one domain: step n turns version n into version n + 1.

    A step that was released is never edited; a change of the schema is a further step.
    """

    name: str
    steps: tuple[tuple[str, ...], ...]


def migrate(database: Database, sets: tuple[Migrations, ...], *, now: datetime) -> None:
    """Bring the store to the version of this program.

    Raises StoreError where a newer program has written it: nothing is changed then.
    """
    with database.transaction() as transaction:
        database.lock_schema(transaction)
        transaction.run(_REGISTER)
        for wanted in sets:
            _apply(database, transaction, wanted, now=now)


def _apply(
    database: Database, transaction: Transaction, wanted: Migrations, *, now: datetime
) -> None:
    row = transaction.one(
        "SELECT coalesce(max(version), 0) AS version FROM migrations WHERE name = :name",
        name=wanted.name,
    )
    have = int(row["version"]) if row else 0
    if have > len(wanted.steps):
        raise StoreError(
            f"the store has version {have} of its {wanted.name} tables, this program knows "
            f"{len(wanted.steps)}: a newer Tidings wrote it; install that release again"
        )
    for version, step in enumerate(wanted.steps[have:], start=have + 1):
        for statement in step:
            transaction.run(database.schema(statement))
        transaction.run(
            "INSERT INTO migrations (name, version, applied) VALUES (:name, :version, :applied)",
            name=wanted.name,
            version=version,
            applied=to_column(now),
        )
