"""``tidings check``: read now, due or not; or only say what would change."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.check import Checker, ReadingError, Word
from feeds.fetch import Fetcher, FetchError, Validators
from feeds.records import SourceState
from tidings.app import load_settings, open_app
from tidings.cli import BUSY, FAILED, OK, USAGE, CommandError
from tidings.logs import set_up_logging
from tidings.reports import changes_report, check_report
from tidings.terminal import progress, say, say_json
from tidings.turns import say_repair
from tidings.work import check_claimed, lease_length, publish

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import datetime

    from config.settings import SourceSettings
    from feeds.model import Changes
    from feeds.records import Check
    from tidings.app import App
    from tidings.reports import Report

log = logging.getLogger("tidings.check")


def run(options: argparse.Namespace) -> int:
    """Check one bulletin or all; the exit code says whether a source failed or was busy."""
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
                claim = app.sources.claim(
                    app.bulletin(slug), now=app.clock(), lease=lease_length(app)
                )
                if claim is None:
                    log.warning("%s: another process is checking it; try again later", slug)
                    busy.append(slug)
                    continue
                checks.extend(check_claimed(app, claim, fetcher, word=word))
        published = publish(app)
    if options.json:
        say_json(
            {
                "checks": [check_report(check) for check in checks],
                "published": list(published),
                "busy": busy,
            }
        )
    if any(check.error for check in checks):
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
    return [bulletin.slug for bulletin in app.settings.bulletins]


def _dry_run(app: App, slugs: list[str], *, word: Word, as_json: bool) -> int:
    reports: list[Report] = []
    failed = False
    with Fetcher(app.settings.fetch) as fetcher:
        checker = Checker(
            sources=app.sources,
            items=app.items,
            fetcher=fetcher,
            settings=app.settings.fetch,
            clock=app.clock,
            word=word,
        )
        for state in _states(app, slugs):
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
                    _show(f"{state.bulletin}/{state.name}", changes)
    if as_json:
        say_json(reports)
    else:
        for report in reports:
            if "error" in report:
                say(f"{report['bulletin']}/{report['source']}: failed: {report['error']}")
    return FAILED if failed else OK


def _states(app: App, slugs: list[str]) -> Iterator[SourceState]:
    """Return the configured sources of some bulletins as a check would find them."""
    known = {(state.bulletin, state.name): state for state in app.sources.sources(resting=True)}
    for slug in slugs:
        for source in app.bulletin(slug).sources:
            state = known.get((slug, source.name)) or _fresh(source, app.clock())
            # At another address than the stored one, nothing is known of a move.
            yield state if state.location == source.location else replace(state, moved_to="")


def _fresh(source: SourceSettings, now: datetime) -> SourceState:
    return SourceState(
        bulletin=source.bulletin,
        name=source.name,
        location=source.location,
        next_check=now,
        validators=Validators(),
        moved_to="",
        baseline=None,
        checked=None,
        succeeded=None,
        failures=0,
        problem="",
    )


def _show(name: str, changes: Changes) -> None:
    first = ", the baseline: published, mailed to nobody" if changes.baseline else ""
    if changes.held:
        say(f"{name}: held: {changes.held}; without that it would bring:")
    say_repair(name, changes.repair)
    say(
        f"{name}: {len(changes.new)} new, {len(changes.revised)} revised, "
        f"{len(changes.missing)} missing, {len(changes.unchanged)} unchanged{first}"
    )
    for entry in changes.new:
        say(f"  new      {entry.title}")
    for revision in changes.revised:
        say(f"  revised  {revision.content.title}  (same {revision.match.evidence.value})")
    for item in changes.missing:
        say(f"  missing  {item.content.title}")
