"""Feeds of some of what is stored: which items a filter wants, of one bulletin or several. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.settings import BulletinSettings
from feeds.addresses import ATOM, FEED_STYLE, JSON_FEED, RSS, page_address
from feeds.bulletin_feed import feed_item, feed_paths
from feeds.feed import Feed, FeedOrigin, FeedUrls
from feeds.filters import ItemFilter
from feeds.keys import title_key, url_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from config.channel_settings import ChannelSettings
    from config.selection_settings import MergeSettings, SelectionSettings, ViewSettings
    from config.settings import Settings
    from feeds.model import Item
    from feeds.records import BulletinState

# A feed by a filter looks at so many of the latest items of a bulletin, however many are stored.
MOST_SCANNED = 2_000


@dataclass(frozen=True, slots=True)
class NamedFeed:
    """The id of a feed that no bulletin's own row names, and when it was minted."""

    feed_id: str
    minted: datetime


def filter_of(selection: SelectionSettings | ChannelSettings) -> ItemFilter:
    """Return the filter that an operator gave."""
    return ItemFilter(
        words=selection.words,
        without=selection.without,
        categories=selection.categories,
        sources=selection.sources,
        languages=selection.languages,
    )


def view_as_bulletin(view: ViewSettings, bulletin: BulletinSettings) -> BulletinSettings:
    """Return a view in the shape of a bulletin, as pages and feeds are made of one."""
    return BulletinSettings(
        slug=view.slug,
        title=view.title,
        description=view.description,
        link=bulletin.link,
        language=bulletin.language,
        time_zone=bulletin.time_zone,
    )


def merge_as_bulletin(merge: MergeSettings, settings: Settings) -> BulletinSettings:
    """Return a merge in the shape of a bulletin, as pages and feeds are made of one."""
    first = settings.bulletin(merge.bulletins[0])
    return BulletinSettings(
        slug=merge.slug,
        title=merge.title,
        description=merge.description,
        language=merge.language or (first.language if first else ""),
        time_zone=first.time_zone if first else BulletinSettings(slug="", title="").time_zone,
    )


def origin_of(bulletin: BulletinSettings, state: BulletinState, *, base_url: str) -> FeedOrigin:
    """Return a bulletin's own feed, as feeds name it that take items from it."""
    return FeedOrigin(
        id=state.feed_id,
        title=bulletin.title,
        home_url=page_address(base_url, bulletin.slug),
        urls=feed_paths(bulletin.slug).below(f"{base_url}/"),
    )


def selected(
    items: Iterable[Item],
    wanted: ItemFilter,
    *,
    sources: Mapping[str, Collection[str]],
    language: str,
) -> Iterator[Item]:
    """Yield the items that a filter wants; ``sources`` are the sources of each, by its id."""
    for item in items:
        if wanted.accepts(item.content, sources=sources.get(item.id, ()), language=language):
            yield item


def once(items: Sequence[Item]) -> list[Item]:
    """Return items of several bulletins without what another of them had before.

    One thing has one address, or one title on one day. What several items of one bulletin share
    says nothing of them.
    """
    shared = Counter((item.bulletin, key) for item in items for key in _keys(item))
    first: dict[object, str] = {}
    kept: list[Item] = []
    for item in sorted(items, key=lambda item: (item.first_seen, item.bulletin, item.number)):
        keys = [key for key in _keys(item) if shared[item.bulletin, key] == 1]
        if all(first.get(key, item.bulletin) == item.bulletin for key in keys):
            kept.append(item)
            for key in keys:
                first.setdefault(key, item.bulletin)
    return kept


def _keys(item: Item) -> Iterator[object]:
    content = item.content
    if address := url_key(content.url):
        yield address
    if content.when is not None:
        yield title_key(content.title), content.when.day


def window(items: Iterable[Item], limit: int) -> list[Item]:
    """Return the items that came last, newest publication first, as live feeds have them."""
    latest = sorted(items, key=lambda item: (item.first_seen, item.number), reverse=True)[:limit]
    return sorted(latest, key=lambda item: (item.published, item.number), reverse=True)


def selection_feed(  # noqa: PLR0913 - what it holds, and where it stands
    shape: BulletinSettings,
    named: NamedFeed,
    items: Sequence[Item],
    *,
    settings: Settings,
    page: str = "",
    origins: Mapping[str, FeedOrigin] | None = None,
) -> Feed:
    """Return the feed of a selection; it may be empty, for somebody waits for its first item.

    ``page`` is the address of the folder that its formats stand in, where they are not those of
    a published page; ``origins`` are the feeds of the bulletins that its items come from.
    """
    base_url = settings.base_url
    folder = page or page_address(base_url, shape.slug)
    return Feed(
        id=named.feed_id,
        title=shape.title,
        description=shape.description,
        home_url=page_address(base_url, shape.slug),
        author=shape.title,
        language=shape.language,
        updated=max((item.updated for item in items), default=named.minted),
        urls=FeedUrls(RSS, ATOM, JSON_FEED).below(folder),
        items=tuple(
            replace(
                feed_item(item, base_url, shape.language), origin=(origins or {}).get(item.bulletin)
            )
            for item in items
        ),
        hubs=() if page else settings.site.hubs,
        stylesheet_url=f"{base_url}/{FEED_STYLE}",
    )
