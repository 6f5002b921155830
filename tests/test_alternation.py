"""Wordings that come by turns: a correction is a revision, a page that cannot decide is none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some
from worlds import NOON, Feeds, bulletin, checked, entry, runner

from feeds.alternation import MOST_RETURNS, settled
from feeds.diff import PUT_OFF, content_of, diff, fingerprint
from feeds.model import Content, Evidence, Former, Item, Match, Matching

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from feeds.database import Database
    from feeds.model import Entry

WORDINGS = tuple(
    entry(title, url="https://x.test/1", summary=summary)
    for title, summary in (
        ("Bridge closed", "It stays closed until Friday."),
        ("Bridge closed for repairs", "It stays closed until Friday."),
        ("Bridge closed", "It stays closed until Monday."),
        ("The bridge is open again", ""),
        ("Bridge closed until further notice", "Nobody knows for how long."),
        ("Bridge: news", "See the notice board."),
    )
)
A, B, C, D, *_ = WORDINGS


def shown(
    turns: Sequence[Entry], *, every: timedelta = timedelta(hours=1)
) -> tuple[list[bool], list[Content]]:
    """Show one item by turns; return which of them revised it, and all that it was, in order."""
    item = Item(
        id="tag:x",
        token="x",
        bulletin="harbour",
        number=1,
        changed=1,
        content=content_of(turns[0]),
        published=NOON,
        updated=NOON,
        first_seen=NOON,
        position=0,
        sighted=True,
        stated=fingerprint(content_of(turns[0])),
    )
    former: list[Former] = []
    revised: list[bool] = []
    for place, turn in enumerate(turns[1:]):
        now = NOON + every * place
        match = Match(entry=turn, place=0, item=item, evidence=Evidence.URL, strength=1.0)
        changes = diff(Matching(matches=(match,)), first=False)
        changes = settled(changes, {item.id: former}, now)
        assert len(changes.revised) + len(changes.unchanged) == 1
        for revision in changes.revised:
            former.append(
                Former(content=item.content, revision=len(former), replaced=now, evidence="url")
            )
            item = replace(item, content=revision.content)
        put_off = any(match.put_off for match in changes.unchanged)
        said = fingerprint(content_of(turn))
        item = replace(item, stated=f"{PUT_OFF}{said}" if put_off else said)
        revised.append(bool(changes.revised))
    return revised, [*(one.content for one in former), item.content]


@pytest.mark.parametrize(
    ("turns", "revised"),
    [
        ([A, B, A], [True, True]),
        ([A, B, A, B], [True, True, True]),
        ([A, B, A, B, A, B, A], [True, True, True, False, False, False]),
        ([A, B, C, A, B, C, A, B], [True, True, True, True, False, False, False]),
        ([A, B, A, B, A, C, A, B, C], [True, True, True, False, True, True, True, False]),
        ([A, A, B, B, A, A], [False, True, False, True, False]),
    ],
    ids=["taken back", "made again", "two by turns", "three by turns", "a third", "standing"],
)
def test_turns(turns: list[Entry], revised: list[bool]) -> None:
    """Taken back and made again are revisions; going on is none, until something new comes."""
    assert shown(turns)[0] == revised


@given(some.lists(some.sampled_from(WORDINGS), min_size=2, max_size=60))
def test_what_goes_round_comes_to_an_end(turns: list[Entry]) -> None:
    """Each wording that an item never had revises it, and allows a few returns, no more."""
    revised, contents = shown(turns)

    kinds = {fingerprint(content) for content in contents}
    assert len(contents) - 1 == sum(revised) <= (len(kinds) - 1) * (1 + MOST_RETURNS)
    for place in range(1, len(contents)):
        before = {fingerprint(content) for content in contents[:place]}
        last = contents[place : place + MOST_RETURNS + 1]
        assert len(last) <= MOST_RETURNS or any(fingerprint(c) not in before for c in last)


@given(some.lists(some.sampled_from(WORDINGS), min_size=2, max_size=30))
def test_no_wording_that_is_new_is_swallowed(turns: list[Entry]) -> None:
    """Whatever went round before it."""
    revised, _ = shown([*turns, entry("Something else", url="https://x.test/1", summary="New.")])

    assert revised[-1]


def test_a_page_that_cannot_decide_for_years_is_revised_ever_more_rarely() -> None:
    """Ten times in as many years of checks each day, and the pauses grow."""
    days = 10 * 365
    revised, _ = shown([A, B] * (days // 2), every=timedelta(days=1))

    at = [day for day, is_revised in enumerate(revised) if is_revised]
    pauses = [later - earlier for earlier, later in pairwise(at)]
    assert pauses[:2] == [1, 1]
    assert pauses == sorted(pauses)
    assert len(at) < len(range(12))


@pytest.mark.parametrize("days", [90, 180])
def test_what_changes_with_the_season_is_a_revision_each_time(days: int) -> None:
    """Open in summer, closed in winter: for many years."""
    turns = [turn for season in range(20) for turn in [(A, B)[season % 2]] * days]

    revised, contents = shown(turns, every=timedelta(days=1))

    assert len(contents) == len(range(20))
    assert [day for day, is_revised in enumerate(revised, start=1) if is_revised] == [
        days * season for season in range(1, 20)
    ]


def test_what_a_page_settles_on_is_shown_in_the_end() -> None:
    """Its last wording was put off; that it goes on saying so is news when the pause is over."""
    revised, contents = shown([A, B, A, B, A, B, *[A] * 40], every=timedelta(days=1))

    assert fingerprint(contents[-1]) == fingerprint(content_of(A))
    assert sum(revised) == len("BABA")


def test_what_is_put_off_comes_from_the_store_as_well(database: Database) -> None:
    """On both databases: a page stops at a wording that was put off, and a month later it shows."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin()], now=feeds.clock())
    feeds.store(A)
    for turn in (B, A, B):
        checked(feeds, turn)
    assert not checked(feeds, A).revised

    feeds.clock.forward(days=29)
    assert not checked(feeds, A).revised
    feeds.clock.forward(days=2)
    assert len(checked(feeds, A).revised) == 1

    (item,) = feeds.items.latest("harbour", 1)
    assert fingerprint(item.content) == fingerprint(content_of(A))
    assert not checked(feeds, A).revised


def test_a_page_of_two_servers(database: Database) -> None:
    """On both databases: the item stays found, and neither its number nor its content moves."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin()], now=feeds.clock())
    feeds.store(A)
    for turn in (B, A, B):
        assert checked(feeds, turn).revised
    (before,) = feeds.items.latest("harbour", 1)

    for turn in (A, B, A, B, A):
        changes = checked(feeds, turn)
        assert (changes.new, changes.revised, changes.missing) == ((), (), ())
        assert len(changes.unchanged) == 1

    assert feeds.items.latest("harbour", 1) == (before,)
    assert len(feeds.items.former_contents([before.id])[before.id]) == 3
    assert len(checked(feeds, D).revised) == 1
    assert len(checked(feeds, A).revised) == 1


def test_checks_of_a_page_that_cannot_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """By the verbs: a few corrections, then none, until it says something new."""
    page = tmp_path / "bulletin.txt"
    text = "3 November 2026\n\nBridge\n\nClosed until {}.\n\n1 November 2026\n\nFair\n\nSoon.\n"
    (tmp_path / "tidings.toml").write_text(
        '[bulletins.harbour]\ntitle = "Harbour"\n'
        '[bulletins.harbour.sources.main]\nfile = "bulletin.txt"\n'
    )
    run = runner(tmp_path, monkeypatch, capfd)
    revised = []

    for turn in range(8):
        page.write_text(text.format(("Friday", "Monday")[turn % 2]))
        revised.append(json.loads(run("check", "--json")[1])["checks"][0]["revised"])

    assert revised == [0, 1, 1, 1, 0, 0, 0, 0]
    page.write_text(text.format("Sunday"))
    assert json.loads(run("check", "--json")[1])["checks"][0]["revised"] == 1
