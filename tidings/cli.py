"""The command line: verbs and their arguments. What a verb does stands in tidings.commands.

Only argparse is imported here, and the module of the one verb that is asked for, so that
``tidings --help`` and a cron job start fast.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OK = 0
FAILED = 1
USAGE = 2
# EX_TEMPFAIL of sysexits.h: nothing is wrong, try again later.
BUSY = 75
# Told by its identity from the same path that somebody gives.
DEFAULT_CONFIG = Path("tidings.toml")
_INTERRUPTED = 130
_LAST_PORT = 65_535
_MOST_LISTED = 1_000_000

_EPILOG = """\
exit codes:
  0   done
  1   a source, a feed, the store or the mail failed; the message says which and what to do
  2   the command line or the configuration is wrong
  75  another process works on it just now; try again later
"""


class CommandError(Exception):
    """A verb cannot do what it was asked; the message names the place and the remedy."""

    def __init__(self, message: str, *, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    parser = argparse.ArgumentParser(
        prog="tidings",
        description="Turns a bulletin page into RSS, Atom and JSON feeds and into e-mail digests.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    named = os.environ.get("TIDINGS_CONFIG")
    config = DEFAULT_CONFIG if named is None else Path(named)
    parser.set_defaults(config=config, quiet=False, debug=False)
    _common_options(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    reading = (_init, _preview, _check, _release, _discard)
    telling = (_digest, _editions, _subscribers, _channels)
    looking_after = (*telling, _items, _sources, _bounces, _doctor, _settings)
    for add in (*reading, _tick, _run, _desk, *looking_after, _nginx, _demo):
        add(verbs)
    return parser


def _common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may stand before the verb and after it."""
    parser.add_argument(
        "--config",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="FILE",
        help="the configuration (default: $TIDINGS_CONFIG, else tidings.toml in this folder)",
    )
    parser.add_argument(
        "--quiet",
        action="store_true",
        default=argparse.SUPPRESS,
        help="log warnings and errors only, for cron",
    )
    parser.add_argument(
        "--debug",
        action="store_true",
        default=argparse.SUPPRESS,
        help="log everything, with the traceback of an error",
    )


Verbs = argparse._SubParsersAction  # noqa: SLF001 - argparse names its type nowhere else


def _verb(verbs: Verbs[argparse.ArgumentParser], name: str, does: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=does, description=does, allow_abbrev=False)
    _common_options(parser)
    return parser


def _json(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def _reading_options(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    parser.add_argument(
        "source",
        metavar="URL|FILE",
        help="the page or text to read",
        nargs="?" if optional else None,
    )
    parser.add_argument(
        "--kind", choices=("auto", "html", "text", "feed"), default="auto", help="how to read it"
    )
    parser.add_argument("--language", default="", metavar="TAG", help="language of its dates: es")
    parser.add_argument(
        "--time-zone", default="UTC", metavar="ZONE", help="zone of its dates: Europe/Madrid"
    )


def _init(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "init", "read a page, show what was found, write the configuration")
    _reading_options(parser, optional=True)
    parser.add_argument(
        "--example", action="store_true", help="print every key of a configuration, and end"
    )
    parser.add_argument(
        "--page", action="store_true", help="read the page itself, though it names a feed"
    )
    parser.add_argument("--slug", default="", help="short name, in addresses and commands")
    parser.add_argument("--title", default="", help="name of the bulletin")
    parser.add_argument("--every", default="1h", metavar="TIME", help="how often to read: 30m, 1d")


def _preview(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "preview", "show what would be read from a page; store nothing")
    _reading_options(parser)
    parser.add_argument(
        "--url", default="", help="the address of the page that FILE holds, for its links"
    )
    _json(parser, "the items as JSON Feed 1.1")
    parser.add_argument("--explain", action="store_true", help="say why each item was kept or not")


def _check(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "check", "read now, whether due or not; store and publish what changed")
    parser.add_argument("bulletin", nargs="?", default="", metavar="BULLETIN", help="only this one")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would change; change nothing"
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="believe what breaks with all that the page showed so far, and would be held",
    )
    _json(parser, "the outcome")


def _release(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "release", "believe what is held of a bulletin: read, store, publish")
    parser.add_argument("bulletin", metavar="BULLETIN")
    _json(parser, "the outcome")


def _discard(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(
        verbs,
        "discard",
        "take what is held of a bulletin for no news: publish, mail to nobody",
    )
    parser.add_argument("bulletin", metavar="BULLETIN")
    _json(parser, "the outcome")


def _tick(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "tick", "do all that is due, once: read, publish, send; for cron")
    _json(parser, "what was done")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"found {text!r}, allowed is 1 to {_LAST_PORT}")
    return int(text)


def _run(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(
        verbs, "run", "run the service: do what is due when it is due, and serve the pages"
    )
    parser.add_argument("--host", default="", help="address to listen on (default: [server] host)")
    parser.add_argument("--port", type=_port, default=0, help="port (default: [server] port)")


def _digest(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(
        verbs, "digest", "show the next edition's mail, of the latest items where none is due"
    )
    parser.add_argument("bulletin", metavar="BULLETIN")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--eml", action="store_true", help="print the whole mail (RFC 5322)")
    form.add_argument("--html", action="store_true", help="print its HTML part")
    form.add_argument("--open", action="store_true", help="open its HTML part in a browser")
    form.add_argument("--send-to", default="", metavar="ADDRESS", help="send it there, as a test")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--for",
        dest="reader",
        default="",
        metavar="ADDRESS",
        help="what this subscriber's rules take, in their language and form",
    )
    which.add_argument(
        "--edition",
        type=_count,
        default=None,
        metavar="N",
        help="not the next one, but this one again, as it was sent",
    )


def _editions(verbs: Verbs[argparse.ArgumentParser]) -> None:
    from tidings.cli_editions import add_actions

    parser = _verb(verbs, "editions", "what was told to whom: list, approve, skip, retry")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_actions(lambda name, does: _verb(actions, name, does), _json, _count)


def _subscribers(verbs: Verbs[argparse.ArgumentParser]) -> None:
    from tidings.cli_subscribers import add_actions

    parser = _verb(verbs, "subscribers", "who gets which bulletin: add, import, explain, suppress")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_actions(lambda name, does: _verb(actions, name, does), _json, _count)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) <= _MOST_LISTED):
        raise argparse.ArgumentTypeError(f"found {text!r}, allowed is 1 to {_MOST_LISTED}")
    return int(text)


def _items(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "items", "list items, show, withdraw, hold, merge, split and forget them")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = _verb(actions, "list", "list the items of a bulletin, those first that came last")
    listing.add_argument("bulletin", metavar="BULLETIN")
    listing.add_argument(
        "--limit", type=_count, default=20, metavar="N", help="at most so many (default: 20)"
    )
    listing.add_argument(
        "--find", default="", metavar="TEXT", help="only those whose title, text or address has it"
    )
    _json(listing, "them")
    show = _verb(actions, "show", "show an item, where it stands and what it was before")
    show.add_argument("item", metavar="ID", help="its id, or the last part of it")
    _json(show, "it")
    why = _verb(actions, "why", "say who was told of an item and when, and who was not and why")
    why.add_argument("item", metavar="ID", help="its id, or the last part of it")
    why.add_argument(
        "--limit", type=_count, default=50, metavar="N", help="at most so many (default: 50)"
    )
    _json(why, "it")
    withdraw = _verb(actions, "withdraw", "mark an item as withdrawn; it stays, but is in no mail")
    withdraw.add_argument("item", metavar="ID", help="its id, or the last part of it")
    withdraw.add_argument("--undo", action="store_true", help="take the withdrawal back")
    hold = _verb(actions, "hold", "keep an item out of coming mails until it is released")
    hold.add_argument("item", metavar="ID", help="its id, or the last part of it")
    hold.add_argument(
        "--undo", action="store_true", help="release it: who waits for it is told of it, once"
    )
    merge = _verb(actions, "merge", "make an item one with an older one, which keeps its id")
    merge.add_argument(
        "item", metavar="ID", help="the newer one, whose page will lead to the other"
    )
    merge.add_argument("into", metavar="INTO", help="the older one")
    split = _verb(actions, "split", "take a merge back, or make an item two at a revision of it")
    split.add_argument("item", metavar="ID", help="what was merged, or what is two things")
    split.add_argument(
        "--at",
        type=_count,
        default=None,
        metavar="N",
        help="the first revision that is another thing (see: tidings items show ID)",
    )
    split.add_argument(
        "--announce", action="store_true", help="mail the other thing as new (default: to nobody)"
    )
    forget = _verb(actions, "forget", "take an item out of feeds, pages and coming mails, for good")
    forget.add_argument("item", metavar="ID", help="its id, or the last part of it")


def _sources(verbs: Verbs[argparse.ArgumentParser]) -> None:
    from tidings.cli_sources import add_actions

    parser = _verb(
        verbs, "sources", "show how each source is, and how its last checks went; pause and resume"
    )
    _json(parser, "them")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    add_actions(lambda name, does: _verb(actions, name, does))


def _bounces(verbs: Verbs[argparse.ArgumentParser]) -> None:
    from tidings.cli_mail import add_bounces

    add_bounces(lambda name, does: _verb(verbs, name, does), _json)


def _channels(verbs: Verbs[argparse.ArgumentParser]) -> None:
    from tidings.cli_mail import add_channels

    parser = _verb(verbs, "channels", "which channels there are, what they were told, and a trial")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_channels(lambda name, does: _verb(actions, name, does), _json, _count)


def _desk(verbs: Verbs[argparse.ArgumentParser]) -> None:
    from tidings.cli_desk import add_actions

    parser = _verb(verbs, "desk", "the operator's pages of the service: signing in there")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_actions(lambda name, does: _verb(actions, name, does))


def _doctor(verbs: Verbs[argparse.ArgumentParser]) -> None:
    from tidings.cli_mail import add_doctor

    add_doctor(lambda name, does: _verb(verbs, name, does), _json)


def _settings(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "settings", "show what is configured, and which line or variable says so")
    parser.add_argument("--all", action="store_true", help="the defaults, too, and why each is")
    _json(parser, "them")


def _nginx(verbs: Verbs[argparse.ArgumentParser]) -> None:
    _verb(verbs, "nginx", "print the tables by which nginx serves the published files")


def _demo(verbs: Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "demo", "run the service on the sample bulletin, in a folder of its own")
    parser.add_argument(
        "--folder", type=Path, default=Path("tidings-demo"), help="where (default: tidings-demo)"
    )
    parser.add_argument("--port", type=_port, default=0, help="port (default: 8080)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return its exit code. Errors that an operator can mend are one line."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.version:
        from importlib.metadata import version

        print(f"tidings {version('tidings')}")  # noqa: T201
        return OK
    if not options.verb:
        parser.print_help()
        return USAGE
    return _perform(options)


def _perform(options: argparse.Namespace) -> int:
    from tidings.errors import explain

    try:
        command = import_module(f"tidings.commands.{options.verb}")
        code: int = command.run(options)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain at its exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if options.debug:
            raise
        message, code = explain(error)
        sys.stderr.write(f"tidings: {message}\n")
    return code
