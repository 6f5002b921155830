"""Upgrades never re-key: a store of the first release is opened by this one and goes on.

``first_release.sql`` is such a store, written by that release and put into words that both
databases understand. It is never edited.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from worlds import Feeds, bulletin, checked, entry, runner, stored

import feeds.keys_store
from config.load import load
from feeds.database import open_database
from feeds.keys import KEYS_VERSION, title_key, url_key
from feeds.keys_store import renew_keys
from feeds.schema import FEEDS
from notifier.schema import NOTIFIER
from tidings.app import open_app
from tidings.cli import OK
from tidings.desk.schema import DESK

if TYPE_CHECKING:
    from worlds import Run

    from feeds.database import Database

STORE = Path(__file__).with_name("first_release.sql").read_text()
AUTHORITY = "tag:news.example.org,2026-11-25:harbour/"
SHOWN = {
    "j4dd52cfjbqce": "Storm warning",
    "kntyqunh8wgcb": "Ferry timetable for winter",
    "mw8z8bhusa9db": "Water level",
    "f7c585ankuhky": "Bridge closed for repairs",
    "er45z6gskvkng": "New harbour master",
    "tf4f87gsyyda2": "Water level",
}
FORGOTTEN, MERGED, SURVIVOR = "2eqirk89gftgy", "r744ijt7zg6mr", "er45z6gskvkng"
# The same news as in the store, on a page that was laid out anew.
PAGE = """\
<!doctype html><html lang="en"><title>Harbour news</title><main>
<div class="item"><h2><a href="https://harbour.example/news/4">Storm warning</a></h2>
<time datetime="2026-11-07">7 November</time><p>Gale from the west tonight.</p></div>
<div class="item"><h2><a href="https://harbour.example/news/test">Test notice, please ignore</a>
</h2><time datetime="2026-11-06">6 November</time><p>Only a test.</p></div>
<div class="item"><h2><a href="https://harbour.example/news/3">Ferry timetable for winter</a></h2>
<time datetime="2026-11-05">5 November</time><p>The last ferry leaves at ten.</p></div>
<div class="item"><h2><a href="https://harbour.example/news/2">Bridge closed for repairs</a></h2>
<time datetime="2026-11-03">3 November</time>
<p>The swing bridge stays closed until Monday.</p></div>
<div class="item"><h2><a href="https://harbour.example/news/1">New harbour master</a></h2>
<time datetime="2026-11-01">1 November</time><p>Ines Ferreira takes office.</p></div>
</main></html>
"""
NOTICES = """\
Notices of the harbour office

4 November 2026

Water level

The gauge stood at 2.31 metres.

2 November 2026

Harbour master appointed

Ines Ferreira is the new harbour master.

28 October 2026

Water level

The gauge stood at 2.07 metres.
"""


def put(url: str, folder: Path) -> None:
    """Put the store of the first release into an empty database."""
    with open_database(url, folder / "data") as database:
        statements = [
            database.schema(statement)
            for statement in STORE.replace("/folder", str(folder)).split(";\n")
            if statement.strip()
        ]
        if not url:
            with database.transaction() as transaction:
                for statement in statements:
                    transaction.run(statement)
            return
    # By the driver itself: in ours what follows a colon is the name of a parameter.
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def run(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a verb of today in the folder of the first release."""
    put(database_url, tmp_path)
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "notices.txt").write_text(NOTICES)
    (tmp_path / "tidings.toml").write_text(
        f'[store]\ndatabase = "{database_url}"\n'
        '[site]\nbase_url = "https://news.example.org"\n'
        '[bulletins.harbour]\ntitle = "Harbour news"\nlanguage = "en"\n'
        '[bulletins.harbour.sources.main]\nfile = "page.html"\n'
        '[bulletins.harbour.sources.notices]\nfile = "notices.txt"\n'
    )
    return runner(tmp_path, monkeypatch, capfd)


def spoiled(folder: Path) -> None:
    """Let the keys of the store be those of a recipe that this release does not know."""
    with (
        open_app(load(folder / "tidings.toml", {}), register=False) as app,
        app.database.transaction() as transaction,
    ):
        transaction.run("UPDATE items SET keys_version = 0, url_key = 'x', title_key = 'y'")


@pytest.mark.parametrize("keys", ["first", "wrong"])
def test_a_store_of_the_first_release_goes_on(tmp_path: Path, run: Run, keys: str) -> None:
    """Nothing is new, nothing is corrected, nobody is mailed; ids and feeds are what they were."""
    if keys == "wrong":
        spoiled(tmp_path)

    code, output, _ = run("check", "--json")
    checks = json.loads(output)["checks"]
    queued = json.loads(run("tick", "--json")[1])["queued"]

    assert code == OK
    assert [(c["found"], c["new"], c["revised"], c["missing"]) for c in checks] == [
        (5, 0, 0, 0),
        (3, 0, 0, 0),
    ]
    assert queued == 0
    feed = json.loads((tmp_path / "public" / "harbour" / "feed.json").read_text())
    assert {item["id"]: item["title"] for item in feed["items"]} == {
        f"{AUTHORITY}{token}": title for token, title in SHOWN.items()
    }
    atom = (tmp_path / "public" / "harbour" / "atom.xml").read_text()
    assert "<id>tag:news.example.org,2026-11-25:harbour/7pgnqncm4a64p</id>" in atom
    with open_app(load(tmp_path / "tidings.toml", {})) as app:
        with app.database.reading() as transaction:
            rows = transaction.all("SELECT title, url, url_key, title_key, keys_version FROM items")
            steps = transaction.all(
                "SELECT name, max(version) AS last FROM migrations GROUP BY name"
            )
        (survivor,) = app.item_admin.named(SURVIVOR)
        former = app.item_admin.history(survivor).former
    assert {row["keys_version"] for row in rows} == {KEYS_VERSION}
    assert all(row["url_key"] == url_key(row["url"]) for row in rows)
    assert all(row["title_key"] == title_key(row["title"]) for row in rows)
    assert {row["name"]: row["last"] for row in steps} == {
        "desk": len(DESK.steps),
        "feeds": len(FEEDS.steps),
        "notifier": len(NOTIFIER.steps),
    }
    assert [one.merged_from for one in former] == [f"{AUTHORITY}{MERGED}"]


def test_what_the_first_release_did_can_be_looked_after(tmp_path: Path, run: Run) -> None:
    """Its merge is taken back, its corrections are shown, what it forgot stays away."""
    assert run("items", "split", MERGED, "--quiet")[0] == OK

    code, output, _ = run("check", "--json")

    assert code == OK
    assert [(c["new"], c["missing"]) for c in json.loads(output)["checks"]] == [(0, 0), (0, 0)]
    listed = run("items", "list", "harbour")[1]
    assert MERGED in listed
    assert FORGOTTEN not in listed
    assert "at [-nine.-]{+ten.+}" in run("items", "show", "kntyqunh8wgcb")[1]
    assert "known by url\n" in run("items", "show", "kntyqunh8wgcb")[1]
    assert (tmp_path / "public" / "harbour" / "items" / f"{MERGED}.html").exists()


# --- keys ------------------------------------------------------------------------------------


def test_keys_are_renewed_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old items that only a key leads to are found again, and all ids are what they were."""
    monkeypatch.setattr(feeds.keys_store, "BATCH", 7)
    world = Feeds(database)
    world.sources.register([bulletin()], now=world.clock())
    old = entry("Rare title", url="https://www.x.test/old")
    (item,) = stored(world, old)
    for start in (0, 50):
        world.store(*(entry(f"n{number}") for number in range(start, start + 50)))
    with database.transaction() as transaction:
        transaction.run("UPDATE sightings SET position = NULL")
        transaction.run("UPDATE items SET keys_version = 0, url_key = 'x', title_key = 'y'")
    assert item.id not in {known.id for known in world.items.known("harbour", "main", [old])}

    assert renew_keys(database) == 101
    assert renew_keys(database) == 0

    assert item.id in {known.id for known in world.items.known("harbour", "main", [old])}
    assert checked(world, old).new == ()
    with database.reading() as transaction:
        versions = transaction.all("SELECT DISTINCT keys_version FROM items")
    assert [row["keys_version"] for row in versions] == [KEYS_VERSION]


def test_renewed_keys_correct_nothing(database: Database) -> None:
    """Two sources that word an item differently do not correct each other after an upgrade."""
    world = Feeds(database)
    world.sources.register([bulletin(sources=("main", "side"))], now=world.clock())
    one = entry("Ferry late", url="https://x.test/1", summary="Fog.")
    other = entry("Ferry late today", url="https://x.test/1", summary="Fog over the quay.")
    stored(world, one)
    checked(world, other, source="side")
    with database.transaction() as transaction:
        transaction.run("UPDATE items SET keys_version = 0")
        transaction.run("UPDATE sightings SET stated = 'of the old recipe'")
    renew_keys(database)

    for _ in range(2):
        assert checked(world, other, source="side").revised == ()
        assert checked(world, one).revised == ()
    assert len(checked(world, entry("Ferry gone", url="https://x.test/1")).revised) == 1
