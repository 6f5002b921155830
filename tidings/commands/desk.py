"""``tidings desk``: who may sign in at the operator's part of the web face."""

from __future__ import annotations

import getpass
import os
import sys
from typing import TYPE_CHECKING

from config.load import parse
from tidings.app import load_settings, open_app
from tidings.cli import DEFAULT_CONFIG, OK, USAGE, CommandError
from tidings.desk.passwords import hash_password, new_totp_secret, totp_address
from tidings.desk.session_store import SessionStore
from tidings.terminal import say

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from config.settings import Settings
    from tidings.app import App

# Guessing is slow and counted, so this is enough for words that are not the usual ones.
_SHORTEST = 10


def run(options: argparse.Namespace) -> int:
    """Do one of the actions."""
    match options.action:
        case "password":
            say(f'password_hash = "{hash_password(_new_password())}"')
        case "totp":
            secret = new_totp_secret()
            site = (
                load_settings(options.config).site.title if options.config.exists() else "Tidings"
            )
            say(f'totp_secret = "{secret}"')
            say(f"# for your application: {totp_address(secret, site=site)}")
        case "link":
            with open_app(_settings(options.config), register=False) as app:
                say(sign_in_address(app))
        case "sign-out":
            with open_app(_settings(options.config), register=False) as app:
                _sessions(app).close_all()
    return OK


def _settings(path: Path) -> Settings:
    """Return the configuration; that of a service which runs here without one, by defaults."""
    if path is DEFAULT_CONFIG and not path.exists():
        settings = parse("", path, os.environ)
        # Elsewhere than in its folder a link would be for nobody.
        if settings.store.database or settings.store.data.exists():
            return settings
    return load_settings(path)


def sign_in_address(app: App) -> str:
    """Return the address of a new link that signs in once."""
    return f"{app.settings.base_url}/desk/enter/{_sessions(app).new_link(now=app.clock())}"


def _sessions(app: App) -> SessionStore:
    return SessionStore(app.database, idle=app.settings.desk.session)


def _new_password() -> str:
    """Ask for a password twice at a terminal; read one line where nobody watches."""
    if not sys.stdin.isatty():
        return _checked(sys.stdin.readline().rstrip("\n"))
    password = _checked(getpass.getpass("New password: "))
    if getpass.getpass("Once more: ") != password:
        raise CommandError("the two are not the same; nothing was printed", code=USAGE)
    return password


def _checked(password: str) -> str:
    if len(password) < _SHORTEST:
        raise CommandError(
            f"a password of {_SHORTEST} characters at least; four random words are a good one",
            code=USAGE,
        )
    return password
