"""One configuration follows another while the service runs, and no request is refused for it.

The listening socket and the connections stay; requests that come after a renewal are answered
by the new configuration, those before it end by theirs. The work of the old one ends before
that of the new one begins, so that no page is written by both.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from tidings.cli import CommandError
from tidings.renewing import IN_FORCE, State
from tidings.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from config.settings import Settings
    from tidings.app import App
    from tidings.documents import Fields

log = logging.getLogger("tidings.service")

# What a running process cannot change: where it listens, and what other work stands on.
FIXED = (("server", "host"), ("server", "port"), ("store", "data"), ("store", "database"))

# What the thread that follows the file is told.
_RENEW, _END = "renew", "end"

Stamp = tuple[int, int, int] | None


def kept(settings: Settings, former: Settings) -> tuple[Settings, tuple[str, ...]]:
    """Return settings with what cannot change as it was, and the keys that would have changed."""
    waiting = []
    for section, key in FIXED:
        new, old = getattr(settings, section), getattr(former, section)
        if getattr(new, key) != getattr(old, key):
            waiting.append(f"{section}.{key}")
            table = replace(new, **{key: getattr(old, key)})
            settings = replace(settings, **{section: table})
    return settings, tuple(waiting)


class Succession:
    """The configuration in force, and the way to the next one: it is the service's ``renew``.

    ``load`` reads the configuration, ``ending`` says that the service ends. Raises what ``load``
    raises, and what opening a standing raises.
    """

    def __init__(self, load: Callable[[], Settings], ending: Callable[[], bool]) -> None:
        self.state = IN_FORCE
        self._load = load
        self._ending = ending
        self._is_over = threading.Event()
        # One renewal at a time; one thread at a time takes or changes who is in force.
        self._renewing, self._changing = threading.Lock(), threading.Lock()
        # Whose ticker is at work: one at a time, so that no page is written by two.
        self._floor = threading.Condition()
        self._working: Standing | None = None
        self._threads: list[threading.Thread] = []
        self._words: SimpleQueue[str] = SimpleQueue()
        settings = load()
        self._path = settings.path
        self._stamp = self._seen = _stamp(settings.path)
        self._current = Standing(settings, self, ending)

    @property
    def app(self) -> App:
        """The App in force."""
        return self._current.app

    # --- requests ---------------------------------------------------------------------------

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the configuration that is in force when the request comes."""
        if scope["type"] == "lifespan":
            await self._current.application(scope, receive, send)
            return
        with self._changing:
            standing = self._current
            standing.enter()
        with standing.answering():
            await standing.application(scope, receive, send)

    def at_once(self, method: bytes, target: bytes, headers: Fields) -> bytes | None:
        """Answer a plain request for a document; it needs nothing that is ever closed."""
        return self._current.published.at_once(method, target, headers)

    # --- the whole time of the service --------------------------------------------------------

    @contextmanager
    def working(self) -> Iterator[None]:
        """Do the due work and follow the file until the server has ended; then close everything.

        On the way out running work is told to stop between two items and is waited for.
        """
        watch = threading.Thread(target=self._watch, name="configuration")
        self._start(self._current)
        watch.start()
        try:
            yield
        finally:
            self._words.put(_END)
            watch.join()
            with self._renewing:
                self._is_over.set()
            self._end(self._current)
            for thread in self._threads:
                thread.join()

    def close(self) -> None:
        """Close the App in force."""
        self._is_over.set()
        self._current.close(self._is_over.is_set)

    def ask(self) -> None:
        """Let it be renewed soon. May be called by a handler of signals, also within itself."""
        self._words.put(_RENEW)

    def _watch(self) -> None:
        """Renew when asked, and when the file has changed and then been still for a tick."""
        while True:
            try:
                word = self._words.get(timeout=self.app.settings.server.tick.total_seconds())
            except Empty:
                self._look()
                continue
            if word == _END:
                return
            self._try()

    def _look(self) -> None:
        stamp = _stamp(self._path)
        # A file that is just being written is half of itself.
        if stamp != self._stamp and stamp == self._seen:
            self._try()
        self._seen = stamp

    def _try(self) -> None:
        # Whatever is wrong was said; the former configuration goes on.
        with suppress(Exception):
            self()

    # --- renewal ----------------------------------------------------------------------------

    def __call__(self) -> None:
        """Put the configuration as it is now in force; see ``Renew``."""
        with self._renewing:
            if self._ending() or self._is_over.is_set():
                raise CommandError("the service ends; the configuration counts at its next start")
            stamp = _stamp(self._path)
            try:
                settings, waiting = kept(self._load(), self.app.settings)
                following = Standing(settings, self, self._ending)
            except Exception as error:
                self._refuse(error, stamp)
                raise
            self._stamp = stamp
            self.state = State(waiting=waiting)
            with self._changing:
                former, self._current = self._current, following
            self._hand_over(former, following)
        log.info("%s was read anew and is in force", self._path)
        if waiting:
            log.warning("%s: what changed there takes effect at the next start", ", ".join(waiting))

    def _refuse(self, error: Exception, stamp: Stamp) -> None:
        from config.load import ConfigError
        from tidings.errors import explain

        message, _ = explain(error)
        if isinstance(error, ConfigError):
            # It waits for a change; all else, such as a store that is away, is tried again.
            self._stamp = stamp
        if message != self.state.problem:
            log.error("the configuration was not renewed, the former one is in force: %s", message)
            log.debug("the error in full", exc_info=error)
        self.state = replace(self.state, problem=message)

    def _hand_over(self, former: Standing, following: Standing) -> None:
        """Let the old work end and the new begin, then the old requests, in the background."""

        def hand_over() -> None:
            self._end(former)
            self._start(following)
            former.close(self._is_over.is_set)

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=hand_over, name="handing over"))
        self._threads[-1].start()

    def _start(self, standing: Standing) -> None:
        """Let its ticker work once no other does; never where it was ended meanwhile."""
        with self._floor:
            self._floor.wait_for(lambda: self._working is None or standing.ticker.is_ended)
            if self._working is None and standing.ticker.start():
                self._working = standing

    def _end(self, standing: Standing) -> None:
        standing.ticker.end()
        with self._floor:
            if self._working is standing:
                self._working = None
            self._floor.notify_all()


def _stamp(path: Path) -> Stamp:
    """Return what tells a file from the one that it was before; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
