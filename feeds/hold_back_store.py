"""Items that an operator keeps out of coming mails, until they are released, in SQL.

They are published as ever. Who would have been told meanwhile is told after the release, and
nobody twice: see ``notifier.due_store``. The check of a bulletin writes nothing of this, so it
need not be waited for, and a mail can be stopped while one goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.columns import ITEM, item_from
from feeds.instants import to_column
from feeds.item_admin_store import ItemError, current_item

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database
    from feeds.model import Item


class HoldBackStore:
    """Items that are held back, in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold_back(self, item: Item, *, now: datetime) -> None:
        """Keep an item out of editions to come; those that are opened keep it.

        Raises ItemError where it is held back already, or is forgotten.
        """
        with self._database.transaction() as transaction:
            current = current_item(transaction, item)
            if current.held_back:
                raise ItemError(
                    f"{current.token} is held back already, since {current.held_back:%Y-%m-%d}"
                )
            transaction.run(
                "UPDATE items SET held_back = :now WHERE id = :id", now=to_column(now), id=item.id
            )

    def held_back(self) -> tuple[Item, ...]:
        """Return the items that are held back, those first that have been for longest."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {ITEM} FROM items WHERE held_back IS NOT NULL AND forgotten IS NULL "
                "ORDER BY held_back, number"
            )
        return tuple(map(item_from, rows))

    def release(self, item: Item) -> None:
        """Let it be mailed to those who would have been told of it. Raises ItemError.

        The number of the bulletin moves, which is an occasion for who is told at once.
        """
        with self._database.transaction() as transaction:
            row = transaction.one(
                "UPDATE bulletins SET number = number + 1 WHERE slug = :slug RETURNING number",
                slug=item.bulletin,
            )
            current = current_item(transaction, item)
            if current.held_back is None or row is None:
                raise ItemError(f"{current.token} is not held back")
            transaction.run(
                "UPDATE items SET held_back = NULL, changed = :number WHERE id = :id",
                number=row["number"],
                id=item.id,
            )
