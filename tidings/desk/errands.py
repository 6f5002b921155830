"""What an operator sets going and does not wait for: checks now, words on what is held, trials.

A request ends at once; the work goes on in the app's own threads, which are waited for before the
store is closed. What is to be said of it stands in the log of changes, so that a page of any
process can tell how far it is.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from feeds.check import Word
from feeds.fetch import Fetcher
from tidings.checking import check_now, trial_checker
from tidings.cli import CommandError
from tidings.desk.audit_store import DONE
from tidings.desk.trial_store import TrialStore
from tidings.dry_run import changes_report
from tidings.errors import explain
from tidings.held import settle_held
from tidings.work import lease_length, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from feeds.records import Check, SourceState
    from tidings.app import App
    from tidings.desk.audit_store import Line
    from tidings.desk.visit import Desk, Visit

log = logging.getLogger("tidings.desk")

CHECK = "check now"
RELEASE = "release"
DISCARD = "discard"
_ACTIONS = (CHECK, RELEASE, DISCARD)
# Of one bulletin so many changes may have been made since the last errand.
_LOOK_BACK = 50
_Begun = TypeVar("_Begun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The last errand for a bulletin, and how far it is; ``told`` is what it found, or why not."""

    action: str
    begun: datetime
    state: Literal["going on", "done", "failed", "cut off"]
    told: tuple[str, ...]


class Errands:
    """Begins errands, and tells of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._trials = TrialStore(desk.app.database)
        self._guard = threading.Lock()
        self._going_on: set[str] = set()

    def check(self, visit: Visit, slug: str) -> None:
        """Check a bulletin now. Raises CommandError where an errand for it goes on already."""

        def work(app: App) -> list[str]:
            with Fetcher(app.settings.fetch) as fetcher:
                checks = check_now(app, slug, fetcher)
            publish(app)
            return _told(checks)

        self._begin(visit, CHECK, slug, work)

    def settle(self, visit: Visit, slug: str, word: Word) -> None:
        """Give the operator's word on what is held of a bulletin. Raises CommandError as above."""

        def work(app: App) -> list[str]:
            return _told(settle_held(app, slug, word)[0])

        self._begin(visit, RELEASE if word is Word.ACCEPT else DISCARD, slug, work)

    def last(self, slug: str) -> Errand | None:
        """Return the last errand for a bulletin; None where there was none of late."""
        lines = self._desk.audit.lines(limit=_LOOK_BACK, subject=slug)
        line = next((line for line in lines if line.action in _ACTIONS), None)
        return None if line is None else self._errand(line, slug)

    def try_out(self, state: SourceState) -> None:
        """Find out what a check of a source would change. Raises CommandError as above."""
        app, slug, name = self._desk.app, state.bulletin, state.name

        def work() -> None:
            try:
                with Fetcher(app.settings.fetch) as fetcher:
                    changes = trial_checker(app, fetcher).dry_run(app.bulletin(slug), state)
            except Exception as error:
                problem, _ = explain(error)
                log.info("trial of %s/%s: %s", slug, name, problem)
                log.debug("the error in full", exc_info=error)
                self._trials.finish(slug, name, problem=problem, now=app.clock())
            else:
                report = changes_report(slug, name, changes)
                self._trials.finish(slug, name, report=report, now=app.clock())

        self._set_going(f"{slug}/{name}", lambda: self._trials.begin(slug, name, now=app.clock()))
        self._submit(f"{slug}/{name}", work)

    def is_trying(self, slug: str, name: str, begun: datetime) -> bool:
        """Tell whether a trial that has no end yet goes on, and was not cut off."""
        return self._goes_on(f"{slug}/{name}", begun)

    def _begin(
        self, visit: Visit, action: str, slug: str, work: Callable[[App], list[str]]
    ) -> None:
        desk, stack = self._desk, ExitStack()
        change = self._set_going(
            slug, lambda: stack.enter_context(desk.change(visit, action, slug))
        )

        def run() -> None:
            try:
                with stack:
                    change.after = work(desk.app)
            except Exception as error:
                message, _ = explain(error)
                log.warning("%s of %s: %s", action, slug, message)
                log.debug("the error in full", exc_info=error)

        self._submit(slug, run)

    def _set_going(self, key: str, begin: Callable[[], _Begun]) -> _Begun:
        with self._guard:
            if key in self._going_on:
                raise CommandError(f"{key} is being read already; its page says how far it is")
            begun = begin()
            self._going_on.add(key)
        return begun

    def _submit(self, key: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._guard:
                    self._going_on.discard(key)

        # One that has had a connection before: each thread keeps one for good.
        self._desk.app.workers.submit(run)

    def _goes_on(self, key: str, begun: datetime) -> bool:
        """Tell whether what has no end yet is worked on, here or by another process."""
        app = self._desk.app
        bulletin = app.settings.bulletin(key.partition("/")[0])
        sources = len(bulletin.sources) if bulletin else 1
        return key in self._going_on or app.clock() < begun + lease_length(app) * sources

    def _errand(self, line: Line, slug: str) -> Errand:
        told: tuple[str, ...] = ()
        if line.outcome == DONE:
            told = tuple(map(str, line.after)) if isinstance(line.after, list) else ()
            return Errand(action=line.action, begun=line.at, state="done", told=told)
        if line.outcome:
            told = (line.outcome.removeprefix("failed: "),)
            return Errand(action=line.action, begun=line.at, state="failed", told=told)
        state: Literal["going on", "cut off"] = (
            "going on" if self._goes_on(slug, line.at) else "cut off"
        )
        return Errand(action=line.action, begun=line.at, state=state, told=told)


def _told(checks: Iterable[Check]) -> list[str]:
    return [f"{check.source}: {check.error or _counts(check)}" for check in checks]


def _counts(check: Check) -> str:
    return (
        f"{check.outcome}, {check.found} found, {check.new} new, "
        f"{check.revised} corrected, {check.missing} missing"
    )
