"""When the next digest of a cadence is due. Pure. Cadences are read in ``config.cadence``."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from config.cadence import (
    DAYS_OF_MONTH,
    DEFAULT_HOUR,
    INSTANT,
    LAST_DAY,
    WEEKDAYS,
    Cadence,
    check_cadence,
    parse_cadence,
)
from config.schedule import next_time

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

__all__ = [
    "DAYS_OF_MONTH",
    "DEFAULT_HOUR",
    "INSTANT",
    "LAST_DAY",
    "WEEKDAYS",
    "Cadence",
    "check_cadence",
    "next_digest",
    "parse_cadence",
]


# One moment decides for many subscriptions, most of which wish alike.
@lru_cache(maxsize=1024)
def next_digest(cadence: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first occasion later than ``after``, in UTC; None for instant.

    Counted from now and not from the last occasion: a missed one is caught up once, not often.
    """
    schedule = parse_cadence(cadence).schedule()
    return None if schedule is None else next_time(schedule, after, zone)
