"""The verbs about mail and channels on their way, and their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Verb = Callable[[str, str], argparse.ArgumentParser]
    Json = Callable[[argparse.ArgumentParser, str], None]
    Count = Callable[[str], int]


def add_bounces(verb: Verb, json: Json) -> None:
    """Add ``tidings bounces``."""
    parser = verb("bounces", "read bounces, complaints and mails that unsubscribe")
    parser.add_argument("file", nargs="?", default="", metavar="FILE", help="one mail; - is stdin")
    parser.add_argument(
        "--mailbox", action="store_true", help="the configured mailboxes (default without FILE)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what each would do; change nothing"
    )
    json(parser, "what each was")


def add_channels(verb: Verb, json: Json, count: Count) -> None:
    """Add the actions of ``tidings channels``."""
    json(verb("list", "list the channels, what they tell, what waits, and what is wrong"), "them")
    why = verb("why", "say what a channel was told and when, and what it was not told and why")
    name = "BULLETIN/NAME, or the NAME of a channel of alerts"
    why.add_argument("channel", metavar="CHANNEL", help=name)
    why.add_argument(
        "--limit", type=count, default=20, metavar="N", help="at most so many (default: 20)"
    )
    json(why, "it")
    verb("test", "send a message that says that it is a trial").add_argument(
        "channel", metavar="CHANNEL", help=name
    )


def add_doctor(verb: Verb, json: Json) -> None:
    """Add ``tidings doctor``."""
    parser = verb("doctor", "look at configuration, store, sources, relay and DNS; send nothing")
    parser.add_argument(
        "--make-dkim-key", type=Path, default=None, metavar="FILE", help="write a new DKIM key"
    )
    parser.add_argument("--offline", action="store_true", help="ask no source, no relay and no DNS")
    parser.add_argument(
        "--resolver",
        default="",
        metavar="ADDRESS",
        help="the DNS server to ask, ADDRESS or ADDRESS:PORT (default: the machine's)",
    )
    json(parser, "the findings")
