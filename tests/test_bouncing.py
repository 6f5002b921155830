"""Mails that come back, end to end: sent, reported, read, suppressed, and left out of the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from bounce_mails import letter, report, vacation
from dovecot import LOGIN, Dovecot
from relay import Mailbox
from running import write_configuration
from worlds import runner

from config.write import bulletin_toml

if TYPE_CHECKING:
    from pathlib import Path

    from worlds import Run

PAGE = "{} November 2026\n\n{}\n\nThe text of what is new there.\n\n"
ANN, BEN = "ann@example.org", "ben@example.org"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """What runs a verb in a folder with an empty maildir."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / "returns" / name).mkdir(parents=True)
    return runner(tmp_path, monkeypatch, capfd)


def configure(folder: Path, relay: Mailbox, bounces: str) -> None:
    """Write a configuration with a relay, a bounce address and a mailbox of reports."""
    write_configuration(
        folder,
        f"[bounces]\n{bounces}\n"
        + bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt", every="1s"),
        mail=f'host = "127.0.0.1"\nport = {relay.port}\nsecurity = "none"\n'
        'sender = "News <news@example.org>"\nbounce = "b@bounce.example.org"\n',
    )


def first_edition(folder: Path, run: Run, relay: Mailbox) -> dict[str, str]:
    """Send the first edition to ann and ben; return the bounce addresses by recipient."""
    (folder / "bulletin.txt").write_text(f"Harbour news\n\n{PAGE.format(1, 'Bridge closed')}")
    assert run("check")[0] == 0
    for address in (ANN, BEN):
        assert run("subscribers", "add", address, "harbour", "--cadence", "instant")[0] == 0
    news(folder, run, 2, "Ferry late")
    return {recipients[0]: sender for sender, recipients, _ in relay.received}


def news(folder: Path, run: Run, day: int, title: str) -> None:
    """Let the page tell something new, and do what is due."""
    with (folder / "bulletin.txt").open("a") as page:
        page.write(PAGE.format(day, title))
    assert run("check")[0] == 0
    assert run("tick")[0] == 0


def names(folder: Path) -> list[str]:
    """The names in a folder of the maildir."""
    return sorted(path.name for path in folder.iterdir())


def test_a_mail_that_came_back_is_the_last_to_that_address(tmp_path: Path, run: Run) -> None:
    """A digest, its report in the maildir, a tick: the next edition leaves the address out.

    The foreign mails beside it stay as they are, with their names and bytes.
    """
    with Mailbox() as relay:
        configure(tmp_path, relay, 'maildir = "returns"')
        senders = first_edition(tmp_path, run, relay)
        new, cur = tmp_path / "returns" / "new", tmp_path / "returns" / "cur"
        (new / "1.report").write_bytes(report(to=senders[ANN]))
        (new / "2.letter").write_bytes(letter())
        (new / "3.forged").write_bytes(report(to="b+1-000000000000@bounce.example.org"))
        (new / "4.away:2,").write_bytes(vacation(senders[BEN]))
        dry = run("bounces", "--dry-run", "--json")
        before = names(new)
        relay.received.clear()

        news(tmp_path, run, 3, "Mole open")
        why = run("subscribers", "why", ANN)[1]

    follows = {one["mail"]: one["follows"] for one in json.loads(dry[1])}
    assert follows == {
        "1.report": "suppressed",
        "2.letter": "left alone",
        "3.forged": "left alone",
        "4.away:2,": "nothing",
    }
    assert before == ["1.report", "2.letter", "3.forged", "4.away:2,"]
    assert names(new) == ["2.letter", "3.forged"]
    assert (new / "2.letter").read_bytes() == letter()
    assert names(cur) == ["1.report:2,S", "4.away:2,S"]
    assert relay.recipients() == [BEN]
    assert "suppressed (bounced)" in why
    assert "5.1.1 550 5.1.1 nobody of that name" in why


def test_reports_on_an_imap_server_count_alike(tmp_path: Path, run: Run) -> None:
    """A real server; each mail is read once, and the letter beside the report stays unread."""
    with Dovecot() as server, Mailbox() as relay:
        configure(
            tmp_path,
            relay,
            f'imap_host = "127.0.0.1"\nimap_port = {server.port}\nimap_security = "none"\n'
            f'imap_user = "{LOGIN[0]}"\nimap_password = "{LOGIN[1]}"\n',
        )
        senders = first_edition(tmp_path, run, relay)
        server.deliver("1.report", b"X-Name: report\n" + report(to=senders[ANN]))
        server.deliver("2.letter", b"X-Name: letter\n" + letter())
        dry = json.loads(run("bounces", "--dry-run", "--json")[1])
        untouched = server.flags()
        relay.received.clear()

        news(tmp_path, run, 3, "Mole open")
        again = json.loads(run("bounces", "--dry-run", "--json")[1])

        assert [one["follows"] for one in dry] == ["suppressed", "left alone"]
        assert untouched == {"report": "", "letter": ""}
        assert server.flags() == {"report": "S", "letter": ""}
        assert relay.recipients() == [BEN]
        assert again == []


def test_one_mail_is_explained_or_taken_by_hand(tmp_path: Path, run: Run) -> None:
    """A file on the command line; without --dry-run it counts."""
    with Mailbox() as relay:
        configure(tmp_path, relay, "")
        senders = first_edition(tmp_path, run, relay)
    mail = tmp_path / "mail.eml"
    mail.write_bytes(report(to=senders[ANN]))

    dry = run("bounces", "--dry-run", "mail.eml")
    taken = run("bounces", "mail.eml")
    again = run("bounces", "mail.eml", "--json")

    assert "suppressed" in dry[1]
    assert "suppressed" in taken[1]
    assert json.loads(again[1])[0]["follows"] == "nothing"
    assert run("bounces")[0] == 2


def test_a_mailbox_that_is_none_is_told_and_stops_nothing(
    tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """The tick goes on; the message names the setting."""
    with Mailbox() as relay:
        configure(tmp_path, relay, 'maildir = "nowhere"')
        first_edition(tmp_path, run, relay)

    code = run("tick")[0]

    assert code == 0
    assert "[bounces] maildir names a maildir" in caplog.text
    assert run("bounces", "--dry-run")[0] == 1


def test_the_operator_hears_of_refusals_that_are_about_us(tmp_path: Path, run: Run) -> None:
    """By one mail; the reader is written to as before."""
    with Mailbox() as relay:
        configure(tmp_path, relay, 'maildir = "returns"')
        text = (tmp_path / "tidings.toml").read_text()
        (tmp_path / "tidings.toml").write_text(
            text.replace("[mail]\n", '[mail]\noperator = "boss@example.org"\n')
        )
        senders = first_edition(tmp_path, run, relay)
        mail = report("5.7.26", "smtp; 550 5.7.26 no signature", to=senders[ANN])
        (tmp_path / "returns" / "new" / "1").write_bytes(mail)
        relay.received.clear()

        news(tmp_path, run, 3, "Mole open")
        run("tick")

    told = [mail for _, recipients, mail in relay.received if recipients == ["boss@example.org"]]
    assert len(told) == 1
    assert b"5.7.26 550 5.7.26 no signature" in told[0]
    assert ANN in relay.recipients()


def test_foreign_mails_are_read_once_and_hide_no_report(tmp_path: Path, run: Run) -> None:
    """More of them than one go reads stand before the report; a cron job remembers which."""
    with Mailbox() as relay:
        configure(tmp_path, relay, 'maildir = "returns"')
        senders = first_edition(tmp_path, run, relay)
        new = tmp_path / "returns" / "new"
        for number in range(1100):
            (new / f"1.{number:04}").write_bytes(letter())
        (new / "2.report").write_bytes(report(to=senders[ANN]))

        run("tick")
        left = json.loads(run("bounces", "--dry-run", "--json")[1])
        run("tick")
        why = run("subscribers", "why", ANN)[1]
        again = json.loads(run("bounces", "--dry-run", "--json")[1])

    assert [one["mail"] for one in left][-1] == "2.report"
    assert len(left) == 101
    assert "suppressed (bounced)" in why
    assert again == []
    assert len(names(new)) == 1100
