"""When a source that failed is tried again. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

# Most failures are over in minutes; a source that is read daily should not lose a day to one.
_FIRST_PAUSE = timedelta(minutes=5)
# Sources that failed together must not all come back in one second.
_SPREAD = 0.2
# From this number of doublings on, every pause is the longest (a second becomes ages).
_MOST_DOUBLINGS = 40
# However long a pause may be by the settings, it ends while the calendar lasts.
_LONGEST = timedelta(days=365)
# A mistyped header of a source must not end a bulletin.
_LONGEST_ASKED = timedelta(days=7)
_DIGITS = re.compile(r"0*([0-9]+)")
# More digits than these are longer than any pause, and may be more than int would read.
_MOST_DIGITS = 9


def retry_at(  # noqa: PLR0913 -- all that the pause depends on
    now: datetime,
    *,
    failures: int,
    interval: timedelta,
    longest: timedelta,
    retry_after: timedelta | None,
    jitter: float,
) -> datetime:
    """Return when to try again after so many failures in a row, this one counted.

    The pause begins at five minutes, or at the source's interval where that is shorter, and
    doubles up to ``longest``; it is never shorter than the source itself asked for. ``jitter``
    in [0, 1) lengthens it by up to a fifth, so that many sources do not come back at once.
    """
    longest = min(longest, _LONGEST)
    first = min(interval, _FIRST_PAUSE)
    doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
    # As numbers: the doubled pause may be longer than a timedelta can be.
    seconds = min(first.total_seconds() * 2**doublings, longest.total_seconds())
    pause = timedelta(seconds=seconds * (1 + _SPREAD * jitter))
    return now + max(pause, retry_after or timedelta())


def parse_retry_after(value: str, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header: seconds or an HTTP date, as a pause of nothing to seven days.

    None where it is absent or neither.
    """
    text = value.strip()
    if match := _DIGITS.fullmatch(text):
        digits = match[1]
        asked = timedelta(seconds=int(digits)) if len(digits) <= _MOST_DIGITS else _LONGEST_ASKED
        return min(asked, _LONGEST_ASKED)
    instant = parse_http_date(text)
    return None if instant is None else min(max(instant - now, timedelta()), _LONGEST_ASKED)


def parse_http_date(value: str) -> datetime | None:
    """Read a date in any of the three forms of HTTP; None where it is something else."""
    from email.utils import parsedate_to_datetime

    try:
        instant = parsedate_to_datetime(value)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
