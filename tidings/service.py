"""The service: a ticker for the work that is due, and a web server for what was published.

The only door of apscheduler. It holds no schedule of its own: what is due stands in the store,
so that any number of services can share it and a restart forgets nothing.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler

from tidings.alerts import mail_turns, note_turns
from tidings.cli import FAILED, OK, USAGE, CommandError
from tidings.connections import connection_class, raise_file_limit
from tidings.web import published_documents, web_application
from tidings.work import (
    check_due,
    deliver,
    open_editions,
    publish,
    publish_digests,
    take_reports,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from tidings.app import App

log = logging.getLogger("tidings.service")

# Requests that are open when the service is told to stop may take this long, not longer.
_GRACE_S = 5
_BACKLOG = 256


def serve(app: App, *, host: str, port: int, announce: Callable[[], None]) -> int:
    """Run until a signal says stop; return the exit code. ``announce`` is called once it listens.

    Raises CommandError where the port is taken.
    """
    files = raise_file_limit()
    listener = _listen(host, port)
    published = published_documents(app)
    server = uvicorn.Server(
        uvicorn.Config(
            web_application(app, published),
            http=connection_class(files, published.at_once),
            # What is accepted in one go comes on top of the most connections.
            backlog=_BACKLOG,
            log_config=None,
            access_log=False,
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
    stop = threading.Event()
    with listener, _stopping_on_signals(server, stop), _ticking(app, stop):
        announce()
        server.run(sockets=[listener])
    log.info("stopped")
    return OK if server.started or stop.is_set() else FAILED


@contextmanager
def _stopping_on_signals(server: uvicorn.Server, stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the service in order, whenever they come.

    The server has handlers of its own while it runs, and raises what they caught once more for
    those that stood before: Python's own would end the process in the middle of its work.
    """

    def end(*_: object) -> None:
        server.should_exit = True
        stop.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
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


@contextmanager
def _ticking(app: App, stop: threading.Event) -> Iterator[None]:
    """Do the due work at every tick, each kind of it side by side, until the end.

    On the way out the running work is told to stop between two items and is waited for.
    """
    # A thread for each job; each thread has a connection of its own to the store.
    scheduler = BackgroundScheduler(
        timezone="UTC", executors={"default": {"type": "threadpool", "max_workers": 4}}
    )

    hastening = threading.Lock()

    def hasten(name: str) -> None:
        """Let a job run now; not while the scheduler ends, which then waits for us in vain."""
        with hastening:
            if not stop.is_set():
                scheduler.modify_job(name, next_run_time=app.clock())

    def read(app: App, stopping: Callable[[], bool]) -> None:
        _read(app, stopping, hasten)

    def send(app: App, stopping: Callable[[], bool]) -> None:
        mail_turns(app)
        deliver(app, stopping)

    def push(app: App, stopping: Callable[[], bool]) -> None:
        app.pinger.run(stopping)

    jobs = [("read", read), ("send", send), ("push", push)]
    if app.settings.bounces.are_read or app.settings.bounces.webhook_secret:
        jobs.append(("reports", take_reports))
    for name, work in jobs:
        # One at a time; ticks that were missed or piled up are worth one.
        scheduler.add_job(
            _guarded(name, work, app, stop),
            "interval",
            seconds=_pause(app, name).total_seconds(),
            next_run_time=app.clock(),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler.start()
    try:
        yield
    finally:
        with hastening:
            stop.set()
        scheduler.shutdown(wait=True)


def _read(app: App, stopping: Callable[[], bool], hasten: Callable[[str], None]) -> None:
    """Read, publish and decide; what follows from it goes out now, not a tick later."""
    check_due(app, stopping)
    turned = note_turns(app)
    try:
        if publish(app):
            hasten("push")
    finally:
        # Pages that cannot be written keep nobody's mail waiting.
        queued = open_editions(app, stopping)
        try:
            # Before their mails leave, which lead to them.
            if publish_digests(app):
                hasten("push")
        finally:
            if queued or turned:
                hasten("send")


def _pause(app: App, name: str) -> timedelta:
    """Return how often a job runs; a mailbox is no place to ask at every tick."""
    return app.settings.bounces.every if name == "reports" else app.settings.server.tick


def _guarded(
    name: str,
    work: Callable[[App, Callable[[], bool]], object],
    app: App,
    stop: threading.Event,
) -> Callable[[], None]:
    """Return a job that outlives its errors: the next tick tries again."""

    def job() -> None:
        if stop.is_set():
            return
        try:
            work(app, stop.is_set)
        except Exception as error:
            from tidings.errors import explain

            message, _ = explain(error)
            log.error("%s: %s", name, message)  # noqa: TRY400 - the message is for an operator
            log.debug("the error in full", exc_info=error)

    return job
