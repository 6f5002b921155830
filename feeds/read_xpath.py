"""XPath on a page as browsers parse it: Lexbor's tree, mirrored for the one library that has it.

libxml2's own HTML parser repairs pages in another way, and expressions copied from a browser
would find something else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feeds.text import legal_text

if TYPE_CHECKING:
    from lxml.etree import _Element
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_MOST_NODES = 200_000


class XPathError(Exception):
    """An expression that is not XPath, or that gives neither elements nor text."""


class XPathTree:
    """The mirror of a page; made once, asked often."""

    def __init__(self, page: LexborHTMLParser) -> None:
        self._nodes: dict[_Element, LexborNode] = {}
        self._mirrored: dict[int, _Element] = {}
        root = page.root
        if root is not None:
            self._mirror(root)

    def _mirror(self, root: LexborNode) -> None:
        from lxml import etree

        stack: list[tuple[LexborNode, _Element | None]] = [(root, None)]
        while stack and len(self._nodes) < _MOST_NODES:
            node, parent = stack.pop()
            tag = node.tag or ""
            if tag == "-text" and parent is not None:
                _add_text(parent, legal_text(node.text_content or ""))
                continue
            if not _NAME.fullmatch(tag):
                continue
            made = etree.Element(tag) if parent is None else etree.SubElement(parent, tag)
            for name, value in node.attributes.items():
                if _NAME.fullmatch(name):
                    made.set(name, legal_text(value or ""))
            self._nodes[made] = node
            self._mirrored[node.mem_id] = made
            stack.extend((child, made) for child in reversed(list(node.iter(include_text=True))))

    def select(self, context: LexborNode | None, expression: str) -> list[LexborNode | str]:
        """Return what an expression finds below a node, or on the whole page.

        Raises XPathError.
        """
        from lxml import etree

        top = next(iter(self._nodes), None)
        start = top if context is None else self._mirrored.get(context.mem_id)
        if start is None:
            return []
        try:
            found = start.xpath(expression)
        except etree.XPathError as error:
            raise XPathError(str(error)) from error
        if isinstance(found, str):
            return [found] if found else []
        if not isinstance(found, list):
            raise XPathError("it gives a number, not elements or text")
        return [self._nodes[one] if one in self._nodes else str(one) for one in found]


def _add_text(parent: _Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def is_xpath(selector: str) -> bool:
    """Whether a selector is XPath: no selector of CSS begins like that."""
    return selector.startswith(("/", "./", "(", ".//"))
