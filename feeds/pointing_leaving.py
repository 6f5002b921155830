"""Items are left out by a pattern where no selector can tell them: the last resort. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feeds.markup import plain_text
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.settings import RuleSettings
    from feeds.located import Located
    from feeds.model import Entry
    from feeds.pointing_lists import Wish

_LONGEST_LABEL = 30


def left_out_by_pattern(wish: Wish, rules: RuleSettings, read: Located) -> RuleSettings | None:
    """Return the rules with patterns that leave out what is no item; None where none is read."""
    opened = wish.opened
    wrong: list[Entry] = []
    kept: list[Entry] = []
    for spots, entry in zip(read.spots, read.reading.entries, strict=True):
        parts = [part for number in spots.item if (part := opened.element(number))]
        is_wrong = any(p.holds(n) or n.holds(p) for p in parts for n in wish.nots)
        (wrong if is_wrong else kept).append(entry)
    if not wrong:
        return None
    for entry in wrong:
        name, pattern = _pattern(entry, kept)
        given = getattr(rules, name)
        if given and re.search(given, entry.url if name == "exclude_url" else entry.title):
            continue
        rules = replace(rules, **{name: f"{given}|{pattern}" if given else pattern})
    return rules


def _pattern(entry: Entry, kept: Sequence[Entry]) -> tuple[str, str]:
    """Return the pattern that leaves out an entry and none that is kept, the most telling one."""
    for pattern in _of_address(entry):
        if not any(re.search(pattern, other.url) for other in kept):
            return "exclude_url", pattern
    text = plain_text(entry.summary_html)
    for label in _labels(text):
        pattern = rf"(?m)^{re.escape(label)}$"
        if not any(re.search(pattern, plain_text(other.summary_html)) for other in kept):
            return "exclude", pattern
    return "exclude", rf"^{re.escape(clean_text(entry.title))}\n"


def _of_address(entry: Entry) -> Iterator[str]:
    """Yield what of an address may tell what it leads to: another host, the first folders."""
    if not entry.url:
        return
    parts = urlsplit(entry.url)
    folders = [folder for folder in parts.path.split("/")[1:-1] if folder]
    for depth in range(1, len(folders) + 1):
        yield f"/{re.escape('/'.join(folders[:depth]))}/"
    yield f"^{re.escape(parts.scheme)}://{re.escape(parts.netloc)}/"


def _labels(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if 1 < len(line.strip()) <= _LONGEST_LABEL:
            yield line.strip()
