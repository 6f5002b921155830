"""``tidings run``: the service."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from tidings.app import load_settings, open_app
from tidings.cli import USAGE, CommandError
from tidings.commands.desk import sign_in_address
from tidings.logs import set_up_logging
from tidings.mailing import check_templates
from tidings.terminal import say

if TYPE_CHECKING:
    import argparse

    from config.settings import Settings
    from tidings.app import App

log = logging.getLogger("tidings.service")


def run(options: argparse.Namespace) -> int:
    """Serve and do the due work until a signal says stop."""
    from tidings.service import serve

    set_up_logging(quiet=options.quiet, debug=options.debug)
    settings = with_address(load_settings(options.config), host=options.host, port=options.port)
    if not settings.bulletins:
        raise CommandError(
            f"{settings.path}: no bulletin is configured; add one with: tidings init URL",
            code=USAGE,
        )
    with open_app(settings) as app:
        # Before any mail: what is wrong in a template of the operator's is said now.
        check_templates(app)
        return serve(
            app, host=settings.server.host, port=settings.server.port, announce=lambda: tell(app)
        )


def with_address(settings: Settings, *, host: str, port: int) -> Settings:
    """Let the command line decide where to listen."""
    server = settings.server
    return replace(
        settings, server=replace(server, host=host or server.host, port=port or server.port)
    )


def tell(app: App) -> None:
    """Say in the log where the service listens and how mail leaves."""
    settings = app.settings
    log.info(
        "serving %s/ on %s port %d", settings.base_url, settings.server.host, settings.server.port
    )
    if settings.desk.has_sign_in:
        log.info("the desk is at %s/desk/", settings.base_url)
    elif sys.stdout.isatty():
        say(f"the desk, for the next quarter of an hour: {sign_in_address(app)}")
    else:
        log.info("to sign in at the desk: tidings desk link")
    if settings.bucket.address:
        log.info("documents go to %s; they are not served here", settings.bucket.address)
    if settings.mail.host:
        log.info("mail leaves through %s port %d", settings.mail.host, settings.mail.port)
    else:
        log.warning(
            "no relay in [mail] host: mails are written to %s and shown at %s/mails/",
            app.mails,
            settings.base_url,
        )
