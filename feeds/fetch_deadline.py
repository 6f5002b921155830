"""A deadline for a whole request: no answer, however slowly it drips, lasts longer.

The time-outs of sockets begin anew with every byte, so an answer of one byte a second never
ends by them. Here each read waits only for what is left.
"""

from __future__ import annotations

import math
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer


class Deadline:
    """The instant at which one thread's present request must be over."""

    def __init__(self) -> None:
        self._end = math.inf

    def start(self, seconds: float) -> None:
        """Begin a request that may last this long."""
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; nothing or less once it has passed."""
        return self._end - monotonic()


class Answer(HTTPResponse):
    """An HTTP answer, its head included, that is read only until the deadline."""

    def __init__(
        self, sock: socket.socket, *, deadline: Deadline, method: str | None = None
    ) -> None:
        super().__init__(sock, method=method)
        # A BufferedReader, as every binary file that a socket makes.
        self.fp = BufferedReader(_Timed(self.fp.detach(), sock, deadline))


class _Timed(RawIOBase):
    """The bytes of a socket, each read of which waits no longer than the deadline allows."""

    def __init__(self, raw: RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline
        self._patience = sock.gettimeout() or math.inf

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._deadline.left()
        if left <= 0:
            raise TimeoutError("the deadline of the request has passed")
        self._sock.settimeout(min(self._patience, left))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
