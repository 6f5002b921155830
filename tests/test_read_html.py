from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_read_text import ITEMS, plain, rows, written

from config.settings import RuleSettings
from feeds.read import read

if TYPE_CHECKING:
    from feeds.model import Reading

URL = "https://harbour.example/news/"
MENU = (
    '<nav><ul><li><a href="/">Home</a></li><li><a href="/about">About us</a></li>'
    '<li><a href="/contact">Contact</a></li></ul></nav>'
)
ASIDE = (
    '<aside class="sidebar"><h3>Topics</h3><ul><li><a href="/tag/boats">Boats</a></li>'
    '<li><a href="/tag/piers">Piers</a></li><li><a href="/tag/tides">Tides</a></li></ul></aside>'
)
FOOTER = (
    '<footer><p>Copyright 2026 Harbour Office</p><ul><li><a href="/imprint">Imprint</a></li>'
    '<li><a href="/privacy">Privacy notice</a></li></ul></footer>'
)


def page(content: str, *, before: str = MENU, after: str = ASIDE + FOOTER) -> str:
    """Put the content of a page between what stands on every page of a site."""
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Harbour news</title></head><body>'
        f"{before}<h1>News</h1><div>{content}</div>{after}</body></html>"
    )


def reading(text: str, *, rules: RuleSettings | None = None) -> Reading:
    """Read a page as the service would."""
    return read(
        text.encode(),
        url=URL,
        content_type="text/html; charset=utf-8",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
        rules=rules or RuleSettings(),
    )


def each(pattern: str) -> str:
    """Write every item by a pattern; {n} is its number."""
    return "\n".join(
        pattern.format(d=written(day), i=day.isoformat(), t=title, s=summary, n=number)
        for number, (day, title, summary) in enumerate(ITEMS)
    )


def grouped(heading: str, item: str, around: str = "{}") -> str:
    """Write items under one heading a day."""
    parts = []
    for day, group in groupby(ITEMS, key=lambda item: item[0]):
        parts.append(heading.format(d=written(day)))
        parts.append(around.format("".join(item.format(t=t, s=s) for _, t, s in group)))
    return "".join(parts)


WITHOUT_LINKS: dict[str, str] = {
    "cards": each("<article><h3>{t}</h3><p class='date'>{d}</p><p>{s}</p></article>"),
    "date above the heading": each("<section><span>{d}</span><h2>{t}</h2><p>{s}</p></section>"),
    "headings and text, flat": each("<h2>{t}</h2><p>{d}</p><p>{s}</p>"),
    "dates first, flat": each("<p>{d}</p><h3>{t}</h3><p>{s}</p>"),
    "table": "<table>" + each("<tr><td>{d}</td><td><b>{t}</b></td><td>{s}</td></tr>") + "</table>",
    "definition list": "<dl>"
    + each("<dt>{d}</dt><dd><strong>{t}</strong><p>{s}</p></dd>")
    + "</dl>",
    "list with strong titles": "<ul>"
    + each("<li><strong>{t}</strong> <em>{d}</em><p>{s}</p></li>")
    + "</ul>",
    "plain paragraphs": each("<p>{d}</p>\n<p>{t}</p>\n<p>{s}</p>"),
    "strong paragraphs": each("<p>{d}</p>\n<p><strong>{t}</strong></p>\n<p>{s}</p>"),
    "line breaks": each("{d}<br>{t}<br>{s}<br><br>"),
    "rules": each("<b>{t}</b><br>{d}<br>{s}<hr>"),
    "preformatted": "<pre>" + each("{d}\n\n{t}\n\n{s}\n\n") + "</pre>",
    "time elements": each("<li><time datetime='{i}'>{d}</time><h4>{t}</h4><div>{s}</div></li>"),
    "date headings over headings": grouped("<h2>{d}</h2>", "<h3>{t}</h3><p>{s}</p>"),
    "date in the heading": each("<h3>{d}: {t}</h3><p>{s}</p>"),
    "details": each("<details><summary>{t}</summary><p>{d}</p><p>{s}</p></details>"),
}


@pytest.mark.parametrize("layout", WITHOUT_LINKS)
def test_items_without_links(layout: str) -> None:
    """Items that link nowhere are found with date, title and whole summary."""
    found = reading(page(WITHOUT_LINKS[layout]))

    assert rows(found) == ITEMS
    assert [entry.url for entry in found.entries] == [""] * len(ITEMS)


WITH_LINKS: dict[str, str] = {
    "linked headings": each(
        "<article><h3><a href='/n/{n}'>{t}</a></h3><p>{d}</p><p>{s}</p></article>"
    ),
    "link around the card": each("<a href='/n/{n}'><h3>{t}</h3><p>{d}</p><p>{s}</p></a>"),
    "read more": each("<div><h3>{t}</h3><i>{d}</i><p>{s}</p><a href='/n/{n}'>Read more</a></div>"),
    "archive list": "<ul>" + each("<li>{d} - <a href='/n/{n}'>{t}</a><p>{s}</p></li>") + "</ul>",
    "definition list": "<dl>"
    + each("<dt>{d}</dt><dd><a href='/n/{n}'>{t}</a><p>{s}</p></dd>")
    + "</dl>",
    "table": "<table>"
    + each("<tr><td>{d}</td><td><a href='/n/{n}'>{t}</a></td><td>{s}</td></tr>")
    + "</table>",
}


@pytest.mark.parametrize("layout", WITH_LINKS)
def test_items_with_links(layout: str) -> None:
    """Items with links are found with date, title, address and summary."""
    found = reading(page(WITH_LINKS[layout]))

    assert rows(found) == ITEMS
    assert [entry.url for entry in found.entries] == [
        f"https://harbour.example/n/{number}" for number in range(len(ITEMS))
    ]


@pytest.mark.parametrize("layout", WITH_LINKS)
def test_tracking_parameters_change_nothing(layout: str) -> None:
    """A parameter on every link changes no title, date or summary."""
    marked = page(WITH_LINKS[layout]).replace("/n/", "/n/?utm_source=x&id=")

    assert rows(reading(marked)) == ITEMS


@pytest.mark.parametrize("layout", WITH_LINKS)
def test_blocks_around_change_nothing(layout: str) -> None:
    """Menus and side bars, wherever they stand, do not change the items."""
    content = WITH_LINKS[layout]
    moved = page(content, before=ASIDE + FOOTER, after=MENU)
    bare = page(content, before="", after="")

    assert rows(reading(moved)) == rows(reading(bare)) == ITEMS


def test_a_link_around_bare_parts_is_the_items_own() -> None:
    """Title and date may stand in a link with nothing else around them."""
    content = each("<li><a href='/n/{n}'><p class='name'>{t}<br></p><h6>On {d}.</h6></a></li>")
    found = reading(page(f"<h2>News</h2>{content}"))

    assert [entry.url for entry in found.entries] == [
        f"https://harbour.example/n/{number}" for number in range(len(ITEMS))
    ]


def test_a_button_is_one_wherever_it_stands() -> None:
    """What other items have as a button is one too where it stands in the text."""
    button = "<a href='/n/{n}'>Read more</a>"
    content = each(f"<section><h2>{{d}} | {{t}}</h2><p>{{s}}</p>{button}</section>")
    loose = "<section><h2>24 November 2026 | Open day</h2>All are welcome on the pier at noon "
    found = reading(page(f"{loose}{button.format(n='new')}</section>{content}"))

    assert found.entries[0].url == "https://harbour.example/n/new"


def test_a_link_in_running_text_is_not_the_items_own() -> None:
    """A link within a sentence stays in the summary."""
    content = each(
        "<h3>{t}</h3><p>{d}</p><p>{s} More is told at the <a href='/pier'>pier</a>, daily.</p>"
    )
    found = reading(page(content))

    assert {entry.url for entry in found.entries} == {""}
    assert all("harbour.example/pier" in entry.summary_html for entry in found.entries)


def test_words_of_a_sentence_are_not_titles() -> None:
    """Links that mention something in an item's text do not make a list of their own."""
    content = each(
        "<div><a href='/{n}/'>Boat {n}</a><i>{d}</i><p>It was told, as ever in these weeks, by"
        " <a href='/a/{n}'>the crew of the boat that has number {n}</a> and by"
        " <a href='/b/{n}'>the keeper of the light that has number {n}</a>, both of whom everybody"
        " here knows well.</p></div>"
    )
    found = reading(page(content))

    assert [entry.title for entry in found.entries] == [f"Boat {n}" for n in range(len(ITEMS))]


@pytest.mark.parametrize(
    "card",
    [
        "<em>Harbour</em><section><h3>{t}</h3><p>{s}</p></section><small>{d}</small>",
        "<em>Harbour</em><div class='card-title'>{t}</div><div>{s}</div><small>{d}</small>",
        "<div>{t}</div><div>{s}</div><div>{d}</div>",
        "<div><p>{d}</p><div>{t}</div><div>{s}</div></div>",
    ],
)
def test_a_link_around_a_whole_item_is_not_its_title(card: str) -> None:
    """A card in a link has its title in the card: a heading, a name, or what stands first."""
    found = reading(page(each(f"<div><a href='/{{n}}/'>{card}</a></div>")))

    assert [(entry.title, entry.when and entry.when.day) for entry in found.entries] == [
        (title, day) for day, title, _ in ITEMS
    ]
    assert [entry.url for entry in found.entries] == [
        f"https://harbour.example/{number}/" for number in range(len(ITEMS))
    ]
    assert all(
        summary[:30] in entry.summary_html
        for entry, (_, _, summary) in zip(found.entries, ITEMS, strict=True)
    )


def test_a_column_may_return_under_the_same_heading() -> None:
    """Headings that are all alike are told apart by their addresses."""
    content = each(
        "<div><h3><a href='/{i}-{n}/'>The week at the pier</a></h3><p>The usual column</p>"
        "<span><time>{i}</time> <a href='/{i}-{n}/'>Read more</a></span></div>"
    )
    found = reading(page(content))

    assert [(entry.title, entry.when and entry.when.day) for entry in found.entries] == [
        ("The week at the pier", day) for day, _, _ in ITEMS
    ]


@pytest.mark.parametrize("path", ["releases/tag/v1.{n}", "-/tags/v1.{n}"])
@pytest.mark.parametrize("title", ["<h3><a href='{p}'>{t}</a></h3>", "<a href='{p}'>{t}</a>"])
def test_a_release_is_an_item(path: str, title: str) -> None:
    """The page of a release has "tag" in its address and lists nothing."""
    address = f"https://code.example/boats/radar/{path}"
    linked = title.replace("{p}", address)
    content = each("<li>" + linked + " <i>{d}</i> <p>{s}</p></li>")
    for number in range(4):
        content = content.replace(address.format(n=number), f"/news/{number}/")
    found = reading(page(f"<ul>{content}</ul>"))

    assert rows(found) == ITEMS
    assert found.entries[4].url == address.format(n=4)


def test_a_lone_item_ends_where_its_article_ends() -> None:
    """A list of one item takes neither date nor link from what stands around the item."""
    content = (
        "<header><h1>Notes</h1><time>2019-02-03</time><a href='/about'>About these notes</a>"
        "</header><article><h2><a href='/one/'>The only note so far</a></h2><time>2020-03-04"
        "</time><p>It is short.</p></article>"
    )
    (entry,) = reading(page(content, after="<p>Nothing else</p>")).entries

    assert (entry.title, entry.url) == ("The only note so far", "https://harbour.example/one/")
    assert entry.when is not None
    assert entry.when.day == date(2020, 3, 4)
    assert entry.summary_html == "<p>It is short.</p>"


def test_a_date_in_a_sentence_stays_in_it() -> None:
    """A summary keeps the days that its sentences tell of."""
    content = each(
        "<div><h3>{t}</h3><p>{d}</p><p>Boats met on <b>14 May 2020</b> at the pier and stayed"
        " there until the evening of the day after, as they always do.</p></div>"
    )
    found = reading(page(content))

    assert [entry.when and entry.when.day for entry in found.entries] == [day for day, *_ in ITEMS]
    assert all(
        "on <b>14 May 2020</b> at" in entry.summary_html.replace("strong", "b")
        for entry in found.entries
    )


@pytest.mark.parametrize(
    "body",
    [
        "<p>{s}</p><p><a href='/{n}/'>Read more</a></p>",
        "<div><p>{s}</p><div><a href='/{n}/#more'>Weiterlesen</a></div></div>",
        "<p>Posted on {i} in <a href='/about/x'>Piers</a>, <a href='/about/y'>Boats</a></p><p>{s}",
    ],
)
def test_a_summary_is_the_items_own_text(body: str) -> None:
    """Buttons that repeat the item's link and lines about its posting are no text of it."""
    found = reading(page(each("<div><h3><a href='/{n}/'>{t}</a></h3><i>{d}</i>" + body + "</div>")))

    assert [plain(entry.summary_html) for entry in found.entries] == [
        summary for _, _, summary in ITEMS
    ]


def test_a_linked_heading_may_be_a_date() -> None:
    """An item that its site calls by its day keeps this title; words of its text are none."""
    days = sorted({day for day, _, _ in ITEMS})
    content = "".join(
        f"<div><h3><a href='/{day}/'>{day}</a></h3><p>On <a href='/x/{day}'>pier number {day.day}"
        f"</a></p><p>Boats came, as the <a href='/y/{day}'>book of {day.day}</a> says in words"
        " that are many.</p></div>"
        for day in days
    )
    found = reading(page(content))

    assert [(entry.title, entry.url) for entry in found.entries] == [
        (f"{day}", f"https://harbour.example/{day}/") for day in days
    ]


def test_selectors_rule_their_field_only() -> None:
    """A selector for the title leaves date and link to the automatic."""
    content = each("<div class='x'><a href='/n/{n}'>{s}</a><b class='t'>{t}</b><i>{d}</i></div>")
    found = reading(page(content), rules=RuleSettings(item=".x", title=".t"))

    assert [entry.title for entry in found.entries] == [title for _, title, _ in ITEMS]
    assert [entry.when.day for entry in found.entries if entry.when] == [day for day, _, _ in ITEMS]
    assert found.entries[0].url == "https://harbour.example/n/0"


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        (RuleSettings(item=".nothing"), ".nothing"),
        (RuleSettings(item="article", title=".absent"), ".absent"),
        (RuleSettings(item="article[["), "article[["),
    ],
    ids=["no item", "no title", "no css"],
)
def test_a_selector_without_a_match_is_named(rules: RuleSettings, named: str) -> None:
    """The problem says which of the operator's selectors fails."""
    found = reading(page(WITHOUT_LINKS["cards"]), rules=rules)

    assert found.entries == ()
    assert named in found.problem


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("<html><body><form><input type=password></form></body></html>", "login"),
        (
            "<html><title>Just a moment...</title><body><p>Verify you are human</body></html>",
            "block",
        ),
        (
            "<html><body><h1>Before you continue</h1><p>Accept all cookies</p></body></html>",
            "consent",
        ),
        ("<html><body><div id=root></div><script src=a.js></script></body></html>", "JavaScript"),
        ("<html><body><p>Nothing here yet.</p></body></html>", "No list"),
    ],
    ids=["login", "block", "consent", "shell", "nothing"],
)
def test_pages_that_are_no_bulletin(text: str, named: str) -> None:
    """What is no bulletin is called by its name, with a remedy."""
    found = reading(text)

    assert found.entries == ()
    assert named in found.problem


def test_structured_data_completes_the_page() -> None:
    """A date that only the structured data states is taken from there."""
    data = (
        '<script type="application/ld+json">[{"@type": "NewsArticle", "headline": "x", '
        '"url": "/n/0", "datePublished": "2020-09-14"}]</script>'
    )
    content = each("<article><h3><a href='/n/{n}'>{t}</a></h3><p>{s}</p></article>")
    first = reading(page(data + content)).entries[0]

    assert first.when is not None
    assert first.when.day == date(2020, 9, 14)


def test_the_explanation_names_what_was_kept() -> None:
    """Every reading says which group it took and why, and how each field was found."""
    found = reading(page(WITH_LINKS["linked headings"]))

    assert [candidate.kept for candidate in found.candidates].count(True) == 1
    assert {"title", "link", "date"} <= set(found.entries[0].evidence)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_reading_never_raises(body: bytes) -> None:
    """Any bytes give entries or a problem."""
    for start in (
        b"",
        b"<html><body>",
        b"<rss>",
        b'{"version":"https://jsonfeed.org/version/1.1",',
    ):
        found = read(
            start + body, url=URL, zone=ZoneInfo("UTC"), now=datetime(2026, 11, 23, tzinfo=UTC)
        )

        assert bool(found.entries) != bool(found.problem)


TAGS = st.sampled_from("ul li div p h2 h3 a b table tr td dl dt dd article time".split())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TAGS, st.booleans(), st.text(max_size=20)), max_size=40))
def test_reading_any_markup_never_raises(pieces: list[tuple[str, bool, str]]) -> None:
    """Any heap of tags gives entries or a problem."""
    markup = "".join(
        f"<{'' if opens else '/'}{tag} href='/{place}'>{text}"
        for place, (tag, opens, text) in enumerate(pieces)
    )
    found = reading(f"<html><body>{markup}</body></html>")

    assert bool(found.entries) != bool(found.problem)


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 200_000,
        "<b>x" * 200_000,
        "<div></div>" * 100_000,
        "".join(f"<a href=/n/{n}>News item number {n} of today</a>\n" for n in range(5_000)),
        "word " * 200_000,
    ],
    ids=["deep", "formatting", "empty", "links", "one line"],
)
def test_hostile_pages_are_answered(body: str) -> None:
    """Pages that are made to hurt give an answer."""
    found = reading(f"<html><body>{body}</body></html>")

    assert bool(found.entries) != bool(found.problem)


def test_a_summary_is_clean_markup() -> None:
    """What acts is gone from a summary, its links are absolute."""
    content = each(
        "<article><h3>{t}</h3><p>{d}</p>"
        "<p onclick='x()'>{s} <a href='/a'>here</a> and so on, at length.</p>"
        "<script>x()</script></article>"
    )
    summary = reading(page(content)).entries[0].summary_html

    assert "onclick" not in summary
    assert "script" not in summary
    assert 'href="https://harbour.example/a"' in summary
    assert plain(summary).startswith(ITEMS[0][2])
