"""A bulletin and its items become feeds as values: the live one and those of its archive. Pure.

A feed of other items (by a filter, of several bulletins) is a ``Feed`` of its own, made of the
items of ``feed_item``: the writers ask for nothing else.
"""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.addresses import ATOM, FEED_STYLE, JSON_FEED, RSS, item_link, page_address
from feeds.corrections import correction_of
from feeds.feed import Feed, FeedItem, FeedUrls
from feeds.labels import withdrawn_label, withdrawn_title
from feeds.render import instant
from feeds.word_diff import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from config.settings import BulletinSettings, Settings
    from feeds.corrections import Correction
    from feeds.model import Former, Item
    from feeds.records import BulletinState
    from feeds.word_diff import Piece


def feed_paths(slug: str) -> FeedUrls:
    """Return the paths below the site of a live feed's formats."""
    return FeedUrls(RSS, ATOM, JSON_FEED).below(f"{slug}/")


def archive_paths(slug: str, part: str) -> FeedUrls:
    """Return the paths below the site of an archived document's formats."""
    return FeedUrls(RSS, ATOM, JSON_FEED).below(f"{slug}/archive/{part}.")


def _archive_urls(base_url: str, slug: str, part: str) -> FeedUrls | None:
    return archive_paths(slug, part).below(f"{base_url}/") if part else None


def make_feed(  # noqa: PLR0913 - a bulletin, and what is known of it
    bulletin: BulletinSettings,
    state: BulletinState,
    items: Sequence[Item],
    *,
    settings: Settings,
    archived: str = "",
    former: Mapping[str, Former] | None = None,
) -> Feed:
    """Return a bulletin's live feed. There must be an item: no feed is ever empty.

    ``archived`` is the newest part of the archive. Where ``former`` has what an item was before,
    its text ends with the difference.
    """
    base_url = settings.base_url
    page = page_address(base_url, bulletin.slug)
    return Feed(
        id=state.feed_id,
        title=bulletin.title,
        description=bulletin.description,
        home_url=page,
        author=bulletin.title,
        language=bulletin.language,
        updated=max(item.updated for item in items),
        urls=feed_paths(bulletin.slug).below(f"{base_url}/"),
        items=tuple(
            _corrected(
                feed_item(item, base_url, bulletin.language),
                item,
                (former or {}).get(item.id),
                bulletin,
            )
            for item in items
        ),
        icon_url=bulletin.icon,
        hubs=settings.site.hubs,
        stylesheet_url=f"{base_url}/{FEED_STYLE}",
        previous=_archive_urls(base_url, bulletin.slug, archived),
    )


def make_archived_feed(  # noqa: PLR0913 - where a document stands between its neighbours
    live: Feed,
    items: Sequence[Item],
    part: str,
    *,
    slug: str,
    base_url: str,
    closed: datetime,
    before: str,
    after: str,
) -> Feed:
    """Return one document of the archive of a live feed, between the parts before and after it."""
    return replace(
        live,
        urls=archive_paths(slug, part).below(f"{base_url}/"),
        live=live.urls,
        items=tuple(feed_item(item, base_url, live.language) for item in items),
        # All of a part may have been forgotten.
        updated=max((item.updated for item in items), default=closed),
        previous=_archive_urls(base_url, slug, before),
        following=_archive_urls(base_url, slug, after),
        # What is closed brings no news for a hub to pass on.
        hubs=(),
        expired=False,
    )


def feed_item(item: Item, base_url: str, language: str) -> FeedItem:
    """Return an item as feeds of a language show it."""
    found = _as_found(item, base_url)
    if item.withdrawn is None:
        return found
    # Lists of readers show the title alone, filters go by the category, and what is read aloud or
    # forwarded is the text: it is said in all three.
    language = item.content.language or language
    label = withdrawn_label(language)
    return replace(
        found,
        title=withdrawn_title(found.title, language),
        summary_html=f"<p><strong>{label}</strong></p>{found.summary_html}",
        categories=(label, *found.categories),
    )


def _as_found(item: Item, base_url: str) -> FeedItem:
    content = item.content
    return FeedItem(
        id=item.id,
        title=content.title,
        url=item_link(base_url, item),
        summary_html=content.full_html or content.summary_html,
        published=item.published,
        updated=item.updated,
        author=content.author,
        image_url=content.image_url,
        categories=content.categories,
        language=content.language,
        attachments=content.attachments,
    )


def _corrected(
    shown: FeedItem, item: Item, former: Former | None, bulletin: BulletinSettings
) -> FeedItem:
    if former is None or not bulletin.corrections_in_feed:
        return shown
    note = correction_html(correction_of(former, item.content), bulletin.time_zone)
    return replace(shown, summary_html=f"{shown.summary_html}{note}")


def correction_html(correction: Correction, zone: ZoneInfo) -> str:
    """Return what was corrected as markup that ends an item's text."""
    made = instant(correction.made, zone, "en")
    changes = "".join(
        f"<p>{change.name.capitalize()}: {''.join(map(_marked, change.pieces))}</p>"
        for change in correction.changes
    )
    return f"<hr><p>Corrected on {made}</p>{changes}"


def _marked(piece: Piece) -> str:
    text = html.escape(piece.text, quote=False)
    marks = {Kind.REMOVED: "del", Kind.ADDED: "ins"}
    mark = marks.get(piece.kind)
    return f"<{mark}>{text}</{mark}>" if mark else text
