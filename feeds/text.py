"""Clean text: legal in XML and JSON, on one line or in lines, cut where a reader would cut.

Pure. Markup stands in ``feeds.markup``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# XML 1.0, section 2.2; noncharacters beyond it are dropped too, for no reader shows them.
_ILLEGAL = re.compile(
    "[^\t\n\r\x20-\x7e\x80-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
    "|[\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0010fffe\U0010ffff]"
)
# C1 controls are windows-1252 that was read as Latin-1: quotes, dashes, the euro sign.
_C1 = {
    code: bytes([code]).decode("windows-1252", errors="ignore") or None
    for code in range(0x80, 0xA0)
}
# Overrides and isolates turn the text around them as well; they have no place in a title.
_BIDI_AND_BOM = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
_SPACE = re.compile(r"\s+")
_SPACE_IN_LINE = re.compile(r"[^\S\n]+")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n{3,}")


def _legal(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    # Old line breaks are breaks before they are illegal characters.
    text = _LINE_BREAK.sub("\n", text).translate(_C1)
    text = _ILLEGAL.sub("", text).translate(_BIDI_AND_BOM)
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1024)
def clean_text(text: str) -> str:
    """Return the text on one line: legal characters, composed, single blanks, trimmed."""
    return _SPACE.sub(" ", _legal(text)).strip()


def clean_block(text: str) -> str:
    """Return the text with its lines: as clean_text, but with breaks and blank lines kept."""
    text = _SPACE_IN_LINE.sub(" ", _legal(text))
    lines = "\n".join(line.strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


def shorten(text: str, limit: int) -> str:
    """Cut a text to a number of characters, at a word where one is near, with an ellipsis.

    What belongs to one visible character (combining marks, joined emoji) is never taken apart.
    """
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end and _belongs_to_former(text, end):
        end -= 1
    space = text.rfind(" ", end // 2, end)
    return text[: space if space > 0 else end].rstrip() + "…"


_JOINER = "\u200d"
_MODIFIERS = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)


def _belongs_to_former(text: str, index: int) -> bool:
    character = text[index]
    former = text[index - 1]
    return (
        bool(unicodedata.combining(character))
        or unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or _JOINER in {character, former}
        or ord(character) in _MODIFIERS
        or (ord(character) in _REGIONAL and ord(former) in _REGIONAL)
    )
