"""The body of an answer: decompressed, complete, and never longer than allowed."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from feeds.fetch_body import BodyError, read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LIMIT = 100_000
TEXT = b"News of the town hall. " * 40


def bare_deflate(body: bytes) -> bytes:
    """Compress without the head that the standard asks for, as some servers do."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "none": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "old name of gzip": ("X-GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "twice": ("gzip, deflate", lambda body: zlib.compress(gzip.compress(body))),
    "a word that is no coding": ("utf-8", bytes),
}


def cut(body: bytes, size: int) -> list[bytes]:
    """Cut a body into chunks."""
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_every_coding_is_read(name: str, size: int) -> None:
    """The body is the same in every coding, however the network cuts it."""
    coding, compress = CODINGS[name]

    assert read_body(cut(compress(TEXT), size), coding=coding, limit=LIMIT) == TEXT


def test_a_bare_stream_is_read_to_its_end() -> None:
    """All of it may be taken in before the last of its text comes out."""
    for size in range(65_400, 65_800, 7):
        body = (TEXT * 100)[:size]

        assert read_body([bare_deflate(body)], coding="deflate", limit=LIMIT) == body


@given(body=some.binary(max_size=2000), size=some.integers(1, 500))
@settings(max_examples=50, deadline=None)
def test_any_body_comes_back(body: bytes, size: int) -> None:
    """Whatever bytes are compressed, the same are read."""
    for coding, compress in CODINGS.values():
        assert read_body(cut(compress(body), size), coding=coding, limit=LIMIT) == body


@given(
    body=some.binary(max_size=300),
    coding=some.sampled_from(["", "gzip", "deflate", "gzip, gzip", "br", "gzip,gzip,gzip", ","]),
)
@settings(max_examples=100, deadline=None)
def test_no_body_breaks_the_reader(body: bytes, coding: str) -> None:
    """Whatever bytes come under whatever name, they are read or refused in words."""
    try:
        told = "read; " + "." * len(read_body([body], coding=coding, limit=1000))
    except BodyError as error:
        told = str(error)

    assert ";" in told
    assert len(told) <= 1006


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_of_the_limit_is_read(name: str) -> None:
    """A body of exactly the limit is read, one of a byte more is not."""
    coding, compress = CODINGS[name]
    wire = [compress(TEXT)]

    assert len(read_body(wire, coding=coding, limit=len(TEXT))) == len(TEXT)
    with pytest.raises(BodyError, match=f"larger than {len(TEXT) - 1} bytes; set max_bytes"):
        read_body(wire, coding=coding, limit=len(TEXT) - 1)


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("deflate", bare_deflate, id="bare deflate"),
        pytest.param("gzip, gzip", lambda zeros: gzip.compress(gzip.compress(zeros)), id="twice"),
    ],
)
def test_a_bomb_costs_no_more_than_the_limit(
    coding: str, compress: Callable[[bytes], bytes]
) -> None:
    """A small answer that unpacks to 50 MB is refused before it has cost the memory."""
    bomb = compress(bytes(50_000_000))

    tracemalloc.start()
    with pytest.raises(BodyError, match="larger than 1,000,000 bytes"):
        read_body([bomb], coding=coding, limit=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 3_000_000


def test_nothing_is_read_beyond_the_limit() -> None:
    """An endless body is left as soon as it is too long."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1000)

    with pytest.raises(BodyError):
        read_body(endless(), coding="", limit=10_000)

    assert taken == 11


def test_an_endless_stream_of_nothing_ends() -> None:
    """Compressed blocks that hold nothing are counted as they come over the wire."""
    head = gzip.compress(b"")[:10]
    empty_blocks: Iterable[bytes] = iter(lambda: b"\x00\x00\x00\xff\xff" * 100, b"")

    with pytest.raises(BodyError, match="larger than"):
        read_body(
            (chunk for part in ([head], empty_blocks) for chunk in part), coding="gzip", limit=LIMIT
        )


@pytest.mark.parametrize(
    ("wire", "coding", "problem"),
    [
        pytest.param(gzip.compress(TEXT)[:-1], "gzip", "cut off", id="gzip without its end"),
        pytest.param(gzip.compress(TEXT)[:12], "gzip", "cut off", id="gzip without a body"),
        pytest.param(zlib.compress(TEXT)[:-1], "deflate", "cut off", id="deflate without its end"),
        pytest.param(bare_deflate(TEXT)[:-1], "deflate", "cut off", id="bare without its end"),
        pytest.param(b"x", "deflate", "cut off", id="one byte"),
        pytest.param(b"<html>", "gzip", "damaged", id="not compressed at all"),
        pytest.param(gzip.compress(TEXT)[:-8] + bytes(8), "gzip", "damaged", id="wrong checksum"),
        pytest.param(TEXT, "br", "compressed as br", id="brotli"),
        pytest.param(TEXT, "zstd", "compressed as zstd", id="zstandard"),
        pytest.param(TEXT, "gzip,gzip,gzip", "3 times over", id="too many layers"),
    ],
)
def test_a_bad_body_is_refused(wire: bytes, coding: str, problem: str) -> None:
    """A body that is cut off, damaged or not readable is no page, and the message says why."""
    with pytest.raises(BodyError, match=f"{problem}.*; "):
        read_body([wire], coding=coding, limit=LIMIT)


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_an_empty_body_is_empty(coding: str) -> None:
    """No bytes are an empty body, whatever coding they are said to have."""
    assert read_body([], coding=coding, limit=LIMIT) == b""


def test_what_follows_a_compressed_page_is_ignored() -> None:
    """Bytes after the end of the compressed page do no harm, as in browsers."""
    wire = [gzip.compress(TEXT) + b"\r\n\r\n", b"more"]

    assert read_body(wire, coding="gzip", limit=LIMIT) == TEXT
