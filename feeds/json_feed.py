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
            # It names the feed, and so an archived document names the live one.
            "feed_url": (feed.live or feed.urls).json,
            "description": feed.description,
            "next_url": feed.previous.json if feed.previous else "",
            "icon": feed.icon_url,
            "authors": [{"name": feed.author}],
            "language": feed.language,
            "expired": feed.expired,
            "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
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
        "attachments": [
            {
                name: value
                for name, value in (
                    ("url", attachment.url),
                    ("mime_type", attachment.mime),
                    ("title", attachment.title),
                    ("size_in_bytes", attachment.size),
                    ("duration_in_seconds", attachment.seconds),
                )
                if value
            }
            for attachment in item.attachments
        ],
    }


def _text(given: dict[str, object]) -> str:
    """Write an object in the order given, without what is empty."""
    return json.dumps({name: value for name, value in given.items() if value}, ensure_ascii=False)


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}Z"
