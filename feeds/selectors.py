"""Selectors for elements that are known: the shortest that selects just those. Pure.

CSS where it can say it; else XPath, by the place in the page or among the neighbours.
"""

from __future__ import annotations

import re
from itertools import chain, islice, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from feeds.read_tree import Element

# Names that a person gives; those with numbers and hashes are made by tools and change.
_NAME = re.compile(r"[A-Za-z][A-Za-z_-]*[A-Za-z]")
# What tools that make names put before them.
_MADE = re.compile(r"(?:css|sc|jsx|jss|svelte|emotion|styled|makeStyles|chakra|ng|wp-block)-")
# A word, or words run together as people write them.
_WORDS = re.compile(r"[a-z]+(?:[A-Z][a-z]{2,})*|(?:[A-Z][a-z]+)+|[A-Z]+")
_VOWELS = re.compile(r"[aeiouyAEIOUY]")
_SHORT_WORD = 4
# How something looks or is just now, not what it is.
_LOOKS = re.compile(
    r"(?:active|block|border|bg|clearfix|col|column|container|current|even|first|flex|float|font|"
    r"grid|gap|h|hidden|inline|items|justify|last|leading|m[trblxy]?|odd|open|overflow|"
    r"p[trblxy]?|pull|relative|rounded|row|selected|shadow|space|text|tracking|w|wow)(?:-.*)?"
)
# Others, such as o:p, are no selectors.
_TAG = re.compile(r"[a-z][a-z0-9-]*")
# Elements that stand for one kind of thing by themselves; others need a name beside them.
_OWN_KIND = re.compile(r"\b(?:article|dd|dt|h[1-6]|main|summary|time|tr)\b")
_NAMELESS = 1.5
_ALTERNATIVE = 0.5
# What an element has or lacks beside its name.
_TELLING = re.compile(r":(?:not|has)\((?:[^()]|\([^()]*\))*\)")
_ANY_INSIDE = re.compile(r" (?:a|div|span)(?:$|:)")
_CLASS = re.compile(r"\.([\w-]+)")
_HIGHEST = 6
# Selectors that are tried on a page, the simplest first.
_MOST_TRIED = 400
# How far a date or a text may stand from its title in a flat page.
_NEIGHBOURS = 4
# Items that a place is compared of; what it finds at the others is tested by reading.
_SAMPLE = 50

# An item's element and, within it or near it, the element that is wanted of it.
Pair = tuple["Element", "Element"]


def item_selector(page: LexborHTMLParser, elements: Sequence[Element]) -> str:
    """Return the shortest selector that selects these elements and nothing else on the page."""
    wanted = {element.raw.mem_id for element in elements}
    for selector in common_selectors(elements):
        if {node.mem_id for node in page.css(selector)} == wanted:
            return selector
    return ""


def common_selectors(elements: Sequence[Element]) -> Iterator[str]:
    """Yield selectors that all of these elements have in common, the simplest first."""
    own = list(_names(elements))
    levels = [list(_names(above)) for above in _levels(elements)]
    near = [
        f"{outer}{joint}{inner}"
        for height, names in enumerate(levels)
        for outer, inner in product(names, own)
        for joint in ((" > ", " ") if height == 0 else (" ",))
    ]
    far = (
        f"{outer} {parent} > {inner}"
        for names in levels[1:]
        for outer, parent, inner in product(names, levels[0], own)
    )
    yield from sorted([*own, *near], key=simplicity)
    yield from islice(sorted(far, key=simplicity), _MOST_TRIED)


def place_selector(elements: Sequence[Element]) -> str:
    """Return the XPath of what is made like these elements, by the place of what is around them."""
    around = next(
        (each for each in elements[0].ancestors() if all(map(each.holds, elements))), None
    )
    steps = {_steps_down(around, element) for element in elements} if around else set()
    if around is None or len(steps) != 1:
        return ""
    return f"{_place(around.raw)}/{next(iter(steps))}"


def inner_selector(pairs: Sequence[Pair]) -> str:
    """Return the shortest selector whose first match within each item is the wanted element."""
    return next(inner_selectors(pairs), "")


def inner_selectors(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield all selectors whose first match within each item is the wanted element."""
    wanted = [element for _, element in pairs]
    parents = [element.parent for element in wanted if element.parent is not None]
    own = list(_names(wanted))
    nested = (f"{outer} > {inner}" for outer in _names(parents) for inner in own)
    for selector in sorted(chain(own, nested), key=_inner_simplicity):
        if all(_is_first(item, selector, element) for item, element in pairs):
            yield selector


def neighbour_selector(pairs: Sequence[Pair]) -> str:
    """Return the XPath from each item to the wanted element, inside it or beside it."""
    if not pairs:
        return ""
    paths = {_path_between(item, element) for item, element in pairs[:_SAMPLE]}
    if len(paths) == 1:
        return next(iter(paths))
    for beside in (before_selector, after_selector):
        makes = {beside(element) for _, element in pairs}
        sides = {element.start < item.start for item, element in pairs}
        if len(makes) == 1 and sides == {beside is before_selector}:
            return next(iter(makes))
    return ""


def before_selector(element: Element) -> str:
    """Return the XPath to the last of an element's kind before an item: a heading over several."""
    return f"./preceding::{_make_step(element)}[1]"


def is_given(name: str) -> bool:
    """Whether a class or an id is a name that a person gave, and not one that a tool made."""
    if not _NAME.fullmatch(name) or _MADE.match(name):
        return False
    return all(
        len(word) <= _SHORT_WORD or (_WORDS.fullmatch(word) and _VOWELS.search(word))
        for word in re.split(r"[-_]+", name)
    )


def after_selector(element: Element) -> str:
    """Return the XPath to the first of an element's kind after an item's beginning."""
    return f"./following::{_make_step(element)}[1]"


def simplicity(selector: str) -> tuple[float, int, int, int]:
    """Rank selectors: few elements, with names that say what they are; then children, then length.

    One without any name selects what comes to the page tomorrow as well, unless it is of its own.
    """
    if ", " in selector:
        parts = [simplicity(part) for part in selector.split(", ")]
        worst = max(parts)
        return worst[0] + _ALTERNATIVE * (len(parts) - 1), *worst[1:3], len(selector)
    plain = _TELLING.sub("", selector).replace(" > ", ">")
    descents = plain.count(" ")
    steps = descents + plain.count(">") + _ALTERNATIVE * len(_TELLING.findall(selector))
    named = "." in plain or "#" in plain
    nameless = not named and _OWN_KIND.search(plain) is None
    # Whatever comes into the named one is selected as well.
    loose = named and _ANY_INSIDE.search(plain) is not None
    looks = sum(bool(_LOOKS.fullmatch(name)) for name in _CLASS.findall(selector))
    return steps + _NAMELESS * nameless + loose, looks, descents, len(selector)


def _inner_simplicity(selector: str) -> tuple[int, int, int]:
    """Rank selectors within an item, where a bare tag says enough."""
    _, looks, descents, length = simplicity(selector)
    return selector.count(">") + descents, looks, length


def _levels(elements: Sequence[Element]) -> Iterator[list[Element]]:
    """Yield what is around the elements, step by step, as long as all have something there."""
    around: list[Element] = list(elements)
    for _ in range(_HIGHEST):
        above = [element.parent for element in around]
        around = [element for element in above if element is not None]
        if len(around) < len(above):
            return
        yield around


def _names(elements: Sequence[Element]) -> Iterator[str]:
    """Yield what elements have in common to be selected by: id, tag, tag with a class."""
    if not elements:
        return
    tags = {element.tag for element in elements}
    ids = {element.attributes.get("id") or "" for element in elements}
    classes = set.intersection(*(set(_classes(element)) for element in elements))
    if len(ids) == 1 and is_given(next(iter(ids))):
        yield f"#{next(iter(ids))}"
    tag = next(iter(tags)) if len(tags) == 1 else ""
    if not _TAG.fullmatch(tag):
        tag = ""
    if tag:
        yield tag
    for name in sorted(classes):
        if is_given(name):
            yield f"{tag}.{name}"


def _classes(element: Element) -> list[str]:
    return (element.attributes.get("class") or "").split()


def _is_first(item: Element, selector: str, element: Element) -> bool:
    found = item.raw.css_first(selector)
    return found is not None and found.mem_id == element.raw.mem_id


def _steps_down(around: Element, element: Element) -> str:
    steps = [element.tag]
    for above in element.ancestors():
        if above is around:
            return "/".join(reversed(steps))
        steps.append(above.tag)
    return ""


def _place(node: LexborNode) -> str:
    """Return the place of a node on its page: from the nearest id down, or from the top."""
    steps: list[str] = []
    current: LexborNode | None = node
    while current is not None and current.tag and current.tag[0] not in "-!#":
        name = current.attributes.get("id") or ""
        if is_given(name):
            return "/".join([f"//{current.tag}[@id='{name}']", *reversed(steps)])
        before = 1
        sibling = current.prev
        while sibling is not None:
            before += sibling.tag == current.tag
            sibling = sibling.prev
        steps.append(f"{current.tag}[{before}]" if current.tag != "html" else "html")
        current = current.parent
    return "/" + "/".join(reversed(steps))


def _path_between(item: Element, element: Element) -> str:
    """Return the XPath from an item to an element inside it, or to one of the next ones beside."""
    if element is item:
        return "."
    if item.holds(element):
        return f"./{_numbered(item, element)}"
    around = item.parent
    if around is None or not around.holds(element):
        return ""
    siblings = list(around.elements)
    own = next(place for place, each in enumerate(siblings) if each is item)
    at = next((place for place, each in enumerate(siblings) if each.holds(element)), own)
    distance = at - own
    if not 0 < abs(distance) <= _NEIGHBOURS:
        return ""
    beside = siblings[at]
    axis = "following" if distance > 0 else "preceding"
    step = f"./{axis}-sibling::*[{abs(distance)}][self::{beside.tag}]"
    return step if beside is element else f"{step}/{_numbered(beside, element)}"


def _numbered(around: Element, element: Element) -> str:
    """Return the steps down to an element, each with its number among those of its tag."""
    steps: list[str] = []
    current = element
    while current is not around and current.parent is not None:
        alike = [each for each in current.parent.elements if each.tag == current.tag]
        number = 1 + next(place for place, each in enumerate(alike) if each is current)
        steps.append(f"{current.tag}[{number}]")
        current = current.parent
    return "/".join(reversed(steps))


def _make_step(element: Element) -> str:
    names = [name for name in _classes(element) if is_given(name)]
    if not names:
        return element.tag
    return f"{element.tag}[contains(concat(' ', @class, ' '), ' {names[0]} ')]"
