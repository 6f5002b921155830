"""What a verb prints: tables for a person, tab-separated lines and JSON for a program."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text


def say(text: str = "") -> None:
    """Print a line to standard output."""
    sys.stdout.write(f"{text}\n")


def say_json(value: object) -> None:
    """Print a value as JSON, readable and with its own letters where they can be printed."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    say(text)


def say_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: aligned where a person watches, else one line each with tabs between."""
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(" ".join(cell.split()) for cell in row))
        return
    # rich is loaded only where a person watches: a cron job never pays for it.
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def say_pieces(label: str, pieces: Sequence[tuple[str, str]]) -> None:
    """Print a text of pieces that were kept, removed or added: in colour where a person watches.

    Else what is removed stands in [-...-] and what is added in {+...+}, as in a word diff of git.
    """
    if not sys.stdout.isatty():
        say(label + "".join(_marked(kind, text) for kind, text in pieces))
        return
    from rich.console import Console

    Console().print(_styled(label, pieces), soft_wrap=True)


def say_beside(label: str, pieces: Sequence[tuple[str, str]]) -> None:
    """Print a text of pieces beside a label; on a terminal all its lines begin beside it."""
    if not sys.stdout.isatty():
        say_pieces(label, pieces)
        return
    from rich.console import Console
    from rich.table import Table

    beside = Table.grid()
    beside.add_column(width=len(label), no_wrap=True)
    beside.add_column(overflow="fold")
    beside.add_row(_styled(label, ()), _styled("", pieces))
    Console().print(beside)


def _styled(label: str, pieces: Sequence[tuple[str, str]]) -> Text:
    from rich.text import Text

    styles = {"kept": "", "removed": "red strike", "added": "green underline"}
    line = Text(label)
    for kind, text in pieces:
        line.append(text, styles[kind])
        if kind == "removed" and not text[-1].isspace():
            line.append(" ")
    return line


def _marked(kind: str, text: str) -> str:
    if kind == "kept":
        return text
    words = text.rstrip()
    blanks = text[len(words) :]
    return f"[-{words}-]{blanks}" if kind == "removed" else f"{{+{words}+}}{blanks}"


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show that work goes on while a person watches; silent when nobody does."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} ..."):
        yield
