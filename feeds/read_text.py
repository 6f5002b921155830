"""A text bulletin becomes entries: the layout is decided once for the whole text.

Layouts, in order of their evidence: lines that are a date and nothing else; lines that begin or
end with a date; headings; titles and paragraphs in turn; a plain list.
"""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, TypeAlias

from feeds.markup import paragraphs_html, web_url
from feeds.model import Candidate, Entry, Reading
from feeds.read_text_lines import Line, lines_of
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.dates import DateReader
    from feeds.model import When

    Layout: TypeAlias = tuple[str, list[Entry]]
    Segment: TypeAlias = tuple[When | None, Sequence[Line]]

_SEPARATOR = re.compile(r"^\s*(?:[-:\u2013\u2014|\u00b7,\uff1a/]|\))*\s*")
_SEPARATOR_END = re.compile(r"\s*(?:[-:\u2013\u2014|\u00b7,\uff1a/(\[]|\bon)*\s*$")
_COPYRIGHT = re.compile(r"^(?:\u00a9|\(c\)\s|copyright\b)", re.IGNORECASE)
_BRACKETS = re.compile(r"^\[([^\[\]]+)\]$")
_LONGEST_TITLE = 250
_WRAPPED_AT = 50
_WRAPPED_BELOW = 100
_FEW = 2
_FEW_HEADER_LINES = 4


def read_text(text: str, dates: DateReader, *, url: str = "") -> Reading:
    """Read a plain text or Markdown bulletin."""
    lines, cut = lines_of(text, dates)
    lines = _without_foot(lines)
    for layout in (_date_lines, _dated_lines, _headings, _alternating, _bullets):
        method, entries = layout(lines, dates, url)
        if entries:
            notes = [f"{method}: {len(entries)} items"]
            if dates.settled:
                notes.append(dates.settled)
            if cut:
                notes.append("the text is too large: only its beginning was read")
            return Reading(
                entries=tuple(entries),
                title=_title(lines, entries),
                method=f"text: {method}",
                notes=tuple(notes),
                candidates=tuple(
                    Candidate(text=entry.title, kept=True, reason=method) for entry in entries
                ),
            )
    return Reading(
        method="text",
        problem="No items were found in this text: it has no date lines, no headings and no "
        "titles with paragraphs; look at the source, or choose another page of it.",
    )


def _title(lines: Sequence[Line], entries: Sequence[Entry]) -> str:
    first = lines[0]
    known = {entry.title for entry in entries}
    return first.text if first.titled and first.text not in known else ""


def _without_foot(lines: list[Line]) -> list[Line]:
    """Drop what stands below a last rule and is no item as those above, and who owns it all."""
    last = lines[-1].section if lines else 0
    body = [line for line in lines if line.section < last]
    foot = [line for line in lines if line.section == last]
    if body and not any(_heads(line) for line in foot):
        headed = sum(_heads(line) for line in body)
        titles = sum(line.titled for line in body)
        # Where nothing tells items from a foot, the only rule stands above the foot.
        if headed or (body[0].section == body[-1].section and titles > _FEW):
            lines = body
    end = len(lines)
    while end > 1 and _COPYRIGHT.match(lines[end - 1].text):
        end -= 1
    return lines[:end]


def _heads(line: Line) -> bool:
    """Whether a line is marked as the head of an item: by a date, as a heading, as a point."""
    return bool(
        line.day
        or line.level
        or line.bullet
        or _dated_title(line, "beginning")
        or _dated_title(line, "end")
    )


def _date_lines(lines: Sequence[Line], _dates: DateReader, url: str) -> Layout:
    marks = [index for index, line in enumerate(lines) if line.day]
    if not marks or (len(marks) == 1 and len(lines) < _FEW):
        return "", []
    if _dates_end(lines, marks):
        starts = [0, *(mark + 1 for mark in marks[:-1])]
        segments = [
            (lines[mark].day, lines[start:mark]) for start, mark in zip(starts, marks, strict=True)
        ]
        return "a date line after each item", _entries(segments, url, "date line after the item")
    if _titles_first(lines, marks):
        starts = [mark - 1 for mark in marks] + [len(lines)]
        segments = [
            (lines[mark].day, [lines[mark - 1], *lines[mark + 1 : starts[place + 1]]])
            for place, mark in enumerate(marks)
        ]
        return "a date line under each title", _entries(segments, url, "date line under the title")
    ends = [*marks[1:], len(lines)]
    segments = [
        (lines[mark].day, list(lines[mark + 1 : end]))
        for mark, end in zip(marks, ends, strict=True)
    ]
    return "a date line above each item", _entries(
        _split_groups(segments), url, "date line above the title"
    )


def _dates_end(lines: Sequence[Line], marks: Sequence[int]) -> bool:
    """Whether each item ends with its date: the text begins with a title, ends with a date."""
    if lines[0].day or not lines[-1].day:
        return False
    pairs = list(zip([-1, *marks], marks, strict=False))
    return all(mark - former > _FEW and not lines[mark - 1].titled for former, mark in pairs)


def _titles_first(lines: Sequence[Line], marks: Sequence[int]) -> bool:
    """Whether titles stand above their dates; the neighbours of all date lines vote."""
    if marks[0] == 0:
        return False
    above = below = 0
    for mark in marks:
        before = lines[mark - 1]
        after = lines[mark + 1] if mark + 1 < len(lines) else None
        title_after = after is not None and after.titled
        above += before.titled and not title_after
        below += title_after and not before.titled
        if before.titled and title_after and after is not None:
            # Both could be a title: a marked heading decides.
            above += bool(before.level) and not after.level
            below += bool(after.level) and not before.level
    if above == below:
        return marks[0] == 1 and lines[-1].day is not None
    return above > below


def _split_groups(segments: Sequence[Segment]) -> list[Segment]:
    """Take one date over several items apart, where dates do not stand at each item anyway."""
    days = [day for day, _ in segments]
    if any(former == later for former, later in pairwise(days)):
        return list(segments)
    found: list[Segment] = []
    for day, lines in segments:
        found.extend((day, part) for part in _items_in(lines))
    return found


def _items_in(lines: Sequence[Line]) -> list[Sequence[Line]]:
    if lines and lines[0].bullet:
        return _points(lines)
    blocks = _blocks(lines)
    levels = {block[0].level for block in blocks if block[0].level}
    top = min(levels) if levels else 0
    starts = [
        place
        for place, block in enumerate(blocks)
        if (block[0].level == top if top else _opens_item(blocks, place))
    ]
    if len(starts) < _FEW or starts[0] != 0:
        return [lines]
    ends = [*starts[1:], len(blocks)]
    return [
        [line for block in blocks[start:end] for line in block]
        for start, end in zip(starts, ends, strict=True)
    ]


def _points(lines: Sequence[Line]) -> list[Sequence[Line]]:
    """Part lines at the points of their outermost list."""
    marks = [
        index for index, line in enumerate(lines) if line.bullet and line.indent <= lines[0].indent
    ]
    ends = [*marks[1:], len(lines)]
    return [lines[mark:end] for mark, end in zip(marks, ends, strict=True)]


def _opens_item(blocks: Sequence[Sequence[Line]], place: int) -> bool:
    """Whether a block is a title with its paragraph below it."""
    block = blocks[place]
    follows = blocks[place + 1] if place + 1 < len(blocks) else None
    return (
        _is_title(block) and not block[0].bullet and follows is not None and not _is_title(follows)
    )


def _is_title(block: Sequence[Line]) -> bool:
    return block[-1].titled and sum(len(line.text) for line in block) <= _LONGEST_TITLE


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Group lines by blank lines; where there are none, each line stands for itself."""
    blocks = [list(group) for _, group in groupby(lines, key=lambda line: line.paragraph)]
    if len(blocks) == 1 and len(lines) > 1 and not _is_wrapped(lines):
        return [[line] for line in lines]
    return blocks


def _is_wrapped(lines: Sequence[Line]) -> bool:
    lengths = [len(line.text) for line in lines[:-1]]
    return bool(lengths) and min(lengths) >= _WRAPPED_AT and max(lengths) <= _WRAPPED_BELOW


def _entries(segments: Sequence[Segment], url: str, evidence: str) -> list[Entry]:
    found = []
    for when, lines in segments:
        if not lines:
            continue
        title, body = _title_and_body(lines)
        found.append(_entry(title, when, body, lines, base=url, evidence=evidence))
    return found


def _title_and_body(lines: Sequence[Line]) -> tuple[str, Sequence[Line]]:
    """Part the lines of one item; a title that was wrapped by hand is put together again."""
    first = [line for line in lines if line.paragraph == lines[0].paragraph]
    whole = len(first) < len(lines) and len(first) > 1 and _is_wrapped(first)
    if whole and _is_title(first):
        return " ".join(line.text for line in first), lines[len(first) :]
    return lines[0].text, lines[1:]


def _entry(  # noqa: PLR0913 - the parts of one entry
    title: str,
    when: When | None,
    body: Sequence[Line],
    lines: Sequence[Line],
    *,
    base: str,
    evidence: str,
) -> Entry:
    link = next((line.url for line in lines if line.url), "")
    bracketed = _BRACKETS.match(title)
    found = {"title": "its own line"}
    if when:
        found["date"] = evidence
    if link:
        found["link"] = "first address in the text"
    return Entry(
        title=clean_text(bracketed.group(1) if bracketed else title),
        url=web_url(link, base) if link else "",
        when=when,
        summary_html=_summary(body),
        evidence=found,
    )


def _summary(lines: Sequence[Line]) -> str:
    blocks = _blocks(lines)
    texts = [
        ("\n" if any(line.bullet for line in block) else " ").join(line.text for line in block)
        for block in blocks
    ]
    return paragraphs_html("\n\n".join(texts)) if texts else ""


def _dated_lines(lines: Sequence[Line], _dates: DateReader, url: str) -> Layout:
    """Lines that begin (or end) with their date and go on with their title."""
    for where in ("beginning", "end"):
        parts = {
            index: found
            for index, line in enumerate(lines)
            if (found := _dated_title(line, where)) is not None
        }
        if (
            not parts
            or min(parts) >= _FEW_HEADER_LINES
            or (len(parts) == 1 and len(lines) > _FEW_HEADER_LINES)
        ):
            continue
        marks = sorted(parts)
        ends = [*marks[1:], len(lines)]
        entries = []
        for mark, end in zip(marks, ends, strict=True):
            title, when = parts[mark]
            body = lines[mark + 1 : end]
            entries.append(
                _entry(
                    title,
                    when,
                    body,
                    lines[mark:end],
                    base=url,
                    evidence=f"{where} of the title line",
                )
            )
        return f"a date at the {where} of each title", entries
    return "", []


def _dated_title(line: Line, where: str) -> tuple[str, When] | None:
    if not line.spots or len(line.text) > _LONGEST_TITLE or line.day:
        return None
    spot = line.spots[0] if where == "beginning" else line.spots[-1]
    if not (spot.has_year or line.bullet or line.level):
        return None
    if where == "beginning":
        if line.text[: spot.start].strip(" ([*") or (_prose(line) and not line.bullet):
            return None
        title = _SEPARATOR.sub("", line.text[spot.end :].lstrip("])* "))
    else:
        if line.text[spot.end :].strip(" )].*_"):
            return None
        before = line.text[: spot.start]
        title = _SEPARATOR_END.sub("", before)
        # "... as of 3 May 2020" is part of a title; a bracket or a dash sets a date apart.
        if title == before.rstrip() and not line.level:
            return None
    return (title, spot.when) if title else None


def _prose(line: Line) -> bool:
    return not line.titled and not line.level


def _headings(lines: Sequence[Line], _dates: DateReader, url: str) -> Layout:
    levels = [line.level for line in lines if line.level]
    repeated = [level for level in sorted(set(levels)) if levels.count(level) >= _FEW]
    if not repeated:
        return "", []
    marks = [index for index, line in enumerate(lines) if line.level == repeated[0]]
    ends = [*marks[1:], len(lines)]
    segments: list[Segment] = [
        (None, lines[mark:end]) for mark, end in zip(marks, ends, strict=True)
    ]
    return "headings", _entries(segments, url, "")


def _alternating(lines: Sequence[Line], _dates: DateReader, url: str) -> Layout:
    """Titles and paragraphs in turn, no dates at all."""
    blocks = _blocks(lines)
    starts = [place for place in range(len(blocks)) if _opens_item(blocks, place)]
    if not starts or starts[0] > 1 or (len(starts) == 1 and len(blocks) > _FEW_HEADER_LINES):
        return "", []
    ends = [*starts[1:], len(blocks)]
    segments: list[Segment] = [
        (None, [line for block in blocks[start:end] for line in block])
        for start, end in zip(starts, ends, strict=True)
    ]
    return "titles and paragraphs in turn", _entries(segments, url, "")


def _bullets(lines: Sequence[Line], _dates: DateReader, url: str) -> Layout:
    marks = [index for index, line in enumerate(lines) if line.bullet]
    if len(marks) < _FEW:
        return "", []
    ends = [*marks[1:], len(lines)]
    segments: list[Segment] = [
        (None, lines[mark:end]) for mark, end in zip(marks, ends, strict=True)
    ]
    return "a list", _entries(segments, url, "")
