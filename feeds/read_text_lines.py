"""The lines of a text bulletin, each with what it looks like: date, heading, bullet, prose.

What the lines mean together is decided in ``feeds.read_text``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from feeds.text import clean_text

if TYPE_CHECKING:
    from feeds.dates import DateReader, Spot
    from feeds.model import When

_UNDERLINE = re.compile(r"^\s*([=\-~*_#\u2500\u2014])\1{2,}\s*$")
_HASHES = re.compile(r"^(#{1,6})\s+(.*)$")
_BULLET = re.compile(r"^([-*+\u2022\u25aa\u25cf\u25e6\u2013]|\d{1,3}[.)])\s+(?=\S)")
_EMPHASIS = re.compile(r"^(\*\*|__|\*|_)(?=\S)(.+?)(?<=\S)\1$")
# No part of it holds what begins the next one: each character is looked at once.
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]*+)\]\(\s*+<?([^)\s>\[]++)>?[^)\[]*+\)")
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
# A heading says what follows; it does not end like a sentence.
_SENTENCE_END = re.compile(r"[.!?\u3002\uff01\uff1f\u2026:;,][\"'\u201d\u2019\u00bb)\]]*$")
_LONGEST_TITLE = 220
_SENTENCE = 60
_SENTENCE_BLANKS = 6
_LONGEST_LINE = 20_000
_MOST_LINES = 50_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank."""

    text: str
    paragraph: int
    level: int = 0
    bullet: bool = False
    day: When | None = None
    spots: tuple[Spot, ...] = field(default=(), repr=False)
    url: str = ""

    @property
    def titled(self) -> bool:
        """Whether the line may be a title: marked as a heading, or short and no sentence."""
        if self.day is not None:
            return False
        if self.level:
            return True
        return len(self.text) <= _LONGEST_TITLE and not _ends_sentence(self.text)


def _ends_sentence(text: str) -> bool:
    # Titles may end in "!", "?" or an abbreviation; a sentence of some length ends in a stop.
    match = _SENTENCE_END.search(text)
    if not match:
        return False
    return match.group()[0] not in "!?\uff01\uff1f\u2026" and (
        len(text) > _SENTENCE or text.count(" ") > _SENTENCE_BLANKS
    )


def lines_of(text: str, dates: DateReader) -> tuple[list[Line], bool]:
    """Return the lines that are not blank, and whether the text was cut for its size."""
    raw = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cut = len(raw) > _MOST_LINES or any(len(line) > _LONGEST_LINE for line in raw)
    found: list[Line] = []
    paragraph = 0
    for line in raw[:_MOST_LINES]:
        if not line.strip():
            paragraph += 1
            continue
        if _UNDERLINE.match(line):
            paragraph += 1
            if found and _underlines(line, found[-1], paragraph):
                found[-1] = replace(found[-1], level=found[-1].level or _level_of(line))
            continue
        made = _line(line[:_LONGEST_LINE], paragraph, dates)
        if made.text:
            paragraph += bool(made.level)
            found.append(made if not made.level else replace(made, paragraph=paragraph))
            paragraph += bool(made.level)
    return found, cut


def _underlines(rule: str, line: Line, paragraph: int) -> bool:
    return (
        line.paragraph == paragraph - 1
        and len(line.text) <= _LONGEST_TITLE
        and len(rule.strip()) * 3 >= len(line.text)
    )


def _level_of(rule: str) -> int:
    return 1 if rule.strip()[0] in "=#" else 2


def _line(raw: str, paragraph: int, dates: DateReader) -> Line:
    text = clean_text(raw)
    level = 0
    heading = _HASHES.match(text)
    if heading:
        level, text = len(heading.group(1)), heading.group(2).rstrip("#").rstrip()
    bullet = _BULLET.match(text)
    # "14. September 2020" begins with a day, "1. First point" with a number.
    if bullet and not (dates.spots(text[:80]) and dates.spots(text[:80])[0].start == 0):
        text = text[bullet.end() :]
    else:
        bullet = None
    text = text.removeprefix("> ")
    emphasis = _EMPHASIS.match(text)
    if emphasis and emphasis.group(1) not in emphasis.group(2):
        text = emphasis.group(2)
    url = ""
    link = _MARKDOWN_LINK.search(text)
    if link:
        url = link.group(2)
        text = _MARKDOWN_LINK.sub(r"\1", text)
    elif (address := _ADDRESS.search(text)) is not None:
        url = address.group().rstrip(".,;:")
    return Line(
        text=text,
        paragraph=paragraph,
        level=level,
        bullet=bullet is not None,
        day=dates.whole(text),
        spots=dates.spots(text) if len(text) <= _LONGEST_TITLE * 2 else (),
        url=url,
    )
