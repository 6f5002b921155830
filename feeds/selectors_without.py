"""Selectors that leave something out, and selectors of things that are not made alike. Pure.

The simple ones stand in ``feeds.selectors``; these are for lists with something else in them.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from feeds.selectors import common_selectors, is_given, item_selector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from selectolax.lexbor import LexborHTMLParser

    from feeds.read_tree import Element

_MOST_TRIED = 60
_MOST_MAKES = 4
_MOST_OTHERS = 200
_DEEPEST = 5


def parting_selector(
    page: LexborHTMLParser, elements: Sequence[Element], seen: Mapping[int, Element]
) -> str:
    """Return a selector of just these elements, by what they have and the others like them lack.

    Or by what the others have: ``li:not(.sponsored)``, ``tr:has(td)``. ``seen`` are the elements
    of the page by their nodes.
    """
    wanted = {element.raw.mem_id for element in elements}
    ours = [_features(element) for element in elements]
    common = set.intersection(*map(set, ours)) if ours else set()
    for selector in islice(common_selectors(elements), _MOST_TRIED):
        nodes = page.css(selector)
        others = [node for node in nodes if node.mem_id not in wanted]
        if len(nodes) - len(others) < len(wanted):
            continue
        few = others[:_MOST_OTHERS]
        foreign = [_features(seen[node.mem_id]) for node in few if node.mem_id in seen]
        for telling in (*_in_order(common), *_lacking(ours, foreign)):
            if {node.mem_id for node in page.css(f"{selector}{telling}")} == wanted:
                return f"{selector}{telling}"
    return ""


def _lacking(ours: Sequence[set[str]], others: Sequence[set[str]]) -> list[str]:
    """Return what leaves the others out: what all of them have and none of ours, or each has."""
    have = set.union(*ours)
    found = [features - have for features in others]
    single = set.intersection(*found) if found else set()
    if single or not all(found):
        return [f":not({each})" for each in _in_order(single)]
    firsts = list(dict.fromkeys(_in_order(each)[0] for each in found))
    few = firsts if len(firsts) <= _MOST_MAKES else []
    return ["".join(f":not({each})" for each in few)]


def _features(element: Element) -> set[str]:
    """Return what an element can be told by: its classes, and what is in it."""
    found = {f".{name}" for name in _given(element)}
    stack = [(child, 1) for child in element.elements]
    while stack:
        current, depth = stack.pop()
        if current.tag.isalnum():
            found.add(f":has({current.tag})")
        found |= {f":has(.{name})" for name in _given(current)}
        if depth < _DEEPEST:
            stack.extend((child, depth + 1) for child in current.elements)
    return found


def _given(element: Element) -> list[str]:
    return [name for name in (element.attributes.get("class") or "").split() if is_given(name)]


def _in_order(features: set[str]) -> list[str]:
    """Return the simplest first: a class of its own before one of what is in it."""
    return sorted(
        features, key=lambda each: (each.startswith(":has"), "." not in each, len(each), each)
    )


def joint_selector(
    page: LexborHTMLParser, elements: Sequence[Element], seen: Mapping[int, Element]
) -> str:
    """Return one selector of elements of a few makes: ``.lead, ul.news > li``."""
    makes: dict[tuple[str, str, str], list[Element]] = {}
    for element in elements:
        around = element.parent
        key = (element.tag, _called(element), f"{around.tag} {_called(around)}" if around else "")
        makes.setdefault(key, []).append(element)
    if not 1 < len(makes) <= _MOST_MAKES:
        return ""
    parts = [
        item_selector(page, made) or parting_selector(page, made, seen) for made in makes.values()
    ]
    return ", ".join(parts) if all(parts) else ""


def _called(element: Element) -> str:
    return " ".join(_given(element))
