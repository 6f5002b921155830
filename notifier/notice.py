"""A notice becomes the bytes of a mail: asked for by the one who gets it, and like nothing else."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from feeds.addresses import page_address
from notifier.mail_headers import HEADERS, list_id, one_line, sender_domain, sender_headers, uri
from notifier.notice_store import CONFIRM, VALID

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import BulletinSettings, MailSettings
    from feeds.render import Renderer
    from notifier.notice_store import Notice

# Encoded lines of bodies are as long as RFC 2045 allows.
_BODIES = SMTP.clone(max_line_length=76)


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
    values: dict[str, Any] = {
        "kind": notice.kind,
        "bulletin": bulletin,
        "language": renderer.translations.best(notice.language),
        "action_url": f"{base_url}/{path}/{notice.token}",
        "unsubscribe_url": f"{base_url}/unsubscribe/{notice.token}",
        "page_url": page_address(base_url, bulletin.slug),
        "subscribe_url": f"{base_url}/subscribe/{bulletin.slug}",
        "days": VALID.days,
    }
    values["subject"] = one_line(renderer.render("notice/subject.txt", **values))
    message = EmailMessage(policy=_BODIES)
    message.set_content(renderer.render("notice/body.txt", **values), cte="quoted-printable")
    html = renderer.render("notice/body.html", **values)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_tidings_{notice.message_id.strip('<>').partition('@')[0]}")
    headers = EmailMessage(policy=HEADERS)
    for name, value in [
        ("Date", format_datetime(sent_at.replace(microsecond=0))),
        *sender_headers(bulletin.title, settings),
        ("To", notice.address),
        ("Subject", values["subject"]),
        ("Message-ID", notice.message_id),
        *_list_headers(notice, bulletin, settings, values),
        ("Content-Language", values["language"]),
    ]:
        headers[name] = value
    return headers.as_bytes().removesuffix(b"\r\n") + message.as_bytes()


def _list_headers(
    notice: Notice, bulletin: BulletinSettings, settings: MailSettings, values: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return what sorts a notice to the mails of its list, and keeps machines from answering.

    Who is asked has no way out but to do nothing.
    """
    ways = [
        ("List-Unsubscribe", f"<{values['unsubscribe_url']}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]
    return [
        ("List-Id", list_id(bulletin.title, bulletin.slug, sender_domain(settings))),
        *(ways if notice.kind != CONFIRM else []),
        ("List-Subscribe", f"<{uri(values['subscribe_url'])}>"),
        ("List-Post", "NO"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    ]
