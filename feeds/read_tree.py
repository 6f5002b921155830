"""A page as a light tree: the elements and texts that a reader sees, in page order.

Built once from Lexbor's tree; everything that looks for items works on this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

_UNSEEN = frozenset(
    "script style noscript template svg math iframe object select option button head canvas "
    "audio video input textarea dialog -comment #comment".split()
)
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_MOST_ELEMENTS = 60_000
_MOST_TEXT = 20_000
_DEEPEST = 400
_LONGEST_OWN = 3_000
_LONGEST_WORDS = 1_000
_MOST_PIECES = 10_000
BLOCKS = frozenset(
    "p div section article li ul ol dl dt dd table tr td th h1 h2 h3 h4 h5 h6 header footer main "
    "aside nav blockquote pre figure figcaption br hr address form details summary tbody".split()
)


@dataclass(slots=True, eq=False)
class Element:
    """One element; ``start`` and ``end`` are its place in page order, descendants inside."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None
    raw: LexborNode
    start: int
    path: int
    end: int = 0
    length: int = 0
    depth: int = 0
    digits: bool = False
    children: list[Element | str] = field(default_factory=list)
    _text: str | None = None
    _words: str | None = None
    _running: int | None = None

    @property
    def words(self) -> str:
        """Class, id, role and property of the element: what its author calls it."""
        if self._words is None:
            get = self.attributes.get
            called = (get("class"), get("id"), get("role"), get("itemprop"))
            words = " ".join(filter(None, called)) if self.attributes else ""
            self._words = words[:_LONGEST_WORDS]
        return self._words

    @property
    def running(self) -> int:
        """How much text stands directly in the element."""
        if self._running is None:
            texts = (child for child in self.children if isinstance(child, str))
            self._running = sum(len(text.strip()) for text in texts)
        return self._running

    @property
    def elements(self) -> Iterator[Element]:
        """The children that are elements."""
        return (child for child in self.children if isinstance(child, Element))

    @property
    def text(self) -> str:
        """The text a reader sees, on one line."""
        if self._text is None:
            self._text = _SPACE.sub(" ", "".join(_pieces(self))).strip()
        return self._text

    def holds(self, other: Element) -> bool:
        """Whether the other one stands inside, or is this one."""
        return self.start <= other.start <= self.end

    def ancestors(self) -> Iterator[Element]:
        """Return the elements around, from the inside."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent


def _pieces(element: Element) -> Iterator[str]:
    size = count = 0
    stack: list[Element | str] = [element]
    while stack and size < _MOST_TEXT and count < _MOST_PIECES:
        piece = stack.pop()
        count += 1
        if isinstance(piece, str):
            size += len(piece)
            yield piece
            continue
        if piece.tag in BLOCKS:
            yield " "
            stack.append(" ")
        stack.extend(reversed(piece.children))


@dataclass(slots=True)
class Tree:
    """All elements of a page in page order, and whether the page was too large for all."""

    root: Element
    elements: list[Element]
    cut: bool


def build_tree(body: LexborNode, *, hidden: bool = False) -> Tree:
    """Walk Lexbor's tree once, without recursion; ``hidden``: with what a reader is not shown."""
    paths: dict[tuple[int, str], int] = {}
    root = Element("body", dict(body.attributes), None, body, 0, 0)
    elements = [root]
    cut = False
    parent, node, place = root, body.child, 0
    while True:
        if node is None:
            parent.end = place
            if parent.parent is None:
                break
            node, parent = parent.raw.next, parent.parent
            continue
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            if text:
                parent.children.append(text if len(text) < _MOST_TEXT else text[:_MOST_TEXT])
        elif tag and tag[0] not in "-!#_" and tag not in _UNSEEN:
            attributes = node.attributes
            if hidden or not _is_hidden(attributes):
                if len(elements) >= _MOST_ELEMENTS or parent.depth >= _DEEPEST:
                    cut = True
                else:
                    place += 1
                    path = paths.setdefault((parent.path, tag), len(paths) + 1)
                    made = Element(
                        tag, attributes, parent, node, place, path, depth=parent.depth + 1
                    )
                    parent.children.append(made)
                    elements.append(made)
                    parent, node = made, node.child
                    continue
        node = node.next
    _measure(elements)
    return Tree(root, elements, cut)


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if not attributes:
        return False
    style = attributes.get("style")
    return "hidden" in attributes or (style is not None and bool(_HIDDEN.search(style)))


def _measure(elements: list[Element]) -> None:
    """Sum text lengths from the leaves up."""
    for element in reversed(elements):
        for child in element.children:
            if isinstance(child, str):
                stripped = child.strip()
                if stripped:
                    element.length += len(stripped) + 1
                    if not element.digits:
                        element.digits = any(c.isdigit() for c in stripped[:_LONGEST_OWN])
            else:
                element.length += child.length
                element.digits = element.digits or child.digits
