"""The feeds of each bulletin, written to where they are put out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.addresses import ATOM, JSON_FEED, RSS
from feeds.bulletin_feed import make_feed
from feeds.farewell import with_farewell
from feeds.json_feed import write_json_feed
from feeds.rss_atom import write_atom, write_rss

if TYPE_CHECKING:
    from config.settings import BulletinSettings, Settings
    from feeds.farewell import Farewell
    from feeds.item_store import ItemStore
    from feeds.output import Output
    from feeds.records import BulletinState


class FeedPublisher:
    """Writes the documents of feeds; what each holds is said by ``feeds.bulletin_feed``."""

    def __init__(self, *, items: ItemStore, settings: Settings, output: Output) -> None:
        self._items = items
        self._settings = settings
        self._output = output

    def publish(
        self, bulletin: BulletinSettings, state: BulletinState, farewell: Farewell | None
    ) -> None:
        """Write the live feed of a bulletin in its three formats."""
        site = self._settings.site
        items = self._items.latest(bulletin.slug, site.window)
        feed = make_feed(bulletin, state, items, base_url=self._settings.base_url, site=site)
        feed = with_farewell(feed, bulletin, farewell, base_url=self._settings.base_url)
        self._output.write(f"{bulletin.slug}/{RSS}", write_rss(feed))
        self._output.write(f"{bulletin.slug}/{ATOM}", write_atom(feed))
        self._output.write(f"{bulletin.slug}/{JSON_FEED}", write_json_feed(feed))
