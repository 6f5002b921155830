"""A bulletin by another name: all that is stored of it goes on under that one, in SQL.

Its feed id and the ids of its items stay as they are, though they hold the former name: they
name, and say nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from feeds.search_index_store import refill

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from config.settings import BulletinSettings
    from feeds.database import Database, Transaction

log = logging.getLogger("tidings.store")


def rename_bulletins(database: Database, bulletins: Iterable[BulletinSettings]) -> None:
    """Let every bulletin that is configured under a new name go on as what it was."""
    renamed = [bulletin for bulletin in bulletins if bulletin.formerly]
    if not renamed:
        return
    with database.reading() as transaction:
        known = {row["slug"] for row in transaction.all("SELECT slug FROM bulletins")}
    for bulletin in renamed:
        for former in known.intersection(bulletin.formerly):
            if bulletin.slug in known:
                log.warning(
                    "%s has items of its own, so those of %s stay where they are; "
                    "its addresses lead on all the same",
                    bulletin.slug,
                    former,
                )
            else:
                _rename(database, former, bulletin.slug)
                known.add(bulletin.slug)
                log.info("%s goes on as %s", former, bulletin.slug)


def _rename(database: Database, former: str, slug: str) -> None:
    with database.transaction() as transaction:
        row = transaction.one("SELECT * FROM bulletins WHERE slug = :slug", slug=former)
        if row is None:
            return
        columns: dict[str, Any] = dict(row)  # type: ignore[call-overload]
        feed_id = columns["feed_id"]
        _insert(transaction, columns | {"slug": slug, "feed_id": f"{feed_id} of {slug}"})
        # Whatever domain a table is of: what names a bulletin names it anew.
        for table in database.tables_with(transaction, "bulletin"):
            transaction.run(
                f"UPDATE {table} SET bulletin = :slug WHERE bulletin = :former",
                slug=slug,
                former=former,
            )
        transaction.run(
            "UPDATE named_feeds SET path = :slug || substr(path, :rest) WHERE path LIKE :below",
            slug=slug,
            rest=len(former) + 1,
            below=f"{former}/%",
        )
        # Their words are found by the name of their bulletin.
        refill(transaction)
        transaction.run("DELETE FROM bulletins WHERE slug = :former", former=former)
        transaction.run(
            "UPDATE bulletins SET feed_id = :feed_id WHERE slug = :slug", feed_id=feed_id, slug=slug
        )


def _insert(transaction: Transaction, columns: Mapping[str, Any]) -> None:
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    transaction.run(f"INSERT INTO bulletins ({names}) VALUES ({values})", **columns)
