"""Items become a digest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.addresses import item_link, page_address
from feeds.markup import plain_text
from notifier.model import Digest, DigestItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.settings import BulletinSettings
    from feeds.model import Item

# Receivers clip a mail near 100 KB, and with it the way out at its end. Markup and styles
# around the summaries and the text part's encoding need the other half.
BUDGET_BYTES = 40_000


def digest_of(
    items: Sequence[Item], bulletin: BulletinSettings, *, base_url: str, number: int
) -> Digest:
    """Choose what an edition's mail shows: as many items as fit, in their order; count the rest."""
    shown = tuple(_fitting([_digest_item(item, base_url) for item in items]))
    return Digest(
        bulletin=bulletin.slug,
        title=bulletin.title,
        page_url=page_address(base_url, bulletin.slug),
        language=bulletin.language,
        number=number,
        items=shown,
        more=len(items) - len(shown),
    )


def _fitting(items: Sequence[DigestItem]) -> Iterator[DigestItem]:
    """Yield items while the budget lasts; the first always, so that no digest is empty.

    An item too long for what is left is shown without its summary: its link is what counts.
    """
    left = BUDGET_BYTES
    for position, item in enumerate(items):
        size = len(item.title.encode()) + len(item.summary_html.encode()) + len(item.url)
        if size > left:
            item = _without_summary(item)  # noqa: PLW2901 - the shorter form takes its place
            size = len(item.title.encode()) + len(item.url)
        left -= size
        if left < 0 and position:
            return
        yield item


def _without_summary(item: DigestItem) -> DigestItem:
    return DigestItem(
        id=item.id,
        title=item.title,
        url=item.url,
        day=item.day,
        summary_html="",
        summary_text="",
        author=item.author,
        language=item.language,
    )


def _digest_item(item: Item, base_url: str) -> DigestItem:
    content = item.content
    return DigestItem(
        id=item.id,
        title=content.title,
        url=item_link(base_url, item),
        day=content.when.day if content.when else None,
        summary_html=content.summary_html,
        summary_text=plain_text(content.summary_html),
        author=content.author,
        image_url=content.image_url,
        language=content.language,
    )
