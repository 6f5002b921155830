"""Who was told of an item and when, and who was not and why: for the verb and the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.explaining import standing_words, told_words

if TYPE_CHECKING:
    from feeds.model import Item
    from tidings.app import App


def audience_of(app: App, item: Item, *, limit: int) -> list[tuple[str, str, str]]:
    """Return address, edition and outcome of each who was told, then of those who were not."""
    told = app.ledger.of_item(item.id, limit=limit)
    others = app.readers.not_told(item, limit=limit)
    now = app.clock()
    return [
        *(
            (one.address or "deleted", f"edition {one.edition_number}", told_words(one))
            for one in sorted(told, key=lambda one: (one.address, one.delivery_id))
        ),
        *((one.address, "none", standing_words(one, item, now=now)) for one in others),
    ]
