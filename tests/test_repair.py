"""New rules for rebuilt pages: many ways to build a list, each repaired from what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import NOON, entry

from config.load import parse
from config.settings import RuleSettings, SourceSettings
from config.write import rules_toml
from feeds.diff import content_of
from feeds.fetch import Page, Validators
from feeds.model import Entry, Item, When
from feeds.repair import Proposal, agreement, find_repair, old_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

URL = "https://harbour.example/news"
BROKEN = RuleSettings(item="ul.gone > li", title="h3", date="time")
TITLES = (
    "Fish market moves to hall three",
    "Lighthouse open to visitors",
    "Dredging of the inner basin begins",
    "Ferry timetable for winter",
    "Bridge closed for repairs",
    "New harbour master takes office",
    "Storm damage at the eastern mole cleared",
    "Moorings: fees of 2027",
)
ALL = range(len(TITLES))
# The newest is not known yet.
FRESH = 1


def found(place: int) -> Entry:
    """One of the news, the newest first."""
    return entry(
        TITLES[place],
        day=date(2026, 11, 20 - place),
        url=f"https://harbour.example/n/{place}",
        summary=f"What is to be said of it, at some length, in text {place}.",
    )


def item(of: Entry, place: int) -> Item:
    """The stored item of an entry."""
    return Item(
        id=f"tag:harbour.example,2026:{place}",
        token=str(place),
        bulletin="harbour",
        number=100 - place,
        changed=0,
        content=content_of(of),
        published=NOON,
        updated=NOON,
        first_seen=NOON,
        position=place,
        sighted=True,
    )


def known(*, dated: bool = True, linked: bool = True) -> list[Item]:
    """What stood on the page at its last good reading."""
    entries = [found(place) for place in range(FRESH, len(TITLES))]
    entries = [e if dated else replace(e, when=None) for e in entries]
    entries = [e if linked else replace(e, url="") for e in entries]
    return [item(each, place) for place, each in enumerate(entries)]


def repaired(
    html: str, items: Sequence[Item], rules: RuleSettings = BROKEN, language: str = "en"
) -> Proposal | None:
    """What is proposed for a page."""
    page = Page(
        body=html.encode(),
        url=URL,
        content_type="text/html; charset=utf-8",
        status=200,
        validators=Validators(),
    )
    source = SourceSettings(
        bulletin="harbour", name="main", url=URL, rules=rules, language=language
    )
    return find_repair(page, items, source=source, now=NOON)


def listed(template: str, around: str = "<div>{}</div>", *, order: Sequence[int] = ALL) -> str:
    """A page with a menu, a list of the news and a foot.

    The template of one item has t, u, d and s for title, link, day and text, n for its number.
    """
    menu = "".join(
        f'<li><a href="/{word}">{word.capitalize()}</a></li>'
        for word in ("home", "office", "history", "berths", "contact", "imprint")
    )
    items = "".join(
        template.format(
            n=place,
            day=20 - place,
            t=TITLES[place],
            u=f"/n/{place}",
            d=f"{20 - place} November 2026",
            s=f"What is to be said of it, at some length, in text {place}.",
        )
        for place in order
    )
    return (
        f"<html><body><div><ul>{menu}</ul></div>{around.format(items)}"
        "<div><p>Imprint of 3 May 2021, <a href='/top'>up</a></p></div></body></html>"
    )


LAYOUTS: dict[str, str] = {
    "list items": listed(
        '<li class="x{n}"><a href="{u}">{t}</a> <i>{d}</i><p>{s}</p></li>',
        "<ul>{}</ul>",
    ),
    "bare list items, the date before the title": listed(
        '<li>{d}: <a href="{u}">{t}</a></li>', "<ul>{}</ul>"
    ),
    "a table": listed(
        '<tr><td>{d}</td><td><a href="{u}">{t}</a></td><td>{s}</td></tr>',
        "<table><tr><th>Date</th><th>What</th><th>Text</th></tr>{}</table>",
    ),
    "a list of definitions": listed(
        '<dt>{d}</dt><dd><a href="{u}">{t}</a><div>{s}</div></dd>',
        "<dl>{}</dl>",
    ),
    "cards that are links": listed(
        '<a class="card" href="{u}"><b>{t}</b><em>{d}</em><p>{s}</p></a>'
    ),
    "headings and paragraphs in a row": listed(
        '<h3><a href="{u}">{t}</a></h3><p class="d">{d}</p><p>{s}</p>'
    ),
    "boxes without a name": listed(
        '<div><div>{d}</div><div><a href="{u}">{t}</a></div><div>{s}</div></div>'
    ),
    "boxes with names that tools make": listed(
        '<div class="css-1x{n}z9"><span class="a8f3">{d}</span>'
        '<a class="b7{n}" href="{u}"><span>{t}</span></a></div>'
    ),
    "articles with a picture, a title and a button": listed(
        '<article><a href="{u}"><img src="/{n}.png"></a><h2><a href="{u}">{t}</a></h2>'
        '<p class="meta">Posted on <time datetime="2026-11-{day:02}">{d}</time></p>'
        '<p>{s}</p><a class="button" href="{u}">Read more</a></article>'
    ),
    "a sentence around the link": listed(
        '<p class="n"><strong>{d}</strong> <a href="{u}">{t}</a>: {s}</p>'
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_rebuilt_list_is_found_again(layout: str, tmp_path: Path) -> None:
    """All that is known is read back, the new one is new, nothing else is; and so says the TOML."""
    proposal = repaired(LAYOUTS[layout], known())

    assert proposal is not None
    assert proposal.agreement.is_whole, str(proposal.agreement)
    read = [(each.title, each.url, each.when) for each in proposal.reading.entries]
    assert read == [(e.title, e.url, e.when) for e in map(found, range(len(TITLES)))]
    table = rules_toml("harbour", "main", proposal.rules)
    head = f'[bulletins.harbour]\ntitle = "H"\n[bulletins.harbour.sources.main]\nurl = "{URL}"\n'
    (bulletin,) = parse(head + table, tmp_path / "tidings.toml", {}).bulletins
    assert bulletin.sources[0].rules == proposal.rules


LINKLESS = listed("<div><h4>{t}</h4><p>{d}</p><p>{s}</p></div>")
DATELESS = listed('<div class="n"><a href="{u}">{t}</a></div>')
BARE = listed("<div class='n'><b>{t}</b><p>{s}</p></div>")


@pytest.mark.parametrize(
    ("html", "dated", "linked"),
    [(LINKLESS, True, False), (DATELESS, False, True), (BARE, False, False)],
)
def test_what_items_never_had_is_not_asked_of_a_rebuilt_page(
    html: str, *, dated: bool, linked: bool
) -> None:
    """Two of title, link and day vouch for an item, and the title where it has no more."""
    proposal = repaired(html, known(dated=dated, linked=linked))

    assert proposal is not None
    assert proposal.agreement.is_whole, str(proposal.agreement)
    assert [each.title for each in proposal.reading.entries] == list(TITLES)


def test_the_operators_patterns_and_filters_stay_in_force() -> None:
    """Only selectors are new; what they select is read by the operator's own words."""
    rules = RuleSettings(
        item=".gone", title_pattern=r"No\. \d+: (.*)", date_format="%d%m%y", exclude="Advert"
    )
    html = listed(
        ('<div class="n"><a href="{u}">No. {n}: {t}</a><span>{day:02}1126</span></div>'),
        "<div><div class='n'><a href='/ad'>No. 9: Advert</a><span>211126</span></div>{}</div>",
    )

    proposal = repaired(html, known(), rules)

    assert proposal is not None
    assert proposal.agreement.is_whole, str(proposal.agreement)
    assert [each.title for each in proposal.reading.entries] == list(TITLES)
    kept = ("title_pattern", "date_format", "exclude")
    assert [getattr(proposal.rules, name) for name in kept] == [
        getattr(rules, name) for name in kept
    ]


def test_dates_of_another_language_are_read_back() -> None:
    """As they stand on the page, with its language."""
    html = listed(
        '<li><a href="{u}">{t}</a> <span>2026年11月{day}日</span></li>',
        "<ul class='n'>{}</ul>",
    )

    proposal = repaired(html, known(), language="ja")

    assert proposal is not None
    assert proposal.agreement.days == len(TITLES) - FRESH


MAIN = "<main>{}</main>"
LINE = '<li><a href="{u}">{t}</a> <i>{d}</i></li>'


@pytest.mark.parametrize(
    ("html", "why"),
    [
        # All links lead to one page.
        (
            listed('<li><a href="/login">{t}</a> <i>{d}</i></li>', MAIN),
            "link",
        ),
        # The days are others.
        (
            listed('<li><a href="/x{u}">{t}</a> <i>{day} May 2020</i></li>'),
            "",
        ),
        # Most of what was known is not there.
        (listed(LINE, MAIN, order=(1, 2, 3)), "3 of the 7"),
        (listed(LINE, MAIN, order=(0, 3, 6, 1, 4, 7, 2, 5)), "another order"),
        # They stand among many that nobody knows.
        (
            listed(
                (
                    '<li><a href="{u}">{t}</a> <i>{d}</i></li>'
                    '<li><a href="/o/{n}">Other matter {n}</a> <i>{d}</i></li>'
                ),
                "<ul>{}</ul>",
            ),
            "nobody knew",
        ),
    ],
)
def test_evidence_that_does_not_agree_is_said(html: str, why: str) -> None:
    """Then nothing is gone by, and the reason stands with the proposal, if there is one."""
    proposal = repaired(html, known())

    assert proposal is None or not proposal.agreement.is_whole
    assert proposal is None or why in str(proposal.agreement)


def test_a_page_without_what_is_known_is_not_repaired() -> None:
    """A login page, another page, one item of many: nothing is proposed."""
    login = "<html><title>Login</title><form><input type='password'></form></html>"
    other = listed("<li><a href='/o/{n}'>Other matter {n}</a></li>")

    assert repaired(login, known()) is None
    assert repaired(other, known()) is None
    assert repaired("", known()) is None
    assert repaired(LAYOUTS["a table"], []) is None


def test_what_is_dated_before_all_that_was_known_is_no_news() -> None:
    """Nor is what stands below all of it without a date; all else is."""
    entries = [found(place) for place in range(len(TITLES))]
    old = entry("From the archive", day=date(2025, 1, 1), url="https://harbour.example/a")
    undated = entry("At the foot of the page", url="https://harbour.example/b")
    same = entry("Of the oldest day", day=date(2026, 11, 13), url="https://harbour.example/s")
    late = entry("Printed late", day=date(2026, 11, 17), url="https://harbour.example/c")
    read = [*entries[:4], late, *entries[4:], same, old, undated]

    places = old_places(read, known())

    assert [read[place].title for place in sorted(places)] == [
        same.title,
        old.title,
        undated.title,
    ]


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 40), unique=True, min_size=2, max_size=25),
    lost=st.integers(0, 40),
    fresh=st.integers(0, 4),
)
def test_a_reading_that_agrees_swallows_nothing(numbers: list[int], lost: int, fresh: int) -> None:
    """Whatever is on top of the known items is no old thing; and the known are never others."""
    day = date(2026, 1, 1)
    entries = [
        Entry(title=f"Matter {n} of the day", url=f"https://x.test/{n}", when=When(day))
        for n in numbers
    ]
    items = [item(each, place) for place, each in enumerate(entries)]
    news = [
        Entry(title=f"Fresh {n}", url=f"https://x.test/f{n}", when=When(date(2026, 1, 2)))
        for n in range(fresh)
    ]
    read = [*news, *(each for n, each in zip(numbers, entries, strict=True) if n != lost)]

    agrees = agreement(read, items)

    assert agrees.back == len(read) - fresh
    assert agrees.fresh == (fresh if agrees.back else len(read))
    assert old_places(read, items) == frozenset()


def test_markup_that_no_selector_can_name_harms_nothing() -> None:
    """Names that are made to break selectors are passed over, and the page is read all the same."""
    html = listed(
        ('<o:p class="a\'b {{}}"><a id="&quot;]" href="{u}">{t}</a> <i>{d}</i></o:p>'),
        "<div id='\"]/..'>{}</div>",
    )

    proposal = repaired(html, known())

    assert proposal is not None
    assert proposal.agreement.back == len(TITLES) - FRESH


def test_a_huge_page_is_looked_through_once() -> None:
    """Ten thousand lines that are no items cost a look, and what is known is found among them."""
    noise = "".join(f"<p>Line {n} of the log, 3 May 2024</p>" for n in range(10_000))
    html = LAYOUTS["list items"].replace("</body>", f"<div>{noise}</div></body>")

    proposal = repaired(html, known())

    assert proposal is not None
    assert proposal.agreement.is_whole
