"""The page of each item, written where it or one of its neighbours has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.addresses import item_path
from feeds.filing import place_of
from feeds.page_views import Around
from feeds.pages import item_page, moved_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.settings import BulletinSettings, Settings
    from feeds.filing import Filed
    from feeds.filing_store import FilingStore
    from feeds.item_store import ItemStore
    from feeds.model import Item
    from feeds.output import Output
    from feeds.render import Renderer


class ItemPublisher:
    """Writes the pages of items; what each holds is said in ``feeds.pages``."""

    def __init__(
        self,
        *,
        items: ItemStore,
        filing: FilingStore,
        settings: Settings,
        renderer: Renderer,
        output: Output,
    ) -> None:
        self._items = items
        self._filing = filing
        self._settings = settings
        self._renderer = renderer
        self._output = output

    def publish(self, bulletin: BulletinSettings, *, since: int, filed: Sequence[Filed]) -> None:
        """Write what changed after a number, and what stands beside it; all from the beginning.

        The pages of what was forgotten are taken away.
        """
        pages = self._affected(bulletin, filed) if since else self._all(bulletin)
        for item, around in pages:
            page = item_page(
                item,
                bulletin,
                settings=self._settings,
                renderer=self._renderer,
                former=self._filing.former(item),
                around=around,
            )
            self._write(item_path(bulletin.slug, item.token), page)
        self._take_away(bulletin, since)

    def _all(self, bulletin: BulletinSettings) -> Iterator[tuple[Item, Around]]:
        """Yield every item between its neighbours, three in hand at a time."""
        older: Item | None = None
        item: Item | None = None
        for newer in self._filing.in_order(bulletin.slug):
            if item is not None:
                yield item, Around(older=older, newer=newer)
            older, item = item, newer
        if item is not None:
            yield item, Around(older=older)

    def _affected(
        self, bulletin: BulletinSettings, filed: Sequence[Filed]
    ) -> Iterator[tuple[Item, Around]]:
        found: dict[str, Item] = {}
        for place in {each.place for each in filed}:
            for item in self._filing.beside(bulletin.slug, place):
                if item is not None:
                    found[item.id] = item
        for item_id in {each.item for each in filed} - found.keys():
            if (item := self._filing.item(item_id)) is not None:
                found[item_id] = item
        for item in found.values():
            older, newer = self._filing.beside(bulletin.slug, place_of(item))
            yield item, Around(older=older, newer=newer)

    def _take_away(self, bulletin: BulletinSettings, since: int) -> None:
        for item, survivor in self._items.gone_since(bulletin.slug, since):
            path = item_path(bulletin.slug, item.token)
            if survivor is None:
                self._output.remove(path)
            else:
                page = moved_page(
                    survivor, bulletin, settings=self._settings, renderer=self._renderer
                )
                self._write(path, page)

    def _write(self, path: str, page: str) -> None:
        self._output.write(path, page.encode())
