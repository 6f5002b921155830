"""From a delivery to the bytes of its mail: what the outbox is wired with."""

from __future__ import annotations

from email.utils import parseaddr
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING

from notifier.compose import digest_of
from notifier.mail import DigestMail
from notifier.model import Form
from notifier.outbox import Outbox
from notifier.transport import open_transport
from tidings.app import mail_domain

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from config.settings import BulletinSettings
    from feeds.model import Item
    from notifier.model import Delivery
    from tidings.app import App

# Editions whose rendered mail is kept while a run sends them to one subscriber after another.
_KEPT = 8
# Answers that one mail waits for, from the greeting to the end.
_STEPS = 10
# Items in a preview where no edition is due.
_LATEST = 10


def open_outbox(app: App) -> Outbox:
    """Return the outbox, ready to run."""
    settings = app.settings
    return Outbox(
        deliveries=app.deliveries,
        transport=open_transport(settings.mail, app.mails),
        settings=settings.mail,
        write=_writer(app),
        sender=parseaddr(settings.mail.sender)[1],
        # A relay may take its time at each of the steps of a mail.
        lease=settings.server.lease + _STEPS * settings.mail.timeout,
        clock=app.clock,
    )


def _writer(app: App) -> Callable[[Delivery, datetime], bytes | None]:
    """Return the function that writes a delivery's mail; an edition is rendered once."""

    @lru_cache(maxsize=_KEPT)
    def edition_mail(edition_id: int) -> DigestMail | None:
        edition = app.editions.edition(edition_id)
        bulletin = app.settings.bulletin(edition.bulletin)
        if bulletin is None:
            return None
        return _rendered(
            app,
            bulletin,
            app.editions.items(edition_id),
            number=edition.number,
            form=edition.form,
        )

    def write(delivery: Delivery, sent_at: datetime) -> bytes | None:
        mail = edition_mail(delivery.edition_id)
        if mail is None:
            return None
        return mail.for_recipient(
            address=delivery.address,
            unsubscribe_url=_unsubscribe_url(app, delivery.token),
            message_id=delivery.message_id,
            sent_at=sent_at,
        )

    return write


def _rendered(
    app: App,
    bulletin: BulletinSettings,
    items: tuple[Item, ...],
    *,
    number: int,
    form: Form = Form.HTML,
) -> DigestMail:
    digest = digest_of(items, bulletin, base_url=app.settings.base_url, number=number)
    return DigestMail(
        digest,
        settings=app.settings.mail,
        base_url=app.settings.base_url,
        renderer=app.renderer,
        form=form,
    )


def _unsubscribe_url(app: App, token: str) -> str:
    return f"{app.settings.base_url}/unsubscribe/{token}"


def preview_mail(app: App, bulletin: BulletinSettings, address: str) -> bytes | None:
    """Return the mail of the next edition, of the latest items where none is due.

    None where the bulletin has no items yet. Its way out leads nowhere: it is no subscriber's.
    """
    items = app.editions.next_items(bulletin.slug) or tuple(
        item for item in app.items.latest(bulletin.slug, _LATEST) if item.withdrawn is None
    )
    if not items:
        return None
    mail = _rendered(app, bulletin, items, number=0)
    return mail.for_recipient(
        address=address,
        unsubscribe_url=_unsubscribe_url(app, "preview"),
        message_id=f"<preview.{bulletin.slug}.{token_hex(8)}@{mail_domain(app.settings)}>",
        sent_at=app.clock(),
    )


def send_preview(app: App, address: str, mail: bytes) -> str:
    """Send a preview, and return the relay's answer. Raises TransportError."""
    transport = open_transport(app.settings.mail, app.mails)
    try:
        return transport.send(parseaddr(app.settings.mail.sender)[1], address, mail)
    finally:
        transport.close()
