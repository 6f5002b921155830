"""The lines of a text bulletin, each with what it looks like: date, heading, bullet, prose.

What the lines mean together is decided in ``feeds.read_text``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from feeds.text import clean_text

if TYPE_CHECKING:
    from feeds.dates import DateReader, Spot
    from feeds.model import When

_UNDERLINE = re.compile(r"^\s*([=\-~*_#\u2500\u2014])(?:[ \t]?\1){2,}\s*$")
# What mail programs and old newsgroups set before a signature.
_SIGNATURE = re.compile(r"^--\s*$")
_FIELD = re.compile(r"^([^\W\d_][^\W_]*(?:-[^\W_]+)*)[ \u00a0]?[:\uff1a]\s*(?=\S)")
_TITLE_FIELDS = frozenset(
    "subject title headline betreff titel \u00fcberschrift objet sujet titre asunto t\u00edtulo "
    "assunto oggetto titolo onderwerp \u00e4mne temat konu \u0442\u0435\u043c\u0430 "
    "\u0437\u0430\u0433\u043e\u043b\u043e\u0432\u043e\u043a \u4ef6\u540d \u6807\u9898 "
    "\u6a19\u984c \uc81c\ubaa9".split()
)
_HASHES = re.compile(r"^(#{1,6})\s+(.*)$")
_BULLET = re.compile(r"^([-*+\u2022\u25aa\u25cf\u25e6\u2013]|\d{1,3}[.)])\s+(?=\S)")
_EMPHASIS = re.compile(r"^(\*\*|__|\*|_)(?=\S)(.+?)(?<=\S)\1$")
# No part may run over the next bracket: a line of brackets would cost the cube of its length.
_MARKDOWN_LINK = re.compile(
    r"!?\[([^\[\]]*+)\]\(\s?<?([^)\s>\[]{1,2000}+)>?(?:\s[^)\[]{0,500}+)?\)"
)
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
# A heading says what follows; it does not end like a sentence.
_SENTENCE_END = re.compile(r"[.!?\u3002\uff01\uff1f\u2026:;,][\"'\u201d\u2019\u00bb)\]]*$")
_LONGEST_TITLE = 220
_SENTENCE = 60
_SENTENCE_BLANKS = 6
_LONGEST_LINE = 20_000
_MOST_LINES = 50_000
_FEW = 2


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
    indent: int = 0
    # How many rules stand above the line.
    section: int = 0

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
    paragraph = section = 0
    for line in raw[:_MOST_LINES]:
        if not line.strip():
            paragraph += 1
            continue
        if _UNDERLINE.match(line):
            paragraph += 1
            if found and _underlines(line, found[-1], paragraph):
                found[-1] = replace(found[-1], level=found[-1].level or _level_of(line))
            else:
                section += 1
            continue
        if found and _SIGNATURE.match(line):
            break
        made = _line(line[:_LONGEST_LINE], paragraph, section, dates)
        if made.text:
            paragraph += bool(made.level)
            found.append(made if not made.level else replace(made, paragraph=paragraph))
            paragraph += bool(made.level)
    return _without_fields(found), cut


def _without_fields(lines: list[Line]) -> list[Line]:
    """Take what heads a mail apart: its subject is a heading, its date stays, the rest goes."""
    names = [_field(line) for line in lines]
    if sum(name in _TITLE_FIELDS for name in names) < _FEW:
        return lines
    found: list[Line] = []
    for _, group in groupby(
        zip(lines, names, strict=True), key=lambda pair: (pair[0].paragraph, bool(pair[1]))
    ):
        block = list(group)
        heads = any(name in _TITLE_FIELDS for _, name in block)
        for line, name in block:
            if heads and name in _TITLE_FIELDS:
                text = _FIELD.sub("", line.text)
                found.append(replace(line, text=text, level=line.level or 1, day=None))
            elif not heads or line.day:
                found.append(line)
    return found


def _field(line: Line) -> str:
    match = _FIELD.match(line.text)
    return match.group(1).lower() if match else ""


def _underlines(rule: str, line: Line, paragraph: int) -> bool:
    return (
        line.paragraph == paragraph - 1
        and len(line.text) <= _LONGEST_TITLE
        and len(rule.strip()) * 3 >= len(line.text)
    )


def _level_of(rule: str) -> int:
    return 1 if rule.strip()[0] in "=#" else 2


def _without_hashes(text: str) -> str:
    """Drop the hashes that close a heading; those of a word stay."""
    shorter = text.rstrip("#")
    return shorter.rstrip() if shorter.endswith(" ") else text


def _line(raw: str, paragraph: int, section: int, dates: DateReader) -> Line:
    text = clean_text(raw)
    level = 0
    heading = _HASHES.match(text)
    if heading:
        level, text = len(heading.group(1)), _without_hashes(heading.group(2))
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
        indent=len(raw) - len(raw.lstrip()),
        section=section,
    )
