"""``tidings digest``: the next edition's mail before it is sent, or one that was, again."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from tidings.app import load_settings, open_app
from tidings.cli import OK, CommandError
from tidings.editions import edition_mail, send_test, test_recipient
from tidings.logs import set_up_logging
from tidings.mailing import check_templates
from tidings.terminal import say

if TYPE_CHECKING:
    import argparse
    from email.message import EmailMessage

# Who a preview is addressed to: nobody (RFC 2606).
_NOBODY = "reader@example.org"


def run(options: argparse.Namespace) -> int:
    """Print the mail in the wanted form, or send it somewhere as a test."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    with open_app(load_settings(options.config), register=False) as app:
        bulletin = app.bulletin(options.bulletin)
        if options.send_to:
            address = test_recipient(app, options.send_to)
            say(f"{address}: {send_test(app, bulletin, address, options.edition)}")
            return OK
        # Also what stands in none of the items of today.
        check_templates(app)
        mail = edition_mail(app, bulletin, _NOBODY, options.edition)
    if options.eml:
        sys.stdout.buffer.write(mail)
        return OK
    message = message_from_bytes(mail, policy=policy.default)
    if options.open:
        return _open(_part(message, "html"))
    say(_part(message, "html" if options.html else "plain"))
    return OK


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
