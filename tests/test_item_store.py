"""Items, revisions and sightings, on each database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from worlds import LEASE, Feeds, bulletin, entry

from feeds.diff import content_of
from feeds.model import Changes, Evidence, Match, Revision, When
from feeds.records import LeaseLostError

if TYPE_CHECKING:
    from feeds.database import Database
    from feeds.model import Entry, Item

UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def feeds(database: Database) -> Feeds:
    """Stores that know one bulletin with two sources."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin(sources=("main", "side"))], now=feeds.clock())
    return feeds


def _revised(item: Item, title: str) -> Changes:
    found = entry(title)
    match = Match(entry=found, place=0, item=item, evidence=Evidence.URL, strength=1.0)
    revision = Revision(item=item, content=content_of(found), match=match)
    return Changes(revised=(revision,))


def test_a_new_item_is_stored_whole(feeds: Feeds) -> None:
    """Everything that was found comes back."""
    found = replace(
        entry("Ferry late", day=date(2026, 11, 20), url="https://x.test/1", summary="Fog."),
        author="Harbour office",
        image_url="https://x.test/1.png",
        categories=("ferry", "weather"),
        language="en",
        source_id="n1",
    )

    feeds.store(found)

    (item,) = feeds.items.latest("harbour", 10)
    assert item.content == content_of(found)
    assert (item.source_id, item.revision, item.baseline) == ("n1", 0, False)
    assert item.first_seen == feeds.clock()


def test_an_id_is_a_tag_uri_and_its_token_names_the_page(feeds: Feeds) -> None:
    """RFC 4151: the authority, the day of minting, the bulletin and the token."""
    (item_id,) = feeds.store(entry("Ferry late"))

    (item,) = feeds.items.latest("harbour", 10)
    assert item.id == item_id == f"tag:example.org,2026-11-23:harbour/{item.token}"


def test_the_top_of_the_page_gets_the_highest_number(feeds: Feeds) -> None:
    """So that what came last on a page stands first in the feed."""
    feeds.store(entry("newest"), entry("older"), entry("oldest"))

    items = feeds.items.latest("harbour", 10)
    assert [item.content.title for item in items] == ["newest", "older", "oldest"]
    assert [item.number for item in items] == [3, 2, 1]


def test_items_of_one_day_have_instants_of_their_own(feeds: Feeds) -> None:
    """A date without a time is noon of its day, a second apart, in the order of the page."""
    day = date(2026, 11, 20)
    feeds.store(entry("b", day=day), entry("a", day=day))

    published = [item.published for item in feeds.items.latest("harbour", 10)]
    assert published == [
        datetime(2026, 11, 20, 12, 0, 2, tzinfo=UTC),
        datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC),
    ]


def test_a_revision_keeps_id_and_publication(feeds: Feeds) -> None:
    """The content and the time of change move; the former content is kept."""
    feeds.store(entry("Fery late"))
    (before,) = feeds.items.latest("harbour", 10)
    feeds.clock.forward(hours=1)
    claim = feeds.claim()

    feeds.items.apply(claim, feeds.outcome(claim), _revised(before, "Ferry late"), zone=UTC_ZONE)

    (after,) = feeds.items.latest("harbour", 10)
    assert (after.id, after.published, after.number) == (before.id, before.published, before.number)
    assert (after.content.title, after.revision, after.updated) == ("Ferry late", 1, feeds.clock())
    assert after.changed > before.changed
    with feeds.database.reading() as transaction:
        (row,) = transaction.all("SELECT content, evidence FROM revisions")
    assert json.loads(row["content"])["title"] == "Fery late"
    assert row["evidence"] == "url"


def test_known_items_tell_where_they_stood(feeds: Feeds) -> None:
    """Positions belong to a source: what stands on one page is not missed on another."""
    feeds.store(entry("a"), entry("b"))

    main = {item.content.title: item.position for item in feeds.items.known("harbour", "main", [])}
    side = {item.content.title: item.position for item in feeds.items.known("harbour", "side", [])}

    assert main == {"a": 0, "b": 1}
    assert side == {"a": None, "b": None}


def test_what_a_source_says_otherwise_than_the_item_is_kept(feeds: Feeds) -> None:
    """As long as it does: until one of the two says what the other says."""
    here, there = entry("Ferry late", url="https://x.test/1"), entry("Ferry is late")
    feeds.store(here)

    def check(found: Entry, source: str) -> None:
        (item,) = feeds.items.known("harbour", source, [found])
        match = Match(entry=found, place=0, item=item, evidence=Evidence.TITLE, strength=1)
        claim = feeds.claim()
        outcome = feeds.outcome(claim, source=source)
        feeds.items.apply(claim, outcome, Changes(unchanged=(match,)), zone=UTC_ZONE)
        feeds.sources.release(claim)

    said = []
    for found in (there, there, here):
        check(found, "side")
        (item,) = feeds.items.known("harbour", "side", [])
        said.append(item.said)
        assert item.content == content_of(here)
    assert said == [content_of(there), content_of(there), None]


def test_a_missing_item_keeps_the_time_it_was_first_missed(feeds: Feeds) -> None:
    """It is off the page, and still known."""
    feeds.store(entry("a"), baseline=True)
    (item,) = feeds.items.known("harbour", "main", [])
    missed_at = feeds.clock.forward(hours=1)
    claim = feeds.claim()
    for _ in range(2):
        feeds.items.apply(claim, feeds.outcome(claim), Changes(missing=(item,)), zone=UTC_ZONE)
        feeds.clock.forward(hours=1)

    (missing,) = feeds.items.known("harbour", "main", [])
    assert (missing.position, missing.missing_since) == (None, missed_at)


def test_an_item_that_returns_is_missed_no_longer(feeds: Feeds) -> None:
    """The sighting is as if it had never been away."""
    feeds.store(entry("a"))
    (item,) = feeds.items.known("harbour", "main", [])
    claim = feeds.claim()
    feeds.items.apply(claim, feeds.outcome(claim), Changes(missing=(item,)), zone=UTC_ZONE)
    (away,) = feeds.items.known("harbour", "main", [])
    match = Match(entry=entry("a"), place=4, item=away, evidence=Evidence.TITLE, strength=0.9)

    feeds.items.apply(
        claim,
        feeds.outcome(claim),
        Changes(unchanged=(match,)),
        zone=UTC_ZONE,
    )

    (back,) = feeds.items.known("harbour", "main", [])
    assert (back.position, back.missing_since) == (4, None)


def test_old_items_are_found_by_their_keys(feeds: Feeds) -> None:
    """However much has come since, an address or a title finds its item."""
    feeds.store(
        entry("Old news", url="https://www.x.test/old?utm_source=mail"), entry("Rare title")
    )
    for start in range(0, 250, 50):
        feeds.store(*(entry(f"n{number}") for number in range(start, start + 50)))
    with feeds.database.transaction() as transaction:
        transaction.run("UPDATE sightings SET position = NULL")

    known = feeds.items.known(
        "harbour", "main", [entry("Renamed", url="http://x.test/old"), entry("RARE  title")]
    )

    titles = {item.content.title for item in known}
    assert {"Old news", "Rare title"} <= titles
    assert len(known) == 52


def test_a_check_whose_lease_was_lost_stores_nothing(feeds: Feeds) -> None:
    """Neither items nor numbers nor the check itself."""
    old = feeds.claim()
    feeds.clock.forward(minutes=6)
    assert feeds.sources.claim(bulletin(), now=feeds.clock(), lease=LEASE) is not None

    with pytest.raises(LeaseLostError):
        feeds.items.apply(
            old,
            feeds.outcome(old),
            Changes(new=(entry("a"),), new_places=(0,)),
            zone=UTC_ZONE,
        )

    assert feeds.items.latest("harbour", 10) == ()
    assert feeds.sources.bulletin_states()["harbour"].number == 0


def test_the_window_is_cut_by_arrival_and_shown_by_publication(feeds: Feeds) -> None:
    """An item that comes late with an old date is in the feed, in its place by date."""
    feeds.store(entry("first", day=date(2026, 11, 19)))
    feeds.store(entry("second", day=date(2026, 11, 20)))
    feeds.store(entry("late", day=date(2020, 1, 1)))

    titles = [item.content.title for item in feeds.items.latest("harbour", 2)]
    assert titles == ["second", "late"]


def test_changes_since_a_number_are_new_and_revised_items(feeds: Feeds) -> None:
    """What a publisher must write again, and nothing else."""
    feeds.store(entry("a"), entry("b"))
    since = feeds.sources.bulletin_states()["harbour"].number
    item = feeds.items.latest("harbour", 10)[0]
    claim = feeds.claim()
    feeds.items.apply(claim, feeds.outcome(claim), _revised(item, "A"), zone=UTC_ZONE)

    changed = feeds.items.changed_since("harbour", since)

    assert [item.content.title for item in changed] == ["A"]


def test_items_of_one_instant_are_told_apart(feeds: Feeds) -> None:
    """Readers sort by it: the top of the page stays the newest, now and with what comes later."""
    instant = datetime(2026, 11, 20, tzinfo=UTC)
    when = When(date(2026, 11, 20), instant)
    for names in (("b", "a"), ("d", "c")):
        feeds.store(*(replace(entry(f"Ferry {name}"), when=when) for name in names))

    published = {
        item.content.title[-1]: item.published for item in feeds.items.changed_since("harbour", 0)
    }
    assert len(set(published.values())) == 4
    assert published["b"] > published["a"]
    assert published["d"] > published["c"]
    assert set(published.values()) == {instant - timedelta(seconds=n) for n in range(4)}
