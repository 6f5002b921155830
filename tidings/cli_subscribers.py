"""The actions of ``tidings subscribers`` and their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Verb = Callable[[str, str], argparse.ArgumentParser]
    Json = Callable[[argparse.ArgumentParser, str], None]
    Count = Callable[[str], int]

_CADENCE = (
    "instant, daily, weekly or monthly, with day and hour where wanted ('weekly fri 18'), "
    "or a cron expression (default: weekly)"
)
_COLUMNS = (
    "with the columns address and bulletin, and, where wanted, cadence, time_zone, language, form, "
    "words, without, categories, consent_source, consent_date"
)


def add_actions(verb: Verb, json: Json, count: Count) -> None:
    """Add every action; ``verb`` makes the parser of one."""
    _adding(verb)
    listing = verb("list", "list the subscriptions")
    listing.add_argument("bulletin", nargs="?", default="", metavar="BULLETIN")
    json(listing, "them")
    remove = verb("remove", "end a subscription, or all of an address")
    _address(remove)
    remove.add_argument("bulletin", nargs="?", default="", metavar="BULLETIN")
    why = verb("why", "say what an address was told and when, and why it was told nothing else")
    _address(why)
    why.add_argument(
        "--limit", type=count, default=20, metavar="N", help="at most so many mails (default: 20)"
    )
    json(why, "it")
    _files(verb)
    suppress = verb("suppress", "never write to an address again, whoever asks")
    _address(suppress)
    suppress.add_argument(
        "--reason",
        choices=("operator", "bounced", "complained", "unsubscribed-all"),
        default="operator",
        help="why (default: operator)",
    )
    revive = verb("revive", "let an address that is suppressed subscribe again")
    _address(revive)
    links = verb("new-links", "sign the links of all mails to come with a new secret")
    links.add_argument(
        "--retire",
        action="store_true",
        help="let the links of former mails open nothing any more: when the secret has leaked",
    )


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", metavar="ADDRESS")


def _adding(verb: Verb) -> None:
    add = verb("add", "add a subscription, or change its wishes")
    _address(add)
    add.add_argument("bulletin", metavar="BULLETIN")
    add.add_argument("--cadence", default="weekly", help=_CADENCE)
    add.add_argument("--time-zone", default="", metavar="ZONE", help="default: the bulletin's")
    add.add_argument("--language", default="", metavar="TAG", help="default: the bulletin's")
    add.add_argument("--text", action="store_true", help="mail as plain text, without layout")
    for name, what in (
        ("words", "only items with one of these words, separated by commas"),
        ("without", "no items with one of these words"),
        ("categories", "only items of one of these categories"),
        ("sources", "only items found at one of these sources"),
        ("languages", "only items in one of these languages"),
    ):
        add.add_argument(f"--{name}", default="", metavar="LIST", help=what)
    add.add_argument(
        "--rest",
        default="",
        metavar="CADENCE",
        help="how often to tell of all other items (default: not at all)",
    )
    add.add_argument(
        "--pending", action="store_true", help="ask by mail first; it begins when they confirm"
    )


def _files(verb: Verb) -> None:
    imported = verb("import", f"add the subscriptions of a CSV file, {_COLUMNS}")
    imported.add_argument("file", type=Path, metavar="FILE.csv")
    imported.add_argument(
        "--bulletin", default="", metavar="BULLETIN", help="of rows that name none"
    )
    imported.add_argument(
        "--consent-source", default="", metavar="TEXT", help="how they asked for it"
    )
    imported.add_argument(
        "--consent-date", default="", metavar="DATE", help="when they asked for it: 2026-11-23"
    )
    imported.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    exported = verb("export", "print the subscriptions as CSV, as import reads it")
    exported.add_argument("bulletin", nargs="?", default="", metavar="BULLETIN")
