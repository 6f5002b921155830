"""The archive of a bulletin: years, months and the pages that a month is cut into. Pure.

An item is filed under the day that its page shows; one without a date under the day (UTC) on
which it came. A month is cut from its oldest item on, so that a new item changes its last page
and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING

from feeds.instants import to_column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from feeds.model import Item

# Items on one page of a month: lists of this length are read, and stay small.
PAGE = 30
# Addresses in one sitemap; the protocol allows 50 000, but a new item writes the last one anew.
SITEMAP = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def path(self) -> str:
        """The month below its bulletin's folder, with a slash at its end."""
        return f"{self.year:04}/{self.month:02}/"

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @classmethod
    def of(cls, day: str) -> Month:
        """Return the month of a day or month as ISO 8601 writes it."""
        return cls(int(day[:4]), int(day[5:7]))


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an item is filed: a day, the instant that feeds show of it, and its token.

    Day and instant are texts as ISO 8601 writes them; but for the day nothing of it ever changes.
    """

    day: str
    published: str
    token: str

    @property
    def month(self) -> Month:
        """The month that it is filed under."""
        return Month.of(self.day)


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of an item: where it is filed, now and at times before, and its id.

    ``moved`` says that it was not here before, or is not here any more: what is filed after it
    has another place than before.
    """

    item: str
    place: Place
    moved: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is filed under a month: how many items, and the last change of any (ISO 8601)."""

    count: int
    updated: str


def place_of(item: Item) -> Place:
    """Return where an item is filed."""
    when = item.content.when
    day = when.day if when else item.published.astimezone(UTC).date()
    return Place(day.isoformat(), to_column(item.published), item.token)


def closed_pages(count: int) -> int:
    """Return how many pages of a month are full; what is left stands on its front page.

    The front page is never nearly empty: a page is closed only once half of the next is there.
    """
    return max(0, count - PAGE // 2) // PAGE


def page_of(rank: int, count: int) -> int:
    """Return the page, from 0, of the item at a rank; the front page comes after all closed."""
    return min(rank // PAGE, closed_pages(count))


def page_file(page: int, count: int) -> str:
    """Return the file of a page in the folder of its month."""
    return "index.html" if page >= closed_pages(count) else f"{page + 1}.html"


def sitemap_parts(count: int) -> int:
    """Return how many sitemaps a month has."""
    return -(-count // SITEMAP)


def sitemap_file(month: Month, part: int) -> str:
    """Return the file of a month's sitemap, from 0, in the folder of its bulletin.

    A sitemap speaks only for what stands below its own folder, and pages of items do there.
    """
    return f"sitemap-{month}-{part + 1}.xml"


@dataclass(frozen=True, slots=True)
class Stale:
    """What of a month must be written: its pages and its sitemaps, from 0."""

    pages: frozenset[int]
    parts: frozenset[int]

    def __or__(self, other: Stale) -> Stale:
        return Stale(self.pages | other.pages, self.parts | other.parts)


def all_of(count: int) -> Stale:
    """Return everything of a month with so many items."""
    return Stale(frozenset(range(closed_pages(count) + 1)), frozenset(range(sitemap_parts(count))))


def both_ends(count: int) -> Stale:
    """Return the pages of a month that lead to the months around it."""
    return Stale(frozenset({0, closed_pages(count)}), frozenset())


def stale_of(touched: Iterable[int], moved: Iterable[int], *, before: int, count: int) -> Stale:
    """Return what of a month says something else than before.

    ``touched`` are ranks of items that read otherwise, ``moved`` those from which on the places
    are others; ``before`` is how many items there were.
    """
    touched = [rank for rank in touched if rank < count]
    first = min(moved, default=count)
    last = closed_pages(count)
    pages = {page_of(rank, count) for rank in touched}
    if first < count or before != count:
        pages |= set(range(page_of(first, count), last + 1))
    if closed_pages(before) != last:
        # The page before the front page leads to it, by another name from now on.
        pages |= set(range(max(0, min(closed_pages(before), last) - 1), last + 1))
    parts = {rank // SITEMAP for rank in touched}
    parts |= set(range(first // SITEMAP, sitemap_parts(count)))
    return Stale(frozenset(pages), frozenset(parts))


def neighbours(month: Month, months: Collection[Month]) -> tuple[Month | None, Month | None]:
    """Return the nearest months before and after, of those that hold something."""
    older = max((known for known in months if known < month), default=None)
    newer = min((known for known in months if known > month), default=None)
    return older, newer


def by_year(shelves: Mapping[Month, Shelf]) -> dict[int, int]:
    """Return how many items each year holds, the newest first."""
    years: dict[int, int] = {}
    for month in sorted(shelves, reverse=True):
        years[month.year] = years.get(month.year, 0) + shelves[month].count
    return years
