"""When a subscription's next digest is due. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.schedule import Cron, next_time, parse_cron

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

INSTANT = "instant"
# In the subscriber's own zone. Eight in the morning is before most people's day begins.
_NAMED = {"daily": "0 8 * * *", "weekly": "0 8 * * mon"}


def check_cadence(cadence: str) -> str:
    """Return the cadence if it is instant, daily, weekly or a cron expression.

    Raises ValueError, with what is allowed.
    """
    if cadence == INSTANT or cadence in _NAMED:
        return cadence
    try:
        return parse_cron(cadence).expression
    except ValueError as error:
        raise ValueError(
            f"{error}; a cadence is instant, daily, weekly or a cron expression "
            "such as '0 7 * * mon,thu'"
        ) from None


def next_digest(cadence: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first occasion later than ``after``, in UTC; None for instant.

    Counted from now and not from the last occasion: a missed one is caught up once, not often.
    """
    if cadence == INSTANT:
        return None
    return next_time(Cron(_NAMED.get(cadence, cadence)), after, zone)
