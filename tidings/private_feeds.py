"""A private feed as documents: what a subscription wants of the latest items, in three formats.

The one public document that is made when it is asked for: nobody else ever asks. An unchanged
one costs its reader two short questions.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.settings import BulletinSettings
from feeds.addresses import ATOM, JSON_FEED, RSS
from feeds.instants import to_column
from feeds.json_feed import write_json_feed
from feeds.rss_atom import write_atom, write_rss
from feeds.selections import MOST_SCANNED, NamedFeed, selection_feed, window

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.feed import Feed
    from feeds.model import Item
    from notifier.private_feed_store import PrivateFeed
    from tidings.app import App

WRITERS: dict[str, Callable[[Feed], bytes]] = {
    RSS: write_rss,
    ATOM: write_atom,
    JSON_FEED: write_json_feed,
}
# Documents kept in memory: readers ask with conditions, so these are for many at once.
_KEPT = 16


@dataclass(frozen=True, slots=True)
class PrivateDocument:
    """One format of a private feed; ``tag`` is what it is known by, without quotes."""

    tag: str
    content: Callable[[], bytes]


class PrivateDocuments:
    """Makes private documents; those made last are kept."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def document(self, feed: PrivateFeed, file: str) -> PrivateDocument:
        """Return a format of a feed; it is made only where its content is asked for."""
        tag = self._tag(feed)

        def content() -> bytes:
            key = tag, file
            if key not in self._kept:
                self._kept[key] = WRITERS[file](self._feed(feed))
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]

        return PrivateDocument(tag, content)

    def folder(self, feed: PrivateFeed) -> str:
        """Return the address that the formats of a feed stand below."""
        return _folder(self._app, feed)

    def _tag(self, feed: PrivateFeed) -> str:
        """Return what moves whenever the document does."""
        slug = feed.subscription.bulletin
        state = self._app.sources.bulletin_states().get(slug)
        wanted = [rule.wanted for rule in feed.subscription.rules]
        site = self._app.settings.site
        parts = (
            feed.token,
            feed.feed_id,
            state.number if state else 0,
            wanted,
            self._shape(slug),
            self._app.settings.base_url,
            site.window,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]

    def _shape(self, slug: str) -> BulletinSettings:
        # Whoever has a feed keeps it, though the bulletin is no longer configured.
        return self._app.settings.bulletin(slug) or BulletinSettings(slug=slug, title=slug)

    def _feed(self, feed: PrivateFeed) -> Feed:
        settings = self._app.settings
        return selection_feed(
            self._shape(feed.subscription.bulletin),
            NamedFeed(feed.feed_id, feed.made),
            window(self._wanted(feed), settings.site.window),
            settings=settings,
            page=self.folder(feed),
        )

    def _wanted(self, feed: PrivateFeed) -> list[Item]:
        subscription = feed.subscription
        slug = subscription.bulletin
        names = {name for rule in subscription.rules for name in rule.wanted.sources}
        sources = self._app.selections.sources(slug, names) if names else {}
        language = self._shape(slug).language
        return [
            item
            for item in self._app.items.latest(slug, MOST_SCANNED)
            if subscription.wants(item.content, sources=sources.get(item.id, ()), language=language)
        ]


def private_feeds_of(app: App, address: str) -> list[dict[str, object]]:
    """Return the private feeds of a subscriber, for themselves."""
    found = [app.private_feeds.of(one) for one in app.subscribers.of_address(address)]
    return [
        {
            "bulletin": feed.subscription.bulletin,
            "made": to_column(feed.made),
            "addresses": [_folder(app, feed) + file for file in WRITERS],
        }
        for feed in found
        if feed is not None
    ]


def _folder(app: App, feed: PrivateFeed) -> str:
    return f"{app.settings.base_url}/feeds/{feed.token}/"
