"""The verb about sources, and its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Verb = Callable[[str, str], argparse.ArgumentParser]


def add_actions(verb: Verb) -> None:
    """Add what can be done with ``tidings sources``."""
    for name, does in (
        ("pause", "read a source, or all of a bulletin, no more until it is resumed"),
        ("resume", "read it again: when the schedule says, at once where that is over"),
    ):
        parser = verb(name, does)
        parser.add_argument("bulletin", metavar="BULLETIN")
        parser.add_argument("source", nargs="?", default="", metavar="SOURCE", help="only this one")
