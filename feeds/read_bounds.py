"""How much of a page is parsed: its size and its nesting have an end.

A parser needs time in the square of the nesting; no page that people read nests deeper.
"""

from __future__ import annotations

import re

_LONGEST = 12_000_000
# Smaller pages cannot nest deep enough to cost anything worth a look.
_HARMLESS = 100_000
_DEEPEST = 1_500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
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
