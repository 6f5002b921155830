"""A mail to the operator: what all of them have in common."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from tidings.app import mail_domain

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings


def operator_mail(
    subject: str, text: str, *, name: str, settings: Settings, sent_at: datetime
) -> bytes:
    """Return a mail to the operator; the same news have the same ``name`` and so Message-ID."""
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(sent_at.replace(microsecond=0))
    message["From"] = settings.mail.sender
    message["To"] = settings.mail.operator
    message["Subject"] = f"Tidings: {' '.join(subject.split())}"
    message["Message-ID"] = f"<{name}@{mail_domain(settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message.as_bytes()
