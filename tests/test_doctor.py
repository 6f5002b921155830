"""`tidings doctor`: what is well is said, what is not has a remedy, and nothing is sent."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from nameserver import Nameserver
from relay import Mailbox, free_port
from worlds import runner

from notifier.dns_rules import are_aligned, judge_dkim, judge_dmarc, judge_spf, names_up
from notifier.findings import Level, Record
from notifier.mail_lint import lint

if TYPE_CHECKING:
    from pathlib import Path

    from worlds import Run

KEY = "v=DKIM1; k=rsa; p=MIIB"
PAGE = "Harbour news\n\n1 November 2026\n\nBridge closed\n\nThe bridge stays closed for now.\n\n"


@pytest.mark.parametrize(
    ("texts", "level"),
    [
        ([], Level.FAILURE),
        (["other"], Level.FAILURE),
        (["v=spf1 a:smtp.example.org ~all"], Level.OK),
        (["v=spf1 redirect=_spf.example.org"], Level.OK),
        (["v=spf1 -all", "v=spf1 ~all"], Level.FAILURE),
        (["v=spf1 +all"], Level.FAILURE),
        (["v=spf1 mx"], Level.WARNING),
    ],
)
def test_spf_is_judged(texts: list[str], level: Level) -> None:
    """One record, which does not let everybody in."""
    assert judge_spf("example.org", texts).level is level


@pytest.mark.parametrize(
    ("texts", "level"),
    [
        ([], Level.FAILURE),
        (["v=DKIM1; k=rsa; p=MI IB"], Level.OK),
        (["p=MIIB"], Level.OK),
        (["v=DKIM1; p=MIIC"], Level.FAILURE),
        (["v=DKIM1; p="], Level.FAILURE),
        (["v=DKIM1; t=y; p=MIIB"], Level.WARNING),
        ([KEY, KEY], Level.FAILURE),
    ],
)
def test_a_key_is_judged_by_ours(texts: list[str], level: Level) -> None:
    """However it is written; another one, or a revoked one, breaks every signature."""
    assert judge_dkim("s._domainkey.example.org", texts, KEY).level is level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("v=DMARC1; p=none; rua=mailto:a@example.org", Level.OK),
        ("v=DMARC1; p=reject; np=reject; t=y", Level.OK),
        ("v=DMARC1; p=none; pct=50", Level.WARNING),
        ("v=DMARC1; p=maybe", Level.WARNING),
        ("v=spf1 -all", Level.FAILURE),
    ],
)
def test_dmarc_is_judged_by_the_rules_of_today(text: str, level: Level) -> None:
    """Tags that were removed are named; a record above the domain counts for it."""
    here = judge_dmarc("example.org", [("_dmarc.example.org", [text])])
    above = judge_dmarc("a.example.org", [("_dmarc.a.example.org", []), ("_dmarc.x", [text])])

    assert (here.level, above.level) == (level, level)


def test_a_domain_is_looked_for_upwards_and_in_eight_steps_at_most() -> None:
    """RFC 9989: itself, then the last seven."""
    assert names_up("a.example.org") == (
        "_dmarc.a.example.org",
        "_dmarc.example.org",
        "_dmarc.org",
    )
    assert len(names_up(".".join("abcdefghijkl"))) == 8
    assert are_aligned("bounce.example.org", "example.org")
    assert not are_aligned("badexample.org", "example.org")


def test_a_long_text_is_pasted_in_parts() -> None:
    """Zones take strings of 255 letters."""
    line = str(Record(name="a.test", kind="TXT", value="x" * 300))

    assert line == f'a.test. IN TXT "{"x" * 255}" "{"x" * 45}"'


def test_a_mail_that_breaks_rules_is_told_of() -> None:
    """Each broken rule is one finding."""
    good = (
        b"Date: x\r\nFrom: x\r\nTo: x\r\nSubject: x\r\nMessage-ID: x\r\nMIME-Version: 1.0\r\n"
        b"List-Unsubscribe: <https://x.test/u>\r\nList-Unsubscribe-Post: x\r\n\r\nText\r\n"
    )

    assert [one.level for one in lint("mail", good)] == [Level.OK]
    for worse, many in (
        (good + b"x" * 999, 1),
        (good + b"a\nb", 1),
        (good.replace(b"To: x\r\n", b""), 1),
        (good.replace(b"<https", b"<http"), 1),
        (good + b"x\r\n" * 40_000, 1),
        (good.replace(b"<https", b"=?utf-8?q?"), 2),
    ):
        found = lint("mail", worse)
        assert len(found) == many, found
        assert all(one.level is not Level.OK and one.remedy for one in found)


# --- the verb ------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """What runs a verb in a folder with a page and a configuration without mail."""
    (tmp_path / "bulletin.txt").write_text(PAGE)
    configure(tmp_path, "")
    return runner(tmp_path, monkeypatch, capfd)


def configure(folder: Path, mail: str, *, base_url: str = "https://news.example.org") -> None:
    """Write the configuration."""
    (folder / "tidings.toml").write_text(
        f'[site]\nbase_url = "{base_url}"\n[mail]\nsender = "News <news@example.org>"\n{mail}\n'
        '[bulletins.harbour]\ntitle = "Harbour"\n[bulletins.harbour.sources.main]\n'
        'file = "bulletin.txt"\n'
    )


def examined(run: Run, *arguments: str) -> tuple[int, dict[str, dict[str, str]], list[Any]]:
    """Return the exit code, the findings by what they are about, and the records."""
    code, output, _ = run("doctor", "--json", *arguments)
    answer = json.loads(output)
    assert answer["healthy"] is (code == 0)
    return code, {one["about"]: one for one in answer["findings"]}, answer["records"]


def relay_settings(port: int, *more: str) -> str:
    """The settings of a relay on loopback, with a bounce address and a key."""
    lines = [
        'host = "127.0.0.1"',
        f"port = {port}",
        'security = "none"',
        'bounce = "b@bounce.example.org"',
        'dkim_key = "dkim.pem"',
        *more,
    ]
    return "\n".join(lines)


def test_a_new_house_is_well_without_a_relay(run: Run, tmp_path: Path) -> None:
    """What cannot be looked at says why; before the first check and after it."""
    before = examined(run)
    assert run("check")[0] == 0
    after = examined(run)

    assert (before[0], after[0]) == (0, 0)
    assert before[1]["source harbour/main"]["level"] == "skipped"
    assert after[1]["source harbour/main"]["level"] == "ok"
    assert after[1]["next digest of harbour"]["level"] == "ok"
    assert after[1]["relay"]["level"] == after[1]["DNS"]["level"] == "skipped"
    assert not list(tmp_path.glob("data/mails/*"))


def test_a_house_in_order_is_told_so_and_sends_nothing(run: Run, tmp_path: Path) -> None:
    """The records that it prints are those that it then finds."""
    with Mailbox() as relay, Nameserver({}) as names:
        configure(tmp_path, relay_settings(relay.port))
        run("check")
        made = run("doctor", "--make-dkim-key", "dkim.pem")
        again = run("doctor", "--make-dkim-key", "dkim.pem")
        missing = examined(run, "--resolver", names.address)
        records: dict[tuple[str, str], list[str] | None] = {
            (one["name"], one["type"]): [
                " ".join(f'"{part}"' for part in re.findall(".{1,255}", one["value"]))
            ]
            for one in missing[2]
        }
        records |= {
            ("example.org", "MX"): ["10 mx.example.org."],
            ("mx.example.org", "A"): ["192.0.2.1"],
            ("bounce.example.org", "A"): ["192.0.2.1"],
            ("127.0.0.1", "A"): ["127.0.0.1"],
        }
        names.records = records
        code, found, _ = examined(run, "--resolver", names.address)

    assert made[0] == 0
    assert "tidings._domainkey.example.org. IN TXT" in made[1]
    assert (tmp_path / "dkim.pem").stat().st_mode & 0o777 == 0o600
    assert again[0] == 1
    assert missing[0] == 1
    assert missing[1]["SPF of bounce.example.org"]["level"] == "failure"
    assert code == 0, found
    levels = {about: one["level"] for about, one in found.items()}
    assert levels["SPF of bounce.example.org"] == "ok"
    assert levels["DKIM key at tidings._domainkey.example.org"] == "ok"
    assert levels["DMARC of example.org"] == "ok"
    assert levels["mail to example.org"] == levels["mail to bounce.example.org"] == "ok"
    assert levels[f"relay 127.0.0.1 port {relay.port}"] == "ok"
    assert relay.received == []


def test_a_resolver_that_fails_is_no_verdict(run: Run, tmp_path: Path) -> None:
    """No answer is a warning with its remedy, not a missing record."""
    with Mailbox() as relay, Nameserver({("bounce.example.org", "TXT"): None}) as names:
        configure(tmp_path, relay_settings(relay.port).replace('dkim_key = "dkim.pem"', ""))
        found = examined(run, "--resolver", names.address)[1]

    assert found["SPF of bounce.example.org"]["level"] == "warning"
    assert "--resolver" in found["SPF of bounce.example.org"]["remedy"]


@pytest.mark.parametrize(
    ("relay", "said"),
    [
        (Mailbox(refuses_sender="553 5.1.8 not yours"), "refuses the sender"),
        (Mailbox(login=("news", "right")), "refuses"),
        (Mailbox(refuses_us="554 5.7.1 go away"), "refuses us"),
        (Mailbox(hangs_up_at="MAIL"), "hung up"),
    ],
)
def test_a_relay_that_would_not_take_mail_is_found_out(
    run: Run, tmp_path: Path, relay: Mailbox, said: str
) -> None:
    """Before the first mail; with the setting that may be wrong."""
    with relay, Nameserver({}) as names:
        configure(tmp_path, relay_settings(relay.port))
        code, found, _ = examined(run, "--resolver", names.address)

    finding = found[f"relay 127.0.0.1 port {relay.port}"]
    assert code == 1
    assert said in finding["said"]
    assert finding["remedy"]


def test_what_is_wrong_in_the_house_has_a_remedy(run: Run, tmp_path: Path) -> None:
    """A page that is gone, an address without https, a broken template, a relay that is down."""
    run("check")
    (tmp_path / "bulletin.txt").unlink()
    (tmp_path / "own" / "digest").mkdir(parents=True)
    (tmp_path / "own" / "digest" / "subject.txt").write_text("{{ digest.nothing }}")
    configure(
        tmp_path, f'host = "127.0.0.1"\nport = {free_port()}', base_url="http://news.example.org"
    )
    text = (tmp_path / "tidings.toml").read_text()
    (tmp_path / "tidings.toml").write_text(text.replace("[site]", '[site]\ntemplates = "own"', 1))

    with Nameserver({}) as names:
        code, found, _ = examined(run, "--resolver", names.address)

    assert code == 1
    for about in ("source harbour/main", "address", "next digest of harbour"):
        assert found[about]["level"] == "failure", found[about]
        assert found[about]["remedy"]
    assert "subject.txt:1" in found["next digest of harbour"]["said"]


def test_nothing_is_asked_offline(run: Run, tmp_path: Path) -> None:
    """For machines of CI without a net."""
    configure(tmp_path, f'host = "127.0.0.1"\nport = {free_port()}')

    code, found, records = examined(run, "--offline")

    assert code == 0
    assert found["DNS"]["level"] == found["source harbour/main"]["level"] == "skipped"
    assert records
    assert "IN TXT" in run("doctor", "--offline")[1]
