"""Application state: the data that a page hands to its own scripts, where that is JSON.

Nothing is run. What is no JSON (functions, ``undefined``) is not read.
"""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from feeds.read_stated import Stated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selectolax.lexbor import LexborHTMLParser

Node = dict[str, object]

_LONGEST = 3_000_000
_MOST_SCRIPTS = 200
_MOST_NODES = 100_000
_MOST_ITEMS = 2_000
_MOST_KEYS = 200
_MOST_ASSIGNED = 20
_ASSIGNED = re.compile(
    r"(?:window|self|globalThis)(?:\.(\w{2,80})|\[\s*[\"'](\w{2,80})[\"']\s*\])\s*=\s*"
    r"(JSON\.parse\(\s*)?(?=[{\[\"])"
)
_FEW = 2
_HALF = 0.5
# The keys by which such data is usually written, without case and separators; the surest first.
_TITLES = ("title", "headline", "name", "heading", "subject")
_DATES = (
    "datepublished", "publishedat", "publisheddate", "publishdate", "publishedon", "pubdate",
    "firstpublishedat", "published", "date", "postedat", "startdate", "createdat", "created",
    "dateline", "timestamp",
)  # fmt: skip
_LINKS = ("url", "link", "href", "permalink", "canonicalurl", "weburl", "path", "uri")
_SLUGS = ("slug",)
_SUMMARIES = ("summary", "excerpt", "description", "abstract", "teaser", "intro", "lead")
_IMAGES = ("image", "imageurl", "thumbnail", "cover", "heroimage")
_AUTHORS = ("author", "authorname", "byline", "creator")
_CATEGORIES = ("tags", "categories", "category", "section", "topics")
# Where services keep the fields of a thing one level further in.
_WRAPPERS = ("node", "attributes", "fields", "frontmatter", "data", "post", "article")
_INNER = ("rendered", "name", "title", "value", "current", "url", "src", "href")
_SECONDS = range(946_684_800, 4_102_444_800)
_MILLISECONDS = range(946_684_800_000, 4_102_444_800_000)


def state(page: LexborHTMLParser, *, page_url: str) -> Iterator[Stated]:
    """Return what is stated of each thing in the longest list of things that look like items."""
    best: list[Node] = []
    for value in _values(page):
        for group in _lists(value):
            if len(group) > len(best):
                best = group
    folder = re.split(r"[?#]", page_url, maxsplit=1)[0].rstrip("/") + "/"
    return (_stated(node, folder) for node in best)


def _values(page: LexborHTMLParser) -> Iterator[object]:
    """Return the values that the scripts of a page hold, up to a size of them all."""
    size = 0
    for script in page.css("script:not([src])")[:_MOST_SCRIPTS]:
        text = script.text() or ""
        size += len(text)
        if size > _LONGEST:
            return
        kind = (script.attributes.get("type") or "").lower()
        if kind == "application/json":
            value = _json(text.strip())
            numbered = script.attributes.get("id") == "__NUXT_DATA__"
            yield _joined(value) if numbered and isinstance(value, list) else value
        elif kind in {"", "module", "text/javascript", "application/javascript"}:
            yield from _assigned(text)


def _assigned(text: str) -> Iterator[object]:
    end = 0
    for _ in range(_MOST_ASSIGNED):
        match = _ASSIGNED.search(text, end)
        if match is None:
            return
        end = match.end()
        value = _json(text, end)
        # A string is JSON itself where it is handed to a parser.
        yield _json(value.strip()) if match.group(3) and isinstance(value, str) else value


def _json(text: str, start: int = 0) -> object:
    """Return the value that begins there; None where none does."""
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value


def _joined(flat: list[object]) -> object:
    """Return the value of a list whose parts name each other by their places, as Nuxt writes it."""
    flat = flat[:_MOST_NODES]

    def at(place: object) -> object:
        known = isinstance(place, int) and 0 <= place < len(flat)
        return made[place] if known and isinstance(place, int) else None

    made: list[object] = [
        {} if isinstance(part, dict) else [] if isinstance(part, list) else part for part in flat
    ]
    for part, whole in zip(flat, made, strict=True):
        if isinstance(part, dict) and isinstance(whole, dict):
            whole.update({name: at(place) for name, place in part.items()})
        elif isinstance(part, list) and isinstance(whole, list):
            whole.extend(at(place) for place in part)
    return made


def _lists(root: object) -> Iterator[list[Node]]:
    """Return every list of objects most of which look like items, each value looked at once."""
    stack: list[object] = [root]
    seen: set[int] = set()
    # One object may be named in many lists.
    flat: dict[int, Node] = {}
    for _ in range(_MOST_NODES):
        if not stack:
            return
        value = stack.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        # A store may keep its things by their names instead of in a list.
        held = list(value.values()) if isinstance(value, dict) else value
        group = _items(held, flat)
        if group:
            yield group
        stack.extend(each for each in reversed(held) if isinstance(each, dict | list))


def _items(held: Sequence[object], known: dict[int, Node]) -> list[Node]:
    nodes = []
    for each in held[:_MOST_ITEMS]:
        if isinstance(each, dict):
            if id(each) not in known:
                known[id(each)] = _flat(each)
            nodes.append(known[id(each)])
    if len(nodes) < _FEW:
        return []
    alike = [node for node in nodes if _looks_like_item(node)]
    return alike if len(alike) >= max(_FEW, len(held) * _HALF) else []


def _flat(node: Node) -> Node:
    """Return an object with plain keys, and the fields that it keeps further in."""
    flat: Node = {}
    level = [node]
    for _ in range(_FEW + 1):
        further: list[Node] = []
        for each in level:
            keys = itertools.islice(each, _MOST_KEYS)
            plain = {key.lower().replace("_", "").replace("-", ""): each[key] for key in keys}
            flat = {**plain, **flat}
            further += [held for name in _WRAPPERS if isinstance(held := plain.get(name), dict)]
        level = further[: len(_WRAPPERS)]
    return flat


def _looks_like_item(node: Node) -> bool:
    return bool(_text(node, _TITLES) and _date(node) and _text(node, (*_LINKS, *_SLUGS)))


def _text(node: Node, names: Sequence[str]) -> str:
    """Return the first text under one of the names, or that of the object there."""
    for name in names:
        value = node.get(name)
        if isinstance(value, dict):
            inner = (value.get(key) for key in _INNER)
            value = next((each for each in inner if isinstance(each, str)), "")
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _date(node: Node) -> str:
    for name in _DATES:
        value = node.get(name)
        if isinstance(value, str) and any(character.isdigit() for character in value):
            return value
        if isinstance(value, int) and (value in _SECONDS or value in _MILLISECONDS):
            seconds = value if value in _SECONDS else value // 1000
            return datetime.fromtimestamp(seconds, UTC).isoformat()
    return ""


def _stated(node: Node, folder: str) -> Stated:
    link, slug = _text(node, _LINKS), _text(node, _SLUGS)
    how = "application state"
    if not link and slug:
        # A slug alone says where only by its list, whose page this is.
        link = slug if "/" in slug else folder + slug
    return Stated(
        how=how,
        title=_text(node, _TITLES),
        urls=(link,),
        published=_date(node),
        summary=_text(node, _SUMMARIES),
        author=_text(node, _AUTHORS) or next(iter(_names(node, ("authors",))), ""),
        image=_text(node, _IMAGES),
        categories=tuple(_names(node, _CATEGORIES)),
    )


def _names(node: Node, keys: Sequence[str]) -> list[str]:
    found: list[str] = []
    for key in keys:
        value = node.get(key)
        for each in value[:_MOST_ASSIGNED] if isinstance(value, list) else [value]:
            text = _text({"": each}, ("",))
            if text:
                found.append(text)
    return found
