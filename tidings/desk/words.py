"""Times and counts as the desk writes them: with their zone, and how far away. Pure."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE_S = 60
_HOUR_S = 3_600
_DAY_S = 86_400
# Up to so many of a unit it is told in that unit: 90 min, 36 h.
_MOST_MINUTES = 100 * _MINUTE_S
_MOST_HOURS = 48 * _HOUR_S
_SIZES = ("bytes", "KB", "MB", "GB", "TB")
_THOUSAND = 1000


def moment(instant: datetime, now: datetime) -> str:
    """Write an instant, with its day where that is not today: 14:05 UTC."""
    there, here = instant.astimezone(UTC), now.astimezone(UTC)
    return f"{there:%H:%M} UTC" if there.date() == here.date() else f"{there:%Y-%m-%d %H:%M} UTC"


def distance(instant: datetime, now: datetime) -> str:
    """Write how far away an instant is: 5 min ago, in 2 h, now."""
    seconds = (instant - now).total_seconds()
    if abs(seconds) < _MINUTE_S:
        return "now" if seconds > 0 else "just now"
    length = span(timedelta(seconds=abs(seconds)))
    return f"in {length}" if seconds > 0 else f"{length} ago"


def span(length: timedelta) -> str:
    """Write how long something lasts, in one unit."""
    seconds = length.total_seconds()
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < _MOST_MINUTES:
        return f"{seconds // _MINUTE_S:.0f} min"
    if seconds < _MOST_HOURS:
        return f"{seconds // _HOUR_S:.0f} h"
    return f"{seconds // _DAY_S:.0f} days"


def counted(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: 1 item, 2 items."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def amount(size: int) -> str:
    """Write how many bytes there are, in the unit that a person would use."""
    value = float(size)
    for unit in _SIZES:
        if value < _THOUSAND or unit == _SIZES[-1]:
            break
        value /= _THOUSAND
    return f"{value:.0f} {unit}" if unit == _SIZES[0] else f"{value:.1f} {unit}"
