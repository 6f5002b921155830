"""``tidings digest``: the next edition's mail before it is sent, or one that was, again."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from notifier.address import parse_address
from tidings.app import load_settings, open_app
from tidings.cli import FAILED, OK, USAGE, CommandError
from tidings.logs import set_up_logging
from tidings.mailing import preview_mail, replayed_mail, send_preview
from tidings.terminal import say
from tidings.trials import check_templates

if TYPE_CHECKING:
    import argparse
    from email.message import EmailMessage

    from config.settings import BulletinSettings
    from tidings.app import App

# Who a preview is addressed to: nobody (RFC 2606).
_NOBODY = "reader@example.org"


def run(options: argparse.Namespace) -> int:
    """Print the mail in the wanted form, or send it somewhere as a test."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    with open_app(load_settings(options.config), register=False) as app:
        bulletin = app.bulletin(options.bulletin)
        address = _address(options.send_to) if options.send_to else _NOBODY
        # Also what stands in none of the items of today.
        check_templates(app)
        mail = _mail(app, bulletin, address, options.edition)
        if options.send_to:
            say(f"{address}: {send_preview(app, address, mail)}")
            return OK
    if options.eml:
        sys.stdout.buffer.write(mail)
        return OK
    message = message_from_bytes(mail, policy=policy.default)
    if options.open:
        return _open(_part(message, "html"))
    say(_part(message, "html" if options.html else "plain"))
    return OK


def _mail(app: App, bulletin: BulletinSettings, address: str, number: int | None) -> bytes:
    """Return the mail of the next edition, or of the one with a number."""
    if number is None:
        mail = preview_mail(app, bulletin, address)
        problem = f"nothing was read yet; run first: tidings check {bulletin.slug}"
    else:
        mail = replayed_mail(app, bulletin, number, address)
        problem = f"there is no edition {number}; the latest ones stand in the digests on its page"
    if mail is None:
        raise CommandError(f"{bulletin.slug}: {problem}", code=FAILED)
    return mail


def _address(text: str) -> str:
    try:
        return parse_address(text)
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    content = part.get_content() if part is not None else ""
    return str(content).replace("\r\n", "\n").rstrip()


def _open(html: str) -> int:
    # It must outlive this program: the browser reads it when it likes.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="tidings-digest-", suffix=".html", delete=False
    ) as file:
        file.write(html)
    if not webbrowser.open(f"file://{file.name}"):
        raise CommandError(f"no browser could be started; open {file.name} yourself")
    say(file.name)
    return OK
