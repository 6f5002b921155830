"""Lists on a page: elements that may be titles, in groups that look alike, each with its region.

A region is what belongs to one title: the largest element around it without another title of
the group, and in flat layouts the siblings up to the next one. Which group is the page's news
is decided in ``feeds.read_choose``.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feeds.read_tree import BLOCKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.read_marks import Mark
    from feeds.read_tree import Element, Tree

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TITLE_WORDS = re.compile(
    r"(?:^|[\s_-])(?:title|headline|heading|p-name|subject|titre)\b|\bname$", re.IGNORECASE
)
_BARE = frozenset({"li", "dt", "dd", "td", "p", "summary", "figcaption"})
_STRONG = frozenset({"strong", "b"})
_LONGEST_TITLE = 300
_LONGEST_HEADING = 60
_MOST_GROUPS = 200
_MOST_SLOTS = 5_000
_STOPS = frozenset({"nav", "footer", "aside", "form"})


@dataclass(slots=True)
class Slot:
    """The place of one item: its title element and the elements that belong to it."""

    title: Element
    parts: list[Element]
    marks: list[Mark] = field(default_factory=list)
    heading_mark: Mark | None = None

    @property
    def start(self) -> int:
        """Where the slot begins in page order."""
        return min(self.parts[0].start, self.title.start)

    @property
    def end(self) -> int:
        """Where the slot ends in page order."""
        return self.parts[-1].end


@dataclass(slots=True)
class Group:
    """Titles that look alike, in page order."""

    kind: str
    slots: list[Slot]
    score: float = 0.0
    reasons: list[str] = field(default_factory=list)


def find_groups(tree: Tree, marks: Sequence[Mark]) -> list[Group]:
    """Return every group of two or more title-like elements, with regions and dates."""
    by_key: dict[tuple[object, ...], list[Element]] = {}
    dates = {id(mark.element) for mark in marks if mark.strength > 1}
    kinds = [
        (kind, element)
        for element in tree.elements
        if 1 < element.length <= _LONGEST_TITLE and (kind := _kind(element))
    ]
    titles = [element.start for kind, element in kinds if kind in {"heading", "named"}]
    for kind, element in kinds:
        if kind == "link":
            first = _first_block(element, dates)
            if first is not element:
                by_key.setdefault((kind, first.path, signature(first)), []).append(first)
            if first is not element or _holds_any(element, titles):
                kind = "card"  # noqa: PLW2901
        by_key.setdefault((kind, element.path, signature(element)), []).append(element)
    merged: dict[tuple[object, ...], list[Element]] = {}
    for key, elements in by_key.items():
        merged.setdefault((key[0], key[1]), []).extend(elements)
    for key, elements in list(by_key.items()):
        if len(merged[key[0], key[1]]) > len(elements):
            merged[key] = elements
    mark_starts = [mark.element.start for mark in marks]
    groups = []
    ranked = sorted(merged.items(), key=lambda pair: -len(pair[1]))[:_MOST_GROUPS]
    for key, elements in ranked:
        elements.sort(key=lambda element: element.start)
        del elements[_MOST_SLOTS:]
        slots = slots_of(elements, marks, mark_starts)
        groups.append(Group(str(key[0]), slots))
    return groups


def _kind(element: Element) -> str:
    """Return what makes an element a title: its tag, its name, or that nothing else could be."""
    tag = element.tag
    if tag in HEADINGS:
        return "heading"
    if tag == "a":
        inside_heading = element.parent is not None and element.parent.tag in HEADINGS
        has_heading = any(child.tag in HEADINGS for child in element.elements)
        linked = bool(element.attributes.get("href")) and not inside_heading and not has_heading
        return "link" if linked else ""
    words = element.words
    if words and _TITLE_WORDS.search(words):
        return "named"
    if tag in _STRONG:
        return "strong"
    if tag in _BARE and not any(child.tag in _BARE for child in element.elements):
        return "bare"
    return ""


def _holds_any(element: Element, starts: list[int]) -> bool:
    """Whether something of those starts stands inside an element."""
    return bisect_right(starts, element.end) > bisect_right(starts, element.start)


def _first_block(link: Element, dates: set[int]) -> Element:
    """Return what stands first in a link that is laid out in blocks, the link itself in others.

    Such a link is a card around a whole item: its title stands over the text below it.
    """
    found = element = link
    while True:
        if any(isinstance(child, str) and child.strip() for child in element.children):
            return found
        filled = [child for child in element.elements if child.length > 1]
        rest = [child for child in filled if id(child) not in dates]
        if not rest:
            return found
        element = rest[0]
        if len(rest) > 1 and any(child.tag in BLOCKS for child in rest):
            found = element


def signature(element: Element) -> str:
    """Return what an element and its parent are called first: what is made alike has it alike."""
    parent = element.parent
    own = element.words.split(None, 1)
    outer = parent.words.split(None, 1) if parent else []
    return f"{own[0] if own else ''}|{outer[0] if outer else ''}"


def slots_of(titles: list[Element], marks: Sequence[Mark], mark_starts: list[int]) -> list[Slot]:
    """Return the place of each title's item; ``mark_starts`` are where the marks stand."""
    starts = [title.start for title in titles]
    containers = _alike([_container(title, starts) for title in titles], titles)
    by_parent: dict[int, list[int]] = {}
    for place, container in enumerate(containers):
        by_parent.setdefault(id(container.parent), []).append(place)
    slots = [Slot(title, [container]) for title, container in zip(titles, containers, strict=True)]
    for places in by_parent.values():
        if len(places) > 1:
            _add_siblings([slots[place] for place in places], starts, mark_starts)
    _add_to_lone(
        [slots[places[0]] for places in by_parent.values() if len(places) == 1], slots, starts
    )
    for slot in slots:
        first = bisect_left(mark_starts, slot.start)
        last = bisect_right(mark_starts, slot.end)
        slot.marks = list(marks[first:last])
    _add_date_headings(slots, marks)
    return slots


def _add_to_lone(lone: Sequence[Slot], slots: Sequence[Slot], starts: list[int]) -> None:
    """Give an item that stands alone in its section what its like have elsewhere."""
    usual = Counter(part.tag for slot in slots for part in slot.parts if part is not slot.title)
    longest = max(len(slot.parts) for slot in slots)
    if longest == 1:
        return
    like = Counter(slot.parts[0].path for slot in slots if len(slot.parts) > 1)
    for slot in lone:
        first = slot.parts[0]
        if first.parent is None or first.path not in like:
            continue
        siblings = list(first.parent.elements)
        place = next(at for at, element in enumerate(siblings) if element is first)
        slot.parts.extend(_free(_run_after(siblings[place + 1 :], usual, longest), starts))


def _container(title: Element, starts: list[int]) -> Element:
    """Climb as long as no other title of the group comes in."""
    element = title
    while element.parent is not None and element.parent.parent is not None:
        around = element.parent
        if bisect_right(starts, around.end) - bisect_left(starts, around.start) > 1:
            break
        if element.tag == "article" and len(starts) == 1:
            # What would end the region of a lone title is missing; its own mark-up says where.
            break
        element = around
    return element


def _alike(containers: list[Element], titles: list[Element]) -> list[Element]:
    """Let an item that stands alone in its section end where its like end elsewhere."""
    usual, count = Counter(container.path for container in containers).most_common(1)[0]
    if count * 2 <= len(containers):
        return containers
    found = []
    for container, title in zip(containers, titles, strict=True):
        inside = [title, *title.ancestors()]
        same = next((each for each in inside if each.path == usual), container)
        found.append(same if container.holds(same) else container)
    return found


def _add_siblings(slots: list[Slot], starts: list[int], mark_starts: list[int]) -> None:
    """Give each item of a flat layout the siblings that follow it, or that stand before it."""
    parent = slots[0].parts[0].parent
    if parent is None:
        return
    siblings = list(parent.elements)
    place_of = {id(element): place for place, element in enumerate(siblings)}
    places = [place_of[id(slot.parts[0])] for slot in slots]
    between = [_free(siblings[a + 1 : b], starts) for a, b in itertools.pairwise(places)]
    leading = [
        _free(siblings[a + 1 : b][::-1], starts)[::-1] for a, b in itertools.pairwise(places)
    ]
    usual = Counter(element.tag for run in between for element in run)
    if not usual:
        return
    longest = max(len(run) for run in between)
    before = _run_before(siblings[: places[0]], usual, longest)
    before = _free(before[::-1], starts)[::-1]
    after = _free(_run_after(siblings[places[-1] + 1 :], usual, longest), starts)

    def dated(run: Sequence[Element]) -> bool:
        return any(
            bisect_right(mark_starts, element.end) > bisect_left(mark_starts, element.start)
            for element in run
        )

    lead = 0
    if before and dated(before[-longest:]) and not dated(after[-1:]):
        lead = next(
            count
            for count in range(1, len(before) + 1)
            if dated(before[-count : len(before) - count + 1])
        )
    if not lead:
        for slot, run in zip(slots, [*between, after], strict=True):
            slot.parts.extend(run)
        return
    runs = [before, *leading]
    for slot, run, following in zip(slots, runs, [*between, after], strict=True):
        own = run[-lead:] if dated(run[-lead:]) else []
        rest = following
        if following is not after and dated(following[-lead:]):
            # What leads the next list belongs to no item before it.
            rest = following[:-lead]
        slot.parts[:0] = own
        slot.parts.extend(rest)


def _free(run: list[Element], starts: list[int]) -> list[Element]:
    """Return the run up to the first element that holds another title."""
    for place, element in enumerate(run):
        if bisect_right(starts, element.end) > bisect_left(starts, element.start):
            return run[:place]
    return run


def _run_before(siblings: list[Element], usual: Counter[str], longest: int) -> list[Element]:
    run: list[Element] = []
    for element in reversed(siblings[-longest:]):
        if element.tag not in usual or element.tag in _STOPS:
            break
        run.insert(0, element)
    return run


def _run_after(siblings: list[Element], usual: Counter[str], longest: int) -> list[Element]:
    run: list[Element] = []
    for element in siblings[: longest + 3]:
        if element.tag not in usual or element.tag in _STOPS:
            break
        run.append(element)
    return run[: max(longest, 1) + 3]


def _add_date_headings(slots: list[Slot], marks: Sequence[Mark]) -> None:
    """Let a date that stands over several items date each of them, down to the next one."""
    free = iter([mark for mark in marks if mark.strength > 1])
    spans = [(slot.start, slot.end) for slot in slots]
    starts = [start for start, _ in spans]
    over: Mark | None = None
    upcoming = next(free, None)
    for slot in slots:
        while upcoming is not None and upcoming.element.start < slot.start:
            place = bisect_right(starts, upcoming.element.start) - 1
            if place < 0 or spans[place][1] < upcoming.element.start:
                over = upcoming
            upcoming = next(free, None)
        if slot.marks and not slot.parts[0].holds(slot.title):
            # A date that stands over this title alone may stand over those that follow, too.
            over = slot.marks[0]
        if not slot.marks and over is not None and _is_over(over.element, slot.parts[0]):
            slot.heading_mark = over


def _is_over(heading: Element, element: Element) -> bool:
    """Whether a heading and an element share a section: few steps up from the heading."""
    around = heading.parent
    for _ in range(3):
        if around is None or (
            around.parent is None
            and (around is not heading.parent or heading.length > _LONGEST_HEADING)
        ):
            return False
        if around.holds(element):
            return True
        around = around.parent
    return False
