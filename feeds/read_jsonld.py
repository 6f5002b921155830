"""JSON-LD in a page: the objects of its scripts, whatever they are about."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_LONGEST = 2_000_000
_MOST_SCRIPTS = 500
# Software of the days of XHTML hides a script from what did not know it.
_WRAPPED = re.compile(r"\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)?")
_TYPE = 'script[type^="application/ld+json" i]'


def jsonld_nodes(page: LexborHTMLParser) -> list[object]:
    """Return the value of every script of JSON-LD that can be read, up to a size of them all."""
    found: list[object] = []
    size = 0
    for script in page.css(_TYPE)[:_MOST_SCRIPTS]:
        text = script.text() or ""
        size += len(text)
        if size > _LONGEST:
            break
        value = _value(text)
        if value is not None:
            found.append(value)
    return found


def _value(text: str) -> object:
    """Return the first value of a text; line breaks within strings are common, and harmless."""
    decoder = json.JSONDecoder(strict=False)
    start = _WRAPPED.match(text)
    text = text[start.end() :].lstrip() if start else text
    try:
        value, _ = decoder.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value
