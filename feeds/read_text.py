"""Plain text and Markdown become entries: dates lead or follow, or titles and texts alternate.

Pure. A text is taken as blocks (what stands between blank lines) of clean lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.markup import paragraphs_html, web_url
from feeds.model import Candidate, Entry, Reading
from feeds.text import clean_block, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.dates import DateReader
    from feeds.model import When

_LONGEST_TITLE = 220
# A block longer than this is no title even where no stop ends it.
_LONG = 140
_SENTENCE_END = re.compile(r"[.!?。！？؟:;][\"”»’')\]]*$")
_FULL_STOP = re.compile(r"(?<!\.)[.。][\"”»’')\]]*$")
_HEADING = re.compile(r"#{1,6}\s+(?P<text>.+?)\s*#*$")
_UNDERLINE = re.compile(r"[=~*_-]{3,}$")
_BULLET = re.compile(r"[-*•·]\s+")
_MARKDOWN_LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\((?P<url>[^)\s]+)[^)]*\)")
_URL = re.compile(r"https?://\S+")
_FEWEST = 2


@dataclass(slots=True)
class _Block:
    """Lines without a blank one between them; ``heading`` where the text marks it as one."""

    lines: list[str]
    heading: bool = False

    @property
    def text(self) -> str:
        return clean_text(" ".join(self.lines))

    @property
    def looks_like_title(self) -> bool:
        """A title is short and is no sentence that ends."""
        return self.heading or (
            len(self.text) <= _LONG and not _FULL_STOP.search(self.text) and len(self.lines) <= 3
        )


@dataclass(slots=True)
class _Section:
    """What belongs to one date: blocks, and the date that leads them."""

    when: When | None
    blocks: list[_Block]


def read_text(text: str, *, dates: DateReader, base_url: str) -> Reading:
    """Return the entries of a plain text, in its order; a problem where it has none."""
    lines = _lines(text)
    dated = [dates.whole(line) if line else None for line in lines]
    if sum(when is not None for when in dated) >= 1:
        sections, head = _by_date_lines(lines, dated)
        method = "plain text, a line with a date for each item"
        entries = _entries(sections, base_url)
        if not entries:
            return _by_other_means(lines, dates, base_url)
        return _reading(entries, head, method)
    return _by_other_means(lines, dates, base_url)


def _by_other_means(lines: list[str], dates: DateReader, base_url: str) -> Reading:
    sections, head = _by_leading_dates(lines, dates)
    if len(sections) >= _FEWEST:
        return _reading(
            _entries(sections, base_url, first_is_title=True),
            head,
            "plain text, a date at the beginning of each title",
        )
    blocks = _blocks(lines)
    pairs = _alternating(blocks)
    if len(pairs) >= _FEWEST:
        return _reading(_entries(pairs, base_url), [], "plain text, titles and texts in turn")
    return Reading(
        problem="no dated items and no titles with texts were found in this text; "
        "see whether it is the right file, or preview it with --explain",
        candidates=tuple(
            Candidate(text=block.text[:80], kept=False, reason="neither a title nor dated")
            for block in blocks[:20]
        ),
    )


def _reading(entries: list[Entry], head: Sequence[_Block], method: str) -> Reading:
    title = next((block.text for block in head if block.looks_like_title), "")
    return Reading(entries=tuple(entries), title=title, method=method)


def _lines(text: str) -> list[str]:
    """Return clean lines; a line that underlines the former marks it as a heading."""
    lines: list[str] = []
    for raw in clean_block(text).split("\n"):
        if _UNDERLINE.match(raw):
            if lines and lines[-1] and not lines[-1].startswith("#"):
                lines[-1] = f"# {lines[-1]}"
            continue
        lines.append(raw)
    return lines


def _blocks(lines: Sequence[str]) -> list[_Block]:
    """Split at blank lines and around headings; where there are no blank lines, at every line."""
    every_line = not any(line == "" for line in _stripped(lines))
    blocks: list[_Block] = []
    current: list[str] = []

    def close() -> None:
        if current:
            blocks.append(_Block(list(current)))
            current.clear()

    for line in lines:
        heading = _HEADING.match(line)
        if heading:
            close()
            blocks.append(_Block([heading["text"]], heading=True))
        elif line == "":
            close()
        else:
            current.append(line)
            if every_line:
                close()
    close()
    return blocks


def _stripped(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n")


def _by_date_lines(
    lines: list[str], dated: list[When | None]
) -> tuple[list[_Section], list[_Block]]:
    """Cut the text at its date lines; the date leads what follows, or follows a title."""
    has_blanks = any(line == "" for line in _stripped(lines))
    places = [place for place, when in enumerate(dated) if when is not None]
    pieces: list[tuple[When | None, list[_Block]]] = []
    for start, end in zip([-1, *places], [*places, len(lines)], strict=True):
        chunk = lines[start + 1 : end]
        blocks = _blocks(chunk) if has_blanks else [_line_block(line) for line in chunk if line]
        pieces.append((dated[start] if start >= 0 else None, blocks))
    if _dates_follow_titles(pieces):
        return _shifted(pieces), []
    head = pieces[0][1]
    return [_Section(when, blocks) for when, blocks in pieces[1:]], head


def _line_block(line: str) -> _Block:
    heading = _HEADING.match(line)
    return _Block([heading["text"]], heading=True) if heading else _Block([line])


def _dates_follow_titles(pieces: list[tuple[When | None, list[_Block]]]) -> bool:
    """Tell whether each date stands between a title and its text, and not before both.

    Then a title precedes the first date, and what precedes the others ends in one as well.
    """
    if not pieces[0][1] or not pieces[0][1][-1].looks_like_title:
        return False
    before = [blocks[-1] for _, blocks in pieces[1:-1] if blocks]
    after = [blocks[0] for _, blocks in pieces[1:] if blocks]
    titles_before = sum(block.looks_like_title for block in before)
    titles_after = sum(block.looks_like_title for block in after)
    if not before:
        return titles_after == 0
    return titles_before * 2 > len(before) and titles_after * 2 < len(after)


def _shifted(pieces: list[tuple[When | None, list[_Block]]]) -> list[_Section]:
    """Give each date the title before it and the texts after it."""
    sections: list[_Section] = []
    for (_, before), (when, after) in zip(pieces, pieces[1:], strict=False):
        texts = after[:-1] if (when, after) != pieces[-1] else after
        if before:
            title = _Block(before[-1].lines, heading=True)
            sections.append(_Section(when, [title, *texts]))
    return sections


def _by_leading_dates(lines: list[str], dates: DateReader) -> tuple[list[_Section], list[_Block]]:
    """Cut the text at lines that begin with a date and go on with a title."""
    sections: list[_Section] = []
    rest: list[str] = []
    head: list[_Block] = []

    def close() -> None:
        if sections:
            sections[-1].blocks += _blocks(["", *rest])
        else:
            head.extend(_blocks(rest))
        rest.clear()

    previous = ""
    for line in lines:
        bare = _BULLET.sub("", _heading_text(line), count=1)
        leading = dates.leading(bare) if _starts_block(previous, line) else None
        if leading and not _FULL_STOP.search(leading[1]) and len(leading[1]) <= _LONGEST_TITLE:
            close()
            sections.append(_Section(leading[0], [_Block([leading[1]], heading=True)]))
        else:
            rest.append(line)
        previous = line
    close()
    return sections, head


def _starts_block(previous: str, line: str) -> bool:
    """A title begins a block, or is marked; a date in the middle of a paragraph is no title."""
    return previous == "" or bool(_HEADING.match(line) or _BULLET.match(line)) or len(line) < _LONG


def _heading_text(line: str) -> str:
    heading = _HEADING.match(line)
    return heading["text"] if heading else line


def _alternating(blocks: list[_Block]) -> list[_Section]:
    """Pair titles with the texts that follow them, where the whole text goes so."""
    sections: list[_Section] = []
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.looks_like_title and following is not None and not following.looks_like_title:
            sections.append(_Section(None, [block]))
        elif sections and not block.looks_like_title:
            sections[-1].blocks.append(block)
    return sections


def _entries(
    sections: list[_Section], base_url: str, *, first_is_title: bool = False
) -> list[Entry]:
    entries: list[Entry] = []
    for section in sections:
        for title, texts in _items(section.blocks, first_is_title=first_is_title):
            entries.append(_entry(title, texts, section.when, base_url))
    return entries


def _items(blocks: list[_Block], *, first_is_title: bool) -> list[tuple[str, list[_Block]]]:
    """Split what stands under one date into items: each begins with a title after a text."""
    items: list[tuple[str, list[_Block]]] = []
    for place, block in enumerate(blocks):
        following = blocks[place + 1] if place + 1 < len(blocks) else None
        begins = not items or (
            not first_is_title
            and block.looks_like_title
            and bool(items[-1][1])
            and following is not None
            and not following.looks_like_title
        )
        # Two marked headings in a row are two items, even without a text between them.
        begins = begins or (block.heading and not first_is_title)
        if begins:
            title, texts = _split_title(block)
            items.append((title, texts))
        else:
            items[-1][1].append(block)
    return items


def _split_title(block: _Block) -> tuple[str, list[_Block]]:
    """Take the title off a block: its first line where a text follows it without a blank line."""
    if len(block.lines) > 1 and not _FULL_STOP.search(block.lines[0]):
        rest = _Block(block.lines[1:])
        if not rest.looks_like_title:
            return block.lines[0], [rest]
    if not block.looks_like_title and len(block.text) > _LONGEST_TITLE:
        first, _, rest_of_text = block.text.partition(". ")
        if rest_of_text:
            return first, [_Block([rest_of_text])]
    return block.text, []


def _entry(title: str, texts: list[_Block], when: When | None, base_url: str) -> Entry:
    found = _MARKDOWN_LINK.search(title)
    url = web_url(found["url"], base_url) if found else ""
    plain = clean_text(_MARKDOWN_LINK.sub(lambda link: link["text"], title))
    if not url and texts and (link := _URL.fullmatch(texts[-1].text)):
        url = web_url(link.group(), base_url)
        texts = texts[:-1]
    summary = "\n\n".join("\n".join(block.lines) for block in texts)
    wrapped = any(len(block.lines) > 1 and len(block.lines[0]) > 50 for block in texts)
    if wrapped:
        # Lines of even length were broken by a program, not by the author.
        summary = "\n\n".join(block.text for block in texts)
    return Entry(
        title=plain,
        url=url,
        when=when,
        summary_html=paragraphs_html(_MARKDOWN_LINK.sub(lambda link: link["text"], summary)),
        evidence={"title": "first block after the date" if when else "a title before a text"},
    )
