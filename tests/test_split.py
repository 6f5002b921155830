"""What was taken for one and is two: merges taken back, wrong matches undone, on each database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from worlds import Feeds, bulletin, checked, entry, of_edition, runner, stored

from feeds.diff import content_of
from feeds.item_admin_store import BulletinBusyError, History, ItemAdminStore, ItemError
from feeds.item_split_store import ItemSplitStore
from feeds.model import Changes, Evidence, Match, Revision
from feeds.wordings import wordings
from tidings.cli import OK, USAGE

if TYPE_CHECKING:
    from pathlib import Path

    from worlds import Run

    from feeds.database import Database
    from feeds.item_split_store import Split
    from feeds.model import Entry, Item

FERRY = entry("Ferry late", url="https://x.test/1", summary="Fog over the quay.")
BOAT = entry("Boat delayed", url="https://x.test/2", summary="Nobody sails in this weather.")


@pytest.fixture
def feeds(database: Database) -> Feeds:
    """Stores that know one bulletin with two sources."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin(sources=("main", "side"))], now=feeds.clock())
    return feeds


@pytest.fixture
def admin(database: Database) -> ItemAdminStore:
    """The store of who looks after items."""
    return ItemAdminStore(database)


@pytest.fixture
def splits(database: Database) -> ItemSplitStore:
    """The store of who takes items apart."""
    return ItemSplitStore(database, authority="example.org")


def history(admin: ItemAdminStore, item: Item) -> History:
    """Return all that is stored of an item now."""
    (named,) = admin.named(item.id)
    return admin.history(named)


def split(
    feeds: Feeds, splits: ItemSplitStore, item: Item, *, at: int, tell: bool = False
) -> Split:
    """Split an item at a revision, and let a minute pass."""
    done = splits.split(item, at=at, announce=tell, zone=ZoneInfo("UTC"), now=feeds.clock())
    feeds.clock.forward(minutes=1)
    return done


def assert_quiet(changes: Changes) -> None:
    """Nothing came, went or was corrected."""
    assert (changes.new, changes.revised, changes.missing) == ((), (), ())


# --- merges taken back -----------------------------------------------------------------------


@pytest.mark.parametrize("place", ["one page", "two sources", "no address"])
def test_a_merge_that_is_taken_back_leaves_no_trace(
    feeds: Feeds, admin: ItemAdminStore, splits: ItemSplitStore, place: str
) -> None:
    """Wordings, numbers, addresses and places are those of before, and a check finds each."""
    first = entry("Ferry late", summary="Fog over the quay.") if place == "no address" else FERRY
    other_source = "side" if place == "two sources" else "main"
    pages = (
        {"main": (first,), "side": (BOAT,)} if other_source == "side" else {"main": (first, BOAT)}
    )
    stored(feeds, entry("Fery late", url=first.url, summary="Fog over the quay."))
    for source, page in pages.items():
        checked(feeds, *page, source=source)
    older, newer = sorted(feeds.items.latest("harbour", 2), key=lambda item: item.number)
    before = [history(admin, item) for item in (older, newer)]
    admin.merge(newer, older, now=feeds.clock())

    done = splits.unmerge(admin.named(newer.id)[0], now=feeds.clock())

    assert (done.kept.id, done.other.id) == (older.id, newer.id)
    for was, item in zip(before, (older, newer), strict=True):
        now = history(admin, item)
        assert now.former == was.former
        assert [s.source for s in now.sightings] == [s.source for s in was.sightings]
        assert now.item.content == was.item.content
        assert (now.item.revision, now.item.updated) == (was.item.revision, was.item.updated)
        assert now.item.number == was.item.number
    assert feeds.items.gone_since("harbour", 0) == ()
    for source, page in pages.items():
        assert_quiet(checked(feeds, *page, source=source))
    for was, item in zip(before, (older, newer), strict=True):
        places = [(s.source, s.position) for s in history(admin, item).sightings]
        assert places == [(s.source, s.position) for s in was.sightings]
    assert of_edition(feeds, after=newer.number) == set()


@pytest.mark.parametrize("page", [(FERRY, BOAT), (BOAT,)], ids=["both", "the merged one"])
def test_what_came_while_they_were_one_goes_to_whose_it_is(
    feeds: Feeds, admin: ItemAdminStore, splits: ItemSplitStore, page: tuple[Entry, ...]
) -> None:
    """The wording of the merged one that the survivor had taken on goes back with it."""
    (older,) = stored(feeds, FERRY)
    (newer,) = stored(feeds, BOAT)
    admin.merge(newer, older, now=feeds.clock())
    feeds.clock.forward(minutes=1)
    checked(feeds, *page)
    corrected = entry("Boat delayed", url=BOAT.url, summary="Nobody sails in this bad weather.")
    checked(feeds, *(corrected if one is BOAT else one for one in page))

    splits.unmerge(admin.named(newer.id)[0], now=feeds.clock())

    ferry, boat = history(admin, older), history(admin, newer)
    assert (ferry.item.content.title, ferry.former) == ("Ferry late", ())
    assert boat.item.content.title == "Boat delayed"
    changes = checked(feeds, FERRY, corrected)
    assert (changes.new, changes.missing) == ((), ())
    assert history(admin, newer).item.content.summary_html == corrected.summary_html
    assert history(admin, older).item.content == ferry.item.content
    assert_quiet(checked(feeds, FERRY, corrected))


def test_a_merge_of_the_first_release_is_taken_back(
    feeds: Feeds, admin: ItemAdminStore, splits: ItemSplitStore
) -> None:
    """What it handed over was not written down; a check then finds where each stands."""
    older, newer = sorted(stored(feeds, FERRY, BOAT), key=lambda item: item.number)
    admin.merge(newer, older, now=feeds.clock())
    with feeds.database.transaction() as transaction:
        transaction.run("UPDATE revisions SET handed_over = ''")

    splits.unmerge(admin.named(newer.id)[0], now=feeds.clock())

    assert_quiet(checked(feeds, FERRY, BOAT))


def test_of_several_that_were_merged_one_is_taken_out(
    feeds: Feeds, admin: ItemAdminStore, splits: ItemSplitStore
) -> None:
    """The others, and what was merged into it before, stay."""
    (a,), (b,), (c,) = (stored(feeds, entry(title)) for title in ("a1", "b2", "c3"))
    admin.merge(c, b, now=feeds.clock())
    admin.merge(admin.named(b.id)[0], a, now=feeds.clock())

    splits.unmerge(admin.named(b.id)[0], now=feeds.clock())

    assert admin.named(c.id)[0].merged_into == a.id
    assert [former.content.title for former in history(admin, a).former] == ["c3"]
    assert history(admin, b).former == ()
    splits.unmerge(admin.named(c.id)[0], now=feeds.clock())
    assert {item.content.title for item in feeds.items.latest("harbour", 9)} == {"a1", "b2", "c3"}
    assert history(admin, a).former == ()


# --- wrong matches ---------------------------------------------------------------------------


def mistaken(feeds: Feeds, first: Entry, second: Entry) -> Item:
    """Store an entry, and put another one under its id, as a wrong match does."""
    (new,) = stored(feeds, first)
    item = next(one for one in feeds.items.known("harbour", "main", [first]) if one.id == new.id)
    evidence = Evidence.SOURCE_ID if second.source_id else Evidence.URL
    match = Match(entry=second, place=0, item=item, evidence=evidence, strength=0.9)
    revision = Revision(item=item, content=content_of(second), match=match)
    claim = feeds.claim()
    changes = Changes(revised=(revision,))
    feeds.items.apply(claim, feeds.outcome(claim), changes, zone=ZoneInfo("UTC"))
    feeds.sources.release(claim)
    feeds.clock.forward(minutes=1)
    return next(one for one in feeds.items.latest("harbour", 9) if one.id == new.id)


@pytest.mark.parametrize("again", [False, True], ids=["the other alone", "both"])
@pytest.mark.parametrize(
    "second",
    [
        entry("Night buses", day=date(2026, 11, 9), url="https://x.test/1", summary="From May."),
        entry("Night buses", day=date(2026, 11, 9), summary="They go until four from May on."),
        entry("Ferry late", day=date(2026, 11, 9), summary="This time there is a strike."),
    ],
    ids=["same address", "no address", "same title"],
)
def test_a_wrong_match_is_undone(
    feeds: Feeds, admin: ItemAdminStore, splits: ItemSplitStore, second: Entry, *, again: bool
) -> None:
    """The item has its wording back, the other is an item of its own, and each is found."""
    first = entry("Ferry late", day=date(2026, 11, 1), url=second.url, summary="Fog on the quay.")
    item = mistaken(feeds, first, second)
    number = feeds.sources.bulletin_states()["harbour"].number

    done = split(feeds, splits, item, at=1)

    kept, other = history(admin, done.kept), history(admin, done.other)
    assert (kept.item.id, kept.item.content.summary_html) == (item.id, first.summary_html)
    assert other.item.content.summary_html == second.summary_html
    assert (kept.former, other.former) == ((), ())
    assert kept.item.published == item.published
    assert [s.position for s in other.sightings] == [0]
    assert [s.missing_since for s in kept.sightings] == [item.updated]
    assert {i.id for i in feeds.items.changed_since("harbour", number)} == {item.id, other.item.id}
    page = (second, first) if again else (second,)
    for _ in range(2):
        assert_quiet(checked(feeds, *page))
    assert history(admin, item).item.content.summary_html == first.summary_html
    assert history(admin, done.other).item.content.summary_html == second.summary_html


def test_the_identifier_of_the_source_goes_with_what_it_led_to(
    feeds: Feeds, splits: ItemSplitStore
) -> None:
    """A guid that was used again would else lead to the old item for ever."""
    first = replace(entry("Ferry late", summary="Fog on the quay."), source_id="17")
    second = replace(entry("Night buses", summary="They go until four."), source_id="17")
    item = mistaken(feeds, first, second)

    done = split(feeds, splits, item, at=1)

    assert (done.kept.source_id, done.other.source_id) == ("", "17")
    assert_quiet(checked(feeds, second))


@pytest.mark.parametrize("tell", [False, True])
def test_only_what_is_announced_is_mailed(
    feeds: Feeds, splits: ItemSplitStore, *, tell: bool
) -> None:
    """The operator decides; the old item is mailed to nobody again."""
    item = mistaken(feeds, FERRY, entry("Night buses", url=FERRY.url, summary="From May on."))
    mark = feeds.sources.bulletin_states()["harbour"].number

    split(feeds, splits, item, at=1, tell=tell)

    assert of_edition(feeds, after=mark) == ({"Night buses"} if tell else set())


def test_a_split_in_the_middle_parts_the_history(
    feeds: Feeds, admin: ItemAdminStore, splits: ItemSplitStore
) -> None:
    """What came before stays with the old item, what came later goes with the new one."""
    item = mistaken(feeds, FERRY, entry("Night buses", url=FERRY.url, summary="From May on."))
    checked(feeds, entry("Night buses", url=FERRY.url, summary="From June on."))
    (item,) = admin.named(item.id)
    assert [w.revision for w in wordings(history(admin, item).former, item)] == [0, 1, 2]

    done = split(feeds, splits, item, at=1)

    assert history(admin, done.kept).former == ()
    (former,) = history(admin, done.other).former
    assert former.content.summary_html == "<p>From May on.</p>"
    assert (former.revision, done.other.revision) == (0, 1)
    assert done.other.updated > done.other.published
    assert_quiet(checked(feeds, entry("Night buses", url=FERRY.url, summary="From June on.")))
    changes = checked(feeds, entry("Night buses", url=FERRY.url, summary="From July on."))
    assert [revision.item.id for revision in changes.revised] == [done.other.id]


def test_what_cannot_be_split(feeds: Feeds, admin: ItemAdminStore, splits: ItemSplitStore) -> None:
    """What was never merged, what had one wording, a number that there is not, a busy bulletin."""
    plain, _ = stored(feeds, entry("Plain"), entry("Other"))
    with pytest.raises(ItemError, match="is not merged"):
        splits.unmerge(plain, now=feeds.clock())
    with pytest.raises(ItemError, match="one wording only"):
        split(feeds, splits, plain, at=1)
    item = mistaken(feeds, FERRY, entry("Night buses", url=FERRY.url))
    for at in (0, 2, 99):
        with pytest.raises(ItemError, match="its revisions are: 1"):
            split(feeds, splits, item, at=at)
    number = feeds.sources.bulletin_states()["harbour"].number
    claim = feeds.claim()
    with pytest.raises(BulletinBusyError):
        split(feeds, splits, item, at=1)
    feeds.sources.release(claim)
    assert feeds.sources.bulletin_states()["harbour"].number == number
    admin.forget(item, now=feeds.clock())
    with pytest.raises(ItemError, match="forgotten already"):
        split(feeds, splits, item, at=1)


# --- the verb --------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a verb in a folder with a bulletin that was read once."""
    (tmp_path / "tidings.toml").write_text(
        '[bulletins.harbour]\ntitle = "Harbour"\n'
        '[bulletins.harbour.sources.main]\nfile = "bulletin.txt"\n'
    )
    (tmp_path / "bulletin.txt").write_text(PAGE)
    run = runner(tmp_path, monkeypatch, capfd)
    assert run("check", "--quiet")[0] == OK
    return run


PAGE = """\
News

3 November 2026

Ferry late

Fog over the quay, the ferry leaves an hour later.

1 November 2026

Boats delayed

Nobody sails in this weather.
"""


def test_an_operator_takes_a_merge_back(tmp_path: Path, run: Run) -> None:
    """Both are in the feeds and on pages of their own again, and a check changes nothing."""
    feed = tmp_path / "public" / "harbour" / "feed.json"
    before = json.loads(feed.read_text())["items"]
    newer, older = (line.split("\t")[0] for line in run("items", "list", "harbour")[1].splitlines())
    assert run("items", "merge", newer, older, "--quiet")[0] == OK
    assert newer in run("items", "split", older)[2]
    assert run("items", "split", newer, "--announce")[0] == USAGE

    code, output, _ = run("items", "split", newer, "--quiet")

    assert code == OK
    assert output == (
        f"{older} is what it was: Boats delayed\n"
        f"{newer} is an item of its own again, mailed to nobody: Ferry late\n"
    )
    assert json.loads(feed.read_text())["items"] == before
    assert "Ferry late</h1>" in (feed.parent / "items" / f"{newer}.html").read_text()
    (tmp_path / "bulletin.txt").write_text(PAGE.replace("News", "News of the harbour"))
    (check,) = json.loads(run("check", "--json")[1])["checks"]
    assert [check[name] for name in ("found", "new", "revised", "missing")] == [2, 0, 0, 0]


def test_an_operator_splits_what_are_two_things(tmp_path: Path, run: Run) -> None:
    """``show`` prints the revisions by which to choose; both are published at once."""
    (tmp_path / "bulletin.txt").write_text(PAGE.replace("an hour", "two hours"))
    run("check", "--quiet")
    token = run("items", "list", "harbour", "--find", "ferry")[1].partition("\t")[0]
    assert "revision 1, corrected " in run("items", "show", token)[1]
    assert "known by title and date (0.95)" in run("items", "show", token)[1]
    code, _, message = run("items", "split", token)
    assert code == USAGE
    assert f"tidings items split {token} --at N" in message

    code, output, _ = run("items", "split", token, "--at", "1", "--quiet")

    assert code == OK
    other = output.splitlines()[1].partition(" ")[0]
    pages = tmp_path / "public" / "harbour" / "items"
    assert "an hour later" in (pages / f"{token}.html").read_text()
    assert "two hours later" in (pages / f"{other}.html").read_text()
    assert json.loads(run("check", "--json")[1])["checks"][0]["new"] == 0
    listed = run("items", "list", "harbour")[1]
    assert f"{token}\t2026-11-03" in listed
    assert "missing since" in listed
    assert run("items", "split", token, "--at", "1")[0] == USAGE
