"""``tidings sources``: how each source is, and how its last checks went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.app import load_settings, open_app
from tidings.cli import OK
from tidings.reports import check_report, source_report
from tidings.terminal import say_json, say_table
from tidings.turns import repaired_words, silence_words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.records import Check, SourceState

# Checks of each source that are told of, the newest first.
LAST_CHECKS = 5


def run(options: argparse.Namespace) -> int:
    """Print the sources that were ever read or registered for it and are not at rest."""
    with open_app(load_settings(options.config), register=False) as app:
        sources = [
            (source, app.sources.recent_checks(source.bulletin, LAST_CHECKS, source=source.name))
            for source in app.sources.sources()
        ]
    if options.json:
        say_json(
            [
                source_report(source) | {"checks": [check_report(check) for check in checks]}
                for source, checks in sources
            ]
        )
        return OK
    say_table(
        ("source", "health", "last check (UTC)", "next check (UTC)", "found/new", "problem"),
        [
            (
                f"{source.bulletin}/{source.name}",
                _health(source),
                _instant(source.checked),
                _instant(source.next_check),
                _counts(checks),
                _said(source),
            )
            for source, checks in sources
        ],
    )
    return OK


def _health(source: SourceState) -> str:
    if source.problem:
        return "held" if source.held else f"failing ({source.failures})"
    if not source.checked:
        return "not read yet"
    if source.repaired:
        return "ok, by new rules"
    return "silent" if source.is_silent else "ok"


def _said(source: SourceState) -> str:
    """Return what is to be said of a source: its problem, or what is no failure."""
    if source.problem or not (source.repaired or source.is_silent):
        return source.problem
    if source.repaired:
        return repaired_words(source.repaired)
    return silence_words(source.habit) if source.habit else ""


def _instant(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else "never"


def _counts(checks: Sequence[Check]) -> str:
    """Return what the last checks found, the newest first: 10/2 for two new ones among ten."""
    return " ".join(
        "failed" if check.outcome == "failed" else f"{check.found}/{check.new}" for check in checks
    )
