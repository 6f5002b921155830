"""The actions of ``tidings editions`` and their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Verb = Callable[[str, str], argparse.ArgumentParser]
    Json = Callable[[argparse.ArgumentParser, str], None]
    Count = Callable[[str], int]


def add_actions(verb: Verb, json: Json, count: Count) -> None:
    """Add every action; ``verb`` makes the parser of one."""
    listing = verb("list", "list editions, newest first, with where their audiences are")
    listing.add_argument("bulletin", nargs="?", default="", metavar="BULLETIN")
    listing.add_argument(
        "--limit", type=count, default=20, metavar="N", help="at most so many (default: 20)"
    )
    listing.add_argument("--waiting", action="store_true", help="only those that wait for approval")
    json(listing, "them")
    approve = verb("approve", "let an edition that waits be sent, or all that wait of a bulletin")
    approve.add_argument("bulletin", metavar="BULLETIN")
    approve.add_argument("number", nargs="?", type=count, default=None, metavar="N")
    skip = verb(
        "skip", "send an edition that waits to nobody: its items are told by no later one either"
    )
    skip.add_argument("bulletin", metavar="BULLETIN")
    skip.add_argument("number", type=count, metavar="N")
    retry = verb("retry", "queue what failed of an edition anew, with its whole time")
    retry.add_argument("bulletin", metavar="BULLETIN")
    retry.add_argument("number", type=count, metavar="N")
    retry.add_argument("address", nargs="?", default="", metavar="ADDRESS")
    retry.add_argument(
        "--doubtful",
        action="store_true",
        help="also what may have arrived, for an answer to it was lost",
    )
