"""When a source brings news as a rule, and from when on its silence breaks with that. Pure.

Learnt from its own history alone: the pauses between the checks that brought new items. Houses
pause over holidays and summers, and some publish in bursts; so silence is said late and once,
and never of a source that is hardly known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Occasions that are looked at: more than a year of a source that brings news every day.
MOST_OCCASIONS = 500
_FEWEST_PAUSES = 8
# Shorter than this is a holiday: a house that publishes daily is shut at the turn of the year.
_SHORTEST_SILENCE = timedelta(days=21)
_TIMES_MEDIAN = 5
_TIMES_LONG = 3
_TIMES_LONGEST = 1.5
# Nine pauses of ten are no longer than the long one.
_LONG = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How often a source brings news: ``usual`` pause, ``longest`` pause, the ``last`` news.

    From ``silent_at`` on it has been silent for longer than fits.
    """

    last: datetime
    usual: timedelta
    longest: timedelta
    silent_at: datetime


def habit_of(occasions: Sequence[datetime]) -> Habit | None:
    """Return the habit of a source by the times when it brought news, in any order.

    None where too few are known.
    """
    times = sorted(occasions)
    pauses = sorted(later - earlier for earlier, later in pairwise(times))
    if len(pauses) < _FEWEST_PAUSES:
        return None
    usual, longest = pauses[len(pauses) // 2], pauses[-1]
    long = pauses[round((len(pauses) - 1) * _LONG)]
    patience = max(
        _SHORTEST_SILENCE, usual * _TIMES_MEDIAN, long * _TIMES_LONG, longest * _TIMES_LONGEST
    )
    return Habit(last=times[-1], usual=usual, longest=longest, silent_at=times[-1] + patience)
