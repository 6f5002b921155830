"""How much of a page is parsed: its size, its nesting and what it repeats have an end.

A parser needs time in the square of the nesting, and in the square of the attributes of one tag;
no page that people read has more. And it repeats unclosed formatting elements in every block that
follows: a thousand of them before a thousand paragraphs become a million.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

_LONGEST = 12_000_000
# Smaller pages cannot cost anything worth a look.
_HARMLESS = 8_000
_DEEPEST = 1_500
_LONG_TAG = 6_000
_MOST_ATTRIBUTES = 2_000
_TAG_OPENS = re.compile(r"</?[a-zA-Z]")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_MOST_REPEATED = 300_000
_MOST_WALKED = 200_000_000
# Of formatting elements that do not differ the parser repeats three.
_MOST_ALIKE = 3
# Comments, and tags with their attributes as the parser delimits them: quotes count after "=".
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*+"
    r"|<(/?)([a-zA-Z][^\s/>]*+)"
    r"""((?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>"'][^\s>]*+)?)?)*+)""",
    re.DOTALL,
)
# These end by themselves, or never hold anything.
_FLAT = frozenset(
    "p li dt dd tr td th option thead tbody tfoot colgroup rt rp a caption "
    "area base br col embed hr img input link meta source track wbr path use".split()
)
_FORMATTING = frozenset("b big code em font i nobr s small strike strong tt u".split())
_RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())
_FOREIGN = frozenset({"svg", "math"})
_CELLS = frozenset({"td", "th"})
# A close tag of any of them ends the heading that is open.
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# A close tag reaches no further out than these; that of a block ends at those of the second set.
_BLOCKS = frozenset(
    "address article aside blockquote body button center details dialog dir div dl fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup html main menu nav "
    "noscript ol pre search section select summary ul table template object applet "
    "marquee".split()
)
_WALLS = frozenset("table template object applet marquee".split())


def bounded(text: str) -> tuple[str, bool]:
    """Return the text up to where it is too long or too deep, and whether it was cut."""
    cut = len(text) > _LONGEST
    text = text[:_LONGEST]
    if len(text) <= _HARMLESS:
        return text, cut
    text, crowded = _without_crowded_tag(text)
    cut = cut or crowded
    nesting = _Nesting()
    place = 0
    while (match := _TOKEN.search(text, place)) is not None:
        place = match.end()
        if match.group(2) is None:
            continue
        name = match.group(2).lower()
        name = "h1" if name in _HEADINGS else name
        if match.group(1):
            nesting.close(name)
        else:
            nesting.open(name, match.group(3))
        if nesting.is_too_much:
            return text[: match.start()], True
        if name in _RAW and not match.group(1) and not nesting.is_foreign:
            end = _raw_end(name).search(text, place)
            if end is None:
                break
            place = end.end()
            nesting.close(name)
    return text, cut


def _without_crowded_tag(text: str) -> tuple[str, bool]:
    """Cut the text before a tag of thousands of attributes."""
    end = 0
    for piece in text.split(">"):
        if len(piece) > _LONG_TAG and (opens := _TAG_OPENS.search(piece)):
            tag = piece[opens.start() :]
            if len(tag) > _LONG_TAG and len(_QUOTED.sub("", tag).split()) > _MOST_ATTRIBUTES:
                return text[: end + opens.start()], True
        end += len(piece) + 1
    return text, False


def _raw_end(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)


@dataclass(slots=True)
class _Nesting:
    """The elements that are open, as the parser sees them; every step takes constant time."""

    # Name, where the last block at or below it stands, and the last wall.
    stack: list[tuple[str, int, int]] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    # The formatting elements that were not closed, None for those that were.
    formats: list[tuple[str, str] | None] = field(default_factory=list)
    alike: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_name: dict[str, list[int]] = field(default_factory=dict)
    # Where the formatting elements of a table's open cell begin: they end with it.
    cells: list[tuple[int, int]] = field(default_factory=list)
    # How many formatting elements the next block repeats, and how many were repeated.
    repeating: int = 0
    repeated: int = 0
    # How many open elements the parser looked at for close tags that closed nothing.
    walked: int = 0

    @property
    def is_too_much(self) -> bool:
        """Whether the parser should see no more of the page."""
        return (
            len(self.stack) > _DEEPEST
            or self.repeated > _MOST_REPEATED
            or self.walked > _MOST_WALKED
        )

    @property
    def is_foreign(self) -> bool:
        """Whether a drawing or a formula is open, where no element holds raw text."""
        return any(self.places.get(name) for name in _FOREIGN)

    def open(self, name: str, attributes: str) -> None:
        """Follow an open tag."""
        self.repeated += self.repeating
        if name in _CELLS:
            self._end_cell()
            tables = self.places.get("table")
            if tables:
                self.cells.append((tables[-1], len(self.formats)))
        if name in _FLAT:
            return
        if name in _FORMATTING:
            key = (name, attributes)
            self.alike[key] += 1
            self.repeating += self.alike[key] <= _MOST_ALIKE
            self.by_name.setdefault(name, []).append(len(self.formats))
            self.formats.append(key)
        place = len(self.stack)
        _, block, wall = self.stack[-1] if self.stack else ("", -1, -1)
        self.stack.append(
            (name, place if name in _BLOCKS else block, place if name in _WALLS else wall)
        )
        self.places.setdefault(name, []).append(place)

    def close(self, name: str) -> None:
        """Follow a close tag; one that closes nothing changes nothing."""
        if name in _CELLS:
            self._end_cell()
        if name in _FORMATTING:
            self._end_format(name)
        places = self.places.get(name)
        if not places:
            self.walked += len(self.stack)
            return
        place = places[-1]
        _, block, wall = self.stack[-1]
        if name in _FORMATTING and place < block:
            # It ends, but the blocks that were opened within it stay open.
            if place > wall:
                places.pop()
                self.closed.add(place)
            return
        if place >= (wall if name in _BLOCKS else block):
            self._drop_to(place)
        else:
            self.walked += len(self.stack)

    def _end_cell(self) -> None:
        tables = self.places.get("table")
        if tables and self.cells and self.cells[-1][0] == tables[-1]:
            self._forget(self.cells.pop()[1])

    def _end_format(self, name: str) -> None:
        open_ones = self.by_name.get(name)
        if open_ones and open_ones[-1] >= (self.cells[-1][1] if self.cells else 0):
            place = open_ones.pop()
            self._count_off(self.formats[place])
            self.formats[place] = None

    def _forget(self, first: int) -> None:
        while len(self.formats) > first:
            key = self.formats.pop()
            if key is not None:
                self.by_name[key[0]].pop()
                self._count_off(key)

    def _count_off(self, key: tuple[str, str] | None) -> None:
        if key is not None:
            self.repeating -= self.alike[key] <= _MOST_ALIKE
            self.alike[key] -= 1

    def _drop_to(self, place: int) -> None:
        while len(self.stack) > place or len(self.stack) - 1 in self.closed:
            last = len(self.stack) - 1
            name = self.stack.pop()[0]
            if last in self.closed:
                self.closed.remove(last)
            else:
                self.places[name].pop()
        while self.cells and self.cells[-1][0] >= len(self.stack):
            self._forget(self.cells.pop()[1])
