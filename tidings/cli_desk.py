"""The verbs about the desk, and their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Verb = Callable[[str, str], argparse.ArgumentParser]


def add_actions(verb: Verb) -> None:
    """Add what can be done with ``tidings desk``."""
    verb("link", "print an address that signs you in at the desk once")
    verb("password", "ask for a password and print its hash, for [desk] password_hash")
    verb("totp", "print a new secret of a second factor, for [desk] totp_secret")
    token = verb("token", "make a token for a program that uses the API, and print it once")
    token.add_argument("name", metavar="NAME", help="how the log of changes names the program")
    token.add_argument("--read-only", action="store_true", help="it may change nothing")
    verb("tokens", "list the tokens of programs, with when each was used last")
    revoke = verb("revoke", "end a token at once")
    revoke.add_argument("name", metavar="NAME")
    verb("sign-out", "end all sessions at the desk")
