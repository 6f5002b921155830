"""``tidings channels``: which there are and how they are, what they were told, and a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.channels import MISSING, Channel, ChannelError, is_there
from notifier.message import Message
from notifier.model import CHANNEL
from tidings.app import load_settings, open_app
from tidings.channels import address_problem, each_channel
from tidings.cli import OK, USAGE, CommandError
from tidings.explaining import rule_words, told_words
from tidings.logs import set_up_logging
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse

    from config.channel_settings import AlertSettings, ChannelSettings
    from config.settings import Settings
    from notifier.channel_store import Trouble
    from tidings.app import App


def run(options: argparse.Namespace) -> int:
    """List the channels, say what one was told, or try one."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    settings = load_settings(options.config)
    if options.action == "test":
        _try(settings, options.channel)
        return OK
    with open_app(settings, register=False) as app:
        if options.action == "why":
            _why(app, options)
        else:
            _list(app, options)
    return OK


def _known(settings: Settings, name: str) -> AlertSettings | ChannelSettings:
    """Return a channel by its name in commands. Raises CommandError."""
    channels: dict[str, AlertSettings | ChannelSettings] = {
        **{one.full_name: one for one in settings.alerts},
        **{one.full_name: one for _, one in each_channel(settings)},
    }
    if name not in channels:
        known = ", ".join(channels) or "none"
        raise CommandError(
            f"no channel {name!r} in {settings.path}; there are: {known}", code=USAGE
        )
    return channels[name]


def _try(settings: Settings, name: str) -> None:
    """Send a message that says that it is a trial."""
    known = _known(settings, name)
    if not is_there():
        raise CommandError(MISSING, code=USAGE)
    try:
        channel = Channel(known.address)
        channel.tell(
            Message(title="Tidings: a trial", text=f"The channel {name} takes what is told to it.")
        )
    except ChannelError as error:
        problem = address_problem(known, error)
        raise CommandError(f"channel {name}: {problem}; mend its address") from error
    say(f"{name}: {channel.name} took the message")


def _list(app: App, options: argparse.Namespace) -> None:
    """Print each channel, its kind of service and how it is; never its address."""
    troubles = {one.full_name: one for one in app.channels.troubles()}
    rows = []
    for bulletin, channel in each_channel(app.settings):
        found = app.channels.find(bulletin.slug, channel.name)
        tells = "; ".join(map(rule_words, found.rules)) if found else channel.cadence
        waits = app.channels.waiting(found.id) if found else 0
        rows.append((channel.full_name, _kind(channel.address), tells, waits))
    rows += [
        (alert.name, _kind(alert.address), "alerts", app.alerts.waiting(alert.name))
        for alert in app.settings.alerts
    ]
    table = [
        (name, kind, tells, str(waits), _state(troubles.get(name)))
        for name, kind, tells, waits in rows
    ]
    names = ("channel", "service", "tells", "waiting", "state")
    if options.json:
        say_json([dict(zip(names, row, strict=True)) for row in table])
    else:
        say_table(names, table)


def _state(trouble: Trouble | None) -> str:
    if trouble is None:
        return "ok"
    return f"takes nothing since {trouble.since:%Y-%m-%d %H:%M} UTC: {trouble.problem}"


def _kind(address: str) -> str:
    """Return what stands before the address: of all of it, this is no secret."""
    return address.partition("://")[0].lower()


def _why(app: App, options: argparse.Namespace) -> None:
    """Print what a channel was told and when, and what it waits for."""
    _known(app.settings, options.channel)
    bulletin, _, name = options.channel.rpartition("/")
    if bulletin:
        rows = [
            (", ".join(line.items), f"{line.created:%Y-%m-%d %H:%M} UTC", told_words(line))
            for line in app.ledger.of_address(f"{CHANNEL}{name}", limit=options.limit)
            if line.bulletin == bulletin
        ]
    else:
        rows = [
            (
                line.subject,
                f"{line.created:%Y-%m-%d %H:%M} UTC",
                line.state + (f": {line.reply}" if line.reply else ""),
            )
            for line in app.alerts.of_way(name, limit=options.limit)
        ]
    names = ("what", "decided", "outcome")
    if options.json:
        say_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        say_table(names, rows)
