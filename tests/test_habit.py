"""From when on a source is silent against its own habit: late, and never of one hardly known."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import NOON

from feeds.habit import habit_of

DAY = timedelta(days=1)


def after(*pauses: float) -> list[datetime]:
    """The times of news with so many days between them."""
    return [NOON + days * DAY for days in accumulate(pauses, initial=0)]


# Monday to Friday, for so many weeks.
WORKDAYS = (1, 1, 1, 1, 3)


@pytest.mark.parametrize(
    ("times", "days"),
    [
        # Daily, on working days: three weeks, for the turn of the year.
        (after(*WORKDAYS * 8), 21),
        # Every hour: the same.
        (after(*[1 / 24] * 40), 21),
        # Weekly.
        (after(*[7] * 12), 35),
        # Weekly, with a summer of nine weeks: then a summer is no silence any more.
        (after(*[7] * 40, 63, *[7] * 10), 94.5),
        # Monthly.
        (after(*[30] * 10), 150),
        # In bursts, with weeks between them.
        (after(*(0.1, 0.2, 20) * 6), 60),
    ],
)
def test_silence_is_said_by_the_sources_own_past(times: list[datetime], days: float) -> None:
    """After some of its usual pauses, and after more than the longest one."""
    habit = habit_of(times)

    assert habit is not None
    assert habit.silent_at - habit.last == days * DAY
    assert habit.last == times[-1]


def test_a_source_that_is_hardly_known_is_never_silent() -> None:
    """Eight pauses say something, seven say nothing."""
    assert habit_of([]) is None
    assert habit_of(after(*[1] * 7)) is None
    assert habit_of(after(*[1] * 8)) is not None


@pytest.mark.parametrize("seed", range(6))
def test_a_source_that_comes_and_goes_does_not_cry_wolf(seed: int) -> None:
    """News by pure chance, about weekly, for years: hardly ever is a pause called silence."""
    dice = random.Random(seed)  # noqa: S311 - a fixed history
    times = after(*[dice.expovariate(1 / 7) for _ in range(400)])

    cried = sum(
        (habit := habit_of(times[:place])) is not None and times[place] > habit.silent_at
        for place in range(10, len(times))
    )

    assert cried <= 1


@given(st.lists(st.floats(0.01, 400), min_size=8, max_size=60), st.randoms())
def test_silence_begins_after_all_that_was_usual(pauses: list[float], dice: random.Random) -> None:
    """Later than the longest pause so far, whatever the order in which the times are given."""
    times = after(*pauses)
    shuffled = dice.sample(times, len(times))

    habit = habit_of(shuffled)

    assert habit is not None
    longest = max(later - earlier for earlier, later in pairwise(times))
    assert habit.silent_at >= times[-1] + longest * 1.5
    assert habit.silent_at >= times[-1] + timedelta(days=21)
    assert habit.usual <= habit.longest == longest
