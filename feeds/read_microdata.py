"""Microdata and RDFa Lite: things that attributes state on the elements of a page.

Both say the same in other attributes; both become what JSON-LD is, nested dictionaries.
Attributes that point elsewhere on the page (itemref) are not followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.read_links import title_link
from feeds.read_schema_org import LINK, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.read_tree import Element, Tree

    Attributes = dict[str, str | None]

_MOST_VALUES = 20_000
_MOST_TEXT = 4_000_000
_LONGEST_NAME = 100
_TITLES = frozenset({"headline", "name", "title"})
# What a reader sees is meant even where it is a link.
_TEXTS = _TITLES | {"description", "author", "keywords", "articleSection"}
# Words of older vocabularies (Drupal wrote them for years) for those of schema.org.
_OLDER = {
    "dc:title": "headline", "dcterms:title": "headline", "dc:date": "datePublished",
    "dc:created": "datePublished", "dcterms:created": "datePublished",
    "dcterms:issued": "datePublished", "dcterms:modified": "dateModified",
    "dc:description": "description", "dc:creator": "author", "sioc:Item": "Article",
    "sioc:Post": "Article", "sioct:BlogPost": "BlogPosting",
}  # fmt: skip


def microdata_nodes(tree: Tree) -> list[object]:
    """Return the things that microdata states (itemscope, itemtype, itemprop), outermost ones."""
    return _nodes(tree, "itemprop", _microdata_scope)


def rdfa_nodes(tree: Tree) -> list[object]:
    """Return the things that RDFa states (typeof, property), outermost ones."""
    return _nodes(tree, "property", _rdfa_scope)


def _microdata_scope(attributes: Attributes) -> Node | None:
    if "itemscope" not in attributes:
        return None
    return {"@type": (attributes.get("itemtype") or "").split(), "@id": attributes.get("itemid")}


def _rdfa_scope(attributes: Attributes) -> Node | None:
    kinds = attributes.get("typeof")
    if kinds is None:
        return None
    subject = attributes.get("about") or attributes.get("resource") or attributes.get("href")
    return {"@type": [_OLDER.get(kind, kind) for kind in kinds.split()], "@id": subject}


def _nodes(
    tree: Tree, property_attribute: str, scope: Callable[[Attributes], Node | None]
) -> list[object]:
    outermost: list[object] = []
    around: list[tuple[Element, Node]] = []
    values, size = 0, 0
    for element in tree.elements:
        while around and around[-1][0].end < element.start:
            around.pop()
        if not element.attributes:
            continue
        node = scope(element.attributes)
        names = _names(element, property_attribute) if around else []
        if names and node is None:
            values, size = values + 1, size + element.length
            if values > _MOST_VALUES or size > _MOST_TEXT:
                break
            _add(around[-1], element, names)
        if node is None:
            continue
        if names:
            _append(around[-1][1], names, _named(node, element))
        else:
            outermost.append(node)
        around.append((element, node))
    return outermost


def _named(node: Node, element: Element) -> Node:
    """Let a short thing go by its text where it states no name, as authors often do not."""
    if 0 < element.length <= _LONGEST_NAME:
        node["@value"] = element.text
    return node


def _names(element: Element, attribute: str) -> list[str]:
    value = element.attributes.get(attribute)
    words = value.split() if value else []
    return [_OLDER.get(word) or word.replace("#", "/").replace(":", "/").rsplit("/", 1)[-1]
            for word in words]  # fmt: skip


def _add(owner: tuple[Element, Node], element: Element, names: list[str]) -> None:
    scope, node = owner
    for name in names:
        _append(node, [name], _value(element, name))
    if _TITLES.intersection(names) and LINK not in node:
        href = title_link(element, scope)
        if href:
            node[LINK] = href


def _append(node: Node, names: list[str], value: object) -> None:
    for name in names:
        held = node.setdefault(name, [])
        if isinstance(held, list) and not name.startswith("@"):
            held.append(value)


def _value(element: Element, name: str) -> str:
    """Return what an element states: its attribute for machines before the text for readers."""
    get, tag = element.attributes.get, element.tag
    stated = get("content") or get("datetime")
    if tag in {"data", "meter"}:
        stated = stated or get("value")
    elif tag == "img":
        stated = stated or get("data-src") or get("src")
    elif name not in _TEXTS:
        stated = stated or get("resource") or get("href") or get("src")
    return stated or element.text
