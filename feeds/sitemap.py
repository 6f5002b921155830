"""Sitemaps of what is published, for search engines (sitemaps.org, 0.9), and robots.txt. Pure.

Each month of a bulletin has sitemaps of its own, which its index names, so that a new item
writes one small file. The protocol lets an index name no other index: robots.txt names them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from feeds.addresses import item_path, page_address
from feeds.filing import sitemap_file, sitemap_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from config.settings import BulletinSettings, Settings
    from feeds.filing import Month, Shelf

SITEMAP_FILE = "sitemap.xml"
_PAGES_FILE = "sitemap-pages.xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def month_sitemap(slug: str, changes: Iterable[tuple[str, datetime]], *, base_url: str) -> bytes:
    """Return the sitemap of items of one month, by token, with their last changes."""
    return _urls(
        (f"{base_url}/{item_path(slug, token)}", f"{changed:%Y-%m-%dT%H:%M:%SZ}")
        for token, changed in changes
    )


def bulletin_sitemaps(
    bulletin: BulletinSettings, shelves: Mapping[Month, Shelf], *, base_url: str
) -> dict[str, bytes]:
    """Return the index of a bulletin's sitemaps and the one of its own pages, by file."""
    page = page_address(base_url, bulletin.slug)
    months = sorted(shelves)
    pages = [
        (page, ""),
        *((f"{page}{view.name}/", "") for view in bulletin.views),
        *((f"{page}{year:04}/", "") for year in sorted({month.year for month in months})),
        *((page + month.path, "") for month in months),
    ]
    parts = [
        (page + sitemap_file(month, part), _seconds(shelves[month].updated))
        for month in months
        for part in range(sitemap_parts(shelves[month].count))
    ]
    return {
        _PAGES_FILE: _urls(pages),
        SITEMAP_FILE: _document("sitemapindex", "sitemap", [(page + _PAGES_FILE, ""), *parts]),
    }


def site_sitemap(slugs: Iterable[str], *, base_url: str) -> bytes:
    """Return the sitemap of the front page and of what stands beside the bulletins."""
    return _urls([(f"{base_url}/", ""), *((page_address(base_url, slug), "") for slug in slugs)])


def robots(slugs: Iterable[str], settings: Settings) -> bytes:
    """Return robots.txt: all that is public may be read; where the sitemaps are."""
    base_url = settings.base_url
    maps = [f"{base_url}/{SITEMAP_FILE}", *(f"{base_url}/{slug}/{SITEMAP_FILE}" for slug in slugs)]
    unread = ("feeds/", "mails/", "search", "unsubscribe/")
    lines = ["User-agent: *", *(f"Disallow: /{path}" for path in unread)]
    return "\n".join([*lines, "", *(f"Sitemap: {address}" for address in maps), ""]).encode()


def _urls(addresses: Iterable[tuple[str, str]]) -> bytes:
    return _document("urlset", "url", addresses)


def _document(root: str, element: str, addresses: Iterable[tuple[str, str]]) -> bytes:
    """Return a sitemap of addresses with their last changes, empty where none is known."""
    body = "".join(
        f"<{element}><loc>{escape(address)}</loc>"
        f"{f'<lastmod>{changed}</lastmod>' if changed else ''}</{element}>\n"
        for address, changed in addresses
    )
    return f"{_HEAD}<{root} {_NAMESPACE}>\n{body}</{root}>\n".encode()


def _seconds(instant: str) -> str:
    """Return an instant of the store without its fraction."""
    return f"{instant[:19]}Z" if instant else ""
