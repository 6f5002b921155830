"""The operator hears once that mail has stopped, and once that it goes out again.

Channels of alerts are told of it at once. The mail about it leaves by the relays that there are:
where all refuse us it waits, and is tried again as often as a mail that was put off. Until then
the log, ``/health`` and the exit code say it.
"""

from __future__ import annotations

import logging
from email.utils import parseaddr
from typing import TYPE_CHECKING

from notifier.alert_store import Alert
from notifier.operator_mail import operator_mail
from notifier.stop_store import NOTICES
from notifier.transport import TransportError
from tidings.alert_channels import queue_alert
from tidings.mailing import send_alone

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings
    from notifier.outbox import Sent
    from notifier.stop_store import Stop
    from tidings.app import App

log = logging.getLogger("tidings.alerts")


def note_run(app: App, sent: Sent) -> None:
    """Remember whether mail goes out, by how a run of the outbox went."""
    if sent.stopped:
        app.stops.begin(sent.stopped, now=app.clock())
    elif sent.sent:
        app.stops.end(now=app.clock())


def note_notices(app: App, problem: str) -> None:
    """Remember whether every notice can be written; ``problem`` says why one cannot, if so.

    It is over when the templates are whole and nothing waits for them any more.
    """
    if problem:
        app.stops.begin(problem, what=NOTICES, now=app.clock())
        return
    stop = app.stops.current(NOTICES)
    if stop is None:
        return
    waiting = app.notices.unwritten(stop.problem)
    if waiting:
        app.notices.wake(waiting, now=app.clock())
    else:
        app.stops.end(what=NOTICES, now=app.clock())


def mail_stops(app: App) -> None:
    """Tell the operator what he does not know yet of a stop, by mail and by channels."""
    mail = app.settings.mail
    if not (mail.operator or app.settings.alerts):
        return
    stop = app.stops.claim_untold(now=app.clock(), lease=mail.retry)
    if stop is None:
        return
    queue_alert(app, _stop_alert(stop))
    try:
        if mail.operator:
            told = stop_mail(stop, app.settings, sent_at=app.clock())
            send_alone(app, parseaddr(mail.operator)[1], told)
    except TransportError as error:
        if not error.permanent or error.about_us:
            log.warning("the operator could not be told by mail that it stopped: %s", error)
            return
        # Another try would get the same answer, at every tick.
        log.error("no mail to [mail] operator: %s", error)  # noqa: TRY400 - for an operator
    app.stops.told(stop)


def stop_mail(stop: Stop, settings: Settings, *, sent_at: datetime) -> bytes:
    """Return the mail that tells of a stop; the same news has the same Message-ID."""
    alert = _stop_alert(stop)
    return operator_mail(
        alert.subject,
        f"{alert.words}\n\n{settings.base_url}/desk/\n",
        name=alert.name,
        settings=settings.mail,
        sent_at=sent_at,
    )


def _stop_alert(stop: Stop) -> Alert:
    news = "stopped" if stop.ended is None else "again"
    subject, words = _stop_words(stop)
    return Alert(name=f"mail-{news}.{stop.id}", subject=subject, words=f"{words}\n\n{stop.problem}")


def _stop_words(stop: Stop) -> tuple[str, str]:
    """Return the subject, and what is told before the reason."""
    since = f"{stop.since:%Y-%m-%d %H:%M} UTC"
    until = f"{stop.ended:%Y-%m-%d %H:%M} UTC" if stop.ended else ""
    if stop.what == NOTICES:
        if until:
            words = f"From {since} to {until} some mails could not be written."
            return "confirmations and welcomes go out again", words
        words = f"Since {since} some of them cannot be written, and wait. Digests go out."
        return "confirmations or welcomes cannot be written", words
    if until:
        return "mail goes out again", f"From {since} to {until} no mail went out."
    words = f"No mail goes out since {since}; all of it waits."
    return "mail has stopped", words
