"""The mails that were written to disk, for the browser of the operator."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from notifier.pages import MailView, mails_page

if TYPE_CHECKING:
    from pathlib import Path

    from tidings.app import App

# Enough to see what went out; all are in the folder.
_LISTED = 100
_NAME = re.compile(r"[A-Za-z0-9_.@+-]+\.eml")
_TYPES = {"html": "text/html", "text": "text/plain", "eml": "text/plain"}


def mail_list(app: App) -> str:
    """Return the page that lists the latest mails."""
    paths = sorted(app.mails.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    mails = [_view(path) for path in paths[:_LISTED]]
    return mails_page(mails, site=app.settings.site, renderer=app.renderer)


def _view(path: Path) -> MailView:
    with path.open("rb") as file:
        headers = BytesHeaderParser(policy=policy.default).parse(file)
    return MailView(
        name=path.name,
        subject=str(headers["Subject"]),
        recipient=str(headers["To"]),
        date=parsedate_to_datetime(str(headers["Date"])),
    )


def mail_part(app: App, name: str, part: str) -> tuple[bytes, str] | None:
    """Return a part of a mail (html, text or eml) with its media type; None where there is none."""
    path = app.mails / name
    if part not in _TYPES or not _NAME.fullmatch(name) or not path.is_file():
        return None
    content = path.read_bytes()
    if part == "eml":
        return content, _TYPES[part]
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("html" if part == "html" else "plain",))
    if body is None:
        return None
    return str(body.get_content()).encode(), _TYPES[part]
