"""Where a key stands in a TOML text: parsers give values, people need lines. Pure."""

from __future__ import annotations

import re

_TABLE = re.compile(r"\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}

Path = tuple[str, ...]


def line_of(text: str, path: Path) -> int | None:
    """Return the line, from 1, at which a key or table stands, or the nearest one above it.

    None where not even the first part of the path is there.
    """
    places = _places(text)
    for length in range(len(path), 0, -1):
        line = places.get(path[:length])
        if line is not None:
            return line
    return None


def _places(text: str) -> dict[Path, int]:
    """Return the first line of every table and key."""
    places: dict[Path, int] = {}
    table: Path = ()
    scanner = _Scanner(text)
    while not scanner.at_end():
        line, number = scanner.next_line()
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.lstrip().startswith("["):
            match = _TABLE.match(line)
            table = (_key(match.group(1)) or ((),))[0] if match else table
            _note(places, table, number)
            continue
        found = _key(line)
        if found is None:
            continue
        key, rest = found
        _note(places, table + key, number)
        value = rest.lstrip().removeprefix("=")
        scanner.skip_value(value)
        for inner in _inline_keys(value.strip()):
            _note(places, table + key + inner, number)
    return places


def _note(places: dict[Path, int], path: Path, number: int) -> None:
    for length in range(1, len(path) + 1):
        places.setdefault(path[:length], number)


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
    """Return the keys of an inline table, whose values must not look like keys."""
    if not value.startswith("{"):
        return []
    keys: list[Path] = []
    for part in _split_outside_strings(value[1:].rpartition("}")[0]):
        found = _key(part)
        if found is not None and found[1].lstrip().startswith("="):
            keys.append(found[0])
    return keys


def _split_outside_strings(text: str) -> list[str]:
    """Split at commas that stand in no string and no bracket."""
    parts, depth, quote, start = [], 0, "", 0
    for position, character in enumerate(text):
        if quote:
            if character == quote and (quote == "'" or text[position - 1] != "\\"):
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


class _Scanner:
    """The lines of a text, with values over several lines passed over."""

    def __init__(self, text: str) -> None:
        # Unlike splitlines(), TOML knows no other ends of lines.
        self._lines = text.split("\n")
        self._next = 0

    def at_end(self) -> bool:
        return self._next >= len(self._lines)

    def next_line(self) -> tuple[str, int]:
        self._next += 1
        return self._lines[self._next - 1], self._next

    def skip_value(self, value: str) -> None:
        """Pass over the further lines of a value that begins with this text."""
        value = value.strip()
        for quotes, escape in (('"""', r"\\."), ("'''", r"(?!)")):
            if value.startswith(quotes):
                while re.sub(escape, "", value).count(quotes) < 2 and not self.at_end():  # noqa: PLR2004 - a pair
                    value += "\n" + self.next_line()[0]
                return
        if value.startswith("["):
            while _open_brackets(value) and not self.at_end():
                value += "\n" + self.next_line()[0]


def _open_brackets(text: str) -> bool:
    """Tell whether more brackets open than close, outside of strings and comments."""
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*', "", text)
    return bare.count("[") > bare.count("]")
