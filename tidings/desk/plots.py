"""Small plots of a source's past as shapes, each with its words for who sees none. Pure.

A template draws the shapes; their colours are of the style sheet. What a colour says a height
says as well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tidings.desk.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from feeds.records import Check

WEEKS = 26
CHECKS = 40
_HEIGHT = 28
_STEP = 6
_WIDTH = 5
_DAYS = 7
# A week with any news is seen, however many another one had.
_LOWEST = 2
_CELL_STEP = 5
_CELL_WIDTH = 4
_CELL_HEIGHT = 16
# How a check went: its name in style and words, and how high it stands.
_KINDS = {
    "news": 16,
    "changed": 10,
    "unchanged": 5,
    "held": 16,
    "failed": 16,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One rectangle of a plot: its kind (a class of the style sheet), and what it stands for."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot of a width and a height, and the words that say the same."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    words: str


def habit_plot(news: Mapping[date, int], *, today: date) -> Plot:
    """Return how many new items came in each of the last weeks, the present one last."""
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(days=_DAYS * back) for back in reversed(range(WEEKS))]
    counts = [
        sum(news.get(week + timedelta(days=day), 0) for day in range(_DAYS)) for week in weeks
    ]
    most = max(counts)
    shapes = tuple(
        _bar(place, count, most=most, words=f"week of {week}: {counted(count, 'new item')}")
        for place, (week, count) in enumerate(zip(weeks, counts, strict=True))
    )
    return Plot(
        width=WEEKS * _STEP - 1, height=_HEIGHT, shapes=shapes, words=_habit_words(weeks, counts)
    )


def _bar(place: int, count: int, *, most: int, words: str) -> Shape:
    height = max(round(count / most * _HEIGHT), _LOWEST) if count else 1
    return Shape(
        x=place * _STEP,
        y=_HEIGHT - height,
        width=_WIDTH,
        height=height,
        kind="some" if count else "none",
        words=words,
    )


def _habit_words(weeks: Sequence[date], counts: Sequence[int]) -> str:
    total, most = sum(counts), max(counts)
    if not total:
        return f"No new items in {WEEKS} weeks"
    peak = weeks[counts.index(most)]
    quiet = counts.count(0)
    return (
        f"{counted(total, 'new item')} in {WEEKS} weeks; most, {most}, in the week of {peak}; "
        f"{counted(quiet, 'week')} without; {counts[-1]} this week"
    )


def check_plot(checks: Sequence[Check]) -> Plot:
    """Return how the last checks went; ``checks`` are given newest first and drawn newest last."""
    shown = list(reversed(checks[:CHECKS]))
    # The latest stands at the right end, however few there are.
    first = CHECKS - len(shown)
    shapes = tuple(_cell(place, check) for place, check in enumerate(shown, first))
    return Plot(
        width=CHECKS * _CELL_STEP - 1,
        height=_CELL_HEIGHT,
        shapes=shapes,
        words=_checks_words(shown),
    )


def kind_of(check: Check) -> str:
    """Return what a check is drawn as: news, changed, unchanged, held or failed."""
    if check.outcome in {"held", "failed"}:
        return check.outcome
    # What stood there at the first reading is no news.
    if check.new and check.outcome != "baseline":
        return "news"
    return "unchanged" if check.outcome == "unchanged" else "changed"


def _cell(place: int, check: Check) -> Shape:
    kind = kind_of(check)
    height = _KINDS[kind]
    found = f", {counted(check.new, 'new item')}" if kind == "news" else ""
    return Shape(
        x=place * _CELL_STEP,
        y=_CELL_HEIGHT - height,
        width=_CELL_WIDTH,
        height=height,
        kind=kind,
        words=f"{check.finished:%Y-%m-%d %H:%M} UTC: {check.outcome}{found}",
    )


def _checks_words(checks: Sequence[Check]) -> str:
    if not checks:
        return "Not read yet"
    counts = Counter(map(kind_of, checks))
    names = {
        "news": "with news",
        "changed": "with corrections",
        "unchanged": "unchanged",
        "held": "held",
        "failed": "failed",
    }
    told = ", ".join(f"{counts[kind]} {name}" for kind, name in names.items() if counts[kind])
    return (
        f"The last {counted(len(checks), 'check')}: {told}; the latest {names[kind_of(checks[-1])]}"
    )
