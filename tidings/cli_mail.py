"""The verbs about mail on its way, and their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Verb = Callable[[str, str], argparse.ArgumentParser]
    Json = Callable[[argparse.ArgumentParser, str], None]


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
