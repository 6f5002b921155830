"""A reading with the elements that it was read from: what a picture of the page outlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from config.settings import RuleSettings, SourceSettings
from feeds.located import Spots, located
from feeds.numbered import Opened, open_page
from feeds.page import Page, Validators
from feeds.read import read

URL = "https://harbour.example/news/"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCE = SourceSettings(bulletin="harbour", name="main", url=URL, language="en")
TEXT = "The swing bridge stays closed until Friday, for its bearings are worn."
ITEMS = ((1, "Bridge closed", "20 November 2026"), (2, "Ferry late", "19 November 2026"))
LIST = "<script>1</script><h1>News</h1><ul>{}</ul>".format(
    "".join(
        f'<li><h3><a href="/n/{n}"><i>{title}</i></a></h3><time>{day}</time><p>{TEXT}</p>'
        for n, title, day in ITEMS
    )
)
FLAT = "".join(f"<h3>{title}</h3><p>{day}</p><p>{TEXT}</p>" for _, title, day in ITEMS)
OVER = (
    f"<h4>20 November 2026</h4><div><h3>{ITEMS[0][1]}</h3></div><div><h3>{ITEMS[1][1]}</h3></div>"
)
TAGS = {
    "a list": (LIST, RuleSettings(), ("li", "h3", "a", "time", "p")),
    "a flat page": (FLAT, RuleSettings(), ("h3", "h3", None, "p", "p")),
    "a day above": (OVER, RuleSettings(), ("div", "h3", None, "h4", None)),
    "rules": (
        LIST,
        RuleSettings(item="li", title="i", link="h3", date="p", title_pattern="(Br.*|Fe.*)"),
        ("li", "i", "a", None, "p"),
    ),
    "rules without a list": (LIST, RuleSettings(date="time"), ("li", "h3", "a", "time", "p")),
    "filters": (LIST, RuleSettings(exclude="Ferry"), ("li", "h3", "a", "time", "p")),
}


def page(markup: str) -> Page:
    """A page as it would be fetched."""
    return Page(
        body=markup.encode(),
        url=URL,
        content_type="text/html; charset=utf-8",
        status=200,
        validators=Validators(),
    )


@pytest.mark.parametrize("name", TAGS)
def test_each_field_names_the_element_that_it_was_read_from(name: str) -> None:
    """By rules and without; and what is read is what reading alone gives."""
    markup, rules, tags = TAGS[name]
    source = replace(SOURCE, rules=rules)
    opened = open_page(page(markup), source=source, now=NOON)
    assert isinstance(opened, Opened)

    got = located(page(markup), source=source, now=NOON)

    first = got.spots[0]
    numbers = (first.item[0], first.title, first.link, first.date, first.summary)
    assert got.reading == read(
        page(markup).body,
        url=URL,
        zone=ZoneInfo("UTC"),
        now=NOON,
        content_type="text/html",
        language="en",
        rules=rules,
    )
    assert len(got.spots) == len(got.reading.entries)
    assert tuple(None if n is None else opened.numbers.nodes[n].tag for n in numbers) == tags
    assert all("place" not in entry.evidence for entry in got.reading.entries)


def test_items_of_a_flat_page_are_several_elements() -> None:
    """All that belongs to one is outlined, up to the next."""
    got = located(page(FLAT), source=SOURCE, now=NOON)

    assert [len(spots.item) for spots in got.spots] == [3, 3]


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        (b"20 November 2026\n\nBridge closed\n\nUntil Friday.", ["Bridge closed"]),
        (b"%PDF-1.7", []),
    ],
)
def test_what_is_no_page_has_no_spots(body: bytes, titles: list[str]) -> None:
    """A text and a feed are read as ever, and nothing is outlined."""
    text = replace(page(""), body=body, content_type="text/plain")

    got = located(text, source=SOURCE, now=NOON)

    assert [entry.title for entry in got.reading.entries] == titles
    assert got.spots == (Spots(),) * len(titles)


def test_items_of_text_with_breaks_stand_where_their_titles_do() -> None:
    """Where a page is read as text, the element with the title is all that is known."""
    lines = "".join(f"<p>{day}<br><b>{title}</b><br>{TEXT}</p>" for _, title, day in ITEMS)

    got = located(page(lines), source=SOURCE, now=NOON)

    assert [entry.title for entry in got.reading.entries] == [title for _, title, _ in ITEMS]
    assert all(spots.title is not None for spots in got.spots)
