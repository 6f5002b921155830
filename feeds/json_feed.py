"""JSON Feed 1.1 (jsonfeed.org): plain text everywhere but in content_html; no value is null."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from feeds.feed import publishable

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.feed import Feed, FeedItem

VERSION = "https://jsonfeed.org/version/1.1"


def write_json_feed(feed: Feed) -> bytes:
    """Return the feed as JSON Feed 1.1 in UTF-8, an item a line."""
    feed = publishable(feed)
    head = _text(
        {
            "version": VERSION,
            "title": feed.title,
            "home_page_url": feed.home_url,
            "feed_url": feed.urls.json,
            "description": feed.description,
            "authors": [{"name": feed.author}],
            "language": feed.language,
            "expired": feed.expired,
        }
    )
    items = ",\n".join(_text(_item(item)) for item in feed.items)
    return f'{head[:-1]}, "items": [\n{items}\n]}}\n'.encode()


def _item(item: FeedItem) -> dict[str, object]:
    content = item.summary_html
    return {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_html": content,
        # One of the two must be there.
        "content_text": "" if content else item.title,
        "image": item.image_url,
        "date_published": _instant(item.published),
        "date_modified": _instant(item.updated) if item.updated > item.published else "",
        "authors": [{"name": item.author}] if item.author else [],
        "tags": item.categories,
        "language": item.language,
    }


def _text(given: dict[str, object]) -> str:
    """Write an object in the order given, without what is empty."""
    return json.dumps({name: value for name, value in given.items() if value}, ensure_ascii=False)


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}Z"
