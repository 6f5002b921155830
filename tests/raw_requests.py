"""Requests as no browser sends them: any method, any target, any header, as they stand."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE_S = 20
_MOST = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


def ask(base: str, method: str, target: str, *, body: bytes = b"", **headers: str) -> Answer:
    """Ask for a target as it is written; a header's underscores are hyphens."""
    where = urlsplit(base)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=PATIENCE_S)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in (
            {"Host": where.netloc, "Content-Length": str(len(body))} | given
        ).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()


def send(base: str, data: bytes) -> bytes:
    """Send bytes, and return all that comes until the connection ends."""
    where = urlsplit(base)
    received = bytearray()
    with socket.create_connection((str(where.hostname), where.port or 80), PATIENCE_S) as peer:
        with suppress(ConnectionError):
            peer.sendall(data)
        with suppress(ConnectionError):
            while len(received) < _MOST and (chunk := peer.recv(65_536)):
                received += chunk
    return bytes(received)
