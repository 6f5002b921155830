"""Settings as they are shown: the value in force, the place that says so, and no secret."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from config.load import SECTIONS, parse
from config.origins import HIDDEN, origins
from config.settings import SourceSettings
from config.write import example_configuration
from tidings.cli import main

if TYPE_CHECKING:
    import pytest

SECRET = "correct-horse"  # noqa: S105 - of nobody
TEXT = """\
[site]
base_url = "https://news.example.org"
hubs = ["https://me:correct-horse@hub.example/"]

[store]
database = "postgresql://me:correct-horse@db/tidings"

[mail]
host = "in-the-file"
relays = { backup = { host = "smtp2", password = "correct-horse" } }

[bulletins]
harbour.title = "Harbour news"
harbour.time_zone = "Europe/Lisbon"

[bulletins.harbour.sources.main]
url = "https://me:correct-horse@harbour.example/news"
every = "30m"
headers = { Accept-Language = "pt", Authorization = "Bearer correct-horse" }
[bulletins.harbour.sources.main.rules]
item = 'li'
[bulletins.harbour.sources.other]
file = "other.txt"
cron = "0 7 * * *"

[merges.port]
title = "Port"
bulletins = ["harbour"]
"""
ENVIRON = {"TIDINGS_MAIL_HOST": "smtp", "TIDINGS_MAIL_PASSWORD": SECRET}


def test_each_setting_has_its_value_and_its_place() -> None:
    """Line, variable or default; the environment wins; a source has its zone of the bulletin."""
    path = Path("/etc/tidings.toml")
    found = {each.key: each for each in origins(parse(TEXT, path, ENVIRON), TEXT, ENVIRON)}

    main = "bulletins.harbour.sources.main"
    for key, value, place in (
        ("site.base_url", '"https://news.example.org"', "/etc/tidings.toml:2"),
        ("site.hubs", '["https://hub.example/"]', "/etc/tidings.toml:3"),
        ("site.title", '"Tidings"', ""),
        ("store.database", json.dumps(HIDDEN), "/etc/tidings.toml:6"),
        ("mail.host", '"smtp"', "TIDINGS_MAIL_HOST"),
        ("mail.password", json.dumps(HIDDEN), "TIDINGS_MAIL_PASSWORD"),
        ("mail.port", "587", ""),
        ("mail.relays.backup.host", '"smtp2"', "/etc/tidings.toml:10"),
        ("mail.relays.backup.password", json.dumps(HIDDEN), "/etc/tidings.toml:10"),
        ("bounces.imap_password", '""', ""),
        ("bulletins.harbour.title", '"Harbour news"', "/etc/tidings.toml:13"),
        (f"{main}.url", '"https://harbour.example/news"', "/etc/tidings.toml:17"),
        (f"{main}.every", '"30m"', "/etc/tidings.toml:18"),
        (f"{main}.time_zone", '"Europe/Lisbon"', "/etc/tidings.toml:14"),
        (f"{main}.rules.item", '"li"', "/etc/tidings.toml:21"),
        (f"{main}.rules.title", '""', ""),
        ("bulletins.harbour.sources.other.cron", '"0 7 * * *"', "/etc/tidings.toml:24"),
        ("bulletins.harbour.sources.other.file", '"/etc/other.txt"', "/etc/tidings.toml:23"),
        ("merges.port.bulletins", '["harbour"]', "/etc/tidings.toml:28"),
    ):
        assert (found[key].value, found[key].place) == (value, place), key
    headers = json.loads(found[f"{main}.headers"].value)
    assert headers == {"Accept-Language": "pt", "Authorization": HIDDEN}
    assert all(each.why for each in found.values())
    assert SECRET not in repr(found)


def test_no_setting_is_missing() -> None:
    """Every key of the example has its line, and every field of a section and a source is there."""
    text = example_configuration()
    found = {each.path for each in origins(parse(text, Path("x"), {}), text, {})}

    for name, section in SECTIONS.items():
        told = {field.name for field in fields(section) if "why" in field.metadata} - {"relays"}
        assert told == {path[1] for path in found if path[0] == name and len(path) == 2}
    source = {
        path[-1] for path in found if path[:-1] == ("bulletins", "harbour", "sources", "main")
    }
    told = {field.name for field in fields(SourceSettings) if "why" in field.metadata}
    assert source == told - {"rules", "schedule"} | {"every"}


def test_the_verb_prints_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is given, by lines for a program; all of it, with the reason, where asked to."""
    (tmp_path / "tidings.toml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDINGS_MAIL_HOST", "smtp")

    assert main(["settings"]) == 0
    given = capsys.readouterr().out
    assert main(["settings", "--all", "--json"]) == 0
    reports = {".".join(each["key"]): each for each in json.loads(capsys.readouterr().out)}

    assert 'mail.host\t"smtp"\tTIDINGS_MAIL_HOST\n' in given
    assert "mail.port" not in given
    assert SECRET not in given
    assert reports["mail.port"] == {
        "key": ["mail", "port"],
        "value": 587,
        "secret": False,
        "from": "default",
        "place": None,
        "why": "Port of the relay: 587 for starttls, 465 for tls, often 25 for none.",
    }
    assert main(["--config", "nowhere.toml", "settings"]) == 2
