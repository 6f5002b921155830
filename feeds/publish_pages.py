"""The pages of the site and of each bulletin, written to where they are put out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.addresses import ASSETS, DIGESTS
from feeds.embed_pages import FOLDER, SIGN_UP, embed_pages
from feeds.farewell import notice_html, notice_language
from feeds.filing import by_year
from feeds.opml import OPML_FILE, write_opml
from feeds.page_views import Beside, Link, source_views
from feeds.pages import bulletin_page, index_page
from feeds.publish_archive import ArchivePublisher
from feeds.publish_items import ItemPublisher
from feeds.selections import merge_as_bulletin, view_as_bulletin
from feeds.sitemap import SITEMAP_FILE, robots, site_sitemap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from config.settings import BulletinSettings, Settings
    from feeds.filing_store import FilingStore
    from feeds.item_store import ItemStore
    from feeds.model import Item
    from feeds.output import Output
    from feeds.records import BulletinState
    from feeds.render import Renderer
    from feeds.source_store import SourceStore


class PagePublisher:
    """Writes pages; what each holds is said in ``feeds.pages`` and ``feeds.archive_pages``."""

    def __init__(  # noqa: PLR0913 - the stores and the place that it stands between
        self,
        *,
        sources: SourceStore,
        items: ItemStore,
        filing: FilingStore,
        settings: Settings,
        renderer: Renderer,
        output: Output,
    ) -> None:
        self._sources = sources
        self._items = items
        self._filing = filing
        self._settings = settings
        self._renderer = renderer
        self._output = output
        self._item_pages = ItemPublisher(
            items=items, filing=filing, settings=settings, renderer=renderer, output=output
        )
        self._archive = ArchivePublisher(
            filing=filing, settings=settings, renderer=renderer, output=output
        )

    def publish(self, bulletin: BulletinSettings, *, since: int) -> None:
        """Write the pages below a bulletin's own that changed after a number of it; 0 says all."""
        filed = self._filing.filed_since(bulletin.slug, since) if since else []
        self._item_pages.publish(bulletin, since=since, filed=filed)
        self._archive.publish(bulletin, since=since, filed=filed)

    def publish_bulletin(self, bulletin: BulletinSettings, state: BulletinState) -> None:
        """Write the page of a bulletin with its latest items."""
        items = self._items.latest(bulletin.slug, self._settings.site.window)
        months = self._archive.months(bulletin)
        names = [source.name for source in bulletin.sources]
        news = self._sources.last_news(bulletin.slug, names)
        page = bulletin_page(
            bulletin,
            items,
            state=state,
            settings=self._settings,
            renderer=self._renderer,
            beside=Beside(
                sources=source_views(bulletin, state, news),
                years=tuple(by_year(months).items()),
                latest_month=max(months, default=None),
                views=tuple(Link(f"{view.name}/", view.title) for view in bulletin.views),
                notice=notice_html(bulletin),
                notice_language=notice_language(bulletin),
                digests=self._digests(bulletin),
                embed=FOLDER,
            ),
        )
        self._write(f"{bulletin.slug}/index.html", page)
        self._publish_embeds(bulletin, items)

    def _publish_embeds(self, bulletin: BulletinSettings, items: Sequence[Item]) -> None:
        """Write what the bulletin's own site can show of it."""
        pages = dict(embed_pages(bulletin, items, settings=self._settings, renderer=self._renderer))
        for path, page in pages.items():
            self._write(path, page)
        sign_up = f"{bulletin.slug}/{FOLDER}{SIGN_UP}"
        if sign_up not in pages:
            self._output.remove(sign_up)

    def _digests(self, bulletin: BulletinSettings) -> str:
        """Return where past digests are listed, relative to the bulletin's folder, if anywhere."""
        is_there = self._output.read(f"{bulletin.slug}/{DIGESTS}index.html") is not None
        return DIGESTS if is_there else ""

    def publish_site(self, bulletins: Iterable[BulletinSettings]) -> None:
        """Write what stands above the bulletins: front page, style sheet, lists for programs."""
        published = [
            (bulletin, latest[0])
            for bulletin in bulletins
            if (latest := self._items.latest(bulletin.slug, 1))
        ]
        merges = [merge_as_bulletin(merge, self._settings) for merge in self._settings.merges]
        page = index_page(
            published, merges=merges, settings=self._settings, renderer=self._renderer
        )
        self._write("index.html", page)
        for name in ASSETS:
            self._write(name, self._renderer.render(name))
        self._publish_lists([bulletin for bulletin, _ in published], merges)

    def _publish_lists(
        self, bulletins: Sequence[BulletinSettings], merges: Sequence[BulletinSettings]
    ) -> None:
        base_url = self._settings.base_url
        views = [view_as_bulletin(view, each) for each in bulletins for view in each.views]
        feeds = sorted([*bulletins, *views, *merges], key=lambda feed: feed.slug)
        opml = write_opml(self._settings.site.title, feeds, base_url=base_url)
        self._output.write(OPML_FILE, opml)
        pages = [merge.slug for merge in merges]
        self._output.write(SITEMAP_FILE, site_sitemap(pages, base_url=base_url))
        slugs = [bulletin.slug for bulletin in bulletins]
        self._output.write("robots.txt", robots(slugs, self._settings))

    def _write(self, path: str, page: str) -> None:
        self._output.write(path, page.encode())
