"""Clean text: legal in XML and JSON, on one line or in lines, cut where a reader would cut.

Pure. Markup stands in ``feeds.markup``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# XML 1.0, section 2.2, without DEL and the noncharacters, which it allows and nobody shows.
# "\r" is gone before: only "\n" breaks a line.
_LEGAL = "\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd" + "".join(
    f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in range(1, 17)
)
_ILLEGAL = re.compile(f"[^{_LEGAL}]+")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\u2028\u2029]")
# C1 controls are windows-1252 that was read as Latin-1: quotes, dashes, the euro sign.
_C1 = {
    code: bytes([code]).decode("windows-1252", errors="ignore") or None
    for code in range(0x80, 0xA0)
}
# Embeddings, overrides and isolates turn the text around them as well: no title needs that,
# and it lets a link look like another. The byte order mark is no character of a text.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
_SPACE = re.compile(r"\s+")
_SPACE_IN_LINE = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
# Zero-width space, word joiner and soft hyphen part or join words; at an edge there is one only.
_EDGES = " \n\u200b\u2060\u00ad"


def legal_text(text: str) -> str:
    """Return the text without what XML and JSON cannot carry; blanks and lines stay as they are.

    The one step that is right for markup too: composition could join a tag to its text.
    """
    if text.isascii() and text.isprintable():
        return text
    legal = _legal(text)
    # What was parted by illegal characters may be UTF-8 without them.
    while _TWICE_ENCODED.search(legal) and (again := _legal(legal)) != legal:
        legal = again
    return legal


def _legal(text: str) -> str:
    text = _LINE_BREAK.sub("\n", _once_encoded(text)).translate(_C1)
    return _ILLEGAL.sub("", text).translate(_TURNING)


# UTF-8 that was read as windows-1252, and by those who call that Latin-1: "cafÃ©", "â€œ".
_AS_BYTES = {
    **{code: code for code in range(0x100)},
    **{ord(character): code for code, character in _C1.items() if character},
}
_TWICE_ENCODED = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf" + "".join(filter(None, _C1.values())) + "]"
)


def _once_encoded(text: str) -> str:
    """Return a text that was encoded twice as it was meant; as it stands where that is a guess.

    It is none where every character that is not ASCII is a part of UTF-8.
    """
    while _TWICE_ENCODED.search(text):
        try:
            text = bytes(_AS_BYTES[ord(character)] for character in text).decode()
        except (KeyError, UnicodeDecodeError):
            return text
    return text


@lru_cache(maxsize=1024)
def clean_text(text: str) -> str:
    """Return the text on one line: legal characters, composed, single blanks, trimmed.

    Empty where nothing in it can be seen.
    """
    text = unicodedata.normalize("NFC", legal_text(text))
    return _seen(_SPACE.sub(" ", text).strip(_EDGES))


def clean_block(text: str) -> str:
    """Return the text with its lines: as clean_text, but with breaks and blank lines kept."""
    text = _SPACE_IN_LINE.sub(" ", unicodedata.normalize("NFC", legal_text(text)))
    lines = "\n".join(line.strip(_EDGES) for line in text.split("\n"))
    return _seen(_BLANK_LINES.sub("\n\n", lines).strip())


def is_visible(text: str) -> bool:
    """Whether a reader sees anything: blanks and characters without a shape do not count."""
    return _VISIBLE.search(text) is not None


def _seen(text: str) -> str:
    return text if is_visible(text) else ""


def shorten(text: str, limit: int) -> str:
    """Cut a clean text to at most so many characters, at a word where one ends near the cut.

    A cut text ends in an ellipsis. What is one visible character to the reader (combining
    marks, joined emoji, flags) is never taken apart.
    """
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = limit - 1
    while end and _is_inside_character(text, end):
        end -= 1
    blank = text.rfind(" ", limit // 2, end + 1)
    return text[: blank if blank > 0 else end].rstrip() + "…"


_JOINER = "\u200d"
_VIRAMA = 9
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)


def _is_inside_character(text: str, index: int) -> bool:
    """Whether a cut before this index would part what is shown as one (after UAX 29)."""
    character, former = text[index], text[index - 1]
    code = ord(character)
    if code in _REGIONAL:
        return _regionals_before(text, index) % 2 == 1
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or _JOINER in {character, former}
        or code in _SKIN_TONES
        or code in _TAGS
        or code in _HANGUL_VOWELS_AND_FINALS
        # In the scripts of India a virama binds the next letter to the former one.
        or unicodedata.combining(former) == _VIRAMA
    )


def _regionals_before(text: str, index: int) -> int:
    """Count the regional letters that run up to an index: two make a flag."""
    start = index
    while start and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return index - start


_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{1,8})*")
_SCRIPT_LENGTH, _REGION_LENGTH = 4, 2


def language_tag(text: str) -> str:
    """Return a language tag in its usual case (BCP 47), ``en-US`` for ``EN_us``.

    Empty where the text is none, such as the name of a language.
    """
    text = text.strip()
    if not _LANGUAGE.fullmatch(text):
        return ""
    language, *rest = text.replace("_", "-").lower().split("-")
    cased = (
        part.title()
        if len(part) == _SCRIPT_LENGTH and part.isalpha()
        else part.upper()
        if len(part) == _REGION_LENGTH
        else part
        for part in rest
    )
    return "-".join([language, *cased])
