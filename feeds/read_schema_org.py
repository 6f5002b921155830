"""Things in the words of schema.org: which of them are items, and what they state.

Syntax is not known here: JSON-LD, microdata and RDFa all come as nested dictionaries, whose
values may be single or in lists. Nothing is trusted to have the type that it should have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feeds.read_stated import Stated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Node = dict[str, object]

# Where the address of a title's own link is kept, which no property states.
LINK = "@link"
_ITEMS = re.compile(
    r"(?:Article|Posting|Report|Announcement|Event|Episode|CreativeWork|Festival|Hackathon)$"
)
# These are items only where a list says that they are.
_IN_LISTS = frozenset({"", "Thing", "WebPage", "ItemPage", "VideoObject", "ListItem"})
_NEVER = frozenset({"BreadcrumbList", "SiteNavigationElement", "WPHeader", "WPFooter"})
# Properties that lead from a page to its items. Whatever else a thing holds is about the thing.
_HOLDERS = (
    "@graph", "mainEntity", "itemListElement", "item", "dataFeedElement", "blogPost", "blogPosts",
    "hasPart", "event", "events", "subEvent", "subEvents", "liveBlogUpdate",
)  # fmt: skip
_LISTS = frozenset({"itemListElement", "item", "dataFeedElement"})
_FEW = 2
_MOST_NODES = 20_000
_MOST_VALUES = 50
_MOST_AUTHORS = 3
_DATES = ("datePublished", "startDate", "datePosted", "uploadDate", "dateCreated")


def things(roots: Sequence[object], how: str) -> Iterator[Stated]:
    """Return what is stated of each item in the nodes, in their order."""
    known = _by_id(roots)
    stack: list[tuple[object, bool]] = [(root, False) for root in reversed(roots)]
    # References may lead in circles; the nodes are kept so that no id is used anew.
    seen: dict[int, Node] = {}
    for _ in range(_MOST_NODES):
        if not stack:
            return
        value, listed = stack.pop()
        if isinstance(value, list):
            stack.extend((each, listed) for each in reversed(value[:_MOST_NODES]))
        elif isinstance(value, dict):
            node = _resolved(value, known)
            types = types_of(node)
            if id(node) in seen or _NEVER & set(types):
                continue
            seen[id(node)] = node
            inner = _held(node)
            if not inner and _is_item(types, listed=listed):
                yield _stated(node, types, known, how)
            stack.extend(reversed(inner))


def types_of(node: Node) -> list[str]:
    """Return the names of a node's types, without the address of their vocabulary."""
    kinds = [kind for kind in listed_values(node.get("@type")) if isinstance(kind, str)]
    return [re.split(r"[/#:]", kind.rstrip("/"))[-1] for kind in kinds]


def listed_values(value: object) -> list[object]:
    """Return a value as a list of bounded length: none, one or several."""
    if value is None:
        return []
    return value[:_MOST_VALUES] if isinstance(value, list) else [value]


def _by_id(roots: Sequence[object]) -> dict[str, Node]:
    """Return the nodes that others of the same page may refer to."""
    found: dict[str, Node] = {}
    tops = [top for root in roots for top in (root if isinstance(root, list) else [root])]
    for top in tops[:_MOST_NODES]:
        if isinstance(top, dict):
            graph = top.get("@graph")
            for node in [top, *(graph[:_MOST_NODES] if isinstance(graph, list) else [])]:
                name = node.get("@id") if isinstance(node, dict) else None
                if isinstance(name, str) and len(node) > 1:
                    found.setdefault(name, node)
    return found


def _resolved(node: Node, known: dict[str, Node]) -> Node:
    name = node.get("@id")
    return known.get(name, node) if len(node) == 1 and isinstance(name, str) else node


def _held(node: Node) -> list[tuple[object, bool]]:
    """Return what a node holds as a list of things, and whether it is a list of any things."""
    inner: list[tuple[object, bool]] = []
    for name in _HOLDERS:
        held = node.get(name)
        if isinstance(held, list) and len(held) == 1 and name == "item":
            held = held[0]
        if isinstance(held, dict) and name == "item":
            held = _with_address(held, node.get("url"))
        if isinstance(held, dict) or (isinstance(held, list) and _items_in(held, listed=True)):
            inner.append((held, name in _LISTS))
    # An item may hold a part of itself; what holds several items is their list.
    several = any(_items_in(held, listed=False) >= _FEW for held, _ in inner)
    return inner if several or not _is_item(types_of(node), listed=False) else []


def _with_address(item: Node, address: object) -> Node:
    """Return a listed thing with the address that its list gives it; a mere reference as it is."""
    return {**item, "url": address} if address and len(item) > 1 and "url" not in item else item


def _items_in(held: object, *, listed: bool) -> int:
    """Count what may be or hold an item."""
    if not isinstance(held, list):
        return 0
    nodes = [each for each in held[:_MOST_NODES] if isinstance(each, dict)]
    return len(nodes) if listed else sum(_is_item(types_of(n), listed=False) for n in nodes)


def _is_item(types: Sequence[str], *, listed: bool) -> bool:
    if any(_ITEMS.search(kind) for kind in types):
        return True
    return listed and (not types or any(kind in _IN_LISTS for kind in types))


def _stated(node: Node, types: Sequence[str], known: dict[str, Node], how: str) -> Stated:
    is_event = any(kind.endswith("Event") for kind in types)
    dates = ("startDate", *_DATES) if is_event else _DATES
    names = ("url", LINK, "item", "mainEntityOfPage", "@id")
    return Stated(
        how=how,
        title=_first_text(node, ("headline", "name", "title"), known),
        urls=tuple(url for name in names if (url := _url(node.get(name), known))),
        published=_first_text(node, dates, known),
        updated=_first_text(node, ("dateModified",), known),
        summary=_first_text(node, ("description", "abstract", "articleBody", "text"), known),
        author=", ".join(_texts(node.get("author"), known)[:_MOST_AUTHORS]),
        image=_url(node.get("image"), known) or _url(node.get("thumbnailUrl"), known),
        categories=tuple(_categories(node, known)),
    )


def _first_text(node: Node, names: Iterable[str], known: dict[str, Node]) -> str:
    return next((text for name in names for text in _texts(node.get(name), known)), "")


def _texts(value: object, known: dict[str, Node]) -> list[str]:
    """Return the texts of a property; a thing is named by its name."""
    found: list[str] = []
    for each in listed_values(value):
        text: object = each
        if isinstance(each, dict):
            node = _resolved(each, known)
            text = next(iter(listed_values(node.get("name", node.get("@value")))), "")
        if isinstance(text, str) and text.strip():
            found.append(text)
    return found


def _url(value: object, known: dict[str, Node]) -> str:
    """Return the address that a property states: as a text, or as that of a thing."""
    for each in listed_values(value):
        if isinstance(each, str):
            return each
        if isinstance(each, dict):
            node = _resolved(each, known)
            for name in ("url", "contentUrl", "@id"):
                address = next(iter(listed_values(node.get(name))), "")
                if isinstance(address, str) and address:
                    return address
    return ""


def _categories(node: Node, known: dict[str, Node]) -> Iterator[str]:
    yield from _texts(node.get("articleSection"), known)
    for text in _texts(node.get("keywords"), known):
        yield from text.split(",", _MOST_VALUES)
