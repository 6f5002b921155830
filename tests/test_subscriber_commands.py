"""Subscribers in the operator's hands: rules, lists in and out, reasons, the suppression list."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from config.load import load
from notifier.ledger_store import Attempt, LedgerLine
from notifier.model import DeliveryState, Rule
from tidings.app import open_app
from tidings.cli import FAILED, OK, USAGE, main
from tidings.explaining import told_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

BULLETIN = """\
Harbour news

3 November 2026

Bridge closed for repairs

The swing bridge stays closed until Friday.

1 November 2026

New harbour master

Ines Ferreira takes office.
"""
NEWS = "\n9 November 2026\n\nFerry late\n\nOn Sundays.\n"
LIST = """\
address,bulletin,cadence,time_zone,words,consent_date
ann@example.org,harbour,instant,Europe/Lisbon,"ferry, bridge",
ann@example.org,harbour,weekly fri 18,Europe/Lisbon,,
bob@bücher.example,,daily,,,2025-05-01
"""


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

    run("init", "bulletin.txt", "--slug", "harbour", "--title", "Harbour news")
    assert run("check", "--quiet")[0] == OK
    return run


def imported(run: Run, folder: Path, text: str, *more: str) -> tuple[int, str, str]:
    """Import a list."""
    (folder / "list.csv").write_text(text, encoding="utf-8-sig")
    return run(
        "subscribers",
        "import",
        "list.csv",
        "--bulletin",
        "harbour",
        "--consent-source",
        "fair",
        *more,
    )


def test_a_list_comes_in_with_its_consent_and_goes_out_again(tmp_path: Path, run: Run) -> None:
    """Lines of one address are its rules, in their order; what is written can be read."""
    tried = imported(run, tmp_path, LIST, "--consent-date", "2026-01-31", "--dry-run")
    nobody = run("subscribers", "list")[1]
    code, output, _ = imported(run, tmp_path, LIST, "--consent-date", "2026-01-31")
    written = run("subscribers", "export")[1]
    (tmp_path / "list.csv").write_text(written)
    again = run("subscribers", "import", "list.csv")

    assert tried[1] == "2 subscriptions would be added, 0 left out\n"
    assert nobody == ""
    assert (code, output) == (OK, "2 subscriptions added, 0 left out\n")
    assert again[0] == OK
    assert run("subscribers", "export")[1] == written
    rows = list(csv.DictReader(io.StringIO(written)))
    assert [row["cadence"] for row in rows] == ["instant", "weekly fri 18", "daily"]
    assert [row["address"] for row in rows][-1] == "bob@xn--bcher-kva.example"
    assert rows[0]["words"] == "ferry, bridge"
    assert [row["consent_date"][:10] for row in rows] == ["2026-01-31", "2026-01-31", "2025-05-01"]
    assert {row["consent_source"] for row in rows} == {"fair"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody,harbour,daily,UTC,,2026-01-01", "list.csv:2: not an e-mail address"),
        ("a@b.example,library,daily,UTC,,2026-01-01", "list.csv:2: no bulletin 'library'"),
        ("a@b.example,harbour,hourly,UTC,,2026-01-01", "list.csv:2: not a cron expression"),
        ("a@b.example,harbour,daily,Mars,,2026-01-01", "list.csv:2: no time zone 'Mars'"),
        ("a@b.example,harbour,daily,UTC,,", "list.csv:2: no date of consent"),
        ("a@b.example,harbour,daily,UTC,,soon", "list.csv:2: not a date of consent: 'soon'"),
        ("a@b.example,harbour,daily,UTC,,2999-01-01", "lies in the future"),
    ],
)
def test_a_list_with_a_wrong_line_changes_nothing(
    tmp_path: Path, run: Run, line: str, said: str
) -> None:
    """The line is named, and what is wrong with it."""
    head = LIST.partition("\n")[0]
    good = "cyd@example.org,harbour,daily,UTC,,2026-01-01"

    code, _, messages = imported(run, tmp_path, f"{head}\n{line}\n{good}\n")

    assert code == FAILED
    assert said in messages
    assert run("subscribers", "list")[1] == ""


@pytest.mark.parametrize(
    "text",
    ["", "name,phone\nx,y\n", "address,password\na@b.c,x\n", "\x00\x00"],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, run: Run, text: str) -> None:
    """With the columns that there are."""
    code, _, messages = imported(run, tmp_path, text)

    assert code == USAGE
    assert "list.csv" in messages


def test_a_list_brings_no_formulas(tmp_path: Path, run: Run) -> None:
    """What a spreadsheet would run is marked as text, and read back as it was."""
    line = "address,words,consent_date\n+x@example.org,=1+1,2026-01-01\n"
    imported(run, tmp_path, line)

    written = run("subscribers", "export")[1]
    (tmp_path / "list.csv").write_text(written)
    again = run("subscribers", "import", "list.csv")

    assert "'+x@example.org" in written
    assert "'=1+1" in written
    assert again[0] == OK
    assert run("subscribers", "export")[1] == written


def test_suppressed_addresses_are_neither_added_nor_imported(tmp_path: Path, run: Run) -> None:
    """Until they are revived."""
    run("subscribers", "add", "ann@example.org", "harbour")
    run("subscribers", "suppress", "ann@example.org", "--reason", "complained")

    added = run("subscribers", "add", "ANN@example.org", "harbour")
    _, listed, _ = imported(run, tmp_path, LIST, "--consent-date", "2026-01-31")
    revived = run("subscribers", "revive", "ann@example.org")
    afterwards = run("subscribers", "add", "ann@example.org", "harbour")
    twice = run("subscribers", "revive", "ann@example.org")

    assert added[0] == FAILED
    assert "suppressed (complained)" in added[2]
    assert "tidings subscribers revive" in added[2]
    assert listed.endswith("1 subscriptions added, 1 left out\n")
    assert (revived[0], afterwards[0], twice[0]) == (OK, OK, FAILED)


def test_the_command_line_speaks_of_rules(run: Run) -> None:
    """Some words at once, the rest weekly, as plain text."""
    words = ("--cadence", "instant", "--words", "ferry, bridge", "--rest", "weekly fri 18")

    code, output, _ = run("subscribers", "add", "ann@example.org", "harbour", *words, "--text")

    assert code == OK
    assert "each new item with ferry, bridge at once; weekly fri 18, next on" in output
    (listed,) = json.loads(run("subscribers", "list", "--json")[1])
    assert listed["rules"] == ["instant with ferry, bridge", "weekly fri 18"]
    assert listed["form"] == "text"
    wrong = run("subscribers", "add", "bob@example.org", "harbour", "--words", "x" * 100)
    assert (wrong[0], "--words" in wrong[2]) == (USAGE, True)


def test_somebody_can_be_asked_first(tmp_path: Path, run: Run) -> None:
    """It begins when they confirm."""
    run("subscribers", "add", "ann@example.org", "harbour", "--pending")
    run("tick", "--quiet")

    (mail,) = tmp_path.glob("data/mails/*.eml")
    assert b"/confirm/" in mail.read_bytes()
    assert run("subscribers", "list")[1] == ""


def test_why_tells_what_became_of_each_item(tmp_path: Path, run: Run) -> None:
    """For an address and for an item: told, waiting, left out, came later, ended."""
    for name, more in (
        ("ann", ("--cadence", "instant")),
        ("bob", ("--cadence", "instant", "--words", "train")),
        ("cyd", ("--cadence", "instant", "--words", "train", "--rest", "monthly")),
        ("dan", ("--cadence", "weekly")),
    ):
        run("subscribers", "add", f"{name}@example.org", "harbour", *more)
    (tmp_path / "bulletin.txt").write_text(BULLETIN + NEWS)
    run("check", "--quiet")
    run("tick", "--quiet")
    run("subscribers", "add", "eve@example.org", "harbour")
    items = [line.split("\t") for line in run("items", "list", "harbour")[1].splitlines()]
    tokens = {title: token for token, _, _, title, _ in items}

    rows = json.loads(run("items", "why", tokens["Ferry late"], "--json")[1])
    old = run("items", "why", tokens["New harbour master"])[1]
    ann = run("subscribers", "why", "ann@example.org")
    unknown = run("subscribers", "why", "zoe@example.org")

    outcomes = {row["address"].partition("@")[0]: row["outcome"] for row in rows}
    assert outcomes["ann"].startswith("sent ")
    assert outcomes["bob"].startswith("its wishes left it out")
    assert outcomes["cyd"].startswith("waits for the digest of")
    assert outcomes["dan"].startswith("is told on")
    assert outcomes["eve"].startswith("subscribed later")
    assert "nobody is told of such items" in old
    assert "harbour: instant" in ann[1]
    assert "Ferry late" in ann[1]
    assert "sent " in ann[1]
    assert (unknown[0], "nothing is known" in unknown[2]) == (FAILED, True)
    told = json.loads(run("subscribers", "why", "ann@example.org", "--json")[1])
    (edition,) = told["editions"]
    (attempt,) = edition["attempts"]
    assert (edition["items"], edition["state"]) == (["Ferry late"], "sent")
    assert (attempt["number"], attempt["state"], attempt["relay"]) == (1, "sent", "folder")


def test_why_tells_of_the_attempts_that_failed() -> None:
    """With time, relay and answer; how the last one ended is said first."""
    since = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    attempts = tuple(
        Attempt(
            number=number,
            started=since + timedelta(minutes=5 * number),
            finished=since + timedelta(minutes=5 * number),
            state=state,
            relay="relay.test:25",
            code=None,
            enhanced="",
            reply=reply,
        )
        for number, state, reply in (
            (1, DeliveryState.DEFERRED, "450 later"),
            (2, DeliveryState.SENT, "250 taken"),
        )
    )
    line = LedgerLine(
        delivery_id=1,
        edition_id=1,
        bulletin="harbour",
        edition_number=1,
        subscription_id=1,
        address="ann@example.org",
        state=DeliveryState.SENT,
        message_id="<1@example.org>",
        reply="250 taken",
        created=since,
        next_attempt=None,
        finished=attempts[1].finished,
        items=("Ferry late",),
        attempts=attempts,
    )

    assert told_words(line) == (
        "sent 2026-11-23 12:10 UTC: 250 taken; "
        "attempt 1 2026-11-23 12:05 UTC by relay.test:25 deferred: 450 later"
    )


def test_plain_text_is_one_body(tmp_path: Path, run: Run) -> None:
    """Who wants no layout gets none."""
    run("subscribers", "add", "ann@example.org", "harbour", "--cadence", "instant", "--text")
    (tmp_path / "bulletin.txt").write_text(BULLETIN + NEWS)
    run("check", "--quiet")
    run("tick", "--quiet")

    (mail,) = tmp_path.glob("data/mails/*.eml")
    assert b"text/html" not in mail.read_bytes()
    assert b"Ferry late" in mail.read_bytes()


def test_links_are_signed_anew(tmp_path: Path, run: Run) -> None:
    """For the day on which a secret has leaked."""
    run("subscribers", "add", "ann@example.org", "harbour")
    with open_app(load(tmp_path / "tidings.toml", {}), register=False) as app:
        (before,) = app.subscribers.subscriptions()
        code, output, _ = run("subscribers", "new-links", "--retire")

        assert code == OK
        assert output.startswith("1 subscriptions have new links; those of former mails open")
        assert app.subscribers.by_token(before.token) is None
        assert before.rules == (Rule(cadence="weekly", next_digest=before.next_digest),)


def test_a_preview_shows_what_the_rules_of_a_reader_take(run: Run, tmp_path: Path) -> None:
    """Each rule with what it takes and when; the mail is that of the next one, in their form."""
    (tmp_path / "list.csv").write_text(LIST)
    more = ("--bulletin", "harbour", "--consent-date", "2025-05-01")
    assert run("subscribers", "import", "list.csv", *more)[0] == OK
    empty = run("digest", "harbour", "--for", "ann@example.org")
    with (tmp_path / "bulletin.txt").open("a") as page:
        page.write(NEWS + "\n10 November 2026\n\nMole open\n\nTo all.\n")
    run("check", "--quiet")

    code, text, _ = run("digest", "harbour", "--for", "ann@example.org")
    _, html, rules = run("digest", "harbour", "--for", "ann@example.org", "--html")

    lines = text.splitlines()
    assert code == OK
    assert lines[0] == "instant with ferry, bridge: 1 item, told at once"
    assert lines[1].startswith("weekly fri 18: 1 item, told on ")
    assert "Ferry late" in text
    assert "Mole open" not in text
    assert html.startswith("<!DOCTYPE html>")
    assert rules.splitlines()[0] == lines[0]
    assert empty[0] == FAILED
    assert "takes anything" in empty[2]
    assert run("digest", "harbour", "--for", "cy@example.org")[0] == USAGE
    assert run("digest", "harbour", "--for", "a@b.test", "--edition", "1")[0] == USAGE
