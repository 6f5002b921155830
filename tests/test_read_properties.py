"""What holds for whatever is read: an answer, and no say for what stands beside the list."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_read import ATOM, JSON, RSS
from test_read_html import ASIDE, FOOTER, MENU, WITH_LINKS, WITHOUT_LINKS
from test_read_text import ITEMS, LAYOUTS, rows

from feeds.read import read

if TYPE_CHECKING:
    from feeds.model import Reading

URL = "https://harbour.example/news/"


def reading(body: bytes, *, content_type: str = "") -> Reading:
    """Read bytes as the service would."""
    return read(
        body,
        url=URL,
        content_type=content_type,
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
    )


def answered(found: Reading) -> bool:
    """Whether a reading has entries with titles, or one sentence why not."""
    titled = all(entry.title == entry.title.strip() != "" for entry in found.entries)
    return titled and bool(found.entries) != bool(found.problem)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(["", "text/html", "text/plain", "text/x; charset"]))
def test_any_bytes_are_answered(body: bytes, content_type: str) -> None:
    """Random bytes give entries or a problem, whatever the server calls them."""
    assert answered(reading(body, content_type=content_type))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_answered(text: str) -> None:
    """Random characters of every script give entries or a problem."""
    assert answered(reading(text.encode()))


SEEDS = [
    RSS,
    ATOM,
    JSON,
    *(LAYOUTS[name].encode() for name in ("date, title, paragraph", "markdown, date headings")),
    *(layout.encode() for layout in (*WITH_LINKS.values(), *WITHOUT_LINKS.values())),
]
PIECES = st.sampled_from(
    [
        *(b"< > </ <li> <ul> <table> <b <!-- --> <pre> ' \" & &# [ ]( { } \\ \0 \xff \xc3".split()),
        *(
            "14 May 2020|99/99/9999|0000-00-00|2020-02-30|\n\n|\u202e|٣|#|---\n".encode().split(
                b"|"
            )
        ),
        b'<time datetime="-1">',
        b'<script type="application/ld+json">[{"@type": "Article"}]',
        b"<![CDATA[",
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A page, a text or a feed of which pieces were cut, doubled, moved or replaced."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        end = min(start + draw(st.integers(0, 80)), len(body))
        to = draw(st.integers(0, len(body)))
        piece = draw(
            st.one_of(st.just(b""), st.just(body[start:end]), PIECES, st.binary(max_size=5))
        )
        body = (
            body[:start] + piece + body[end:]
            if draw(st.booleans())
            else body[:to] + piece + body[to:]
        )
    return body


@settings(max_examples=200, deadline=None)
@given(mutated())
def test_any_damage_is_answered(body: bytes) -> None:
    """Damaged pages, texts and feeds give entries or a problem."""
    assert answered(reading(body))


BLOCKS = {
    "menu": MENU,
    "aside": ASIDE,
    "footer": FOOTER,
    "search": '<form action="/search"><input name="q"><button>Search</button></form>',
    "cookies": '<div class="cookie-banner"><p>We use cookies.</p><button>Accept</button></div>',
    "languages": '<div class="menu"><a href="/en">English</a> <a href="/fr">Français</a></div>',
    "logo": '<div class="logo"><a href="/"><img src="/logo.png" alt="Harbour"></a></div>',
}


@pytest.mark.parametrize("layout", [*WITH_LINKS, *(f"{name}, no links" for name in WITHOUT_LINKS)])
@settings(max_examples=12, deadline=None)
@given(order=st.permutations(sorted(BLOCKS)), place=st.integers(0, len(BLOCKS)))
def test_the_order_of_what_stands_around_changes_nothing(
    layout: str, order: list[str], place: int
) -> None:
    """Menus, side bars, forms and banners say nothing, whichever of them stands where."""
    content = WITH_LINKS.get(layout) or WITHOUT_LINKS[layout.removesuffix(", no links")]
    blocks = [BLOCKS[name] for name in order]
    blocks.insert(place, f"<div>{content}</div>")
    found = reading(f"<html lang=en><body>{''.join(blocks)}</body></html>".encode())

    assert rows(found) == ITEMS


@pytest.mark.parametrize("layout", WITH_LINKS)
@settings(max_examples=15, deadline=None)
@given(
    name=st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
    value=st.from_regex(r"[A-Za-z0-9._~%2F-]{0,30}", fullmatch=True),
    first=st.dates(date(2000, 1, 1), date(2026, 1, 1)),
)
def test_a_parameter_on_every_link_changes_no_title_and_no_date(
    layout: str, name: str, value: str, first: date
) -> None:
    """Where the links say how they were followed, even by a day, titles and dates stay."""
    content = WITH_LINKS[layout]
    for number in range(len(ITEMS)):
        content = content.replace(
            f"'/n/{number}'", f"'/n/{number}?{name}={value}&amp;seen={first.isoformat()}'"
        )
    found = reading(f"<html lang=en><body>{MENU}<div>{content}</div></body></html>".encode())

    assert rows(found) == ITEMS
