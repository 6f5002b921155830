"""The public pages: bulletins and items as HTML that needs no script and asks nobody else.

Links between our own pages are relative, so that a site works below any address.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from feeds.addresses import ATOM, JSON_FEED, RSS, item_path, page_address
from feeds.corrections import correction_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from config.settings import BulletinSettings, Settings, SiteSettings
    from feeds.corrections import Correction
    from feeds.model import Former, Item
    from feeds.records import BulletinState
    from feeds.render import Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One format of a bulletin's feed: what it is called and where it is."""

    name: str
    file: str
    mime: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """An item as a page shows it. ``day`` is None where the source states none."""

    title: str
    url: str
    page: str
    day: date | None
    summary: Markup
    author: str
    image_url: str
    categories: tuple[str, ...]
    language: str
    first_seen: datetime
    corrected: datetime | None
    correction: Correction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """The items of one day, in feed order."""

    day: date | None
    entries: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinView:
    """A bulletin as a page shows it; ``link`` is the publisher's own page, empty if unknown.

    ``sources`` counts the places where it is read.
    """

    slug: str
    title: str
    description: str
    language: str
    link: str
    page_url: str
    sources: int
    feeds: tuple[FeedLink, ...]


def bulletin_page(
    bulletin: BulletinSettings,
    items: Sequence[Item],
    *,
    state: BulletinState,
    settings: Settings,
    renderer: Renderer,
) -> str:
    """Return a bulletin's page with its latest items, by day, and with a note on sick sources."""
    views = [_item_view(item) for item in items]
    days = tuple(
        DayView(day=day, entries=tuple(group))
        for day, group in groupby(views, lambda view: view.day)
    )
    return renderer.render(
        "bulletin.html",
        site=settings.site,
        bulletin=_bulletin_view(bulletin, settings),
        zone=bulletin.time_zone,
        state=state,
        days=days,
        root="../",
    )


def item_page(
    item: Item,
    bulletin: BulletinSettings,
    *,
    settings: Settings,
    renderer: Renderer,
    former: Former | None = None,
) -> str:
    """Return an item's page: its link where the source gives none.

    ``former`` is what it was before its last correction.
    """
    return renderer.render(
        "item.html",
        site=settings.site,
        bulletin=_bulletin_view(bulletin, settings),
        zone=bulletin.time_zone,
        item=_item_view(item, whole=True, former=former),
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
        bulletin=_bulletin_view(bulletin, settings),
        item=_item_view(survivor),
        target=f"{survivor.token}.html",
        address=f"{settings.base_url}/{item_path(survivor.bulletin, survivor.token)}",
        root="../../",
    )


def index_page(
    bulletins: Sequence[tuple[BulletinSettings, Item]], *, settings: Settings, renderer: Renderer
) -> str:
    """Return the front page: each bulletin with its newest item."""
    return renderer.render(
        "index.html",
        site=settings.site,
        address=f"{settings.base_url}/",
        bulletins=[
            (_bulletin_view(bulletin, settings), _item_view(newest))
            for bulletin, newest in bulletins
        ],
        root="",
    )


def message_page(heading: str, message: str, *, site: SiteSettings, renderer: Renderer) -> str:
    """Return a page that says one thing, such as that there is no such page."""
    return renderer.render("message.html", site=site, heading=heading, message=message, root="/")


def stylesheet(renderer: Renderer) -> str:
    """Return the one style sheet of all pages."""
    return renderer.render("style.css")


def _bulletin_view(bulletin: BulletinSettings, settings: Settings) -> BulletinView:
    page = page_address(settings.base_url, bulletin.slug)
    return BulletinView(
        slug=bulletin.slug,
        title=bulletin.title,
        description=bulletin.description,
        language=bulletin.language,
        link=bulletin.link,
        page_url=page,
        sources=len(bulletin.sources),
        feeds=tuple(
            FeedLink(name=name, file=file, mime=mime, url=page + file)
            for name, file, mime in (
                ("Atom", ATOM, "application/atom+xml"),
                ("RSS", RSS, "application/rss+xml"),
                ("JSON Feed", JSON_FEED, "application/feed+json"),
            )
        ),
    )


def _item_view(item: Item, *, whole: bool = False, former: Former | None = None) -> ItemView:
    """Return an item as lists show it, or with its whole text."""
    content = item.content
    shown = (whole and content.full_html) or content.summary_html
    return ItemView(
        title=content.title,
        url=content.url,
        page=f"items/{item.token}.html",
        day=content.when.day if content.when else None,
        # Sanitised where it was read (feeds.markup), and nowhere else is markup let through.
        summary=Markup(shown),  # noqa: S704
        author=content.author,
        image_url=content.image_url,
        categories=content.categories,
        language=content.language,
        first_seen=item.first_seen,
        # Not by its revisions: wordings of a merged item are among them.
        corrected=item.updated if item.updated != item.published else None,
        correction=correction_of(former, content) if former else None,
    )
