"""Forms of dates that need no page: machine forms, clock times, relative forms, digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from feeds.model import When

if TYPE_CHECKING:
    from datetime import tzinfo
    from zoneinfo import ZoneInfo

_ISO = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})(?:[T\s]+(\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?\s*"
    r"(Z|[+-]\d{2}:?\d{2}(?::\d{2})?|UTC|GMT)?)?"
)
_MAIL = re.compile(
    r"((?:[A-Z][a-z]{2,8}, )?\d{1,2} [A-Z][a-z]{2,8} \d{2,4})(?: (\d{1,2}:\d.{0,40}))?"
)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z?)?")
_CLOCK = re.compile(
    r"(?:\s{0,3}[T,·|\u2013@-]?\s{0,3}(?:at|um|à|a las|om|kl\.?)?\s{0,3})"
    r"(\d{1,2})[:h](\d{2})(?::(\d{2}))?(?![\d:])"
    r"(?:\s{0,3}([ap])\.?m\b\.?)?(?:\s{0,3}(Z\b|UTC|GMT|CEST|CET|EST|EDT|CST|CDT|MST|MDT|PST|PDT|BST"
    r"|[+-]\d{2}:?\d{2}))?",
    re.IGNORECASE,
)
_OFFSETS = {
    "Z": 0, "UTC": 0, "GMT": 0, "BST": 1, "CET": 1, "CEST": 2, "EST": -5, "EDT": -4,
    "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_LONGEST_RELATIVE = 40
_LONGEST_STATED = 200
_NOON = 12
_YESTERDAY = frozenset(
    (
        "yesterday gestern ayer hier ieri ontem gisteren igår wczoraj "
        "вчера вчора dün 昨日 昨天 어제 "
        "أمس eilen"
    ).split()
)
_TODAY = frozenset(
    (
        "today heute hoy aujourd'hui oggi hoje vandaag idag dzisiaj "
        "сегодня сьогодні bugün 今日 今天 "
        "오늘 اليوم tänään"
    ).split()
)


def plain_digits(text: str) -> str:
    """Return the text with the digits of every script as 0 to 9; no character moves."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(character, character)) if not character.isascii() else character
        for character in text
    )


def machine_date(text: str, zone: ZoneInfo) -> When | None:
    """Read ISO 8601, RFC 2822 and eight digits; None for everything else."""
    text = text[:_LONGEST_STATED]
    match = _ISO.match(text)
    try:
        if match:
            return _iso(match, zone)
        match = _COMPACT.fullmatch(text)
        if match:
            year, month, day = (int(part) for part in match.groups()[:3])
            return When(datetime(year, month, day, tzinfo=UTC).date())
        match = _MAIL.fullmatch(text)
        return _mail_date(match, zone) if match else None
    except (ValueError, OverflowError, TypeError):
        return None


def _mail_date(match: re.Match[str], zone: ZoneInfo) -> When:
    """Read the form of RFC 2822; feeds also write names in full, and leave out the time."""
    if not match.group(2):
        return When(parsedate_to_datetime(f"{match.group(1)} 00:00").date())
    moment = parsedate_to_datetime(match.group())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return When(moment.date(), moment.astimezone(UTC))


def _iso(match: re.Match[str], zone: ZoneInfo) -> When:
    day = datetime.strptime(match.group(1), "%Y-%m-%d").replace(tzinfo=UTC).date()
    if not match.group(2):
        return When(day)
    hour, minute, second = (int(part) for part in f"{match.group(2)}:0".split(":")[:3])
    clock = time(hour, minute, second)
    moment = datetime.combine(day, clock, tzinfo=_offset(match.group(3) or "") or zone)
    return When(day, moment.astimezone(UTC))


def _offset(text: str) -> tzinfo | None:
    text = text.upper()
    if text in _OFFSETS:
        return timezone(timedelta(hours=_OFFSETS[text]))
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})(?::\d{2})?", text)
    if not match:
        return None
    span = timedelta(hours=int(match.group(2)), minutes=int(match.group(3)))
    return timezone(-span if match.group(1) == "-" else span)


def time_after(text: str, start: int) -> tuple[int, time] | None:
    """Return where the clock time that follows a date ends, and the time; None without one."""
    match = _CLOCK.match(text, start)
    if not match:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    half = (match.group(4) or "").lower()
    if half and 1 <= hour <= _NOON:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return match.end(), time(hour, minute, second, tzinfo=_offset(match.group(5) or ""))
    except ValueError:
        return None


def relative_date(text: str, *, now: datetime, language: str) -> When | None:
    """Read "2 hours ago" and its like, counted back from ``now``, to the day."""
    text = plain_digits(text).lower().strip(" .·|()")
    if not text or len(text) > _LONGEST_RELATIVE:
        return None
    if text in _TODAY:
        return When(now.date())
    if text in _YESTERDAY:
        return When((now - timedelta(days=1)).date())
    for pattern, unit in (*_relative_patterns(language), *_relative_patterns("en")):
        match = pattern.search(text)
        if match:
            return _back(now, int(match.group(1)), unit)
    return None


def _back(now: datetime, count: int, unit: str) -> When | None:
    days = {"week": 7, "month": 30, "year": 365}.get(unit)
    try:
        if days:
            return When((now - timedelta(days=days * count)).date())
        return When((now - timedelta(**{f"{unit}s": count})).date())
    except OverflowError:
        return None


@lru_cache(maxsize=32)
def _relative_patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language.replace("-", "_").split("_")[0] or "en")
        fields: Mapping[str, object] = locale._data["date_fields"]  # noqa: SLF001 - Babel shows it nowhere else
    except (UnknownLocaleError, ValueError, TypeError, KeyError):
        return ()
    found = []
    for unit in ("second", "minute", "hour", "day", "week", "month", "year"):
        for wording in _wordings(fields.get(unit)):
            pattern = re.escape(wording.lower()).replace(re.escape("{0}"), r"\s*(\d{1,3})\s*")
            found.append((re.compile(rf"^(?:\w+\W+)?{pattern}$"), unit))
    return tuple(found)


def _wordings(field: object) -> list[str]:
    past = field.get("past") if isinstance(field, Mapping) else None
    if not isinstance(past, Mapping):
        return []
    return [str(wording) for wording in past.values() if "{0}" in str(wording)]
