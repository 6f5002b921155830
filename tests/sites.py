"""A published site for tests: bulletins as text files, a clock, and what stands in the folder."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvicorn
from worlds import Clock

from config.load import load
from tidings.app import open_app
from tidings.connections import connection_class
from tidings.renewing import NO_RENEWAL
from tidings.web import published_documents, web_application
from tidings.work import publish, tick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tidings.app import App
    from tidings.renewing import Renew


_FILES = 256


@dataclass
class Site:
    """One installation whose sources are files; ``store`` is its ``[store]`` table."""

    folder: Path
    store: str = ""
    head: str = 'base_url = "https://news.test"'
    clock: Clock = field(default_factory=Clock)

    @property
    def public(self) -> Path:
        """The folder of what is published."""
        return self.folder / "public"

    def configure(self, tables: str) -> None:
        """Write the configuration; a source may be any file of the folder."""
        text = f"[store]\n{self.store}\n[site]\n{self.head}\n{tables}"
        (self.folder / "tidings.toml").write_text(text, encoding="utf-8")

    def says(self, name: str, *items: tuple[str, str]) -> None:
        """Let a source hold items: each a date line and a title."""
        text = "".join(
            f"{day}\n\n{title}\n\nAll about {title.lower()}, in some words.\n\n"
            for day, title in items
        )
        (self.folder / f"{name}.txt").write_text(f"News\n\n{text}", encoding="utf-8")

    @contextmanager
    def app(self) -> Iterator[App]:
        """Open it, as a process does."""
        with open_app(load(self.folder / "tidings.toml", {}), clock=self.clock) as app:
            yield app

    def tick(self) -> None:
        """Do all that is due, an hour later."""
        self.clock.forward(hours=1, seconds=1)
        with self.app() as app:
            tick(app, lambda: False)

    def publish(self) -> tuple[str, ...]:
        """Only publish."""
        with self.app() as app:
            return publish(app)

    def text(self, path: str) -> str:
        """Return a published document."""
        return (self.public / path).read_text(encoding="utf-8")

    def documents(self, *, below: str = "") -> dict[str, bytes]:
        """Return all that is published, by path; no notes of our own and no twins."""
        return {
            path.relative_to(self.public).as_posix(): path.read_bytes()
            for path in sorted((self.public / below).rglob("*"))
            if path.is_file()
            and not path.name.startswith(".")
            and path.suffix not in {".gz", ".br", ".zst"}
        }


@contextmanager
def serving(app: App, port: int = 0, *, renew: Renew = NO_RENEWAL) -> Iterator[str]:
    """Serve the addresses of the service, without its ticker; give the address of its root."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        published = published_documents(app)
        server = uvicorn.Server(
            uvicorn.Config(
                web_application(app, published, renew=renew),
                http=connection_class(_FILES, published.at_once),
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def bulletin(slug: str, title: str, more: str = "", *, sources: tuple[str, ...] = ("",)) -> str:
    """Return the tables of a bulletin; each source is a file of its name, or of the slug."""
    tables = "".join(
        f'[bulletins.{slug}.sources.{name or "main"}]\nfile = "{name or slug}.txt"\nhold = "1s"\n'
        for name in sources
    )
    return f'[bulletins.{slug}]\ntitle = "{title}"\n{more}\n{tables}'
