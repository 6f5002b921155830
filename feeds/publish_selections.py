"""Feeds by filter: views of a bulletin and merges of several, written to where they are put out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.bulletin_feed import feed_paths
from feeds.page_views import Beside, Link
from feeds.pages import bulletin_page
from feeds.publish_checked import write_checked
from feeds.selections import (
    MOST_SCANNED,
    filter_of,
    merge_as_bulletin,
    once,
    origin_of,
    selected,
    selection_feed,
    view_as_bulletin,
    window,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.selection_settings import SelectionSettings
    from config.settings import (
        BulletinSettings,
        Settings,
    )
    from feeds.feed import FeedOrigin
    from feeds.item_store import ItemStore
    from feeds.model import Item
    from feeds.output import Output
    from feeds.publish_checked import Refusal
    from feeds.records import BulletinState
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

    def publish_views(self, bulletin: BulletinSettings) -> tuple[Refusal, ...]:
        """Write the views of a bulletin, for it has changed; return what was refused of them."""
        if not bulletin.views:
            return ()
        latest = self._items.latest(bulletin.slug, MOST_SCANNED)
        whole = Link("../", bulletin.title)
        refused: list[Refusal] = []
        for view in bulletin.views:
            items = self._wanted(bulletin, latest, view)
            shape = view_as_bulletin(view, bulletin)
            refused += self._write(shape, items, whole=whole, titles={})
        return tuple(refused)

    def publish_merges(
        self, bulletins: Sequence[BulletinSettings], states: Mapping[str, BulletinState]
    ) -> tuple[Refusal, ...]:
        """Write the merges of those bulletins that are published; return what was refused."""
        refused: list[Refusal] = []
        for merge in self._settings.merges:
            members = [each for each in bulletins if each.slug in merge.bulletins]
            items = [
                item
                for bulletin in members
                for item in self._wanted(
                    bulletin, self._items.latest(bulletin.slug, MOST_SCANNED), merge
                )
            ]
            refused += self._write(
                merge_as_bulletin(merge, self._settings),
                once(items),
                whole=None,
                titles={bulletin.slug: bulletin.title for bulletin in members},
                origins={
                    bulletin.slug: origin_of(
                        bulletin, states[bulletin.slug], base_url=self._settings.base_url
                    )
                    for bulletin in members
                },
            )
        return tuple(refused)

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
        origins: Mapping[str, FeedOrigin] | None = None,
    ) -> tuple[Refusal, ...]:
        shown = window(items, self._settings.site.window)
        named = self._selections.named(shape.slug)
        feed = selection_feed(shape, named, shown, settings=self._settings, origins=origins)
        page = bulletin_page(
            shape,
            shown,
            settings=self._settings,
            renderer=self._renderer,
            beside=Beside(),
            whole=whole,
            titles=titles,
        )
        refused = write_checked(feed, feed_paths(shape.slug), self._output)
        self._output.write(f"{shape.slug}/index.html", page.encode())
        return refused
