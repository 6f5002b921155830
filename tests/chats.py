"""Services that channels tell, on loopback: they note what they are told and answer as set."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Chats:
    """A server whose paths are services. ``statuses`` are what they answer, 200 unless given."""

    port: int = 0
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    # Paths that take a message and say nothing.
    silent: set[str] = field(default_factory=set)
    # Where a redirect leads.
    elsewhere: str = ""

    def texts(self, path: str = "/chat") -> list[str]:
        """Return the messages that a path was told, in turn."""
        return [said.get("message", said.get("text", "")) for of, said in self.told if of == path]

    def titles(self, path: str = "/chat") -> list[str]:
        """Return the first line of each message."""
        return [text.partition("\n")[0] for text in self.texts(path)]


@contextmanager
def chats() -> Iterator[Chats]:
    """Serve on loopback."""
    noted, closing = Chats(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(size) or b"{}")
            noted.told.append((self.path, body))
            if self.path in noted.silent:
                closing.wait(30)
                return
            status = noted.statuses.get(self.path, 200)
            self.send_response(status)
            if status // 100 == 3:
                self.send_header("Location", noted.elsewhere)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def do_GET(self) -> None:
            """Note that a redirect was followed."""
            noted.told.append((self.path, {}))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    noted.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield noted
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
