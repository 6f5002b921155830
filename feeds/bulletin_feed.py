"""A bulletin and its items become a feed as a value. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.addresses import ATOM, JSON_FEED, RSS, item_link, page_address
from feeds.feed import Feed, FeedItem, FeedUrls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import BulletinSettings, SiteSettings
    from feeds.model import Item
    from feeds.records import BulletinState


def feed_urls(folder: str) -> FeedUrls:
    """Return the addresses of a feed's three formats in a folder, which ends in a slash."""
    return FeedUrls(rss=folder + RSS, atom=folder + ATOM, json=folder + JSON_FEED)


def make_feed(
    bulletin: BulletinSettings,
    state: BulletinState,
    items: Sequence[Item],
    *,
    base_url: str,
    site: SiteSettings,
) -> Feed:
    """Return a bulletin's feed as a value. There must be an item: no feed is ever empty.

    A feed of other items (by a filter, of several bulletins) is a Feed of its own with the items
    of ``feed_item``: the writers ask for nothing else.
    """
    page = page_address(base_url, bulletin.slug)
    return Feed(
        id=state.feed_id,
        title=bulletin.title,
        description=bulletin.description,
        home_url=page,
        author=bulletin.title,
        language=bulletin.language,
        updated=max(item.updated for item in items),
        urls=feed_urls(page),
        items=tuple(feed_item(item, base_url) for item in items),
        icon_url=bulletin.icon,
        hubs=site.hubs,
        stylesheet_url=f"{base_url}/feed.css",
    )


def feed_item(item: Item, base_url: str) -> FeedItem:
    """Return an item as feeds show it."""
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
    )
