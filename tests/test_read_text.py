from __future__ import annotations

import html
import re
import textwrap
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from feeds.read import read

if TYPE_CHECKING:
    from feeds.model import Reading

Row = tuple[date | None, str, str]

ITEMS: list[tuple[date, str, str]] = [
    (
        date(2020, 9, 14),
        "Ferry workshop for island schools ends with a regatta",
        (
            "September 12, Port Ellen - The harbour office closed its workshop for schools. Forty "
            "pupils of six islands took part, and the regatta was won by the smallest of them."
        ),
    ),
    (
        date(2020, 9, 11),
        'More than 180 volunteers start the "Clean Bays" weeks',
        (
            "On September 9, the first group met at the old pier. The work lasts until the end of "
            "the month and is open to everybody who can lift a bucket."
        ),
    ),
    (
        date(2020, 9, 8),
        "New timetable on the northern line",
        "Boats leave at the full hour from Monday on.",
    ),
    (
        date(2020, 9, 8),
        "Harbour office and fishers talk about winter berths",
        (
            "Georgetown, 3 August 2020 - The talks went on for two days and ended with a list of "
            "berths that stay open in the winter, and of those that close for repairs."
        ),
    ),
    (
        date(2020, 8, 26),
        "Survey shows who uses the night boat",
        "Nurses, bakers and musicians, in this order. The survey asked 400 travellers in July.",
    ),
]


def written(day: date) -> str:
    """Write a day as the bulletins of this shape do."""
    return f"{day.day} {day:%B}, {day.year}"


def reading(text: str, *, language: str = "") -> Reading:
    """Read a text as the service would."""
    return read(
        text.encode(),
        url="https://bulletin.example/b.txt",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
        language=language,
    )


def plain(markup: str) -> str:
    """Strip the tags of a summary."""
    return html.unescape(re.sub(r"<[^>]+>", " ", markup)).strip()


def rows(found: Reading) -> list[Row]:
    """Return what a reader sees of the entries."""
    return [
        (entry.when.day if entry.when else None, entry.title, plain(entry.summary_html))
        for entry in found.entries
    ]


def _each(pattern: str, join: str = "\n\n") -> str:
    return join.join(
        pattern.format(d=written(day), t=title, s=summary, u="-" * len(title), v="=" * len(title))
        for day, title, summary in ITEMS
    )


def _grouped() -> str:
    parts = []
    for day, group in groupby(ITEMS, key=lambda item: item[0]):
        parts.append(written(day))
        parts += [f"{title}\n\n{summary}" for _, title, summary in group]
    return "\n\n".join(parts)


def _wrapped() -> str:
    return "\n\n".join(
        f"{written(day)}\n\n{textwrap.fill(title, 72)}\n\n{textwrap.fill(summary, 72)}"
        for day, title, summary in ITEMS
    )


LAYOUTS: dict[str, str] = {
    "date, title, paragraph": _each("{d}\n\n{t}\n\n{s}"),
    "irregular blank lines": _each("{d}\n\n\n{t}\n\n{s}\n\n"),
    "no blank lines": _each("{d}\n{t}\n{s}", "\n"),
    "windows line ends": _each("{d}\n\n{t}\n\n{s}").replace("\n", "\r\n"),
    "no-break spaces": _each("\u00a0{d}\u00a0\n\n{t}\n\n\u00a0 {s}\u00a0"),
    "title, date, paragraph": _each("{t}\n\n{d}\n\n{s}"),
    "title, date, paragraph, no blank lines": _each("{t}\n{d}\n{s}", "\n"),
    "title, paragraph, date": _each("{t}\n\n{s}\n\n{d}"),
    "date opens the title": _each("{d}: {t}\n\n{s}"),
    "date opens the title, no blank lines": _each("{d} - {t}\n{s}", "\n"),
    "date ends the title": _each("{t} ({d})\n\n{s}"),
    "underlined titles": _each("{d}\n\n{t}\n{u}\n\n{s}"),
    "underlined titles above dates": _each("{t}\n{v}\n{d}\n\n{s}"),
    "markdown, date under the title": "# Harbour news\n\n" + _each("## {t}\n\n*{d}*\n\n{s}"),
    "markdown, date headings": "# Harbour news\n\n" + _each("## {d}\n\n### {t}\n\n{s}"),
    "markdown, date in the heading": "# Harbour news\n\n" + _each("## {d}: {t}\n\n{s}"),
    "a heading over all": "Harbour Office Bulletin\n\n" + _each("{d}\n\n{t}\n\n{s}"),
    "one date for several items": _grouped(),
    "wrapped by hand": _wrapped(),
    "labelled dates": _each("Published: {d}\n\n{t}\n\n{s}"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_items(layout: str) -> None:
    """Dates, titles and whole summaries are the same, however the text is laid out."""
    assert rows(reading(LAYOUTS[layout])) == ITEMS


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"{title}\n\n{summary}" for _, title, summary in ITEMS),
        "\n".join(f"{title}\n{summary}" for _, title, summary in ITEMS),
        "\n\n".join(f"## {title}\n\n{summary}" for _, title, summary in ITEMS),
    ],
    ids=["blank lines", "no blank lines", "headings"],
)
def test_a_text_without_dates_gives_items_without_dates(text: str) -> None:
    """A day at the beginning of a paragraph is not made the item's date."""
    assert rows(reading(text)) == [(None, title, summary) for _, title, summary in ITEMS]


def test_spanish_dates_are_read() -> None:
    """A text in Spanish is known by its words, its months by their names."""
    months = {8: "agosto", 9: "septiembre"}
    spanish = [
        (day, f"Noticia {place} de los puertos del norte", "El barco sale con las mareas.")
        for place, (day, _, _) in enumerate(ITEMS)
    ]
    text = "\n\n".join(
        f"{day.day} de {months[day.month]} de {day.year}\n\n{title}\n\n{summary}"
        for day, title, summary in spanish
    )

    assert rows(reading(text)) == spanish


def test_a_changelog_gives_its_versions() -> None:
    """Each version is an item with its day; what changed is its summary."""
    text = (
        "# Changelog\n\n## [1.2.0] - 2020-09-14\n\n### Added\n\n- Berths\n\n"
        "## [1.1.0] - 2020-09-08\n\n- Boats\n"
    )

    assert [row[:2] for row in rows(reading(text))] == [
        (date(2020, 9, 14), "1.2.0"),
        (date(2020, 9, 8), "1.1.0"),
    ]


def test_a_list_under_a_date_gives_an_item_a_point() -> None:
    """Points under one date are items of that day."""
    text = "14 September 2020\n- Pier closed\n- Ferry late\n\n8 September 2020\n- Pier open\n"

    assert [row[:2] for row in rows(reading(text))] == [
        (date(2020, 9, 14), "Pier closed"),
        (date(2020, 9, 14), "Ferry late"),
        (date(2020, 9, 8), "Pier open"),
    ]


def test_the_seed_bulletin_is_read_whole() -> None:
    """The bulletin that started it all gives its ten items, their dates and whole summaries."""
    seed = Path(__file__).parents[2] / "shared" / "bulletins" / "iom-2020-09-14.txt"
    if not seed.exists():
        pytest.skip(f"THE SEED BULLETIN IS NOT HERE: {seed}")
    text = seed.read_text(encoding="utf-8")
    blocks = [" ".join(b.split()) for b in re.split(r"\n\s*\n", text) if b.strip()]
    expected = [tuple(blocks[place : place + 3]) for place in range(0, len(blocks), 3)]

    found = [
        (written(day) if day else "", title, summary) for day, title, summary in rows(reading(text))
    ]

    assert found == expected
    assert len(found) == 10


def test_prose_alone_is_a_problem() -> None:
    """A text without any sign of a list is not cut into items; the remedy is named."""
    found = reading("The sea was calm that day and nobody thought of anything else at all. " * 9)

    assert found.entries == ()
    assert "No items" in found.problem
