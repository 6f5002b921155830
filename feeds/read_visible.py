"""The visible text of a page in lines, for pages whose items have no markup of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.markup import web_url
from feeds.read_choose import stands_aside
from feeds.read_links import title_link
from feeds.read_text import read_text
from feeds.read_tree import BLOCKS, Element, Tree
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.dates import DateReader
    from feeds.model import Entry, Reading
    from feeds.read_groups import Group

_LONGEST = 2_000_000
_FEW = 2
_SAMPLE = 50
_LEAST_LOOSE = 40


def read_visible(
    tree: Tree, dates: DateReader, best: Group | None, entries: Sequence[Entry], *, url: str
) -> Reading | None:
    """Read the page as a text where that finds what its markup does not; else None."""
    sure = _is_sure(dates, best, entries)
    if sure and (best is None or not _parted_by_breaks(tree, best, entries)):
        return None
    reading = read_text(visible_text(tree), dates, url=url)
    found = sum(entry.when is not None for entry in reading.entries)
    if found < _FEW or found < len(reading.entries):
        return None
    if sure and not _agree(reading.entries, entries):
        return None
    linked = _linked(reading.entries, tree, url)
    return replace(reading, entries=linked, method=f"html as {reading.method}")


def _is_sure(dates: DateReader, best: Group | None, entries: Sequence[Entry]) -> bool:
    """Whether the markup says enough: items have dates, and more than dates."""
    linked = sum(bool(entry.url) for entry in entries)
    dated = sum(entry.when is not None for entry in entries)
    days = sum(dates.whole(entry.title) is not None for entry in entries)
    # A heading that is a date is over its items, unless it leads to a page of its own.
    own = len({entry.url for entry in entries if entry.url})
    if days * 2 > len(entries) >= own * 2:
        return False
    if dated and best is not None and best.kind not in {"bare", "strong"}:
        return True
    sure = dated == len(entries) > 0 and not days
    return (dated > 0 and linked * 2 > len(entries)) or sure


def _parted_by_breaks(tree: Tree, best: Group, entries: Sequence[Entry]) -> bool:
    """Whether line breaks, not elements, part titles and paragraphs: none has a summary then."""
    if sum(bool(entry.summary_html) for entry in entries) * 2 > len(entries):
        return False
    slots = best.slots[:_SAMPLE]
    inside = sum(_has_break(tree, slot.title) for slot in slots)
    around = Counter(slot.parts[0].parent for slot in slots)
    beside = sum(
        count
        for parent, count in around.items()
        if parent is not None and _loose_text(parent) > _LEAST_LOOSE * count
    )
    return max(inside, beside) * 2 > len(slots)


def _has_break(tree: Tree, element: Element) -> bool:
    return any(each.tag == "br" for each in tree.elements[element.start : element.end + 1])


def _loose_text(element: Element) -> int:
    """Count the characters that stand in an element beside its child elements."""
    return sum(len(child.strip()) for child in element.children if isinstance(child, str))


def _agree(as_text: Sequence[Entry], as_markup: Sequence[Entry]) -> bool:
    """Whether both readings found the same dated items, the text perhaps with shorter titles."""
    dated = [entry for entry in as_markup if entry.when]
    return len(as_text) == len(dated) and all(
        other.title.startswith(entry.title) for entry, other in zip(as_text, dated, strict=True)
    )


def _linked(entries: Sequence[Entry], tree: Tree, base: str) -> tuple[Entry, ...]:
    """Give items the addresses that their titles lead to, unless all lead to one.

    A link may be the title, or be around the title and more.
    """
    titles = {entry.title for entry in entries}
    longest = 2 * max(map(len, titles))
    hrefs: dict[str, str] = {}
    for element in tree.elements:
        if 1 < element.length <= longest and clean_text(element.text) in titles:
            href = title_link(element, tree.root)
            if href:
                hrefs.setdefault(clean_text(element.text), href)
    if len(set(hrefs.values())) < min(_FEW, len(titles)):
        return tuple(entries)
    return tuple(
        replace(
            entry,
            url=address,
            evidence={**entry.evidence, "link": "the title's link"},
        )
        if (address := web_url(hrefs.get(entry.title, ""), base))
        else entry
        for entry in entries
    )


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
