"""What an operator does with subscribers: add, end, suppress, revive. One way for all doors.

The command line and the desk call the same functions, which raise CommandError with the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.address import parse_address
from notifier.cadence import INSTANT
from notifier.model import Form
from notifier.wishes import Wishes
from tidings.cli import USAGE, CommandError
from tidings.explaining import rule_words

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from config.settings import BulletinSettings
    from notifier.model import Rule, Subscription
    from tidings.app import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who is to get what, and how; a ``form`` of None leaves it as it is."""

    address: str
    bulletin: BulletinSettings
    rules: tuple[Rule, ...]
    time_zone: ZoneInfo
    language: str
    form: Form | None = None


def address_of(text: str) -> str:
    """Return an address that somebody typed. Raises CommandError."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error


def ask(app: App, wanted: Wanted, *, source: str) -> None:
    """Ask by mail, unless that was done within the last hours; it begins when they confirm."""
    refuse_suppressed(app, wanted.address)
    wishes = Wishes(
        rules=wanted.rules,
        time_zone=wanted.time_zone,
        language=wanted.language,
        form=wanted.form or Form.HTML,
    )
    app.signups.ask(
        wanted.address, wanted.bulletin.slug, wishes, source=source, client="", now=app.clock()
    )


def add(app: App, wanted: Wanted, *, consent: tuple[str, datetime]) -> Subscription:
    """Add a subscription, or change its wishes; ``consent`` is whence and when it was asked for."""
    refuse_suppressed(app, wanted.address)
    return app.subscribers.subscribe(
        wanted.address,
        wanted.bulletin.slug,
        rules=wanted.rules,
        time_zone=wanted.time_zone,
        language=wanted.language,
        form=wanted.form,
        consent=consent,
        now=app.clock(),
    )


def refuse_suppressed(app: App, address: str) -> None:
    """Raise CommandError where an address is written to no more."""
    suppression = app.suppressions.find(address)
    if suppression is not None:
        raise CommandError(
            f"{address} is suppressed ({suppression.reason.value}) since "
            f"{suppression.since:%Y-%m-%d}; if it is to be written to again: "
            f"tidings subscribers revive {address}"
        )


def end(app: App, address: str, bulletin: str = "") -> tuple[Subscription, ...]:
    """End a subscription, or all of an address; return those that ended. Raises CommandError."""
    ended = tuple(
        subscription
        for subscription in app.subscribers.of_address(address)
        if subscription.ended is None and bulletin in ("", subscription.bulletin)
    )
    if not ended and bulletin:
        app.bulletin(bulletin)
    if not ended:
        raise CommandError(f"{address} has no such subscription; see: tidings subscribers list")
    for subscription in ended:
        app.subscribers.unsubscribe(subscription, now=app.clock())
    return ended


def revive(app: App, address: str) -> None:
    """Let an address that is suppressed subscribe again. Raises CommandError."""
    if not app.suppressions.revive(address):
        raise CommandError(f"{address} is not suppressed")


def when_words(subscription: Subscription) -> str:
    """Say when a subscription is told what, in its own zone."""
    return "; ".join(_rule_when(subscription, rule) for rule in subscription.rules)


def _rule_when(subscription: Subscription, rule: Rule) -> str:
    if rule.next_digest is None:
        what = rule_words(rule).removeprefix(INSTANT).strip()
        return f"each new item {what} at once" if what else "each new item at once"
    local = rule.next_digest.astimezone(subscription.time_zone)
    return f"{rule_words(rule)}, next on {local:%Y-%m-%d %H:%M} ({subscription.time_zone.key})"
