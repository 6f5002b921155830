"""What is kept of a page that somebody is about to have read, and what is made of their words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hard_pages import HARD_PAGES
from worlds import Clock

from config.settings import RuleSettings
from feeds.fetch_parts import Parts
from feeds.instants import to_column
from feeds.page import Page, Validators
from feeds.pointing_values import Point
from feeds.snapshot import Picture
from tidings.cli import CommandError
from tidings.desk import draft_store
from tidings.desk.draft import (
    Draft,
    Form,
    OwnFeed,
    Step,
    from_the_start,
    with_point,
    with_rules,
    without_last_step,
)
from tidings.desk.draft_fetch import web_address
from tidings.desk.draft_saving import checked_form, rules_from
from tidings.desk.draft_store import MOST_DRAFTS, DraftStore
from tidings.desk.draft_views import choices, counts, doubts
from tidings.desk.zone_guess import guess_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feeds.database import Database

URL = "https://council.example/"
NO_PARTS = Parts(styles={}, pictures={})
PARTS = Parts(
    styles={"https://x.test/a.css": "a { color: red } /* ü */"},
    pictures={"https://x.test/a.png": Picture(mime="image/png", body=b"\x89PNG\0\n")},
)


def draft_of(body: str, *, identifier: str = "one", now: datetime) -> Draft:
    """Return the draft of a page, as it begins."""
    page = Page(
        body=body.encode(),
        url=URL,
        content_type="text/html; charset=utf-8",
        status=None,
        validators=Validators(),
    )
    steps = (Step(rules=RuleSettings()),)
    return Draft(id=identifier, made=now, url=URL, page=page, steps=steps)


def test_a_draft_is_kept_whole(database: Database, noon: datetime) -> None:
    """Page, parts, points, rules and form come back as they were put."""
    store = DraftStore(database)
    draft = replace(
        draft_of("<p>\0 é</p>", now=noon),
        form=Form(title="Ω", slug="o", language="el", time_zone="Europe/Athens", every="3h"),
        feed=OwnFeed(url="https://x.test/feed", count=3),
        of=("harbour", "main"),
        kind="html",
        trouble=("no",),
    )
    store.add(draft, PARTS, now=noon)
    changed = replace(
        draft,
        steps=(
            *draft.steps,
            Step(rules=RuleSettings(item="li"), points=(Point(7, "not"),), said=("so",)),
        ),
    )
    store.update(changed, now=noon)

    assert store.find("one", now=noon) == changed
    assert store.parts("one") == PARTS
    assert [(kept.title, kept.of) for kept in store.open(now=noon)] == [("Ω", ("harbour", "main"))]
    store.remove("one")
    assert store.find("one", now=noon) is None
    assert store.parts("one") == NO_PARTS


def test_drafts_end(database: Database, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a day without use; and the least used ones where there are many, or much."""
    clock, store = Clock(noon), DraftStore(database)
    for number in range(MOST_DRAFTS + 2):
        clock.forward(minutes=1)
        store.add(draft_of("x", identifier=f"{number:02}", now=noon), NO_PARTS, now=clock())
    left = [kept.id for kept in store.open(now=clock())]
    assert left == [f"{number:02}" for number in range(MOST_DRAFTS + 1, 1, -1)]

    monkeypatch.setattr(draft_store, "MOST_BYTES", 1)
    clock.forward(minutes=1)
    store.add(draft_of("x", identifier="large", now=noon), NO_PARTS, now=clock())
    assert [kept.id for kept in store.open(now=clock())] == ["large"]

    assert store.find("large", now=clock() + timedelta(hours=23))
    assert store.find("large", now=clock() + timedelta(hours=25)) is None
    with database.reading() as transaction:
        (row,) = transaction.all("SELECT used FROM drafts")
    assert row["used"] == to_column(clock())


def test_words_on_a_page_follow_one_another(noon: datetime) -> None:
    """A point, a contradiction, a rule by hand; each can be taken back, and all of them."""
    draft = draft_of(HARD_PAGES["council"].html, now=noon)
    opened = draft.open(noon)
    assert opened is not None
    start = draft.read(noon, opened)
    wanted = next(one for one in choices(opened, start).lists if one.titles[0] == "Mayor")

    pointed, read = with_point(draft, Point(wanted.number, "title"), opened)

    assert [entry.title for entry in read.reading.entries] == ["Mayor", "Taxes"]
    assert pointed.points == (Point(wanted.number, "title"),)
    assert pointed.steps[-1].said[0] == "2 items, was 7."
    nothing, same = with_point(pointed, Point(10**8, "date"), opened)
    assert nothing.trouble
    assert nothing.steps == pointed.steps
    assert same.reading.entries == read.reading.entries
    by_hand = with_rules(nothing, RuleSettings(item="div.meeting"))
    assert (by_hand.points, by_hand.trouble) == ((), ())
    assert len(by_hand.read(noon).reading.entries) == len(start.reading.entries)
    assert without_last_step(by_hand).rules == pointed.rules
    assert from_the_start(by_hand).read(noon).reading.entries == start.reading.entries
    assert without_last_step(draft) == draft


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("harbour.example/news", "https://harbour.example/news"),
        (" https://harbour.example/\n news ", "https://harbour.example/news"),
        ("localhost:8080/x?u=http://y", "https://localhost:8080/x?u=http://y"),
        ("HTTP://harbour.example", "HTTP://harbour.example"),
        ("", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://", None),
        ("http://x:99999/", None),
        ("http://[1/", None),
        (f"https://x.test/{'a' * 2000}", None),
    ],
)
def test_an_address_as_somebody_typed_it(typed: str, address: str | None) -> None:
    """It is made whole, or the message says how an address looks."""
    if address is not None:
        assert web_address(typed) == address
        return
    with pytest.raises(CommandError, match=r"https://harbour\.example/news"):
        web_address(typed)


@pytest.mark.parametrize(
    ("url", "otherwise", "zone"),
    [
        ("https://porto.pt/", "", "Europe/Lisbon"),
        ("https://news.at:8443/", "Asia/Tokyo", "Europe/Vienna"),
        ("https://startup.io/", "Asia/Tokyo", "Asia/Tokyo"),
        ("https://news.br/", "America/Bahia", "America/Bahia"),
        ("https://example.org/", "Nowhere/At_all", "UTC"),
        ("http://192.0.2.1/", "../../etc/passwd", "UTC"),
    ],
)
def test_where_a_page_probably_is(url: str, otherwise: str, zone: str) -> None:
    """By its country where that has one zone; else where the one is who asks."""
    assert guess_zone(url, otherwise) == zone


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": "A", "slug": "a", "language": "pt-BR", "time_zone": "Asia/Tokyo"}, []),
        ({"title": " \t", "slug": ""}, ["title", "slug"]),
        ({"slug": "desk"}, ["slug"]),
        ({"slug": "taken"}, ["slug"]),
        ({"slug": "Ä b"}, ["slug"]),
        ({"language": "klingon!"}, ["language"]),
        ({"time_zone": "/etc/localtime"}, ["time_zone"]),
        ({"every": "1s"}, []),
    ],
)
def test_a_form_is_checked(fields: Mapping[str, str], wrong: list[str]) -> None:
    """Each field says what is wrong with it; a page can be read by what is right."""
    former = Form(title="Former", slug="former")

    checked = checked_form(fields, former, frozenset(("taken",)))

    assert list(checked.problems) == wrong
    assert checked.form.language in {"en", "pt-BR"}
    assert checked.form.time_zone in {"UTC", "Asia/Tokyo"}
    assert checked.form.every == "1h"


def test_rules_by_hand_are_checked() -> None:
    """A pattern that is none is said by its name; what is no rule is left alone."""
    assert rules_from({"item": " li ", "form": "x"}) == RuleSettings(item="li")
    with pytest.raises(CommandError, match="exclude"):
        rules_from({"exclude": "("})


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("<li><a href=/{n}>The title of number {n}</a> {d} November 2026", ""),
        ("<li><a href=/{n}>The title of number {n}</a>", "No item has a date"),
        ("<li><b>The title of number {n}</b> {d} November 2026", "No item has a link"),
        ("<li><a href=/{n}>The title of number {n}</a> {d} May 2027", "lie in the future"),
        ("<li><a href=/{n}>The title of number {m}</a> {d} November 2026", "is the title of 2"),
    ],
)
def test_doubts_are_said_in_words(items: str, said: str, noon: datetime) -> None:
    """What may be wrong with a reading, and nothing where all is well."""
    body = "".join(items.format(n=n, d=10 + n, m=n // 2) for n in range(5))
    read = draft_of(f"<html lang=en><body><ul>{body}</ul>", now=noon).read(noon)

    told = " ".join(doubts(read, noon))

    assert said in told
    assert bool(said) == bool(told)
    assert all(count.of == 5 for count in counts(read))
