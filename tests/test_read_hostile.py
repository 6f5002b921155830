"""Pages and texts that are made to hurt: an answer comes, and in a time that grows as they do."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from selectolax.lexbor import LexborHTMLParser

from feeds.read import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.model import Reading

MILLION = 1_000_000
HTML = "<html><body>"
# An ordinary page takes some 300 times its bare parse; what grew by the square, 40 000 and more.
MOST_PARSES = 2_000


def reading(body: bytes) -> Reading:
    """Read bytes of which nothing is known."""
    return read(
        body,
        url="https://harbour.example/news/",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
    )


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.fixture(scope="session")
def parse() -> float:
    """The CPU time in which the HTML library parses a megabyte of an ordinary list."""
    item = "<li><h3><a href='/n'>A title</a></h3><p>14 May 2020</p><p>And its text.</p></li>"
    page = f"{HTML}<ul>{item * (MILLION // len(item))}</ul>"
    return min(cpu(lambda: LexborHTMLParser(page)) for _ in range(5))


def _numbered(pattern: str, count: int) -> str:
    return "".join(
        pattern.format(n=number, day=1 + number % 28, year=1970 + number % 50)
        for number in range(count)
    )


BODIES: dict[str, Callable[[], str | bytes]] = {
    "10 MB of nested blocks": lambda: HTML + "<div>" * (2 * MILLION),
    "10 MB of nested formatting": lambda: HTML + "<b>x" * (10 * MILLION // 4),
    "10 MB of nested tables": lambda: HTML + "<table><tr><td>" * (10 * MILLION // 15),
    "deep lists": lambda: HTML + "<ul><li>14 May 2020 and more" * 200_000,
    "a million links": lambda: HTML + "<a href=/n>News item</a>" * MILLION,
    "tags without text": lambda: HTML + "<p></p><div></div>" * 200_000,
    "one line": lambda: "word " * MILLION,
    "one line in a page": lambda: f"{HTML}<p>{'word ' * MILLION}",
    "a million opening brackets": lambda: "<" * MILLION,
    "a million opening tags": lambda: HTML + "<a " * MILLION,
    "digits": lambda: "1" * (5 * MILLION),
    "lines of digits": lambda: "1234567890\n" * (MILLION // 2),
    "numbers like dates": lambda: "1.2.3.4/5/6-7 " * (5 * MILLION // 14),
    "dates on one line": lambda: "14 September 2020 " * (5 * MILLION // 18),
    "lines of dates": lambda: "14 September 2020\n" * (5 * MILLION // 18),
    "paragraphs of dates": lambda: HTML + "<p>14 September 2020</p>" * 50_000,
    "a long table": lambda: (
        f"{HTML}<table>"
        + _numbered("<tr><td>{day} May {year}</td><td>Title of {n}</td><td>x</td></tr>", 20_000)
    ),
    "a wide table": lambda: f"{HTML}<table><tr>" + "<td>14 May 2020</td>" * 50_000,
    "an unclosed quote": lambda: f'{HTML}<a href="' + "x" * (5 * MILLION),
    "unclosed quotes": lambda: HTML + '<a href="x>y' * 400_000,
    "an unclosed comment": lambda: f"{HTML}<!-- " + "x <p>" * MILLION,
    "comments": lambda: HTML + "<!-- x -->" * 300_000,
    "comments before all": lambda: "<!-- -->" * 2_000 + "<x",
    "NUL bytes": lambda: HTML + "<p>a\0b, which is a text</p>" * 100_000,
    "NUL bytes in a text": lambda: b"Title\0 here\n\nText text.\n\n" * 100_000,
    "lone surrogates": lambda: (HTML + "<p>\ud800 14 May 2020 \udfff</p>" * 20_000).encode(
        "utf-8", "surrogatepass"
    ),
    "many attributes": lambda: (
        f"{HTML}<p " + " ".join(f"a{number}=1" for number in range(200_000)) + ">x"
    ),
    "items of a page": lambda: (
        f"{HTML}<ul>"
        + _numbered("<li><h3><a href=/n/{n}>Title of {n}</a></h3><p>{day} May {year}</p>", 100_000)
    ),
    "items of a text": lambda: _numbered("{day} May {year}\n\nTitle of {n}\n\nText.\n\n", 100_000),
    "items of a feed": lambda: (
        "<rss><channel>" + "<item><title>a</title></item>" * 100_000 + "</channel></rss>"
    ),
    "nested items of a feed": lambda: "<rss>" + "<item>" * MILLION,
    "nested data": lambda: (
        '{"version": "https://jsonfeed.org/version/1.1", "items":' + "[" * MILLION
    ),
    "brackets": lambda: "[" * MILLION,
    "brackets of links": lambda: "[a](" * MILLION,
    "stars": lambda: "*" * MILLION + "x",
    "hashes": lambda: ("# " + "#" * 19_000 + "x\n") * 50,
    "fields": lambda: "Subject: a\n" * 100_000,
    "rules": lambda: "---\n" * MILLION,
    "blank lines": lambda: " \n" * MILLION + "x",
}


@pytest.mark.parametrize("body", BODIES)
def test_hostile_bodies_are_answered_in_time(body: str, parse: float) -> None:
    """Entries or one problem, never an exception; the time stays in proportion to the size."""
    made = BODIES[body]()
    given = made if isinstance(made, bytes) else made.encode()
    found: list[Reading] = []
    taken = cpu(lambda: found.append(reading(given)))

    assert bool(found[0].entries) != bool(found[0].problem)
    assert taken < MOST_PARSES * parse * max(len(given) / MILLION, 1)


@pytest.mark.parametrize("body", ["items of a page", "items of a text"])
def test_more_items_than_anyone_lists_are_cut_and_it_is_said(body: str) -> None:
    """The first thousands of many thousand items are read; a note says that it is a part."""
    made = BODIES[body]()
    assert isinstance(made, str)
    found = reading(made[: len(made) // 4].encode())

    assert len(found.entries) >= 5_000
    assert any("only its beginning was read" in note for note in found.notes)
