"""The connections of one thread's fetches: over by the deadline, and past the guard.

The seam is the one that urllib3's own connections through SOCKS use: ``_new_conn`` opens the
socket, and all else, such as the name that a certificate must be for, goes by the host's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationParseError
from urllib3.util.connection import create_connection

from feeds.fetch_deadline import Answer

if TYPE_CHECKING:
    import socket

    from urllib3.connectionpool import ConnectionPool

    from feeds.fetch_deadline import Deadline
    from feeds.fetch_guard import Guard


@dataclass(slots=True)
class Bounds:
    """What binds every connection that a thread's present fetch opens; no guard: any host."""

    deadline: Deadline
    guard: Guard | None


def bind(pool: ConnectionPool, bounds: Bounds) -> None:
    """Let a pool open only connections that keep the bounds."""
    # The pool itself was chosen by scheme and proxy: what it opens is all that is changed.
    if isinstance(pool, HTTPConnectionPool) and not isinstance(pool.ConnectionCls, partial):
        kind: Any = pool.ConnectionCls
        # What a proxy may reach is the proxy's to decide.
        if pool.proxy is None:
            kind = _KINDS.get(kind, kind)
        pool.ConnectionCls = partial(_open, kind, bounds)  # type: ignore[assignment]


def _open(kind: type[HTTPConnection], bounds: Bounds, **options: Any) -> HTTPConnection:  # noqa: ANN401
    connection = kind(**options)
    # The standard library's seam for the class of an answer; on the connection, not on its
    # class, because each Fetcher has a deadline of its own.
    connection.response_class = partial(Answer, deadline=bounds.deadline)  # type: ignore[assignment]
    if isinstance(connection, _Guarded):
        connection.bounds = bounds
    return connection


class _Guarded(HTTPConnection):
    """Connects to an address that the guard has judged, while there is a guard."""

    bounds: Bounds

    def _new_conn(self) -> socket.socket:
        guard, deadline = self.bounds.guard, self.bounds.deadline
        if guard is None:
            return super()._new_conn()
        port = self.port or 0
        try:
            found = guard.addresses(self._dns_host, port, within=deadline.left())
        except ValueError as error:
            raise LocationParseError(self.host) from error
        problem = OSError("it has no address")
        for address in found:
            try:
                return self._connect_to(address, port)
            except OSError as error:
                problem = error
        raise problem

    def _connect_to(self, address: str, port: int) -> socket.socket:
        patience = self.timeout if isinstance(self.timeout, int | float) else float("inf")
        left = min(patience, self.bounds.deadline.left())
        if left <= 0:
            raise TimeoutError
        return create_connection(
            (address, port), left, self.source_address, socket_options=self.socket_options
        )

    def connect(self) -> None:
        super().connect()
        # Once more at the end of the line, should a release of urllib3 open it in another way.
        if self.bounds.guard is not None and self.sock is not None:
            self.bounds.guard.judge(str(self.sock.getpeername()[0]), self.port or 0)


class _GuardedHttps(_Guarded, HTTPSConnection):
    """The same, with TLS for the host's name."""


_KINDS: dict[type[HTTPConnection], type[_Guarded]] = {
    HTTPConnection: _Guarded,
    HTTPSConnection: _GuardedHttps,
}
