"""Two whole bulletins, a real one and the sample that ships, in every layout that people write."""

from __future__ import annotations

import html
import re
import textwrap
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

import pytest
from test_read_html import page
from test_read_text import rows, written

import tidings.sample
from feeds.read import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.model import Reading

    Item: TypeAlias = tuple[date, str, str]
    Items: TypeAlias = list[Item]
    Layout: TypeAlias = Callable[[Items], str]

URL = "https://harbour.example/news/"
MONTHS = "January February March April May June July August September October November December"


def _items_of(text: str) -> Items:
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()]
    found = []
    for place in range(0, len(blocks), 3):
        day, month, year = blocks[place].replace(",", "").split()
        when = date(int(year), MONTHS.split().index(month) + 1, int(day))
        found.append((when, blocks[place + 1], blocks[place + 2]))
    return found


@pytest.fixture(params=["real", "sample"])
def items(request: pytest.FixtureRequest) -> Items:
    """The ten items of each bulletin."""
    if request.param == "real":
        path = request.getfixturevalue("shared") / "bulletins" / "iom-2020-09-14.txt"
    else:
        path = Path(tidings.sample.__file__).parent / "bulletin.txt"
    found = _items_of(path.read_text(encoding="utf-8"))
    assert len(found) == 10
    return found


def reading(text: str, *, content_type: str = "", language: str = "") -> Reading:
    """Read a bulletin as the service would."""
    return read(
        text.encode(),
        url=URL,
        content_type=content_type,
        language=language,
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
    )


def each(pattern: str, join: str = "\n\n") -> Layout:
    """Write every item by a pattern: day, ISO day, title, summary, number, underlines."""

    def layout(items: Items) -> str:
        return join.join(
            pattern.format(
                d=written(day),
                i=day.isoformat(),
                t=title,
                s=summary,
                n=number,
                u="-" * len(title),
                v="=" * len(title),
                w=textwrap.fill(title, 72),
                x=textwrap.fill(summary, 72),
            )
            for number, (day, title, summary) in enumerate(items)
        )

    return layout


def grouped(heading: str, item: str, around: str = "{}", join: str = "") -> Layout:
    """Write items under one heading a day."""

    def layout(items: Items) -> str:
        parts = []
        for day, group in groupby(items, key=lambda item: item[0]):
            parts.append(heading.format(d=written(day), i=day.isoformat()))
            parts.append(
                around.format(
                    join.join(item.format(t=t, s=s, i=day.isoformat()) for _, t, s in group)
                )
            )
        return join.join(parts)

    return layout


def around(layout: Layout, *, before: str = "", after: str = "") -> Layout:
    """Put something before the first item and after the last."""
    return lambda items: before + layout(items) + after


def replaced(layout: Layout, old: str, new: str) -> Layout:
    """Write other blanks or line ends."""
    return lambda items: layout(items).replace(old, new)


PLAIN = each("{d}\n\n{t}\n\n{s}")
HEAD = "Harbour Office Bulletin\n\n"
INTRODUCTION = (
    "This bulletin is written by the harbour office for everybody who works on the quays. It "
    "comes out when there is something to tell.\n\n"
)
FOOT = (
    "\n\nHarbour office, 1 Chandler Street\n\nYou get this bulletin because you asked for it; "
    "to get it no longer, write to the harbour office."
)

TEXTS: dict[str, Layout] = {
    "as it was": PLAIN,
    "irregular blank lines": each("{d}\n\n\n\n{t}\n\n{s}\n\n\n"),
    "no blank lines": each("{d}\n{t}\n{s}", "\n"),
    "windows line ends": replaced(PLAIN, "\n", "\r\n"),
    "old mac line ends": replaced(PLAIN, "\n", "\r"),
    "windows line ends, no blank lines": replaced(each("{d}\n{t}\n{s}", "\n"), "\n", "\r\n"),
    "no-break spaces": replaced(PLAIN, " ", "\u00a0"),
    "no-break spaces for blank lines": each("{d}\n\u00a0\n{t}\n\u00a0\n{s}", "\n\u00a0\n"),
    "tabs at the edges": each("\t{d}\t\n\t\n\t{t}\n\n\t\t{s}\t"),
    "tabs for blanks": replaced(PLAIN, " ", "\t"),
    "wrapped by hand": each("{d}\n\n{w}\n\n{x}"),
    "wrapped and indented": lambda items: textwrap.indent(each("{d}\n\n{w}\n\n{x}")(items), "    "),
    "ISO dates": each("{i}\n\n{t}\n\n{s}"),
    "ISO dates, no blank lines": each("{i}\n{t}\n{s}", "\n"),
    "dates after the titles": each("{t}\n\n{d}\n\n{s}"),
    "dates after the titles, no blank lines": each("{t}\n{d}\n{s}", "\n"),
    "dates after the paragraphs": each("{t}\n\n{s}\n\n{d}"),
    "title and date together": each("{t}\n{d}\n\n{s}"),
    "date and title together": each("{d}\n{t}\n\n{s}"),
    "date in parentheses": each("{t} ({d})\n\n{s}"),
    "date in parentheses, no blank lines": each("{t} ({d})\n{s}", "\n"),
    "date in brackets first": each("[{d}] {t}\n\n{s}"),
    "date, dash, title": each("{d} - {t}\n\n{s}"),
    "date, long dash, title": each("{d} \u2014 {t}\n\n{s}"),
    "ISO date, blank, title": each("{i} {t}\n\n{s}"),
    "date, dash, title, no blank lines": each("{d} - {t}\n{s}", "\n"),
    "one date over several items": grouped("{d}", "{t}\n\n{s}", join="\n\n"),
    "underlined titles": each("{d}\n\n{t}\n{u}\n\n{s}"),
    "underlined titles above dates": each("{t}\n{v}\n\n{d}\n\n{s}"),
    "rules between items": each("{d}\n\n{t}\n\n{s}", "\n\n----------\n\n"),
    "title and date headings": each("# {t}\n\n## {d}\n\n{s}"),
    "date and title headings": each("## {d}\n\n### {t}\n\n{s}"),
    "date headings, title above": each("## {d}\n\n# {t}\n\n{s}"),
    "strong titles": each("**{t}**\n\n*{d}*\n\n{s}"),
    "headings of many": grouped("## {d}", "### {t}\n\n{s}", join="\n\n"),
    "bullets, date first": each("- {d}: {t}\n  {s}", "\n"),
    "bullets, date last": each("* {t} ({d})\n  {s}", "\n"),
    "bullets, blank lines": each("- {d}: {t}\n\n  {s}"),
    "bullets under dates": grouped("{d}\n", "- {t}\n  {s}\n"),
    "numbers under dates": grouped("{d}\n\n", "1. {t}\n\n   {s}\n\n"),
    "mails": each("Date: {d}\nSubject: {t}\n\n{s}"),
    "mails, subject first": each("Subject: {t}\nDate: {d}\n\n{s}"),
    "mails, ruled": each("Subject: {t}\nDate: {d}\n\n{s}", "\n\n--------\n\n"),
    "mails with senders": each(
        "From: Harbour Office <office@harbour.example>\nDate: {d}\nSubject: {t}\n\n{s}"
    ),
    "labels in capitals": each("DATE: {d}\nTITLE: {t}\n\n{s}"),
    "a heading over all": around(PLAIN, before=HEAD),
    "heading and introduction": around(PLAIN, before=HEAD + INTRODUCTION),
    "heading and introduction, titles first": around(
        each("{t}\n\n{d}\n\n{s}"), before=HEAD + INTRODUCTION
    ),
    "heading and introduction, date in parentheses": around(
        each("{t} ({d})\n\n{s}"), before=HEAD + INTRODUCTION
    ),
    "a ruled footer": around(PLAIN, after="\n\n----------" + FOOT),
    "a signature": around(PLAIN, after="\n\n-- " + FOOT),
    "a ruled footer, titles first": around(each("{t}\n\n{d}\n\n{s}"), after="\n\n* * *" + FOOT),
    "a copyright line": around(PLAIN, after="\n\n\u00a9 2026 Harbour Office"),
    "all around": around(
        PLAIN, before="HARBOUR NEWS\n============\n\n" + INTRODUCTION, after="\n\n---" + FOOT
    ),
}


@pytest.mark.parametrize("layout", TEXTS)
def test_every_text_gives_the_same_items(items: Items, layout: str) -> None:
    """Days, titles and whole summaries are the same, however the text is laid out."""
    assert rows(reading(TEXTS[layout](items))) == items


DATELESS: dict[str, Layout] = {
    "in turn": each("{t}\n\n{s}"),
    "in turn, no blank lines": each("{t}\n{s}", "\n"),
    "headings": each("# {t}\n\n{s}"),
    "underlined": each("{t}\n{v}\n\n{s}"),
    "windows line ends": replaced(each("{t}\n\n{s}"), "\n", "\r\n"),
    "a heading over all": around(each("{t}\n\n{s}"), before=HEAD),
    "heading and introduction over headings": around(
        each("## {t}\n\n{s}"), before="# " + HEAD + INTRODUCTION
    ),
    "a ruled footer": around(each("{t}\n\n{s}"), after="\n\n----------" + FOOT),
    "subjects": each("Subject: {t}\n\n{s}"),
}


@pytest.mark.parametrize("layout", DATELESS)
def test_a_text_without_dates_gives_the_same_items(items: Items, layout: str) -> None:
    """Without dates, titles and whole summaries stay; a day in a paragraph is nobody's date."""
    found = rows(reading(DATELESS[layout](items)))

    assert found == [(None, title, summary) for _, title, summary in items]


FOREIGN = {
    "es": ("{0.day} de {1} de {0.year}", "agosto septiembre octubre noviembre"),
    "fr": ("{0.day} {1} {0.year}", "août septembre octobre novembre"),
    "de": ("{0.day}. {1} {0.year}", "August September Oktober November"),
    "pt": ("{0.day} de {1} de {0.year}", "agosto setembro outubro novembro"),
    "ja": ("{0.year}年{0.month}月{0.day}日", "8月 9月 10月 11月"),
    "ru": ("{0.day} {1} {0.year} г.", "августа сентября октября ноября"),
    "ar": ("{0.day} {1} {0.year}", "أغسطس سبتمبر أكتوبر نوفمبر"),
}


@pytest.mark.parametrize("given", [True, False], ids=["language given", "language not given"])
@pytest.mark.parametrize("language", FOREIGN)
def test_dates_of_a_language_are_read(items: Items, language: str, given: bool) -> None:  # noqa: FBT001 - a table
    """Months are read by their names, also above titles in another language."""
    pattern, months = FOREIGN[language]
    text = "\n\n".join(
        f"{pattern.format(day, months.split()[day.month - 8])}\n\n{title}\n\n{summary}"
        for day, title, summary in items
    )

    assert rows(reading(text, language=language if given else "")) == items


@pytest.mark.parametrize("pattern", ["{d}\n\n{t}\n\n{s}", "{t}\n{d}\n{s}", "{d} - {t}\n\n{s}"])
@pytest.mark.parametrize(
    ("form", "last"),
    [("{0.day}/{0.month}/{0.year}", "25/12/2019"), ("{0.month}/{0.day}/{0.year}", "12/25/2019")],
    ids=["d/m/y", "m/d/y"],
)
def test_one_number_settles_the_order_of_all(
    items: Items, form: str, last: str, pattern: str
) -> None:
    """A 25th of December says for every other number which is the month."""
    text = "\n\n".join(
        pattern.format(d=shown, t=title, s=summary)
        for shown, title, summary in [
            *((form.format(day), title, summary) for day, title, summary in items),
            (last, "The office is closed for the holidays", "It opens again in the new year."),
        ]
    )

    assert [day for day, _, _ in rows(reading(text))] == [
        *(day for day, _, _ in items),
        date(2019, 12, 25),
    ]


@pytest.mark.parametrize(
    "heading", ["## {v} - {i}", "## [{v}] - {i}", "## {v} ({i})", "{v} / {i}\n----------------"]
)
def test_a_changelog_gives_its_versions(items: Items, heading: str) -> None:
    """Each version is an item; what changed is its summary."""
    versions = [
        (day, f"1.{number}.0", summary) for number, (day, _, summary) in enumerate(items, 1)
    ]
    text = "# Changelog\n\n" + "\n\n".join(
        f"{heading.format(v=version, i=day.isoformat())}\n\n- {summary}"
        for day, version, summary in versions
    )

    assert rows(reading(text)) == versions


PAGES: dict[str, Layout] = {
    "list": around(
        each("<li><h3>{t}</h3><time datetime='{i}'>{d}</time><p>{s}</p></li>"),
        before="<ul>",
        after="</ul>",
    ),
    "list without markup of its own": around(
        each("<li>{d}: {t}<br>{s}</li>"), before="<ul>", after="</ul>"
    ),
    "cards": each(
        "<div class='card'><div class='card-title'>{t}</div>"
        "<div class='card-date'>{d}</div><div class='card-text'>{s}</div></div>"
    ),
    "cards without names": each("<div><div>{d}</div><div>{t}</div><div>{s}</div></div>"),
    "definitions, date first": around(
        each("<dt>{d}</dt><dd><b>{t}</b><br>{s}</dd>"), before="<dl>", after="</dl>"
    ),
    "definitions, two descriptions": around(
        each("<dt>{t}</dt><dd>{d}</dd><dd>{s}</dd>"), before="<dl>", after="</dl>"
    ),
    "table": around(
        each("<tr><td>{d}</td><td>{t}</td><td>{s}</td></tr>"),
        before="<table><tr><th>Date</th><th>Title</th><th>Text</th></tr>",
        after="</table>",
    ),
    "table, head apart": around(
        each("<tr><td>{d}</td><td><strong>{t}</strong><br>{s}</td></tr>"),
        before="<table><thead><tr><th>When</th><th>What</th></tr></thead><tbody>",
        after="</tbody></table>",
    ),
    "strong dates and line breaks": each("<p><strong>{d}</strong><br>{t}<br>{s}</p>"),
    "strong dates, title apart": each("<p><strong>{d}</strong></p><p>{t}</p><p>{s}</p>"),
    "strong dates and titles": each("<p><strong>{d}<br>{t}</strong><br>{s}</p>"),
    "ruled": each("<p>{d}</p><p><b>{t}</b></p><p>{s}</p>", "<hr>"),
    "ruled, line breaks": each("{d}<br>{t}<br>{s}", "<hr>"),
    "line breaks, twice between": each("{d}<br><br>{t}<br><br>{s}", "<br><br>"),
    "line breaks alone": each("{d}<br>{t}<br>{s}", "<br>"),
    "preformatted": around(each("{d}\n\n{t}\n\n{s}"), before="<pre>", after="</pre>"),
    "preformatted and wrapped": around(
        each("{d}\n\n{w}\n\n{x}"), before="<pre>\n", after="\n</pre>"
    ),
    "paragraphs of blanks": each("<p>{d}</p><p>&nbsp;</p><p>{t}</p><p>&nbsp;</p><p>{s}</p>"),
    "office paragraphs": each(
        "<p class='MsoNormal'><span lang='EN'>{d}<o:p></o:p></span></p>"
        "<p class='MsoNormal'><b><span>{t}</span></b></p><p class='MsoNormal'><span>{s}</span></p>"
    ),
    "fonts": each("<font size=2>{d}</font><br><font size=4><b>{t}</b></font><br>{s}<br><br>"),
}
CONTENT_TYPE = "text/html; charset=utf-8"


def _escaped(items: Items) -> Items:
    return [(day, html.escape(title), html.escape(summary)) for day, title, summary in items]


@pytest.mark.parametrize("layout", PAGES)
def test_every_page_gives_the_same_items(items: Items, layout: str) -> None:
    """Days, titles and whole summaries are the same in every markup, without any link."""
    found = reading(page(PAGES[layout](_escaped(items))), content_type=CONTENT_TYPE)

    assert rows(found) == items
    assert {entry.url for entry in found.entries} == {""}


@pytest.mark.parametrize("layout", PAGES)
def test_every_page_alone_gives_the_same_items(items: Items, layout: str) -> None:
    """A page that is nothing but its bulletin is read like one with menus."""
    found = reading(
        f"<html><body>{PAGES[layout](_escaped(items))}</body></html>", content_type=CONTENT_TYPE
    )

    assert rows(found) == items


LINKED: dict[str, Layout] = {
    "list": around(
        each("<li><h3>{{}}</h3><time datetime='{i}'>{d}</time><p>{s}</p></li>"),
        before="<ul>",
        after="</ul>",
    ),
    "cards": each("<div class='card'><h4>{{}}</h4><div>{d}</div><div>{s}</div></div>"),
    "definitions": around(each("<dt>{d}</dt><dd>{{}}<br>{s}</dd>"), before="<dl>", after="</dl>"),
    "table": around(
        each("<tr><td>{d}</td><td>{{}}</td><td>{s}</td></tr>"), before="<table>", after="</table>"
    ),
    "strong dates": each("<p><strong>{d}</strong><br>{{}}<br>{s}</p>"),
    "line breaks": each("{d}<br>{{}}<br>{s}<br><br>"),
    "date headings": each("<h2>{d}</h2><h3>{{}}</h3><p>{s}</p>"),
}


def _linked(layout: Layout, items: Items, address: str) -> str:
    links = [
        f'<a href="{address.format(number)}">{html.escape(title)}</a>'
        for number, (_, title, _) in enumerate(items)
    ]
    return layout(_escaped(items)).format(*links)


@pytest.mark.parametrize("layout", LINKED)
def test_links_to_documents_are_links(items: Items, layout: str) -> None:
    """Where every title leads to a PDF, that is the item's address."""
    content = _linked(LINKED[layout], items, "/files/{}.pdf")
    found = reading(page(content), content_type=CONTENT_TYPE)

    assert rows(found) == items
    assert [entry.url for entry in found.entries] == [
        f"https://harbour.example/files/{number}.pdf" for number in range(len(items))
    ]


@pytest.mark.parametrize("layout", LINKED)
def test_one_link_for_all_loses_no_item(items: Items, layout: str) -> None:
    """Items whose titles all lead to one address stay items of their own."""
    content = _linked(LINKED[layout], items, "/all.pdf")

    assert rows(reading(page(content), content_type=CONTENT_TYPE)) == items


@pytest.mark.parametrize("layout", PAGES)
def test_one_link_above_is_nobodys(items: Items, layout: str) -> None:
    """The link to the whole bulletin as a document is no item and no item's address."""
    content = "<p><a href='/all.pdf'>The whole bulletin as PDF</a></p>" + PAGES[layout](
        _escaped(items)
    )
    found = reading(page(content), content_type=CONTENT_TYPE)

    assert rows(found) == items
    assert {entry.url for entry in found.entries} == {""}


GROUPED: dict[str, Layout] = {
    "titles": grouped("<h2>{d}</h2>", "<h3>{t}</h3><p>{s}</p>"),
    "sections": grouped("<section><h2>{d}</h2>", "<h3>{t}</h3><p>{s}</p>", "{}</section>"),
    "lists": grouped("<h2>{d}</h2>", "<li><strong>{t}</strong> <p>{s}</p></li>", "<ul>{}</ul>"),
    "links": grouped("<h4>{d}</h4>", "<li><a href='#{t}'>{t}</a><p>{s}</p></li>", "<ul>{}</ul>"),
    "definitions": grouped("<dl><dt>{d}</dt>", "<dd><b>{t}</b><p>{s}</p></dd>", "{}</dl>"),
}
ALONE = "<html><body>{}</body></html>"


@pytest.mark.parametrize(
    ("items", "layout", "frame"),
    [
        pytest.param(
            source,
            layout,
            frame,
            id=f"{source}-{layout}-{'alone' if frame == ALONE else 'page'}",
        )
        for source in ("real", "sample")
        for layout in GROUPED
        for frame in (page("{}"), ALONE)
    ],
    indirect=["items"],
)
def test_a_date_heading_dates_all_below_it(items: Items, layout: str, frame: str) -> None:
    """A day over several items is the day of each, in every markup."""
    content = GROUPED[layout](_escaped(items))

    assert rows(reading(frame.format(content), content_type=CONTENT_TYPE)) == items
