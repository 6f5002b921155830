"""Somebody points at a page: one click brings the siblings, another corrects what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hard_pages import HARD_PAGES
from hypothesis import given, settings
from hypothesis import strategies as st

from config.load import parse
from config.settings import RuleSettings, SourceSettings
from config.write import rules_toml
from feeds.located import locate
from feeds.numbered import Opened, open_page
from feeds.page import Page, Validators
from feeds.pointing import in_force, point, pointed
from feeds.pointing_met import is_met
from feeds.pointing_values import Point
from feeds.selectors import is_given

if TYPE_CHECKING:
    from feeds.pointing_values import Part, Pointed

ROOT = "https://harbour.example"
URL = f"{ROOT}/news/"
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


def days() -> list[str]:
    """The days of the items, the latest first."""
    return [f"2026-11-{20 - place:02}" for place in range(len(TITLES))]


def each(template: str, first: int = 0) -> str:
    """The items, each by a template of t, d, s and n: title, day, text and number."""
    return "".join(
        template.format(
            t=TITLES[place],
            d=f"{20 - place} November 2026",
            s=f"What is to be said of it at some length, in words of their own, number {place}.",
            n=place,
        )
        for place in range(first, len(TITLES))
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
        '<div class="css-k2x9z">'
        + each(
            "<div class=css-1x{n}><span class=Card_day__xYzQw>{d}</span>"
            "<a class=sc-bdVaJa href=/n/{n}>{t}</a></div>"
        )
        + "</div>",
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
        "<ul class=more>" + each("<li><a href=/n/{n}>{t}</a> <time>{d}</time>", first=1) + "</ul>",
        (("ul a", 0, "title"), ("h2 a", 0, "title")),
    ),
    "advertisements with a class of their own": Case(
        "<ul>"
        + each("<li class=news><a href=/n/{n}>{t}</a> {d}")
        + "<li class='news promo'><a href=/x/1>Buy a boat from our friends</a> 3 May 2026"
        + "<li class='news promo'><a href=/x/2>Buy two boats from our friends</a> 2 May 2026</ul>",
        (("a", 0, "title"), ("a", 5, "not")),
        rules={"item": "li.news:not(.promo)"},
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
        + "</div><h2>News</h2><div>"
        + each("<div class=n><a href=/n/{n}>{t}</a> <i>{d}</i></div>")
        + "</div>",
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
    return of, marks, in_turn(of, marks, case.start)


def in_turn(of: Opened, marks: list[Point], rules: RuleSettings) -> Pointed:
    """Point at one after the other."""
    for count in range(1, len(marks) + 1):
        got = point(of, marks[:count], rules=rules)
        rules = got.rules
    return got


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


@pytest.mark.parametrize("name", HARD_PAGES)
def test_hard_pages_are_read_after_a_few_clicks(name: str) -> None:
    """Pages that nobody reads rightly by itself; by what stands on them, as a person points."""
    hard = HARD_PAGES[name]
    of = opened(hard.html)
    marks = [Point(number_of(of, text, which), part) for text, which, part in hard.clicks]

    automatic = locate(of, AUTOMATIC).reading.entries
    got = in_turn(of, marks, AUTOMATIC)

    items = [(title, day, f"{ROOT}{path}" if path else "") for title, day, path in hard.items]
    read = got.located.reading.entries
    assert [entry.title for entry in automatic] != [title for title, _, _ in items]
    assert (got.problems, [(e.title, str(e.when and e.when.day), e.url) for e in read]) == (
        (),
        items,
    )


def number_of(of: Opened, text: str, which: int) -> int:
    """The number of the innermost element with a text."""
    having = [e for e in of.sheet.tree.elements if e.text == text]
    inner = [e for e in having if not any(e is not o and e.holds(o) for o in having)]
    return of.number(inner[which])


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(CASES)),
    start=st.sampled_from([NOTHING, AUTOMATIC]),
    clicks=st.lists(
        st.tuples(
            st.integers(0, 60),
            st.sampled_from(["item", "title", "link", "date", "summary", "not"]),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_whatever_is_pointed_at(
    name: str, start: RuleSettings, clicks: list[tuple[int, Part]]
) -> None:
    """It is read so, or a sentence says why not; the rules are the same when written and read."""
    of = opened(CASES[name].page)
    marks = in_force([Point(number, part) for number, part in clicks])
    before = locate(of, start)

    got = point(of, marks, rules=start)

    met = [is_met(of, mark, got.located, before) for mark in marks]
    assert met == [mark not in got.unmet for mark in marks]
    assert len(got.problems) == len(got.unmet)
    assert all(problem.endswith(".") and got.explanation for problem in got.problems)
    assert locate(of, written_and_read(got.rules)) == got.located


def written_and_read(rules: RuleSettings) -> RuleSettings:
    """The rules as a configuration with them has them."""
    head = f'[bulletins.harbour]\ntitle = "x"\n[bulletins.harbour.sources.main]\nurl = "{URL}"\n'
    text = head + rules_toml("harbour", "main", rules)
    return parse(text, Path("tidings.toml"), {}).bulletins[0].sources[0].rules


PLAIN = f"<ul>{each('<li><a href=/n/{n}>{t}</a> <b>{d}</b><p>{s}</p>')}</ul><p id=other>Imprint</p>"
PROBLEMS: dict[str, tuple[tuple[tuple[str, int, Part], ...], str]] = {
    "no date": ((("li a", 0, "title"), ("li p", 0, "date")), "is not understood as a date"),
    "both": ((("li a", 0, "title"), ("li:first-child", 0, "not")), "take one of both back"),
    "elsewhere": ((("li a", 0, "title"), ("#other", 0, "link")), "could not be read as a link"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_cannot_be_is_said(name: str) -> None:
    """In a sentence with the remedy; what is possible is done all the same."""
    clicks, said = PROBLEMS[name]
    of = opened(PLAIN)
    marks = points(of, clicks)

    got = point(of, marks, rules=NOTHING)

    assert len(got.unmet) == len(got.problems) == 1
    assert said in got.problems[0]
    assert len(got.located.reading.entries) == len(TITLES)


def test_what_has_no_elements_cannot_be_pointed_at() -> None:
    """A feed or a text is read, and a sentence says that there is nothing to point at."""
    text = replace(
        page(""), body=b"20 November 2026\n\nPier open\n\nAll of it.", content_type="text/plain"
    )

    got = pointed(text, [Point(3, "title")], source=source(AUTOMATIC), now=NOON)

    assert got.unmet == (Point(3, "title"),)
    assert "no elements to point at" in got.problems[0]
    assert [entry.title for entry in got.located.reading.entries] == ["Pier open"]


def test_what_changed_is_said() -> None:
    """How many items there are, which came and went, and which rules are new."""
    case = CASES["advertisements with a class of their own"]
    of = opened(case.page)
    marks = points(of, case.clicks)
    one = point(of, marks[:1], rules=NOTHING)

    two = point(of, marks, rules=one.rules)
    again = point(of, marks, rules=two.rules)

    assert one.explanation[0] == "7 items, was 0."
    assert two.explanation == (
        "5 items, was 7.",
        "No more: “Buy a boat from our friends”, “Buy two boats from our friends”.",
        "5 of 5 with a date, 5 of 5 with a link.",
        "Item: li.news:not(.promo), was li.news",
    )
    assert again.explanation == ("It is read so already: 5 items, as before.",)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("news", True),
        ("newsItem", True),
        ("h-entry", True),
        ("entry_title", True),
        ("css-kXqzWb", False),
        ("sc-bdVaJa", False),
        ("Card_title__aBcDe", False),
        ("x1y2z3", False),
        ("ZqPrTx", False),
        ("strng", False),
    ],
)
def test_names_that_tools_made_are_no_names(name: str, *, given: bool) -> None:
    """They change with the next build of the page, and rules would break with them."""
    assert is_given(name) is given


def test_the_last_word_on_an_element_counts() -> None:
    """Who takes a title for no item after all, or no item for a title, need not undo anything."""
    of = opened(PLAIN)
    title, other = points(of, (("li a", 0, "title"), ("li a", 1, "title")))

    got = point(of, [title, other, Point(title.number, "not")], rules=NOTHING)

    assert got.unmet == ()
    assert TITLES[0] not in [entry.title for entry in got.located.reading.entries]
