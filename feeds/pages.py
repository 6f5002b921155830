"""The public pages: bulletins and items as HTML that needs no script and asks nobody else.

Links between our own pages are relative, so that a site works below any address. Those of the
archive stand in ``feeds.archive_pages``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup, escape

from feeds.addresses import ATOM, JSON_FEED, RSS, item_path, page_address
from feeds.attachments import FileView, file_view
from feeds.corrections import corrected_at, correction_of
from feeds.filing import place_of
from feeds.labels import withdrawn_label, withdrawn_title
from feeds.markup import plain_text
from feeds.render import month_name
from feeds.text import clean_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from config.settings import BulletinSettings, Settings, SiteSettings
    from feeds.corrections import Correction
    from feeds.filing import Month
    from feeds.model import Former, Item
    from feeds.records import BulletinState
    from feeds.render import Renderer

# A page of a bulletin is read on telephones: what does not fit stands in the archive.
_MOST_BYTES = 20_000
# Markup of an item that takes more of a page is shown as the beginning of its text.
_LONGEST_SUMMARY = 1_200
_LONGEST_EXCERPT = 300
_LONGEST_LINE = 160
# Readers on the web, by the addresses at which they take a feed.
_READERS = (
    ("Feedly", "https://feedly.com/i/subscription/feed%2F"),
    ("Inoreader", "https://www.inoreader.com/?add_feed="),
    ("NewsBlur", "https://www.newsblur.com/?url="),
    ("The Old Reader", "https://theoldreader.com/feeds/subscribe?url="),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One format of a bulletin's feed: what it is called and where it is."""

    name: str
    file: str
    mime: str
    url: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page leads: an address, relative or whole, and its words."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLink:
    """An item as others lead to it; ``page`` is relative to the bulletin's folder."""

    title: str
    page: str
    day: date | None
    excerpt: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """An item as a page shows it.

    ``day`` is None where the source states none. ``page`` is relative to the bulletin's folder,
    ``withdrawn`` the word for it, empty where the item stands, and ``from_bulletin`` the title of
    the bulletin on pages of several.
    """

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
    withdrawn: str
    files: tuple[FileView, ...]
    correction: Correction | None
    from_bulletin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """The items of one day, in feed order."""

    day: date | None
    entries: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinView:
    """A bulletin as a page shows it; ``link`` is the publisher's own page, empty if unknown.

    ``readers`` lead to web readers that take its feed, ``mail`` to the form that asks for mail,
    relative to the site; empty where no mail leaves.
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
    readers: tuple[Link, ...]
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands around a bulletin's items: years of its archive, its views, a last notice.

    The notice is clean markup. ``digests`` leads to past digests, empty where none stand.
    """

    years: tuple[tuple[int, int], ...] = ()
    latest_month: Month | None = None
    views: tuple[Link, ...] = ()
    notice: str = ""
    notice_language: str = "en"
    digests: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What an item is filed between."""

    older: Item | None = None
    newer: Item | None = None


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
        state=state,
        days=days,
        beside=beside,
        notice=Markup(beside.notice),  # noqa: S704 - ours, with what the operator wrote escaped
        whole=whole,
        shown=len(views),
        root="../" * depth,
    )


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
        summary = f"<p>{escape(_excerpt(summary, _LONGEST_EXCERPT))}</p>"
    up = "" if item.bulletin == bulletin.slug else "../" * (bulletin.slug.count("/") + 1)
    folder = f"{up}{item.bulletin}/" if up else ""
    return _item_view(
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
    former: Former | None = None,
    around: Around | None = None,
) -> str:
    """Return an item's page: its link where the source gives none.

    ``former`` is what it was before its last correction.
    """
    around = around or Around()
    return renderer.render(
        "item.html",
        site=settings.site,
        bulletin=bulletin_view(bulletin, settings),
        zone=bulletin.time_zone,
        language=bulletin.language,
        item=_item_view(
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
        root="",
    )


def message_page(heading: str, message: str, *, site: SiteSettings, renderer: Renderer) -> str:
    """Return a page that says one thing, such as that there is no such page."""
    return renderer.render("message.html", site=site, heading=heading, message=message, root="/")


def stylesheet(renderer: Renderer) -> str:
    """Return the one style sheet of all pages."""
    return renderer.render("style.css")


def bulletin_view(bulletin: BulletinSettings, settings: Settings) -> BulletinView:
    """Return a bulletin as pages show it."""
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
        readers=tuple(_reader_links(page + ATOM)),
        mail=f"subscribe/{bulletin.slug}" if _is_mailed(bulletin, settings) else "",
    )


def _is_mailed(bulletin: BulletinSettings, settings: Settings) -> bool:
    """Tell whether anybody can get it by mail: through a relay, or where it is being tried."""
    is_tried = not settings.site.base_url
    leaves = bool(settings.mail.host) or is_tried
    return leaves and not bulletin.ended and settings.bulletin(bulletin.slug) is not None


def _reader_links(feed: str) -> Iterator[Link]:
    # Applications on a reader's own machine take this scheme; it has no other form of https.
    yield Link(f"feed:{feed.partition(':')[2]}", "")  # in the words of the page
    for name, address in _READERS:
        yield Link(address + quote(feed, safe=""), name)


def item_link_view(item: Item, language: str) -> ItemLink:
    """Return an item as others of a bulletin of a language lead to it."""
    content = item.content
    title = content.title
    if item.withdrawn:
        title = withdrawn_title(title, content.language or language)
    return ItemLink(
        title=shorten(title, _LONGEST_LINE),
        page=f"items/{item.token}.html",
        day=content.when.day if content.when else None,
        excerpt=_excerpt(content.summary_html, _LONGEST_LINE),
        language=content.language,
    )


def _beside(item: Item) -> Link:
    """Return the way from one item's page to another."""
    return Link(f"{item.token}.html", shorten(item.content.title, _LONGEST_LINE))


def _excerpt(summary_html: str, limit: int) -> str:
    return shorten(clean_text(plain_text(summary_html)), limit)


def _item_view(  # noqa: PLR0913 - what is shown of it, and where
    item: Item,
    summary: str,
    *,
    language: str,
    page: str = "",
    former: Former | None = None,
    from_bulletin: str = "",
) -> ItemView:
    content = item.content
    return ItemView(
        title=content.title,
        url=content.url,
        page=page,
        day=content.when.day if content.when else None,
        # Sanitised where it was read (feeds.markup), and nowhere else is markup let through.
        summary=Markup(summary),  # noqa: S704
        author=content.author,
        image_url=content.image_url,
        categories=content.categories,
        language=content.language,
        files=tuple(map(file_view, content.attachments)),
        first_seen=item.first_seen,
        corrected=corrected_at(item),
        withdrawn=withdrawn_label(content.language or language) if item.withdrawn else "",
        correction=correction_of(former, content) if former else None,
        from_bulletin=from_bulletin,
    )
