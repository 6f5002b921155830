"""What a dry run tells: each kind of change, with its evidence, for people and programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some
from origin import Origin, answer
from worlds import runner

from feeds.word_diff import Kind, Piece, excerpt, word_diff
from tidings.cli import OK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from worlds import Run

HEADERS = {"Content-Type": "text/html; charset=utf-8"}
TEXT = "The swing bridge stays closed to all traffic, on foot or on wheels, until Friday night."
ITEMS = {
    "bridge": ("/news/1", "2026-11-03", "Bridge closed for repairs", TEXT),
    "master": ("/news/2", "2026-11-01", "New harbour master", "Ines Ferreira takes office."),
    "storm": ("/news/3", "2026-10-30", "Storm damage cleared", "The eastern mole is open again."),
    "market": (
        "/news/4",
        "2026-10-27",
        "Fish market moves",
        "It is held at the old customs house.",
    ),
    "test": ("/news/5", "2026-10-20", "Test, please ignore", "Only a test of the new web site."),
    "light": ("/news/6", "2026-10-11", "Lighthouse painted", "Red and white, as ever it was."),
}


def page(items: dict[str, tuple[str, str, str, str]]) -> bytes:
    """Return a page of these items."""
    lines = "".join(
        f'<li><h3><a href="{url}">{title}</a></h3><time datetime="{day}">{day}</time>'
        f"<p>{text}</p></li>\n"
        for url, day, title, text in items.values()
    )
    return f'<html lang="en"><title>News</title><main><ul>{lines}</ul></main></html>'.encode()


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A web server on loopback."""
    with Origin() as origin:
        yield origin


@pytest.fixture
def run(
    origin: Origin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a verb in a folder with a bulletin that was read once."""
    address = origin.says(answer(200, page(ITEMS), HEADERS), path="/news")
    (tmp_path / "tidings.toml").write_text(
        '[bulletins.harbour]\ntitle = "Harbour"\n'
        f'[bulletins.harbour.sources.main]\nurl = "{address}"\n'
    )
    run = runner(tmp_path, monkeypatch, capfd)
    code, _, messages = run("check", "--quiet")
    assert code == OK, messages
    return run


def test_every_kind_of_change_is_told(origin: Origin, run: Run) -> None:
    """New, revised, moved, missing, withdrawn and forgotten, each with its evidence."""
    for verb, title in (("withdraw", "market"), ("forget", "ignore")):
        token = run("items", "list", "harbour", "--find", title)[1].partition("\t")[0]
        assert run("items", verb, token, "--quiet")[0] == OK
    later = dict(ITEMS)
    later["bridge"] = (*ITEMS["bridge"][:3], TEXT.replace("Friday", "Monday"))
    later["master"] = ("/2026/harbour-master", *ITEMS["master"][1:])
    del later["light"]
    new = {"ferry": ("/news/7", "2026-11-07", "Ferry late", "Fog over the whole of the bay.")}
    origin.says(answer(200, page(new | later), HEADERS), path="/news")

    code, output, _ = run("check", "--dry-run")
    (report,) = json.loads(run("check", "--dry-run", "--json")[1])

    lines = output.splitlines()
    base = origin.url("/news").removesuffix("/news")
    assert code == OK
    assert lines == [
        "harbour/main: 1 new, 1 revised, 1 moved, 1 missing, 3 unchanged",
        "  new       2026-11-07  Ferry late",
        "  revised   Bridge closed for repairs  (url, 1.00)",
        "            text: … or on wheels, until [-Friday-] {+Monday+} night.",
        "  moved     New harbour master  (title and date, 0.95)",
        f"            address: [-{base}/news/2-]{{+{base}/2026/harbour-master+}}",
        "  missing   Lighthouse painted  (stays in the feed)",
        "  withdrawn Fish market moves  (stays so; unchanged, 1.00)",
        "  forgotten Test, please ignore  (stays so; unchanged, 1.00)",
    ]
    counts = {name: len(value) for name, value in report.items() if isinstance(value, list)}
    assert counts == {
        "new": 1,
        "promoted": 0,
        "revised": 1,
        "moved": 1,
        "missing": 1,
        "withdrawn": 1,
        "forgotten": 1,
        "unchanged": 3,
    }
    assert report["new"][0]["announced"] is True
    assert report["revised"][0]["changes"][0]["part"] == "text"
    assert report["moved"][0]["to"] == f"{base}/2026/harbour-master"
    for kind in ("revised", "moved", "withdrawn", "forgotten", "unchanged"):
        assert {"id", "title", "evidence", "strength"} <= set(report[kind][0])


WORDS = some.lists(some.sampled_from(["a", "b", "the", "bridge"]), max_size=120).map(" ".join)


@given(WORDS, WORDS)
def test_an_excerpt_is_short_and_hides_no_change(old: str, new: str) -> None:
    """Every change is there, in the order of the whole, and so are its kinds."""
    pieces = word_diff(old, new)

    short = excerpt(pieces)

    assert [piece.kind for piece in short] == [piece.kind for piece in pieces]
    assert all(len(piece.text.split()) <= 41 for piece in short)
    assert all(len(p.text.split()) <= 9 for p in short if p.kind is Kind.KEPT)


def test_an_excerpt_keeps_what_is_near() -> None:
    """Words on either side of a change, and a mark where others are left out."""
    pieces = word_diff("a b c d e f g old h i j k l m n", "a b c d e f g new h i j k l m n")

    assert excerpt(pieces) == (
        Piece(Kind.KEPT, "… d e f g "),
        Piece(Kind.REMOVED, "old "),
        Piece(Kind.ADDED, "new "),
        Piece(Kind.KEPT, "h i j k … "),
    )
