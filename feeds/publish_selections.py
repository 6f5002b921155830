"""Feeds by filter: views of a bulletin and merges of several, written to where they are put out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.addresses import ATOM, JSON_FEED, RSS
from feeds.json_feed import write_json_feed
from feeds.pages import Beside, Link, bulletin_page
from feeds.rss_atom import write_atom, write_rss
from feeds.selections import (
    MOST_SCANNED,
    filter_of,
    merge_as_bulletin,
    once,
    selected,
    selection_feed,
    view_as_bulletin,
    window,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import BulletinSettings, SelectionSettings, Settings
    from feeds.item_store import ItemStore
    from feeds.model import Item
    from feeds.output import Output
    from feeds.render import Renderer
    from feeds.selection_store import SelectionStore


class SelectionPublisher:
    """Writes feeds by filter and their pages; what each holds is said in ``feeds.selections``."""

    def __init__(
        self,
        *,
        items: ItemStore,
        selections: SelectionStore,
        settings: Settings,
        renderer: Renderer,
        output: Output,
    ) -> None:
        self._items = items
        self._selections = selections
        self._settings = settings
        self._renderer = renderer
        self._output = output

    def publish_views(self, bulletin: BulletinSettings) -> None:
        """Write the views of a bulletin, for it has changed."""
        if not bulletin.views:
            return
        latest = self._items.latest(bulletin.slug, MOST_SCANNED)
        whole = Link("../", bulletin.title)
        for view in bulletin.views:
            items = self._wanted(bulletin, latest, view)
            self._write(view_as_bulletin(view, bulletin), items, whole=whole, titles={})

    def publish_merges(self, bulletins: Sequence[BulletinSettings]) -> None:
        """Write the merges of those bulletins that are published."""
        for merge in self._settings.merges:
            members = [each for each in bulletins if each.slug in merge.bulletins]
            items = [
                item
                for bulletin in members
                for item in self._wanted(
                    bulletin, self._items.latest(bulletin.slug, MOST_SCANNED), merge
                )
            ]
            self._write(
                merge_as_bulletin(merge, self._settings),
                once(items),
                whole=None,
                titles={bulletin.slug: bulletin.title for bulletin in members},
            )

    def _wanted(
        self, bulletin: BulletinSettings, latest: Sequence[Item], selection: SelectionSettings
    ) -> list[Item]:
        names = selection.sources
        sources = self._selections.sources(bulletin.slug, names) if names else {}
        return list(
            selected(latest, filter_of(selection), sources=sources, language=bulletin.language)
        )

    def _write(
        self,
        shape: BulletinSettings,
        items: Sequence[Item],
        *,
        whole: Link | None,
        titles: dict[str, str],
    ) -> None:
        shown = window(items, self._settings.site.window)
        named = self._selections.named(shape.slug)
        feed = selection_feed(shape, named, shown, settings=self._settings)
        page = bulletin_page(
            shape,
            shown,
            settings=self._settings,
            renderer=self._renderer,
            beside=Beside(),
            whole=whole,
            titles=titles,
        )
        self._output.write(f"{shape.slug}/{RSS}", write_rss(feed))
        self._output.write(f"{shape.slug}/{ATOM}", write_atom(feed))
        self._output.write(f"{shape.slug}/{JSON_FEED}", write_json_feed(feed))
        self._output.write(f"{shape.slug}/index.html", page.encode())
