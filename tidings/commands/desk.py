"""``tidings desk``: who may sign in at the operator's part of the web face."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from tidings.api.token_store import ApiTokenStore
from tidings.api.tokens import make_token
from tidings.app import load_or_default, open_app
from tidings.cli import OK, USAGE, CommandError
from tidings.desk.passwords import hash_password, new_totp_secret, totp_address
from tidings.desk.session_store import SessionStore
from tidings.terminal import say, say_table

if TYPE_CHECKING:
    import argparse

    from tidings.app import App

# Guessing is slow and counted, so this is enough for words that are not the usual ones.
_SHORTEST = 10


def run(options: argparse.Namespace) -> int:
    """Do one of the actions."""
    match options.action:
        case "password":
            say(f'password_hash = "{hash_password(_new_password())}"')
        case "totp":
            _say_totp(options)
        case action:
            with open_app(load_or_default(options.config), register=False) as app:
                _WITH_STORE[action](app, options)
    return OK


def _say_totp(options: argparse.Namespace) -> None:
    secret = new_totp_secret()
    site = load_or_default(options.config).site.title
    say(f'totp_secret = "{secret}"')
    say(f"# for your application: {totp_address(secret, site=site)}")


def _link(app: App, _: argparse.Namespace) -> None:
    say(sign_in_address(app))


def _sign_out(app: App, _: argparse.Namespace) -> None:
    _sessions(app).close_all()


def _token(app: App, options: argparse.Namespace) -> None:
    say(make_token(app, options.name, may_change=not options.read_only))


def _tokens(app: App, _: argparse.Namespace) -> None:
    say_table(
        ("name", "may", "created", "used"),
        [
            (
                token.name,
                "change" if token.may_change else "read",
                f"{token.created:%Y-%m-%d}",
                f"{token.used:%Y-%m-%d %H:%M} UTC" if token.used else "never",
            )
            for token in ApiTokenStore(app.database).all()
        ],
    )


def _revoke(app: App, options: argparse.Namespace) -> None:
    if not ApiTokenStore(app.database).revoke(options.name):
        raise CommandError(f"no token {options.name!r}; see: tidings desk tokens", code=USAGE)


_WITH_STORE = {
    "link": _link,
    "sign-out": _sign_out,
    "token": _token,
    "tokens": _tokens,
    "revoke": _revoke,
}


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
