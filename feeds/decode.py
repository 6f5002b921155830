"""Bytes become text: which encoding a page is written in, and what is no text at all.

Pure. What a page means is not decided here.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_META = re.compile(
    rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
# Browsers read these labels as the larger Windows encodings; pages are written for browsers.
_AS_BROWSERS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
# Not encodings of any page: ways of writing a text in another one, some of them very slow.
_NO_CHARSETS = frozenset("punycode idna unicode-escape raw-unicode-escape utf-7 undefined".split())
_SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a SQLite database"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
)
_MOST_CONTROLS = 0.02
_SAMPLE = 65_536


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a body, how its encoding was found; or why it is no text (``binary``)."""

    text: str = ""
    note: str = ""
    binary: str = ""


def decode(body: bytes, *, content_type: str = "") -> Decoded:
    """Return the text of a body; never raises."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return Decoded(_forgiving(body, encoding), f"{encoding} by its byte order mark")
    if binary := next((kind for start, kind in _SIGNATURES if body.startswith(start)), ""):
        return Decoded(binary=binary)
    # Before UTF-8: ASCII as UTF-16 is valid UTF-8 with zero bytes.
    wide, how = _wide(body, content_type)
    if wide:
        return Decoded(_forgiving(body, wide), f"{wide} {how}")
    if _is_binary(body[:_SAMPLE]):
        return Decoded(binary="binary data")
    return _narrow(body, content_type)


def _narrow(body: bytes, content_type: str) -> Decoded:
    """Return the text of a body whose letters of ASCII are one byte each."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _declared_or_guessed(body, content_type)
    # Seven-bit encodings are valid UTF-8, too; only their escape sequences tell.
    if "\x1b$" in text[:_SAMPLE]:
        return Decoded(_forgiving(body, "iso2022_jp"), "iso2022_jp by its escape sequences")
    return Decoded(text, "utf-8")


def _is_binary(sample: bytes) -> bool:
    controls = sum(sample.count(bytes([code])) for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16))
    return controls > len(sample) * _MOST_CONTROLS


def _wide(body: bytes, content_type: str) -> tuple[str, str]:
    """Return which UTF-16 a body without a byte order mark is, and how that is known."""
    sample = body[:_SAMPLE]
    zeros = sample.count(0)
    found = _looks_utf16(sample) if zeros else ""
    header = _CHARSET.search(content_type)
    stated = _known(header.group(1)) if header else ""
    # A page without any zero byte that is valid UTF-8 was declared wrongly.
    if stated.startswith("utf-16") and (zeros * 100 > len(sample) or not _decodes(body, "utf-8")):
        if stated == "utf-16":
            stated = found or "utf-16-le"
        if not _is_binary_text(sample, stated):
            return stated, "by the Content-Type"
    return found, "by its zero bytes"


def _looks_utf16(sample: bytes) -> str:
    """Tell UTF-16 by the high bytes of what is ASCII in it, tags and line breaks at least."""
    half = max(len(sample) // 2, 1)
    for encoding, high in (("utf-16-le", 1), ("utf-16-be", 0)):
        highs, lows = sample[high::2].count(0), sample[1 - high :: 2].count(0)
        if highs > half * 0.1 and lows < half * 0.02 and not _is_binary_text(sample, encoding):
            return encoding
    return ""


def _is_binary_text(sample: bytes, encoding: str) -> bool:
    """Whether what comes out is no text: controls, or halves of pairs."""
    text = sample[: len(sample) // 2 * 2].decode(encoding, errors="replace")
    odd = sum(text.count(chr(code)) for code in (*range(9), *range(14, 32), 0xFFFD))
    return odd > max(len(text) * _MOST_CONTROLS, 1)


def _decodes(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _declared_or_guessed(body: bytes, content_type: str) -> Decoded:
    header = _CHARSET.search(content_type)
    meta = _META.search(body[:_HEAD])
    stated = (
        (header.group(1) if header else "", "by the Content-Type"),
        (meta.group(1).decode("ascii") if meta else "", "by the page's own declaration"),
    )
    for label, how in stated:
        encoding = _known(label)
        # A declared UTF-8 was just tried: a few broken bytes are damage, many are a wrong label.
        if encoding == "utf-8" and not _mostly_utf8(body):
            continue
        text = _decoded(body, encoding)
        if text:
            return Decoded(text, f"{encoding} {how}")
    if _mostly_utf8(body):
        return Decoded(_forgiving(body, "utf-8"), "utf-8 with damaged characters")
    return _guessed(body)


def _known(label: str) -> str:
    try:
        name = codecs.lookup(label).name if label else ""
    except (LookupError, ValueError):
        return ""
    return "" if name.replace("_", "-") in _NO_CHARSETS else _AS_BROWSERS.get(name, name)


def _mostly_utf8(body: bytes) -> bool:
    text = body[:_SAMPLE].decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    foreign = sum(1 for character in text if character > "\x7f")
    return broken * 10 <= foreign


def _decoded(body: bytes, encoding: str) -> str:
    """Return the text, empty where the encoding is unknown or plainly wrong."""
    if not encoding:
        return ""
    text = _forgiving(body, encoding)
    return "" if text.count("\ufffd") * 100 > len(text) else text


def _guessed(body: bytes) -> Decoded:
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_SAMPLE]).best()
    encoding = best.encoding if best else "cp1252"
    return Decoded(_forgiving(body, encoding), f"{encoding} guessed from the text")


def _forgiving(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, errors="replace").lstrip("\ufeff")
    except (LookupError, UnicodeError, ValueError):
        return body.decode("utf-8", errors="replace").lstrip("\ufeff")
