"""JSON Feed 1.1 (jsonfeed.org): plain text everywhere but in content_html; no value is null."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING

from feeds.text import clean_block, clean_text

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.feed import Feed, FeedItem

VERSION = "https://jsonfeed.org/version/1.1"


def write_json_feed(feed: Feed) -> bytes:
    """Return the feed as JSON Feed 1.1 in UTF-8."""
    document: dict[str, object] = {
        "version": VERSION,
        "title": clean_text(feed.title),
        "home_page_url": feed.home_url,
        "feed_url": feed.json_url,
        "description": clean_text(feed.description),
        "authors": [{"name": clean_text(feed.author)}],
        "language": feed.language,
        "items": [_item(item, feed) for item in feed.items],
    }
    return json.dumps(_without_empty(document), ensure_ascii=False, indent=1).encode()


def _item(item: FeedItem, feed: Feed) -> dict[str, object]:
    content = clean_block(item.summary_html)
    corrected = item.updated > item.published
    document: dict[str, object] = {
        "id": item.id,
        "url": item.url,
        "title": clean_text(item.title),
        "content_html": content,
        # One of the two must be there.
        "content_text": "" if content else clean_text(item.title),
        "image": item.image_url,
        "date_published": _instant(item.published),
        "date_modified": _instant(item.updated) if corrected else "",
        "authors": [{"name": clean_text(item.author)}] if item.author else [],
        "tags": [clean_text(category) for category in item.categories],
        "language": item.language if item.language != feed.language else "",
    }
    return _without_empty(document)


def _without_empty(document: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if value or name in {"items", "title"}}


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
