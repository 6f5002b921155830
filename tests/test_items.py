"""Items in an operator's hands: looked up, corrected in the open, merged, forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from worlds import Feeds, bulletin, checked, entry, stored

from config.load import load
from feeds.diff import content_of
from feeds.item_admin_store import BulletinBusyError, ItemAdminStore, ItemError
from feeds.model import Changes, Evidence, Match, Revision
from feeds.word_diff import MOST_WORDS, Kind, Piece, word_diff
from notifier.edition_store import EditionStore
from notifier.subscriber_store import SubscriberStore
from tidings.app import open_app
from tidings.cli import BUSY, OK, USAGE, main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from feeds.database import Database
    from feeds.model import Item

    Run = Callable[..., tuple[int, str, str]]

UTC_ZONE = ZoneInfo("UTC")
BULLETIN = """\
Harbour news

3 November 2026

Bridge closed for repairs

The swing bridge stays closed until Friday.

1 November 2026

New harbour master

Ines Ferreira takes office.
"""


# --- words ---------------------------------------------------------------------------------


def test_a_diff_names_the_words_that_differ() -> None:
    """Removed before added, all else kept."""
    assert word_diff("It stays closed until Friday.", "It stays open until Friday.") == (
        Piece(Kind.KEPT, "It stays "),
        Piece(Kind.REMOVED, "closed "),
        Piece(Kind.ADDED, "open "),
        Piece(Kind.KEPT, "until Friday."),
    )
    assert word_diff("", "") == ()
    assert word_diff("桥关闭", "桥开放")[0] == Piece(Kind.KEPT, "桥")


WORDS = some.text(alphabet="ab \n桥", max_size=60)


@given(WORDS, WORDS)
def test_a_diff_holds_both_texts(old: str, new: str) -> None:
    """Without what was added it is the old one, without what was removed the new one."""
    pieces = word_diff(old, new)

    kept = {kind: [p.text for p in pieces if p.kind is not kind] for kind in Kind}
    if "桥" not in old + new:
        assert "".join(kept[Kind.ADDED]).split() == old.split()
    assert "".join("".join(kept[Kind.ADDED]).split()) == "".join(old.split())
    assert "".join("".join(kept[Kind.REMOVED]).split()) == "".join(new.split())
    assert all(piece.text for piece in pieces)


def test_very_long_texts_are_not_compared() -> None:
    """But for what they begin and end with alike."""
    old = "so " + "a b " * MOST_WORDS + "end"
    new = "so " + "c d " * MOST_WORDS + "end"

    kinds = [piece.kind for piece in word_diff(old, new)]

    assert kinds == [Kind.KEPT, Kind.REMOVED, Kind.ADDED, Kind.KEPT]


# --- the stores ----------------------------------------------------------------------------


@pytest.fixture
def feeds(database: Database) -> Feeds:
    """Stores that know one bulletin with two sources, and an item of a day."""
    feeds = Feeds(database)
    feeds.sources.register([bulletin(sources=("main", "side"))], now=feeds.clock())
    return feeds


@pytest.fixture
def admin(database: Database) -> ItemAdminStore:
    """The store of who looks after items."""
    return ItemAdminStore(database)


def titles(items: tuple[Item, ...]) -> list[str]:
    """Return what items are called."""
    return [item.content.title for item in items]


def test_items_are_listed_and_found(feeds: Feeds, admin: ItemAdminStore) -> None:
    """The last that came first; by title, text and address, signs taken for themselves."""
    stored(feeds, entry("Lighthouse: open", url="https://x.test/100%_on"))
    stored(feeds, entry("Ferry late", summary="Fog over the quay."))

    def found(text: str) -> list[str]:
        return titles(admin.listed("harbour", limit=10, find=text))

    assert found("") == ["Ferry late", "Lighthouse: open"]
    assert found("LIGHTHOUSE open") == found("100%_ON") == ["Lighthouse: open"]
    assert found("the quay") == ["Ferry late"]
    assert found("q%y") == []
    assert titles(admin.listed("harbour", limit=1)) == ["Ferry late"]
    assert admin.listed("nothing", limit=1) == ()


def test_an_item_is_named_by_id_or_token(feeds: Feeds, admin: ItemAdminStore) -> None:
    """And comes with what it was before and where it stands."""
    (item,) = stored(feeds, entry("Fery late", url="https://x.test/1"))
    checked(feeds, entry("Ferry late", url="https://x.test/1"))

    (named,) = admin.named(item.token)
    history = admin.history(named)

    assert admin.named(item.id) == (named,)
    assert admin.named("nothing") == ()
    assert named.content.title == "Ferry late"
    assert [(f.content.title, f.evidence) for f in history.former] == [("Fery late", "url")]
    assert [(s.source, s.position, s.evidence) for s in history.sightings] == [("main", 0, "url")]


def test_a_forgotten_item_is_gone_and_never_comes_back(feeds: Feeds, admin: ItemAdminStore) -> None:
    """Though its source still shows it, and corrects it."""
    keep, drop = stored(feeds, entry("Keep"), entry("Drop me", url="https://x.test/1"))
    before = feeds.sources.bulletin_states()["harbour"].number

    admin.forget(drop, now=feeds.clock())

    assert titles(feeds.items.latest("harbour", 10)) == ["Keep"]
    assert titles(admin.listed("harbour", limit=10)) == ["Keep"]
    assert [(gone.id, to) for gone, to in feeds.items.gone_since("harbour", before)] == [
        (drop.id, None)
    ]
    assert not checked(feeds, entry("Keep"), entry("Drop me", url="https://x.test/1")).new
    changes = checked(feeds, entry("Keep"), entry("Drop me, please", url="https://x.test/1"))
    assert not changes.new
    assert [revision.item.id for revision in changes.revised] == [drop.id]
    assert feeds.items.changed_since("harbour", before) == ()
    assert titles(feeds.items.latest("harbour", 10)) == ["Keep"]
    assert keep.id in {item.id for item in feeds.items.latest("harbour", 10)}


def test_what_cannot_be_forgotten(feeds: Feeds, admin: ItemAdminStore) -> None:
    """What is forgotten already, the only item there is, and what another process works on."""
    one, other = stored(feeds, entry("One"), entry("Other"))
    admin.forget(one, now=feeds.clock())
    number = feeds.sources.bulletin_states()["harbour"].number

    with pytest.raises(ItemError, match="forgotten already"):
        admin.forget(one, now=feeds.clock())
    with pytest.raises(ItemError, match="no feed is ever empty"):
        admin.forget(other, now=feeds.clock())
    claim = feeds.claim()
    with pytest.raises(BulletinBusyError):
        admin.forget(other, now=feeds.clock())
    feeds.sources.release(claim)
    assert feeds.sources.bulletin_states()["harbour"].number == number


def test_a_forgotten_item_is_in_no_edition_that_opens_later(
    feeds: Feeds, admin: ItemAdminStore
) -> None:
    """One that is opened is frozen."""
    subscribers = SubscriberStore(feeds.database)
    editions = EditionStore(feeds.database, secret="s", mail_domain="example.org")
    stored(feeds, entry("Old"))
    for name, cadence in (("ann", "instant"), ("bob", "weekly")):
        subscribers.subscribe(
            f"{name}@example.org",
            "harbour",
            cadence=cadence,
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=feeds.clock(),
        )
    checked(feeds, entry("Old"), entry("One"), entry("Other"))
    editions.open_due(now=feeds.clock())
    (one,) = (i for i in feeds.items.latest("harbour", 10) if i.content.title == "One")

    admin.forget(one, now=feeds.clock())
    editions.open_due(now=feeds.clock.forward(days=7))

    assert set(titles(editions.items(1))) == {"One", "Other"}
    assert titles(editions.items(2)) == ["Other"]


def test_a_merged_item_hands_over_what_it_had(feeds: Feeds, admin: ItemAdminStore) -> None:
    """Wordings, places, and the address where the older one has none."""
    (older,) = stored(feeds, entry("Ferry late"))
    checked(feeds, entry("Ferry late"), entry("Boat delay", url="https://x.test/9"), source="side")
    (newer,) = (i for i in feeds.items.latest("harbour", 10) if i.content.title == "Boat delay")
    checked(
        feeds, entry("Ferry late"), entry("Boat delayed", url="https://x.test/9"), source="side"
    )
    feeds.clock.forward(minutes=1)

    admin.merge(newer, older, now=feeds.clock())

    (item,) = feeds.items.latest("harbour", 10)
    history = admin.history(item)
    assert (item.id, item.content.title) == (older.id, "Ferry late")
    assert item.content.url == "https://x.test/9"
    assert [(f.content.title, f.merged_from) for f in history.former] == [
        ("Boat delay", newer.id),
        ("Boat delayed", newer.id),
    ]
    assert {s.source for s in history.sightings} == {"main", "side"}
    assert feeds.items.corrected_since("harbour", 0) == {}
    (gone,) = feeds.items.gone_since("harbour", 0)
    assert (gone[0].id, gone[1] and gone[1].id) == (newer.id, older.id)
    assert admin.history(gone[0]).former == ()


@pytest.mark.parametrize("both", [True, False], ids=["both", "one"])
def test_a_match_of_a_merged_item_counts_for_its_survivor(
    feeds: Feeds, admin: ItemAdminStore, *, both: bool
) -> None:
    """Where the page shows both wordings, and where it shows the merged one alone."""
    first = entry("Ferry late", url="https://x.test/1", summary="Fog over the quay.")
    second = entry("Boat delayed", url="https://x.test/2", summary="Nobody sails in this weather.")
    (older,) = stored(feeds, first)
    (newer,) = stored(feeds, second)
    admin.merge(newer, older, now=feeds.clock())
    page = (first, second) if both else (second,)

    for _ in range(3):
        changes = checked(feeds, *page)
        assert (changes.new, changes.missing) == ((), ())

    assert (changes.revised, len(changes.unchanged)) == ((), 1)
    (item,) = feeds.items.latest("harbour", 10)
    assert item.id == older.id
    assert item.content.title == ("Ferry late" if both else "Boat delayed")


def test_a_merged_item_of_another_source_corrects_nothing(
    feeds: Feeds, admin: ItemAdminStore
) -> None:
    """Its place and what that source said of it went over with it."""
    (older,) = stored(feeds, entry("Ferry late", summary="Fog."))
    other = entry("Boat delayed", summary="Nobody sails in this weather.")
    checked(feeds, other, source="side")
    (newer,) = (i for i in feeds.items.latest("harbour", 10) if i.id != older.id)
    feeds.clock.forward(minutes=1)
    admin.merge(newer, older, now=feeds.clock())

    changes = checked(feeds, other, source="side")

    assert (changes.new, changes.revised) == ((), ())
    assert [match.item.id for match in changes.unchanged] == [older.id]


def test_merges_make_no_chains(feeds: Feeds, admin: ItemAdminStore) -> None:
    """What was merged into a merged item is what that one is, and is forgotten with it."""
    (a,), (b,), (c,), _ = (stored(feeds, entry(title)) for title in ("a1", "b2", "c3", "d4"))
    admin.merge(c, b, now=feeds.clock())
    admin.merge(b, a, now=feeds.clock())

    led = {gone.id: to and to.id for gone, to in feeds.items.gone_since("harbour", 0)}
    assert led == {b.id: a.id, c.id: a.id}
    number = feeds.sources.bulletin_states()["harbour"].number
    admin.forget(a, now=feeds.clock())
    led = {gone.id: to and to.id for gone, to in feeds.items.gone_since("harbour", number)}
    assert led == {a.id: None, b.id: None, c.id: None}


def test_what_cannot_be_merged(feeds: Feeds, admin: ItemAdminStore) -> None:
    """Itself, the older into the newer, what is gone, and what is of another bulletin."""
    (older,) = stored(feeds, entry("a"))
    (newer,) = stored(feeds, entry("b"))

    with pytest.raises(ItemError, match="into itself"):
        admin.merge(older, older, now=feeds.clock())
    with pytest.raises(ItemError, match=f"items merge {newer.token} {older.token}"):
        admin.merge(older, newer, now=feeds.clock())
    with pytest.raises(ItemError, match="of one bulletin"):
        admin.merge(replace(newer, bulletin="other"), older, now=feeds.clock())
    admin.merge(newer, older, now=feeds.clock())
    with pytest.raises(ItemError, match="merged already"):
        admin.merge(newer, older, now=feeds.clock())


def test_the_last_correction_is_told_after_a_merge(feeds: Feeds, admin: ItemAdminStore) -> None:
    """A wording that came with a merge is none; a correction goes on being counted after it."""
    (older,) = stored(feeds, entry("Fery", url="https://x.test/1"))
    (newer,) = stored(feeds, entry("Boat"))
    checked(feeds, entry("Ferry", url="https://x.test/1"), entry("Boat"))
    admin.merge(newer, older, now=feeds.clock())
    assert feeds.items.corrected_since("harbour", 0)[older.id].content.title == "Fery"

    (item,) = admin.named(older.id)
    found = entry("Ferry late", url="https://x.test/1", day=date(2026, 11, 20))
    match = Match(entry=found, place=0, item=item, evidence=Evidence.URL, strength=1.0)
    claim = feeds.claim()
    revision = Revision(item=item, content=content_of(found), match=match)
    feeds.items.apply(claim, feeds.outcome(claim), Changes(revised=(revision,)), zone=UTC_ZONE)

    assert feeds.items.corrected_since("harbour", 0)[older.id].content.title == "Ferry"


# --- the verbs and the pages ---------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a verb in a folder with a bulletin that was read once."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIDINGS_CONFIG", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(str(ended.code))
        output, messages = capfd.readouterr()
        assert "Traceback" not in messages
        return code, output, messages

    assert run("init", "bulletin.txt", "--slug", "harbour", "--title", "Harbour news")[0] == OK
    assert run("check", "--quiet")[0] == OK
    return run


def corrected(folder: Path) -> None:
    """Let the bulletin say something else."""
    text = BULLETIN.replace("until Friday", "until <Monday>")
    (folder / "bulletin.txt").write_text(text)


def test_a_correction_is_shown_to_the_operator(tmp_path: Path, run: Run) -> None:
    """As a word diff, with what it was known by; and as JSON."""
    corrected(tmp_path)
    run("check", "--quiet")
    token = run("items", "list", "harbour", "--find", "bridge")[1].partition("\t")[0]

    code, shown, _ = run("items", "show", token)
    report = json.loads(run("items", "show", token, "--json")[1])

    assert code == OK
    assert "until [-Friday.-]{+<Monday>.+}" in shown
    assert "main: number 1 on the page, by title and date" in shown
    assert "known by title and date" in shown
    assert report["former"][0]["content"]["title"] == "Bridge closed for repairs"
    assert report["sightings"][0]["position"] == 0
    listed = json.loads(run("items", "list", "harbour", "--json", "--limit", "1")[1])
    assert [item["token"] for item in listed] == [token]


def test_a_correction_is_shown_to_readers(tmp_path: Path, run: Run) -> None:
    """On the item's page, escaped, and the same bytes when all is written anew."""
    pages = tmp_path / "public" / "harbour" / "items"
    assert not [page for page in pages.iterdir() if "Corrected" in page.read_text()]
    corrected(tmp_path)
    run("check", "--quiet")

    (page,) = (page for page in pages.iterdir() if "Corrected on" in page.read_text())

    before = page.read_bytes()
    assert b"<del>Friday.</del><ins>&lt;Monday&gt;.</ins>" in before
    assert b"<details>" in before
    (tmp_path / "public" / "harbour" / ".published.json").unlink()
    page.unlink()
    run("check", "--quiet")
    assert page.read_bytes() == before


def test_a_merge_is_published_at_once(tmp_path: Path, run: Run) -> None:
    """The newer one leaves the feeds, and its page leads to the older one."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN + "\n9 November 2026\n\nBoats\n\nLate.\n")
    run("check", "--quiet")
    newer, older, _ = (
        line.split("\t")[0] for line in run("items", "list", "harbour")[1].splitlines()
    )

    code, output, _ = run("items", "merge", newer, older, "--quiet")

    assert (code, output) == (OK, f"{newer} is {older} now: Bridge closed for repairs\n")
    folder = tmp_path / "public" / "harbour"
    assert f'url={older}.html"' in (folder / "items" / f"{newer}.html").read_text()
    assert "Boats" not in (folder / "rss.xml").read_text()
    assert "merged into:" in run("items", "show", newer)[1]
    assert "as tag:" in run("items", "show", older)[1]
    assert "Corrected" not in (folder / "items" / f"{older}.html").read_text()
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert run("check", "--quiet")[0] == OK
    assert len(run("items", "list", "harbour")[1].splitlines()) == 2
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == files


def test_a_forgotten_item_leaves_the_site_at_once(tmp_path: Path, run: Run) -> None:
    """Its page, the list and the feeds; a folder made anew does not have it either."""
    token = run("items", "list", "harbour", "--find", "bridge")[1].partition("\t")[0]

    assert run("items", "forget", token, "--quiet")[0] == OK
    run("check", "--quiet")

    folder = tmp_path / "public" / "harbour"
    assert not (folder / "items" / f"{token}.html").exists()
    for name in ("rss.xml", "atom.xml", "feed.json", "index.html"):
        assert "Bridge" not in (folder / name).read_text()
    assert "forgotten:" in run("items", "show", token)[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("items", "list", "nothing"), "no bulletin 'nothing'"),
        (("items", "list", "harbour", "--limit", "0"), "found '0', allowed is 1 to"),
        (("items", "show", "nothing"), "no item 'nothing'; see: tidings items list"),
        (("items", "merge", "nothing", "more"), "no item 'nothing'"),
        (("items", "forget", "nothing"), "no item 'nothing'"),
        (("items",), "usage: tidings items"),
    ],
)
def test_a_wrong_word_ends_with_usage(run: Run, arguments: tuple[str, ...], message: str) -> None:
    """With what is allowed."""
    code, output, messages = run(*arguments)

    assert (code, output) == (USAGE, "")
    assert message in messages


def test_a_busy_bulletin_is_left_alone(tmp_path: Path, run: Run) -> None:
    """The exit code says: try again later."""
    token = run("items", "list", "harbour")[1].partition("\t")[0]
    with open_app(load(tmp_path / "tidings.toml", {})) as app:
        assert app.sources.claim(
            app.bulletin("harbour"), now=app.clock(), lease=timedelta(minutes=5)
        )

        code, _, messages = run("items", "forget", token)

    assert code == BUSY
    assert "another process is checking it" in messages


def test_sources_tell_how_they_are(tmp_path: Path, run: Run) -> None:
    """Well, and then with what is wrong and what to do."""
    code, well, _ = run("sources")
    assert code == OK
    assert well.startswith("harbour/main\tok\t")
    assert "\t2/2\t" in well
    (tmp_path / "bulletin.txt").write_text("\n")
    run("check", "--quiet")

    (report,) = json.loads(run("sources", "--json")[1])

    assert (report["healthy"], report["failures"]) == (False, 1)
    assert "The source is empty" in report["problem"]
    assert [check["outcome"] for check in report["checks"]] == ["failed", "baseline"]
    ill = run("sources")[1]
    assert "failing (1)" in ill
    assert "failed 2/2" in ill
