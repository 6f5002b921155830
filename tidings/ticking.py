"""The ticker: the due work of one configuration, each kind of it side by side.

The only door of apscheduler. It holds no schedule of its own: what is due stands in the store,
so that any number of services can share it and a restart forgets nothing.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

from tidings.alerts import mail_turns, note_turns
from tidings.channels import has_channels
from tidings.work import (
    check_due,
    deliver,
    open_editions,
    publish,
    publish_digests,
    take_reports,
    tell_channels,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from tidings.app import App

log = logging.getLogger("tidings.service")


class Ticker:
    """Does the due work at every tick, from its start to its end.

    ``ending`` says that the whole service ends: then running work stops between two items.
    """

    def __init__(self, app: App, ending: Callable[[], bool]) -> None:
        self._app = app
        self._ending = ending
        self._stop = threading.Event()
        self._guard = threading.Lock()
        # A thread for each job; each thread has a connection of its own to the store.
        self._scheduler = BackgroundScheduler(
            timezone="UTC", executors={"default": {"type": "threadpool", "max_workers": 5}}
        )

    @property
    def is_ended(self) -> bool:
        """Whether it was told to end, or never to begin."""
        return self._stop.is_set()

    def start(self) -> bool:
        """Begin, with a first tick at once; False where it was ended before."""
        with self._guard:
            if self._stop.is_set():
                return False
            for name, work in self._jobs():
                # One at a time; ticks that were missed or piled up are worth one.
                self._scheduler.add_job(
                    self._guarded(name, work),
                    "interval",
                    seconds=self._pause(name).total_seconds(),
                    next_run_time=self._app.clock(),
                    id=name,
                    max_instances=1,
                    coalesce=True,
                    misfire_grace_time=None,
                )
            logging.getLogger("apscheduler").setLevel(logging.ERROR)
            self._scheduler.start()
            return True

    def end(self) -> None:
        """Let running work stop between two items, and wait for it."""
        with self._guard:
            self._stop.set()
            runs = self._scheduler.running
        if runs:
            self._scheduler.shutdown(wait=True)

    def _stopping(self) -> bool:
        return self._stop.is_set() or self._ending()

    def _hasten(self, name: str) -> None:
        """Let a job run now; not while the scheduler ends, which then waits for us in vain."""
        with self._guard:
            if not self._stop.is_set():
                self._scheduler.modify_job(name, next_run_time=self._app.clock())

    # --- the kinds of work -----------------------------------------------------------------

    def _jobs(self) -> list[tuple[str, Callable[[], object]]]:
        app, stopping = self._app, self._stopping
        jobs: list[tuple[str, Callable[[], object]]] = [
            ("read", self._read),
            ("send", self._send),
            ("push", lambda: app.pinger.run(stopping)),
        ]
        if app.settings.bounces.are_read or app.settings.bounces.webhook_secret:
            jobs.append(("reports", lambda: take_reports(app, stopping)))
        if has_channels(app.settings):
            jobs.append(("channels", lambda: tell_channels(app, stopping)))
        return jobs

    def _read(self) -> None:
        """Read, publish and decide; what follows from it goes out now, not a tick later."""
        app, stopping = self._app, self._stopping
        check_due(app, stopping)
        turned = note_turns(app)
        try:
            if publish(app):
                self._hasten("push")
        finally:
            # Pages that cannot be written keep nobody's mail waiting.
            queued = open_editions(app, stopping)
            try:
                # Before their mails leave, which lead to them.
                if publish_digests(app):
                    self._hasten("push")
            finally:
                if queued or turned:
                    self._hasten("send")
                    if has_channels(app.settings):
                        self._hasten("channels")

    def _send(self) -> None:
        mail_turns(self._app)
        deliver(self._app, self._stopping)

    def _pause(self, name: str) -> timedelta:
        """Return how often a job runs; a mailbox is no place to ask at every tick."""
        settings = self._app.settings
        return settings.bounces.every if name == "reports" else settings.server.tick

    def _guarded(self, name: str, work: Callable[[], object]) -> Callable[[], None]:
        """Return a job that outlives its errors: the next tick tries again."""

        def job() -> None:
            if self._stopping():
                return
            try:
                work()
            except Exception as error:
                from tidings.errors import explain

                message, _ = explain(error)
                log.error("%s: %s", name, message)  # noqa: TRY400 - the message is for an operator
                log.debug("the error in full", exc_info=error)

        return job
