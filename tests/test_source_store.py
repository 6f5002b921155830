"""Sources, leases and checks, on each database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from worlds import LEASE, Feeds, bulletin

from feeds.records import LeaseLostError

if TYPE_CHECKING:
    from feeds.database import Database
    from feeds.records import Claim


@pytest.fixture
def feeds(database: Database) -> Feeds:
    """Stores that know one bulletin."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin()], now=feeds.clock())
    return feeds


def test_a_new_source_is_due_at_once(feeds: Feeds) -> None:
    """What was just configured is read at the next tick."""
    claim = feeds.sources.claim_due(now=feeds.clock(), lease=LEASE)

    assert claim is not None
    assert [source.name for source in claim.sources] == ["main"]


def test_registering_again_changes_nothing(feeds: Feeds) -> None:
    """A restart with the same configuration keeps ids and due times."""
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim, outcome="unchanged"))
    before = (feeds.sources.sources(), feeds.sources.bulletin_states())

    feeds.sources.register([bulletin()], now=feeds.clock.forward(minutes=5))

    assert (feeds.sources.sources(), feeds.sources.bulletin_states()) == before


def test_a_source_no_longer_configured_rests_and_comes_back(feeds: Feeds) -> None:
    """Its state is kept, but it is never due."""
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim, outcome="unchanged"))
    feeds.sources.release(claim)

    feeds.sources.register([bulletin("other")], now=feeds.clock())
    resting = feeds.sources.sources()
    feeds.sources.register([bulletin()], now=feeds.clock())

    assert [source.bulletin for source in resting] == ["other"]
    assert feeds.sources.sources()[0].validators.etag == '"1"'


@pytest.mark.parametrize("change", ["location", "schedule", "language", "login"])
def test_a_source_whose_settings_changed_is_due_at_once(feeds: Feeds, change: str) -> None:
    """A new place or a new way of reading forgets the validators: the page is read again."""
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim, outcome="unchanged"))
    feeds.sources.release(claim)
    known = bulletin(every="2h" if change == "schedule" else "1h")
    source = known.sources[0]
    if change == "location":
        source = replace(source, file=Path("/elsewhere.txt"))
    if change == "login":
        source = replace(source, file=None, url="https://ann:new@harbour.test/")
        former = replace(source, url="https://ann:old@harbour.test/")
        feeds.sources.register([replace(known, sources=(former,))], now=feeds.clock())
        claim = feeds.claim()
        feeds.sources.record(claim, feeds.outcome(claim, outcome="unchanged"))
        feeds.sources.release(claim)
    if change == "language":
        source = replace(source, language="es")

    feeds.sources.register([replace(known, sources=(source,))], now=feeds.clock())

    state = feeds.sources.sources()[0]
    assert state.next_check == feeds.clock()
    assert state.validators.etag == ('"1"' if change == "schedule" else "")
    assert "ann" not in state.location


def test_a_claimed_bulletin_is_claimed_by_nobody_else(feeds: Feeds) -> None:
    """Neither when it is due nor when it is asked for by name."""
    feeds.claim()

    assert feeds.sources.claim_due(now=feeds.clock(), lease=LEASE) is None
    assert feeds.sources.claim("harbour", now=feeds.clock(), lease=LEASE) is None


def test_a_lease_that_ran_out_is_taken_over(feeds: Feeds) -> None:
    """The work of a process that died is done by the next one."""
    first = feeds.claim()
    feeds.clock.forward(minutes=5)

    second = feeds.sources.claim_due(now=feeds.clock(), lease=LEASE)

    assert second is not None
    assert second.lease > first.lease


def test_a_result_after_the_lease_was_lost_is_refused(feeds: Feeds) -> None:
    """The old holder writes nothing and takes nothing from the new one."""
    old = feeds.claim()
    feeds.clock.forward(minutes=5)
    new = feeds.claim()

    with pytest.raises(LeaseLostError, match="harbour: another process took over"):
        feeds.sources.record(old, feeds.outcome(old))
    feeds.sources.release(old)

    assert feeds.sources.claim("harbour", now=feeds.clock(), lease=LEASE) is None
    feeds.sources.record(new, feeds.outcome(new))
    assert len(feeds.sources.recent_checks("harbour", 10)) == 1


def test_nothing_is_due_before_its_time(feeds: Feeds) -> None:
    """After a check the next one waits for its time."""
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim))
    feeds.sources.release(claim)

    assert feeds.sources.claim_due(now=feeds.clock.forward(minutes=59), lease=LEASE) is None
    assert feeds.sources.claim_due(now=feeds.clock.forward(minutes=1), lease=LEASE) is not None


def test_the_source_that_waits_longest_comes_first(database: Database) -> None:
    """A late bulletin is not overtaken by one that is due since a moment."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin("late")], now=feeds.clock())
    feeds.sources.register([bulletin("early"), bulletin("late")], now=feeds.clock.forward(hours=1))

    claim = feeds.sources.claim_due(now=feeds.clock(), lease=LEASE)

    assert claim is not None
    assert claim.bulletin == "late"


def test_failures_are_counted_until_a_check_succeeds(feeds: Feeds) -> None:
    """The problem and its count stand with the source, and go with the first good check."""
    claim = feeds.claim()
    for _ in range(3):
        feeds.sources.record(claim, feeds.outcome(claim, outcome="failed"))
    broken = feeds.sources.sources()[0]
    feeds.sources.record(claim, feeds.outcome(claim, outcome="unchanged"))
    mended = feeds.sources.sources()[0]

    assert (broken.failures, broken.problem, broken.succeeded) == (3, "broken", None)
    assert (mended.failures, mended.problem, mended.succeeded) == (0, "", feeds.clock())


def test_two_processes_never_hold_one_bulletin(database: Database) -> None:
    """Many that claim at once get each bulletin once."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin(f"b{number}") for number in range(12)], now=feeds.clock())
    claims: list[Claim] = []

    def claim_all() -> None:
        while claim := feeds.sources.claim_due(now=feeds.clock(), lease=timedelta(hours=1)):
            claims.append(claim)

    threads = [threading.Thread(target=claim_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claim.bulletin for claim in claims) == sorted(f"b{n}" for n in range(12))
