"""The style sheets that a style sheet begins with: found, and put in their places. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feeds.markup import web_url

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_IMPORTS = 10
# What may stand before an import and between two.
_BEFORE = re.compile(
    r"""(?:\s++|/\*.*?\*/|<!--|-->|@charset\s++"[^"]*+"\s*+;|@layer\s++[^{};]*+;)*+""",
    re.DOTALL | re.IGNORECASE,
)
_IMPORT = re.compile(
    r"""@import\s*+(?:url\(\s*+(?:"([^"\n]*+)"|'([^'\n]*+)'|([^\s"'();]++))\s*+\)"""
    r"""|"([^"\n]*+)"|'([^'\n]*+)')([^;{}]*+)(?:;|\Z)""",
    re.IGNORECASE,
)
_CONDITIONS = re.compile(
    r"\s*+(?:(layer)(?![\w-])(?:\(([^()]*+)\))?)?"
    r"\s*+(?:supports\(((?:[^()]|\([^()]*+\))*+)\))?\s*+(.*+)",
    re.DOTALL | re.IGNORECASE,
)


def with_imports(text: str, url: str, load: Callable[[str], str]) -> str:
    """Return a style sheet with the sheets that it imports in the places of their names.

    ``load`` gives the text of an address, empty where there is none to be had.
    """
    pieces: list[str] = []
    place = count = 0
    while True:
        before = _BEFORE.match(text, place)
        begin = before.end() if before else place
        pieces.append(text[place:begin])
        place = begin
        found = _IMPORT.match(text, place)
        if found is None:
            return "".join([*pieces, text[place:]])
        place = found.end()
        count += 1
        *names, conditions = found.groups()
        named = next(filter(None, names), "")
        address = web_url(named, url) if named and count <= _MOST_IMPORTS else ""
        if address and (sheet := load(address)):
            pieces.append(_under(conditions, sheet))


def _under(conditions: str, sheet: str) -> str:
    """Return a sheet that holds under the conditions of an import."""
    found = _CONDITIONS.match(conditions)
    if found is None:
        return sheet
    layer, name, supports, media = found.groups()
    if media.strip():
        sheet = f"@media {media.strip()} {{\n{sheet}\n}}\n"
    if supports:
        sheet = f"@supports ({supports}) {{\n{sheet}\n}}\n"
    if layer:
        sheet = f"@layer {name or ''} {{\n{sheet}\n}}\n"
    return sheet
