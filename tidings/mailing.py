"""From a delivery to the bytes of its mail: what the outbox is wired with."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from email.utils import parseaddr
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING

from notifier.courier import UnwrittenError
from notifier.dkim import DkimError, open_signer
from notifier.mail import DigestMail
from notifier.model import Form
from notifier.outbox import Outbox
from notifier.relays import ways_out
from notifier.suppression_store import Reason
from notifier.tokens import bounce_address
from tidings.app import mail_domain
from tidings.issues import coming_digest, edition_digest, next_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from config.settings import BulletinSettings
    from feeds.model import Item
    from notifier.dkim import Signer
    from notifier.model import Delivery, Digest, Subscription
    from notifier.outbox_store import OutboxStore
    from notifier.tokens import Counted
    from tidings.app import App

    Write = Callable[[Delivery], Callable[[datetime], bytes]]

# Editions whose rendered mail is kept while a run sends them to one subscriber after another.
_KEPT = 8
# Answers that one mail waits for, from the greeting to the end.
_STEPS = 10


def open_outbox(app: App) -> Outbox:
    """Return the outbox, ready to run. Raises DkimError where a key cannot be used."""
    return outbox_of(app, app.deliveries, _writer(app), counted="bounce")


def outbox_of(app: App, deliveries: OutboxStore, write: Write, *, counted: Counted) -> Outbox:
    """Return an outbox of some rows, each with an address of its own for bounces."""
    settings = app.settings
    mail = settings.mail
    # A folder takes mails as fast as one thread can write them.
    one_only = replace(mail, connections=1)
    secret = app.subscribers.signing_secret()
    bounce, sender = parseaddr(mail.bounce)[1], parseaddr(mail.sender)[1]
    return Outbox(
        deliveries=deliveries,
        paces=app.paces,
        open_way=ways_out(mail, app.mails, app.clock),
        settings=mail if mail.all_relays else one_only,
        write=write,
        sender=lambda delivery: (
            bounce_address(bounce, delivery.id, secret=secret, of=counted) if bounce else sender
        ),
        suppress=lambda address: app.suppressions.suppress(
            address, Reason.BOUNCED, now=app.clock()
        ),
        # A relay may take its time at each of the steps of a mail.
        lease=settings.server.lease + _STEPS * mail.timeout,
        clock=app.clock,
    )


def signer_of(app: App) -> Signer | None:
    """Return what signs mails; None where no key is configured. Raises DkimError."""
    return open_signer(app.settings.mail, mail_domain(app.settings))


def _writer(app: App) -> Write:
    """Return the function that writes deliveries' mails; an edition is rendered once."""
    signer = signer_of(app)

    @lru_cache(maxsize=_KEPT)
    def edition_mail(edition_id: int) -> DigestMail | None:
        edition = app.editions.edition(edition_id)
        bulletin = app.settings.bulletin(edition.bulletin)
        if bulletin is None:
            return None
        return _rendered(
            app, edition_digest(app, edition, bulletin), form=edition.form, signer=signer
        )

    def write(delivery: Delivery) -> Callable[[datetime], bytes]:
        mail = edition_mail(delivery.edition_id)
        if mail is None:
            raise UnwrittenError("its bulletin is not configured")
        ways = _ways(app, delivery.token, delivery.subscription_id)
        return lambda sent_at: mail.for_recipient(
            address=delivery.address, message_id=delivery.message_id, sent_at=sent_at, **ways
        )

    return write


def _rendered(
    app: App, digest: Digest, *, form: Form = Form.HTML, signer: Signer | None
) -> DigestMail:
    return DigestMail(
        digest,
        settings=app.settings.mail,
        base_url=app.settings.base_url,
        renderer=app.renderer,
        form=form,
        signer=signer,
    )


def _ways(app: App, token: str, subscription: int | None = None) -> dict[str, str]:
    """Return the addresses by which whoever has a token changes or ends what they get."""
    base_url = app.settings.base_url
    ways = {
        "unsubscribe_url": f"{base_url}/unsubscribe/{token}",
        "preferences_url": f"{base_url}/preferences/{token}",
    }
    if bounce := parseaddr(app.settings.mail.bounce)[1]:
        local, _, domain = bounce.rpartition("@")
        written = "preview" if subscription is None else app.subscribers.mail_token(subscription)
        ways["unsubscribe_mailbox"] = f"{local}+{written}@{domain}"
    return ways


def preview_mail(app: App, bulletin: BulletinSettings, address: str) -> bytes | None:
    """Return the mail of the next edition, of the latest items where none is due.

    None where the bulletin has no items yet. Its ways out lead nowhere: it is no subscriber's.
    """
    digest = next_digest(app, bulletin)
    if digest is None:
        return None
    # Once more sent is once more to be read: the same Message-ID would be taken for a copy.
    name = f"preview.{bulletin.slug}.{token_hex(8)}"
    return mail_to_operator(app, digest, address, name=name)


def coming_mail(
    app: App,
    bulletin: BulletinSettings,
    subscription: Subscription,
    items: Sequence[Item],
    address: str,
) -> bytes:
    """Return the mail of what a rule of a subscription would take now."""
    digest = coming_digest(app, bulletin, subscription, items)
    name = f"preview.{bulletin.slug}.{token_hex(8)}"
    return mail_to_operator(app, digest, address, name=name, form=subscription.form)


def replayed_mail(app: App, bulletin: BulletinSettings, number: int, address: str) -> bytes | None:
    """Return an edition as it was sent, but for the lines of its recipient; None where none is.

    It is dated as its last mail was, and so the same whenever it is asked for.
    """
    edition = app.editions.numbered(bulletin.slug, number)
    if edition is None:
        return None
    digest = edition_digest(app, edition, bulletin, is_replay=True)
    return mail_to_operator(
        app,
        digest,
        address,
        name=f"replay.{bulletin.slug}.{number}",
        form=edition.form,
        sent_at=edition.sent or edition.opened,
    )


def mail_to_operator(  # noqa: PLR0913 - what a mail is made of
    app: App,
    digest: Digest,
    address: str,
    *,
    name: str,
    form: Form = Form.HTML,
    sent_at: datetime | None = None,
) -> bytes:
    """Return the mail of a digest to somebody who is no subscriber: its ways out lead nowhere."""
    mail = _rendered(app, digest, form=form, signer=signer_of(app))
    return mail.for_recipient(
        address=address,
        message_id=f"<{name}@{mail_domain(app.settings)}>",
        sent_at=sent_at or app.clock(),
        **_ways(app, "preview"),
    )


def send_alone(app: App, address: str, message: bytes) -> str:
    """Sign and send a mail that is no digest; return the relay's answer. Raises TransportError."""
    signer = None
    with suppress(DkimError):
        # A key that cannot be used is told of where digests leave; this mail may tell of it.
        signer = signer_of(app)
    with conversation(app, signer) as hand_over:
        return hand_over(address, message)


def send_preview(app: App, address: str, mail: bytes) -> str:
    """Send a preview, which is signed; return the relay's answer. Raises TransportError."""
    with conversation(app) as hand_over:
        return hand_over(address, mail)


@contextmanager
def conversation(app: App, signer: Signer | None = None) -> Iterator[Callable[[str, bytes], str]]:
    """Give what hands over mails that are no digests, one after another, and signs them.

    It takes an address and a mail, returns the relay's answer and raises TransportError. The
    relays are asked in their order; the first is spoken to when there is a mail.
    """
    transport = ways_out(app.settings.mail, app.mails, app.clock)()
    sender = parseaddr(app.settings.mail.sender)[1]

    def hand_over(address: str, message: bytes) -> str:
        signed = signer.signed(message, at=app.clock()) if signer else message
        return transport.send(sender, address, signed)

    try:
        yield hand_over
    finally:
        transport.close()
