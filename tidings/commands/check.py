"""``tidings check``: read now, due or not; or only say what would change."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from feeds.check import ReadingError, Word
from feeds.fetch import Fetcher, FetchError
from tidings.app import load_settings, open_app
from tidings.checking import BusyError, check_now, source_states, trial_checker
from tidings.cli import BUSY, FAILED, OK, USAGE, CommandError
from tidings.dry_run import changes_report, show_changes
from tidings.logs import set_up_logging
from tidings.reports import check_report, refused_report
from tidings.terminal import progress, say, say_json
from tidings.work import publish

if TYPE_CHECKING:
    import argparse

    from feeds.records import Check
    from tidings.app import App
    from tidings.reports import Report

log = logging.getLogger("tidings.check")


def run(options: argparse.Namespace) -> int:
    """Check one bulletin or all; the exit code says whether a source or feed failed or was busy."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    word = Word.ACCEPT if options.accept else Word.NONE
    with open_app(load_settings(options.config), register=not options.dry_run) as app:
        slugs = _wanted(app, options.bulletin)
        if options.dry_run:
            return _dry_run(app, slugs, word=word, as_json=options.json)
        checks: list[Check] = []
        busy = []
        with progress("reading"), Fetcher(app.settings.fetch) as fetcher:
            for slug in slugs:
                try:
                    checks.extend(check_now(app, slug, fetcher, word=word))
                except BusyError as error:
                    log.warning("%s", error)
                    busy.append(slug)
        published = publish(app)
        refused = refused_report(app)
    if options.json:
        say_json(
            {
                "checks": [check_report(check) for check in checks],
                "published": list(published),
                "refused": refused,
                "busy": busy,
            }
        )
    if refused or any(check.error for check in checks):
        return FAILED
    return BUSY if busy else OK


def _wanted(app: App, slug: str) -> list[str]:
    if not app.settings.bulletins:
        raise CommandError(
            f"{app.settings.path}: no bulletin is configured; add one with: tidings init URL",
            code=USAGE,
        )
    if slug:
        return [app.bulletin(slug).slug]
    # Of a bulletin that is paused as a whole nothing is to be said where it was not named.
    paused = app.sources.paused_bulletins()
    return [each.slug for each in app.settings.bulletins if each.slug not in paused]


def _dry_run(app: App, slugs: list[str], *, word: Word, as_json: bool) -> int:
    reports: list[Report] = []
    failed = False
    with Fetcher(app.settings.fetch) as fetcher:
        checker = trial_checker(app, fetcher, word=word)
        for state in source_states(app, slugs):
            try:
                changes = checker.dry_run(app.bulletin(state.bulletin), state)
            except (FetchError, ReadingError) as error:
                failed = True
                reports.append(
                    {"bulletin": state.bulletin, "source": state.name, "error": str(error)}
                )
            else:
                failed = failed or bool(changes.held)
                reports.append(changes_report(state.bulletin, state.name, changes))
                if not as_json:
                    show_changes(f"{state.bulletin}/{state.name}", changes)
    if as_json:
        say_json(reports)
    else:
        for report in reports:
            if "error" in report:
                say(f"{report['bulletin']}/{report['source']}: failed: {report['error']}")
    return FAILED if failed else OK
