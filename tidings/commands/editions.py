"""``tidings editions``: what was told to whom, what waits for a word, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.edition_list_store import EditionListStore
from tidings.app import load_settings, open_app
from tidings.cli import OK
from tidings.editions import approve, retry, retry_words, skip
from tidings.logs import set_up_logging
from tidings.reports import edition_report
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse

    from notifier.edition_list_store import EditionLine
    from tidings.app import App

_COLUMNS = (
    "edition",
    "opened (UTC)",
    "items",
    "audience",
    "sent",
    "failed",
    "suppressed",
    "open",
    "",
)


def run(options: argparse.Namespace) -> int:
    """Perform the action."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    actions = {"list": _list, "approve": _approve, "skip": _skip, "retry": _retry}
    with open_app(load_settings(options.config), register=False) as app:
        actions[options.action](app, options)
    return OK


def _list(app: App, options: argparse.Namespace) -> None:
    lines = EditionListStore(app.database).latest(
        options.bulletin, waiting_only=options.waiting, limit=options.limit
    )
    if options.bulletin and not lines:
        # A name that nobody knows is a mistake.
        app.bulletin(options.bulletin)
    if options.json:
        say_json([edition_report(line) for line in lines])
        return
    say_table(
        (
            "edition",
            "opened (UTC)",
            "items",
            "audience",
            "sent",
            "failed",
            "suppressed",
            "open",
            "",
        ),
        [_row(line) for line in lines],
    )


def _row(line: EditionLine) -> tuple[str, ...]:
    counts = (line.sum.audience, line.sum.sent, line.sum.failed, line.sum.suppressed, line.sum.open)
    return (
        f"{line.bulletin} {line.number}",
        f"{line.opened:%Y-%m-%d %H:%M}",
        str(line.items),
        *map(str, counts),
        "waits for approval" if line.waits else line.approval.value,
    )


def _approve(app: App, options: argparse.Namespace) -> None:
    for one in approve(app, options.bulletin, options.number):
        say(f"{options.bulletin} {one.number} is approved: {one.deliveries} mails leave")


def _skip(app: App, options: argparse.Namespace) -> None:
    for one in skip(app, options.bulletin, options.number):
        say(f"{options.bulletin} {one.number} is skipped: {one.deliveries} readers are not told")


def _retry(app: App, options: argparse.Namespace) -> None:
    done = retry(
        app,
        options.bulletin,
        options.number,
        address=options.address,
        even_doubtful=options.doubtful,
    )
    say(f"{options.bulletin} {options.number}: {retry_words(done)}")
