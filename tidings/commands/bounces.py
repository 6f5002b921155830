"""``tidings bounces``: read the mails that came back, or say what each of them would do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from notifier.mailboxes import MailboxError
from tidings.app import load_settings, open_app
from tidings.bouncing import look_at_reports, note, open_returns, read_reports
from tidings.cli import OK, USAGE, CommandError
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse

    from notifier.returns import Taken
    from tidings.app import App


def run(options: argparse.Namespace) -> int:
    """Take mails that came back; with --dry-run only say what would follow."""
    if options.file and options.mailbox:
        raise CommandError("either FILE or --mailbox, not both", code=USAGE)
    with open_app(load_settings(options.config), register=False) as app:
        found = _from_file(app, options) if options.file else _from_mailboxes(app, options)
    if options.json:
        say_json(
            [
                {
                    "mail": name,
                    "kind": one.kind.value,
                    "follows": one.follows.value,
                    "why": one.words,
                }
                for name, one in found
            ]
        )
    elif found:
        say_table(
            ("mail", "is", "follows", "why"),
            [(name, one.kind.value, one.follows.value, one.words) for name, one in found],
        )
    return OK


def _from_file(app: App, options: argparse.Namespace) -> list[tuple[str, Taken]]:
    if options.file == "-":
        mail = sys.stdin.buffer.read()
    else:
        with open(options.file, "rb") as file:  # noqa: PTH123 - a name of the command line
            mail = file.read()
    taken = open_returns(app).take(mail, dry=options.dry_run)
    if not options.dry_run:
        note(taken)
    return [(options.file, taken)]


def _from_mailboxes(app: App, options: argparse.Namespace) -> list[tuple[str, Taken]]:
    if not app.settings.bounces.are_read:
        raise CommandError(
            "no mailbox of reports is configured; name one by [bounces] maildir or imap_host",
            code=USAGE,
        )
    if not options.dry_run:
        taken = read_reports(app, lambda: False)
        say(f"{taken} mails were ours")
        return []
    try:
        return look_at_reports(app)
    except MailboxError as error:
        raise CommandError(str(error)) from error
