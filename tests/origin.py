"""A server on loopback that says exactly what a test tells it, byte by byte."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

CRLF = "\r\n"
TLS_HELLO = b"\x16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came: its head, with header names in lower case."""

    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """The target without the host that a proxy is told."""
        if self.target.startswith("/"):
            return self.target
        return "/" + self.target.partition("://")[2].partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Bytes to say; then the connection stays open, or is closed where it ``hangs_up``.

    With ``every_s`` they are said one by one, so long after each other.
    """

    data: bytes
    hangs_up: bool = False
    every_s: float = 0


def answer(
    status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """Return a whole answer; a Content-Length is added where no header tells the end."""
    given = dict(headers or {})
    if status not in {204, 304} and not {"Content-Length", "Transfer-Encoding"} & set(given):
        given["Content-Length"] = str(len(body))
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Odd"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {given[name]}" for name in given), "", ""]
    return Answer(data=CRLF.join(lines).encode("latin-1") + body)


def redirect(status: int, location: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a redirect."""
    return answer(status, headers={"Location": location, **(headers or {})})


@dataclass
class Origin:
    """The server. Each path has its answers, said in turn; the last one is repeated."""

    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    _answers: dict[str, list[Answer]] = field(default_factory=dict)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the address of a path; ``host`` is another name of this machine."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def says(self, *answers: Answer, path: str = "/") -> str:
        """Set the answers of a path and return its address."""
        self._answers[path] = list(answers)
        return self.url(path)

    def _start(self, work: Callable[..., None], *values: object) -> None:
        thread = threading.Thread(target=work, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        self._open.append(connection)
        with suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            elif connection.recv(1, socket.MSG_PEEK) == TLS_HELLO:
                connection.sendall(answer(400).data)
                return
            with connection.makefile("rb") as lines:
                while (asked := _read(lines.readline)) and self._say(connection, asked):
                    pass
        connection.close()

    def _say(self, connection: socket.socket, asked: Asked) -> bool:
        """Answer; return whether the connection stays."""
        self.asked.append(asked)
        answers = self._answers[asked.path]
        said = answers.pop(0) if len(answers) > 1 else answers[0]
        if not said.every_s:
            connection.sendall(said.data)
        for byte in said.data if said.every_s else b"":
            if self._closing.wait(said.every_s):
                return False
            connection.sendall(bytes([byte]))
        return not said.hangs_up


def _read(readline: Callable[[], bytes]) -> Asked | None:
    """Return the head of the next request; None where the other side hung up."""
    lines = list(iter(lambda: readline().decode("latin-1").strip(CRLF), ""))
    if not lines:
        return None
    pairs = (line.split(": ", 1) for line in lines[1:])
    return Asked(
        target=lines[0].split(" ")[1], headers={name.lower(): value for name, value in pairs}
    )
