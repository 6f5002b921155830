"""The operator's rules, field by field; the rules that are found; what a page says of others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from worlds import NOON

from config.settings import RuleSettings
from feeds.model import Reading, When
from feeds.read import read
from feeds.read_found_rules import found_rules
from feeds.read_head import named_feeds, older_page

URL = "https://x.test/news/"
# Two lists: the second is what the operator wants, and is not what a reader would take.
PAGE = """
<html lang="en"><head><title>Port</title></head><body><main>
<section class="news">
<article><h2><a href="/1">Bridge closed</a></h2><time>3 November 2026</time>
<p>Until Friday.</p></article>
<article><h2><a href="/2">New master</a></h2><time>1 November 2026</time>
<p>She starts today.</p></article>
<article><h2><a href="/3">Storm over</a></h2><time>30 October 2026</time>
<p>The mole is open.</p></article>
</section>
<table id="notices">
<tr><td class="d">26-11-02</td>
<td><b>No. 17: Dredging</b> <a href="n17.pdf">PDF</a> <i>works</i></td></tr>
<tr><td class="d">26-10-05</td>
<td><b>No. 16: Buoys</b> <a href="n16.pdf">PDF</a> <i>works</i></td></tr>
<tr><td class="d">26-09-01</td>
<td><b>No. 15: Regatta</b> <a href="n15.pdf">PDF</a> <i>leisure</i></td></tr>
</table></main></body></html>
"""
ROWS = {"item": "#notices tr", "title": "b", "link": "a"}


def reading(text: str = PAGE, **rules: str) -> Reading:
    """Read a page by rules."""
    return read(
        text.encode(),
        url=URL,
        zone=ZoneInfo("Europe/Madrid"),
        now=NOON,
        content_type="text/html",
        rules=RuleSettings(**rules),
    )


def titles(found: Reading) -> list[str]:
    """Return the titles, and fail where there is a problem."""
    assert not found.problem
    return [entry.title for entry in found.entries]


NOTICES = ["No. 17: Dredging", "No. 16: Buoys", "No. 15: Regatta"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (ROWS, NOTICES),
        ({"item": "//table[@id='notices']//tr", "title": ".//b", "link": ".//a"}, NOTICES),
        ({"item": "#notices tr", "title": ".//b/text()", "link": ".//a/@href"}, NOTICES),
        ({"item": "(//table//tr)[position() < 3]", "title": "b"}, NOTICES[:2]),
        (ROWS | {"title_pattern": r"No\. \d+: (.*)"}, ["Dredging", "Buoys", "Regatta"]),
        (ROWS | {"title_pattern": r"No\. \d+"}, ["No. 17", "No. 16", "No. 15"]),
        (ROWS | {"include": "Buoys|Regatta"}, NOTICES[1:]),
        (ROWS | {"exclude": "(?i)dredging"}, NOTICES[1:]),
        (ROWS | {"include_url": r"n1[67]\.pdf$", "exclude_url": "n16"}, NOTICES[:1]),
        (ROWS | {"include": "Nothing has this"}, []),
        ({"include": "mole"}, ["Storm over"]),
    ],
)
def test_a_rule_takes_what_it_names(rules: dict[str, str], expected: list[str]) -> None:
    """By CSS or XPath, in whole or in part, and only what the filters let through."""
    assert titles(reading(**rules)) == expected


def test_links_of_rules_are_whole_addresses() -> None:
    """However they were selected, and changed by a pattern where one is given."""
    whole = [f"https://x.test/news/n{number}.pdf" for number in (17, 16, 15)]

    for rules in (
        ROWS,
        ROWS | {"link": ".//a/@href"},
        ROWS | {"link": "td:last-child"},
    ):
        assert [entry.url for entry in reading(**rules).entries] == whole
    changed = reading(**ROWS, link_pattern=r"(n\d+)")
    assert changed.entries[0].url == "https://x.test/news/n17"


DAYS = [date(2026, 11, 2), date(2026, 10, 5), date(2026, 9, 1)]


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ({"date": "td.d", "date_format": "%y-%m-%d"}, DAYS),
        ({"date": ".//td[@class='d']", "date_format": "%y-%m-%d"}, DAYS),
        ({"date_format": "%y-%m-%d"}, DAYS),
        ({"date_pattern": r"\d\d-(\d\d-\d\d)", "date_format": "%m-%d"}, DAYS),
        ({"date": "td.d", "date_pattern": r"(\d\d)-11", "date_format": "%y"}, [date(2026, 1, 1)]),
    ],
)
def test_dates_are_read_by_their_format(rules: dict[str, str], days: list[date]) -> None:
    """Wherever in the item they stand; where the format does not fit there is no date."""
    entries = reading(**ROWS, **rules).entries

    found = [entry.when.day for entry in entries if entry.when]
    assert found == days


def test_a_time_in_a_format_is_in_the_zone_of_the_source() -> None:
    """And is kept as an instant."""
    page = PAGE.replace("26-11-02", "26-11-02 09:30")

    found = reading(page, **ROWS, date="td.d", date_format="%y-%m-%d %H:%M")

    assert found.entries[0].when == When(
        date(2026, 11, 2), datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    )


def test_a_format_without_a_year_is_never_far_in_the_future() -> None:
    """December, read in November, was last year's."""
    page = PAGE.replace("26-11-02", "24.12.").replace("26-10-05", "05.10.")

    found = reading(page, **ROWS, date="td.d", date_format="%d.%m.")

    days = [entry.when.day for entry in found.entries if entry.when]
    assert days == [date(2025, 12, 24), date(2026, 10, 5)]


def test_one_rule_leaves_the_rest_automatic() -> None:
    """A rule for the title takes the list that is found, with its links and dates."""
    found = reading(title="p").entries

    assert [entry.title for entry in found] == [
        "Until Friday.",
        "She starts today.",
        "The mole is open.",
    ]
    assert [entry.url for entry in found] == [f"https://x.test/{number}" for number in (1, 2, 3)]
    assert [entry.when.day.day for entry in found if entry.when] == [3, 1, 30]


def test_a_summary_by_rule_and_pattern() -> None:
    """The element's markup, or the part of its text."""
    assert reading(**ROWS, summary="i").entries[0].summary_html == "<i>works</i>"
    found = reading(**ROWS, summary="i", summary_pattern="w(or)k")
    assert found.entries[0].summary_html == "<p>or</p>"


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ({"item": ".nothing"}, "The rule item = '.nothing' matched nothing on this page"),
        (ROWS | {"title": ".nothing"}, "The rule title = '.nothing' matched nothing within"),
        ({"item": "//tr["}, "The rule item = '//tr[' is no XPath (Invalid expression)"),
        ({"item": "(count(//tr))"}, "is no XPath (it gives a number, not elements or text)"),
        ({"item": "tr[["}, "The rule item = 'tr[[' is no CSS selector that can be used"),
        (ROWS | {"title_pattern": "x{9}"}, "The rule title_pattern = 'x{9}' matched at no item"),
        (ROWS | {"date_pattern": "x{9}"}, "The rule date_pattern = 'x{9}' matched nothing within"),
        (ROWS | {"date_format": "%H h"}, "The rule date_format = '%H h' matched nothing within"),
    ],
)
def test_a_rule_that_finds_nothing_is_named(rules: dict[str, str], problem: str) -> None:
    """A page that changed is a problem that the operator hears of, not an empty bulletin."""
    found = reading(**rules)

    assert problem in found.problem
    assert found.entries == ()


def test_patterns_and_filters_work_on_a_text_too() -> None:
    """They need no markup."""
    text = (
        "3 November 2026\n\nPORT: Bridge closed\n\nLong.\n\n1 November 2026\n\nCITY: Fair\n\nFun.\n"
    )

    found = read(
        text.encode(),
        url=URL,
        zone=ZoneInfo("UTC"),
        now=NOON,
        rules=RuleSettings(title_pattern="[A-Z]+: (.*)", exclude="Fair"),
    )

    assert titles(found) == ["Bridge closed"]
    assert found.left_out == 1


# --- rules that are found, feeds and older pages -------------------------------------------

LAYOUTS = {
    "article": "<h2><a href='/{n}'>Title {n} of all</a></h2><time>{n} October 2026</time>",
    "li": "<span>{n} October 2026</span> <a href='/{n}'>Title {n} of all</a>",
}
RULES = {
    "article": {"item": "article", "title": "h2", "date": "time"},
    "li": {"item": "li.entry", "title": "a", "date": "span"},
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_found_rules_select_what_was_found(layout: str) -> None:
    """The shortest selectors that select the items and nothing else, navigation included."""
    words = "<p>Some words on number {n}.</p>"
    item = f"<{layout} class='entry'>{LAYOUTS[layout]}{words}</{layout}>"
    items = "".join(item.format(n=number) for number in range(9, 3, -1))
    page = f"<html><body><ul><li><a href='/'>Home</a></li></ul><main>{items}</main></body></html>"

    rules = found_rules(page, language="en", zone=ZoneInfo("UTC"), now=NOON)

    assert rules == RULES[layout]
    assert reading(page, **rules).entries == reading(page).entries


def test_items_without_an_element_of_their_own_have_no_rules() -> None:
    """Headings with what follows them cannot be selected one by one."""
    items = "".join(
        f"<h3><a href='/{n}'>Title {n} here</a></h3><p>{n} October 2026</p><p>Words.</p>"
        for n in range(9, 3, -1)
    )

    assert found_rules(f"<main>{items}</main>", language="en", zone=ZoneInfo("UTC"), now=NOON) == {}


def test_a_page_names_its_feeds() -> None:
    """Those of its items, absolute; not those of its comments, and no other documents."""
    head = """
    <link rel="stylesheet" href="a.css">
    <link rel="alternate" type="application/rss+xml" title="News" href="feed.xml">
    <link rel="Alternate" type="application/atom+xml" href="https://y.test/atom">
    <link rel="alternate" type="application/rss+xml" title="Comments feed" href="/comments/feed">
    <link rel="alternate" hreflang="de" href="/de/">
    <link rel="alternate" type="application/feed+json" href="javascript:alert(1)">
    """

    assert named_feeds(f"<html><head>{head}</head></html>", URL) == (
        "https://x.test/news/feed.xml",
        "https://y.test/atom",
    )


@pytest.mark.parametrize(
    ("markup", "address"),
    [
        ('<link rel="next" href="/news/page/2/">', "https://x.test/news/page/2/"),
        ('<a rel="nofollow next" href="?p=2">3</a>', "https://x.test/news/?p=2"),
        ('<a href="p2.html">Older posts »</a>', "https://x.test/news/p2.html"),
        ('<a href="p2.html">← Ältere Beiträge</a>', "https://x.test/news/p2.html"),
        ('<a href="p2.html">下一页</a>', "https://x.test/news/p2.html"),
        ('<a href="p2.html">›</a>', "https://x.test/news/p2.html"),
        ('<a href="p2.html" aria-label="Next page"><svg></svg></a>', "https://x.test/news/p2.html"),
        ('<a href="/news/1">Read more</a><a href="/a">more</a>', ""),
        ('<a href="p0.html">Newer posts</a><a href="p0.html">Previous</a>', ""),
        ('<a href="#top">Next</a><a href="/news/">Next</a>', ""),
        ('<a href="/next-week">Next week we open the new hall to everybody who comes</a>', ""),
    ],
)
def test_a_page_names_the_one_with_older_items(markup: str, address: str) -> None:
    """What is marked as next, or reads like it in many languages."""
    assert older_page(f"<html><body>{markup}</body></html>", URL) == address
