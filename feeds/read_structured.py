"""Structured data of a page (JSON-LD): completes what the page shows, or stands in for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.markup import paragraphs_html, plain_text, web_url
from feeds.model import Entry
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser

    from feeds.read_fields import Place

_TYPES = (
    "Article", "BlogPosting", "NewsArticle", "Event", "Report", "SpecialAnnouncement", "ListItem",
)  # fmt: skip
_FEW = 2
_LONGEST = 2_000_000
_MOST_NODES = 20_000


def complete(page: LexborHTMLParser, entries: list[Entry], place: Place) -> list[Entry]:
    """Give entries the dates and authors of the structured data; stand in where there are none."""
    stated = [entry for node in _nodes(page) if (entry := _entry(node, place))]
    if len(stated) >= _FEW and not entries:
        return stated
    by_url = {entry.url: entry for entry in stated if entry.url}
    return [_completed(entry, by_url.get(entry.url)) for entry in entries]


def _completed(entry: Entry, stated: Entry | None) -> Entry:
    if stated is None:
        return entry
    evidence = dict(entry.evidence)
    if entry.when is None and stated.when:
        evidence["date"] = "structured data"
    return replace(
        entry,
        when=entry.when or stated.when,
        author=entry.author or stated.author,
        summary_html=entry.summary_html or stated.summary_html,
        evidence=evidence,
    )


def _nodes(page: LexborHTMLParser) -> Iterator[dict[str, object]]:
    """Return every object of the page's JSON-LD that is of a type with items."""
    stack: list[object] = []
    for script in page.css('script[type="application/ld+json"]'):
        text = script.text() or ""
        if len(text) <= _LONGEST:
            try:
                stack.append(json.loads(text))
            except (ValueError, RecursionError):
                continue
    stack.reverse()
    seen = 0
    while stack and seen < _MOST_NODES:
        node = stack.pop()
        seen += 1
        if isinstance(node, list):
            stack.extend(reversed(node))
        elif isinstance(node, dict):
            if any(str(kind).endswith(_TYPES) for kind in _listed(node.get("@type"))):
                yield node
            stack.extend(
                value for value in reversed(node.values()) if isinstance(value, dict | list)
            )


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name") or value.get("@id") or ""
    return value if isinstance(value, str) else ""


def _entry(node: dict[str, object], place: Place) -> Entry | None:
    title = clean_text(plain_text(_text(node.get("headline")) or _text(node.get("name"))))
    address = node.get("url") or node.get("mainEntityOfPage") or node.get("@id") or ""
    if isinstance(address, dict):
        address = address.get("@id") or ""
    url = web_url(address, place.base) if isinstance(address, str) and address else ""
    if not title or not url:
        return None
    date = _text(node.get("datePublished")) or _text(node.get("dateCreated"))
    authors = [_text(each) for each in _listed(node.get("author"))]
    return Entry(
        title=title,
        url=url,
        when=place.dates.machine(date) if date else None,
        summary_html=paragraphs_html(plain_text(_text(node.get("description")))),
        author=clean_text(authors[0]) if authors else "",
        evidence={"title": "structured data", "link": "structured data", "date": "structured data"},
    )
