"""Somebody points at a page: one click brings the siblings, another corrects what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from config.settings import RuleSettings, SourceSettings
from feeds.numbered import Opened, open_page
from feeds.page import Page, Validators
from feeds.pointing import point
from feeds.pointing_values import Point

if TYPE_CHECKING:
    from feeds.pointing_values import Part, Pointed

URL = "https://harbour.example/news/"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTHING = RuleSettings(item=".no-such-thing")
AUTOMATIC = RuleSettings()
TITLES = (
    "Swing bridge closed until Friday",
    "Ferry timetable for the winter",
    "New harbour master takes office",
    "Dredging of the northern basin begins",
    "Berths for visitors can be reserved",
)


def days(count: int = len(TITLES)) -> list[str]:
    """The days of the items, the latest first."""
    return [f"2026-11-{20 - place:02}" for place in range(count)]


def each(template: str, count: int = len(TITLES)) -> str:
    """The items, each by a template of t, d, s and n: title, day, text and number."""
    return "".join(
        template.format(
            t=TITLES[place],
            d=f"{20 - place} November 2026",
            s=f"What is to be said of it at some length, in words of their own, number {place}.",
            n=place,
        )
        for place in range(count)
    )


MENU = "".join(
    f'<li><a href="/{w}">{w} and what there is of it</a>' for w in ("berths", "fees", "map")
)


@dataclass(frozen=True)
class Case:
    """A page, what is pointed at on it (CSS, which of those, what it is), and what is then read."""

    page: str
    clicks: tuple[tuple[str, int, Part], ...]
    titles: tuple[str, ...] = TITLES
    days: list[str] | None = field(default_factory=days)
    rules: dict[str, str] = field(default_factory=dict)
    start: RuleSettings = NOTHING


CASES = {
    "a menu of the same shape": Case(
        f"<ul>{MENU}</ul><ul>{each('<li><a href=/n/{n}>{t}</a> {d}')}</ul>",
        (("ul + ul a", 0, "title"),),
    ),
    "no links, no classes": Case(
        each("<p><b>{t}</b> {d}. {s}</p>"), (("b", 0, "title"),), rules={"item": "p"}
    ),
    "titles in bold over paragraphs": Case(
        "<h1>News</h1>" + each("<p><b>{t}</b></p><p>{d}</p><p>{s}</p>"), (("b", 1, "title"),)
    ),
    "texts of a list that begin with dates": Case(
        f"<ul>{MENU}</ul><ul>{each('<li>{d}: {t}')}</ul>",
        (("ul + ul li", 2, "title"),),
    ),
    "a table with a head among its rows": Case(
        "<table><tr><td><b>When</b><td><b>What</b>"
        + each("<tr><td>{d}<td><a href=/n/{n}>{t}</a>")
        + "</table>",
        (("tr a", 0, "title"),),
        rules={"item": "tr:has(a)"},
    ),
    "a list of definitions": Case(
        f"<dl>{each('<dt>{d}<dd><a href=/n/{n}>{t}</a> {s}')}</dl>",
        (("dd a", 0, "title"),),
        rules={"item": "dd"},
    ),
    "an item spread over rows": Case(
        "<table>" + each("<tr><td><a href=/n/{n}>{t}</a><tr><td>{d}<tr><td>{s}") + "</table>",
        (("tr a", 0, "title"),),
    ),
    "no dates": Case(
        f"<ul>{MENU}</ul><div class=notices>{each('<div><h4>{t}</h4><p>{s}</p></div>')}</div>",
        (("h4", 3, "title"),),
        days=None,
        rules={"item": "div.notices > div"},
    ),
    "names that tools made": Case(
        f'<div class="css-k2x9z">{each("<div class=css-1x{n}><span class=Card_day__xYzQw>{d}</span><a class=sc-bdVaJa href=/n/{n}>{t}</a></div>")}</div>',
        (("a", 0, "title"),),
    ),
    "a day above several items": Case(
        "<h3>20 November 2026</h3>"
        + "".join(f"<p class=n><a href=/n/{n}>{t}</a></p>" for n, t in enumerate(TITLES[:3]))
        + "<h3>19 November 2026</h3>"
        + "".join(f"<p class=n><a href=/n/{n}>{t}</a></p>" for n, t in enumerate(TITLES[3:], 3)),
        (("p a", 0, "title"), ("h3", 0, "date")),
        days=["2026-11-20"] * 3 + ["2026-11-19"] * 2,
        rules={"date": "./preceding::h3[1]"},
    ),
    "a featured one above the list": Case(
        f"<div class=lead><h2><a href=/n/0>{TITLES[0]}</a></h2><time>20 November 2026</time></div>"
        "<ul class=more>"
        + each("<li><a href=/n/{n}>{t}</a> <time>{d}</time>")
        .partition("<li>")[2]
        .partition("<li>")[2]
        .join(["<li>", ""])
        + "</ul>",
        (("ul a", 0, "title"), ("h2 a", 0, "title")),
    ),
    "advertisements with a class of their own": Case(
        "<ul>"
        + each("<li class=n><a href=/n/{n}>{t}</a> {d}")
        + "<li class='n promo'><a href=/x/1>Buy a boat from our friends</a> 3 May 2026"
        + "<li class='n promo'><a href=/x/2>Buy two boats from our friends</a> 2 May 2026</ul>",
        (("a", 0, "title"), ("a", 5, "not")),
        rules={"item": "li:not(.promo)"},
    ),
    "advertisements with a label": Case(
        "<ul>"
        + each("<li><a href=/n/{n}>{t}</a> {d}")
        + "<li><i>Advertisement</i> <a href=/n/9>Buy a boat from friends</a> 3 May 2026</ul>",
        (("a", 0, "title"), ("a", 5, "not")),
        rules={"item": "li:not(:has(i))"},
    ),
    "advertisements that only their address tells": Case(
        "<ul>"
        + each("<li><a href=/n/{n}>{t}</a> {d}")
        + "<li><a href=/ads/9>Buy a boat from our friends</a> 3 May 2026</ul>",
        (("a", 5, "not"),),
        rules={"exclude_url": "/ads/"},
        start=AUTOMATIC,
    ),
    "two lists, the other one": Case(
        "<h2>Events</h2><div>"
        + "".join(
            f"<div class=e><h3><a href=/e/{n}>Event of the sailing club, number {n}</a></h3>"
            f"<p>{n + 1} May 2026</p></div>"
            for n in range(6)
        )
        + f"</div><h2>News</h2><div>{each('<div class=n><a href=/n/{n}>{t}</a> <i>{d}</i></div>')}</div>",
        ((".n a", 0, "title"),),
        start=AUTOMATIC,
    ),
    "two lists that are read as one": Case(
        f"<div id=news><ul>{each('<li><a href=/n/{n}>{t}</a> {d}')}</ul></div><div id=events><ul>"
        + "".join(
            f"<li><a href=/e/{n}>Event of the sailing club {n}</a> {n + 1} May 2026"
            for n in range(3)
        )
        + "</ul></div>",
        (("#events a", 1, "not"),),
        start=RuleSettings(item="li"),
    ),
    "two dates at each item": Case(
        each(
            "<article><h3><a href=/n/{n}>{t}</a></h3><p class=event>On 3 May 2026</p>"
            "<p class=posted>Posted {d}</p></article>"
        ),
        ((".posted", 0, "date"),),
        rules={"date": "p.posted"},
        start=AUTOMATIC,
    ),
    "an item that is pointed at, with its title": Case(
        f"<ul>{MENU}</ul>"
        + each(
            "<div class=box><p><i>{d}</i></p><p>Notice of the office</p><p class=what>{t}</p></div>"
        ),
        ((".box", 0, "item"), (".what", 0, "title")),
        rules={"item": "div.box", "title": "p.what"},
    ),
    "a word of the title": Case(
        each("<div><h3><a href=/n/{n}><em>Notice:</em> {t}</a></h3>{d}</div>"),
        (("em", 0, "title"),),
        titles=tuple(f"Notice: {title}" for title in TITLES),
    ),
}


def opened(markup: str) -> Opened:
    """The page, opened."""
    got = open_page(page(markup), source=source(AUTOMATIC), now=NOON)
    assert isinstance(got, Opened)
    return got


def page(markup: str) -> Page:
    """A page as it would be fetched."""
    return Page(
        body=f"<title>Harbour</title><body>{markup}".encode(),
        url=URL,
        content_type="text/html; charset=utf-8",
        status=200,
        validators=Validators(),
    )


def source(rules: RuleSettings) -> SourceSettings:
    """The source of the page."""
    return SourceSettings(bulletin="harbour", name="main", url=URL, language="en", rules=rules)


def points(of: Opened, clicks: tuple[tuple[str, int, Part], ...]) -> list[Point]:
    """What is pointed at, by numbers."""
    return [
        Point(of.numbers.of(of.sheet.page.css(css)[which]), part) for css, which, part in clicks
    ]


def follow(case: Case) -> tuple[Opened, list[Point], Pointed]:
    """Point at one after the other, as a person does, each time with the rules that followed."""
    of = opened(case.page)
    marks = points(of, case.clicks)
    rules = case.start
    for count in range(1, len(marks) + 1):
        got = point(of, marks[:count], rules=rules)
        rules = got.rules
    return of, marks, got


@pytest.mark.parametrize("name", CASES)
def test_pointing_gives_what_is_meant(name: str) -> None:
    """All that was pointed at is read so, its siblings too, and nothing else."""
    case = CASES[name]

    _, _, got = follow(case)

    entries = got.located.reading.entries
    assert (got.problems, tuple(entry.title for entry in entries)) == ((), case.titles)
    assert [str(entry.when.day) if entry.when else "" for entry in entries] == (
        case.days or [""] * len(case.titles)
    )
    assert {name: getattr(got.rules, name) for name in case.rules} == case.rules
