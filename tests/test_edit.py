"""A configuration that is changed as text: the one change, and nothing else."""

from __future__ import annotations

import json
import tomllib
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from config.edit import EditError, Value, add_tables, remove, set_value
from config.write import bulletin_toml

Path = tuple[str, ...]
TABLE = bulletin_toml(slug="airport", title="Airport news", url="https://airport.example/")
MAIN = "[bulletins.harbour.sources.main]\nurl = 'u'"
RULES = ("bulletins", "harbour", "sources", "main", "rules")


@pytest.mark.parametrize(
    ("text", "path", "value", "after"),
    [
        # A value in its place: comments, blanks and the kind of quotes stay.
        ("[mail]\nhost = 'a'  # ours\n", ("mail", "host"), "b", "[mail]\nhost = 'b'  # ours\n"),
        ('[mail]\nport=25\nhost="a"\n', ("mail", "port"), 26, '[mail]\nport=26\nhost="a"\n'),
        ("hubs = [\n  'a',\n]\n", ("hubs",), ["b"], 'hubs = [\n    "b",\n]\n'),
        # A new key stands with those of its table, above what is said of the next one.
        (
            "[site]\n# title = 'T'\n\n# About mail.\n[mail]\n",
            ("site", "title"),
            "T",
            "[site]\n# title = 'T'\ntitle = \"T\"\n\n# About mail.\n[mail]\n",
        ),
        ("", ("site", "title"), "T", '[site]\ntitle = "T"\n'),
        ("mail.host = 'a'\n", ("mail", "port"), 26, "mail.host = 'a'\nmail.port = 26\n"),
        ("mail = { host = 'a' }\n", ("mail", "port"), 26, "mail = { host = 'a', port = 26}\n"),
        (
            f"{MAIN}\n",
            RULES,
            {"item": "li"},
            f'{MAIN}\n\n[bulletins.harbour.sources.main.rules]\nitem = "li"\n',
        ),
        # A table is brought to what is given; what it keeps keeps its comment.
        (
            f"[{'.'.join(RULES)}]\nitem = 'li' # each\ntitle = 'h3'\n",
            RULES,
            {"item": "li", "date_pattern": r"\d+"},
            f"[{'.'.join(RULES)}]\nitem = 'li' # each\ndate_pattern = '\\d+'\n",
        ),
        # Ends of lines are those of the file.
        ("[a]\r\nx = 1\r\n", ("a", "y"), 2, "[a]\r\nx = 1\r\ny = 2\r\n"),
        # What is already so is not written again.
        ("x   =  1", ("x",), 1, "x   =  1"),
    ],
)
def test_a_value_is_set_as_people_would(text: str, path: Path, value: Value, after: str) -> None:
    """In the layout that the file has."""
    assert set_value(text, path, value) == after


@pytest.mark.parametrize(
    ("text", "path", "after"),
    [
        ("[a]\nx = 1\ny = 2 # why\n", ("a", "y"), "[a]\nx = 1\n"),
        ("a = { x = 1, y = 2 }\n", ("a", "x"), "a = {  y = 2 }\n"),
        # A table goes with its parts and with what is said above it; the next one keeps its own.
        (
            "[a]\nx = 1\n\n# About b.\n[b]\ny = 1\n[b.c]\nz = 1\n\n# About d.\n[d]\nx = 1\n",
            ("b",),
            "[a]\nx = 1\n\n# About d.\n[d]\nx = 1\n",
        ),
        ("[a.b]\nx = 1\n[q]\ny = 1\n[a.b.c]\nz = 1\n", ("a", "b"), "[q]\ny = 1\n"),
        ("[a]\nx = 1\n", ("a", "y"), "[a]\nx = 1\n"),
    ],
)
def test_a_value_or_a_table_is_taken_out(text: str, path: Path, after: str) -> None:
    """Whole, and nothing beside it."""
    assert remove(text, path) == after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[site]\r\ntitle = 'x'\r\n",
        "[bulletins]\nharbour.title = 'Harbour'",
        "bulletins = { harbour = { title = 'Harbour' } }  # on one line\n",
        "# Only words.\n",
    ],
)
def test_a_bulletin_is_added(text: str) -> None:
    """Whatever stands there already, also where all bulletins stand on one line."""
    after = add_tables(text, TABLE)

    added = tomllib.loads(after)
    assert added["bulletins"].pop("airport") == tomllib.loads(TABLE)["bulletins"]["airport"]
    assert {k: v for k, v in added.items() if v} == tomllib.loads(text)
    assert ("\r\n" in text) == ("\r\n" in after)
    assert after.count("\n") == after.count("\r\n") or "\r\n" not in text


def test_a_bulletin_that_is_there_is_not_added() -> None:
    """It would be two in one."""
    with pytest.raises(EditError, match=r"bulletins\.airport\.title is there already"):
        add_tables(TABLE, TABLE)


# --- the law ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line, and the path of the table or value that it is about; none for one of words."""

    text: str
    about: Path | None = None
    is_inline: bool = False


KEYS = ("a", "b", "c", "key with blanks", "d.e")
VALUES: list[Value] = [
    "x",
    "it's",
    'say "no"',
    r"\d+",
    "#no comment",
    "[x]",
    "é",
    "",
    1,
    2.5,
    True,
    ["p", "#q"],
]


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Tables within tables."""
    leaves = st.sampled_from(VALUES)
    inner = st.recursive(
        leaves,
        lambda deeper: st.dictionaries(st.sampled_from(KEYS), deeper, min_size=1, max_size=3),
        max_leaves=8,
    )
    return st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=4)


def key(path: Path) -> str:
    """Write a dotted key."""
    return ".".join(part if part.isalpha() else json.dumps(part) for part in path)


def literal(value: object) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key((k,))} = {literal(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def lay_out(document: dict[str, Any], random: Random) -> list[Line]:
    """Write a document in one of its many layouts."""
    sections: list[list[Line]] = [[]]

    def write(table: dict[str, Any], section: list[Line], above: Path, head: Path) -> None:
        for name, value in table.items():
            path = (*above, name)
            way = random.choice(("header", "dotted", "inline"))
            if not isinstance(value, dict) or way == "inline":
                text = f"{key(path[len(head) :])} = {literal(value)}"
                comment = random.choice(("", "", f"  # {len(sections)}"))
                section.append(Line(text + comment, path, isinstance(value, dict)))
            elif way == "dotted":
                write(value, section, path, head)
            else:
                # A header that says nothing itself may be left out.
                inner: list[Line] = []
                sections.append(inner)
                write(value, inner, path, path)
                if inner or random.random() < 0.5:
                    inner.insert(0, Line(f"[{key(path)}]", path))
            if random.random() < 0.2:
                section.append(Line(random.choice(("", "# words, not keys: [a]"))))

    write(document, sections[0], (), ())
    random.shuffle(tail := sections[1:])
    return [line for section in (sections[0], *tail) for line in section]


def is_touched(line: Line, path: Path) -> bool:
    """Whether a change at a path may change a line."""
    if line.about is None:
        return False
    return line.about[: len(path)] == path or (
        line.is_inline and path[: len(line.about)] == line.about
    )


def without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """Leave out tables that hold nothing."""
    inner = {k: without_empty(v) if isinstance(v, dict) else v for k, v in table.items()}
    return {k: v for k, v in inner.items() if v != {}}


def paths(table: dict[str, Any], above: Path = ()) -> list[Path]:
    """Return every path of a document."""
    return [
        path
        for name, value in table.items()
        for path in (
            (*above, name),
            *(paths(value, (*above, name)) if isinstance(value, dict) else ()),
        )
    ]


def parsed(text: str) -> dict[str, Any] | None:
    """Return what a text says; None where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def changed(document: dict[str, Any], path: Path, value: Value | None) -> dict[str, Any]:
    """Return the document as it has to be afterwards; None removes."""
    after = table = deepcopy(document)
    for part in path[:-1]:
        table = table[part]
    if value is None:
        del table[path[-1]]
    else:
        table[path[-1]] = value
    return after


@settings(max_examples=300, deadline=None)
@given(documents(), st.data())
def test_a_change_is_one_change(document: dict[str, Any], data: st.DataObject) -> None:
    """In every layout: the document has it, and each line that is not about it is as it was."""
    random = Random(data.draw(st.integers(0, 10_000), "layout"))  # noqa: S311 - nothing secret
    end = data.draw(st.sampled_from(("\n", "\r\n")), "end")
    lines = lay_out(document, random)
    text = end.join(line.text for line in lines) + end
    assume(parsed(text) == document)
    path = data.draw(st.sampled_from(paths(document)), "path")
    if data.draw(st.booleans(), "is new"):
        parent = document
        for part in path[:-1]:
            parent = parent[part]
        path = (*path, "new") if isinstance(parent[path[-1]], dict) else (*path[:-1], "new")
    table: Value = {"p": 1, "q": "x"}
    value: Value | None = data.draw(st.sampled_from([*VALUES, table]), "value")
    if path[-1] != "new" and data.draw(st.booleans(), "is removed"):
        value = None

    former: Any = document
    for part in path:
        former = former.get(part, {})
    is_lost = value is None or (isinstance(former, dict) and not isinstance(value, dict))

    after = remove(text, path) if value is None else set_value(text, path, value)

    assert without_empty(tomllib.loads(after)) == without_empty(changed(document, path, value))
    untouched = [
        line.text
        for line in lines
        if (line.about is not None or not is_lost) and not is_touched(line, path)
    ]
    left = iter(after.split(end))
    assert all(line in left for line in untouched), (text, after)
    assert end == "\n" or after.count("\n") == after.count("\r\n")
