"""Programs that people read feeds with, against the running service.

newsboat (C++), feedparser (Python) and rss-parser (JavaScript): each subscribes, comes again, and
shows every item once, whatever is corrected, moved about or restarted.
"""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import feedparser
import pytest
from programs import node_package, program
from relay import free_port
from running import Service, wait, write_configuration

from config.write import bulletin_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMATS = ("rss.xml", "atom.xml")
ITEMS = {
    "Bridge <closed> & barred": "The swing bridge stays closed until Friday.",
    "Ferry timetable for winter": "From Monday the ferry leaves every forty minutes.",
    "New harbour master": "Ines Ferreira takes office.",
}
# What the bulletin shows step by step: corrected in another order, then retitled with news.
CORRECTED = ITEMS | {"New harbour master": "Ines Ferreira takes office, and surveys the moorings."}
RETITLED = {
    ("Ferry timetable for this winter" if title.startswith("Ferry") else title): text
    for title, text in CORRECTED.items()
}
NEWS = {"Lighthouse open to visitors": "On Sundays the tower can be climbed."} | RETITLED
STEPS = (dict(reversed(CORRECTED.items())), NEWS)
NODE = """
const Parser = require(process.argv[1]);
new Parser().parseURL(process.argv[2]).then((feed) => console.log(JSON.stringify(
  feed.items.map((item) => [item.guid || item.id, item.title]))));
"""


@dataclass
class Wire:
    """A wire to a server, on which the statuses of its answers can be read."""

    target: int
    statuses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lay it."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self.target)) as far:
            asking = threading.Thread(target=_carry, args=(near, far, []), daemon=True)
            asking.start()
            _carry(far, near, self.statuses)
            asking.join()


def _carry(one: socket.socket, other: socket.socket, statuses: list[str]) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            statuses += re.findall(r"^HTTP/1.1 (\d+)", data.decode("latin-1"))
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@dataclass
class Harbour:
    """A service on a file that changes."""

    folder: Path
    port: int

    def __post_init__(self) -> None:
        """Start it, and wait for its first items."""
        table = bulletin_toml(slug="harbour", title="Harbour news", file="news.txt", every="1s")
        write_configuration(self.folder, table)
        self.write(ITEMS)
        self._start()
        self.wire = Wire(self.port)

    def _start(self) -> None:
        self.service = Service(self.folder, self.port)
        # The front page is written last.
        wait(lambda: self.service.answers("/") and self.service.answers("/harbour/feed.json"))

    def write(self, items: dict[str, str]) -> None:
        """Let the bulletin show items, all of one day."""
        text = "".join(f"3 November 2026\n\n{title}\n\n{text}\n\n" for title, text in items.items())
        (self.folder / "news.txt").write_text(f"Harbour news\n\n{text}")

    def shows(self, items: dict[str, str]) -> None:
        """Let it show items, and wait until the feeds say so."""
        self.write(items)

        def are_published() -> bool:
            feed = self.service.get("/harbour/feed.json").json()["items"]
            return {f"{item['title']} {item['content_html']}" for item in feed} == {
                f"{title} <p>{text}</p>" for title, text in items.items()
            }

        wait(are_published)

    def restart(self) -> None:
        """Stop the service and start it again."""
        assert self.service.stop()[0] == 0
        self._start()

    def url(self, file: str) -> str:
        """Return the address of a feed, on the wire."""
        return f"http://127.0.0.1:{self.wire.port}/harbour/{file}"

    def answered(self) -> list[str]:
        """Return the statuses of all answers since the last question."""
        statuses, self.wire.statuses[:] = [*self.wire.statuses], []
        return statuses


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Harbour]:
    """A running service."""
    harbour = Harbour(tmp_path, free_port())
    yield harbour
    harbour.wire.close()
    assert harbour.service.stop()[0] == 0


@dataclass
class Newsboat:
    """Somebody who reads with newsboat."""

    folder: Path
    program: str
    url: str

    def reload(self) -> None:
        """Reload all feeds, as its R does."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "urls").write_text(self.url)
        (self.folder / "config").touch()
        subprocess.run(  # noqa: S603 - the program that is tested with
            [self.program, *"-q -u urls -c cache.db -C config -x reload".split()],
            cwd=self.folder,
            check=True,
            timeout=30,
            env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"},
        )

    def items(self) -> list[tuple[str, str]]:
        """Return what it keeps: the id and title of each item."""
        with closing(sqlite3.connect(self.folder / "cache.db")) as cache:
            return cache.execute(
                "SELECT guid, title FROM rss_item WHERE deleted = 0 ORDER BY guid"
            ).fetchall()


def test_newsboat_shows_every_item_once(harbour: Harbour, tmp_path: Path) -> None:
    """Across corrections, another order, another title, news and a restart of the service.

    It asks with conditions from its third reload on, and is not sent again what it has.
    """
    newsboat = program("newsboat", tests="reading our feeds with newsboat")
    readers = [Newsboat(tmp_path / file, newsboat, harbour.url(file)) for file in FORMATS]

    def reload() -> list[str]:
        for reader in readers:
            reader.reload()
        return harbour.answered()

    assert reload() == ["200"] * 2
    first = [reader.items() for reader in readers]
    assert reload() == ["200"] * 2
    assert reload() == ["304"] * 2

    for items in STEPS:
        harbour.shows(items)
        reload()
    harbour.restart()
    assert reload() == ["304"] * 2

    for reader, before in zip(readers, first, strict=True):
        after = dict(reader.items())
        assert len(before) == len(ITEMS)
        assert dict(before).keys() < after.keys()
        assert sorted(after.values()) == sorted(NEWS)
    assert dict(first[0]).keys() == dict(first[1]).keys()


def test_programs_in_python_and_javascript_read_the_same(harbour: Harbour) -> None:
    """The titles and ids of JSON Feed, in both formats of XML; and unchanged is not sent again."""
    node = program("node", tests="reading our feeds in JavaScript")
    package = node_package("rss-parser", tests="reading our feeds in JavaScript")
    for items in (ITEMS, NEWS):
        harbour.shows(items)
        document = harbour.service.get("/harbour/feed.json").json()
        expected = [[item["id"], item["title"]] for item in document["items"]]
        for file in FORMATS:
            read = subprocess.run(  # noqa: S603 - the program that is tested with
                [node, "-e", NODE, str(package), harbour.url(file)],
                capture_output=True,
                check=True,
                timeout=30,
            )
            assert json.loads(read.stdout) == expected
            feed = feedparser.parse(harbour.url(file))
            assert [[entry.id, entry.title] for entry in feed.entries] == expected
            for given in ({"etag": feed.etag}, {"modified": feed.modified}):
                assert feedparser.parse(harbour.url(file), **given).status == 304
