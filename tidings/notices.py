"""Sends the mails that are no edition: claim, write, send, record."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from config.settings import BulletinSettings
from notifier.model import DeliveryState
from notifier.notice import notice_mail
from notifier.outbox import Sent
from notifier.transport import TransportError
from tidings.mailing import conversation, signer_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifier.notice_store import Notice
    from tidings.app import App

log = logging.getLogger("tidings.mail")

# Answers that one mail waits for, from the greeting to the end.
_STEPS = 10
# Who asked waits for it now: a confirmation that comes a day later is a riddle.
_GIVE_UP = timedelta(hours=12)


def send_notices(app: App, stopping: Callable[[], bool]) -> Sent:
    """Send every notice that is due, and say how it went. What cannot leave waits for a tick.

    Raises DkimError where a key cannot be used: nothing leaves without its signature.
    """
    counts: Counter[DeliveryState] = Counter()
    problem = ""
    lease = app.settings.server.lease + _STEPS * app.settings.mail.timeout
    with conversation(app, signer_of(app)) as hand_over:
        while not problem and not stopping():
            notice = app.notices.claim(now=app.clock(), lease=lease)
            if notice is None:
                break
            state, problem = _send(app, notice, hand_over)
            counts[state] += 1
    return Sent(
        sent=counts[DeliveryState.SENT],
        deferred=counts[DeliveryState.DEFERRED],
        failed=counts[DeliveryState.FAILED],
        stopped=problem,
    )


def _send(
    app: App, notice: Notice, hand_over: Callable[[str, bytes], str]
) -> tuple[DeliveryState, str]:
    """Send one and record how it went; say as well why no other would leave now, if so."""
    mail = app.settings.mail
    try:
        reply = hand_over(notice.address, _written(app, notice))
    except TransportError as error:
        state, later = after_failure(error, notice, retry=mail.retry, now=app.clock())
        app.notices.record(notice, state, reply=str(error), now=app.clock(), next_attempt=later)
        log.warning("notice %d %s: %s", notice.id, state.value, error)
        return state, str(error) if error.about_us else ""
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
    return DeliveryState.SENT, ""


def _written(app: App, notice: Notice) -> bytes:
    bulletin = app.settings.bulletin(notice.bulletin)
    return notice_mail(
        notice,
        bulletin or BulletinSettings(slug=notice.bulletin, title=notice.bulletin),
        settings=app.settings.mail,
        base_url=app.settings.base_url,
        renderer=app.renderer,
        sent_at=app.clock(),
    )


def after_failure(
    error: TransportError, notice: Notice, *, retry: timedelta, now: datetime
) -> tuple[DeliveryState, datetime]:
    """Decide what follows when a notice did not leave, or nobody knows whether it did. Pure."""
    hopeless = error.permanent and not error.about_us
    if hopeless or error.uncertain or now - notice.created >= _GIVE_UP:
        return DeliveryState.FAILED, now
    return DeliveryState.DEFERRED, now + retry * (1 << min(notice.attempts - 1, 5))
