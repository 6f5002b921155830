"""Items become a digest that no receiver clips. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from itertools import chain
from typing import TYPE_CHECKING

from feeds.addresses import item_link, item_path, page_address
from feeds.attachments import file_view
from feeds.corrections import changes_of
from feeds.markup import plain_text
from feeds.text import shorten
from feeds.word_diff import Kind, excerpt
from notifier.digest_addresses import digest_address, digests_address
from notifier.model import Digest, DigestChange, DigestItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from config.settings import BulletinSettings
    from feeds.model import Content, Item
    from feeds.word_diff import Piece
    from notifier.model import Health

# Receivers clip a mail at 102 400 bytes, and with it the way out at its end; some do so earlier.
# The whole mail is held to this, both parts together.
LARGEST_BYTES = 80_000
# What head and foot take of it; the rest is for items.
_AROUND_BYTES = 7_000
# What our templates and their styles, once inlined, put around an item and into its links.
_AROUND_ITEM = 500
_AROUND_CHANGE = 500
_INTO_LINK = 30
# Line breaks of the encoding, and those of wrapped text.
_BREAKS = 1.06
# Nobody reads more of a title, or can use more of an address.
_LONGEST_TITLE = 1_000
_LONGEST_ADDRESS = 2_000
# Of more files the page of the item tells.
_MOST_FILES = 10
_AROUND_FILE = 300
# Headings of an item stand below its own.
_HEADING = re.compile(r"<(/?)h[1-6]\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is told of an edition besides its items.

    ``number`` is 0 in a preview. ``is_public`` says that it has a page on the web: that it holds
    all that was new, and not what somebody's filter took. What was withdrawn ``as_of`` then is
    marked so.
    """

    number: int = 0
    language: str = ""
    is_public: bool = False
    health: Health | None = None
    as_of: datetime | None = None


def digest_of(  # noqa: PLR0913 - what a digest is made of
    items: Sequence[Item],
    bulletin: BulletinSettings,
    *,
    base_url: str,
    occasion: Occasion,
    corrected: Iterable[tuple[Item, Content]] = (),
    budget: int | None = LARGEST_BYTES,
) -> Digest:
    """Choose what an edition shows: as many items as fit, by their days; count the rest.

    Without a ``budget`` all are shown, as on a page of the web.
    """
    ordered = _by_day(items)
    found = (_digest_item(item, base_url, occasion.as_of) for item in ordered)
    again = [
        replace(_digest_item(item, base_url, occasion.as_of), changes=_changes(former, item))
        for item, former in corrected
    ]
    shown = list(
        chain(found, again)
        if budget is None
        else _fitting(chain(found, again), budget - _AROUND_BYTES)
    )
    numbered = [replace(item, number=place) for place, item in enumerate(shown, 1)]
    days = [item.content.when.day for item in items if item.content.when]
    public = occasion.is_public
    return Digest(
        bulletin=bulletin.slug,
        title=bulletin.title,
        page_url=page_address(base_url, bulletin.slug),
        language=occasion.language or bulletin.language,
        bulletin_language=bulletin.language,
        number=occasion.number,
        items=tuple(numbered[: len(items)]),
        corrected=tuple(numbered[len(items) :]),
        more=max(len(items) - len(shown), 0),
        more_corrected=len(items) + len(again) - max(len(items), len(shown)),
        own_url=digest_address(base_url, bulletin.slug, occasion.number) if public else "",
        archive_url=digests_address(base_url, bulletin.slug)
        if public
        else page_address(base_url, bulletin.slug),
        subscribe_url=f"{base_url}/subscribe/{bulletin.slug}",
        time_zone=bulletin.time_zone,
        health=occasion.health,
        days=(min(days), max(days)) if days else None,
    )


def shortened(digest: Digest, share: float) -> Digest:
    """Return a digest of about such a share of its items: what was estimated was too much."""
    kept = min(int(len(digest.items) * share), len(digest.items) - 1)
    if digest.corrected:
        left, gone = len(digest.corrected) // 2, (len(digest.corrected) + 1) // 2
        return replace(
            digest,
            corrected=digest.corrected[:left],
            more_corrected=digest.more_corrected + gone,
        )
    if kept < 1:
        return replace(digest, items=(_without_summary(digest.items[0]),), more=digest.count - 1)
    return replace(digest, items=digest.items[:kept], more=digest.count - kept)


def _by_day(items: Iterable[Item]) -> list[Item]:
    """Put the items of a day together, where the first of them stands; the undated stand last."""
    groups: dict[date | None, list[Item]] = {}
    for item in items:
        groups.setdefault(item.content.when.day if item.content.when else None, []).append(item)
    undated = groups.pop(None, [])
    return [item for group in groups.values() for item in group] + undated


def _fitting(items: Iterable[DigestItem], budget: int) -> Iterator[DigestItem]:
    """Yield items while the budget lasts; the first always, so that no digest is empty.

    An item too long for what is left is shown without its summary: its link is what counts.
    """
    left = budget
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
    changed = "".join(change.before + change.after for change in item.changes)
    # The title stands in the table of contents too.
    text = item.title * 2 + item.url + item.summary_text + changed
    html = escape(item.title) * 2 + escape(item.url) + item.summary_html + escape(changed)
    links = item.summary_html.count("<a")
    around = _AROUND_ITEM + _AROUND_CHANGE * len(item.changes) + _AROUND_FILE * len(item.files)
    files = "".join(file.name + file.url for file in item.files) * 2
    return around + links * _INTO_LINK + round(_encoded_size(text + html + files) * _BREAKS)


def _encoded_size(text: str) -> int:
    """Return the length in quoted-printable, where most letters are ASCII and others thrice."""
    plain = sum(text.count(sign) for sign in "=\n")
    octets = len(text.encode())
    ascii_octets = sum(map(str.isascii, text))
    return octets + 2 * (octets - ascii_octets) + 2 * plain


def _without_summary(item: DigestItem) -> DigestItem:
    return replace(item, summary_html="", summary_text="", changes=(), files=())


def _digest_item(item: Item, base_url: str, as_of: datetime | None) -> DigestItem:
    content = item.content
    url = item_link(base_url, item)
    if len(url) > _LONGEST_ADDRESS:
        url = f"{base_url}/{item_path(item.bulletin, item.token)}"
    is_withdrawn = item.withdrawn is not None and (as_of is None or item.withdrawn <= as_of)
    return DigestItem(
        id=item.id,
        title=shorten(content.title, _LONGEST_TITLE),
        url=url,
        day=content.when.day if content.when else None,
        summary_html=_HEADING.sub(r"<\1h4", content.summary_html),
        summary_text=plain_text(content.summary_html),
        author=content.author,
        image_url=content.image_url,
        language=content.language,
        files=tuple(
            file_view(attachment)
            for attachment in content.attachments[:_MOST_FILES]
            if len(attachment.url) <= _LONGEST_ADDRESS
        ),
        is_withdrawn=is_withdrawn,
    )


def _changes(former: Content, item: Item) -> tuple[DigestChange, ...]:
    """Return what of an item was corrected, cut to what a mail can show."""
    return tuple(
        DigestChange(
            name=change.name,
            pieces=pieces,
            before=_words(pieces, without=Kind.ADDED),
            after=_words(pieces, without=Kind.REMOVED),
        )
        for change in changes_of(former, item.content)
        for pieces in [excerpt(change.pieces)]
    )


def _words(pieces: Iterable[Piece], *, without: Kind) -> str:
    return " ".join("".join(piece.text for piece in pieces if piece.kind is not without).split())
