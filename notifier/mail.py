"""A digest becomes the bytes of a mail (RFC 5322, 2369, 2919, 8058), the same each time.

Rendering is done once for an edition; a recipient's own lines are put into finished bytes.
"""

from __future__ import annotations

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import MailSettings
    from feeds.render import Renderer
    from notifier.model import Digest

# Python folds a header token of over 78 characters into encoded words, and receivers then see
# no List-Unsubscribe. Lines may be as long as RFC 5322 allows.
_POLICY = SMTP.clone(max_line_length=998)
# Stand in the rendered text for what differs between recipients; letters only, so that neither
# quoted-printable nor escaping touches them.
_WAY_OUT = "https://unsubscribe.invalid/TidingsWayOut"
_TO = "tidings-recipient@invalid.invalid"
_ID = "<tidings-message-id@invalid.invalid>"
_DATE = "Thu, 01 Jan 1970 00:00:00 +0000"
_LABEL = re.compile(r"[^a-z0-9-]+")


class DigestMail:
    """The mail of one digest, to be addressed to any number of recipients."""

    def __init__(
        self, digest: Digest, *, settings: MailSettings, base_url: str, renderer: Renderer
    ) -> None:
        """Render subject and bodies. Raises TemplateError."""
        values = {"digest": digest, "unsubscribe_url": _WAY_OUT, "base_url": base_url}
        subject = " ".join(renderer.render("digest/subject.txt", **values).split())
        values["subject"] = subject
        message = EmailMessage(policy=_POLICY)
        for name, value in _headers(digest, subject, settings):
            message[name] = value
        message.set_content(renderer.render("digest/body.txt", **values), cte="quoted-printable")
        html = _inlined(renderer.render("digest/body.html", **values))
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        # The boundary is random by default, and the bytes would differ from try to try.
        message.set_boundary(_boundary(digest))
        self._bytes = message.as_bytes()

    def for_recipient(
        self, *, address: str, unsubscribe_url: str, message_id: str, sent_at: datetime
    ) -> bytes:
        """Return the mail to one recipient; ``sent_at`` is the time of this try."""
        date = format_datetime(sent_at.replace(microsecond=0))
        return (
            _replaced_in_bodies(self._bytes, _WAY_OUT, unsubscribe_url)
            .replace(_TO.encode(), str(_address(address)).encode(), 1)
            .replace(_ID.encode(), message_id.encode(), 1)
            .replace(_DATE.encode(), date.encode(), 1)
        )


def _replaced_in_bodies(message: bytes, placeholder: str, value: str) -> bytes:
    """Put a value in the place of another, in the headers as it is and in the bodies encoded."""
    head, _, bodies = message.partition(b"\r\n\r\n")
    bodies = bodies.replace(b"=\r\n", b"\x00")
    encoded = value.replace("=", "=3D").encode()
    spread = b"\x00?".join(re.escape(bytes([byte])) for byte in placeholder.encode())
    bodies = re.sub(spread, lambda _: encoded, bodies).replace(b"\x00", b"=\r\n")
    return head.replace(placeholder.encode(), value.encode()) + b"\r\n\r\n" + bodies


def _address(address: str) -> Address:
    return Address(addr_spec=address)


def _headers(digest: Digest, subject: str, settings: MailSettings) -> list[tuple[str, str]]:
    name, sender = parseaddr(settings.sender)
    domain = sender.rpartition("@")[2]
    label = _LABEL.sub("-", digest.bulletin).strip("-")
    return [
        ("Date", _DATE),
        ("From", str(Address(name or digest.title, addr_spec=sender))),
        ("To", _TO),
        *([("Reply-To", settings.reply_to)] if settings.reply_to else []),
        ("Subject", subject),
        ("Message-ID", _ID),
        ("List-Id", f"<{label}.{domain}>"),
        ("List-Unsubscribe", f"<{_WAY_OUT}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Post", "NO"),
        ("List-Archive", f"<{digest.page_url}>"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Language", digest.language),
    ]


def _boundary(digest: Digest) -> str:
    text = f"{digest.bulletin}/{digest.number}"
    return f"=_tidings_{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _inlined(html: str) -> str:
    """Put the styles onto the elements: many readers drop the style sheet."""
    import css_inline

    # Its default would fetch style sheets that a template names, from our own server.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    return str(inliner.inline(html))
