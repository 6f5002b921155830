"""Microformats: things that class names state (h-entry, h-event and the older hentry, vevent).

See microformats.org/wiki/microformats2-parsing; of it, what an item of a list needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feeds.read_links import title_link
from feeds.read_stated import Stated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feeds.read_tree import Element, Tree

_ITEMS = frozenset({"h-entry", "h-event", "hentry", "vevent"})
# Whatever stands in one of these is said of it, not of the item around it.
_ROOTS = _ITEMS | frozenset(
    "h-feed h-card h-cite h-adr h-geo h-item h-product h-recipe h-resume h-review h-listing "
    "hfeed vcard".split()
)
_PROPERTIES = {
    "p-name": "title", "u-url": "url", "dt-published": "published", "dt-start": "published",
    "dt-updated": "updated", "p-summary": "summary", "e-content": "content",
    "p-author": "author", "u-author": "author", "p-category": "category", "u-photo": "image",
    "u-featured": "image",
}  # fmt: skip
_HENTRY = {
    "entry-title": "title", "published": "published", "updated": "updated",
    "entry-summary": "summary", "entry-content": "content", "author": "author",
}  # fmt: skip
_VEVENT = {
    "summary": "title", "dtstart": "published", "url": "url", "description": "summary",
    "category": "category", "photo": "image",
}  # fmt: skip
_VOCABULARIES = {"hentry": _HENTRY, "vevent": _VEVENT}
_RELATIONS = {"bookmark": "url", "tag": "category"}
_NAMES = ("p-name", "fn")
_MOST_ITEMS = 2_000
_MOST_TEXT = 4_000_000
_MOST_VALUES = 20
_LONGEST_NAME = 300


@dataclass(slots=True)
class _Root:
    """An element that is a thing, and what was found of it."""

    element: Element
    kind: str
    within: bool
    values: dict[str, list[str]] = field(default_factory=dict)
    link: str = ""

    def first(self, name: str) -> str:
        """Return the first value of a property; empty where it has none."""
        return next(iter(self.values.get(name, ())), "")


def microformats(tree: Tree) -> Iterator[Stated]:
    """Return what is stated of each item; items within an item are comments on it."""
    return (_stated(root) for root in _roots(tree) if root.kind in _ITEMS and not root.within)


def _roots(tree: Tree) -> list[_Root]:
    found: list[_Root] = []
    around: list[_Root] = []
    budget = _MOST_TEXT
    for element in tree.elements:
        while around and around[-1].element.end < element.start:
            around.pop()
        words = _words(element)
        if not words:
            continue
        if around and around[-1].kind in _ITEMS:
            budget -= _collect(around[-1], element, words)
        kind = _kind(words)
        if kind:
            within = bool(around) and (around[-1].within or around[-1].kind in _ITEMS)
            around.append(_Root(element, kind, within))
            found.append(around[-1])
        if budget < 0 or len(found) > _MOST_ITEMS * 2:
            break
    return found


def _words(element: Element) -> list[str]:
    get = element.attributes.get
    words = (get("class") or "").split()
    if element.tag == "a":
        words += (get("rel") or "").split()
    return words


def _kind(words: Sequence[str]) -> str:
    """Return what an element is; where it is marked up twice, the newer form."""
    kinds = _ROOTS.intersection(words)
    return min(kinds, key=lambda kind: (not kind.startswith("h-"), kind)) if kinds else ""


def _collect(root: _Root, element: Element, words: Sequence[str]) -> int:
    """Add what an element says of a thing; return how much text was looked at."""
    vocabulary = _VOCABULARIES.get(root.kind, _PROPERTIES)
    size = 0
    for word in words:
        name = vocabulary.get(word) or _RELATIONS.get(word, "")
        if not name or len(root.values.get(name, ())) >= _MOST_VALUES:
            continue
        size += element.length
        value = _value(element, name)
        if value:
            root.values.setdefault(name, []).append(value)
        if name == "title" and not root.link:
            root.link = title_link(element, root.element)
    return size


def _value(element: Element, name: str) -> str:
    """Return what an element states, by the kind of the property."""
    get = element.attributes.get
    if name == "content":
        return element.raw.html or ""
    if name == "author":
        return _author(element)
    stated = get("datetime") or (get("title") if element.tag == "abbr" else "")
    if element.tag in {"data", "input"}:
        stated = stated or get("value")
    if name in {"url", "image"}:
        stated = stated or get("href") or get("data-src") or get("src")
    elif element.tag == "img":
        stated = stated or get("alt")
    return stated or element.text


def _author(element: Element) -> str:
    """Return the name on a card, or all of the text where it is no card."""
    stack = [element]
    for _ in range(_MOST_VALUES):
        if not stack:
            break
        current = stack.pop()
        if any(name in current.words.split() for name in _NAMES):
            return current.text
        stack.extend(reversed(list(current.elements)[:_MOST_VALUES]))
    return element.text or element.attributes.get("alt") or ""


def _stated(root: _Root) -> Stated:
    first = root.first
    urls = (first("url"), root.link, _implied_url(root))
    return Stated(
        how=root.kind,
        title=first("title") or _implied_title(root),
        urls=tuple(filter(None, urls)),
        published=first("published"),
        updated=first("updated"),
        summary=first("summary"),
        content_html=first("content"),
        author=first("author"),
        image=first("image"),
        categories=tuple(root.values.get("category", ())),
    )


def _implied_title(root: _Root) -> str:
    """Return the text of a short thing that says nothing of its parts, as the standard has it."""
    parts = {"summary", "content", "author", "category"}
    if not root.kind.startswith("h-") or parts.intersection(root.values):
        return ""
    return root.element.text if root.element.length <= _LONGEST_NAME else ""


def _implied_url(root: _Root) -> str:
    """Return the address of the thing that is a link itself, or holds a single one at its top."""
    element = root.element
    links = [child for child in element.elements if child.tag == "a"]
    if element.tag != "a" and len(links) == 1:
        element = links[0]
    return (element.attributes.get("href") or "") if element.tag == "a" else ""
