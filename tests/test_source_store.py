"""Sources, leases and checks, on each database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from worlds import LEASE, Feeds, bulletin, entry

from feeds.fetch import Validators
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
    claim = feeds.claim_due()

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

    assert feeds.claim_due() is None
    assert feeds.sources.claim(bulletin(), now=feeds.clock(), lease=LEASE) is None


def test_a_lease_that_ran_out_is_taken_over(feeds: Feeds) -> None:
    """The work of a process that died is done by the next one."""
    first = feeds.claim()
    feeds.clock.forward(minutes=5)

    second = feeds.claim_due()

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

    assert feeds.sources.claim(bulletin(), now=feeds.clock(), lease=LEASE) is None
    feeds.sources.record(new, feeds.outcome(new))
    assert len(feeds.sources.recent_checks("harbour", 10)) == 1


def test_nothing_is_due_before_its_time(feeds: Feeds) -> None:
    """After a check the next one waits for its time."""
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim))
    feeds.sources.release(claim)

    feeds.clock.forward(minutes=59)
    assert feeds.claim_due() is None
    feeds.clock.forward(minutes=1)
    assert feeds.claim_due() is not None


def test_the_source_that_waits_longest_comes_first(database: Database) -> None:
    """A late bulletin is not overtaken by one that is due since a moment."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin("late")], now=feeds.clock())
    feeds.sources.register([bulletin("early"), bulletin("late")], now=feeds.clock.forward(hours=1))

    claim = feeds.claim_due()

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
        while claim := feeds.claim_due(timedelta(hours=1)):
            claims.append(claim)

    threads = [threading.Thread(target=claim_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claim.bulletin for claim in claims) == sorted(f"b{n}" for n in range(12))


def test_sources_that_this_process_does_not_know_are_left_to_others(feeds: Feeds) -> None:
    """Configured since it began: they are not taken, and the bulletin is not kept."""
    known = bulletin()
    feeds.sources.register([bulletin(sources=("other",))], now=feeds.clock())

    assert feeds.sources.claim(known, now=feeds.clock(), lease=LEASE) is None
    assert feeds.sources.claim(bulletin(sources=("other",)), now=feeds.clock(), lease=LEASE)


def test_a_bulletin_without_a_due_source_is_given_back_at_once(feeds: Feeds) -> None:
    """Another process may have done the work between the question and the claim."""
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim))

    nothing = feeds.sources.claim(bulletin(), now=feeds.clock(), lease=LEASE, only_due=True)

    assert nothing is None
    assert feeds.claim().sources


def test_a_page_read_by_former_settings_leaves_no_validators(feeds: Feeds) -> None:
    """A process with the settings of before must not make the page look read by the new ones."""
    claim = feeds.claim()
    known = bulletin()
    source = replace(known.sources[0], language="es")
    feeds.sources.register([replace(known, sources=(source,))], now=feeds.clock())

    feeds.sources.record(claim, feeds.outcome(claim))

    assert feeds.sources.sources()[0].validators == Validators()


def test_a_source_that_is_renamed_goes_on_as_what_it_was(feeds: Feeds) -> None:
    """Its baseline stands, so what it brings next is news."""
    feeds.store(entry("one"), baseline=True)
    old = bulletin()
    named = replace(old.sources[0], name="front")

    feeds.sources.register([replace(old, sources=(named,))], now=feeds.clock())

    (state,) = feeds.sources.sources()
    assert (state.name, state.baseline) == ("front", feeds.clock())
    (known,) = feeds.items.known("harbour", "front", [entry("one")])
    assert (known.position, known.sighted) == (0, True)


def test_a_source_that_moved_begins_anew(feeds: Feeds) -> None:
    """The archive of another page is news to nobody, and nothing is missing from it."""
    feeds.store(entry("one"), baseline=True)
    old = bulletin()
    moved = replace(old.sources[0], file=Path("/elsewhere.txt"))

    feeds.sources.register([replace(old, sources=(moved,))], now=feeds.clock())

    (state,) = feeds.sources.sources()
    assert state.baseline is None
    (known,) = feeds.items.known("harbour", "main", [entry("one")])
    assert known.position is None


def test_a_clock_that_was_wrong_holds_nothing_up(feeds: Feeds) -> None:
    """Four years ahead at the start, then put right: the source is due, and nobody's."""
    feeds.clock.forward(days=1461)
    claim = feeds.claim()
    feeds.sources.record(claim, feeds.outcome(claim))
    feeds.claim()

    feeds.clock.forward(days=-1461)

    assert feeds.sources.due(now=feeds.clock()) == ("harbour",)
    assert feeds.claim_due() is not None
