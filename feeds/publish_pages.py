"""The pages of the site and of each bulletin, written to where they are put out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.addresses import FEED_STYLE, item_path
from feeds.pages import bulletin_page, index_page, item_page, moved_page, stylesheet

if TYPE_CHECKING:
    from config.settings import BulletinSettings, Settings
    from feeds.item_store import ItemStore
    from feeds.output import Output
    from feeds.records import BulletinState
    from feeds.render import Renderer


class PagePublisher:
    """Writes pages; what each holds is said in ``feeds.pages``."""

    def __init__(
        self, *, items: ItemStore, settings: Settings, renderer: Renderer, output: Output
    ) -> None:
        self._items = items
        self._settings = settings
        self._renderer = renderer
        self._output = output

    def publish(self, bulletin: BulletinSettings, state: BulletinState, *, since: int) -> None:
        """Write the pages of a bulletin that changed after a number of it."""
        self._publish_items(bulletin, since)
        self.publish_bulletin(bulletin, state)

    def publish_bulletin(self, bulletin: BulletinSettings, state: BulletinState) -> None:
        """Write the page of a bulletin with its latest items."""
        items = self._items.latest(bulletin.slug, self._settings.site.window)
        page = bulletin_page(
            bulletin, items, state=state, settings=self._settings, renderer=self._renderer
        )
        self._write(f"{bulletin.slug}/index.html", page)

    def _publish_items(self, bulletin: BulletinSettings, since: int) -> None:
        """Write the pages of what came or changed; take away those of what was forgotten."""
        settings, renderer = self._settings, self._renderer
        former = self._items.corrected_since(bulletin.slug, since)
        for item in self._items.changed_since(bulletin.slug, since):
            page = item_page(
                item, bulletin, settings=settings, renderer=renderer, former=former.get(item.id)
            )
            self._write(item_path(bulletin.slug, item.token), page)
        for item, survivor in self._items.gone_since(bulletin.slug, since):
            path = item_path(bulletin.slug, item.token)
            if survivor is None:
                self._output.remove(path)
            else:
                page = moved_page(survivor, bulletin, settings=settings, renderer=renderer)
                self._write(path, page)

    def publish_site(self) -> None:
        """Write what stands above the bulletins: the front page and the style sheets."""
        published = [
            (bulletin, latest[0])
            for bulletin in self._settings.bulletins
            if (latest := self._items.latest(bulletin.slug, 1))
        ]
        self._write(
            "index.html", index_page(published, settings=self._settings, renderer=self._renderer)
        )
        self._write("style.css", stylesheet(self._renderer))
        self._write(FEED_STYLE, self._renderer.render(FEED_STYLE))

    def _write(self, path: str, page: str) -> None:
        self._output.write(path, page.encode())
