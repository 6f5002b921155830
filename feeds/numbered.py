"""The elements of a page have numbers: their places in the reader's own parse. Pure.

The same bytes have the same numbers, today and tomorrow; so a picture of the page, what was read of
it and what a person points at speak of the same elements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feeds.decode import decode
from feeds.model import Reading
from feeds.read import kind_of
from feeds.read_html import Sheet, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from config.settings import SourceSettings
    from feeds.page import Page
    from feeds.read_tree import Element


@dataclass(frozen=True, slots=True)
class Numbers:
    """The elements of a page in page order; ``html`` is number 0."""

    nodes: list[LexborNode]
    places: dict[int, int]

    def of(self, node: LexborNode) -> int:
        """Return the number of an element."""
        return self.places[node.mem_id]


def number_elements(page: LexborHTMLParser) -> Numbers:
    """Give each element of a page its number, those that nobody sees as well."""
    nodes = [node for node, is_end in walk(page) if not is_end and is_element(node)]
    return Numbers(nodes, {node.mem_id: number for number, node in enumerate(nodes)})


def is_element(node: LexborNode) -> bool:
    """Whether a node is an element: no text, comment or type of the document."""
    tag = node.tag or ""
    return bool(tag) and tag[0] not in "-!#_"


def walk(page: LexborHTMLParser) -> Iterator[tuple[LexborNode, bool]]:
    """Yield every node of a page in page order, and each element once more at its end: True."""
    node = page.root
    around: list[LexborNode] = []
    while node is not None:
        yield node, False
        if is_element(node):
            if node.child is not None:
                around.append(node)
                node = node.child
                continue
            yield node, True
        while node.next is None and around:
            node = around.pop()
            yield node, True
        node = node.next if around else None


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that is laid out for reading, and the numbers of its elements."""

    sheet: Sheet
    numbers: Numbers
    # How it was decoded, as every reading notes it.
    note: str
    seen: dict[int, Element] = field(repr=False)

    def element(self, number: int) -> Element | None:
        """Return the element of a number; where it is not read, the one around it that is."""
        known = 0 <= number < len(self.numbers.nodes)
        node = self.numbers.nodes[number] if known else None
        while node is not None and node.mem_id not in self.seen:
            node = node.parent
        return None if node is None else self.seen[node.mem_id]

    def number(self, element: Element) -> int:
        """Return the number of an element that is read."""
        return self.numbers.of(element.raw)


def open_page(page: Page, *, source: SourceSettings, now: datetime) -> Opened | Reading:
    """Lay out a page and number it; a reading with a problem where it has no elements."""
    decoded = decode(page.body, content_type=page.content_type)
    kind = "" if decoded.binary else kind_of(decoded.text, page.content_type, source.kind)
    if kind != "html":
        what = decoded.binary or {"feed": "a feed", "text": "a text"}[kind]
        return Reading(
            problem=f"The source is {what} and no page: it has no elements to point at. "
            "Give the address of a page, or let it be read by itself."
        )
    sheet = lay_out(
        decoded.text, url=page.url, language=source.language, zone=source.time_zone, now=now
    )
    if isinstance(sheet, Reading):
        return sheet
    seen = {element.raw.mem_id: element for element in sheet.tree.elements}
    numbers = number_elements(sheet.page)
    return Opened(sheet, numbers, f"encoding: {decoded.note}", seen)
