"""When a source that failed is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from feeds.backoff import parse_http_date, parse_retry_after, retry_at

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("failures", "interval", "pause"),
    [
        pytest.param(1, HOUR, timedelta(minutes=5), id="soon after the first"),
        pytest.param(2, HOUR, timedelta(minutes=10), id="twice as long after the second"),
        pytest.param(5, HOUR, timedelta(minutes=80), id="longer than the interval"),
        pytest.param(9, HOUR, timedelta(hours=21, minutes=20), id="still doubling"),
        pytest.param(10, HOUR, DAY, id="the longest"),
        pytest.param(10**6, HOUR, DAY, id="the longest after a million"),
        pytest.param(1, timedelta(minutes=1), timedelta(minutes=1), id="a short interval"),
        pytest.param(3, timedelta(minutes=1), timedelta(minutes=4), id="a short one doubles"),
        pytest.param(1, WEEK, timedelta(minutes=5), id="a long interval"),
        pytest.param(0, HOUR, timedelta(minutes=5), id="no failure counts as the first"),
    ],
)
def test_pauses_double(failures: int, interval: timedelta, pause: timedelta) -> None:
    """The pause begins short, doubles with each failure and ends at the longest."""
    again = retry_at(
        NOW, failures=failures, interval=interval, longest=DAY, retry_after=None, jitter=0
    )

    assert again - NOW == pause


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        pytest.param(HOUR, HOUR, id="longer than ours"),
        pytest.param(timedelta(seconds=1), timedelta(minutes=5), id="shorter than ours"),
        pytest.param(timedelta(), timedelta(minutes=5), id="none at all"),
        pytest.param(3 * DAY, 3 * DAY, id="longer than our longest"),
    ],
)
def test_a_source_may_ask_for_more(retry_after: timedelta, pause: timedelta) -> None:
    """What the source asks for is kept where it is longer than our own pause."""
    again = retry_at(NOW, failures=1, interval=HOUR, longest=DAY, retry_after=retry_after, jitter=0)

    assert again - NOW == pause


def test_jitter_spreads() -> None:
    """The same failure at two sources is retried at two times, at most a fifth apart."""
    first, last = (
        retry_at(NOW, failures=1, interval=HOUR, longest=DAY, retry_after=None, jitter=jitter)
        for jitter in (0, 0.999)
    )

    assert timedelta(seconds=59) < last - first < timedelta(minutes=1)


@given(
    failures=some.integers(0, 10**6),
    interval=some.timedeltas(timedelta(), timedelta.max),
    longest=some.timedeltas(timedelta(), timedelta.max),
    retry_after=some.none() | some.timedeltas(timedelta(), WEEK),
    jitter=some.floats(0, 1, exclude_max=True),
)
@settings(max_examples=100, deadline=None)
def test_every_pause_is_within_its_bounds(
    failures: int,
    interval: timedelta,
    longest: timedelta,
    retry_after: timedelta | None,
    jitter: float,
) -> None:
    """Whatever fails however often: never sooner than asked, never over the longest and a fifth."""
    asked = retry_after or timedelta()

    pause = (
        retry_at(
            NOW,
            failures=failures,
            interval=interval,
            longest=longest,
            retry_after=retry_after,
            jitter=jitter,
        )
        - NOW
    )

    most = min(longest, timedelta(days=365)) * 1.2
    assert asked <= pause <= max(most, asked) + timedelta(microseconds=1)


@given(failures=some.integers(1, 60), jitter=some.floats(0, 1, exclude_max=True))
@settings(max_examples=50, deadline=None)
def test_more_failures_are_never_tried_sooner(failures: int, jitter: float) -> None:
    """One more failure never shortens the pause."""
    fewer, more = (
        retry_at(NOW, failures=number, interval=HOUR, longest=DAY, retry_after=None, jitter=jitter)
        for number in (failures, failures + 1)
    )

    assert fewer <= more


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        pytest.param("120", timedelta(minutes=2), id="seconds"),
        pytest.param(" 120 ", timedelta(minutes=2), id="spaces around"),
        pytest.param("0", timedelta(), id="zero"),
        pytest.param("0000000000000060", timedelta(minutes=1), id="leading zeros"),
        pytest.param("1000000000", WEEK, id="thirty years"),
        pytest.param("9" * 5000, WEEK, id="more digits than a number may have"),
        pytest.param("0" * 5000, timedelta(), id="as many zeros"),
        pytest.param("Mon, 23 Nov 2026 12:00:30 GMT", timedelta(seconds=30), id="a date"),
        pytest.param("Monday, 23-Nov-26 12:00:30 GMT", timedelta(seconds=30), id="an old date"),
        pytest.param("Mon Nov 23 12:00:30 2026", timedelta(seconds=30), id="a date of C"),
        pytest.param("Sun, 22 Nov 2026 12:00:30 GMT", timedelta(), id="a date in the past"),
        pytest.param("Mon, 23 Nov 2099 12:00:30 GMT", WEEK, id="a date far off"),
        pytest.param("Mon, 23 Nov 99999 12:00:30 GMT", None, id="a year there is not"),
        pytest.param("Sat, 01 Jan 0001 00:00:00 +2359", timedelta(), id="before all time"),
        pytest.param("-1", None, id="negative"),
        pytest.param("1.5", None, id="a fraction"),
        pytest.param("+5", None, id="a sign"),
        pytest.param("1_000", None, id="digits as Python writes them"),
        pytest.param("²", None, id="a digit that is none"),
        pytest.param("soon", None, id="a word"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_retry_after_is_read(value: str, pause: timedelta | None) -> None:
    """Seconds and dates are read and clamped; anything else asks for nothing."""
    assert parse_retry_after(value, now=NOW) == pause


@given(some.text() | some.text("0123456789-+:,. GMTMonNv"))
@settings(max_examples=100, deadline=None)
def test_no_header_breaks_the_reader(value: str) -> None:
    """Whatever a server sends, a pause of nothing to a week comes out, or none."""
    pause = parse_retry_after(value, now=NOW)

    assert pause is None or timedelta() <= pause <= WEEK


@given(some.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))  # noqa: DTZ001 -- made aware
@settings(max_examples=50, deadline=None)
def test_http_dates_are_read_back(instant: datetime) -> None:
    """All three forms of a date that HTTP knows mean the same instant."""
    exact = instant.replace(microsecond=0, tzinfo=UTC)
    forms = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")

    assert {parse_http_date(exact.strftime(form)) for form in forms} == {exact}
