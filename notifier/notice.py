"""A notice becomes the bytes of a mail: asked for by the one who gets it, and like nothing else."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from feeds.addresses import page_address
from notifier.notice_store import CONFIRM, VALID

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import BulletinSettings, MailSettings
    from feeds.render import Renderer
    from notifier.notice_store import Notice

# As in notifier.mail: no header is folded into encoded words, no line of a body is too long.
_HEADERS = SMTP.clone(max_line_length=998)


def notice_mail(  # noqa: PLR0913 - what it is made of
    notice: Notice,
    bulletin: BulletinSettings,
    *,
    settings: MailSettings,
    base_url: str,
    renderer: Renderer,
    sent_at: datetime,
) -> bytes:
    """Return the mail; at each try the same but for its date. Raises TemplateError."""
    path = "confirm" if notice.kind == CONFIRM else "preferences"
    values = {
        "kind": notice.kind,
        "bulletin": bulletin,
        "language": renderer.translations.best(notice.language),
        "action_url": f"{base_url}/{path}/{notice.token}",
        "unsubscribe_url": f"{base_url}/unsubscribe/{notice.token}",
        "page_url": page_address(base_url, bulletin.slug),
        "days": VALID.days,
    }
    values["subject"] = " ".join(renderer.render("notice/subject.txt", **values).split())
    message = EmailMessage(policy=_HEADERS.clone(utf8=not notice.address.isascii()))
    name, sender = parseaddr(settings.sender)
    message["Date"] = format_datetime(sent_at.replace(microsecond=0))
    message["From"] = str(Address(name or bulletin.title, addr_spec=sender))
    message["To"] = notice.address
    if settings.reply_to:
        message["Reply-To"] = settings.reply_to
    message["Subject"] = values["subject"]
    message["Message-ID"] = notice.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if notice.kind != CONFIRM:
        message["List-Unsubscribe"] = f"<{values['unsubscribe_url']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(renderer.render("notice/body.txt", **values), cte="quoted-printable")
    html = renderer.render("notice/body.html", **values)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_tidings_{notice.message_id.strip('<>').partition('@')[0]}")
    message["Content-Language"] = str(values["language"])
    return message.as_bytes()
