"""The mail that tells the operator something: plain, and with the marks of a list to filter by."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from notifier.mail_headers import one_line, sender_domain

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import MailSettings

# Encoded lines of bodies are as long as RFC 2045 allows.
_BODIES = SMTP.clone(max_line_length=76)


def operator_mail(
    subject: str, text: str, *, name: str, settings: MailSettings, sent_at: datetime
) -> bytes:
    """Return the mail; the same news have the same ``name``, and so the same Message-ID."""
    message = EmailMessage(policy=_BODIES)
    message["Date"] = format_datetime(sent_at.replace(microsecond=0))
    message["From"] = settings.sender
    message["To"] = settings.operator
    message["Subject"] = one_line(f"Tidings: {subject}")
    message["Message-ID"] = f"<{name}@{sender_domain(settings)}>"
    message["List-Id"] = f"Tidings <alerts.{sender_domain(settings)}>"
    message["List-Post"] = "NO"
    message["Precedence"] = "bulk"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    return message.as_bytes()
