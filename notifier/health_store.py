"""How the sources of a bulletin were read lately, in SQL: frozen with each edition."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.model import Health

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Transaction

_SPAN = timedelta(days=7)
_READ = """
SELECT count(*) AS readings,
    coalesce(sum(CASE WHEN outcome IN ('changed', 'unchanged', 'baseline') THEN 1 ELSE 0 END), 0)
        AS good,
    max(CASE WHEN outcome IN ('changed', 'unchanged', 'baseline') THEN finished END) AS read_at
FROM checks WHERE bulletin = :bulletin AND started > :since
"""


def health_of(transaction: Transaction, bulletin: str, *, now: datetime) -> Health:
    """Return how the sources of a bulletin were read in the week before."""
    row = transaction.one(_READ, bulletin=bulletin, since=to_column(now - _SPAN))
    if row is None:  # pragma: no cover - a count has a row
        return Health(read=None, good=0, all=0)
    read = from_column(row["read_at"]) if row["read_at"] else None
    return Health(read=read, good=int(row["good"]), all=int(row["readings"]))


def health_to_column(health: Health) -> str:
    """Return it as a column holds it."""
    read = to_column(health.read) if health.read else ""
    return json.dumps({"read": read, "good": health.good, "all": health.all})


def health_from_column(text: str) -> Health | None:
    """Read such a column; None of editions from before it was written down."""
    if not text:
        return None
    said = json.loads(text)
    read = from_column(said["read"]) if said["read"] else None
    return Health(read=read, good=said["good"], all=said["all"])
