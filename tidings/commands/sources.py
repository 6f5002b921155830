"""``tidings sources``: how each source is, and how its last checks went; pause and resume them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.app import load_settings, open_app
from tidings.cli import OK
from tidings.pausing import pause, resume
from tidings.reports import check_report, source_report
from tidings.source_words import health_word, said_of
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.records import Check

# Checks of each source that are told of, the newest first.
LAST_CHECKS = 5


def run(options: argparse.Namespace) -> int:
    """Print the sources that were ever read or registered for it and are not at rest.

    Or pause some of them, or resume them.
    """
    if options.action:
        change = pause if options.action == "pause" else resume
        with open_app(load_settings(options.config)) as app:
            say(change(app, options.bulletin, options.source))
        return OK
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
                health_word(source),
                _instant(source.checked),
                "paused" if source.paused else _instant(source.next_check),
                _counts(checks),
                said_of(source),
            )
            for source, checks in sources
        ],
    )
    return OK


def _instant(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else "never"


def _counts(checks: Sequence[Check]) -> str:
    """Return what the last checks found, the newest first: 10/2 for two new ones among ten."""
    return " ".join(
        "failed" if check.outcome == "failed" else f"{check.found}/{check.new}" for check in checks
    )
