"""What the operator hears by channels: queued where it is decided, told by a loop of its own.

Mail is one of the ways for what the mails about sources, stops and bounces do not tell.
"""

from __future__ import annotations

import hashlib
import logging
from email.utils import parseaddr
from typing import TYPE_CHECKING

from notifier.alert_store import MAIL, Alert
from notifier.channels import Channel, ChannelError
from notifier.message import Message, plain_words
from notifier.model import DeliveryState
from notifier.operator_mail import operator_mail
from notifier.outcomes import pause
from notifier.telling import Told
from notifier.transport import TransportError
from tidings.channels import address_problem, note_channel
from tidings.mailing import send_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from config.channel_settings import AlertSettings
    from notifier.alert_store import Waiting
    from tidings.app import App

log = logging.getLogger("tidings.alerts")

# So often a channel of alerts may fail before the other ways tell of it.
_MOODS = 3
_LONGEST = 3_500


def queue_alert(app: App, alert: Alert) -> None:
    """Queue an alert for every channel of alerts, once however often it is asked for."""
    ways = [channel.name for channel in app.settings.alerts]
    app.alerts.queue([alert], ways, now=app.clock())


def tell_alerts(app: App, stopping: Callable[[], bool]) -> None:
    """Tell the operator what waits, by each of the ways; one that fails keeps no other waiting."""
    for channel in app.settings.alerts:
        if stopping():
            return
        _by_channel(app, channel)
    if app.settings.mail.operator and not stopping():
        _by_mail(app)


def _by_channel(app: App, channel: AlertSettings) -> None:
    way = channel.name
    waiting = app.alerts.claim(way, now=app.clock(), lease=app.settings.server.lease)
    if not waiting:
        return
    try:
        service = Channel(channel.address)
        service.tell(_message(waiting, longest=min(service.longest, _LONGEST)))
    except ChannelError as error:
        _put_off(app, waiting, error)
        lasts = max(one.attempts for one in waiting) >= _MOODS
        if lasts or error.is_of_address or error.permanent or not channel.address:
            note_channel(app, "", way, Told(trouble=address_problem(channel, error)))
        log.warning("channel %s could not be told of alerts: %s", way, error)
    else:
        _told(app, waiting)
        note_channel(app, "", way, Told(sent=1))


def _by_mail(app: App) -> None:
    waiting = app.alerts.claim(MAIL, now=app.clock(), lease=app.settings.server.lease)
    if not waiting:
        return
    digest = hashlib.sha256("\0".join(one.alert.name for one in waiting).encode()).hexdigest()
    mail = operator_mail(
        _subject(waiting),
        "\n".join(f"{_dated(one)}\n" for one in waiting),
        name=f"alert.{digest[:24]}",
        settings=app.settings.mail,
        sent_at=app.clock(),
    )
    try:
        send_alone(app, parseaddr(app.settings.mail.operator)[1], mail)
    except TransportError as error:
        _put_off(app, waiting, error)
        log.warning("the operator could not be told by mail; tried again: %s", error)
    else:
        _told(app, waiting)


def _told(app: App, waiting: Sequence[Waiting]) -> None:
    now = app.clock()
    app.alerts.record(
        [(one, DeliveryState.SENT) for one in waiting], reply="", next_attempt=now, now=now
    )


def _put_off(app: App, waiting: Sequence[Waiting], error: TransportError) -> None:
    """Try again with growing pauses; what is older than mails are tried has failed.

    An alert whose answer was lost is told again: twice is better than not at all.
    """
    now, mail = app.clock(), app.settings.mail
    attempts = max(one.attempts for one in waiting)
    app.alerts.record(
        [
            (
                one,
                DeliveryState.FAILED
                if now - one.created >= mail.give_up
                else DeliveryState.DEFERRED,
            )
            for one in waiting
        ],
        reply=str(error),
        next_attempt=now + pause(mail, attempts),
        now=now,
    )


def _message(waiting: Sequence[Waiting], *, longest: int) -> Message:
    """Return what waits as one message; pages that we read have words in it."""
    lines = (
        [waiting[0].alert.words] if len(waiting) == 1 else [f"{_dated(one)}\n" for one in waiting]
    )
    text = "\n".join(plain_words(line) for line in "\n".join(lines).splitlines()).strip()
    if len(text.encode()) > longest:
        text = text.encode()[: longest - 3].decode(errors="ignore") + "…"
    return Message(title=f"Tidings: {plain_words(_subject(waiting))}", text=text or "-")


def _subject(waiting: Sequence[Waiting]) -> str:
    if len(waiting) == 1:
        return waiting[0].alert.subject
    return f"{len(waiting)} things to know"


def _dated(one: Waiting) -> str:
    return f"{one.created:%Y-%m-%d %H:%M} UTC: {one.alert.subject}: {one.alert.words}"
