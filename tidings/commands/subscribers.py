"""``tidings subscribers``: who gets which bulletin, in the operator's hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.cadence import check_cadence
from notifier.model import Form, Rule
from notifier.suppression_store import Reason
from notifier.wishes import Unwanted
from tidings.app import load_settings, open_app
from tidings.cli import OK, USAGE, CommandError
from tidings.explaining import rule_words, told_words
from tidings.options import time_zone
from tidings.reports import standing_report
from tidings.standings import standing_of
from tidings.subscriber_files import filter_of
from tidings.subscribing import Wanted, add, address_of, ask, end, revive, when_words
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse

    from tidings.app import App

# Actions that change what is due.
_REGISTERING = ("add", "import")


def run(options: argparse.Namespace) -> int:
    """Perform the action; wrong addresses, cadences and zones are said before anything changes."""
    from tidings.subscriber_lists import export_csv, import_csv

    actions = {
        "add": _add,
        "list": _list,
        "remove": _remove,
        "why": _why,
        "import": import_csv,
        "export": export_csv,
        "suppress": _suppress,
        "revive": _revive,
        "new-links": _new_links,
    }
    register = options.action in _REGISTERING
    with open_app(load_settings(options.config), register=register) as app:
        actions[options.action](app, options)
    return OK


def _add(app: App, options: argparse.Namespace) -> None:
    bulletin = app.bulletin(options.bulletin)
    wanted = Wanted(
        address=address_of(options.address),
        bulletin=bulletin,
        rules=_rules(options),
        time_zone=time_zone(options.time_zone) if options.time_zone else bulletin.time_zone,
        language=options.language or bulletin.language,
        form=Form.TEXT if options.text else None,
    )
    if options.pending:
        ask(app, wanted, source="command")
        say(f"{wanted.address} is asked by mail, unless that was done within the last hours")
        return
    subscription = add(app, wanted, consent=("operator", app.clock()))
    say(f"{wanted.address} gets {bulletin.slug}: {when_words(subscription)}")


def _rules(options: argparse.Namespace) -> tuple[Rule, ...]:
    try:
        wanted = filter_of(vars(options))
        rules = [Rule(cadence=check_cadence(options.cadence), wanted=wanted)]
        if options.rest:
            rules.append(Rule(cadence=check_cadence(options.rest)))
    except Unwanted as error:
        raise CommandError(
            f"--{error.field}: at most 40 words of at most 80 letters", code=USAGE
        ) from error
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error
    return tuple(rules)


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
                    "rules": [rule_words(rule) for rule in subscription.rules],
                    "time_zone": subscription.time_zone.key,
                    "language": subscription.language,
                    "form": subscription.form.value,
                    "next_digest": subscription.next_digest
                    and subscription.next_digest.isoformat(),
                    "paused_until": subscription.paused_until
                    and subscription.paused_until.isoformat(),
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
                when_words(subscription)
                if subscription.bulletin in configured
                else "no mail: the bulletin is not configured",
            )
            for subscription in subscriptions
        ],
    )


def _remove(app: App, options: argparse.Namespace) -> None:
    address = address_of(options.address)
    for subscription in end(app, address, options.bulletin):
        say(f"{address} no longer gets {subscription.bulletin}")


def _why(app: App, options: argparse.Namespace) -> None:
    """Say how an address stands, and what became of each of its last editions."""
    standing = standing_of(app, address_of(options.address), limit=options.limit)
    if options.json:
        say_json(standing_report(standing))
        return
    for line in standing.came_back:
        say(line)
    if standing.suppression is not None and not standing.subscriptions:
        say(f"{standing.address} is suppressed ({standing.suppression.reason.value})")
    for subscription, words in standing.subscriptions:
        say(f"{subscription.bulletin}: {words}")
    say_table(
        ("opened (UTC)", "edition", "items", "outcome"),
        [
            (
                f"{one.created:%Y-%m-%d %H:%M}",
                f"{one.bulletin} {one.edition_number}",
                "; ".join(one.items),
                told_words(one),
            )
            for one in standing.told
        ],
    )
    if standing.notices:
        say_table(
            ("asked (UTC)", "notice", "outcome"),
            [
                (
                    f"{one.created:%Y-%m-%d %H:%M}",
                    f"{one.kind} {one.bulletin}",
                    told_words(one),
                )
                for one in standing.notices
            ],
        )


def _suppress(app: App, options: argparse.Namespace) -> None:
    address = address_of(options.address)
    app.suppressions.suppress(address, Reason(options.reason), now=app.clock())
    say(f"{address} is not written to any more")


def _revive(app: App, options: argparse.Namespace) -> None:
    address = address_of(options.address)
    revive(app, address)
    say(f"{address} can subscribe again")


def _new_links(app: App, options: argparse.Namespace) -> None:
    renewed = app.subscribers.rotate_tokens(retire=options.retire)
    former = "open nothing any more" if options.retire else "still work"
    say(f"{renewed} subscriptions have new links; those of former mails {former}")
