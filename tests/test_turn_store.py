"""Turns of sources on both databases: each is told by one process, and mailed until it left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from worlds import LEASE, Feeds, bulletin

from feeds.turn_store import TurnStore

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
