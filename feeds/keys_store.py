"""Lookup keys of stored items, brought to the recipe of this release, in SQL.

Keys are evidence: when their recipe changes, an item keeps its id and all else, and only what it
is looked up by is made anew.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from feeds.diff import UNKNOWN
from feeds.keys import KEYS_VERSION, title_key, url_key

if TYPE_CHECKING:
    from feeds.database import Database

log = logging.getLogger("tidings.store")

# Rows in one transaction: short enough that a check is not kept waiting.
BATCH = 500


def renew_keys(database: Database) -> int:
    """Make the keys of an older recipe anew; return of how many items.

    Costs one look at an index where there are none. Whoever is killed in between has renewed
    some, and the next one goes on.
    """
    with database.reading() as transaction:
        if transaction.one(_ANY, version=KEYS_VERSION) is None:
            return 0
    log.info("the keys by which items are found are renewed; ids stay as they are")
    renewed, after = 0, ""
    while True:
        with database.transaction() as transaction:
            rows = transaction.all(_OLD, version=KEYS_VERSION, after=after, limit=BATCH)
            if not rows:
                return renewed
            transaction.run_each(
                _RENEW,
                [
                    {
                        "id": row["id"],
                        "url_key": url_key(row["url"]),
                        "title_key": title_key(row["title"]),
                        "version": KEYS_VERSION,
                    }
                    for row in rows
                ],
            )
            transaction.run_each(
                _NOT_COMPARED, [{"item": row["id"], "unknown": UNKNOWN} for row in rows]
            )
        renewed += len(rows)
        after = rows[-1]["id"]


_ANY = "SELECT 1 FROM items WHERE keys_version < :version LIMIT 1"
# In the order of the ids, so that what was renewed is never read again.
_OLD = """
SELECT id, title, url FROM items WHERE id > :after AND keys_version < :version
ORDER BY id LIMIT :limit FOR UPDATE
"""
_RENEW = """
UPDATE items SET url_key = :url_key, title_key = :title_key, keys_version = :version
WHERE id = :id
"""
# What each of several sources said of an item was written down by the old recipe: until it is
# read again none of them can be said to have corrected it.
_NOT_COMPARED = """
UPDATE sightings SET stated = :unknown WHERE item = :item
AND (SELECT count(*) FROM sightings AS every WHERE every.item = :item) > 1
"""
