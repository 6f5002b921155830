"""The public pages: bulletins and items as HTML that needs no script and asks nobody else.

Links between our own pages are relative, so that a site works below any address. Those of the
archive stand in ``feeds.archive_pages``.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from feeds.addresses import item_path
from feeds.filing import place_of
from feeds.page_views import (
    LONGEST_LINE,
    SEARCH,
    Around,
    DayView,
    Link,
    bulletin_view,
    excerpt_of,
    item_link_view,
    item_view,
)
from feeds.render import month_name
from feeds.text import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from config.settings import BulletinSettings, Settings, SiteSettings
    from feeds.model import Former, Item
    from feeds.page_views import Beside, ItemView
    from feeds.records import BulletinState
    from feeds.render import Renderer

# A page of a bulletin is read on telephones: what does not fit stands in the archive.
_MOST_BYTES = 11_000
# Markup of an item that takes more of a page is shown as the beginning of its text.
_LONGEST_SUMMARY = 1_200
_LONGEST_EXCERPT = 300


def bulletin_page(  # noqa: PLR0913 - what stands on it, and where it stands
    bulletin: BulletinSettings,
    items: Sequence[Item],
    *,
    state: BulletinState | None = None,
    settings: Settings,
    renderer: Renderer,
    beside: Beside,
    whole: Link | None = None,
    titles: Mapping[str, str] | None = None,
) -> str:
    """Return a bulletin's page with its latest items, by day, and with a note on sick sources.

    Of a view or a merge, ``whole`` leads to what it is a part of, and ``titles`` are those of the
    bulletins that its items come from.
    """
    depth = bulletin.slug.count("/") + 1
    views = _within(_MOST_BYTES, (_listed(item, bulletin, titles or {}) for item in items))
    days = tuple(
        DayView(day=day, entries=tuple(group))
        for day, group in groupby(views, lambda view: view.day)
    )
    return renderer.render(
        "bulletin.html",
        site=settings.site,
        bulletin=bulletin_view(bulletin, settings),
        zone=bulletin.time_zone,
        language=bulletin.language,
        sick=len(state.sick) if state else 0,
        unread_since=_unread_since(state),
        days=days,
        beside=beside,
        notice=Markup(beside.notice),  # noqa: S704 - ours, with what the operator wrote escaped
        whole=whole,
        shown=len(views),
        root="../" * depth,
    )


def _unread_since(state: BulletinState | None) -> datetime | None:
    """Return when the first of the sources that are not well was read with success last."""
    known = (one.since for one in (state.sick if state else ()) if one.since)
    return min(known, default=None)


def _within(most: int, views: Iterable[ItemView]) -> list[ItemView]:
    """Return those that fit on a page; the first whatever it is."""
    fitting: list[ItemView] = []
    for view in views:
        most -= len(f"{view.title}{view.summary}{view.url}".encode()) + 300
        if fitting and most < 0:
            break
        fitting.append(view)
    return fitting


def _listed(item: Item, bulletin: BulletinSettings, titles: Mapping[str, str]) -> ItemView:
    """Return an item as lists show it; its page as seen from the folder of the list."""
    content = item.content
    summary = content.summary_html
    if len(summary) > _LONGEST_SUMMARY:
        summary = f"<p>{escape(excerpt_of(summary, _LONGEST_EXCERPT))}</p>"
    up = "" if item.bulletin == bulletin.slug else "../" * (bulletin.slug.count("/") + 1)
    folder = f"{up}{item.bulletin}/" if up else ""
    return item_view(
        item,
        summary,
        language=bulletin.language,
        page=f"{folder}items/{item.token}.html",
        from_bulletin=titles.get(item.bulletin, ""),
    )


def item_page(  # noqa: PLR0913 - what stands on it, and where it stands
    item: Item,
    bulletin: BulletinSettings,
    *,
    settings: Settings,
    renderer: Renderer,
    former: Sequence[Former] = (),
    around: Around | None = None,
) -> str:
    """Return an item's page: its link where the source gives none.

    ``former`` is what it was before each of its corrections, the oldest first.
    """
    around = around or Around()
    return renderer.render(
        "item.html",
        site=settings.site,
        bulletin=bulletin_view(bulletin, settings),
        zone=bulletin.time_zone,
        language=bulletin.language,
        item=item_view(
            item,
            item.content.full_html or item.content.summary_html,
            language=bulletin.language,
            former=former,
        ),
        month=(month := place_of(item).month),
        month_name=month_name(month.first_day, bulletin.language),
        older=around.older and _beside(around.older),
        newer=around.newer and _beside(around.newer),
        address=f"{settings.base_url}/{item_path(item.bulletin, item.token)}",
        root="../../",
    )


def moved_page(
    survivor: Item, bulletin: BulletinSettings, *, settings: Settings, renderer: Renderer
) -> str:
    """Return the page of an item that was merged: it leads to the one it was merged into."""
    return renderer.render(
        "moved.html",
        site=settings.site,
        bulletin=bulletin_view(bulletin, settings),
        language=bulletin.language,
        item=item_link_view(survivor, bulletin.language),
        target=f"{survivor.token}.html",
        address=f"{settings.base_url}/{item_path(survivor.bulletin, survivor.token)}",
        root="../../",
    )


def index_page(
    bulletins: Sequence[tuple[BulletinSettings, Item]],
    *,
    settings: Settings,
    renderer: Renderer,
    merges: Sequence[BulletinSettings] = (),
) -> str:
    """Return the front page: each bulletin with its newest item, and the merges of several.

    It speaks their language where all have the same, English else.
    """
    languages = {bulletin.language for bulletin, _ in bulletins}
    return renderer.render(
        "index.html",
        site=settings.site,
        address=f"{settings.base_url}/",
        language=languages.pop() if len(languages) == 1 else "",
        bulletins=[
            (bulletin_view(bulletin, settings), item_link_view(newest, bulletin.language))
            for bulletin, newest in bulletins
        ],
        merges=[bulletin_view(merge, settings) for merge in merges],
        search=SEARCH if settings.is_searched else "",
        root="",
    )


def message_page(heading: str, message: str, *, site: SiteSettings, renderer: Renderer) -> str:
    """Return a page that says one thing, such as that there is no such page."""
    return renderer.render("message.html", site=site, heading=heading, message=message, root="/")


def _beside(item: Item) -> Link:
    """Return the way from one item's page to another."""
    return Link(f"{item.token}.html", shorten(item.content.title, LONGEST_LINE))
