"""How fast mail may leave, in SQL: what was learned of each domain, and how many share a rate."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import to_column

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feeds.database import Database

# What a domain said yesterday is no reason to be slow today.
_KEPT = timedelta(days=1)
_SEND = """
INSERT INTO senders (name, until) VALUES (:name, :until)
ON CONFLICT (name) DO UPDATE SET until = excluded.until
"""
_LEARN = """
INSERT INTO paces (domain, rate, changed) VALUES (:domain, :rate, :changed)
ON CONFLICT (domain) DO UPDATE SET rate = excluded.rate, changed = excluded.changed
"""


class PaceStore:
    """Learned rates in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rates(self, *, now: datetime) -> dict[str, float]:
        """Return the mails per second of each domain that has a limit."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT domain, rate FROM paces WHERE changed > :since ORDER BY domain",
                since=to_column(now - _KEPT),
            )
        return {row["domain"]: float(row["rate"]) for row in rows}

    def learn(self, rates: Mapping[str, float], *, now: datetime) -> None:
        """Keep what a run came to; a rate of 0 is no limit any more."""
        if not rates:
            return
        moment = to_column(now)
        with self._database.transaction() as transaction:
            transaction.run_each(
                _LEARN,
                [
                    {"domain": domain, "rate": rate, "changed": moment}
                    for domain, rate in sorted(rates.items())
                    if rate
                ],
            )
            transaction.run_each(
                "DELETE FROM paces WHERE domain = :domain",
                [{"domain": domain} for domain, rate in sorted(rates.items()) if not rate],
            )
            transaction.run("DELETE FROM paces WHERE changed <= :old", old=to_column(now - _KEPT))

    def join_in(self, name: str, *, now: datetime, lease: timedelta) -> int:
        """Note that a process sends for a while; return how many do, with this one."""
        with self._database.transaction() as transaction:
            transaction.run("DELETE FROM senders WHERE until <= :now", now=to_column(now))
            transaction.run(_SEND, name=name, until=to_column(now + lease))
            row = transaction.one("SELECT count(*) AS senders FROM senders")
        return max(int(row["senders"]), 1) if row else 1

    def leave(self, name: str) -> None:
        """Note that a process sends no more: the others have its share."""
        with self._database.transaction() as transaction:
            transaction.run("DELETE FROM senders WHERE name = :name", name=name)
