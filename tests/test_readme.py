"""The manual, held to its word: what it tells people to type is typed, and works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from origin import Origin, answer

from config.load import load
from tidings.cli import build_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PAGE = "https://harbour.example/news"
BULLETIN = """\
<!doctype html><html lang="en"><title>Harbour news</title><main>
<ul class="news">
<li><h3>Bridge closed</h3><time datetime="2026-11-03">3 November</time>
<p>The swing bridge stays closed.</p><a class="more" href="/news/1">Read on</a></li>
<li><h3>New harbour master</h3><time datetime="2026-11-01">1 November</time>
<p>Ines Ferreira takes office.</p><a class="more" href="/news/2">Read on</a></li>
<li><h3>Storm damage cleared</h3><time datetime="2026-10-30">30 October</time>
<p>The eastern mole is open again.</p><a class="more" href="/news/3">Read on</a></li>
</ul></main></html>
"""


def blocks(language: str) -> list[str]:
    """Return the blocks of one language."""
    return [text for kind, text in BLOCKS if kind == language]


@pytest.fixture
def page() -> Iterator[str]:
    """The page that the manual speaks of, on loopback."""
    with Origin() as origin:
        headers = {"Content-Type": "text/html; charset=utf-8"}
        yield origin.says(answer(200, BULLETIN.encode(), headers), path="/news")


def test_every_command_works_in_the_order_of_the_manual(page: str, tmp_path: Path) -> None:
    """As a newcomer types them, one after the other, in a folder of their own."""
    commands = "\n".join(blocks("sh")).replace(PAGE, page)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "tidings").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tidings "$@"\n')
    (programs / "tidings").chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()

    ended = subprocess.run(  # noqa: S603 - the manual's own words
        ["/bin/sh", "-ex", "-c", commands],
        cwd=folder,
        env={"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ended.returncode == 0, ended.stderr
    for told in (
        "Bridge closed",
        "3 items found, 3 with a date",
        "Harbour news",
        "ann@example.org",
        "Subject: News from Harbour news",
        "date: ",
    ):
        assert told in ended.stdout
    assert (folder / "public" / "harbour" / "atom.xml").exists()


@pytest.mark.parametrize("text", blocks("toml"))
def test_every_configuration_of_the_manual_loads(text: str, tmp_path: Path) -> None:
    """To the last key."""
    path = tmp_path / "tidings.toml"
    path.write_text(text)

    assert load(path, {}).path == path


def test_every_verb_stands_in_the_manual() -> None:
    """None that is missing, none that does not exist."""
    told = set(re.findall(r"^\| `tidings (\w+)", README, re.MULTILINE))

    actions = [action for action in build_parser()._actions if action.dest == "verb"]  # noqa: SLF001
    assert actions[0].choices is not None
    assert told == set(actions[0].choices)


def test_every_exit_code_stands_in_the_manual() -> None:
    """In the words of the help."""
    told = dict(re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE))

    help_text = build_parser().format_help()
    assert dict(re.findall(r"^  (\d+) +(.+)$", help_text, re.MULTILINE)) == told


def test_every_file_that_the_documents_name_is_there() -> None:
    """Links and pictures lead somewhere."""
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "design.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), target


def test_the_two_commands_are_those_of_the_script() -> None:
    """run.sh knows both, and nothing of it is missing here."""
    script = (ROOT / "run.sh").read_text()

    for command in ("demo", "check", "tidings"):
        assert f"./run.sh {command}" in README
        assert f"./run.sh {command}" in script
