"""The pages of a bulletin's archive: its years, and its months with their items. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from feeds.addresses import page_address
from feeds.filing import Month, by_year, closed_pages, neighbours, page_file, place_of
from feeds.page_views import ItemLink, Link, bulletin_view, item_link_view
from feeds.render import month_name, month_of_year

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from config.settings import BulletinSettings, Settings
    from feeds.filing import Shelf
    from feeds.model import Item
    from feeds.render import Renderer


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month in the list of its year; ``share`` is what part of the fullest month it has."""

    href: str
    text: str
    count: int
    share: int


@dataclass(frozen=True, slots=True)
class FiledDay:
    """The items of one day as a month lists them; ``day`` is None for those without a date."""

    day: date | None
    entries: tuple[ItemLink, ...]


def year_page(
    bulletin: BulletinSettings,
    year: int,
    shelves: Mapping[Month, Shelf],
    *,
    settings: Settings,
    renderer: Renderer,
) -> str:
    """Return the page of a year: its months, with how many items each holds."""
    language = bulletin.language
    months = sorted((month for month in shelves if month.year == year), reverse=True)
    fullest = max(shelves[month].count for month in months)
    years = sorted(by_year(shelves))
    place = years.index(year)
    return renderer.render(
        "year.html",
        site=settings.site,
        bulletin=bulletin_view(bulletin, settings),
        language=bulletin.language,
        year=year,
        address=f"{page_address(settings.base_url, bulletin.slug)}{year:04}/",
        months=[
            MonthView(
                href=f"{month.month:02}/",
                text=month_name(month.first_day, language),
                count=shelves[month].count,
                share=max(1, 100 * shelves[month].count // fullest),
            )
            for month in months
        ],
        total=sum(shelves[month].count for month in months),
        older=_year_link(years[place - 1]) if place else None,
        newer=_year_link(years[place + 1]) if place + 1 < len(years) else None,
        root="../../",
    )


def _year_link(year: int) -> Link:
    return Link(f"../{year:04}/", str(year))


def month_page(  # noqa: PLR0913 - what stands on it, and where it stands
    bulletin: BulletinSettings,
    month: Month,
    page: int,
    items: Sequence[Item],
    *,
    shelves: Mapping[Month, Shelf],
    settings: Settings,
    renderer: Renderer,
) -> str:
    """Return one page of a month with the items of it, the newest first as everywhere."""
    count = shelves[month].count
    file = page_file(page, count).removesuffix("index.html")
    links = [
        item_link_view(item, bulletin.language)
        for item in sorted(items, key=place_of, reverse=True)
    ]
    return renderer.render(
        "month.html",
        site=settings.site,
        bulletin=bulletin_view(bulletin, settings),
        language=bulletin.language,
        month=month,
        heading=month_of_year(month.first_day, bulletin.language),
        name=month_name(month.first_day, bulletin.language),
        part=page + 1 if file else None,
        address=f"{page_address(settings.base_url, bulletin.slug)}{month.path}{file}",
        days=[
            FiledDay(day, tuple(group)) for day, group in groupby(links, key=lambda link: link.day)
        ],
        older=_older(bulletin, month, page, shelves),
        newer=_newer(bulletin, month, page, shelves),
        root="../../../",
    )


def _older(
    bulletin: BulletinSettings, month: Month, page: int, shelves: Mapping[Month, Shelf]
) -> Link | None:
    """Lead to the page before in its month, or else to the month before."""
    if page:
        return Link(f"{page}.html", _part(bulletin, month, page))
    older, _ = neighbours(month, shelves)
    return _month_link(bulletin, older) if older else None


def _newer(
    bulletin: BulletinSettings, month: Month, page: int, shelves: Mapping[Month, Shelf]
) -> Link | None:
    """Lead to the page after in its month, or else to the month after."""
    count = shelves[month].count
    if page < closed_pages(count):
        file = page_file(page + 1, count)
        if file == "index.html":
            return Link("./", month_of_year(month.first_day, bulletin.language))
        return Link(file, _part(bulletin, month, page + 2))
    _, newer = neighbours(month, shelves)
    return _month_link(bulletin, newer) if newer else None


def _month_link(bulletin: BulletinSettings, month: Month) -> Link:
    return Link(f"../../{month.path}", month_of_year(month.first_day, bulletin.language))


def _part(bulletin: BulletinSettings, month: Month, number: int) -> str:
    return f"{month_of_year(month.first_day, bulletin.language)} · {number}"
