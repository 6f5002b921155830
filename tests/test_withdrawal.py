"""What an operator withdraws: shown as withdrawn everywhere, and in no edition to come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import feedparser
import pytest
from worlds import Feeds, bulletin, checked, entry, of_edition, runner, stored

from feeds.item_admin_store import BulletinBusyError, ItemAdminStore, ItemError
from feeds.labels import withdrawn_label, withdrawn_title
from tidings.cli import OK, USAGE

if TYPE_CHECKING:
    from pathlib import Path

    from worlds import Run

    from feeds.database import Database

BULLETIN = """\
Hafen

3. November 2026

Brücke gesperrt

Die Drehbrücke bleibt bis Freitag gesperrt.

1. November 2026

Neue Hafenmeisterin

Ines Ferreira tritt ihr Amt an.
"""


@pytest.mark.parametrize(
    ("language", "label"),
    [("de", "Zurückgezogen"), ("pt-BR", "Retirado"), ("", "Withdrawn"), ("tlh", "Withdrawn")],
)
def test_it_is_said_in_the_language_of_the_bulletin(language: str, label: str) -> None:
    """And in English where we have no word for it."""
    assert withdrawn_label(language) == label
    assert withdrawn_title("Ferry", language) == f"[{label}] Ferry"


def test_a_withdrawn_item_stays_and_is_in_no_edition(database: Database) -> None:
    """Its time of change moves, both ways; it is found and corrected as ever."""
    feeds, admin = Feeds(database), ItemAdminStore(database)
    feeds.sources.register([bulletin()], now=feeds.clock())
    one, other = stored(feeds, entry("One", url="https://x.test/1"), entry("Other"))
    number = feeds.sources.bulletin_states()["harbour"].number

    admin.withdraw(one, now=feeds.clock())

    (withdrawn,) = feeds.items.changed_since("harbour", number)
    assert (withdrawn.id, withdrawn.updated) == (one.id, feeds.clock())
    assert withdrawn.withdrawn == feeds.clock()
    assert len(feeds.items.latest("harbour", 9)) == 2
    assert of_edition(feeds, after=0) == {"Other"}
    changes = checked(feeds, entry("One, corrected", url="https://x.test/1"), entry("Other"))
    assert ([r.item.id for r in changes.revised], changes.new) == ([one.id], ())
    assert admin.named(one.id)[0].withdrawn == withdrawn.withdrawn
    with pytest.raises(ItemError, match="withdrawn already"):
        admin.withdraw(one, now=feeds.clock())
    admin.restore(one, now=feeds.clock())
    (stands,) = admin.named(one.id)
    assert (stands.withdrawn, stands.updated) == (None, feeds.clock())
    assert of_edition(feeds, after=0) == {"One, corrected", "Other"}
    with pytest.raises(ItemError, match="is not withdrawn"):
        admin.restore(one, now=feeds.clock())
    claim = feeds.claim()
    with pytest.raises(BulletinBusyError):
        admin.withdraw(other, now=feeds.clock())
    feeds.sources.release(claim)


def test_the_list_says_since_when_an_item_is_missing(database: Database) -> None:
    """Since no source shows it any more; one that is shown anywhere is not missing."""
    feeds, admin = Feeds(database), ItemAdminStore(database)
    feeds.sources.register([bulletin(sources=("main", "side"))], now=feeds.clock())
    stored(feeds, entry("One"), entry("Other"))
    checked(feeds, entry("One"), source="side")
    checked(feeds, entry("Third"))
    first, last = feeds.clock(), feeds.clock.forward(minutes=5)
    checked(feeds, entry("Third"), source="side")

    missing = {item.content.title: item.missing_since for item in admin.listed("harbour", limit=9)}

    assert missing["Third"] is None
    assert missing["One"] == last
    assert missing["Other"] is not None
    assert missing["Other"] < first


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a verb in a folder with a bulletin that was read once."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    (tmp_path / "tidings.toml").write_text(
        '[bulletins.hafen]\ntitle = "Hafen"\nlanguage = "de"\n'
        '[bulletins.hafen.sources.main]\nfile = "bulletin.txt"\n'
    )
    run = runner(tmp_path, monkeypatch, capfd)
    assert run("check", "--quiet")[0] == OK
    return run


def test_a_withdrawal_is_seen_at_once_and_gone_when_it_is_taken_back(
    tmp_path: Path, run: Run
) -> None:
    """In all feeds, on all pages, in the list; and nothing is left of it afterwards."""
    folder = tmp_path / "public" / "hafen"
    token = run("items", "list", "hafen", "--find", "gesperrt")[1].partition("\t")[0]
    names = ("rss.xml", "atom.xml", "feed.json", "index.html", f"items/{token}.html")

    assert run("items", "withdraw", token, "--quiet")[0] == OK

    title = "[Zurückgezogen] Brücke gesperrt"
    for name in ("rss.xml", "atom.xml"):
        (found, _) = feedparser.parse((folder / name).read_bytes()).entries
        assert found.title == title
        assert found.tags[0].term == "Zurückgezogen"
        assert "<strong>Zurückgezogen</strong>" in str(found)
    (found, _) = json.loads((folder / "feed.json").read_text())["items"]
    assert (found["title"], found["tags"]) == (title, ["Zurückgezogen"])
    assert found["date_modified"] > found["date_published"]
    assert "[Zurückgezogen] <a" in (folder / "index.html").read_text()
    assert "<s>Brücke gesperrt</s>" in (folder / f"items/{token}.html").read_text()
    assert "[Zurückgezogen]" in (tmp_path / "public" / "index.html").read_text()
    assert "withdrawn 2" in run("items", "list", "hafen", "--find", "gesperrt")[1]
    assert "withdrawn:" in run("items", "show", token)[1]
    assert "gesperrt" not in run("digest", "hafen")[1]
    assert "gesperrt" in run("check", "--dry-run")[1]
    code, output, _ = run("items", "withdraw", token, "--undo", "--quiet")
    assert (code, output) == (OK, f"{token} stands again: Brücke gesperrt\n")
    for name in names:
        text = (folder / name).read_text()
        assert "ezogen" not in text
        assert "corrected" not in text
    assert run("items", "withdraw", token, "--undo")[0] == USAGE
