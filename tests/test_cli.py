"""The verbs as an operator types them: what they print, what they leave, how they end."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest
from origin import Origin, answer, redirect
from relay import Mailbox, free_port

from config.load import load
from config.write import bulletin_toml, example_configuration
from tidings.app import open_app
from tidings.cli import BUSY, FAILED, OK, USAGE, build_parser, main
from tidings.reports import health_report
from tidings.work import tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # Arguments of the command line to exit code, output and messages.
    Run = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).resolve().parent.parent
BULLETIN = """\
Harbour news

3 November 2026

Bridge closed for repairs

The swing bridge stays closed until Friday.

1 November 2026

New harbour master

Ines Ferreira takes office.
"""
NEWS = "\n9 November 2026\n\nLighthouse open\n\nOn Sundays.\n"
VERBS = (
    "init",
    "preview",
    "check",
    "release",
    "discard",
    "tick",
    "run",
    "desk",
    "digest",
    "subscribers",
    "channels",
    "items",
    "sources",
    "bounces",
    "doctor",
    "settings",
    "nginx",
    "demo",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a bulletin beside it."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIDINGS_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def run(folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Run:
    """Run a verb in that folder; return its exit code, output and messages, the log's first."""
    assert folder.is_dir()

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        caplog.clear()
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(str(ended.code))
        output, messages = capfd.readouterr()
        assert "Traceback" not in messages
        return code, output, "".join(f"{line}\n" for line in caplog.messages) + messages

    return run


@pytest.fixture
def harbour(folder: Path, run: Run) -> Path:
    """That folder with a configuration, read once."""
    assert run("init", "bulletin.txt", "--slug", "harbour", "--title", "Harbour news")[0] == OK
    assert run("check")[0] == OK
    return folder


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A site."""
    with Origin() as origin:
        yield origin


def in_a_process(
    *arguments: str, folder: Path, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a verb in a process of its own."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tidings", *arguments],
        cwd=folder,
        # Python itself keeps what a full disk cut off, and would then run on it.
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=before,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# --- help and usage ------------------------------------------------------------------------


def test_help_names_every_verb_and_exit_code(run: Run) -> None:
    """An operator finds everything from --help."""
    code, output, _ = run("--help")

    assert code == OK
    assert [verb for verb in VERBS if f"\n    {verb} " not in output] == []
    assert "75  another process works on it" in output


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(run: Run, verb: str) -> None:
    """Each option says what it does."""
    code, output, _ = run(verb, "--help")

    assert code == OK
    assert f"usage: tidings {verb}" in output


def test_every_verb_is_known_to_the_parser() -> None:
    """The list of this test is the list of the program."""
    assert "{" not in build_parser().format_usage()
    assert f"choose from {', '.join(map(repr, VERBS))}" in in_a_process("no", folder=ROOT).stderr


def test_version(run: Run) -> None:
    """The version is the package's."""
    assert run("--version")[:2] == (OK, "tidings 0.1.0\n")


@pytest.mark.parametrize("arguments", [(), ("nothing",), ("check", "--nothing"), ("subscribers",)])
def test_a_wrong_command_line_ends_with_usage(run: Run, arguments: tuple[str, ...]) -> None:
    """A cron job can tell a typo from a failure."""
    code, output, messages = run(*arguments)

    assert code == USAGE
    assert "usage: tidings" in output + messages


@pytest.mark.parametrize("verb", ["run", "demo"])
@pytest.mark.parametrize("port", ["0", "-1", "70000", "9" * 30, "http"])
def test_a_port_that_is_none_is_refused(folder: Path, run: Run, verb: str, port: str) -> None:
    """Before anything is written."""
    before = set(folder.iterdir())

    code, _, messages = run(verb, f"--port={port}")

    assert code == USAGE
    assert f"argument --port: found {port!r}, allowed is 1 to 65535" in messages
    assert set(folder.iterdir()) == before


# --- init and preview ----------------------------------------------------------------------


def test_init_writes_a_configuration_that_works(folder: Path, run: Run) -> None:
    """From an empty folder to feeds and a mail, by what init itself says to type next."""
    code, output, _ = run("init", "bulletin.txt")

    assert code == OK
    assert "2026-11-03\tBridge closed for repairs" in output
    assert "written to tidings.toml as [bulletins.harbour-news]" in output
    assert "\n[bulletins.harbour-news]\n" in (folder / "tidings.toml").read_text()
    assert run("check")[0] == OK
    published = {path.name for path in (folder / "public" / "harbour-news").iterdir()}
    assert {"rss.xml", "atom.xml", "feed.json", "index.html", "items"} <= published
    assert run("check", "harbour-news")[0] == OK


def test_init_again_adds_a_bulletin(folder: Path, origin: Origin, run: Run) -> None:
    """The configuration that stands is kept as it was written, comments and all."""
    run("init", "bulletin.txt", "--slug", "harbour")
    before = (folder / "tidings.toml").read_text()
    page = origin.says(answer(200, BULLETIN.encode(), {"Content-Type": "text/plain"}))

    code, _, _ = run("init", page, "--title", "Añadido", "--every", "30m", "--language", "es")

    assert code == OK
    after = (folder / "tidings.toml").read_text()
    assert after.startswith(before)
    settings = load(folder / "tidings.toml", {})
    assert [bulletin.slug for bulletin in settings.bulletins] == ["harbour", "anadido"]
    assert settings.bulletins[1].sources[0].url == page
    assert settings.bulletins[1].language == "es"


LIST = "".join(
    f"<article><h2><a href='/{n}'>Title {n} of the list</a></h2><time>{n} October 2026</time>"
    f"<p>Some words on number {n}.</p></article>"
    for n in range(9, 3, -1)
)
NAMED = '<link rel="alternate" type="application/rss+xml" href="/rss">'
RSS = (
    "<rss version='2.0'><channel><title>Port</title><item><title>From the feed</title>"
    "<link>https://x.test/1</link><pubDate>Tue, 03 Nov 2026 09:00:00 +0000</pubDate></item>"
    "</channel></rss>"
)


def test_init_reads_the_feed_that_a_page_names(folder: Path, origin: Origin, run: Run) -> None:
    """It says so, and how to read the page itself."""
    html = f"<html><head><title>Port</title>{NAMED}</head><body>{LIST}</body></html>"
    page = origin.says(answer(200, html.encode(), {"Content-Type": "text/html"}))
    feed = origin.says(answer(200, RSS.encode(), {"Content-Type": "text/xml"}), path="/rss")

    _, output, _ = run("init", page)

    assert f"the page names a feed, which is read instead: {feed}" in output
    assert load(folder / "tidings.toml", {}).bulletins[0].sources[0].url == feed
    (folder / "tidings.toml").unlink()
    run("init", page, "--page")
    assert load(folder / "tidings.toml", {}).bulletins[0].sources[0].url == page


def test_init_passes_over_a_feed_that_is_not_there(folder: Path, origin: Origin, run: Run) -> None:
    """The page is read then."""
    html = f"<html><head><title>Port</title>{NAMED}</head><body>{LIST}</body></html>"
    page = origin.says(answer(200, html.encode(), {"Content-Type": "text/html"}))
    origin.says(answer(404), path="/rss")

    assert run("init", page)[0] == OK
    assert load(folder / "tidings.toml", {}).bulletins[0].sources[0].url == page


def test_init_writes_the_rules_that_it_found(folder: Path, origin: Origin, run: Run) -> None:
    """As comments; taken for rules, they read the same items."""
    html = f"<html><head><title>Port</title></head><body><main>{LIST}</main></body></html>"
    page = origin.says(answer(200, html.encode(), {"Content-Type": "text/html"}))
    run("init", page, "--slug", "port")
    path = folder / "tidings.toml"
    before = run("check", "--dry-run")[1]
    assert load(path, {}).bulletins[0].sources[0].rules.item == ""

    head, _, rules = path.read_text().partition("# [bulletins.port.sources.main.rules]")
    path.write_text(f"{head}[bulletins.port.sources.main.rules]{rules.replace('# ', '')}")

    assert load(path, {}).bulletins[0].sources[0].rules.item == "article"
    assert run("check", "--dry-run")[1] == before
    assert "6 new" in before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("init",), USAGE, "wants the address of a page or the path of a file"),
        (("init", "nothing.txt"), USAGE, "nothing.txt: no such file; a page is given by"),
        (("init", "bulletin.txt", "--slug", "A b"), USAGE, "--slug: a bulletin's name has small"),
        (("init", "bulletin.txt", "--slug", "health"), USAGE, "is an address of the site itself"),
        (("init", "bulletin.txt", "--every", "often"), USAGE, "--every: found 'often', allowed is"),
        (("init", "bulletin.txt", "--every", "0s"), USAGE, "--every: found '0s', allowed is a"),
        (("init", "bulletin.txt", "--language", "xx--!"), USAGE, "--language: found 'xx--!', "),
        (("init", "bulletin.txt", "--title", "a\nb"), USAGE, "--title: found 'a\\nb', allowed is"),
        (("init", "http://127.0.0.1:1/", "--slug", "A b"), USAGE, "--slug: a bulletin's name"),
        (("init", "http://127.0.0.1:1/", "--time-zone", ".."), USAGE, "--time-zone: no time"),
        (("init", "bulletin.txt", "--time-zone", "Mars"), USAGE, "no time zone 'Mars'"),
        (("init", "empty.txt"), FAILED, "empty.txt: The source is empty"),
        (("init", "binary.pdf"), FAILED, "binary.pdf: The source is a PDF"),
        (("init", "."), FAILED, "folder"),
        (("preview", "nothing.txt"), USAGE, "nothing.txt: no such file"),
        (("preview", "ftp://ann:pw@x/y"), USAGE, "ftp://x/y: only http and https addresses are"),
        (("preview", ""), USAGE, "wanted is the address of a page or the path of a file"),
        (("preview", "bulletin.txt", "--language", "xx--!!"), USAGE, "--language: found 'xx--"),
        (("preview", "bulletin.txt", "--url", "not a url"), USAGE, "--url: found 'not a url', "),
        (("preview", "bulletin.txt", "--url", "http://[::1"), USAGE, "allowed is an http or"),
        (("preview", "bulletin.txt", "--time-zone", ".."), USAGE, "--time-zone: no time zone"),
        (("preview", "empty.txt"), FAILED, "The source is empty"),
        (("preview", "login.html"), FAILED, "This is a login page, not the bulletin"),
        (("preview", "prose.txt"), FAILED, "prose.txt: No"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_written(
    folder: Path,
    run: Run,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    """One line that names the place and the remedy."""
    (folder / "empty.txt").write_text("\n \n")
    (folder / "binary.pdf").write_bytes(b"%PDF-1.7\n\x00\x01\x02")
    (folder / "login.html").write_text('<title>Log in</title><form><input type="password"></form>')
    (folder / "prose.txt").write_text("Nothing has happened here, and nobody knows why.\n")

    ended, _, messages = run(*arguments)

    assert ended == code
    assert message in messages
    assert messages.count("\n") == 1
    assert not (folder / "tidings.toml").exists()


def test_a_page_whose_language_is_none_is_taken_for_english(folder: Path, run: Run) -> None:
    """What a publisher writes wrongly keeps nobody from following the page."""
    (folder / "feed.xml").write_text(RSS.replace("<item>", "<language>English</language><item>"))

    assert run("init", "feed.xml", "--slug", "port")[0] == OK
    assert load(folder / "tidings.toml", {}).bulletins[0].language == "en"


def test_init_extends_a_configuration_on_one_line(folder: Path, run: Run) -> None:
    """And keeps the rights of the file, which may hold secrets."""
    path = folder / "tidings.toml"
    path.write_text(
        "bulletins.a = { title = 'A', sources = { main = { file = 'bulletin.txt' } } }\n"
    )
    path.chmod(0o600)

    assert run("init", "bulletin.txt", "--slug", "b")[0] == OK
    assert [bulletin.slug for bulletin in load(path, {}).bulletins] == ["a", "b"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_init_leaves_a_configuration_that_it_cannot_extend(folder: Path, run: Run) -> None:
    """And names no line of what it did not write."""
    before = bulletin_toml(slug="a", title="A", file="bulletin.txt").replace(
        "title", 'formerly = ["b"]\ntitle', 1
    )
    (folder / "tidings.toml").write_text(before)

    code, _, messages = run("init", "bulletin.txt", "--slug", "b")

    assert code == USAGE
    assert "nothing was written, for it could not be used: tidings.toml: bulletins.a" in messages
    assert (folder / "tidings.toml").read_text() == before


def test_init_prints_the_example(run: Run) -> None:
    """Every key, with its default and why."""
    assert run("init", "--example")[1].rstrip() == example_configuration().rstrip()


def test_preview_prints_a_json_feed(run: Run) -> None:
    """A program reads what would be read."""
    _, output, _ = run("preview", "bulletin.txt", "--json", "--url", "https://x.test/news")

    feed = json.loads(output)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "Harbour news"
    assert feed["home_page_url"] == "https://x.test/news"
    assert [(i["title"], i["date_published"], i["content_text"]) for i in feed["items"]] == [
        (
            "Bridge closed for repairs",
            "2026-11-03T00:00:00+00:00",
            "The swing bridge stays closed until Friday.",
        ),
        ("New harbour master", "2026-11-01T00:00:00+00:00", "Ines Ferreira takes office."),
    ]
    assert len({item["id"] for item in feed["items"]}) == 2


def test_json_is_all_that_a_program_reads(folder: Path, run: Run) -> None:
    """Reasons stand in it, and letters that the output cannot carry are escaped."""
    feed = json.loads(run("preview", "bulletin.txt", "--json", "--explain")[1])
    ascii_only = subprocess.run(
        [
            sys.executable,
            "-m",
            "tidings",
            "preview",
            "bulletin.txt",
            "--json",
            "--url",
            "http://x/é",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )

    assert {"kept", "text", "reason"} == set(feed["_tidings"]["candidates"][0])
    assert json.loads(ascii_only.stdout)["home_page_url"] == "http://x/é"


def test_the_first_real_bulletin_is_read_whole(shared: Path, run: Run) -> None:
    """Exactly ten items, with their dates, titles and whole summaries."""
    path = shared / "bulletins" / "iom-2020-09-14.txt"
    lines = [" ".join(line.split()) for line in path.read_text().splitlines()]

    _, output, _ = run("preview", str(path), "--json")

    items = json.loads(output)["items"]
    assert [item["date_published"][:10] for item in items] == [
        "2020-09-14",
        "2020-09-11",
        *["2020-09-08"] * 7,
        "2020-08-26",
    ]
    # Each line of the text that is no date stands whole in one title or one summary.
    told = [item["title"] for item in items]
    told += [
        " ".join(part.split()) for item in items for part in item["content_text"].split("\n\n")
    ]
    is_date = [line.replace(",", "").split()[-1:] == ["2020"] and len(line) < 20 for line in lines]
    rest = [line for line, date in zip(lines, is_date, strict=True) if line and not date]
    assert sorted(told) == sorted(rest)


def test_preview_explains_itself(run: Run) -> None:
    """Which reader won, and how each field was found."""
    _, output, _ = run("preview", "bulletin.txt", "--explain")

    assert output.startswith("read as: text: a date line above each item\n")
    assert "2026-11-03  Bridge closed for repairs\n" in output
    assert "    date: " in output


# --- sources that fail ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (answer(404), "404"),
        (answer(410), "410"),
        (answer(500), "500"),
        (answer(200, b""), "The source is empty"),
        (answer(200, b"\x89PNG\r\n\x1a\n\x00\x00", {"Content-Type": "image/png"}), "PNG"),
        (redirect(302, "ftp://x.test/"), "ftp"),
    ],
    ids=["404", "410", "500", "empty", "binary", "odd redirect"],
)
def test_a_source_that_fails_leaves_the_feeds(
    folder: Path,
    origin: Origin,
    run: Run,
    said: object,
    message: str,
) -> None:
    """Exit code 1, one line that names source and remedy, and the last good feed to the byte."""
    page = origin.says(answer(200, BULLETIN.encode(), {"Content-Type": "text/plain"}))
    run("init", page, "--slug", "harbour")
    run("check")
    feed = (folder / "public" / "harbour" / "rss.xml").read_bytes()
    origin.says(said)  # type: ignore[arg-type] # an answer

    code, output, messages = run("check", "--json")

    assert code == FAILED
    assert message in json.loads(output)["checks"][0]["error"]
    assert page in messages
    assert messages.count("\n") == 1
    assert (folder / "public" / "harbour" / "rss.xml").read_bytes() == feed


def test_a_source_that_is_not_there_is_named(run: Run) -> None:
    """A closed port is no traceback."""
    code, _, messages = run("preview", f"http://127.0.0.1:{free_port()}/news")

    assert code == FAILED
    assert "cannot connect" in messages.lower() or "refused" in messages.lower()


def test_a_page_of_fifty_megabytes_is_not_read(origin: Origin, run: Run) -> None:
    """Neither whole nor in part: half a page would make items vanish."""
    page = origin.says(answer(200, b"<p>x</p>" * 6_250_000, {"Content-Type": "text/html"}))

    code, _, messages = run("preview", page)

    assert code == FAILED
    assert "10,000,000 bytes" in messages or "10000000" in messages or "10 MB" in messages


def test_a_wrong_encoding_in_the_head_is_seen_through(origin: Origin, run: Run) -> None:
    """Bytes that are UTF-8 and nothing else are read as that, whatever they are called."""
    page = origin.says(
        answer(
            200,
            BULLETIN.replace("Bridge", "Brücke – „große“").encode(),
            {"Content-Type": "text/plain; charset=iso-8859-1"},
        )
    )

    _, output, _ = run("preview", page)

    assert "Brücke – „große“ closed for repairs" in output


# --- check, tick, digest, subscribers ------------------------------------------------------


def test_a_dry_run_shows_and_changes_nothing(harbour: Path, run: Run) -> None:
    """What a check would do, with the evidence, and afterwards everything is as before."""
    bulletin = harbour / "bulletin.txt"
    bulletin.write_text(bulletin.read_text().replace("Friday", "Sunday") + NEWS)

    code, output, _ = run("check", "--dry-run")

    assert code == OK
    assert output == (
        "harbour/main: 1 new, 1 revised, 0 moved, 0 missing, 1 unchanged\n"
        "  new       2026-11-09  Lighthouse open\n"
        "  revised   Bridge closed for repairs  (title and date, 0.95)\n"
        "            text: … bridge stays closed until [-Friday.-]{+Sunday.+}\n"
    )
    assert run("check", "--dry-run")[1] == output
    assert "Lighthouse" not in (harbour / "public" / "harbour" / "rss.xml").read_text()


def test_who_only_looks_registers_nothing(harbour: Path, run: Run) -> None:
    """A configuration that is being tried makes no source due and forgets nothing of one."""
    path = harbour / "tidings.toml"
    settings = load(path, {})
    with open_app(settings, register=False) as app:
        before = app.sources.sources()
    (harbour / "second.txt").write_text(BULLETIN)
    path.write_text(
        bulletin_toml(slug="harbour", title="Harbour news", file="second.txt", every="5h")
        + bulletin_toml(slug="b", title="B", file="bulletin.txt")
    )

    code, output, _ = run("check", "--dry-run")
    run("digest", "harbour")
    run("subscribers", "list")

    assert code == OK
    assert "harbour/main: 0 new, 0 revised, 0 moved, 0 missing, 2 unchanged\n" in output
    assert "b/main: 2 new, 0 revised, 0 moved, 0 missing, 0 unchanged, the baseline" in output
    with open_app(load(path, {}), register=False) as app:
        assert app.sources.sources() == before


def test_a_check_publishes_what_is_new(harbour: Path, run: Run) -> None:
    """One line in the log, the feed with the item, JSON for a program."""
    (harbour / "bulletin.txt").write_text(BULLETIN + NEWS)

    code, output, messages = run("check", "--json")

    assert code == OK
    assert "harbour/main changed in 0." in messages
    assert "3 found, 1 new, 0 revised, 0 missing" in messages
    report = json.loads(output)
    assert report["published"] == ["harbour"]
    assert (report["checks"][0]["outcome"], report["checks"][0]["new"]) == ("changed", 1)
    feed = feedparser.parse((harbour / "public" / "harbour" / "atom.xml").read_bytes())
    assert feed.entries[0].title == "Lighthouse open"


def test_a_login_in_a_url_is_kept_nowhere(folder: Path, origin: Origin, run: Run) -> None:
    """It is for requests alone: neither store nor pages, messages nor reports show it."""
    page = origin.says(
        answer(200, BULLETIN.encode(), {"Content-Type": "text/plain"}), answer(200, b"Nothing.")
    ).replace("//", "//ann:s3cret@")
    told = [
        *run("init", page, "--slug", "harbour")[1:],
        *run("check")[1:],
        *run("check", "--json")[1:],
        *run("preview", page, "--json")[1:],
    ]

    with open_app(load(folder / "tidings.toml", {})) as app:
        told.append(json.dumps(health_report(app)))
    kept = [path for path in folder.rglob("*") if path.is_file() and path.name != "tidings.toml"]
    told += [path.read_bytes().decode("utf-8", "replace") for path in kept]
    assert [text for text in told if "s3cret" in text] == []
    assert "Authorization" in str(origin.asked[-1].headers).title()
    assert load(folder / "tidings.toml", {}).bulletins[0].sources[0].url == page


def test_an_unchanged_check_writes_no_file(harbour: Path, run: Run) -> None:
    """A re-read is a no-op, and so is a second publication."""
    files = {path: path.stat().st_mtime_ns for path in harbour.rglob("public/**/*")}

    assert run("check", "--quiet")[:2] == (OK, "")
    assert {path: path.stat().st_mtime_ns for path in harbour.rglob("public/**/*")} == files


def test_an_item_that_breaks_a_rule_is_named(harbour: Path, run: Run) -> None:
    """What somebody wrote into the store is left out of the feeds, and said until it is mended."""
    assert run("check")[0] == 0
    with closing(sqlite3.connect(harbour / "data" / "tidings.db")) as store:
        store.execute(
            "UPDATE items SET summary_html = '<p onclick=\"a()\">a</p>', changed = number + 100 "
            "WHERE number = 1"
        )
        store.execute("UPDATE bulletins SET number = number + 100")
        (id_,) = store.execute("SELECT id FROM items WHERE number = 1").fetchone()
        store.commit()

    code, out, err = run("check", "--json")

    assert code == 1
    assert err.count(f"is published without {id_}: its text has the attribute 'onclick'") == 3
    assert {each["item"] for each in json.loads(out)["refused"]} == {id_}
    assert id_ not in (harbour / "public/harbour/rss.xml").read_text()
    assert "is published without" not in run("check")[2]
    assert run("items", "forget", id_)[0] == 0
    assert run("check")[0] == 0


def test_a_bulletin_that_another_process_checks_is_busy(harbour: Path, run: Run) -> None:
    """A cron job can tell a clash from a failure."""
    with open_app(load(harbour / "tidings.toml", {})) as app:
        claim = app.sources.claim(
            app.bulletin("harbour"), now=app.clock(), lease=timedelta(minutes=5)
        )
        assert claim is not None

        code, _, messages = run("check", "harbour")

    assert code == BUSY
    assert "another process is checking it" in messages


def test_a_busy_bulletin_keeps_no_other_waiting(harbour: Path, run: Run) -> None:
    """The others are read and published; the exit code says that not all is done."""
    run("init", "bulletin.txt", "--slug", "second")
    run("init", "bulletin.txt", "--slug", "third")
    with open_app(load(harbour / "tidings.toml", {})) as app:
        assert app.sources.claim(
            app.bulletin("second"), now=app.clock(), lease=timedelta(minutes=5)
        )

        code, output, messages = run("check", "--json")

    assert code == BUSY
    assert "second: another process is checking it" in messages
    report = json.loads(output)
    assert [check["bulletin"] for check in report["checks"]] == ["harbour", "third"]
    assert report["busy"] == ["second"]
    assert "third" in report["published"]
    assert (harbour / "public" / "third" / "rss.xml").exists()


def test_a_page_that_lost_all_is_believed_when_the_operator_says_so(
    harbour: Path, run: Run
) -> None:
    """Until then the last good feed stays, and the message says how."""
    many = "".join(f"\n{day} May 2026\n\nOld {day}\n\nText {day}.\n" for day in range(1, 13))
    (harbour / "bulletin.txt").write_text(many)
    run("check", "--accept")
    (harbour / "bulletin.txt").write_text(
        "4 January 2027\n\nIce on the quay\n\nMind it.\n\n"
        "5 January 2027\n\nHappy new harbour\n\nTo all.\n"
    )

    code, _, messages = run("check")
    accepted = run("check", "--accept")[0]

    assert (code, accepted) == (FAILED, OK)
    assert "If that is right: tidings release harbour" in messages
    assert "Ice on the quay" in (harbour / "public" / "harbour" / "rss.xml").read_text()


@pytest.mark.parametrize(("verb", "told"), [("release", True), ("discard", False)])
def test_what_is_held_is_shown_and_settled(
    harbour: Path,
    run: Run,
    verb: str,
    told: bool,  # noqa: FBT001
) -> None:
    """The dry run says why and what it would bring; the word is given by a verb."""
    run("subscribers", "add", "ann@example.org", "harbour", "--cadence", "instant")
    flood = "".join(f"\n{day} May 2027\n\nFlood {day}\n\nText.\n" for day in range(1, 18))
    (harbour / "bulletin.txt").write_text(flood)

    code, output, _ = run("check", "--dry-run")

    assert code == FAILED
    assert "harbour/main: held: far more new items than ever: 17 of 17" in output
    assert "  new       2027-05-17  Flood 17" in output
    assert "far more" in json.loads(run("check", "--dry-run", "--json")[1])[0]["held"]
    assert run(verb, "harbour")[0] == FAILED
    assert run("check")[0] == FAILED
    code, output, _ = run(verb, "harbour", "--json")
    report = json.loads(output)
    assert (code, report["checks"][0]["new"], report["published"]) == (OK, 17, ["harbour"])
    assert json.loads(run("tick", "--json")[1])["queued"] == int(told)
    assert "Flood 17" in (harbour / "public" / "harbour" / "rss.xml").read_text()


def test_digest_prints_the_next_mail(harbour: Path, run: Run) -> None:
    """As RFC 5322 bytes, as text and as HTML; of the latest items where none is due."""
    text = run("digest", "harbour")[1]
    html = run("digest", "harbour", "--html")[1]
    written = in_a_process("digest", "harbour", "--eml", folder=harbour).stdout

    assert "Bridge closed for repairs" in text
    assert html.lower().startswith("<!doctype html>")
    message = message_from_bytes(written.encode(), policy=policy.default)
    assert message["Subject"] == "Harbour news: 2 new items, 1–3 Nov"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = message.get_body(("plain",))
    assert body is not None
    assert str(body.get_content()).split() == text.split()


def test_digest_of_what_is_due_next(harbour: Path, run: Run) -> None:
    """Where somebody waits for new items, these are shown and no others."""
    run("subscribers", "add", "ann@example.org", "harbour")
    (harbour / "bulletin.txt").write_text(BULLETIN + NEWS)
    run("check")

    _, text, _ = run("digest", "harbour")

    assert "Lighthouse open" in text
    assert "Bridge closed" not in text


def test_digest_is_sent_as_a_test(harbour: Path, run: Run) -> None:
    """To one address, through the relay, without an edition or a delivery."""
    with Mailbox() as relay:
        configure_mail(harbour, relay.port)

        code, output, _ = run("digest", "harbour", "--send-to", "op@example.org")

        assert (code, output) == (OK, "op@example.org: 250 2.0.0 taken\n")
        assert relay.recipients() == ["op@example.org"]
    assert json.loads(run("tick", "--json")[1])["sent"] == 0


def test_digest_before_the_first_reading(run: Run) -> None:
    """There is nothing to show, and the remedy is named."""
    run("init", "bulletin.txt", "--slug", "harbour")

    code, _, messages = run("digest", "harbour", "--eml")

    assert code == FAILED
    assert "nothing was read yet; run first: tidings check harbour" in messages


@pytest.mark.usefixtures("harbour")
def test_subscribers_come_and_go(run: Run) -> None:
    """Add, change, list and remove."""
    assert (
        "gets harbour: weekly, next on "
        in run("subscribers", "add", "Ann@Example.ORG", "harbour", "--time-zone", "Europe/Madrid")[
            1
        ]
    )
    run("subscribers", "add", "bob@example.org", "harbour", "--cadence", "instant")
    run("subscribers", "add", "bob@example.org", "harbour", "--cadence", "0 7 * * mon,thu")

    listed = json.loads(run("subscribers", "list", "--json")[1])

    assert [(each["address"], each["cadence"], each["time_zone"]) for each in listed] == [
        ("Ann@example.org", "weekly", "Europe/Madrid"),
        ("bob@example.org", "0 7 * * mon,thu", "UTC"),
    ]
    assert run("subscribers", "remove", "bob@example.org")[0] == OK
    assert run("subscribers", "list")[1].count("\n") == 1
    code, _, messages = run("subscribers", "remove", "bob@example.org")
    assert code == FAILED
    assert "has no such subscription" in messages


def test_subscribers_of_a_bulletin_that_is_gone(harbour: Path, run: Run) -> None:
    """They are marked in the list, and can be removed."""
    for slug in ("other", "third"):
        run("init", "bulletin.txt", "--slug", slug)
        run("subscribers", "add", "ann@example.org", slug)
    path = harbour / "tidings.toml"
    path.write_text(path.read_text().partition("[bulletins.other]")[0])

    listed = json.loads(run("subscribers", "list", "--json")[1])

    assert [(each["bulletin"], each["configured"]) for each in listed] == [
        ("other", False),
        ("third", False),
    ]
    assert "other\tno mail: the bulletin is not configured" in run("subscribers", "list")[1]
    assert run("subscribers", "remove", "ann@example.org", "other")[0] == OK
    assert run("subscribers", "list", "third")[1].count("\n") == 1
    code, _, messages = run("subscribers", "remove", "ann@example.org", "nothing")
    assert code == USAGE
    assert "no bulletin 'nothing'" in messages


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "nobody", "harbour"), "not an e-mail address: 'nobody'"),
        (("add", "a@b.c\nBcc: d@e.f", "harbour"), "not an e-mail address"),
        (
            ("add", "a@example.org", "nothing"),
            "no bulletin 'nothing' in tidings.toml; there",
        ),
        (("add", "a@example.org", "harbour", "--cadence", "often"), "a cadence is instant, daily"),
        (("add", "a@example.org", "harbour", "--cadence", "0 0 30 2 *"), "(Bad day-of-month)"),
        (("add", "a@example.org", "harbour", "--time-zone", "Mars"), "no time zone 'Mars'"),
        (("add", "a@example.org", "harbour", "--time-zone", ".."), "no time zone '..'; write it"),
        (("add", "a@example.org", "harbour", "--time-zone", "Europe"), "no time zone 'Europe'"),
        (("add", "a@example.org", "harbour", "--time-zone", "../x"), "no time zone '../x'"),
        (("remove", "nobody"), "not an e-mail address"),
    ],
)
@pytest.mark.usefixtures("harbour")
def test_a_wrong_subscription_is_refused(
    run: Run,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    """Before anything changes, with what is allowed."""
    code, _, messages = run("subscribers", *arguments)

    assert code == USAGE
    assert message in messages
    assert run("subscribers", "list", "--json")[1] == "[]\n"


# --- configuration, store, mail and files that fail ----------------------------------------


def configure_mail(folder: Path, port: int, **more: str) -> None:
    """Let mails of a folder leave through a relay on loopback."""
    path = folder / "tidings.toml"
    keys = {"host": "127.0.0.1", "security": "none", **more}
    lines = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    path.write_text(path.read_text().replace("[mail]\n", f"[mail]\nport = {port}\n{lines}"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[mail\n", "tidings.toml:1: not TOML"),
        ("[site]\ntitel = 'x'\n", "tidings.toml:2: site.titel: unknown key; did you mean 'title'?"),
        (
            "[bulletins.a.sources.main]\nfile = 'a'\ncron = '0 0 30 2 *'",
            "tidings.toml:3: bulletins.a.sources.main.cron: found '0 0 30 2 *'",
        ),
    ],
)
def test_a_wrong_configuration_names_its_line(
    folder: Path, run: Run, text: str, message: str
) -> None:
    """File, line, key, what was found and what is allowed; exit code 2."""
    (folder / "tidings.toml").write_text(text)

    code, _, messages = run("tick")

    assert code == USAGE
    assert message in messages


def test_a_missing_configuration_says_how_to_make_one(
    run: Run,
) -> None:
    """The first thing that a newcomer gets wrong."""
    for command in (("check",), ("run", "--config", "tidings.toml")):
        code, _, messages = run(*command)

        assert code == USAGE
        assert "tidings.toml: no such file; make one with: tidings init URL" in messages


def test_a_configuration_without_bulletins_has_nothing_to_check(folder: Path, run: Run) -> None:
    """The service runs all the same, so that the first one can be made in a browser."""
    (folder / "tidings.toml").write_text("")

    code, _, messages = run("check")

    assert code == USAGE
    assert "no bulletin is configured; add one with: tidings init URL" in messages


def test_a_data_folder_that_cannot_be_written_is_named(folder: Path, run: Run) -> None:
    """With the setting that chooses another one."""
    run("init", "bulletin.txt")
    (folder / "data").write_text("a file, not a folder")

    code, _, messages = run("check")

    assert code == FAILED
    assert f"{folder}/data: cannot make the data folder" in messages
    assert "[store] data" in messages


def test_a_store_of_a_newer_version_is_left_alone(harbour: Path, run: Run) -> None:
    """Nothing is changed, and the message says which release to install."""
    with closing(sqlite3.connect(harbour / "data" / "tidings.db")) as connection, connection:
        connection.execute("INSERT INTO migrations VALUES ('feeds', 99, 'then')")

    code, _, messages = run("tick")

    assert code == FAILED
    assert "a newer Tidings wrote it; install that release again" in messages


def test_a_foreign_database_is_left_alone(folder: Path, run: Run) -> None:
    """Its tables stay its own."""
    run("init", "bulletin.txt")
    (folder / "data").mkdir()
    with closing(sqlite3.connect(folder / "data" / "tidings.db")) as connection, connection:
        connection.execute("CREATE TABLE theirs (a)")

    code, _, messages = run("check")

    assert code == FAILED
    assert "belongs to another program" in messages


def test_a_full_disk_loses_nothing(harbour: Path, run: Run) -> None:
    """What could not be written is written when there is room again."""
    feed = (harbour / "public" / "harbour" / "rss.xml").read_bytes()
    (harbour / "bulletin.txt").write_text(
        BULLETIN
        + NEWS
        + "".join(f"\n{d} October 2026\n\nNews {d}\n\nText.\n" for d in range(1, 31))
    )

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(feed) + 900, resource.RLIM_INFINITY))

    ended = in_a_process("check", "--accept", folder=harbour, before=little_room)

    assert ended.returncode == FAILED
    assert "Traceback" not in ended.stderr
    assert "tidings: " in ended.stderr
    assert (harbour / "public" / "harbour" / "rss.xml").read_bytes() == feed
    assert run("check", "--accept")[0] == OK
    parsed = feedparser.parse((harbour / "public" / "harbour" / "rss.xml").read_bytes())
    assert len(parsed.entries) == 33


def test_a_template_with_an_error_is_named_and_the_feeds_stay(harbour: Path, run: Run) -> None:
    """File and line; what stood there stands, and a mended template brings all up to date."""
    own = harbour / "own"
    own.mkdir()
    (own / "bulletin.html").write_text("<h1>\n{{ bulletin.titel }}</h1>")
    path = harbour / "tidings.toml"
    path.write_text(path.read_text().replace("[site]\n", '[site]\ntemplates = "own"\n'))
    page = (harbour / "public" / "harbour" / "index.html").read_bytes()

    code, _, messages = run("check")

    assert code == FAILED
    assert f"{own}/bulletin.html" in messages
    assert "line 2" in messages or "bulletin.html:2" in messages
    assert (harbour / "public" / "harbour" / "index.html").read_bytes() == page
    (own / "bulletin.html").write_text("<h1>{{ bulletin.title }}</h1>")
    assert run("check")[0] == OK
    assert (harbour / "public" / "harbour" / "index.html").read_text() == "<h1>Harbour news</h1>"


def test_a_relay_that_refuses_the_login_loses_no_mail(harbour: Path, run: Run) -> None:
    """The run fails and says why; with the right password the same mail goes out."""
    for address in ("ann@example.org", "bob@example.org"):
        run("subscribers", "add", address, "harbour", "--cadence", "instant")
    (harbour / "bulletin.txt").write_text(BULLETIN + NEWS)
    run("check")
    original = (harbour / "tidings.toml").read_text()
    with Mailbox(login=("news", "right")) as relay:
        configure_mail(harbour, relay.port, username="news", password="wrong", retry="1s")

        code, output, messages = run("tick", "--json")

        assert code == FAILED
        report = json.loads(output)
        assert (report["sent"], report["failed"], report["deferred"]) == (0, 0, 0)
        assert "refuses the login" in report["mail_stopped"]
        assert "see [mail] username and password" in messages
        assert "wrong" not in messages
        with open_app(load(harbour / "tidings.toml", {})) as app:
            stopped = health_report(app)
        (harbour / "tidings.toml").write_text(original)
        configure_mail(harbour, relay.port, username="news", password="right", retry="1s")
        later = datetime.now(UTC) + timedelta(minutes=1)
        with open_app(load(harbour / "tidings.toml", {}), clock=lambda: later) as app:
            assert tick(app, lambda: False).sent.sent == 2
            again = health_report(app)
        assert sorted(relay.recipients()) == ["ann@example.org", "bob@example.org"]
        assert stopped["mail_stopped_since"] is not None
        assert (again["mail_stopped_since"], again["editions_out_of_balance"]) == (None, [])


def test_a_recipient_that_is_refused_keeps_nobody_else_waiting(harbour: Path, run: Run) -> None:
    """That delivery has failed, the others are sent, and the exit code tells."""
    for address in ("ann@example.org", "bob@example.org"):
        run("subscribers", "add", address, "harbour", "--cadence", "instant")
    (harbour / "bulletin.txt").write_text(BULLETIN + NEWS)
    run("check")
    with Mailbox(refuses={"ann@example.org": "550 5.1.1 no such user"}) as relay:
        configure_mail(harbour, relay.port)

        code, output, _ = run("tick", "--json")

        assert code == FAILED
        report = json.loads(output)
        assert (report["sent"], report["failed"], report["mail_stopped"]) == (1, 1, "")
        assert relay.recipients() == ["bob@example.org"]


def test_without_a_relay_mails_are_files(harbour: Path, run: Run) -> None:
    """One .eml a mail, and a second tick writes no other."""
    run("subscribers", "add", "ann@example.org", "harbour", "--cadence", "instant")
    (harbour / "bulletin.txt").write_text(BULLETIN + NEWS)
    run("check")

    assert [run("tick")[0], run("tick")[0]] == [OK, OK]
    (path,) = (harbour / "data" / "mails").glob("*.eml")
    assert message_from_bytes(path.read_bytes(), policy=policy.default)["To"] == "ann@example.org"


def test_debug_shows_the_error_in_full(folder: Path) -> None:
    """Who reports a fault can send all of it."""
    (folder / "tidings.toml").write_text("[mail\n")

    assert "Traceback" in in_a_process("tick", "--debug", folder=folder).stderr
