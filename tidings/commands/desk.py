"""``tidings desk``: who may sign in at the operator's part of the web face."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from tidings.app import load_or_default, load_settings, open_app
from tidings.cli import OK, USAGE, CommandError
from tidings.desk.passwords import checked, hash_password, new_totp_secret, totp_address
from tidings.desk.session_store import SessionStore
from tidings.terminal import say

if TYPE_CHECKING:
    import argparse

    from tidings.app import App


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
            with open_app(load_or_default(options.config), register=False) as app:
                say(sign_in_address(app))
        case "sign-out":
            with open_app(load_or_default(options.config), register=False) as app:
                _sessions(app).close_all()
    return OK


def sign_in_address(app: App) -> str:
    """Return the address of a new link that signs in once."""
    return f"{app.settings.base_url}/desk/enter/{_sessions(app).new_link(now=app.clock())}"


def _sessions(app: App) -> SessionStore:
    return SessionStore(app.database, idle=app.settings.desk.session)


def _new_password() -> str:
    """Ask for a password twice at a terminal; read one line where nobody watches."""
    if not sys.stdin.isatty():
        return checked(sys.stdin.readline().rstrip("\n"))
    password = checked(getpass.getpass("New password: "))
    if getpass.getpass("Once more: ") != password:
        raise CommandError("the two are not the same; nothing was printed", code=USAGE)
    return password
