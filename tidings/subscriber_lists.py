"""Whole lists of subscriptions, in and out, for ``tidings subscribers import`` and ``export``."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from tidings.cli import CommandError
from tidings.subscriber_files import Defaults, Row, RowError, read_rows, written
from tidings.terminal import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from tidings.app import App


def import_csv(app: App, options: argparse.Namespace) -> None:
    """Add what a file lists, but for addresses that are suppressed; say what was left out.

    Nothing is added where a line is wrong: a list that is half in is hard to mend.
    """
    if options.bulletin:
        app.bulletin(options.bulletin)
    defaults = Defaults(
        bulletin=options.bulletin,
        consent_source=options.consent_source or "import",
        consent_date=options.consent_date,
    )
    found = list(read_rows(options.file, app.settings, defaults, now=app.clock()))
    errors = [one for one in found if isinstance(one, RowError)]
    if errors:
        listed = "\n".join(str(error) for error in errors[:20])
        raise CommandError(f"nothing was imported; {len(errors)} lines cannot be used:\n{listed}")
    added = suppressed = 0
    for row in _joined(one for one in found if isinstance(one, Row)):
        if app.suppressions.find(row.address) is not None:
            suppressed += 1
            say(f"{row.address} is suppressed, and was left out")
            continue
        added += 1
        if not options.dry_run:
            app.subscribers.subscribe(
                row.address,
                row.bulletin.slug,
                rules=row.rules,
                time_zone=row.time_zone,
                language=row.language,
                form=row.form,
                consent=row.consent,
                now=app.clock(),
            )
    would = "would be added" if options.dry_run else "added"
    say(f"{added} subscriptions {would}, {suppressed} left out")


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield one row for each address and bulletin, with the rules of all its lines."""
    in_order = sorted(rows, key=lambda row: (row.address, row.bulletin.slug))
    for _, group in groupby(in_order, key=lambda row: (row.address, row.bulletin.slug)):
        first, *others = group
        yield replace(first, rules=(*first.rules, *(rule for row in others for rule in row.rules)))


def export_csv(app: App, options: argparse.Namespace) -> None:
    """Print the subscriptions that go on."""
    if options.bulletin:
        app.bulletin(options.bulletin)
    subscriptions = app.subscribers.each_subscription(options.bulletin)
    lines = written((one, app.readers.consent(one.subscriber_id)) for one in subscriptions)
    for line in lines:
        sys.stdout.write(f"{line}\n")
