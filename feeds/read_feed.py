"""A feed as the source: RSS 0.9 to 2.0, RDF, Atom and JSON Feed become entries.

The only place where XML from outside is parsed: no entities, no network, no document types.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from feeds.dates_forms import machine_date
from feeds.markup import paragraphs_html, plain_text, sanitise, web_url
from feeds.model import Entry, Reading
from feeds.read_attachments import attachments_of, json_attachments, picture_of
from feeds.text import clean_text, language_tag, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from lxml.etree import _Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Elements of every namespace, but no comments and no instructions.
_ANY = "{*}*"
_ITEMS = frozenset({"item", "entry"})
_DATES = ("published", "pubdate", "date", "issued", "updated", "modified")
_BODIES = ("summary", "description", "encoded", "content")
_MOST_ENTRIES = 5_000
_LONGEST_MADE_TITLE = 120
_LONGEST_TITLE = 300
_REFERENCE = re.compile(r"&#(?:[xX]0*+([0-9a-fA-F]++)|0*+([0-9]++));?")
_LONGEST_NUMBER = 7
_SURROGATES = range(0xD800, 0xE000)


def read_feed(text: str, *, zone: ZoneInfo, url: str) -> Reading:
    """Read a feed; a feed that is broken or empty says so."""
    if text.lstrip()[:1] == "{":
        return _read_json(text, zone=zone, url=url)
    try:
        return _read_xml(_REFERENCE.sub(_carried, text), zone=zone, url=url)
    except UnicodeDecodeError:
        # A recovering parser lets through what Python cannot hold, and fails where it is asked.
        return _broken("XML feed")


def _carried(match: re.Match[str]) -> str:
    """Return a character reference, nothing for half of a pair: no text can hold it."""
    in_hex, in_ten = match.groups()
    digits = in_hex or in_ten
    if len(digits) > _LONGEST_NUMBER:
        return ""
    return "" if int(digits, 16 if in_hex else 10) in _SURROGATES else match.group()


def _read_xml(text: str, *, zone: ZoneInfo, url: str) -> Reading:
    from lxml import etree

    # The text is UTF-8 by now, whatever its declaration says.
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        return _broken("XML feed")
    items = [node for node in root.iter(_ANY) if _name(node) in _ITEMS][:_MOST_ENTRIES]
    entries = tuple(entry for node in items if (entry := _entry(node, zone=zone, base=url)))
    head = next((node for node in root.iter(_ANY) if _name(node) == "channel"), root)
    return Reading(
        entries=entries,
        title=_titled(clean_text(plain_text(_child(head, "title")))),
        language=language_tag(_child(head, "language")),
        method="feed",
        notes=("the source is a feed itself",),
        problem="" if entries else "The feed has no items yet; nothing to read there.",
    )


def _titled(text: str) -> str:
    return shorten(text, _LONGEST_TITLE)


def _broken(kind: str) -> Reading:
    return Reading(
        method="feed", problem=f"The {kind} is broken and cannot be parsed; tell its publisher."
    )


def _name(node: _Element) -> str:
    return node.tag.rsplit("}", 1)[-1].lower()


def _children(node: _Element, name: str) -> Iterator[_Element]:
    return (child for child in node.iterchildren(_ANY) if _name(child) == name)


def _child(node: _Element, name: str) -> str:
    for child in _children(node, name):
        text = "".join(str(piece) for piece in child.itertext())
        if text.strip():
            return text
    return ""


def _entry(node: _Element, *, zone: ZoneInfo, base: str) -> Entry | None:
    title = _titled(clean_text(plain_text(_child(node, "title"))))
    body = next((text for name in _BODIES if (text := _child(node, name).strip())), "")
    summary = sanitise(body, base) if "<" in body or "&" in body else paragraphs_html(body)
    title = title or shorten(clean_text(plain_text(summary)), _LONGEST_MADE_TITLE)
    if not title:
        return None
    date = next((text for name in _DATES if (text := _child(node, name).strip())), "")
    author = next(_children(node, "author"), None)
    name = _child(author, "name") if author is not None else ""
    return Entry(
        title=title,
        url=_link(node, base),
        when=machine_date(date, zone) if date else None,
        summary_html=summary,
        source_id=clean_text(_child(node, "guid") or _child(node, "id")),
        author=clean_text(name or _child(node, "creator") or _child(node, "author")),
        categories=tuple(
            text
            for child in _children(node, "category")
            if (text := clean_text(str(child.get("term") or child.text or "")))
        ),
        image_url=picture_of(node, base),
        language=language_tag(str(node.get(_LANG) or _child(node, "language"))),
        attachments=attachments_of(node, base),
        evidence={"title": "feed", "link": "feed", "date": "feed"},
    )


def _link(node: _Element, base: str) -> str:
    for link in _children(node, "link"):
        href = link.get("href") or link.text or ""
        if (link.get("rel") or "alternate") == "alternate" and str(href).strip():
            return web_url(str(href).strip(), base)
    guid = next(_children(node, "guid"), None)
    if guid is not None and guid.get("isPermaLink", "true") != "false":
        return web_url((guid.text or "").strip(), base)
    return ""


def _read_json(text: str, *, zone: ZoneInfo, url: str) -> Reading:
    try:
        document = json.loads(text)
        items = document.get("items") or []
    except (ValueError, AttributeError, RecursionError):
        return _broken("JSON Feed")
    entries = []
    for item in items[:_MOST_ENTRIES] if isinstance(items, list) else []:
        if isinstance(item, dict):
            entry = _json_entry({key: item[key] for key in item}, zone=zone, base=url)
            entries += [entry] if entry else []
    return Reading(
        entries=tuple(entries),
        title=_titled(clean_text(_string(document.get("title")))),
        language=language_tag(_string(document.get("language"))),
        method="feed",
        notes=("the source is a JSON Feed",),
        problem="" if entries else "The feed has no items yet; nothing to read there.",
    )


def _string(value: object) -> str:
    return str(value) if isinstance(value, str | int) else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _json_author(item: dict[str, object]) -> str:
    """Return the names of the authors; version 1.0 has one, in a place of its own."""
    authors = _list(item.get("authors")) or [item.get("author")]
    names = (_string(each.get("name")) for each in authors if isinstance(each, dict))
    return clean_text(", ".join(filter(None, names)))


def _json_entry(item: dict[str, object], *, zone: ZoneInfo, base: str) -> Entry | None:
    markup = _string(item.get("content_html"))
    text = _string(item.get("summary")) or _string(item.get("content_text"))
    summary = sanitise(markup, base) if markup else paragraphs_html(text)
    title = _titled(clean_text(_string(item.get("title"))))
    title = title or shorten(clean_text(plain_text(summary)), _LONGEST_MADE_TITLE)
    if not title:
        return None
    date = _string(item.get("date_published"))
    return Entry(
        title=title,
        url=web_url(_string(item.get("url")), base),
        when=machine_date(date, zone) if date else None,
        summary_html=summary,
        source_id=clean_text(_string(item.get("id"))),
        author=_json_author(item),
        image_url=web_url(_string(item.get("image") or item.get("banner_image")), base),
        categories=tuple(filter(None, map(clean_text, map(_string, _list(item.get("tags")))))),
        language=language_tag(_string(item.get("language"))),
        attachments=json_attachments(item.get("attachments"), base),
        evidence={"title": "feed", "link": "feed", "date": "feed"},
    )
