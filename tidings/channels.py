"""The channels of bulletins: registered, told what is due, and their troubles noted."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.selections import filter_of
from notifier.alert_store import MAIL, Alert
from notifier.channel_store import Trouble, Wanted
from notifier.channels import MISSING, Channel, ChannelError, is_there
from notifier.message import Message, message_of
from notifier.telling import Telling, Told
from tidings.cli import USAGE, CommandError
from tidings.issues import edition_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from config.channel_settings import AlertSettings, ChannelSettings
    from config.settings import BulletinSettings, Settings
    from notifier.model import Delivery
    from tidings.app import App

log = logging.getLogger("tidings.channels")


def each_channel(settings: Settings) -> Iterable[tuple[BulletinSettings, ChannelSettings]]:
    """Yield every channel with its bulletin."""
    for bulletin in settings.bulletins:
        for channel in bulletin.channels:
            yield bulletin, channel


def has_channels(settings: Settings) -> bool:
    """Tell whether anything is told by other ways than mail."""
    return bool(settings.alerts) or any(each_channel(settings))


def register_channels(app: App) -> None:
    """Bring the store in line with the configuration. Raises CommandError without the library."""
    if has_channels(app.settings) and not is_there():
        raise CommandError(MISSING, code=USAGE)
    app.channels.register(
        [
            Wanted.of(
                bulletin.slug,
                channel.name,
                cadence=channel.cadence,
                wanted=filter_of(channel),
                time_zone=bulletin.time_zone,
                language=channel.language or bulletin.language,
            )
            for bulletin, channel in each_channel(app.settings)
        ],
        now=app.clock(),
    )


def start_telling(app: App, stopping: Callable[[], bool]) -> list[Future[None]]:
    """Begin to tell every channel that is due, side by side: a slow one keeps nobody waiting."""
    if not any(each_channel(app.settings)):
        return []
    due = set(app.deliveries.channels_due(now=app.clock()))
    found = [
        (bulletin, channel, subscription.id)
        for bulletin, channel in each_channel(app.settings)
        if due and (subscription := app.channels.find(bulletin.slug, channel.name)) is not None
    ]
    return [
        app.workers.submit(_tell, app, bulletin, channel, subscription, stopping)
        for bulletin, channel, subscription in found
        if subscription in due
    ]


def tell_channels(app: App, stopping: Callable[[], bool]) -> None:
    """Tell every channel what is due, and wait for all of them."""
    for telling in start_telling(app, stopping):
        telling.result()


def _tell(
    app: App,
    bulletin: BulletinSettings,
    channel: ChannelSettings,
    subscription: int,
    stopping: Callable[[], bool],
) -> None:
    try:
        service = Channel(channel.address)
    except ChannelError as error:
        # Nothing was attempted: what waits does so until somebody mends the address.
        told = Told(trouble=address_problem(channel, error))
    else:
        told = Telling(
            deliveries=app.deliveries,
            name=channel.full_name,
            subscription=subscription,
            service=service,
            write=_writer(app, bulletin, channel, service.longest),
            settings=replace(app.settings.mail, uncertain=channel.uncertain),
            lease=app.settings.server.lease,
            clock=app.clock,
        ).run(stopping)
    note_channel(app, bulletin.slug, channel.name, told)


def address_problem(channel: ChannelSettings | AlertSettings, error: ChannelError) -> str:
    """Say what is wrong with a channel, and where an address that is missing may stand."""
    if channel.address:
        return str(error)
    return f"no address is given, in its table or by {channel.variable}_FILE"


def _writer(
    app: App, bulletin: BulletinSettings, channel: ChannelSettings, longest: int
) -> Callable[[Delivery], Message | None]:
    def write(delivery: Delivery) -> Message | None:
        edition = app.editions.edition(delivery.edition_id)
        return message_of(
            edition_digest(app, edition, bulletin),
            renderer=app.renderer,
            template=channel.template,
            longest=longest,
        )

    return write


def note_channel(app: App, bulletin: str, name: str, told: Told) -> None:
    """Have the operator hear once that a channel takes nothing, and once that it does again."""
    known = next(
        (one for one in app.channels.troubles() if (one.bulletin, one.channel) == (bulletin, name)),
        None,
    )
    now = app.clock()
    if told.trouble:
        trouble = known or Trouble(bulletin=bulletin, channel=name, problem=told.trouble, since=now)
        alert = Alert(
            name=f"channel {trouble.full_name} troubled {trouble.since.isoformat()}",
            subject=f"channel {trouble.full_name} takes nothing",
            words=_trouble_words(trouble, told.trouble),
        )
        if app.channels.troubled(
            replace(trouble, problem=told.trouble),
            alert,
            alerts=app.alerts,
            ways=alert_ways(app.settings, but=None if bulletin else name),
        ):
            log.error("channel %s takes nothing: %s", trouble.full_name, told.trouble)
    elif told.sent and known is not None:
        alert = Alert(
            name=f"channel {known.full_name} well {known.since.isoformat()}",
            subject=f"channel {known.full_name} takes messages again",
            words=f"It took none since {known.since:%Y-%m-%d %H:%M} UTC: {known.problem}.",
        )
        app.channels.well_again(
            known,
            alert,
            alerts=app.alerts,
            ways=alert_ways(app.settings, but=None if bulletin else name),
            now=now,
        )
        log.info("channel %s takes messages again", known.full_name)


def _trouble_words(trouble: Trouble, problem: str) -> str:
    return (
        f"{problem}.\n"
        "What waits for it is tried again with growing pauses, as long as mails are "
        "([mail] give_up); no other channel and no mail waits for it.\n"
        "Mend its address or its template, and try it by: "
        f"tidings channels test {trouble.full_name}"
    )


def alert_ways(settings: Settings, *, but: str | None = None) -> list[str]:
    """Return the ways by which the operator hears of channels: not by the one that is broken."""
    mail = [MAIL] if settings.mail.operator else []
    return mail + [alert.name for alert in settings.alerts if alert.name != but]
