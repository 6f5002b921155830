"""Items become a digest. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from feeds.addresses import item_link, page_address
from feeds.markup import plain_text
from notifier.model import Digest, DigestItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.settings import BulletinSettings
    from feeds.model import Item

# Receivers clip a mail at 102 400 bytes, and with it the way out at its end. The rest is for
# the head and the foot of the digest.
BUDGET_BYTES = 90_000
# What our templates and their styles, once inlined, put around an item and into its elements.
_AROUND_ITEM = 700
_INTO_TAG = 60
# Line breaks of the encoding, and those of wrapped text.
_BREAKS = 1.06


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
        size = _size(item)
        if size > left:
            item = _without_summary(item)  # noqa: PLW2901 - the shorter form takes its place
            size = _size(item)
        left -= size
        if left < 0 and position:
            return
        yield item


def _size(item: DigestItem) -> int:
    """Estimate, rather too high, the bytes of an item in both parts of the mail."""
    text = item.title + item.url + item.summary_text
    html = escape(item.title) + escape(item.url) + item.summary_html
    tags = item.summary_html.count("<")
    return _AROUND_ITEM + tags * _INTO_TAG + round(_encoded_size(text + html) * _BREAKS)


def _encoded_size(text: str) -> int:
    """Return the length in quoted-printable, where most letters are ASCII and others thrice."""
    plain = sum(text.count(sign) for sign in "=\n")
    octets = len(text.encode())
    ascii_octets = sum(map(str.isascii, text))
    return octets + 2 * (octets - ascii_octets) + 2 * plain


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
