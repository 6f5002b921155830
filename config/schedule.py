"""When something is due: a fixed interval or a cron expression, as values.

Pure: every function takes the instant it reasons from. What is done when something is due
stands elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,12})\s*([smhdw])")
# A century. An instant later than the year 9999 cannot be computed.
_LONGEST = timedelta(days=36_500)
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """Due again a fixed time after the last run."""

    every: timedelta

    def __str__(self) -> str:
        return f"every {format_duration(self.every)}"


@dataclass(frozen=True, slots=True)
class Cron:
    """Due at the local times of a five-field cron expression (crontab(5), Debian's rules)."""

    expression: str

    def __str__(self) -> str:
        return f"cron {self.expression}"


Schedule = Interval | Cron


def parse_duration(text: str) -> timedelta:
    """Read ``90s``, ``5m``, ``1h30m``, ``2d`` or ``1w``.

    Raises ValueError where the text is anything else.
    """
    compact = text.strip().lower()
    parts = _DURATION.findall(compact)
    if not parts or _DURATION.sub("", compact).strip():
        raise ValueError(f"not a duration: {text!r}; write for example 30s, 15m, 1h30m or 7d")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"too long a duration: {text!r}")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration as parse_duration reads it, in the largest units that fit."""
    seconds = int(duration.total_seconds())
    words = []
    for unit, size in sorted(_UNITS.items(), key=lambda pair: -pair[1]):
        number, seconds = divmod(seconds, size)
        if number:
            words.append(f"{number}{unit}")
    return "".join(words) or "0s"


def parse_cron(expression: str) -> Cron:
    """Check a cron expression and see that it fires at all.

    Raises ValueError where it is malformed or never fires (30 February).
    """
    # cronsim reads a sixth field, of seconds, as well.
    if len(expression.split()) != _FIELDS:
        raise ValueError(f"not a cron expression: {expression!r} (five fields are needed)")
    try:
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"not a cron expression: {expression!r} ({error})") from None
    except StopIteration:
        raise ValueError(f"the cron expression {expression!r} never fires") from None
    return Cron(expression)


def next_time(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant later than ``after`` at which the schedule is due, in UTC.

    A cron expression is read in ``zone``; on the days of a clock change it neither skips nor
    repeats a daily time (cronsim follows Debian's cron there).
    """
    match schedule:
        case Interval(every):
            return after.astimezone(UTC) + every
        case Cron(expression):
            # In an hour that the clock repeats, cronsim may answer with its first half, gone by.
            due = (time.astimezone(UTC) for time in CronSim(expression, after.astimezone(zone)))
            return next(time for time in due if time > after)
