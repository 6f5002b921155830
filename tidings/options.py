"""Values of the command line: those that fit, or messages that name the option."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config.convert import CONVERTERS, Unfit
from config.kinds import Language, WebAddress
from config.schedule import Interval
from tidings.cli import USAGE, CommandError

if TYPE_CHECKING:
    import argparse


def time_zone(name: str) -> ZoneInfo:
    """Return the zone of ``--time-zone``. Raises CommandError."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise CommandError(
            f"--time-zone: no time zone {name!r}; write it as Europe/Madrid", code=USAGE
        ) from error


def check_options(options: argparse.Namespace) -> None:
    """See that the options of a verb that reads can be used. Raises CommandError."""
    time_zone(options.time_zone)
    kinds = {"language": Language, "url": WebAddress, "title": str, "every": Interval}
    for name, kind in kinds.items():
        text = getattr(options, name, "")
        if not text:
            continue
        try:
            CONVERTERS[kind].from_text(text)
            if kind is WebAddress and not (urlsplit(text).hostname and urlsplit(text).port != 0):
                raise Unfit("an http or https address")  # noqa: TRY301 - as the converter does
        except Unfit as error:
            raise _wrong(name, text, str(error)) from error
        except ValueError as error:
            raise _wrong(name, text, "an http or https address") from error


def _wrong(name: str, text: str, allowed: str) -> CommandError:
    return CommandError(f"--{name}: found {text!r}, allowed is {allowed}", code=USAGE)
