"""RSS and Atom read back by a strict parser, by the letter of their specifications."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from feeds.conformance_values import Broken, Fault, Parsed, ParsedItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_HISTORY = "{http://purl.org/syndication/history/1.0}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RELATIONS = {
    "self": "self link",
    "hub": "hubs",
    "prev-archive": "link to the archived document before",
    "next-archive": "link to the archived document after",
    "current": "link to the live feed",
}
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|\+00:00)")
_DECLARATION = re.compile(rb"<\?xml version=['\"]1\.0['\"] encoding=['\"]UTF-8['\"]\?>")
# Read as windows-1252 by whoever is careless; no text has them on purpose.
_CONTROLS = re.compile("[\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufeff]")
_ONCE = ("title", "link", "description", "guid", "pubDate", "author", "enclosure", "source")
_UNWANTED = frozenset(
    (
        "applet base button embed form frame iframe input link math meta object script style svg"
    ).split()
)
_ADDRESSES = ("href", "src", "poster", "cite")
_ADDRESS = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)


def _root(document: bytes) -> _Element:
    from lxml import etree

    if not _DECLARATION.match(document):
        raise Broken("does not begin with a declaration of XML 1.0 in UTF-8")
    if b"<!DOCTYPE" in document[:1000]:
        raise Broken("has a document type")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
        raise Broken(f"is not well-formed XML ({error})") from None
    if _CONTROLS.search(document.decode()):
        raise Broken("has control characters that no reader shows")
    return root


def _texts(parent: _Element, tag: str) -> tuple[str, ...]:
    return tuple(child.text or "" for child in parent.findall(tag))


def _text(parent: _Element, tag: str) -> str:
    return parent.findtext(tag) or ""


def _links(parent: _Element) -> dict[str, tuple[str, ...]]:
    """Return the addresses of atom:link by what the relation is called here."""
    found: dict[str, tuple[str, ...]] = {}
    for link in parent.findall(f"{_ATOM}link"):
        name = _RELATIONS.get(link.get("rel", ""))
        if name:
            found[name] = (*found.get(name, ()), link.get("href", ""))
    return found


def _head(parent: _Element, language: str) -> dict[str, tuple[str, ...]]:
    archived = parent.find(f"{_HISTORY}archive") is not None
    return {
        **_links(parent),
        "mark of an archived document": ("archive",) if archived else (),
        "language": (language,) if language else (),
    }


def parse_rss(document: bytes) -> Parsed:
    """Read RSS 2.0. Raises Broken."""
    root = _root(document)
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        raise Broken("is no RSS 2.0 with a channel")
    if not _text(channel, "description").strip():
        raise Broken("its channel has no description")
    if _rss_date(_text(channel, "lastBuildDate")) is None:
        raise Broken("its channel has no date of its last change")
    elements = channel.findall("item")
    children = list(channel)
    faults = (
        []
        if children[len(children) - len(elements) :] == elements
        else [Fault("has items too early")]
    )
    faults += [
        Fault(rule, item=_text(item, "guid")) for item in elements for rule in _rss_rules(item)
    ]
    head = {
        **_head(channel, _text(channel, "language")),
        "title": _texts(channel, "title"),
        "home page": _texts(channel, "link"),
    }
    return Parsed(head=head, items=tuple(map(_rss_item, elements)), faults=tuple(faults))


def _rss_rules(item: _Element) -> Iterator[str]:
    for tag in _ONCE:
        if len(item.findall(tag)) > 1:
            yield f"has more than one {tag}"
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false":
        yield "its guid does not say that it is no address"
    if _rss_date(_text(item, "pubDate")) is None:
        yield f"its pubDate is no date of RFC 822 in UTC: {_text(item, 'pubDate')}"
    enclosure = item.find("enclosure")
    if enclosure is not None and not (
        enclosure.get("length", "").isdigit() and enclosure.get("type") and enclosure.get("url")
    ):
        yield "its enclosure lacks an address, a length or a type"


def _rss_date(text: str) -> datetime | None:
    """Read a date that is written in the one form that all readers take, weekday and all."""
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return instant.astimezone(UTC) if format_datetime(instant) == text else None


def _rss_item(item: _Element) -> ParsedItem:
    return ParsedItem(
        id=_text(item, "guid"),
        title=_text(item, "title"),
        url=_text(item, "link"),
        content=_text(item, "description"),
        published=_rss_date(_text(item, "pubDate")),
        updated=None,
        author=", ".join(_texts(item, f"{_DC}creator")),
        categories=_texts(item, "category"),
        language=_text(item, f"{_DC}language"),
        files=tuple(
            (file.get("url", ""), file.get("type", "")) for file in item.findall("enclosure")
        ),
    )


def parse_atom(document: bytes) -> Parsed:
    """Read Atom 1.0. Raises Broken."""
    root = _root(document)
    if root.tag != f"{_ATOM}feed":
        raise Broken("is no Atom feed")
    if not (_instant(_text(root, f"{_ATOM}updated")) and _text(root, f"{_ATOM}author/{_ATOM}name")):
        raise Broken("has no instant of change or no author")
    entries = root.findall(f"{_ATOM}entry")
    faults = (
        Fault(rule, item=_text(entry, f"{_ATOM}id"))
        for entry in entries
        for rule in _atom_rules(entry)
    )
    head = {
        **_head(root, root.get(_LANG, "")),
        "id": _texts(root, f"{_ATOM}id"),
        "title": _texts(root, f"{_ATOM}title"),
        "home page": _alternates(root),
    }
    return Parsed(head=head, items=tuple(map(_atom_item, entries)), faults=tuple(faults))


def _alternates(parent: _Element) -> tuple[str, ...]:
    return tuple(
        link.get("href", "")
        for link in parent.findall(f"{_ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    )


def _atom_rules(entry: _Element) -> Iterator[str]:
    for tag in ("id", "title", "updated", "content"):
        count = len(entry.findall(f"{_ATOM}{tag}"))
        if count > 1 or (count == 0 and tag != "content"):
            yield f"has {count} of {tag}"
    if len(_alternates(entry)) > 1:
        yield "has more than one link of its own"
    if any(link.get("rel") in _RELATIONS for link in entry.findall(f"{_ATOM}link")):
        yield "has a link that only a feed may have"
    for tag in ("published", "updated"):
        if _instant(_text(entry, f"{_ATOM}{tag}")) is None:
            yield f"its {tag} is no instant (RFC 3339)"
    if not _alternates(entry) and not _text(entry, f"{_ATOM}content"):
        yield "has neither a link nor a text"
    source = entry.find(f"{_ATOM}source")
    if source is not None and not all(
        _text(source, f"{_ATOM}{tag}") for tag in ("id", "title", "updated")
    ):
        yield "its source lacks an id, a title or an instant of change"


def _instant(text: str) -> datetime | None:
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _atom_item(entry: _Element) -> ParsedItem:
    links = entry.findall(f"{_ATOM}link")
    return ParsedItem(
        id=_text(entry, f"{_ATOM}id"),
        title=_text(entry, f"{_ATOM}title"),
        url="".join(_alternates(entry)),
        content=_text(entry, f"{_ATOM}content"),
        published=_instant(_text(entry, f"{_ATOM}published")),
        updated=_instant(_text(entry, f"{_ATOM}updated")),
        author=", ".join(_texts(entry, f"{_ATOM}author/{_ATOM}name")),
        categories=tuple(each.get("term", "") for each in entry.findall(f"{_ATOM}category")),
        language=entry.get(_LANG, ""),
        files=tuple(
            (link.get("href", ""), link.get("type", ""))
            for link in links
            if link.get("rel") == "enclosure"
        ),
    )


# The three formats carry the same texts.
@lru_cache(maxsize=512)
def content_problem(markup: str) -> str:
    """Return what a text may not have: what acts, and addresses that are not whole."""
    from lxml import etree

    if "<" not in markup:
        return ""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(f"<div>{markup}</div>".encode(), parser)
    for element in root.iter("*"):
        if element.tag in _UNWANTED:
            return f"its text has <{element.tag}>"
        for name, value in element.attrib.items():
            if str(name).startswith("on") or name in {"style", "srcdoc"}:
                return f"its text has the attribute {name!r}"
            if name in _ADDRESSES and not _ADDRESS.match(str(value)):
                return f"its text has an address that is not whole: {str(value)[:100]!r}"
    return ""
