"""Where published documents stand: paths below the site and absolute addresses. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.model import Item

RSS = "rss.xml"
ATOM = "atom.xml"
JSON_FEED = "feed.json"
FEED_STYLE = "feed.css"
# What pages and feeds need besides themselves: templates that are published as they are.
ASSETS = ("style.css", "forms.css", "embed.css", "copy.js", FEED_STYLE)
# The folder of past digests, below a bulletin's.
DIGESTS = "digests/"


def item_path(slug: str, token: str) -> str:
    """Return the path of an item's page below the site."""
    return f"{slug}/items/{token}.html"


def page_address(base_url: str, slug: str) -> str:
    """Return the address of a bulletin's page."""
    return f"{base_url}/{slug}/"


def item_link(base_url: str, item: Item) -> str:
    """Return an item's link: where the source points, else our own page of it."""
    return item.content.url or f"{base_url}/{item_path(item.bulletin, item.token)}"
