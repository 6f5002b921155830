"""``tidings subscribers``: add, list, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.address import parse_address
from notifier.cadence import check_cadence
from tidings.app import load_settings, open_app
from tidings.cli import OK, USAGE, CommandError
from tidings.options import time_zone
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse

    from notifier.model import Subscription
    from tidings.app import App


def run(options: argparse.Namespace) -> int:
    """Perform the action; wrong addresses, cadences and zones are said before anything changes."""
    with open_app(load_settings(options.config), register=options.action == "add") as app:
        if options.action == "add":
            _add(app, options)
        elif options.action == "list":
            _list(app, options)
        else:
            _remove(app, options)
    return OK


def _add(app: App, options: argparse.Namespace) -> None:
    bulletin = app.bulletin(options.bulletin)
    try:
        address = parse_address(options.address)
        cadence = check_cadence(options.cadence)
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error
    zone = time_zone(options.time_zone) if options.time_zone else bulletin.time_zone
    subscription = app.subscribers.subscribe(
        address,
        bulletin.slug,
        cadence=cadence,
        time_zone=zone,
        language=bulletin.language,
        now=app.clock(),
    )
    say(f"{address} gets {bulletin.slug}: {_when(subscription)}")


def _when(subscription: Subscription) -> str:
    if subscription.next_digest is None:
        return "each new item at once"
    local = subscription.next_digest.astimezone(subscription.time_zone)
    return f"{subscription.cadence}, next on {local:%Y-%m-%d %H:%M} ({subscription.time_zone.key})"


def _list(app: App, options: argparse.Namespace) -> None:
    subscriptions = app.subscribers.subscriptions(options.bulletin)
    if options.bulletin and not subscriptions:
        # A name that nobody knows is a mistake.
        app.bulletin(options.bulletin)
    configured = {bulletin.slug for bulletin in app.settings.bulletins}
    if options.json:
        say_json(
            [
                {
                    "address": subscription.address,
                    "bulletin": subscription.bulletin,
                    "configured": subscription.bulletin in configured,
                    "cadence": subscription.cadence,
                    "time_zone": subscription.time_zone.key,
                    "next_digest": subscription.next_digest
                    and subscription.next_digest.isoformat(),
                }
                for subscription in subscriptions
            ]
        )
        return
    say_table(
        ("address", "bulletin", "digest"),
        [
            (
                subscription.address,
                subscription.bulletin,
                _when(subscription)
                if subscription.bulletin in configured
                else "no mail: the bulletin is not configured",
            )
            for subscription in subscriptions
        ],
    )


def _remove(app: App, options: argparse.Namespace) -> None:
    try:
        address = parse_address(options.address)
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error
    ended = [
        subscription
        for subscription in app.subscribers.subscriptions(options.bulletin)
        if subscription.address == address
    ]
    if not ended and options.bulletin:
        app.bulletin(options.bulletin)
    if not ended:
        raise CommandError(f"{address} has no such subscription; see: tidings subscribers list")
    for subscription in ended:
        app.subscribers.unsubscribe(subscription, now=app.clock())
        say(f"{address} no longer gets {subscription.bulletin}")
