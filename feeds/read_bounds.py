"""How much of a page is parsed: its size, its nesting and the attributes of a tag have an end.

A parser needs time in the square of the nesting, and in the square of the attributes of one tag;
no page that people read has more.
"""

from __future__ import annotations

import re

_LONGEST = 12_000_000
# Smaller pages cannot nest deep enough to cost anything worth a look.
_HARMLESS = 100_000
_DEEPEST = 1_500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_LONG_TAG = 6_000
_MOST_ATTRIBUTES = 2_000
_TAG_OPENS = re.compile(r"</?[a-zA-Z]")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# These end by themselves, or never hold anything.
_FLAT = frozenset(
    "p li dt dd tr td th option thead tbody tfoot colgroup rt rp a "
    "area base br col embed hr img input link meta source track wbr path use".split()
)


def bounded(text: str) -> tuple[str, bool]:
    """Return the text up to where it is too long or too deep, and whether it was cut."""
    cut = len(text) > _LONGEST
    text = text[:_LONGEST]
    if len(text) <= _HARMLESS:
        return text, cut
    text, crowded = _without_crowded_tag(text)
    cut = cut or crowded
    depth = 0
    for match in _TAG.finditer(text):
        name = match.group(2).lower()
        if name in _FLAT:
            continue
        if match.group(1):
            depth -= depth > 0
        else:
            depth += 1
            if depth > _DEEPEST:
                return text[: match.start()], True
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
