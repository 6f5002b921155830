"""A bulletin that moves or ends: what its feeds and its page say first, and when it is over. Pure.

Its addresses answer only after a time in which readers could learn why: a feed that is gone
without a word looks like a fault of ours.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.addresses import page_address
from feeds.feed import FeedItem
from feeds.markup import web_url
from feeds.routes import Route

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from config.settings import BulletinSettings, Settings
    from feeds.feed import Feed


@dataclass(frozen=True, slots=True)
class Farewell:
    """That a bulletin moved to an address, or ended where that is empty.

    ``item`` is the id of the item that says so, ``said`` when it did first.
    """

    moved_to: str
    item: str
    said: datetime


def is_leaving(bulletin: BulletinSettings) -> bool:
    """Tell whether the operator says that a bulletin moved or ended."""
    return bulletin.ended or bool(bulletin.moved_to)


def is_over(bulletin: BulletinSettings, farewell: Farewell | None, now: datetime) -> bool:
    """Tell whether its addresses answer that it moved or ended."""
    return farewell is not None and now >= farewell.said + bulletin.notice


def with_farewell(
    feed: Feed, bulletin: BulletinSettings, farewell: Farewell | None, *, base_url: str
) -> Feed:
    """Return a feed that begins with what its readers must know.

    One that ended says that nothing will come. One that moved does not: its readers would ask no
    more, and never learn from the answer where it is.
    """
    if farewell is None:
        return feed
    item = FeedItem(
        id=farewell.item,
        title=_title(bulletin),
        url=_place(bulletin) or page_address(base_url, bulletin.slug),
        summary_html=notice_html(bulletin),
        published=farewell.said,
        updated=farewell.said,
        language=notice_language(bulletin),
    )
    return replace(
        feed,
        items=(item, *feed.items),
        updated=max(feed.updated, farewell.said),
        expired=bulletin.ended,
    )


def notice_html(bulletin: BulletinSettings) -> str:
    """Return what a bulletin's page says of its leaving; empty where it does not."""
    if not is_leaving(bulletin):
        return ""
    words = html.escape(bulletin.farewell or _words(bulletin))
    place = html.escape(_place(bulletin))
    link = f'<p><a href="{place}">{place}</a></p>' if place else ""
    return f"<p>{words}</p>{link}"


def notice_language(bulletin: BulletinSettings) -> str:
    """Return the language of that: who words it, does so in the language of the bulletin."""
    return bulletin.language if bulletin.farewell else "en"


def _title(bulletin: BulletinSettings) -> str:
    return f"{bulletin.title} has {'ended' if bulletin.ended else 'moved'}"


def _words(bulletin: BulletinSettings) -> str:
    if bulletin.ended:
        return f"{bulletin.title} is published no more. What it said stays here for a while."
    return (
        f"{bulletin.title} is published at another address from now on. "
        "This address will lead there; feed readers that follow it need nothing else."
    )


def _place(bulletin: BulletinSettings) -> str:
    return "" if bulletin.ended else _location(bulletin.moved_to)


def _location(address: str) -> str:
    """Return an address as it may stand in a header."""
    return web_url(address, "").replace("'", "%27").replace("$", "%24")


def site_routes(
    settings: Settings,
    farewells: Mapping[str, Farewell],
    *,
    named: Collection[str],
    now: datetime,
) -> tuple[Route, ...]:
    """Return all addresses of the site that lead elsewhere or are gone.

    ``named`` are the paths of all feeds by filter that there ever were.
    """
    return (*_of_bulletins(settings, farewells, now), *_of_selections(settings, named))


def _of_bulletins(
    settings: Settings, farewells: Mapping[str, Farewell], now: datetime
) -> Iterator[Route]:
    for bulletin in settings.bulletins:
        over = is_over(bulletin, farewells.get(bulletin.slug), now)
        here = page_address(settings.base_url, bulletin.slug)
        location = _place(bulletin) if over else here
        # A former name leads to where it is in the end, and not from one redirect to the next.
        for slug in (*bulletin.formerly, *((bulletin.slug,) if over else ())):
            yield Route(path=f"{slug}/", location=location)


def _of_selections(settings: Settings, named: Iterable[str]) -> Iterator[Route]:
    """Yield views and merges that were taken out of the configuration: gone on purpose."""
    known = {merge.slug for merge in settings.merges}
    known |= {bulletin.slug for bulletin in settings.bulletins}
    known |= {view.slug for bulletin in settings.bulletins for view in bulletin.views}
    known |= {slug for bulletin in settings.bulletins for slug in bulletin.formerly}
    for path in named:
        if path not in known:
            yield Route(path=f"{path}/")
