"""The mails that are no edition, on their way: by the outbox, with the care of a delivery."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from config.settings import BulletinSettings
from feeds.render import TemplateError
from notifier.courier import UnwrittenError
from notifier.notice import notice_mail
from notifier.notice_store import Notice
from tidings.mailing import outbox_of, signer_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifier.model import Delivery
    from notifier.outbox import Sent
    from tidings.app import App

log = logging.getLogger("tidings.mail")


def send_notices(app: App, stopping: Callable[[], bool]) -> tuple[Sent, str]:
    """Send every notice that is due; say how it went, and why some could not be written, if so.

    One that cannot be written waits and keeps no other. Raises DkimError where a key cannot be
    used: nothing leaves without its signature.
    """
    problems: dict[str, None] = {}
    outbox = outbox_of(app, app.notices, _writer(app, problems), counted="notice")
    sent = outbox.run(stopping)
    for problem in problems:
        log.error("notices wait: %s", problem)
    return sent, "; ".join(problems)


def _writer(
    app: App, problems: dict[str, None]
) -> Callable[[Delivery], Callable[[datetime], bytes]]:
    """Return the function that writes notices; what is wrong with their templates is noted."""
    signer = signer_of(app)

    def write(delivery: Delivery) -> Callable[[datetime], bytes]:
        if not isinstance(delivery, Notice):
            raise TypeError("only notices are written here")
        try:
            mail = _written(app, delivery)
        except TemplateError as error:
            problems[str(error)] = None
            raise UnwrittenError(str(error)) from error
        return lambda sent_at: signer.signed(mail, at=sent_at) if signer else mail

    return write


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
