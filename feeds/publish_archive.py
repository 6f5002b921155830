"""The archive of each bulletin: pages of its years and months, and sitemaps of them.

How many items each month holds is noted beside them, so that a new item asks for its own month
and no other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from feeds.archive_pages import month_page, year_page
from feeds.filing import (
    PAGE,
    SITEMAP,
    Month,
    Shelf,
    Stale,
    all_of,
    both_ends,
    closed_pages,
    neighbours,
    page_file,
    sitemap_file,
    sitemap_parts,
    stale_of,
)
from feeds.sitemap import bulletin_sitemaps, month_sitemap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.settings import BulletinSettings, Settings
    from feeds.filing import Filed
    from feeds.filing_store import FilingStore
    from feeds.output import Output
    from feeds.render import Renderer

_STATE = ".archive.json"
# Where more than this changed in a month, asking for each place costs more than writing it anew.
_MOST_PLACES = 200

Shelves = dict[Month, Shelf]


class ArchivePublisher:
    """Writes archives; what each page holds is said in ``feeds.archive_pages``."""

    def __init__(
        self, *, filing: FilingStore, settings: Settings, renderer: Renderer, output: Output
    ) -> None:
        self._filing = filing
        self._settings = settings
        self._renderer = renderer
        self._output = output

    def publish(self, bulletin: BulletinSettings, *, since: int, filed: Sequence[Filed]) -> Shelves:
        """Write what changed after a number; all from the beginning. Return all months."""
        before = self.months(bulletin)
        if since and before:
            now = self._refreshed(bulletin, filed, before)
            stale = self._stale(bulletin, filed, before, now)
        else:
            now = self._filing.shelves(bulletin.slug)
            stale = {month: all_of(shelf.count) for month, shelf in now.items()}
        for month in sorted(stale):
            self._publish_month(bulletin, month, stale[month], now)
        self._publish_years(bulletin, before if since else {}, now)
        self._take_away(bulletin, before, now)
        sitemaps = bulletin_sitemaps(bulletin, now, base_url=self._settings.base_url)
        for name, content in sitemaps.items():
            self._output.write(f"{bulletin.slug}/{name}", content)
        self._output.write(f"{bulletin.slug}/{_STATE}", _to_json(now))
        return now

    def months(self, bulletin: BulletinSettings) -> Shelves:
        """Return the months that are written, with what each holds."""
        return _from_json(self._output.read(f"{bulletin.slug}/{_STATE}"))

    def _refreshed(
        self, bulletin: BulletinSettings, filed: Sequence[Filed], before: Mapping[Month, Shelf]
    ) -> Shelves:
        """Return the months as they are now; those that hold nothing any more are none."""
        now = dict(before)
        for month in {each.place.month for each in filed}:
            now[month] = self._filing.shelf(bulletin.slug, month)
        return {month: shelf for month, shelf in now.items() if shelf.count}

    def _stale(
        self,
        bulletin: BulletinSettings,
        filed: Sequence[Filed],
        before: Mapping[Month, Shelf],
        now: Mapping[Month, Shelf],
    ) -> dict[Month, Stale]:
        """Return which pages say something else from now on."""
        stale: dict[Month, Stale] = {}
        for month in {each.place.month for each in filed} & now.keys():
            former = before[month].count if month in before else 0
            here = [each for each in filed if each.place.month == month]
            stale[month] = self._stale_of(bulletin, here, former, now[month].count)
        for month in now.keys() ^ before.keys():
            for beside in filter(None, neighbours(month, now)):
                ends = both_ends(now[beside].count)
                stale[beside] = stale[beside] | ends if beside in stale else ends
        return stale

    def _stale_of(
        self, bulletin: BulletinSettings, filed: Sequence[Filed], before: int, count: int
    ) -> Stale:
        if len(filed) > _MOST_PLACES:
            return all_of(count)
        ranks = [self._filing.rank(bulletin.slug, each.place) for each in filed]
        moved = [rank for rank, each in zip(ranks, filed, strict=True) if each.moved]
        return stale_of(ranks, moved, before=before, count=count)

    def _publish_month(
        self, bulletin: BulletinSettings, month: Month, stale: Stale, now: Shelves
    ) -> None:
        folder = f"{bulletin.slug}/{month.path}"
        count = now[month].count
        for page in sorted(stale.pages):
            # The front page holds what is left, which may be more than one page of the others.
            limit = PAGE if page < closed_pages(count) else 2 * PAGE
            text = month_page(
                bulletin,
                month,
                page,
                self._filing.page(bulletin.slug, month, start=page * PAGE, limit=limit),
                shelves=now,
                settings=self._settings,
                renderer=self._renderer,
            )
            self._output.write(folder + page_file(page, count), text.encode())
        for part in sorted(stale.parts):
            changes = self._filing.changes(
                bulletin.slug, month, start=part * SITEMAP, limit=SITEMAP
            )
            content = month_sitemap(bulletin.slug, changes, base_url=self._settings.base_url)
            self._output.write(f"{bulletin.slug}/{sitemap_file(month, part)}", content)

    def _publish_years(
        self, bulletin: BulletinSettings, before: Mapping[Month, Shelf], now: Shelves
    ) -> None:
        """Write the years whose months changed; all of them where there is another one."""
        years, former = {month.year for month in now}, {month.year for month in before}
        changed = {month.year for month in now if now[month] != before.get(month)}
        for year in sorted(changed if years == former else years):
            page = year_page(bulletin, year, now, settings=self._settings, renderer=self._renderer)
            self._output.write(f"{bulletin.slug}/{year:04}/index.html", page.encode())
        for year in former - years:
            self._output.remove(f"{bulletin.slug}/{year:04}/index.html")

    def _take_away(
        self, bulletin: BulletinSettings, before: Mapping[Month, Shelf], now: Mapping[Month, Shelf]
    ) -> None:
        """Remove the pages and sitemaps that months had and have no more."""
        for month, shelf in before.items():
            count = now[month].count if month in now else 0
            folder = f"{bulletin.slug}/{month.path}"
            for page in range(closed_pages(count), closed_pages(shelf.count)):
                self._output.remove(f"{folder}{page + 1}.html")
            for part in range(sitemap_parts(count), sitemap_parts(shelf.count)):
                self._output.remove(f"{bulletin.slug}/{sitemap_file(month, part)}")
            if not count:
                self._output.remove(f"{folder}index.html")


def _to_json(shelves: Mapping[Month, Shelf]) -> bytes:
    return json.dumps(
        {str(month): [shelves[month].count, shelves[month].updated] for month in sorted(shelves)}
    ).encode()


def _from_json(content: bytes | None) -> Shelves:
    """Read what months were written; none where nothing readable says so."""
    try:
        found = json.loads(content or b"{}")
        return {
            Month.of(month): Shelf(int(count), str(updated))
            for month, (count, updated) in found.items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}
