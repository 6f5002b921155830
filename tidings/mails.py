"""The mails that were written to disk, for the browser of the operator."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from feeds.text import clean_text
from notifier.pages import MailView, mails_page
from tidings.documents import is_file

if TYPE_CHECKING:
    from pathlib import Path

    from tidings.app import App

# Enough to see what went out; all are in the folder.
_LISTED = 100
_NAME = re.compile(r"[A-Za-z0-9_.@+-]+\.eml")
# No mail has such a name: files are named by Message-IDs of ours.
_PREVIEW = "next+"
_TYPES = {"html": "text/html", "text": "text/plain", "eml": "text/plain"}


def mail_list(app: App) -> str:
    """Return the page that lists the latest mails."""
    dated = [
        (written, path)
        for path in app.mails.glob("*.eml")
        if _NAME.fullmatch(path.name) and (written := _written(path)) is not None
    ]
    mails = [_view(path, written) for written, path in sorted(dated, reverse=True)[:_LISTED]]
    coming = [(preview_name(one.slug), one.title) for one in app.settings.bulletins]
    return mails_page(mails, coming, site=app.settings.site, renderer=app.renderer)


def _written(path: Path) -> datetime | None:
    """Return when a file was written; None where it is gone or no file."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else None
    except OSError:
        return None


def _view(path: Path, written: datetime) -> MailView:
    """Return how a mail is listed; of one that is not ours, or only half there, what it has."""
    try:
        with path.open("rb") as file:
            # Headers that are read as they stand raise on nothing that a file may hold.
            headers = BytesHeaderParser(policy=policy.compat32).parse(file)
    except OSError:
        headers = Message()
    try:
        date = parsedate_to_datetime(_header(headers, "Date"))
    except ValueError:
        date = written
    return MailView(
        name=path.name,
        subject=_header(headers, "Subject") or path.name,
        recipient=_header(headers, "To") or "nobody",
        date=date,
    )


def _header(headers: Message, name: str) -> str:
    """Return a header in words; as it stands where its coding cannot be read."""
    text = str(headers[name] or "")
    with suppress(HeaderParseError, LookupError, ValueError):
        text = str(make_header(decode_header(text)))
    return clean_text(text)


def mail_part(app: App, name: str, part: str) -> tuple[bytes, str] | None:
    """Return a part of a mail (html, text or eml) with its media type; None where there is none."""
    if part in _TYPES and (mail := _preview(app, name)):
        return _shown(mail, part)
    path = app.mails / name
    if part not in _TYPES or not _NAME.fullmatch(name) or not is_file(path):
        return None
    return _shown(path.read_bytes(), part)


def _preview(app: App, name: str) -> bytes | None:
    """Return the mail that a bulletin's next edition would be; None for another name."""
    slug = name.removeprefix(_PREVIEW).removesuffix(".eml")
    bulletin = app.settings.bulletin(slug)
    if bulletin is None or name != preview_name(slug):
        return None
    from tidings.mailing import preview_mail

    return preview_mail(app, bulletin, "reader@example.org")


def preview_name(slug: str) -> str:
    """Return the name under which the next edition of a bulletin is shown."""
    return f"{_PREVIEW}{slug}.eml"


def _shown(content: bytes, part: str) -> tuple[bytes, str] | None:
    if part == "eml":
        return content, _TYPES[part]
    message = message_from_bytes(content, policy=policy.default)
    try:
        body = message.get_body(("html" if part == "html" else "plain",))
        text = "" if body is None else str(body.get_content())
    except (LookupError, ValueError):
        # A coding that nobody knows: the whole mail can be read still.
        return None
    return (text.encode("utf-8", "replace"), _TYPES[part]) if text else None
