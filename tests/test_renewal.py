"""The running service and a configuration that changes: nobody notices but by what has changed."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
import requests
from relay import free_port
from running import Service, wait, write_configuration

from config.load import ConfigError, load, parse
from config.write import bulletin_toml
from tidings.renewing import State
from tidings.succession import FIXED, Succession, kept

if TYPE_CHECKING:
    from collections.abc import Iterator

BULLETIN = "Harbour news\n\n3 November 2026\n\nBridge closed\n\nUntil Friday.\n"
READERS = 3
RENEWALS = 50


def table(title: str, slug: str = "harbour") -> str:
    """Return a bulletin that is read from a file."""
    return bulletin_toml(slug=slug, title=title, file="bulletin.txt", every="1h")


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Service]:
    """Run the service until the end of the block, and in order."""
    service = Service(folder, free_port(), arguments)
    try:
        wait(lambda: service.answers("/health"))
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()


def configuration(service: Service) -> tuple[str, str, list[str]]:
    """Return what /health says of the configuration."""
    said = service.get("/health").json()
    return said["status"], said["configuration"], said["waits_for_start"]


class Readers:
    """Readers that ask for a document and for a page without a pause, and believe nothing."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(READERS)]
        self.wrong: list[str] = []
        self.answers = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                for path, whole in (
                    ("/harbour/rss.xml", "</rss>"),
                    ("/subscribe/harbour", "</html>"),
                    ("/health", "waits_for_start"),
                ):
                    try:
                        answer = session.get(self._service.url(path), timeout=20)
                    except requests.RequestException as error:
                        self.wrong.append(f"{path}: {error}")
                        continue
                    if answer.status_code != 200 or whole not in answer.text:
                        self.wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")
                    self.answers += 1


def held_open(service: Service) -> tuple[int, int]:
    """Return how many files and how many threads the service has."""
    place = Path("/proc") / str(service.process.pid)
    return len(list((place / "fd").iterdir())), len(list((place / "task").iterdir()))


def test_no_request_is_refused_or_broken_by_renewals(tmp_path: Path) -> None:
    """Under fifty of them: every answer is whole, what has changed is seen, and nothing grows."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    write_configuration(tmp_path, table("Harbour 0"))
    sizes = {}
    with running(tmp_path) as service:
        wait(lambda: service.answers("/harbour/rss.xml"))
        with Readers(service) as readers:
            for number in range(1, RENEWALS + 1):
                write_configuration(tmp_path, table(f"Harbour {number}"))
                service.process.send_signal(signal.SIGHUP)
                title = f"Harbour {number}<"
                wait(lambda title=title: title in service.get("/subscribe/harbour").text)  # type: ignore[misc]
                sizes[number] = held_open(service)
        wait(lambda: f"Harbour {RENEWALS}<" in service.get("/harbour/rss.xml").text)
        # What one of them leaves behind would be there fifty times.
        most = [max(sizes[number][kind] for number in range(1, 11)) + 5 for kind in (0, 1)]
        wait(lambda: all(now <= then for now, then in zip(held_open(service), most, strict=True)))
        code, log = service.stop()

    assert readers.wrong == []
    assert readers.answers > RENEWALS
    assert code == 0
    assert log.count("was read anew and is in force") == RENEWALS
    assert "ERROR" not in log


def test_a_configuration_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    """The former one goes on; log and /health say so, the latter without the file's own words."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    write_configuration(tmp_path, table("Harbour"))
    with running(tmp_path) as service:
        (tmp_path / "tidings.toml").write_text('[site]\ntitel = "x"\n')
        service.process.send_signal(signal.SIGHUP)
        wait(lambda: configuration(service)[0] == "failing")
        said = configuration(service)
        page = service.get("/subscribe/harbour").text
        # Mended by hand, without a word to the service.
        write_configuration(tmp_path, table("Mended"))
        wait(lambda: "Mended" in service.get("/subscribe/harbour").text)
        mended = configuration(service)
        _, log = service.stop()

    assert "cannot be used: the former one is in force" in said[1]
    assert "titel" not in said[1]
    assert "Harbour" in page
    assert mended == ("ok", "in force", [])
    assert "the former one is in force: tidings.toml:2: site.titel: unknown key" in log


def test_where_it_listens_and_what_it_stores_wait_for_a_start(tmp_path: Path) -> None:
    """All else takes effect; log and /health say what does not yet."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    write_configuration(tmp_path, table("Harbour"))
    with running(tmp_path) as service:
        write_configuration(tmp_path, table("Changed"), store='data = "elsewhere"')
        service.process.send_signal(signal.SIGHUP)
        wait(lambda: "Changed" in service.get("/subscribe/harbour").text)
        said = configuration(service)
        _, log = service.stop()

    # Its port is that of the command line, whatever the file says.
    assert said == ("ok", "in force", ["store.data"])
    assert "store.data: what changed there takes effect at the next start" in log
    assert not (tmp_path / "elsewhere").exists()


def test_the_first_bulletin_can_come_later(tmp_path: Path) -> None:
    """The service runs in an empty folder, and follows the file that is made there."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    with running(tmp_path) as service:
        assert service.get("/").ok or service.get("/").status_code == 404
        write_configuration(tmp_path, table("Harbour"))
        service.process.send_signal(signal.SIGHUP)
        wait(lambda: service.answers("/harbour/rss.xml"))
        (tmp_path / "tidings.toml").unlink()
        service.process.send_signal(signal.SIGHUP)
        wait(lambda: configuration(service)[0] == "failing")

        assert service.answers("/harbour/rss.xml")


def test_a_closed_terminal_ends_it(tmp_path: Path) -> None:
    """The same signal renews it while the terminal in which it was begun is there."""
    master, slave = os.openpty()
    service = Service(tmp_path, free_port(), stdin=slave)
    wait(lambda: service.answers("/health"))
    os.close(slave)
    (tmp_path / "tidings.toml").write_text('[store]\ndata = "elsewhere"\n')
    service.process.send_signal(signal.SIGHUP)
    wait(lambda: configuration(service)[2] == ["store.data"])
    os.close(master)
    service.process.send_signal(signal.SIGHUP)

    assert service.ended()[0] == 0


@pytest.mark.parametrize(("section", "key"), FIXED)
def test_what_cannot_change_is_kept(section: str, key: str) -> None:
    """One by one, and the rest of the same table changes."""
    path = Path("tidings.toml")
    former = parse("", path, {})
    value = {"host": '"0.0.0.0"', "port": "1234", "data": '"x"', "database": '"postgresql://x"'}
    changed = parse(f'[{section}]\n{key} = {value[key]}\n[site]\ntitle = "New"\n', path, {})

    settings, waiting = kept(changed, former)

    assert waiting == (f"{section}.{key}",)
    assert getattr(settings, section) == getattr(former, section)
    assert settings.site.title == "New"


def test_an_app_is_open_until_its_last_request_has_ended(tmp_path: Path, database_url: str) -> None:
    """Who renews hears what is wrong; what answers by the old App has it until it has ended."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    path = tmp_path / "tidings.toml"
    store = f'[store]\ndatabase = "{database_url}"\n'
    path.write_text(store + table("Old"))
    renew = Succession(lambda: load(path, {}), lambda: False)
    with closing(renew), renew.working():
        first = renew._current  # noqa: SLF001 - what is in force is nobody else's
        first.enter()
        path.write_text("[site]\ntitel = 1\n")
        with pytest.raises(ConfigError, match=r"site\.titel: unknown key"):
            renew()
        refused = renew.app is first.app, renew.state.problem
        path.write_text(store + table("New"))
        renew()
        in_force = renew.app.bulletin("harbour").title
        # It can still be asked, by a thread that never asked before.
        with ThreadPoolExecutor() as threads:
            sources = threads.submit(first.app.sources.sources).result()
        with first.answering():
            pass
        wait(lambda: first.app.workers._shutdown)  # noqa: SLF001 - it has no other way to tell

    assert refused[0]
    assert "titel" in refused[1]
    assert renew.state == State()
    assert in_force == "New"
    assert [source.name for source in sources] == ["main"]
