"""Sends the mails that are no edition: claim, write, send, record."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from config.settings import BulletinSettings
from notifier.model import DeliveryState
from notifier.notice import notice_mail
from notifier.transport import TransportError, open_transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifier.notice_store import Notice
    from notifier.transport import Transport
    from tidings.app import App

log = logging.getLogger("tidings.mail")

# Answers that one mail waits for, from the greeting to the end.
_STEPS = 10
# Who asked waits for it now: a confirmation that comes a day later is a riddle.
_GIVE_UP = timedelta(hours=12)


def send_notices(app: App, stopping: Callable[[], bool]) -> int:
    """Send every notice that is due; return how many left. What cannot leave waits for a tick."""
    sent = 0
    transport = open_transport(app.settings.mail, app.mails)
    lease = app.settings.server.lease + _STEPS * app.settings.mail.timeout
    try:
        while not stopping():
            notice = app.notices.claim(now=app.clock(), lease=lease)
            if notice is None:
                break
            if not _send(app, notice, transport):
                break
            sent += 1
    finally:
        transport.close()
    return sent


def _send(app: App, notice: Notice, transport: Transport) -> bool:
    """Send one and record how it went; False where no other would leave now."""
    mail = app.settings.mail
    try:
        message = notice_mail(
            notice,
            app.settings.bulletin(notice.bulletin)
            or BulletinSettings(slug=notice.bulletin, title=notice.bulletin),
            settings=mail,
            base_url=app.settings.base_url,
            renderer=app.renderer,
            sent_at=app.clock(),
        )
        reply = transport.send(parseaddr(mail.sender)[1], notice.address, message)
    except TransportError as error:
        state, later = after_failure(error, notice, retry=mail.retry, now=app.clock())
        app.notices.record(notice, state, reply=str(error), now=app.clock(), next_attempt=later)
        log.warning("notice %d %s: %s", notice.id, state.value, error)
        return not error.about_us
    except BaseException as error:
        # A template that is broken, a stop in the middle: it is tried again later.
        app.notices.record(
            notice,
            DeliveryState.DEFERRED,
            reply=str(error),
            now=app.clock(),
            next_attempt=app.clock() + mail.retry,
        )
        raise
    app.notices.record(notice, DeliveryState.SENT, reply=reply, now=app.clock())
    log.info("notice %d sent at attempt %d", notice.id, notice.attempts)
    return True


def after_failure(
    error: TransportError, notice: Notice, *, retry: timedelta, now: datetime
) -> tuple[DeliveryState, datetime]:
    """Decide what follows when a notice did not leave, or nobody knows whether it did. Pure."""
    hopeless = error.permanent and not error.about_us
    if hopeless or error.uncertain or now - notice.created >= _GIVE_UP:
        return DeliveryState.FAILED, now
    return DeliveryState.DEFERRED, now + retry * (1 << min(notice.attempts - 1, 5))
