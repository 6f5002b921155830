"""Configuration: a file and the environment become settings, and mistakes become sentences."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from config.channel_settings import AlertSettings, ChannelSettings
from config.lines import line_of
from config.load import SECTIONS, ConfigError, load, parse
from config.schedule import Cron, Interval
from config.selection_settings import MergeSettings, ViewSettings
from config.settings import (
    BucketSettings,
    BulletinSettings,
    FetchSettings,
    MailSettings,
    RelaySettings,
    RuleSettings,
    ServerSettings,
    Settings,
    SiteSettings,
    SourceSettings,
    StoreSettings,
)
from config.slugs import RESERVED, slug_problem, source_problem, suggest_slug
from config.write import bulletin_toml, example_configuration, new_configuration

EXAMPLE = Path(__file__).resolve().parent.parent / "config" / "example.toml"
UTC_ZONE = ZoneInfo("UTC")

SOURCE = """\
[bulletins.harbour]
title = "News"
[bulletins.harbour.sources.main]
"""
MINIMAL = SOURCE + 'url = "https://harbour.test/news"\n'

WHOLE = """\
[store]
data = "var"
database = "postgresql://tidings:secret@db.test/tidings"

[site]
base_url = "https://news.test/"
title = "Our news"
authority = "news.test"
output = "/srv/www"
templates = "look"
window = 20
span = "9d"
hubs = ["https://hub.test/", "https://hub2.test/"]

[server]
host = "0.0.0.0"
port = 80
tick = "5s"
lease = "10m"

[fetch]
user_agent = "Tidings (ops@news.test)"
timeout = "10s"
deadline = "1m"
max_bytes = 1_000
max_backoff = "12h"

[mail]
sender = "News <news@news.test>"
reply_to = "desk@news.test"
host = "smtp.news.test"
port = 465
security = "tls"
username = "news"
password = "secret"
timeout = "20s"
retry = "1m"
give_up = "2d"

[bulletins.puerto]
title = "Noticias del puerto"
description = "Lo que pasa en el puerto."
language = "es"
time_zone = "Europe/Madrid"

[bulletins.puerto.sources.main]
url = "https://puerto.test/noticias"
kind = "html"
every = "30m"
headers = { Accept-Language = "es", X-Token = "1" }
[bulletins.puerto.sources.main.rules]
item = "li"
title = "h3"
link = "h3 a"
date = "time"
summary = "p"

[bulletins.puerto.sources.board]
file = "board.txt"
kind = "text"
cron = "0 7 * * mon-fri"
time_zone = "Atlantic/Canary"
language = "ca"

[bulletins.harbour]
title = "Harbour news"
link = "https://harbour.test/"
[bulletins.harbour.sources.main]
file = "/var/harbour.txt"
time_zone = ""
language = ""
"""


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    """Load a text as the configuration of a folder."""
    path = folder / "tidings.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ or {})


def complaints(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    """What is wrong with a text; each begins with its line, the name of the file taken off."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environ)
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return [str(p).removeprefix(f"{folder / 'tidings.toml'}:") for p in caught.value.problems]


# --- what a configuration says -----------------------------------------------------------


def test_a_whole_configuration_becomes_typed_settings(tmp_path: Path) -> None:
    """Every section, two bulletins, three sources; relative paths count from the file."""
    settings = loaded(tmp_path, WHOLE)

    assert settings.path == tmp_path / "tidings.toml"
    assert settings.store == StoreSettings(
        data=tmp_path / "var", database="postgresql://tidings:secret@db.test/tidings"
    )
    assert settings.site == SiteSettings(
        base_url="https://news.test/",
        title="Our news",
        authority="news.test",
        output=Path("/srv/www"),
        templates=tmp_path / "look",
        window=20,
        span=timedelta(days=9),
        hubs=("https://hub.test/", "https://hub2.test/"),
    )
    assert settings.server == ServerSettings(
        host="0.0.0.0",  # noqa: S104 - a setting like any other
        port=80,
        tick=timedelta(seconds=5),
        lease=timedelta(minutes=10),
    )
    assert settings.fetch == FetchSettings(
        user_agent="Tidings (ops@news.test)",
        timeout=timedelta(seconds=10),
        deadline=timedelta(minutes=1),
        max_bytes=1000,
        max_backoff=timedelta(hours=12),
    )
    assert settings.mail == MailSettings(
        sender="News <news@news.test>",
        reply_to="desk@news.test",
        host="smtp.news.test",
        port=465,
        security="tls",
        username="news",
        password="secret",
        timeout=timedelta(seconds=20),
        retry=timedelta(minutes=1),
        give_up=timedelta(days=2),
    )
    assert [bulletin.slug for bulletin in settings.bulletins] == ["puerto", "harbour"]


def test_a_bulletin_has_its_sources(tmp_path: Path) -> None:
    """In the order of the file, each with what is its own and the rest from the bulletin."""
    puerto = loaded(tmp_path, WHOLE).bulletin("puerto")

    assert puerto == BulletinSettings(
        slug="puerto",
        title="Noticias del puerto",
        link="https://puerto.test/noticias",
        description="Lo que pasa en el puerto.",
        language="es",
        time_zone=ZoneInfo("Europe/Madrid"),
        sources=(
            SourceSettings(
                bulletin="puerto",
                name="main",
                url="https://puerto.test/noticias",
                kind="html",
                schedule=Interval(timedelta(minutes=30)),
                time_zone=ZoneInfo("Europe/Madrid"),
                language="es",
                headers={"Accept-Language": "es", "X-Token": "1"},
                rules=RuleSettings(item="li", title="h3", link="h3 a", date="time", summary="p"),
            ),
            SourceSettings(
                bulletin="puerto",
                name="board",
                file=tmp_path / "board.txt",
                kind="text",
                schedule=Cron("0 7 * * mon-fri"),
                time_zone=ZoneInfo("Atlantic/Canary"),
                language="ca",
            ),
        ),
    )


def test_an_empty_key_of_a_source_is_the_bulletins(tmp_path: Path) -> None:
    """As if it were not there; a link that is given is not taken from a source."""
    harbour = loaded(tmp_path, WHOLE).bulletin("harbour")

    assert harbour == BulletinSettings(
        slug="harbour",
        title="Harbour news",
        link="https://harbour.test/",
        language="en",
        time_zone=UTC_ZONE,
        sources=(
            SourceSettings(
                bulletin="harbour",
                name="main",
                file=Path("/var/harbour.txt"),
                schedule=Interval(timedelta(hours=1)),
                time_zone=UTC_ZONE,
                language="en",
            ),
        ),
    )


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    """An empty file is a configuration, with its folders beside it."""
    settings = loaded(tmp_path, "")

    assert settings == Settings(
        path=tmp_path / "tidings.toml",
        store=StoreSettings(data=tmp_path / "data"),
        site=SiteSettings(output=tmp_path / "public"),
    )
    assert settings.bulletin("harbour") is None


def test_paths_are_whole_wherever_the_process_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration named by a relative path has whole paths, too."""
    loaded(tmp_path, MINIMAL.replace("url", "file").replace("https://harbour.test/", ""))
    monkeypatch.chdir(tmp_path.parent)

    settings = load(Path(tmp_path.name) / "tidings.toml", {})

    assert settings.store.data == tmp_path / "data"
    assert settings.bulletins[0].sources[0].file == tmp_path / "news"


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("", "http://localhost:8080"),
        ("[server]\nport = 9000", "http://localhost:9000"),
        ('[site]\nbase_url = "https://news.test/"', "https://news.test"),
        ('[site]\nbase_url = "https://news.test/harbour"', "https://news.test/harbour"),
    ],
)
def test_the_public_address_ends_without_a_slash(tmp_path: Path, text: str, base_url: str) -> None:
    """Without a setting it is the service's own."""
    assert loaded(tmp_path, text).base_url == base_url


@pytest.mark.parametrize(
    ("text", "location"),
    [
        (MINIMAL, "https://harbour.test/news"),
        (SOURCE + 'file = "/var/news.txt"', "/var/news.txt"),
        (SOURCE + 'url = "HTTP://harbour.test"', "HTTP://harbour.test"),
        (SOURCE + 'url = "https://ann:pw@harbour.test:81/a@b"', "https://harbour.test:81/a@b"),
        (SOURCE + 'url = "https://ann:p/w@harbour.test/"', "https://harbour.test/"),
    ],
)
def test_a_source_is_named_by_its_location(tmp_path: Path, text: str, location: str) -> None:
    """Its address without the login, which no page links to either, or the path of its file."""
    bulletin = loaded(tmp_path, text).bulletins[0]

    assert bulletin.sources[0].location == location
    assert bulletin.link == (location if bulletin.sources[0].url else "")


def test_a_wrong_address_is_shown_without_its_login(tmp_path: Path) -> None:
    """Messages go to logs."""
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, SOURCE + 'url = "htp://ann:secret@harbour.test/"')

    assert "found 'htp://harbour.test/', allowed is" in str(caught.value)


@pytest.mark.parametrize(
    "title",
    ["Noticias: «hoy»", "Bulletin\u00a0: la mer", "新聞\u3000速報", "Crew 👩\u200d🚒", "a\u00adb"],
)
def test_a_title_has_the_characters_of_its_language(tmp_path: Path, title: str) -> None:
    """Spaces of every width, soft hyphens and joined emoji stand on one line."""
    text = MINIMAL.replace("News", title)

    assert loaded(tmp_path, text).bulletins[0].title == title


# --- what is wrong -----------------------------------------------------------------------

LANGUAGE_TAG = "a language tag (BCP 47) such as 'en', 'es' or 'pt-BR'"
MAILBOX = "an address such as 'News <news@example.org>'"
CRON = "five fields that fire some day, such as '0 7 * * mon-fri'"
DURATION = 'a time such as "30s", "15m", "1h30m" or "7d"'
HUBS = "allowed is a list, each of it an http or https address"
BUCKET = "allowed is nothing, or s3://bucket or s3://bucket/prefix, in small letters and digits"
MAIN = "bulletins.harbour.sources.main"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '[sight]\ntitle = "x"',
            (
                "1: sight: unknown key; did you mean 'site'? "
                "Known: alerts, bounces, bucket, bulletins, desk, fetch, mail, merges, server, "
                "site, store"
            ),
        ),
        (
            "\nx = 1",
            (
                "2: x: unknown key. "
                "Known: alerts, bounces, bucket, bulletins, desk, fetch, mail, merges, server, "
                "site, store"
            ),
        ),
        (
            '# here\n[site]\nbase_ur = "https://news.test"',
            (
                "3: site.base_ur: unknown key; did you mean 'base_url'? "
                "Known: authority, base_url, hubs, output, search, span, templates, title, window"
            ),
        ),
        (
            MINIMAL + 'evry = "1h"',
            (
                f"5: {MAIN}.evry: unknown key; did you mean 'every'? "
                "Known: cron, every, file, full_text, headers, hold, kind, language, pages, "
                "repair, rules, time_zone, url"
            ),
        ),
        (
            MINIMAL + 'rules = { itme = "li" }',
            (
                f"5: {MAIN}.rules.itme: unknown key; did you mean 'item'? "
                "Known: date, date_format, date_pattern, exclude, exclude_category, exclude_url, "
                "include, include_category, include_url, item, link, link_pattern, summary, "
                "summary_pattern, title, title_pattern"
            ),
        ),
        (
            MINIMAL.replace("title", 'titel = "x"\ntitle'),
            (
                "2: bulletins.harbour.titel: unknown key; did you mean 'title'? "
                "Known: approval, channels, corrections_in_digest, corrections_in_feed, "
                "description, ended, farewell, formerly, icon, language, link, moved_to, notice, "
                "sources, time_zone, title, views"
            ),
        ),
        ("mail = 5", "1: mail: found 5, allowed is a table: [mail]"),
        ("bulletins = []", "1: bulletins: found [], allowed is a table: [bulletins]"),
        ("[site]\ntitle = 5", "2: site.title: found 5, allowed is a text on one line"),
        ("[site]\ntitle = true", "2: site.title: found true, allowed is a text on one line"),
        ("[site]\ntitle = {}", "2: site.title: found a table, allowed is a text on one line"),
        (
            "[site]\ntitle = 2026-11-23",
            "2: site.title: found 2026-11-23, allowed is a text on one line",
        ),
        (
            '[site]\ntitle = """a\nb"""',
            "2: site.title: found 'a\\nb', allowed is a text on one line",
        ),
        ("[site]\nwindow = 0", "2: site.window: found 0, allowed is a whole number from 1"),
        (
            '[site]\nhubs = "https://hub.test/"',
            "2: site.hubs: found 'https://hub.test/', allowed is a list such as [\"...\"]",
        ),
        (
            '[site]\nhubs = ["hub.test"]',
            (
                "2: site.hubs: found ['hub.test'], "
                "allowed is a list, each of it an http or https address"
            ),
        ),
        ("[site]\nwindow = 1.5", "2: site.window: found 1.5, allowed is a whole number from 1"),
        ('[site]\nwindow = "9"', "2: site.window: found '9', allowed is a whole number from 1"),
        (
            "[site]\nwindow = 1000000000000000000000",
            "2: site.window: found 1000000000000000000000, allowed is a whole number from 1",
        ),
        ('[site]\noutput = ""', "2: site.output: found '', allowed is a path"),
        ('[site]\nhubs = [""]', f"2: site.hubs: found [''], {HUBS}"),
        ("[site]\nhubs = [1]", f"2: site.hubs: found [1], {HUBS}"),
        ('[bucket]\naddress = "s3://a"', f"2: bucket.address: found 's3://a', {BUCKET}"),
        ('[bucket]\naddress = "s3://Big"', f"2: bucket.address: found 's3://Big', {BUCKET}"),
        ('[bucket]\naddress = "s3://a.b/.."', f"2: bucket.address: found 's3://a.b/..', {BUCKET}"),
        (
            '[site]\nbase_url = "news.test"',
            "2: site.base_url: found 'news.test', allowed is an http or https address",
        ),
        (
            "[server]\nport = 0",
            "2: server.port: found 0, allowed is a whole number from 1 to 65535",
        ),
        (
            "[server]\nport = 65536",
            "2: server.port: found 65536, allowed is a whole number from 1 to 65535",
        ),
        (
            '[server]\nport = "80"',
            "2: server.port: found '80', allowed is a whole number from 1 to 65535",
        ),
        (
            "[server]\nport = true",
            "2: server.port: found true, allowed is a whole number from 1 to 65535",
        ),
        ("[fetch]\ntimeout = 30", f"2: fetch.timeout: found 30, allowed is {DURATION}"),
        ('[fetch]\ntimeout = "30"', f"2: fetch.timeout: found '30', allowed is {DURATION}"),
        (
            '[fetch]\ntimeout = "99999999d"',
            f"2: fetch.timeout: found '99999999d', allowed is {DURATION}",
        ),
        (
            '[fetch]\ntimeout = "0s"',
            "2: fetch.timeout: found '0s', allowed is a time longer than nothing",
        ),
        ('[mail]\nsender = "news"', f"2: mail.sender: found 'news', allowed is {MAILBOX}"),
        (
            '[mail]\nsender = "a@news.test, b@news.test"',
            f"2: mail.sender: found 'a@news.test, b@news.test', allowed is {MAILBOX}",
        ),
        (
            '[mail]\nsender = "Doe, Jane <a@news.test>"',
            f"2: mail.sender: found 'Doe, Jane <a@news.test>', allowed is {MAILBOX}",
        ),
        (
            '[mail]\nreply_to = "a@news.test\\nBcc: b@news.test"',
            f"2: mail.reply_to: found 'a@news.test\\nBcc: b@news.test', allowed is {MAILBOX}",
        ),
        (
            '[mail]\nsecurity = "startls"',
            (
                "2: mail.security: found 'startls', allowed is one of starttls, tls, none; "
                "did you mean 'starttls'?"
            ),
        ),
        (
            MINIMAL + 'kind = "htm"',
            (
                f"5: {MAIN}.kind: found 'htm', allowed is one of auto, html, text, feed; "
                "did you mean 'html'?"
            ),
        ),
        (
            MINIMAL + 'time_zone = "Europe/Madird"',
            (
                f"5: {MAIN}.time_zone: found 'Europe/Madird', allowed is a time zone such as "
                "'Europe/Madrid'; did you mean 'Europe/Madrid'?"
            ),
        ),
        (
            MINIMAL + 'time_zone = "../../etc/passwd"',
            (
                f"5: {MAIN}.time_zone: found '../../etc/passwd', allowed is a time zone such as "
                "'Europe/Madrid'"
            ),
        ),
        (
            MINIMAL + 'language = "english"',
            f"5: {MAIN}.language: found 'english', allowed is {LANGUAGE_TAG}",
        ),
        (MINIMAL + 'every = "soon"', f"5: {MAIN}.every: found 'soon', allowed is {DURATION}"),
        (
            MINIMAL + 'cron = "0 25 * * *"',
            (
                f"5: {MAIN}.cron: found '0 25 * * *', allowed is {CRON} "
                "(not a cron expression: '0 25 * * *' (Bad hour))"
            ),
        ),
        (
            MINIMAL + 'cron = "0 0 8 * * *"',
            (
                f"5: {MAIN}.cron: found '0 0 8 * * *', allowed is {CRON} "
                "(not a cron expression: '0 0 8 * * *' (five fields are needed))"
            ),
        ),
        (
            MINIMAL + 'cron = "0 8 30 2 *"',
            (
                f"5: {MAIN}.cron: found '0 8 30 2 *', allowed is {CRON} "
                "(not a cron expression: '0 8 30 2 *' (Bad day-of-month))"
            ),
        ),
        (
            MINIMAL + 'cron = "0 8 */30 2 mon#5"',
            (
                f"5: {MAIN}.cron: found '0 8 */30 2 mon#5', allowed is {CRON} "
                "(the cron expression '0 8 */30 2 mon#5' never fires)"
            ),
        ),
        (
            MINIMAL + 'every = "1h"\ncron = "0 8 * * *"',
            f"3: {MAIN}: has every and cron; give one of them",
        ),
        (SOURCE, f"3: {MAIN}: needs either a url or a file"),
        (SOURCE + 'url = ""\nfile = ""', f"3: {MAIN}: needs either a url or a file"),
        (MINIMAL + 'file = "news.txt"', f"3: {MAIN}: needs either a url or a file"),
        (
            SOURCE + 'url = "ftp://harbour.test"',
            f"4: {MAIN}.url: found 'ftp://harbour.test', allowed is an http or https address",
        ),
        (
            SOURCE + 'url = "javascript:alert(1)"',
            f"4: {MAIN}.url: found 'javascript:alert(1)', allowed is an http or https address",
        ),
        (
            SOURCE + 'url = "https://harbour.test\\r\\nHost: x"',
            (
                f"4: {MAIN}.url: found 'https://harbour.test\\r\\nHost: x', "
                "allowed is an http or https address"
            ),
        ),
        (
            MINIMAL + 'headers = { Accept = "a\\r\\nHost: x" }',
            f"5: {MAIN}.headers.Accept: allowed is a header name with ASCII text on one line",
        ),
        (
            MINIMAL + 'headers.X-Name = "€"',
            f"5: {MAIN}.headers.X-Name: allowed is a header name with ASCII text on one line",
        ),
        (
            MINIMAL + '[bulletins.harbour.sources.main.headers]\n"A: b" = "c"',
            f"6: {MAIN}.headers.A: b: allowed is a header name with ASCII text on one line",
        ),
        (
            MINIMAL + "headers.Accept = 5",
            f"5: {MAIN}.headers.Accept: allowed is a header name with ASCII text on one line",
        ),
        (
            MINIMAL.replace("harbour]", "feeds]").replace("harbour.sources", "feeds.sources"),
            "1: bulletins.feeds: 'feeds' is an address of the site itself; choose another name",
        ),
        (
            MINIMAL.replace("harbour]", "Port]").replace("harbour.sources", "Port.sources"),
            (
                "1: bulletins.Port: a bulletin's name has small letters, digits and hyphens only, "
                "at most 64"
            ),
        ),
        (
            MINIMAL.replace('title = "News"', ""),
            '1: bulletins.harbour: needs a title, such as title = "Harbour news"',
        ),
        (
            MINIMAL.replace('"News"', "5"),
            "2: bulletins.harbour.title: found 5, allowed is a text on one line",
        ),
        (
            '[bulletins.harbour]\ntitle = "News"',
            (
                "1: bulletins.harbour: needs a source: "
                "a table [bulletins.harbour.sources.main] with a url"
            ),
        ),
    ],
)
def test_a_mistake_is_said_with_its_line_and_what_is_allowed(
    tmp_path: Path, text: str, complaint: str
) -> None:
    """Line, key, what was found, what is allowed, and the nearest name: once each."""
    assert complaints(tmp_path, text) == [complaint]


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[site]\ntitle = News\n", "2: ", "not TOML: Invalid value"),
        ("\n[site\ntitle = 5\n", "2: ", "not TOML: Expected ']'"),
        ("[site]\nwindow = 5\nwindow = 6\n", "3: ", "not TOML: Cannot overwrite a value"),
        ('[site]\ntitle = """\nNews', "3: ", "not TOML: Unterminated string"),
        ("[site]\n\ntitle", "3: ", "not TOML: Expected '='"),
    ],
)
def test_broken_toml_is_said_with_its_line(
    tmp_path: Path, text: str, place: str, reason: str
) -> None:
    """Where the text ends too early it is the last line; a common cure is shown."""
    (complaint,) = complaints(tmp_path, text)

    assert complaint.startswith(place + reason)
    assert complaint.endswith('; strings want quotes: title = "News"')


def test_a_mistake_names_its_file(tmp_path: Path) -> None:
    """In the form that editors and terminals know: file, line."""
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, "[site]\nwindow = 0")

    assert str(caught.value) == (
        f"{tmp_path}/tidings.toml:2: site.window: found 0, allowed is a whole number from 1"
    )


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With how to make one."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "tidings.toml", {})

    assert str(caught.value) == (
        f"{tmp_path}/tidings.toml: no such file; "
        "make one with: tidings init URL, or name yours with --config"
    )


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A folder, here."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {})

    assert str(caught.value) == f"{tmp_path}: cannot be read (Is a directory)"


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    """TOML is UTF-8."""
    path = tmp_path / "tidings.toml"
    path.write_bytes('[site]\ntitle = "Añil"'.encode("latin-1"))

    with pytest.raises(ConfigError) as caught:
        load(path, {})

    assert str(caught.value) == f"{path}: is not UTF-8 at byte 17; save it as UTF-8"


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    """Those of the environment, too; one does not hide another of the same source."""
    text = (
        "[server]\nport = 0\n\n[site]\nwindow = 0\n"
        "[bulletins.harbour]\n[bulletins.harbour.sources.main]\n"
        'kind = "pdf"\n[bulletins.harbour.sources.main2]\nlanguage = "english"\n'
    )

    found = complaints(tmp_path, text, {"TIDINGS_MAIL_PORT": "x"})

    assert sorted(complaint.partition(": found")[0] for complaint in found) == [
        "10: bulletins.harbour.sources.main2.language",
        "2: server.port",
        "5: site.window",
        '6: bulletins.harbour: needs a title, such as title = "Harbour news"',
        "7: bulletins.harbour.sources.main: needs either a url or a file",
        "8: bulletins.harbour.sources.main.kind",
        "9: bulletins.harbour.sources.main2: needs either a url or a file",
        "TIDINGS_MAIL_PORT",
    ]


# --- the environment ---------------------------------------------------------------------


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """Key by key, with the same types; relative paths count from the file as well."""
    settings = loaded(
        tmp_path,
        '[mail]\nhost = "smtp.news.test"\nport = 25\n',
        {
            "TIDINGS_MAIL_PORT": "2525",
            "TIDINGS_STORE_DATA": "var",
            "TIDINGS_SERVER_TICK": "1s",
            "TIDINGS_MAIL_SECURITY": "none",
            "TIDINGS_CONFIG": "elsewhere.toml",
            "PATH": "/bin",
        },
    )

    assert settings.mail == MailSettings(host="smtp.news.test", port=2525, security="none")
    assert settings.store.data == tmp_path / "var"
    assert settings.server.tick == timedelta(seconds=1)


def test_a_list_is_an_array_or_words(tmp_path: Path) -> None:
    """In the file an array, in the environment parted by blanks."""
    hubs = ("https://hub.test/", "http://localhost:8090/hub")

    listed = loaded(tmp_path, f"[site]\nhubs = {list(hubs)}")
    words = loaded(tmp_path, "", {"TIDINGS_SITE_HUBS": " ".join(hubs)})

    assert listed.site.hubs == words.site.hubs == hubs


def test_a_bucket_has_a_prefix_without_a_slash_at_its_end(tmp_path: Path) -> None:
    """However it was written."""
    settings = loaded(tmp_path, '[bucket]\naddress = "s3://news.example/site/a/"')

    assert settings.bucket == BucketSettings(address="s3://news.example/site/a")


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    """Without the line break that editors put at its end, with the spaces that are its own."""
    secret = tmp_path / "password"
    secret.write_text(" hunter2 \r\n", encoding="utf-8")

    settings = loaded(
        tmp_path, '[mail]\npassword = "x"', {"TIDINGS_MAIL_PASSWORD_FILE": str(secret)}
    )

    assert settings.mail == MailSettings(password=" hunter2 ")


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        (
            "TIDINGS_SERVER_PORT",
            "http",
            "TIDINGS_SERVER_PORT: found 'http', allowed is a whole number from 1 to 65535",
        ),
        (
            "TIDINGS_SERVER_PORT",
            "0000809999",
            "TIDINGS_SERVER_PORT: found '0000809999', allowed is a whole number from 1 to 65535",
        ),
        (
            "TIDINGS_SITE_WINDOW",
            "²",
            "TIDINGS_SITE_WINDOW: found '²', allowed is a whole number from 1",
        ),
        (
            "TIDINGS_SITE_WINDOW",
            "1000000000000000000000",
            "TIDINGS_SITE_WINDOW: found '1000000000000000000000', allowed is a whole number from 1",
        ),
        (
            "TIDINGS_MAIL_HSOT",
            "x",
            "TIDINGS_MAIL_HSOT: unknown variable; did you mean TIDINGS_MAIL_HOST?",
        ),
        (
            "TIDINGS_MAIL_PASWORD_FILE",
            "x",
            "TIDINGS_MAIL_PASWORD_FILE: unknown variable; did you mean TIDINGS_MAIL_PASSWORD?",
        ),
        (
            "TIDINGS_MAIL_PASSWORD_FILE",
            "/nowhere/password",
            (
                "TIDINGS_MAIL_PASSWORD_FILE: /nowhere/password: cannot be read "
                "(No such file or directory)"
            ),
        ),
    ],
)
def test_a_mistake_in_the_environment_names_its_variable(
    tmp_path: Path, variable: str, text: str, complaint: str
) -> None:
    """There is no line to name."""
    assert complaints(tmp_path, "", {variable: text}) == [complaint]


def test_a_secret_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    """By its path, never by what stands in it."""
    secret = tmp_path / "password"
    secret.write_bytes(b"hunter\xff")

    assert complaints(tmp_path, "", {"TIDINGS_MAIL_PASSWORD_FILE": str(secret)}) == [
        f"TIDINGS_MAIL_PASSWORD_FILE: {secret}: cannot be read (not UTF-8)"
    ]


def test_a_value_and_the_file_of_a_value_contradict(tmp_path: Path) -> None:
    """Which of them counts nobody could guess."""
    environ = {"TIDINGS_MAIL_PASSWORD": "a", "TIDINGS_MAIL_PASSWORD_FILE": "/run/password"}

    assert complaints(tmp_path, "", environ) == [
        "TIDINGS_MAIL_PASSWORD_FILE: TIDINGS_MAIL_PASSWORD is set too; give one of them"
    ]


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('[mail]\npassword = "hunter2\\n"', {}),
        ('[mail]\npassword = ["hunter2"]', {}),
        ('[store]\ndatabase = "mysql://tidings:hunter2@db.test/x"', {}),
        ("", {"TIDINGS_MAIL_PASSWORD": "hunter2\nhunter2"}),
        ("", {"TIDINGS_STORE_DATABASE": "mysql://tidings:hunter2@db.test/x"}),
        (MINIMAL + 'headers.Authorization = "hunter2\\n"', {}),
    ],
)
def test_a_secret_is_never_printed(tmp_path: Path, text: str, environ: dict[str, str]) -> None:
    """Logs are read by many."""
    (complaint,) = complaints(tmp_path, text, environ)

    assert "hunter2" not in complaint


# --- lines -------------------------------------------------------------------------------

LINES = """\
# [site] in a comment
a.b.c = 1
"quoted key" = 2
'it''s' = 3
[site] # a table
  title = "x = 1"
  text = \"\"\"
window = 5
[mail]
\"\"\"
  raw = '''
host = 1'''
  list = [
    "]", # ]
    "window = 1",
    ["nested"],
  ]
  inline = { one = 1, two = { three = 3 }, "f.o,ur" = "five = 5, six" }
  window = 7
[ mail . "the.relay" ]
host = "[site]"
[[many]]
key = 1
[[many]]
key = 2
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("a", "b", "c"), 2),
        (("quoted key",), 3),
        (("site",), 5),
        (("site", "title"), 6),
        (("site", "text"), 7),
        (("site", "raw"), 11),
        (("site", "list"), 13),
        (("site", "inline"), 18),
        (("site", "inline", "two", "three"), 18),
        (("site", "inline", "f.o,ur"), 18),
        (("site", "window"), 19),
        (("mail",), 20),
        (("mail", "the.relay"), 20),
        (("mail", "the.relay", "host"), 21),
        (("many",), 22),
        (("many", "key"), 23),
        # What is not there stands, as it were, at the nearest one above it.
        (("site", "absent"), 5),
        (("mail", "host"), 20),
        (("absent",), None),
        (("absent", "title"), None),
        ((), None),
    ],
)
def test_a_key_is_found_in_its_line(path: tuple[str, ...], line: int | None) -> None:
    """And not where its name stands in a string, a comment or an array."""
    assert line_of(LINES, path) == line


@pytest.mark.parametrize(
    "text",
    [
        "[site]\r\ntitle = 'x'\r\nwindow = 0",
        "[site]\ntitle = 'line\u2028separator'\nwindow = 0",
        "[site]\ntitle = 'next\u0085line'\nwindow = 0",
        "[site]\ntitle = ''\nwindow = [] # [",
        "site.title = '''\n'''\nsite.window = 0",
        "site.title = '''\\\n'''\nsite.window = 0",
        'site.title = """\\"""\nsite.window = 5"""\nsite.window = 0',
        'site.title = """"\n""site.window = 5"""\nsite.window = 0',
        '[site]\n"ti\\"tle" = "="\n"\\u0077indow" = 0',
    ],
)
def test_lines_are_counted_as_editors_and_toml_count_them(text: str) -> None:
    """Other separators within a text end no line."""
    assert line_of(text, ("site", "window")) == 3


@given(some.text(), some.lists(some.text(), max_size=3).map(tuple))
def test_finding_a_line_never_fails(text: str, path: tuple[str, ...]) -> None:
    """It is asked while something else is wrong already."""
    line = line_of(text, path)

    assert line is None or 1 <= line <= text.count("\n") + 1


# --- slugs -------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["harbour", "a", "7", "port-2", "a--b", "a" * 64])
def test_a_slug_is_small_letters_digits_and_hyphens(slug: str) -> None:
    """Nothing is wrong with these."""
    assert slug_problem(slug) == ""


@pytest.mark.parametrize(
    "slug", ["", "-a", "Harbour", "a b", "a_b", "a.b", "a/b", "año", "a\n", "a" * 65]
)
def test_another_slug_is_refused(slug: str) -> None:
    """It stands in addresses, in tables and in commands."""
    assert slug_problem(slug) == (
        "a bulletin's name has small letters, digits and hyphens only, at most 64"
    )


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_the_addresses_of_the_site_are_no_slugs(slug: str) -> None:
    """A bulletin would hide them, or they it."""
    assert slug_problem(slug) == (f"{slug!r} is an address of the site itself; choose another name")


@pytest.mark.parametrize(
    ("text", "taken", "slug"),
    [
        ("Harbour news", [], "harbour-news"),
        ("  ¡Año nuevo, ñandú!  ", [], "ano-nuevo-nandu"),
        ("新聞", [], "bulletin"),
        ("", [], "bulletin"),
        ("Feeds", [], "feeds-2"),
        ("Harbour", ["harbour", "harbour-2"], "harbour-3"),
        ("https://www.harbour.test:8080/news?page=1", [], "harbour-test"),
        ("http://192.0.2.1/", [], "192-0-2-1"),
        ("file:///var/news.txt", [], "news"),
        (
            "The weekly bulletin of the harbour office and its friends",
            [],
            "the-weekly-bulletin-of-the-harbour",
        ),
        ("a" * 50, [], "a" * 40),
    ],
)
def test_a_slug_is_made_of_a_title_or_an_address(text: str, taken: list[str], slug: str) -> None:
    """Short, readable, free."""
    assert suggest_slug(text, taken) == slug


@given(some.text() | some.text().map("https://{}".format), some.lists(some.just("bulletin")))
@example("https://[", [])
def test_a_suggested_slug_can_be_used(text: str, taken: list[str]) -> None:
    """Whatever the title."""
    slug = suggest_slug(text, taken)

    assert slug_problem(slug) == ""
    assert slug not in taken


# --- configuration as text ---------------------------------------------------------------


def test_the_example_is_what_the_code_writes() -> None:
    """Byte for byte; ``python -m config.write > config/example.toml`` makes it so."""
    assert EXAMPLE.read_bytes() == example_configuration().encode()


def test_the_example_shows_the_real_defaults(tmp_path: Path) -> None:
    """With every key taken out of its comment, it says the same."""
    text = EXAMPLE.read_text(encoding="utf-8")
    uncommented = re.sub(r"(?m)^# (\w+ = )", r"\1", text)

    assert uncommented.count("\n# ") < text.count("\n# ") - 40
    assert loaded(tmp_path, uncommented) == loaded(tmp_path, text)


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        *SECTIONS.items(),
        ("mail.relays.backup", RelaySettings),
        ("bulletins.harbour", BulletinSettings),
        ("bulletins.harbour.sources.main", SourceSettings),
        ("bulletins.harbour.sources.main.rules", RuleSettings),
        ("bulletins.harbour.views.ferries", ViewSettings),
        ("bulletins.harbour.channels.chat", ChannelSettings),
        ("alerts.phone", AlertSettings),
        ("merges.port", MergeSettings),
    ],
)
def test_the_example_has_every_key(table: str, owner: type) -> None:
    """Each below its line of why."""
    text = EXAMPLE.read_text(encoding="utf-8")
    part = text.partition(f"\n[{table}]\n")[2].partition("\n\n")[0]
    shown = dict(re.findall(r"(?m)^# (.+)\n(?:# )?(\w+) = ", part))

    assert shown == {
        field.metadata["why"]: "every" if field.name == "schedule" else field.name
        for field in fields(owner)
        if "why" in field.metadata and field.name not in ("rules", "relays")
    }


def test_a_written_bulletin_reads_back(tmp_path: Path) -> None:
    """All that can be said of a bulletin and its first source."""
    table = bulletin_toml(
        slug="puerto",
        title='El "puerto" \\ hoy',
        description="Lo que pasa.",
        language="es",
        time_zone="Europe/Madrid",
        url="https://puerto.test/?a='b'",
        kind="html",
        every="30m",
    )

    settings = loaded(tmp_path, new_configuration(table))

    assert settings.bulletins == (
        BulletinSettings(
            slug="puerto",
            title='El "puerto" \\ hoy',
            link="https://puerto.test/?a='b'",
            description="Lo que pasa.",
            language="es",
            time_zone=ZoneInfo("Europe/Madrid"),
            sources=(
                SourceSettings(
                    bulletin="puerto",
                    name="main",
                    url="https://puerto.test/?a='b'",
                    kind="html",
                    schedule=Interval(timedelta(minutes=30)),
                    time_zone=ZoneInfo("Europe/Madrid"),
                    language="es",
                ),
            ),
        ),
    )
    assert replace(settings, bulletins=()) == loaded(tmp_path, "")


def test_a_written_bulletin_leaves_out_what_says_nothing() -> None:
    """A configuration is read by people."""
    assert bulletin_toml(slug="port", title="Port", file="port.txt") == (
        '[bulletins.port]\ntitle = "Port"\nlanguage = "en"\ntime_zone = "UTC"\n\n'
        '[bulletins.port.sources.main]\nfile = "port.txt"\nevery = "1h"\n'
    )


def test_the_comments_of_a_new_configuration_hold_when_uncommented(tmp_path: Path) -> None:
    """A hint that breaks the file would be worse than none."""
    text = new_configuration(bulletin_toml(slug="port", title="Port", file="port.txt"))

    settings = loaded(tmp_path, re.sub(r"(?m)^# (\w+ = )", r"\1", text))

    assert settings.base_url == "https://news.example.org"
    assert settings.mail == MailSettings(
        sender="News <news@example.org>", host="smtp.example.org", username="news"
    )


@given(
    some.text(some.characters(exclude_categories=["Cc", "Zl", "Zp", "Cs"]), min_size=1, max_size=50)
)
def test_every_title_of_one_line_reads_back(
    tmp_path_factory: pytest.TempPathFactory, title: str
) -> None:
    """Quotes, backslashes, hashes and all scripts."""
    table = bulletin_toml(slug="port", title=title, description=title, file="port.txt")

    (bulletin,) = loaded(tmp_path_factory.getbasetemp(), new_configuration(table)).bulletins

    assert (bulletin.title, bulletin.description) == (title, title)


@given(some.text(min_size=1, max_size=50))
def test_every_written_title_is_toml(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    """What cannot be a title is said as such; no text breaks out of its quotes."""
    table = bulletin_toml(slug="port", title=title, file="port.txt")
    kept = "".join(letter for letter in title if unicodedata.category(letter) != "Cs")

    try:
        (bulletin,) = loaded(tmp_path_factory.getbasetemp(), table).bulletins
    except ConfigError as error:
        (problem,) = error.problems
        assert problem.key in {"bulletins.port", "bulletins.port.title"}
    else:
        assert bulletin.title == kept


def test_further_relays_come_in_their_order(tmp_path: Path) -> None:
    """After the one of the simple keys; each may leave out what is usual."""
    text = """
[mail]
host = "first.example.org"
rate = 5
[mail.relays.second]
host = "second.example.org"
port = 465
security = "tls"
[mail.relays.third]
host = "third.example.org"
username = "news"
password = "secret"
"""
    mail = loaded(tmp_path, text).mail

    assert [(relay.host, relay.port, relay.security) for relay in mail.all_relays] == [
        ("first.example.org", 587, "starttls"),
        ("second.example.org", 465, "tls"),
        ("third.example.org", 587, "starttls"),
    ]
    assert (mail.rate, mail.relays[1].username) == (5.0, "news")


def test_a_further_relay_may_have_its_password_from_the_environment(tmp_path: Path) -> None:
    """By the name of its table, or by a file; each of its keys, and no relay that is none."""
    secret = tmp_path / "secret"
    secret.write_text("p2\n")
    text = (
        '[mail.relays.back-up]\nhost = "x.test"\npassword = "p1"\n[mail.relays.other]\nport = 25\n'
    )

    mail = parse(
        text,
        tmp_path / "tidings.toml",
        {
            "TIDINGS_MAIL_RELAYS_BACK_UP_PASSWORD_FILE": str(secret),
            "TIDINGS_MAIL_RELAYS_OTHER_HOST": "y.test",
        },
    ).mail
    with pytest.raises(ConfigError, match="TIDINGS_MAIL_RELAYS_OTHR_HOST: unknown variable; did"):
        parse(text, tmp_path / "tidings.toml", {"TIDINGS_MAIL_RELAYS_OTHR_HOST": "y.test"})
    with pytest.raises(ConfigError, match="TIDINGS_MAIL_RELAYS_OTHER_PORT: found '0', allowed"):
        parse(text, tmp_path / "tidings.toml", {"TIDINGS_MAIL_RELAYS_OTHER_PORT": "0"})

    assert [(relay.host, relay.port, relay.password) for relay in mail.relays] == [
        ("x.test", 587, "p2"),
        ("y.test", 25, ""),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rate = -1", "mail.rate: found -1, allowed is a number from 0, such as 0.5 or 20"),
        ('rate = "fast"', "mail.rate: found 'fast', allowed is a number from 0"),
        ("connections = 0", "mail.connections: found 0, allowed is a whole number from 1"),
        ('uncertain = "maybe"', "mail.uncertain: found 'maybe', allowed is one of again, never"),
        ('[mail.relays.x]\nhots = "x"', "unknown key; did you mean 'host'?"),
        ('[mail.relays.x]\nport = 0\nhost = "x"', "mail.relays.x.port: found 0"),
        ('[mail.relays.x]\npassword = "a\\nb"', "mail.relays.x.password: found the value"),
    ],
)
def test_what_is_wrong_with_relays_and_rates(tmp_path: Path, line: str, message: str) -> None:
    """Each mistake is named with its key, and no password is shown."""
    (complaint,) = complaints(tmp_path, f"[mail]\n{line}\n")

    assert message in complaint


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("main", True),
        ("Häfen & Fähren", True),
        ("<b>", True),
        ("a/b", False),
        ("..", False),
        (".", False),
        ("", False),
        ("a\nb", False),
        ("a\0", False),
    ],
)
def test_a_source_has_a_name_that_can_stand_in_an_address(name: str, *, fits: bool) -> None:
    """Any words, but nothing that leads elsewhere or ends a line."""
    assert (source_problem(name) == "") == fits
