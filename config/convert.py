"""How a text or a TOML value becomes a setting of each type, and what is allowed where not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from email.utils import getaddresses
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo, available_timezones

from config.cadence import check_cadence
from config.kinds import (
    BucketAddress,
    CadenceText,
    ChannelAddress,
    Count,
    DatabaseAddress,
    DateFormat,
    HeaderName,
    Language,
    Mailbox,
    MailSecurity,
    Network,
    Networks,
    OptionalMailbox,
    Pattern,
    Port,
    Rate,
    SearchShown,
    SourceKind,
    TemplateName,
    Texts,
    Uncertain,
    WebAddress,
    WebAddresses,
)
from config.logins import without_login
from config.schedule import Cron, Interval, parse_cron, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_HEADER = re.compile(r"([A-Za-z0-9]+(-[A-Za-z0-9]+)*)?")
_MAILBOX = re.compile(r"[^\s@<>]+@[^\s@<>]+")
# A bucket's name by the rules of S3, and a prefix of names that we could publish ourselves.
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")
_CHANNEL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]{1,2000}", re.IGNORECASE)
_TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.txt")
_HAS_YEAR = re.compile("%[YyGcx]")
_LAST_PORT = 65_535
_DIGITS = 15
# Control characters, line and paragraph separators, halves of characters.
_NOT_IN_A_LINE = frozenset(("Cc", "Zl", "Zp", "Cs"))


class Unfit(ValueError):  # noqa: N818 - says what is allowed, as part of a sentence
    """A value that a setting cannot have; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Converter:
    """One type of setting: ``parse`` reads its text, ``native`` is the TOML type it may have."""

    parse: Callable[[str], Any]
    native: type = str

    def from_text(self, text: str) -> Any:  # noqa: ANN401 - the type is the setting's
        """Convert the text of an environment variable. Raises Unfit."""
        return self.parse(text)

    def from_toml(self, value: object) -> Any:  # noqa: ANN401 - the type is the setting's
        """Convert a TOML value. Raises Unfit."""
        if isinstance(value, bool) and self.native is bool:
            return value
        # In Python True is a number; in a configuration it is a mistake.
        native = (int, float) if self.native is float else self.native
        if not isinstance(value, native) or isinstance(value, bool):
            self.parse("\0")
            raise Unfit("a text" if self.native is str else "a number")
        return self.parse(str(value))


@dataclass(frozen=True, slots=True)
class _Several(Converter):
    """Several values of one type: a list in TOML, parted by blanks in the environment."""

    native: type = list

    def from_text(self, text: str) -> Any:  # noqa: ANN401 - the type is the setting's
        """Convert the text of an environment variable. Raises Unfit."""
        return tuple(self._each(text.split()))

    def from_toml(self, value: object) -> Any:  # noqa: ANN401 - the type is the setting's
        """Convert a TOML list. Raises Unfit."""
        if not isinstance(value, list):
            raise Unfit('a list such as ["..."]')
        return tuple(self._each(value))

    def _each(self, values: list[Any]) -> Iterator[Any]:
        for value in values:
            try:
                # An empty text is allowed where there is one value, to say none of it.
                yield self.parse(value if isinstance(value, str) and value else "\0")
            except Unfit as error:
                raise Unfit(f"a list, each of it {error}") from None


def describe(value: object) -> str:
    """Show a TOML value as an operator wrote it, roughly, and no login of an address."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"[{', '.join(map(describe, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str) and "://" in value:
        value = without_login(value)
    return repr(value)


def _is_one_line(text: str) -> bool:
    """Tell whether a text stands on one line; titles have spaces of many kinds and joined emoji."""
    return all(unicodedata.category(character) not in _NOT_IN_A_LINE for character in text)


def _text(text: str) -> str:
    if not _is_one_line(text):
        raise Unfit("a text on one line")
    return text


def _phrase(text: str) -> str:
    if not text.strip() or not _is_one_line(text):
        raise Unfit("a text on one line")
    return " ".join(text.split())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _number(text: str) -> int:
    if not _is_number(text) or int(text) < 1:
        raise Unfit("a whole number from 1")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < float("inf"):
        raise Unfit("a number from 0, such as 0.5 or 20")
    return rate


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Unfit("true or false")
    return text == "true"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise Unfit(f"a regular expression ({error})") from None
    return text


def _date_format(text: str) -> str:
    day = datetime(2020, 12, 31, tzinfo=UTC)
    try:
        # A day without a year is no date to the library; the reader finds the year.
        whole = text if _HAS_YEAR.search(text) else f"{text} %Y"
        datetime.strptime(day.strftime(whole), whole)  # noqa: DTZ007 - only whether it can be read
    except ValueError as error:
        raise Unfit(f"a format of strptime such as '%d.%m.%Y' ({error})") from None
    return text


def _port(text: str) -> int:
    if not _is_number(text) or not 0 < int(text) <= _LAST_PORT:
        raise Unfit(f"a whole number from 1 to {_LAST_PORT}")
    return int(text)


def _duration(text: str) -> timedelta:
    try:
        duration = parse_duration(text)
    except ValueError:
        raise Unfit('a time such as "30s", "15m", "1h30m" or "7d"') from None
    if duration <= timedelta():
        raise Unfit("a time longer than nothing")
    return duration


def _cron(text: str) -> Cron:
    try:
        return parse_cron(text)
    except ValueError as error:
        raise Unfit(
            f"five fields that fire some day, such as '0 7 * * mon-fri' ({error})"
        ) from None


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        near = get_close_matches(text, available_timezones(), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise Unfit(f"a time zone such as 'Europe/Madrid'{hint}") from None


def _language(text: str) -> str:
    if text and not _LANGUAGE.fullmatch(text):
        raise Unfit("a language tag (BCP 47) such as 'en', 'es' or 'pt-BR'")
    return text


def _path(text: str) -> Path:
    if not text or not _is_one_line(text):
        raise Unfit("a path")
    return Path(text)


def _optional_path(text: str) -> Path | None:
    return _path(text) if text else None


def _web_address(text: str) -> str:
    if text and not (text.isprintable() and re.match(r"https?://[^\s/]+", text, re.IGNORECASE)):
        raise Unfit("an http or https address")
    return text


def _header_name(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise Unfit("the name of a header, such as 'Remote-User'")
    return text


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise Unfit("a network such as '10.0.0.0/8', or one address") from None


def _bucket_address(text: str) -> str:
    if text and not _BUCKET.fullmatch(text):
        raise Unfit("nothing, or s3://bucket or s3://bucket/prefix, in small letters and digits")
    return text.rstrip("/")


def _database(text: str) -> str:
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise Unfit("nothing, or postgresql://name:password@host/database")
    return text


def _mailbox(text: str) -> str:
    addresses = [address for _, address in getaddresses([text])]
    fits = len(addresses) == 1 and _MAILBOX.fullmatch(addresses[0])
    # Relays take a sender with other letters only where all on the way do.
    if not (fits and addresses[0].isascii() and _is_one_line(text)):
        raise Unfit("an address such as 'News <news@example.org>'")
    return text


def _optional_mailbox(text: str) -> str:
    return _mailbox(text) if text else ""


def _channel_address(text: str) -> str:
    if text and not (text.isprintable() and _CHANNEL.fullmatch(text)):
        raise Unfit("an address as Apprise writes it, such as ntfy://host/topic")
    return text


def _cadence(text: str) -> str:
    try:
        return check_cadence(text)
    except ValueError as error:
        raise Unfit(str(error).rpartition("; ")[2].removeprefix("a cadence is ")) from None


def _template_name(text: str) -> str:
    if not _TEMPLATE.fullmatch(text):
        raise Unfit("the name of a file in the folder channel of [site] templates: harbour.txt")
    return text


def _one_of(choices: tuple[str, ...]) -> Converter:
    def parse(text: str) -> str:
        if text not in choices:
            near = get_close_matches(text, choices, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise Unfit(f"one of {', '.join(choices)}{hint}")
        return text

    return Converter(parse)


CONVERTERS: dict[object, Converter] = {
    str: Converter(_text),
    int: Converter(_number, int),
    Port: Converter(_port, int),
    Count: Converter(_number, int),
    Rate: Converter(_rate, float),
    bool: Converter(_truth, bool),
    Texts: _Several(_phrase),
    Pattern: Converter(_pattern),
    DateFormat: Converter(_date_format),
    timedelta: Converter(_duration),
    Interval: Converter(_duration),
    Cron: Converter(_cron),
    ZoneInfo: Converter(_zone),
    Language: Converter(_language),
    Path: Converter(_path),
    Path | None: Converter(_optional_path),
    WebAddress: Converter(_web_address),
    WebAddresses: _Several(_web_address),
    BucketAddress: Converter(_bucket_address),
    DatabaseAddress: Converter(_database),
    HeaderName: Converter(_header_name),
    Networks: _Several(_network),
    Mailbox: Converter(_mailbox),
    OptionalMailbox: Converter(_optional_mailbox),
    ChannelAddress: Converter(_channel_address),
    CadenceText: Converter(_cadence),
    TemplateName: Converter(_template_name),
    MailSecurity: _one_of(get_args(MailSecurity)),
    SourceKind: _one_of(get_args(SourceKind)),
    Uncertain: _one_of(get_args(Uncertain)),
    SearchShown: _one_of(get_args(SearchShown)),
}
