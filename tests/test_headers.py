"""What is said beside published documents, and what a request asks of them, as values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from config.load import parse
from config.slugs import RESERVED
from feeds.headers import SiteHeaders, content_type, is_feed
from feeds.nginx_tables import nginx_tables
from feeds.routes import Route
from tidings.conditions import choose_coding, is_known

SITE = '[site]\nbase_url = "https://news.example.org"\n'
BULLETIN = '[bulletins.{slug}]\ntitle = "N"\n[bulletins.{slug}.sources.a]\nfile = "b.txt"\n{more}\n'
SIZES = {"br": 10, "zstd": 11, "gzip": 12}


def headers(text: str) -> SiteHeaders:
    """Return the headers of a configuration."""
    return SiteHeaders(parse(text, Path("tidings.toml"), {}))


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ('every = "1h"', 1800),
        ('every = "30m"', 900),
        ('every = "15m"', 450),
        ('every = "1m"', 300),
        ('every = "3h"', 3600),
        ('every = "7d"', 3600),
        ('cron = "0 7 * * mon-fri"', 3600),
        ('cron = "*/20 * * * *"', 600),
        ('cron = "0,10 8 * * *"', 300),
        ('cron = "0 0 29 2 *"', 3600),
        (
            'every = "2h"\n[bulletins.harbour.sources.b]\nfile = "c.txt"\nevery = "20m"',
            600,
        ),
    ],
)
def test_a_document_is_fresh_for_half_the_rhythm_of_its_source(schedule: str, seconds: int) -> None:
    """Of the quickest, from five minutes to an hour: what readers take for their own rhythm."""
    said = headers(BULLETIN.format(slug="harbour", more=schedule))

    for path in ("harbour/rss.xml", "harbour/index.html", "harbour/items/a.html"):
        assert said.of(path).cache_control == (
            f"public, max-age={seconds}, stale-while-revalidate={seconds}, stale-if-error=86400"
        )


def test_what_several_bulletins_make_follows_the_quickest() -> None:
    """The front page, merged feeds, the style."""
    text = BULLETIN.format(slug="slow", more='every = "1d"')
    text += BULLETIN.format(slug="quick", more='every = "20m"')

    said = headers(text)

    assert {said.of(p).cache_control for p in ("index.html", "style.css", "all/rss.xml")} == {
        said.of("quick/rss.xml").cache_control
    }
    assert said.of("slow/rss.xml").cache_control != said.of("quick/rss.xml").cache_control


@pytest.mark.parametrize(
    "path", ["harbour/archive/2026-10.xml", "harbour/archive/2026/10/feed.json"]
)
def test_a_month_that_is_over_is_asked_for_seldom(path: str) -> None:
    """Its document changes seldom, and no hub is told; but what is forgotten goes there too."""
    said = headers(SITE).of(path)

    assert said.cache_control.startswith("public, max-age=604800, ")
    assert "immutable" not in said.cache_control
    assert said.link == f'<https://news.example.org/{path}>; rel="self"'
    assert not is_feed(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rss.xml", "application/rss+xml; charset=utf-8"),
        ("atom.xml", "application/atom+xml; charset=utf-8"),
        ("feed.json", "application/feed+json; charset=utf-8"),
        ("2026-10.rss.xml", "application/rss+xml; charset=utf-8"),
        ("2026-10.atom.xml", "application/atom+xml; charset=utf-8"),
        ("2026-10.feed.json", "application/feed+json; charset=utf-8"),
        ("feeds.opml", "text/x-opml; charset=utf-8"),
        ("sitemap.xml", "application/xml; charset=utf-8"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("a.b.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("html", "application/octet-stream"),
        ("a.exe", "application/octet-stream"),
    ],
)
def test_a_type_follows_from_the_name(name: str, kind: str) -> None:
    """The same for every server."""
    assert content_type(name) == kind


def test_an_address_cannot_leave_its_brackets() -> None:
    """Whatever was configured."""
    said = headers('[site]\nbase_url = "https://x.example/a>b\\"$c ü"\nhubs = ["http://h/>,<x"]')

    link = said.of("harbour/rss.xml").link

    assert link.isascii()
    assert re.findall(r"<([^>]*)>", link) == [
        "https://x.example/a%3Eb%22%24c%20%C3%BC/harbour/rss.xml",
        "http://h/%3E,%3Cx",
        "https://x.example/a%3Eb%22%24c%20%C3%BC/harbour/",
    ]


# --- what a request asks -------------------------------------------------------------------

TOKENS = some.sampled_from(
    [
        "gzip",
        "br",
        "zstd",
        "identity",
        "*",
        "x-gzip",
        "GZIP",
        ";q=0",
        ";q=0.5",
        ";q=1",
        ",",
        " ",
        "q",
    ]
)


@given(some.lists(TOKENS, max_size=12).map("".join) | some.text(max_size=40))
def test_no_coding_is_sent_that_was_refused_or_not_named(accepted: str) -> None:
    """Whatever somebody writes there."""
    coding = choose_coding(accepted, SIZES)

    assert coding in {"", *SIZES}
    if coding:
        plain = accepted.lower().replace(" ", "")
        assert coding in plain or ("*" in plain and coding == "gzip")
        assert plain != f"{coding};q=0"


@given(some.text(max_size=60), some.none() | some.text(max_size=60))
def test_no_condition_breaks_an_answer(tags: str, date: str | None) -> None:
    """What nobody sent is known to nobody."""
    known = is_known("abc", 1_700_000_000, if_none_match=tags, if_modified_since=date)

    assert not known or "abc" in tags or tags.strip() == "*"


# --- tables for nginx ----------------------------------------------------------------------


def test_nginx_hands_on_whatever_the_service_answers_itself() -> None:
    """Each address that is no document begins with a word that no bulletin can have."""
    package = Path(__file__).resolve().parent.parent / "tidings"
    sources = "".join(path.read_text() for path in package.glob("*.py"))
    served = set(re.findall(r'Route\(\s*f?"/([a-z]+)', sources))

    assert {"health", "mails", "unsubscribe"} <= served <= RESERVED


def test_tables_hold_no_word_that_ends_a_quote() -> None:
    """What an operator or a route names stays within its quotes, and is no variable of nginx."""
    settings = parse(
        '[site]\nbase_url = "https://x.example/a\\"; return 200 \\"$host"\n'
        + BULLETIN.format(slug="harbour", more=""),
        Path("tidings.toml"),
        {},
    )

    tables = nginx_tables(settings, [Route(path="a.b/", location="https://x.example/(a)/")])

    assert "return 200" not in tables.replace("%20", " ").split('"')[::2]
    assert "$host" not in tables
    assert '"~^/a\\.b(/(?<tidings_below>' in tables
    assert '"https://x.example/(a)/$tidings_below"' in tables
    for line in tables.splitlines():
        assert len(re.findall(r'(?<!\\)"', line)) % 2 == 0
