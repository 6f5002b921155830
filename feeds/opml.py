"""All feeds of the site as one list that feed readers take (OPML 2.0). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from feeds.addresses import ATOM, page_address
from feeds.text import clean_text, language_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config.settings import BulletinSettings

OPML_FILE = "feeds.opml"


def write_opml(title: str, feeds: Iterable[BulletinSettings], *, base_url: str) -> bytes:
    """Return the list of feeds: bulletins, and views and merges in the shape of such."""
    outlines = "".join(_outline(feed, page_address(base_url, feed.slug)) for feed in feeds)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"<head><title>{escape(clean_text(title))}</title></head>\n<body>\n{outlines}</body>\n</opml>\n"
    ).encode()


def _outline(feed: BulletinSettings, page: str) -> str:
    title = clean_text(feed.title) or page
    values = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": page + ATOM,
        "htmlUrl": page,
        "description": clean_text(feed.description),
        "language": language_tag(feed.language),
    }
    given = " ".join(f"{name}={quoteattr(value)}" for name, value in values.items() if value)
    return f"<outline {given}/>\n"
