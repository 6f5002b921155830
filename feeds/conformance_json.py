"""JSON Feed read back by the letter of its specification."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

from feeds.conformance_values import Broken, Fault, Parsed, ParsedItem

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = "https://jsonfeed.org/version/1.1"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "version": str,
    "title": str,
    "home_page_url": str,
    "feed_url": str,
    "description": str,
    "next_url": str,
    "icon": str,
    "authors": list,
    "language": str,
    "expired": bool,
    "hubs": list,
    "items": list,
}
_ITEM_TYPES: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "url": str,
    "title": str,
    "content_html": str,
    "content_text": str,
    "image": str,
    "date_published": str,
    "date_modified": str,
    "authors": list,
    "tags": list,
    "language": str,
    "attachments": list,
}


def parse_json_feed(document: bytes) -> Parsed:
    """Read a JSON Feed. Raises Broken."""
    try:
        found = json.loads(document.decode("utf-8"))
    except ValueError as error:
        raise Broken(f"is no JSON in UTF-8 ({error})") from None
    if not isinstance(found, dict):
        raise Broken("is no JSON object")
    problem = next(_misfits(found, _TYPES), "")
    if problem:
        raise Broken(problem)
    if found.get("version") != _VERSION:
        raise Broken(f"is not of version {_VERSION}")
    if "items" not in found or "title" not in found:
        raise Broken("has no title or no list of items")
    items, faults = [], []
    for item in found["items"]:
        problem = "is no object" if not isinstance(item, dict) else next(_item_misfits(item), "")
        if problem:
            faults.append(Fault(problem, item=str(item.get("id", "")) if item else ""))
        else:
            items.append(_item(item))
    return Parsed(head=_head(found), items=tuple(items), faults=tuple(faults))


def _misfits(found: dict[str, object], types: dict[str, type | tuple[type, ...]]) -> Iterator[str]:
    for name, value in found.items():
        if name not in types:
            yield f"has {name!r}, which JSON Feed does not know"
        elif not isinstance(value, types[name]):
            yield f"its {name} is of a wrong type"
        elif value in ("", []) and name != "items":
            yield f"its {name} is empty, and should be left out"


def _item_misfits(item: dict[str, object]) -> Iterator[str]:
    yield from _misfits(item, _ITEM_TYPES)
    if not str(item.get("id", "")).strip():
        yield "has no id"
    if "content_html" not in item and "content_text" not in item:
        yield "has no content"
    for name in ("date_published", "date_modified"):
        text = str(item.get(name, ""))
        if text and _instant(text) is None:
            yield f"its {name} is no instant (RFC 3339): {text}"
    for attachment in item.get("attachments", []):  # type: ignore[attr-defined] # a list by now
        if not isinstance(attachment, dict) or not {"url", "mime_type"} <= attachment.keys():
            yield "a file of it has no url or no mime_type"


def _instant(text: str) -> datetime | None:
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _head(found: dict[str, object]) -> dict[str, tuple[str, ...]]:
    hubs = found.get("hubs", [])
    named = {
        "title": "title",
        "home page": "home_page_url",
        "self link": "feed_url",
        "link to the archived document before": "next_url",
        "language": "language",
    }
    return {
        **{name: (str(found[key]),) for name, key in named.items() if key in found},
        "hubs": tuple(str(hub.get("url", "")) for hub in hubs),  # type: ignore[attr-defined] # a list by now
    }


def _item(item: dict[str, object]) -> ParsedItem:
    def text(name: str) -> str:
        return str(item.get(name, ""))

    authors: object = item.get("authors", [])
    files: object = item.get("attachments", [])
    tags: object = item.get("tags", [])
    published = _instant(text("date_published"))
    return ParsedItem(
        id=text("id"),
        title=text("title"),
        url=text("url"),
        content=text("content_html"),
        published=published,
        # Left out where nothing was changed since.
        updated=_instant(text("date_modified")),
        author=", ".join(str(author.get("name", "")) for author in _list(authors)),
        categories=tuple(map(str, _list(tags))),
        language=text("language"),
        files=tuple((str(file["url"]), str(file["mime_type"])) for file in _list(files)),
    )


def _list(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []
