"""Whole lists of subscriptions, in and out: what a file would do, doing it, and writing one."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from tidings.cli import CommandError
from tidings.subscriber_files import Defaults, Row, RowError, read_rows, unreadable, written
from tidings.terminal import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from notifier.model import Rule, Subscription
    from tidings.app import App

_LISTED = 20


class Effect(StrEnum):
    """What a row of a list does."""

    NEW = "new"
    BACK = "comes back"
    CHANGED = "changes its wishes"
    SAME = "is so already"
    SUPPRESSED = "left out: suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One subscription of a list, and what would become of it."""

    row: Row
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a list would do; with ``errors`` it does nothing, for half of one is hard to mend."""

    rows: tuple[Planned, ...]
    errors: tuple[str, ...]

    def count(self, effect: Effect) -> int:
        """Return how many rows have an effect."""
        return sum(planned.effect is effect for planned in self.rows)

    @property
    def added(self) -> int:
        """How many subscriptions there are after it, changed ones and known ones among them."""
        return len(self.rows) - self.count(Effect.SUPPRESSED)


def plan_import(app: App, text: Iterable[str], name: str, defaults: Defaults) -> Plan:
    """Say what a list would do, and do nothing. Raises CommandError where it is none."""
    if defaults.bulletin:
        app.bulletin(defaults.bulletin)
    found = list(read_rows(text, name, app.settings, defaults, now=app.clock()))
    errors = tuple(str(one) for one in found if isinstance(one, RowError))
    rows = _joined(one for one in found if isinstance(one, Row))
    return Plan(
        rows=tuple(Planned(row=row, effect=_effect(app, row)) for row in rows), errors=errors
    )


def carry_out(app: App, plan: Plan) -> None:
    """Add what a plan lists, but for addresses that are suppressed. Raises CommandError."""
    if plan.errors:
        listed = "\n".join(plan.errors[:_LISTED])
        raise CommandError(
            f"nothing was imported; {len(plan.errors)} lines cannot be used:\n{listed}"
        )
    for planned in plan.rows:
        if planned.effect is Effect.SUPPRESSED:
            continue
        row = planned.row
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


def import_csv(app: App, options: argparse.Namespace) -> None:
    """Add what a file lists; say what was left out."""
    defaults = Defaults(
        bulletin=options.bulletin,
        consent_source=options.consent_source or "import",
        consent_date=options.consent_date,
    )
    try:
        # Spreadsheets put a byte order mark in front.
        with options.file.open(encoding="utf-8-sig", newline="") as file:
            plan = plan_import(app, file, str(options.file), defaults)
    except OSError as error:
        raise unreadable(str(options.file), error) from error
    if plan.errors or not options.dry_run:
        carry_out(app, plan)
    for planned in plan.rows:
        if planned.effect is Effect.SUPPRESSED:
            say(f"{planned.row.address} is suppressed, and was left out")
    would = "would be added" if options.dry_run else "added"
    say(f"{plan.added} subscriptions {would}, {plan.count(Effect.SUPPRESSED)} left out")


def export_csv(app: App, options: argparse.Namespace) -> None:
    """Print the subscriptions that go on."""
    for line in exported(app, options.bulletin):
        sys.stdout.write(f"{line}\n")


def exported(app: App, bulletin: str) -> Iterator[str]:
    """Yield the lines of a list of the subscriptions that go on. Raises CommandError."""
    if bulletin:
        app.bulletin(bulletin)
    subscriptions = app.subscribers.each_subscription(bulletin)
    yield from written((one, app.readers.consent(one.subscriber_id)) for one in subscriptions)


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield one row for each address and bulletin, with the rules of all its lines."""
    in_order = sorted(rows, key=lambda row: (row.address, row.bulletin.slug))
    for _, group in groupby(in_order, key=lambda row: (row.address, row.bulletin.slug)):
        first, *others = group
        yield replace(first, rules=(*first.rules, *(rule for row in others for rule in row.rules)))


def _effect(app: App, row: Row) -> Effect:
    if app.suppressions.find(row.address) is not None:
        return Effect.SUPPRESSED
    known = next((one for one in app.subscribers.of_address(row.address) if _is_of(one, row)), None)
    if known is None:
        return Effect.NEW
    if known.ended is not None:
        return Effect.BACK
    same = (known.time_zone, known.language, known.form) == (row.time_zone, row.language, row.form)
    return Effect.SAME if same and _wants(known.rules) == _wants(row.rules) else Effect.CHANGED


def _is_of(subscription: Subscription, row: Row) -> bool:
    return subscription.bulletin == row.bulletin.slug


def _wants(rules: Iterable[Rule]) -> list[object]:
    return [(rule.cadence, rule.wanted) for rule in rules]
