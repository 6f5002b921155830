"""Items are left out by a pattern where no selector can tell them: the last resort. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feeds.markup import plain_text
from feeds.pointing_met import is_of
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.settings import RuleSettings
    from feeds.located import Located
    from feeds.model import Entry
    from feeds.pointing_lists import Wish

EXCLUDES = ("exclude", "exclude_url")
_LONGEST_LABEL = 30
_MOST_PATTERNS = 6


def left_out_by_pattern(wish: Wish, rules: RuleSettings, read: Located) -> RuleSettings | None:
    """Return the rules with patterns that leave out what is no item; None where none is read."""
    wrong: list[Entry] = []
    kept: list[Entry] = []
    for spots, entry in zip(read.spots, read.reading.entries, strict=True):
        is_wrong = any(is_of(wish.opened, unwanted, spots) for unwanted in wish.nots)
        (wrong if is_wrong else kept).append(entry)
    if not 0 < len(wrong) <= _MOST_PATTERNS:
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
        pattern = f"(?m:^{_literal(label)}$)"
        if not any(re.search(pattern, plain_text(other.summary_html)) for other in kept):
            return "exclude", pattern
    return "exclude", rf"^{_literal(clean_text(entry.title))}\n"


def _literal(text: str) -> str:
    """Return the pattern of just this text, as a person would write it."""
    return re.escape(text).replace(r"\ ", " ").replace(r"\-", "-")


def _of_address(entry: Entry) -> Iterator[str]:
    """Yield what of an address may tell what it leads to: another host, the first folders."""
    if not entry.url:
        return
    parts = urlsplit(entry.url)
    folders = [folder for folder in parts.path.split("/")[1:-1] if folder]
    # A number in it is of one thing, not of a kind of things.
    named = list(takewhile(lambda folder: not any(c.isdigit() for c in folder), folders))
    for depth in range(1, len(named) + 1):
        yield f"/{_literal('/'.join(named[:depth]))}/"
    yield f"^{parts.scheme}://{_literal(parts.netloc)}/"


def _labels(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if 1 < len(line.strip()) <= _LONGEST_LABEL:
            yield line.strip()
