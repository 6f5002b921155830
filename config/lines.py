"""Where a key stands in a TOML text: parsers give values, people need lines. Pure.

Only of texts that a parser has accepted; of others nothing is promised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = re.compile(r"\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_STRINGS = (
    r'"""(?:\\.|[^\\])*?"""(?:"{1,2})?',
    r"'''.*?'''(?:'{1,2})?",
    r'"(?:\\.|[^"\\\n])*"',
    r"'[^'\n]*'",
)
# What decides where a statement ends: strings and comments as a whole, brackets, ends of lines.
_TOKEN = re.compile("|".join((*_STRINGS, r"#[^\n]*", r"[\[\]{},\n]")), re.DOTALL)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """The header of a table, or a key with its value, and its lines, from 1."""

    first: int
    last: int
    path: Path
    value: str = ""
    is_header: bool = False


def line_of(text: str, path: Path) -> int | None:
    """Return the line, from 1, at which a key or table stands, or the nearest one above it.

    None where not even the first part of the path is there.
    """
    found = places(text)
    for length in range(len(path), 0, -1):
        line = found.get(path[:length])
        if line is not None:
            return line
    return None


def places(text: str) -> dict[Path, int]:
    """Return the first line of every table and key."""
    found: dict[Path, int] = {}
    for statement in statements(text):
        _note(found, statement.path, statement.first)
        for inner in _inline_keys(statement.value):
            _note(found, statement.path + inner, statement.first)
    return found


def statements(text: str) -> Iterator[Statement]:
    """Yield the headers and assignments of a text, with their whole paths."""
    table: Path = ()
    for first, last, written in _written(text):
        head = _header(written)
        if head is not None:
            table = head
            yield Statement(first, last, head, is_header=True)
        elif (assigned := _key(written)) is not None:
            key, value = assigned
            value = value.lstrip().removeprefix("=").strip()
            yield Statement(first, last, table + key, value=value)


def _note(found: dict[Path, int], path: Path, number: int) -> None:
    for length in range(1, len(path) + 1):
        found.setdefault(path[:length], number)


def _written(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each header and each assignment, with its first and last line."""
    depth = start = newlines = 0
    for token in _TOKEN.finditer(f"{text}\n"):
        found = token.group()
        depth += (found in ("[", "{")) - (found in ("]", "}"))
        if found == "\n" and depth == 0:
            statement = text[start : token.start()]
            if statement.strip() and not statement.lstrip().startswith("#"):
                yield newlines + 1, newlines + 1 + statement.count("\n"), statement
            newlines += statement.count("\n") + 1
            start = token.end()


def _header(statement: str) -> Path | None:
    match = _TABLE.match(statement.rstrip()) if statement.lstrip().startswith("[") else None
    key = _key(match.group(1)) if match else None
    return key[0] if key else None


def _key(text: str) -> tuple[Path, str] | None:
    """Read a dotted key at the beginning of a text; return it and what follows."""
    parts: list[str] = []
    position = 0
    while match := _PART.match(text, position):
        basic, literal, bare = match.groups()
        parts.append(_unescaped(basic) if basic is not None else literal or bare or "")
        position = match.end()
        if text[position : position + 1] != ".":
            return tuple(parts), text[position:]
        position += 1
    return None


def _unescaped(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(replace, text)


def _inline_keys(value: str) -> list[Path]:
    """Return the keys of an inline table and of those in it; no value is taken for a key."""
    if not value.startswith("{"):
        return []
    keys: list[Path] = []
    for part in _split_outside_strings(value[1:].rpartition("}")[0]):
        found = _key(part)
        if found is not None and found[1].lstrip().startswith("="):
            key, rest = found
            inner = _inline_keys(rest.lstrip().removeprefix("=").strip())
            keys += [key, *(key + deeper for deeper in inner)]
    return keys


def _split_outside_strings(text: str) -> list[str]:
    """Split at commas that stand in no string and no bracket."""
    parts, depth, start = [], 0, 0
    for token in _TOKEN.finditer(text):
        found = token.group()
        depth += (found in ("[", "{")) - (found in ("]", "}"))
        if found == "," and not depth:
            parts.append(text[start : token.start()])
            start = token.end()
    return [*parts, text[start:]]
