"""Markup that a sanitiser has written, put in order: one form for what looks the same.

Pure, and only for such markup: well nested, attributes quoted, ``<`` and ``>`` escaped.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field

from feeds.text import is_visible, legal_text

INLINE = frozenset(
    "a abbr acronym b bdi bdo br cite code del dfn em i img ins kbd mark q rp rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr".split()
)
BLOCK = frozenset(
    "address article aside blockquote caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu ol p "
    "pre search section summary table tbody td tfoot th thead tr ul".split()
)
MEDIA = frozenset("audio video source".split())
# The mark of a picture that nobody is meant to see.
TINY = "tiny"

_PLAYERS = frozenset({"audio", "video"})
_VOID = frozenset("br hr img source wbr".split())
_CELLS = frozenset("td th".split())
# What the rest of a page is made of says nothing in a summary; old names have new ones.
_RENAMED = {
    "acronym": "abbr",
    "legend": "p",
    "menu": "ul",
    "strike": "s",
    "tt": "code",
} | dict.fromkeys(
    "address article aside center dialog fieldset footer form header hgroup main search "
    "section".split(),
    "div",
)
# Readers and their parsers give up on trees deeper than some hundreds.
_DEEPEST = 60
_TINY_PX = {"0", "1", "2", "0px", "1px", "2px"}
_SHOWN_OF_PICTURE = ("src", "srcset", "alt", "width", "height", "title", "lang", "dir")
_LAZY = ("data-src", "data-original", "data-lazy-src")
_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>|([^<]+)')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_LEADING = re.compile(r"(?: |&nbsp;)+")
# Begun at the first blank of a run only: from each one, runs would cost their square.
_TRAILING = re.compile(r"(?<! )(?<!&nbsp;)(?: |&nbsp;)++\Z")
_BLANK_ENDS = (" ", "&nbsp;")
_BLANKS = re.compile(r"(?:\s|&nbsp;){2,}|[^\S\xa0]")


def tidy(markup: str) -> str:
    """Return the markup without empty elements, unseen pictures, idle tags and idle blanks."""
    writer = _Writer()
    for closing, name, attributes, text in _TOKEN.findall(markup):
        if text:
            writer.text(text)
        elif closing:
            writer.close()
        elif name in _VOID:
            writer.void(name, attributes)
        else:
            writer.open(name, attributes)
    return writer.result()


@dataclass(slots=True)
class _Element:
    name: str
    written: bool
    start: int
    shown: int
    after_blank: bool


@dataclass(slots=True)
class _Writer:
    """Writes tokens, and takes back an element where nothing in it was to be seen."""

    parts: list[str] = field(default_factory=list)
    stack: list[_Element] = field(default_factory=list)
    shown: int = 0
    written: int = 0
    preformatted: int = 0
    players: int = 0
    # Whether a blank here would follow a blank or begin a block, and so not be seen.
    after_blank: bool = True

    def text(self, text: str) -> None:
        if self.players:
            # Words for browsers of another age; the player is the content.
            return
        text = unicodedata.normalize("NFC", legal_text(text))
        if not self.preformatted:
            text = _BLANKS.sub(" ", text)
            if self.after_blank:
                text = _LEADING.sub("", text, count=1) if text.startswith(_BLANK_ENDS) else text
        elif self.parts and self.parts[-1].startswith("<pre"):
            # Parsers swallow a line break here.
            text = text.lstrip("\n")
        if not text:
            return
        self.parts.append(text)
        self.after_blank = text.endswith(_BLANK_ENDS)
        self.shown += is_visible(html.unescape(text))

    def open(self, name: str, attributes: str) -> None:
        name = _RENAMED.get(name, name)
        after_blank = self.after_blank
        if name in BLOCK and self._end_line():
            after_blank = False
        idle = name in {"a", "span"} and not attributes
        element = _Element(
            name,
            not idle and not self.players and self.written < _DEEPEST,
            len(self.parts),
            self.shown,
            after_blank,
        )
        self.stack.append(element)
        self.preformatted += name == "pre"
        if name in _PLAYERS:
            self.players += 1
            self.shown += " src=" in attributes
            # Nothing is loaded or played before the reader asks.
            attributes += ' controls="" preload="none"'
        if element.written:
            self.written += 1
            self.parts.append(f"<{name}{attributes}>")

    def close(self) -> None:
        element = self.stack.pop()
        self.preformatted -= element.name == "pre"
        self.players -= element.name in _PLAYERS
        self.written -= element.written
        if element.name in BLOCK:
            self._end_line()
        if self.shown == element.shown and element.name not in _CELLS:
            self._take_back(element)
        elif element.written:
            self.parts.append(f"</{element.name}>")

    def void(self, name: str, attributes: str) -> None:
        # A player has sources and nothing else; a picture's sources are in its srcset.
        if (name == "source") != bool(self.players) or (name == "source" and not attributes):
            return
        if name == "img":
            attributes = _picture(attributes)
            if not attributes:
                return
        if name in {"br", "hr"}:
            self._end_line()
        elif name != "wbr":
            self.shown += 1
            self.after_blank = False
        self.parts.append(f"<{name}{attributes}>")

    def result(self) -> str:
        self._end_line()
        return "".join(self.parts) if self.shown else ""

    def _end_line(self) -> bool:
        """Drop the blank at the end of a line; whether there was one."""
        self.after_blank = True
        if self.preformatted or not (self.parts and self.parts[-1].endswith(_BLANK_ENDS)):
            return False
        self.parts[-1] = _TRAILING.sub("", self.parts[-1])
        return True

    def _take_back(self, element: _Element) -> None:
        parted = element.name in BLOCK or any(
            not part.startswith("<") or part == "<br>" for part in self.parts[element.start :]
        )
        del self.parts[element.start :]
        self.after_blank = element.after_blank
        # What stood on either side must not run together.
        if parted and not self.after_blank and not self.players:
            self.parts.append(" ")
            self.after_blank = True


def _picture(attributes: str) -> str:
    """Return the attributes of a picture that is to be seen, else none."""
    given = dict(_ATTRIBUTE.findall(attributes))
    if "style" in given or {given.get("width"), given.get("height")} & _TINY_PX:
        return ""
    lazy = next((given[name] for name in _LAZY if name in given), "")
    given["srcset"] = given.get("data-srcset") or given.get("srcset", "")
    given["src"] = lazy or given.get("src") or given["srcset"].rpartition(", ")[2].split(" ")[0]
    if not given["src"]:
        return ""
    given.setdefault("alt", "")
    return "".join(
        f' {name}="{given[name]}"'
        for name in _SHOWN_OF_PICTURE
        if given.get(name) or (name == "alt")
    )


_PREFORMATTED = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_TAGS = re.compile(r"(?<!\s)\s*+<[^>]*+>(?:\s*+<[^>]*+>)*+\s*+")
_LINE = re.compile(r"<br>")
# Between these a reader sees a gap, between other blocks the next line.
_APART = re.compile(r"<(?:p|h[1-6]|[uo]l|menu|dl|table|blockquote|pre|figure|hr)>")
_CELL_EDGES = re.compile(r"(?:\s*</?t[dh]>)+\s*")


def breaks_to_lines(outline: str) -> str:
    """Return markup of nothing but block tags and text as lines, still with its entities.

    Blank lines stand around paragraphs, headings, lists and tables.
    """
    pieces = _PREFORMATTED.split(outline)
    for index in range(0, len(pieces), 2):
        pieces[index] = _TAGS.sub(_break, pieces[index].replace("\n", " "))
    for index in range(1, len(pieces), 2):
        pieces[index] = f"\n\n{_TAGS.sub(_break, pieces[index])}\n\n"
    return "".join(pieces)


def _break(match: re.Match[str]) -> str:
    tags = match.group()
    if _APART.search(tags.replace("/", "")) or len(_LINE.findall(tags)) > 1:
        return "\n\n"
    return " " if _CELL_EDGES.fullmatch(tags) else "\n"
