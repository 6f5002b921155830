"""The visible text of a page in lines, for pages whose items have no markup of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.read_choose import stands_aside
from feeds.read_text import read_text
from feeds.read_tree import BLOCKS, Element, Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.dates import DateReader
    from feeds.model import Entry, Reading
    from feeds.read_groups import Group

_LONGEST = 2_000_000
_FEW = 2


def read_visible(
    tree: Tree, dates: DateReader, best: Group | None, entries: Sequence[Entry], *, url: str
) -> Reading | None:
    """Read the page as a text where that finds what its markup does not; else None."""
    linked = sum(bool(entry.url) for entry in entries)
    dated = sum(entry.when is not None for entry in entries)
    if dated and best is not None and best.kind not in {"bare", "strong"}:
        return None
    sure = dated == len(entries) > 0 and not any(dates.whole(entry.title) for entry in entries)
    if (dated and linked * 2 > len(entries)) or sure:
        return None
    reading = read_text(visible_text(tree), dates, url=url)
    found = sum(entry.when is not None for entry in reading.entries)
    if found < _FEW or found < len(reading.entries):
        return None
    return replace(reading, method=f"html as {reading.method}")


def visible_text(tree: Tree) -> str:
    """Return the text of the page without menus and side bars, blocks set apart by blank lines."""
    pieces: list[str] = []
    size = 0
    stack: list[Element | str] = [tree.root]
    while stack and size < _LONGEST:
        piece = stack.pop()
        if isinstance(piece, str):
            pieces.append(piece)
            size += len(piece)
            continue
        if piece is not tree.root and stands_aside(piece):
            continue
        if piece.tag == "br":
            pieces.append("\n")
        elif piece.tag == "pre":
            pieces.append("\n\n" + "".join(_raw(piece)) + "\n\n")
        else:
            if piece.tag in BLOCKS:
                pieces.append("\n\n")
                stack.append("\n\n")
            stack.extend(reversed([_on_one_line(child) for child in piece.children]))
    return "".join(pieces)


def _on_one_line(child: Element | str) -> Element | str:
    # Line breaks of the source mean nothing outside of <pre>.
    return " ".join(f"|{child}|".split())[1:-1] if isinstance(child, str) else child


def _raw(element: Element) -> list[str]:
    pieces: list[str] = []
    stack: list[Element | str] = [element]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            pieces.append(piece)
        else:
            stack.extend(reversed(piece.children))
    return pieces
