"""``tidings run``: the service."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from tidings.app import load_or_default, load_settings
from tidings.commands.desk import sign_in_address
from tidings.logs import set_up_logging
from tidings.terminal import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from config.settings import Settings
    from tidings.app import App

log = logging.getLogger("tidings.service")


def run(options: argparse.Namespace) -> int:
    """Serve and do the due work until a signal says stop."""
    from tidings.service import serve

    set_up_logging(quiet=options.quiet, debug=options.debug)
    return serve(_loading(options), announce=tell)


def _loading(options: argparse.Namespace) -> Callable[[], Settings]:
    """Return what reads the configuration, which must stay once it was there.

    What the command line says of the address to listen on counts.
    """
    load = load_or_default

    def loading() -> Settings:
        nonlocal load
        load = load_settings if options.config.exists() else load
        return with_address(load(options.config), host=options.host, port=options.port)

    return loading


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
    if not settings.bulletins:
        log.warning(
            "%s: no bulletin is configured; add one at /desk/new, or with: tidings init URL",
            settings.path,
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
