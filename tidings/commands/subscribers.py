"""``tidings subscribers``: who gets which bulletin, in the operator's hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.address import parse_address
from notifier.cadence import INSTANT, check_cadence
from notifier.model import Form, Rule
from notifier.suppression_store import Reason
from notifier.wishes import Unwanted, Wishes
from tidings.app import load_settings, open_app
from tidings.cli import OK, USAGE, CommandError
from tidings.explaining import rule_words, subscription_words, told_words
from tidings.options import time_zone
from tidings.reports import attempt_report
from tidings.subscriber_files import filter_of
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse

    from notifier.model import Subscription
    from tidings.app import App

# Actions that change what is due.
_REGISTERING = ("add", "import")
# The last of an address that came back.
_BOUNCES = 5


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
    address = address_of(options.address)
    rules = _rules(options)
    zone = time_zone(options.time_zone) if options.time_zone else bulletin.time_zone
    language = options.language or bulletin.language
    form = Form.TEXT if options.text else Form.HTML
    suppression = app.suppressions.find(address)
    if suppression is not None:
        raise CommandError(
            f"{address} is suppressed ({suppression.reason.value}) since "
            f"{suppression.since:%Y-%m-%d}; if it is to be written to again: "
            f"tidings subscribers revive {address}"
        )
    if options.pending:
        wishes = Wishes(rules=rules, time_zone=zone, language=language, form=form)
        app.signups.ask(
            address, bulletin.slug, wishes, source="command", client="", now=app.clock()
        )
        say(f"{address} is asked by mail, unless that was done within the last hours")
        return
    subscription = app.subscribers.subscribe(
        address,
        bulletin.slug,
        rules=rules,
        time_zone=zone,
        language=language,
        form=form if options.text else None,
        consent=("operator", app.clock()),
        now=app.clock(),
    )
    say(f"{address} gets {bulletin.slug}: {_when(subscription)}")


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


def address_of(text: str) -> str:
    """Return an address of the command line. Raises CommandError."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error


def _when(subscription: Subscription) -> str:
    return "; ".join(_rule_when(subscription, rule) for rule in subscription.rules)


def _rule_when(subscription: Subscription, rule: Rule) -> str:
    if rule.next_digest is None:
        what = rule_words(rule).removeprefix(INSTANT).strip()
        return f"each new item {what} at once" if what else "each new item at once"
    local = rule.next_digest.astimezone(subscription.time_zone)
    return f"{rule_words(rule)}, next on {local:%Y-%m-%d %H:%M} ({subscription.time_zone.key})"


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
                _when(subscription)
                if subscription.bulletin in configured
                else "no mail: the bulletin is not configured",
            )
            for subscription in subscriptions
        ],
    )


def _remove(app: App, options: argparse.Namespace) -> None:
    address = address_of(options.address)
    ended = [
        subscription
        for subscription in app.subscribers.of_address(address)
        if subscription.ended is None and options.bulletin in ("", subscription.bulletin)
    ]
    if not ended and options.bulletin:
        app.bulletin(options.bulletin)
    if not ended:
        raise CommandError(f"{address} has no such subscription; see: tidings subscribers list")
    for subscription in ended:
        app.subscribers.unsubscribe(subscription, now=app.clock())
        say(f"{address} no longer gets {subscription.bulletin}")


def _why(app: App, options: argparse.Namespace) -> None:
    """Say how an address stands, and what became of each of its last editions."""
    address = address_of(options.address)
    suppression = app.suppressions.find(address)
    subscriptions = app.subscribers.of_address(address)
    told = app.ledger.of_address(address, limit=options.limit)
    notices = app.notice_ledger.of_address(address, limit=options.limit)
    if not subscriptions and not notices and suppression is None:
        raise CommandError(
            f"nothing is known of {address}: it never subscribed, never confirmed, or was deleted"
        )
    standing = [
        (one.bulletin, subscription_words(one, suppression, now=app.clock()))
        for one in subscriptions
    ]
    bounced = _bounce_words(app, address)
    if options.json:
        say_json(
            {
                "address": address,
                "suppressed": suppression.reason.value if suppression else None,
                "came_back": bounced,
                "subscriptions": [
                    {"bulletin": bulletin, "standing": words} for bulletin, words in standing
                ],
                "editions": [
                    {
                        "bulletin": one.bulletin,
                        "number": one.edition_number,
                        "opened": one.created.isoformat(),
                        "state": one.state.value,
                        "reply": one.reply,
                        "attempts": [attempt_report(attempt) for attempt in one.attempts],
                        "items": list(one.items),
                    }
                    for one in told
                ],
                "notices": [
                    {
                        "kind": one.kind,
                        "bulletin": one.bulletin,
                        "asked": one.created.isoformat(),
                        "state": one.state.value,
                        "reply": one.reply,
                        "attempts": [attempt_report(attempt) for attempt in one.attempts],
                    }
                    for one in notices
                ],
            }
        )
        return
    for line in bounced:
        say(line)
    if suppression is not None and not standing:
        say(f"{address} is suppressed ({suppression.reason.value})")
    for bulletin, words in standing:
        say(f"{bulletin}: {words}")
    say_table(
        ("opened (UTC)", "edition", "items", "outcome"),
        [
            (
                f"{one.created:%Y-%m-%d %H:%M}",
                f"{one.bulletin} {one.edition_number}",
                "; ".join(one.items),
                told_words(one),
            )
            for one in told
        ],
    )
    if notices:
        say_table(
            ("asked (UTC)", "notice", "outcome"),
            [
                (
                    f"{one.created:%Y-%m-%d %H:%M}",
                    f"{one.kind} {one.bulletin}",
                    told_words(one),
                )
                for one in notices
            ],
        )


def _bounce_words(app: App, address: str) -> list[str]:
    """Say which mails to an address came back, and how many of them count now."""
    words = [
        f"came back {one.reported:%Y-%m-%d %H:%M} UTC ({one.weight.value}): {one.said}"
        for one in app.bounces.of_address(address, limit=_BOUNCES)
    ]
    settings = app.settings.bounces
    many = app.bounces.in_a_row(address, within=settings.within, now=app.clock())
    if many:
        words.append(
            f"{many} temporary bounces in a row: from {settings.slow_after} on at most a mail a "
            f"week, from {settings.suppress_after} on none"
        )
    return words


def _suppress(app: App, options: argparse.Namespace) -> None:
    address = address_of(options.address)
    app.suppressions.suppress(address, Reason(options.reason), now=app.clock())
    say(f"{address} is not written to any more")


def _revive(app: App, options: argparse.Namespace) -> None:
    address = address_of(options.address)
    if not app.suppressions.revive(address):
        raise CommandError(f"{address} is not suppressed")
    say(f"{address} can subscribe again")


def _new_links(app: App, options: argparse.Namespace) -> None:
    renewed = app.subscribers.rotate_tokens(retire=options.retire)
    former = "open nothing any more" if options.retire else "still work"
    say(f"{renewed} subscriptions have new links; those of former mails {former}")
