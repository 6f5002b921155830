"""A configuration as text becomes another text with one change; all else stays as it was written.

Comments, order, blank lines, quoting and ends of lines are the operator's. Nothing is written
here; that what comes out can be used is seen by ``config.load.parse``. The only door of tomlkit.
"""

from __future__ import annotations

import tomllib
from copy import deepcopy
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from config.lines import statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeAlias

Path = tuple[str, ...]
Value: TypeAlias = "str | int | float | bool | list[str] | dict[str, Value]"


class EditError(Exception):
    """A text in which a change cannot be made; the message says what to do by hand."""


def set_value(text: str, path: Path, value: Value) -> str:
    """Return the text with a value at a path, in a new key or in the place of the old one.

    A table is brought to what is given key by key, so that what stays keeps its comments.
    Raises EditError.
    """
    return _restored(text, _set(_with_newlines(text), path, value))


def remove(text: str, path: Path) -> str:
    """Return the text without a value or a whole table; without a change where it has none.

    With a table go all its parts and the comments directly above them. Raises EditError.
    """
    return _restored(text, _remove(_with_newlines(text), path))


def add_tables(text: str, tables: str) -> str:
    """Return the text with further tables at its end, such as those of a new bulletin.

    Raises EditError where it has one of their keys already.
    """
    return _restored(text, _add(_with_newlines(text), tables))


def value_at(text: str, path: Path) -> Value | None:
    """Return what stands at a path, as TOML has it; None where nothing does, or it is no TOML."""
    document = _parsed(_with_newlines(text))
    return None if document is None else _found(document, path)


# --- what the document has to say ---------------------------------------------------------------


def _leaves(table: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _found(document: dict[str, Any], path: Path) -> Any:  # noqa: ANN401 - whatever TOML holds
    found: Any = document
    for part in path:
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found


def _put(document: dict[str, Any], path: Path, value: object) -> None:
    for part in path[:-1]:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            raise EditError(f"{'.'.join(path)}: {part} is no table; change it by hand")
        document = inner
    document[path[-1]] = value


def _expected(document: dict[str, Any], path: Path, value: Value | None) -> dict[str, Any]:
    if value is not None:
        _put(document, path, value)
    elif isinstance(parent := _found(document, path[:-1]), dict):
        parent.pop(path[-1], None)
    return document


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """Drop empty tables: one that is only the beginning of a key goes with the last of them."""
    kept = {
        key: _without_empty(value) if isinstance(value, dict) else value
        for key, value in table.items()
    }
    return {key: value for key, value in kept.items() if value != {}}


# --- the ways to it -----------------------------------------------------------------------------


def _set(text: str, path: Path, value: Value) -> str:
    former = _found(tomllib.loads(text), path)
    if former == value and type(former) is type(value):
        return text
    if isinstance(former, dict) != isinstance(value, dict) or value == {}:
        text, former = _remove(text, path), {}
    if not isinstance(value, dict) or not value:
        return _edited(text, path, value, lambda form: _assigned(text, path, value, form))
    for key in former:
        if key not in value:
            text = _remove(text, (*path, key))
    for key, inner in value.items():
        text = _set(text, (*path, key), inner)
    return text


def _remove(text: str, path: Path) -> str:
    if _found(tomllib.loads(text), path) is None:
        return text
    return _edited(text, path, None, lambda _: _removed(text, path))


def _add(text: str, tables: str) -> str:
    expected = deepcopy(tomllib.loads(text))
    leaves = list(_leaves(tomllib.loads(tables)))
    for path, value in leaves:
        if _found(expected, path) is not None:
            raise EditError(f"{'.'.join(path)} is there already")
        _put(expected, path, value)
    head = text.rstrip()
    appended = f"{head}\n\n{tables}" if head else tables
    if _parsed(appended) == expected:
        return appended
    # Where the tables above stand on one line, a header below cannot add to them.
    for path, value in leaves:
        text = _set(text, path, value)
    return text


def _edited(text: str, path: Path, value: Value | None, edit: Callable[[bool], str]) -> str:
    """Try the forms in which a change can be written; take the first that says it.

    What the library makes of a document is read by another parser before it is believed.
    """
    expected = _without_empty(_expected(tomllib.loads(text), path, value))
    for on_one_line in (False, True):
        try:
            after = edit(on_one_line)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            continue
        document = _parsed(after)
        if document is not None and _without_empty(document) == expected:
            return after
    raise EditError(f"{'.'.join(path)} cannot be changed as the file is written; do it by hand")


def _assigned(text: str, path: Path, value: Value, on_one_line: bool) -> str:  # noqa: FBT001
    import tomlkit

    document = tomlkit.parse(text)
    table: Any = document
    for part in path[:-1]:
        if part not in table:
            table[part] = tomlkit.inline_table() if on_one_line else tomlkit.table()
        table = table[part]
    former = table.get(path[-1])
    table[path[-1]] = _item(value, former)
    after = tomlkit.dumps(document)
    return after if former is not None else _above_comments(text, after)


def _item(value: Value, former: object) -> Any:  # noqa: ANN401 - an item of tomlkit
    """Return a value in the dress of the one that it replaces, or as people would write it."""
    import tomlkit
    from tomlkit.items import Array

    match value:
        case dict():
            return tomlkit.inline_table()
        case str():
            was_literal = hasattr(former, "as_string") and former.as_string().startswith("'")
            can_be = value.isprintable() and "'" not in value
            return tomlkit.string(value, literal=can_be and (was_literal or "\\" in value))
        case list():
            items = tomlkit.array()
            items.extend(value)
            return items.multiline(isinstance(former, Array) and "\n" in former.as_string())
        case _:
            return tomlkit.item(value)


def _removed(text: str, path: Path) -> str:
    """Take out what has lines of its own by them, and what stands within a line by its key."""
    import tomlkit

    after = _without_lines(text, path)
    if _found(tomllib.loads(after), path) is None:
        return after
    document = tomlkit.parse(after)
    table: Any = document
    for part in path[:-1]:
        table = table[part]
    del table[path[-1]]
    return tomlkit.dumps(document)


# --- lines ----------------------------------------------------------------------------------------


def _without_lines(text: str, path: Path) -> str:
    """Take out the keys and tables at a path or below it; these with the comments above them.

    A table ends where the comments above the next header begin.
    """
    lines = text.split("\n")
    gone: set[int] = set()
    start, is_gone = 0, False
    for statement in statements(text):
        is_meant = statement.path[: len(path)] == path
        if statement.is_header:
            above = _comments_above(lines, statement.first - 1)
            gone.update(range(start, above) if is_gone else ())
            start, is_gone = above, is_meant
        elif is_meant:
            gone.update(range(statement.first - 1, statement.last))
    gone.update(range(start, len(lines)) if is_gone else ())
    joined = "\n".join(line for number, line in enumerate(lines) if number not in gone)
    return joined if joined.endswith("\n") or not joined.strip() else f"{joined}\n"


def _comments_above(lines: list[str], index: int) -> int:
    """Return where the comments begin that stand directly above a line."""
    while index and lines[index - 1].lstrip().startswith("#"):
        index -= 1
    return index


def _above_comments(before: str, after: str) -> str:
    """Move new lines out of the comments of the next table, back to their own."""
    old, new = before.split("\n"), after.split("\n")
    for tag, _, _, start, end in _opcodes(old, new):
        above = _comments_above(new, start)
        follows_header = end < len(new) and new[end].lstrip().startswith("[")
        if tag == "insert" and follows_header and above and not new[above - 1].strip():
            while above and not new[above - 1].strip():
                above -= 1
            lines = [line for line in new[start:end] if line.strip()]
            moved = new[:above] + lines + new[above:start] + new[end:]
            return "\n".join(moved) if _parsed("\n".join(moved)) == _parsed(after) else after
    return after


def _opcodes(old: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _restored(before: str, after: str) -> str:
    """Give each line its own end again; new ones end as the first one does."""
    if "\r\n" not in before:
        return after
    old, new = before.split("\n"), after.split("\n")
    common = "\r" if old[0].endswith("\r") else ""
    ends = [common] * len(new)
    for tag, i, _, j, end in _opcodes([line.removesuffix("\r") for line in old], new):
        if tag == "equal":
            ends[j:end] = [old[i + k][len(new[j + k]) :] for k in range(end - j)]
            if i + end - j == len(old):
                # What was the last line had no end of its own.
                ends[end - 1] = common
    ends[-1] = ""
    return "\n".join(line + end for line, end in zip(new, ends, strict=True))
