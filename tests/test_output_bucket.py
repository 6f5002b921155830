"""The bucket as the place of published documents, with a real S3-compatible service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import obstore
import pytest
from relay import free_port
from running import ROOT, Service, wait, write_configuration
from storage import Storage, storage, toml

from config.load import load, parse
from config.settings import Settings, SiteSettings
from config.write import bulletin_toml
from feeds.headers import SiteHeaders
from feeds.output_bucket import BucketError, BucketOutput
from tidings.app import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HEADERS = SiteHeaders(
    Settings(path=Path("tidings.toml"), site=SiteSettings(base_url="https://news.example.org"))
)
BULLETIN = """\
Harbour news

3 November 2026

Bridge closed

The swing bridge stays closed until Friday.

1 November 2026

New harbour master

Ines Ferreira takes office.
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """The service, once for all of this file."""
    with storage(tmp_path_factory.mktemp("storage")) as service:
        yield service


@pytest.fixture
def prefix() -> str:
    """A place of its own in the bucket."""
    return f"site/{uuid4().hex}"


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


def output(
    service: Storage, prefix: str, clock: Clock | None = None, headers: SiteHeaders = HEADERS
) -> BucketOutput:
    """Return a place of published documents as one process has it."""
    return BucketOutput(service.settings(prefix), headers, clock=clock or Clock(), patience_s=0.1)


def objects(service: Storage, prefix: str) -> dict[str, bytes]:
    """Return what stands below a prefix."""
    store = service.store(prefix)
    paths = [found["path"] for batch in obstore.list(store) for found in batch]
    return {path: bytes(obstore.get(store, path).bytes()) for path in paths}


def test_a_document_stands_there_with_its_headers(service: Storage, prefix: str) -> None:
    """As readers get it from the bucket; a note of our own is kept by no cache."""
    place = output(service, prefix)

    assert place.write("harbour/rss.xml", b"<rss/>")
    assert place.write("harbour/.published.json", b"{}")

    document = service.get(f"{prefix}/harbour/rss.xml")
    assert document.content == b"<rss/>"
    assert document.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert document.headers["Cache-Control"].startswith("public, max-age=300, ")
    assert document.headers["ETag"]
    note = service.get(f"{prefix}/harbour/.published.json")
    assert note.headers["Cache-Control"] == "no-store"


def test_what_is_there_already_is_not_written_again(service: Storage, prefix: str) -> None:
    """Unless its headers are others now; and what is taken away is gone."""
    place = output(service, prefix)
    first = place.write("a.html", b"a")

    assert (first, place.write("a.html", b"a"), place.write("a.html", b"b")) == (True, False, True)
    assert place.read("a.html") == b"b"
    place.remove("a.html")
    place.remove("a.html")
    assert place.read("a.html") is None
    assert output(service, prefix).read("nothing.html") is None


def test_other_headers_are_written_though_the_content_stays(service: Storage, prefix: str) -> None:
    """A schedule that changed shows in how long a document is fresh."""
    text = bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt", every="{}")
    places = [output(service, prefix, headers=headers_of(text.format(e))) for e in ("20m", "1h")]

    written = [place.write("harbour/rss.xml", b"<rss/>") for place in (*places, places[1])]

    assert written == [True, True, False]
    assert places[0].recipe_of("harbour") != places[1].recipe_of("harbour")
    cached = service.get(f"{prefix}/harbour/rss.xml").headers["Cache-Control"]
    assert cached.startswith("public, max-age=1800, ")


def headers_of(text: str) -> SiteHeaders:
    """Return the headers of a configuration."""
    return SiteHeaders(parse(text, Path("tidings.toml"), {}))


# --- one writer at a time ------------------------------------------------------------------


def test_one_process_writes_at_a_time(service: Storage, prefix: str) -> None:
    """Another one is told so, and writes when the first is done."""
    one, other = output(service, prefix), output(service, prefix)

    with one.lock():
        with pytest.raises(BucketError, match="another process is writing there"), other.lock():
            pass
        one.write("a.html", b"a")
    with other.lock():
        assert not other.write("a.html", b"a")

    assert objects(service, prefix).keys() == {"a.html"}


@pytest.mark.parametrize("note", [b"", b"{", b'{"by": "x", "until": "soon"}', b"\xff", b"[]"])
def test_a_lock_that_nobody_can_read_locks_nothing(
    service: Storage, prefix: str, note: bytes
) -> None:
    """A file of that name may have come from anywhere."""
    place = output(service, prefix)
    place.write(".lock", note)

    with place.lock():
        assert place.write("a.html", b"a")

    assert objects(service, prefix) == {"a.html": b"a"}


def test_a_dead_process_stands_in_nobodys_way(service: Storage, prefix: str) -> None:
    """Its lock runs out; if it was only slow, it is stopped before it writes over the other."""
    clock = Clock()
    slow, other = output(service, prefix, clock), output(service, prefix, clock)

    with slow.lock():
        slow.write("a.html", b"old")
        clock.now += timedelta(minutes=3)
        with other.lock():
            other.write("a.html", b"new")
            with pytest.raises(BucketError, match="another process took over"):
                slow.write("a.html", b"old")

    assert objects(service, prefix)["a.html"] == b"new"


def test_who_writes_for_long_keeps_the_lock(service: Storage, prefix: str) -> None:
    """A first publication takes longer than any lease."""
    clock = Clock()
    place, other = output(service, prefix, clock), output(service, prefix, clock)

    with place.lock():
        for number in range(3):
            clock.now += timedelta(seconds=90)
            place.write(f"{number}.html", b"a")
            with pytest.raises(BucketError), other.lock():
                pass

    assert len(objects(service, prefix)) == 3


# --- what goes wrong -----------------------------------------------------------------------


def test_what_is_wrong_is_said_with_a_remedy(service: Storage, prefix: str) -> None:
    """A wrong key, and a service that is not there."""
    settings = service.settings(prefix)
    away = f"http://127.0.0.1:{free_port()}"
    for wrong, told in (
        (replace(settings, secret_key="wrong"), r"refuses our key; see that \[bucket\] access_key"),
        (replace(settings, endpoint=away), r"cannot be reached .*see \[bucket\] endpoint"),
        (replace(settings, address="s3://none"), "there is no such bucket; make it, or correct"),
    ):
        with pytest.raises(BucketError, match=told) as problem:
            BucketOutput(wrong, HEADERS, clock=Clock()).read("a.html")

        assert "\n" not in str(problem.value)


def test_a_bucket_holds_what_a_folder_holds(
    service: Storage, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same documents with the same bytes, from the same store; the key by the environment."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    settings = service.settings(prefix)
    bulletin = bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt")
    site = '[site]\nbase_url = "https://news.example.org"\nsearch = "yes"\n'
    (tmp_path / "tidings.toml").write_text(site + bulletin)
    in_bucket = f'[bucket]\naddress = "{settings.address}"\nendpoint = "{settings.endpoint}"\n'
    (tmp_path / "bucket.toml").write_text(site + in_bucket + bulletin)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    tidings("check", tmp_path, "tidings.toml")
    said = tidings("tick", tmp_path, "bucket.toml")

    assert json.loads(said)["published"] == ["harbour"]
    public = tmp_path / "public"
    folder = {
        path.relative_to(public).as_posix(): path.read_bytes()
        for path in public.rglob("*")
        if path.is_file() and path.suffix not in {".gz", ".br", ".zst"} and path.name != ".lock"
    }
    bucket = objects(service, prefix)
    own = {path for path in folder if path.endswith(".published.json")}
    assert bucket.keys() == folder.keys()
    assert {p: c for p, c in bucket.items() if p not in own} == {
        p: c for p, c in folder.items() if p not in own
    }
    assert json.loads(tidings("tick", tmp_path, "bucket.toml"))["published"] == []


def tidings(verb: str, folder: Path, configuration: str) -> str:
    """Run a verb; return what it prints."""
    command = [sys.executable, "-m", "tidings", verb, "--json", "--config", configuration]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_bucket_that_is_away_stops_nothing(tmp_path: Path) -> None:
    """The service says so, reads and answers all the while, and publishes when it is back."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    (tmp_path / "storage").mkdir()
    port = free_port()
    settings = Storage(f"http://127.0.0.1:{port}").settings("site")
    write_configuration(
        tmp_path,
        toml(settings) + bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt"),
    )
    running = Service(tmp_path, free_port())
    wait(lambda: running.answers("/health"))
    with open_app(load(tmp_path / "tidings.toml", {}), register=False) as app:
        wait(lambda: len(app.items.latest("harbour", 9)) == 2)
    command = [sys.executable, "-m", "tidings", "tick", "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ticked = subprocess.run(  # noqa: S603 - our own program
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    with storage(tmp_path / "storage", port) as service:
        wait(lambda: service.get("site/harbour/rss.xml").ok)
        answers = running.answers("/health")
        code, log = running.stop()

    assert answers
    assert (code, ticked.returncode) == (0, 1)
    assert ticked.stderr.count("\n") == 1
    assert ticked.stderr.startswith("tidings: s3://news/site: the service cannot be reached")
    assert "read: s3://news/site: the service cannot be reached" in log
    assert "harbour published up to number 2" in log
    assert "Traceback" not in log
