"""The body of an answer: decompressed step by step, never longer than allowed. Pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What we can decompress with the standard library, and so what we say that we accept.
ACCEPTED_CODINGS = "gzip, deflate"
_GZIP = frozenset({"gzip", "x-gzip"})
# Real codings that were not asked for; any other word there is a mistake for "none".
_UNREADABLE = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})
# Each coding multiplies what a small answer can make us do.
_MOST_CODINGS = 2

_STEP = 65_536
_GZIP_WINDOW = 31
_ZLIB_WINDOW = 15
_RAW_WINDOW = -15


class BodyError(Exception):
    """A body that is not to be used; the message says what it is and what to do."""


def read_body(chunks: Iterable[bytes], *, coding: str, limit: int) -> bytes:
    """Return the decompressed body; ``coding`` is the Content-Encoding header.

    Stops at the first byte over ``limit``, as received and after each decompression. Raises
    BodyError.
    """
    codings = [name for part in coding.lower().split(",") if (name := part.strip())]
    unreadable = next((name for name in codings if name in _UNREADABLE), "")
    if unreadable:
        raise BodyError(
            f"is compressed as {unreadable}, which was not asked for; remove Accept-Encoding "
            "from the source's headers, or ask the publisher to respect it"
        )
    known = [name for name in codings if name in _GZIP or name == "deflate"]
    if len(known) > _MOST_CODINGS:
        raise BodyError(f"is compressed {len(known)} times over; tell the publisher")
    chunks = _capped(chunks, limit)
    for name in reversed(known):
        chunks = _capped(_decompressed(chunks, name), limit)
    return b"".join(chunks)


def too_large(limit: int) -> BodyError:
    """Return the error of a body longer than ``limit``."""
    return BodyError(
        f"is larger than {limit:,} bytes; set max_bytes under [fetch] higher if that is right"
    )


def _capped(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        yield chunk


def _decompressed(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    chunks = iter(chunks)
    head = _head(chunks)
    if not head:
        return
    window = _GZIP_WINDOW if coding in _GZIP else _deflate_window(head)
    try:
        yield from _inflated(head, chunks, window)
    except zlib.error as error:
        raise BodyError(f"is damaged: not readable as {coding}; tell the publisher") from error


def _head(chunks: Iterator[bytes]) -> bytes:
    """Return the first chunks, as many as tell the two kinds of deflate apart."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) > 1:
            break
    return head


def _deflate_window(head: bytes) -> int:
    """Tell zlib's format, which the standard means, from the bare one that some servers send."""
    is_zlib = head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2], "big") % 31 == 0
    return _ZLIB_WINDOW if is_zlib else _RAW_WINDOW


def _inflated(head: bytes, chunks: Iterator[bytes], window: int) -> Iterator[bytes]:
    """Decompress one stream; like browsers, do not look at what follows its end."""
    decompressor = zlib.decompressobj(window)
    chunk: bytes | None = head
    while chunk is not None:
        while chunk and not decompressor.eof:
            yield decompressor.decompress(chunk, _STEP)
            chunk = decompressor.unconsumed_tail
        chunk = next(chunks, None)
    # A stream without a checksum at its end may be read to the last byte with output to come.
    while not decompressor.eof and (rest := decompressor.decompress(b"", _STEP)):
        yield rest
    if not decompressor.eof:
        raise BodyError("ends too early: the compressed page is cut off; it is tried again")
