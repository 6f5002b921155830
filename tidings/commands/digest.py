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
from tidings.explaining import coming_words
from tidings.logs import set_up_logging
from tidings.mailing import coming_mail, preview_mail, replayed_mail, send_preview
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
        mail = (
            _mail_for(app, bulletin, address, options)
            if options.reader
            else _mail(app, bulletin, address, options.edition)
        )
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


def _mail_for(
    app: App, bulletin: BulletinSettings, address: str, options: argparse.Namespace
) -> bytes:
    """Say what each rule of a subscriber takes; return the mail of the next that takes something.

    What is printed for a program or a browser is the mail alone: there the rules are a message.
    """
    reader = _address(options.reader)
    found = [
        one
        for one in app.subscribers.of_address(reader)
        if one.bulletin == bulletin.slug and one.ended is None
    ]
    if not found:
        raise CommandError(f"{reader} does not get {bulletin.slug}", code=USAGE)
    (subscription,) = found
    taken = app.coming.of(subscription, language=bulletin.language)
    is_page = not (options.html or options.eml or options.open or options.send_to)
    for rule, items in zip(subscription.rules, taken, strict=True):
        line = coming_words(rule, len(items), subscription.time_zone)
        sys.stdout.write(f"{line}\n") if is_page else sys.stderr.write(f"{line}\n")
    waiting = [
        (rule.next_digest or app.clock(), place)
        for place, rule in enumerate(subscription.rules)
        if taken[place]
    ]
    if not waiting:
        raise CommandError(f"{reader}: none of these rules takes anything now", code=FAILED)
    if is_page:
        sys.stdout.write("\n")
    _, place = min(waiting)
    return coming_mail(app, bulletin, subscription, taken[place], address)


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
