"""The service: the web server for what was published, and the work that is due, until a signal."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import uvicorn

from tidings.cli import FAILED, OK, USAGE, CommandError
from tidings.connections import connection_class, raise_file_limit
from tidings.succession import Succession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.settings import Settings
    from tidings.app import App

log = logging.getLogger("tidings.service")

# Requests that are open when the service is told to stop may take this long, not longer.
_GRACE_S = 5
_BACKLOG = 256


def serve(load: Callable[[], Settings], *, announce: Callable[[App], None]) -> int:
    """Run until a signal says stop; return the exit code. ``announce`` is called once it listens.

    ``load`` reads the configuration, now and at every renewal. Raises what it raises, and
    CommandError where the port is taken.
    """
    files = raise_file_limit()
    stop = threading.Event()
    succession = Succession(load, stop.is_set)
    with closing(succession):
        address = succession.app.settings.server
        listener = _listen(address.host, address.port)
        server = uvicorn.Server(
            uvicorn.Config(
                succession.application,
                http=connection_class(files, succession.at_once),
                # What is accepted in one go comes on top of the most connections.
                backlog=_BACKLOG,
                log_config=None,
                access_log=False,
                interface="asgi3",
                lifespan="on",
                server_header=False,
                # By [server] proxies, in the application.
                proxy_headers=False,
                # Ours is never older than what it is said beside.
                date_header=False,
                timeout_graceful_shutdown=_GRACE_S,
                timeout_keep_alive=_GRACE_S,
            )
        )
        with listener, _heeding_signals(server, stop, succession.ask), succession.working():
            announce(succession.app)
            server.run(sockets=[listener])
            asked = stop.is_set()
            stop.set()
    log.info("stopped")
    return OK if server.started or asked else FAILED


@contextmanager
def _heeding_signals(
    server: uvicorn.Server, stop: threading.Event, renew: Callable[[], None]
) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the service in order, whenever they come, and SIGHUP renew it.

    The server has handlers of its own while it runs, and raises what they caught once more for
    those that stood before: Python's own would end the process in the middle of its work.
    """

    def end(*_: object) -> None:
        server.should_exit = True
        stop.set()

    had_terminal = os.isatty(0)

    def hang_up(*_: object) -> None:
        # The same signal says that the terminal was closed, in which it was to run.
        if had_terminal and not os.isatty(0):
            end()
        else:
            renew()

    handlers = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: hang_up}
    former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    """Bind before any work is done: a port that is taken is an error at once."""
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CommandError(
            f"no address to listen on is known for {host!r} ({_reason(error)}); "
            "correct --host or [server] host",
            code=USAGE,
        ) from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CommandError(
            f"cannot listen on {host} port {port} ({_reason(error)}); "
            "choose another one with --port or [server] port, or with --host or [server] host"
        ) from error
    return listener


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
