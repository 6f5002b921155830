"""Turns of sources on both databases: each is told by one process, and mailed until it left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from worlds import LEASE, Feeds, bulletin, entry

from feeds.habit import Habit
from feeds.records import HeldNews, Repaired
from feeds.turn_store import TurnKind, TurnStore

if TYPE_CHECKING:
    from feeds.database import Database


@pytest.fixture
def feeds(database: Database) -> Feeds:
    """A bulletin with one source."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin()], now=feeds.clock())
    return feeds


def check(feeds: Feeds, outcome: str) -> None:
    """Record a check that ended so."""
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim, outcome=outcome))


def test_a_turn_is_told_once_and_mailed_until_it_left(feeds: Feeds, database: Database) -> None:
    """One process at a time tries, and another one takes over from one that died."""
    turns, later = TurnStore(database), timedelta(hours=1)
    check(feeds, "failed")
    now = feeds.clock()

    (told,) = turns.note(mailing=True, now=now)
    assert told.is_unwell
    assert turns.note(mailing=True, now=now) == ()
    assert len(turns.claim_mail(now=now, lease=LEASE)) == 1
    assert turns.claim_mail(now=now, lease=LEASE) == ()
    (again,) = turns.claim_mail(now=now + later, lease=LEASE)
    turns.not_mailed([again])
    (again,) = turns.claim_mail(now=now + later, lease=LEASE)
    turns.mailed([again])
    assert turns.claim_mail(now=now + later + later, lease=LEASE) == ()
    check(feeds, "changed")
    (well,) = turns.note(mailing=True, now=now)
    assert not well.is_unwell
    assert len(turns.claim_mail(now=now + later, lease=LEASE)) == 1


def test_what_was_over_before_a_mail_left_is_mailed_to_nobody(
    feeds: Feeds, database: Database
) -> None:
    """Nor is anything where no operator is named, even if one is named later."""
    turns = TurnStore(database)
    for outcome in ("failed", "changed"):
        check(feeds, outcome)
        assert turns.note(mailing=True, now=feeds.clock())
    assert turns.claim_mail(now=feeds.clock(), lease=LEASE) == ()
    check(feeds, "failed")
    assert turns.note(mailing=False, now=feeds.clock())

    assert turns.claim_mail(now=feeds.clock(), lease=LEASE) == ()


def keep(feeds: Feeds, **left: object) -> None:
    """Record a good check that leaves this of its source."""
    claim = feeds.claim()
    outcome = replace(feeds.outcome(claim, outcome="unchanged"), **left)  # type: ignore[arg-type] # by name
    feeds.sources.record(claim, outcome)


def kinds(turns: TurnStore, feeds: Feeds) -> list[tuple[TurnKind, bool]]:
    """Return what turned now, and whether it began; and mail it."""
    told = turns.note(mailing=True, now=feeds.clock.forward(minutes=1))
    mailed = turns.claim_mail(now=feeds.clock(), lease=LEASE)
    assert [turn.kind for turn in mailed] == [turn.kind for turn in told]
    turns.mailed(mailed)
    return [(turn.kind, turn.has_begun) for turn in told]


def test_repaired_rules_are_told_once_for_each_set_of_them(
    feeds: Feeds, database: Database
) -> None:
    """They stay with the source until they are replaced or dropped; and so they come back."""
    turns = TurnStore(database)
    one = Repaired(selectors={"item": "li"}, since=feeds.clock(), evidence="5 of 5")
    keep(feeds, repaired=one)
    assert feeds.sources.sources()[0].repaired == one
    assert kinds(turns, feeds) == [(TurnKind.REPAIRED, True)]
    keep(feeds, repaired=one)
    assert kinds(turns, feeds) == []
    keep(feeds, repaired=replace(one, selectors={"item": "p"}))
    assert kinds(turns, feeds) == [(TurnKind.REPAIRED, True)]
    keep(feeds)

    assert kinds(turns, feeds) == [(TurnKind.REPAIRED, False)]


def test_repaired_rules_are_dropped_with_the_recipe(feeds: Feeds) -> None:
    """Other rules of the operator are tried by themselves first."""
    repaired = Repaired(selectors={"item": "li"}, since=feeds.clock(), evidence="5 of 5")
    keep(feeds, repaired=repaired)
    (source,) = bulletin().sources
    changed = replace(bulletin(), sources=(replace(source, kind="html"),))

    feeds.sources.register([changed], now=feeds.clock())

    assert feeds.sources.sources()[0].repaired is None
    # And a check that began before cannot bring them back.
    keep(feeds, repaired=repaired)
    assert feeds.sources.sources()[0].repaired is None


def test_silence_is_told_once_when_its_time_has_come(feeds: Feeds, database: Database) -> None:
    """It is said after a good check alone: a page that cannot be read is not silent."""
    turns, day = TurnStore(database), timedelta(days=1)
    habit = Habit(
        last=feeds.clock(), usual=day, longest=3 * day, silent_at=feeds.clock() + 21 * day
    )
    keep(feeds, habit=habit)
    assert feeds.sources.sources()[0].habit == habit
    assert kinds(turns, feeds) == []
    feeds.clock.forward(days=22)
    check(feeds, "failed")
    assert kinds(turns, feeds) == [(TurnKind.UNWELL, True)]
    keep(feeds)
    assert kinds(turns, feeds) == [(TurnKind.UNWELL, False), (TurnKind.SILENT, True)]
    keep(feeds)
    assert kinds(turns, feeds) == []
    keep(feeds, habit=replace(habit, silent_at=feeds.clock() + 21 * day))

    assert kinds(turns, feeds) == [(TurnKind.SILENT, False)]


def test_what_a_held_reading_would_bring_stays_as_long_as_it_is_held(feeds: Feeds) -> None:
    """A count, and the titles of the first."""
    news = HeldNews(count=12, titles=("One \N{BLACK STAR}", "Two"))
    keep(feeds, held="far more", held_since=feeds.clock(), held_news=news)
    assert feeds.sources.sources()[0].held_news == news

    keep(feeds, held_news=news)

    assert feeds.sources.sources()[0].held_news == HeldNews()


def test_news_are_occasions_since_the_baseline(feeds: Feeds) -> None:
    """The newest first; checks without news are none."""
    feeds.store(entry("Zero"), baseline=True)
    times = []
    for _ in range(2):
        times.append(feeds.clock.forward(days=7))
        claim = feeds.claim()
        outcome = feeds.outcome(claim)
        feeds.sources.record(claim, replace(outcome, check=replace(outcome.check, new=1)))
        feeds.clock.forward(days=1)
        keep(feeds)

    assert feeds.sources.occasions("harbour", "main") == tuple(reversed(times))
