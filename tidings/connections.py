"""Connections of readers: how long each may keep us waiting, and how many there may be.

The server itself ends only connections that idle after an answer. Its ``limit_concurrency``
counts the idle ones too and would answer 503 to the honest reader, so that a few hundred
half-written requests close the service. Here the one that waits longest makes room instead.
"""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    AtOnce = Callable[[bytes, bytes, list[tuple[bytes, bytes]]], bytes | None]

# For a whole request head, from the connection's begin or from the former answer.
_HEAD_S = 10
# For an answer to be made, and for a slow reader to take it.
_ANSWER_S = 60
_LONGEST_HEAD = 65_536
_MOST = 1000
_MOST_FILES = 65_536


def raise_file_limit() -> int:
    """Let this process open as many files as it may, in reason; return how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return _MOST_FILES if soft == resource.RLIM_INFINITY else soft


def connection_class(files: int, at_once: AtOnce) -> type[HttpToolsProtocol]:
    """Return the class of connections for a process that may open so many files.

    What ``at_once`` returns for a request is written as it is; None leaves the request to the
    application.
    """

    class Bounded(Connection):
        # The rest is for the store, for sources, for mail.
        most = min(_MOST, files // 2)

        def at_once(self) -> bytes | None:
            return at_once(self.parser.get_method(), self.url, self.headers)

    return Bounded


class Connection(HttpToolsProtocol):
    """A connection that cannot be held open by a reader that says nothing or takes nothing."""

    most = _MOST
    _timer: asyncio.TimerHandle | None = None
    waits_since: float | None = None
    _read = 0
    _heads = 0
    _is_answered = False

    def at_once(self) -> bytes | None:
        """Return an answer that needs no application, None where there is none."""
        return None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head; where there are too many, the longest waiting one goes."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.most:
            waiting = [
                (other.waits_since, id(other), other)
                for other in self.connections
                if isinstance(other, Connection) and other.waits_since is not None
            ]
            min(waiting)[2].end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head without end is none."""
        heads = self._heads
        super().data_received(data)
        if self.waits_since is not None and self._heads == heads:
            self._read += len(data)
            if self._read > _LONGEST_HEAD:
                self.end()

    def on_headers_complete(self) -> None:
        """Answer at once, or wait no more for a head, but for the answer."""
        answer = self.at_once() if self._is_free() else None
        if answer is not None:
            self.transport.write(answer)
            self._is_answered = True
            return
        self._stop_waiting()
        self._timer = self.loop.call_later(_ANSWER_S, self.end)
        super().on_headers_complete()

    def _is_free(self) -> bool:
        """Tell whether an answer could go out now, and would not overtake another one.

        Who asks on without taking answers would fill our memory with them.
        """
        return (
            (self.cycle is None or self.cycle.response_complete)  # type: ignore[redundant-expr] # None at first
            and not self.pipeline
            and not self.transport.is_closing()
            and not self.transport.get_write_buffer_size()
            and self.parser.get_http_version() == "1.1"
        )

    def on_message_complete(self) -> None:
        """Go on after what was answered at once; the application hears of the rest."""
        if self._is_answered:
            self._is_answered = False
            self.server_state.total_requests += 1
            self._go_on()
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next head, or until all of the answer is taken."""
        super().on_response_complete()
        # Of several requests that came at once, this may not be the last.
        if self.cycle.response_complete:
            self._go_on()

    def _go_on(self) -> None:
        if self.transport.get_write_buffer_size():
            self._stop_waiting()
            self._timer = self.loop.call_later(_ANSWER_S, self.end)
        else:
            self._await_head()

    def _await_head(self) -> None:
        self._stop_waiting()
        self._read = 0
        self._heads += 1
        self.waits_since = self.loop.time()
        self._timer = self.loop.call_later(_HEAD_S, self.end)

    def _stop_waiting(self) -> None:
        self.waits_since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Close it at once, whatever was not sent yet."""
        self._stop_waiting()
        self.transport.abort()
