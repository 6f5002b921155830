"""The operator hears once that an edition waits for his word: by the log, and by mail."""

from __future__ import annotations

import hashlib
import logging
from email.utils import parseaddr
from typing import TYPE_CHECKING

from notifier.alert_store import Alert
from notifier.approval_store import ApprovalStore
from notifier.operator_mail import operator_mail
from notifier.transport import TransportError
from tidings.alert_channels import queue_alert
from tidings.mailing import send_alone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from config.settings import Settings
    from notifier.approval_store import Waiting
    from tidings.app import App

log = logging.getLogger("tidings.alerts")


def mail_waiting(app: App) -> None:
    """Tell the operator which editions wait that he does not know of; what cannot leave waits."""
    store, mail = ApprovalStore(app.database), app.settings.mail
    editions = store.claim_untold(now=app.clock(), lease=mail.retry)
    if not editions:
        return
    for edition in editions:
        queue_alert(app, _alert(edition))
    if mail.operator:
        try:
            told = waiting_mail(editions, app.settings, sent_at=app.clock())
            send_alone(app, parseaddr(mail.operator)[1], told)
        except TransportError as error:
            if not error.permanent or error.about_us:
                log.warning("the operator could not be told by mail that editions wait: %s", error)
                return
            # Another try would get the same answer, at every tick.
            log.error("no mail to [mail] operator: %s", error)  # noqa: TRY400 - for an operator
    for edition in editions:
        log.warning("%s", _line(edition))
    store.told(editions)


def waiting_mail(editions: Sequence[Waiting], settings: Settings, *, sent_at: datetime) -> bytes:
    """Return the mail that tells of editions; of the same ones it has the same Message-ID."""
    many = f"{len(editions)} editions wait for you"
    text = ",".join(str(edition.id) for edition in editions)
    lines = "".join(
        f"{_line(edition)}\n{settings.base_url}/desk/editions/{edition.bulletin}/{edition.number}\n"
        f"    tidings editions approve {edition.bulletin} {edition.number}\n\n"
        for edition in editions
    )
    return operator_mail(
        many if len(editions) > 1 else _headline(editions[0]),
        f"{lines}Nobody is written to until you approve or skip them.\n",
        name=f"waiting.{hashlib.sha256(text.encode()).hexdigest()[:24]}",
        settings=settings.mail,
        sent_at=sent_at,
    )


def _alert(edition: Waiting) -> Alert:
    return Alert(
        name=f"waiting.{edition.id}", subject=_headline(edition), words=f"{_line(edition)}\n"
    )


def _headline(edition: Waiting) -> str:
    return f"edition {edition.number} of {edition.bulletin} waits for you"


def _line(edition: Waiting) -> str:
    return (
        f"edition {edition.number} of {edition.bulletin} waits for approval since "
        f"{edition.opened:%Y-%m-%d %H:%M} UTC: {edition.items} items for "
        f"{edition.deliveries} readers"
    )
