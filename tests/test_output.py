"""The folder of published files: whole documents, and twins that are never of another content."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import threading
from pathlib import Path

import brotli
import pytest

from config.load import parse
from feeds.headers import SiteHeaders
from feeds.output import FolderOutput, twins
from feeds.twins import make_twin
from tidings.documents import Documents

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DECODE = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}
HEADERS = SiteHeaders(parse("", Path("tidings.toml"), {}))
LONG = b"The swing bridge stays closed. " * 300


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """The folder, not yet there."""
    return tmp_path / "public"


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every file with its time and the number by which the disk knows it."""
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()}


def test_a_long_document_has_a_twin_in_each_coding(public: Path) -> None:
    """Of the same content and the same time, so that either can be told from a stale one."""
    FolderOutput(public).write("rss.xml", LONG)

    file = public / "rss.xml"
    for coding, twin in twins(file).items():
        assert DECODE[coding](twin.read_bytes()) == LONG
        assert twin.stat().st_mtime_ns == file.stat().st_mtime_ns
        assert twin.stat().st_size < len(LONG) / 10


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.html", b"x" * 4095), ("a.png", LONG), ("a.html", b""), ("a.html", os.urandom(5000))],
)
def test_a_twin_that_would_gain_nothing_is_not_made(
    public: Path, name: str, content: bytes
) -> None:
    """Small documents, pictures, and what is no smaller when it is compressed."""
    FolderOutput(public).write(name, content)

    assert [path.name for path in public.iterdir()] == [name]


def test_publishing_twice_writes_nothing(public: Path) -> None:
    """Neither the document nor a twin."""
    output = FolderOutput(public)
    assert output.write("rss.xml", LONG)
    before = state(public)

    assert not output.write("rss.xml", LONG)

    assert state(public) == before


def test_a_twin_is_the_same_bytes_whenever_it_is_made() -> None:
    """Two machines with the same store write the same."""
    assert all(make_twin(coding, LONG) == make_twin(coding, LONG) for coding in DECODE)
    twin = make_twin("gzip", LONG)
    assert twin is not None
    # No time and no name in its head.
    assert twin[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_a_document_that_shrinks_or_goes_takes_its_twins_along(public: Path) -> None:
    """A twin alone would be served by some servers."""
    output = FolderOutput(public)
    output.write("rss.xml", LONG)
    output.write("atom.xml", LONG)

    output.write("rss.xml", b"short")
    output.remove("atom.xml")

    assert [path.name for path in public.iterdir()] == ["rss.xml"]


@pytest.mark.parametrize("died_after", range(6))
def test_wherever_a_writer_dies_no_twin_is_of_another_content(
    public: Path, died_after: int
) -> None:
    """After each step of a change: taken away one by one, replaced, made one by one."""
    output, file = FolderOutput(public), public / "rss.xml"
    output.write("rss.xml", LONG)
    newer = LONG + b"News."
    # What a writer leaves behind that died after so many steps.
    for twin in list(twins(file).values())[:died_after]:
        twin.unlink()
    if died_after > 3:
        shutil.rmtree(public)
        output.write("rss.xml", newer)
        for twin in list(twins(file).values())[died_after - 4 :]:
            twin.unlink()

    content = file.read_bytes()
    left = {coding: twin for coding, twin in twins(file).items() if twin.exists()}
    assert all(DECODE[coding](twin.read_bytes()) == content for coding, twin in left.items())
    output.write("rss.xml", newer)
    assert all(DECODE[c](twin.read_bytes()) == newer for c, twin in twins(file).items())


def test_a_twin_of_another_time_is_neither_served_nor_kept(public: Path) -> None:
    """Somebody copied half a folder, or a machine lost its power between two writes."""
    output, file = FolderOutput(public), public / "rss.xml"
    output.write("rss.xml", LONG)
    stale = gzip.compress(b"Something else.")
    twins(file)["gzip"].write_bytes(stale)

    found = Documents(public, HEADERS).find("rss.xml")
    output.write("rss.xml", LONG)

    assert found is not None
    assert set(found.sizes) == {"br", "zstd"}
    assert gzip.decompress(twins(file)["gzip"].read_bytes()) == LONG


def test_no_reader_meets_two_contents_in_one_document(public: Path) -> None:
    """While it changes as fast as it can."""
    output, documents = FolderOutput(public), Documents(public, HEADERS)
    output.write("rss.xml", LONG)
    ended = threading.Event()

    def change() -> None:
        for number in range(150):
            output.write("rss.xml", LONG + str(number).encode())
        ended.set()

    writer = threading.Thread(target=change)
    writer.start()
    mixed = 0
    while not ended.is_set():
        documents.forget()
        document = documents.find("rss.xml")
        assert document is not None
        for coding in document.sizes:
            mixed += DECODE[coding](document.bodies[coding]) != document.bodies[""]
    writer.join()

    assert mixed == 0


def test_a_change_gives_a_document_another_second(public: Path) -> None:
    """Times in HTTP have whole seconds, and some servers make their ETag of time and length."""
    output, file = FolderOutput(public), public / "a.html"
    seconds = []
    for letter in b"abcd":
        output.write("a.html", bytes([letter]))
        seconds.append(int(file.stat().st_mtime))
    os.utime(file, (4_000_000_000, 4_000_000_000))
    output.write("a.html", b"e")

    assert len(set(seconds)) == 4
    assert int(file.stat().st_mtime) == 4_000_000_001


def test_documents_in_memory_are_bounded(public: Path) -> None:
    """However many are asked for; those that were asked for last stay."""
    output = FolderOutput(public)
    documents = Documents(public, HEADERS, kept_bytes=100_000)
    for number in range(40):
        output.write(f"{number}.html", LONG)
    for number in range(40):
        assert documents.find(f"{number}.html") is not None

    assert 50_000 < documents.size <= 100_000
    output.remove("39.html")
    documents.forget()
    assert documents.find("39.html") is None
