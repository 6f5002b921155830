"""Compressed twins of a document, made once when it is published. The door of brotli and zstd."""

from __future__ import annotations

import gzip
import sys

# Codings by their names in HTTP, with the suffixes that web servers look for.
SUFFIXES = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
# Smaller documents gain less than what two packets carry, and cost a block of the disk for each
# twin: a site has many more pages of items than of anything else.
_SMALLEST = 4096
# The highest levels take thirty times the time for a tenth.
_BROTLI_LEVEL = 6
_ZSTD_LEVEL = 12
_GZIP_LEVEL = 9


def deserves_twins(content: bytes) -> bool:
    """Tell whether a document is large enough to be worth them."""
    return len(content) >= _SMALLEST


def make_twin(coding: str, content: bytes) -> bytes | None:
    """Return the content in a coding; None where it would be no smaller. The same bytes always."""
    twin = _CODERS[coding](content)
    return twin if len(twin) < len(content) else None


def _gzip(content: bytes) -> bytes:
    # Without a time in its head: the same bytes whenever it is made.
    return gzip.compress(content, _GZIP_LEVEL, mtime=0)


def _brotli(content: bytes) -> bytes:
    import brotli

    twin: bytes = brotli.compress(content, mode=brotli.MODE_TEXT, quality=_BROTLI_LEVEL)
    return twin


def _zstd(content: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(content, level=_ZSTD_LEVEL)


_CODERS = {"br": _brotli, "zstd": _zstd, "gzip": _gzip}
