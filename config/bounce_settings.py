"""The settings of mails that come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path  # noqa: TC003 - the loader reads the kinds of the fields

from config.kinds import MailSecurity, Port, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceSettings:
    """Where mails come back, and how long an address that does not take them is borne with."""

    maildir: Path | None = setting(
        None, "Maildir of bounces, complaints and mails that unsubscribe; empty: none."
    )
    imap_host: str = setting("", "IMAP server of such a mailbox; empty: none.")
    imap_port: Port = setting(993, "Its port.")
    imap_security: MailSecurity = setting("tls", "tls, starttls (port 143), or none.")
    imap_user: str = setting("", "Login name there.")
    imap_password: str = setting(
        "", "Password there; better by TIDINGS_BOUNCES_IMAP_PASSWORD_FILE.", secret=True
    )
    imap_folder: str = setting("INBOX", "Folder that is read; foreign mail in it is left alone.")
    imap_done: str = setting(
        "", "Folder to which our own reports are moved; empty: they are marked as read."
    )
    webhook_secret: str = setting(
        "", "Secret of those who may POST reports to /bounces; empty: nobody may.", secret=True
    )
    every: timedelta = setting(timedelta(minutes=5), "How often they are read.")
    within: timedelta = setting(
        timedelta(days=60), "Temporary bounces count together within this time."
    )
    slow_after: int = setting(
        3, "After so many in a row an address hears at most once a week, until a mail arrives."
    )
    suppress_after: int = setting(6, "After so many in a row it is not written to any more.")

    @property
    def are_read(self) -> bool:
        """Whether there is a mailbox to read."""
        return self.maildir is not None or bool(self.imap_host)
