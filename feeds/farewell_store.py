"""Since when bulletins say that they moved or ended, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.farewell import Farewell, is_leaving
from feeds.identifiers import mint_id, new_token
from feeds.instants import from_column, to_column

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from config.settings import BulletinSettings
    from feeds.database import Database


class FarewellStore:
    """Farewells in a database."""

    def __init__(self, database: Database, *, authority: str) -> None:
        self._database = database
        self._authority = authority

    def farewells(
        self, bulletins: Iterable[BulletinSettings], *, now: datetime
    ) -> dict[str, Farewell]:
        """Return the farewells of those that leave, by slug; what is new is said from now on.

        What the operator took back was never said; what is said anew begins anew.
        """
        wanted = {each.slug: each.moved_to for each in bulletins if is_leaving(each)}
        known = self._known()
        if {slug: farewell.moved_to for slug, farewell in known.items()} != wanted:
            self._bring_in_line(wanted, now)
            known = self._known()
        return known

    def _known(self) -> dict[str, Farewell]:
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT bulletin, moved_to, item, said FROM farewells ORDER BY bulletin"
            )
        return {
            row["bulletin"]: Farewell(row["moved_to"], row["item"], from_column(row["said"]))
            for row in rows
        }

    def _bring_in_line(self, wanted: dict[str, str], now: datetime) -> None:
        with self._database.transaction() as transaction:
            for row in transaction.all("SELECT bulletin, moved_to FROM farewells"):
                if wanted.get(row["bulletin"]) != row["moved_to"]:
                    transaction.run(
                        "DELETE FROM farewells WHERE bulletin = :bulletin",
                        bulletin=row["bulletin"],
                    )
            for slug, moved_to in sorted(wanted.items()):
                transaction.run(
                    _BEGIN,
                    bulletin=slug,
                    moved_to=moved_to,
                    item=mint_id(self._authority, slug, new_token(), now=now),
                    said=to_column(now.replace(microsecond=0)),
                )


_BEGIN = """
INSERT INTO farewells (bulletin, moved_to, item, said)
SELECT slug, :moved_to, :item, :said FROM bulletins WHERE slug = :bulletin
ON CONFLICT (bulletin) DO NOTHING
"""
