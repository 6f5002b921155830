"""Durations, cron expressions and cadences: when something is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from config.schedule import (
    Cron,
    Interval,
    format_duration,
    next_time,
    parse_cron,
    parse_duration,
)
from notifier.cadence import check_cadence, next_digest

MADRID = ZoneInfo("Europe/Madrid")
ZONES = [
    "UTC",
    "Europe/Madrid",
    "Europe/Dublin",
    "Atlantic/Azores",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "America/St_Johns",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Antarctica/Troll",
]
EXPRESSIONS = [
    "* * * * *",
    "*/7 * * * *",
    "0 * * * *",
    "30 * * * *",
    "0 0 * * *",
    "30 0 * * *",
    "0 1 * * *",
    "30 1 * * *",
    "45 1 * * *",
    "30 2 * * *",
    "0 3 * * *",
    "59 23 * * *",
    "*/20 2 * * *",
    "15,45 */2 * * *",
    "0 8 * * mon",
    "0 7 * * mon-fri",
    "30 2 * * sun",
    "30 2 L * *",
    "0 0 29 2 *",
    "0 6 1,15 * fri",
    "0 6 * * fri#2",
]
zones = some.sampled_from(ZONES).map(ZoneInfo)
instants = some.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2037, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=some.just(UTC),
)


def utc(day: str, time: str) -> datetime:
    """An instant, written short."""
    return datetime.fromisoformat(f"{day}T{time}:00+00:00")


def occasions(expression: str, after: datetime, zone: ZoneInfo, number: int) -> list[datetime]:
    """The next times of a cron expression, each counted from the one before."""
    found: list[datetime] = []
    for _ in range(number):
        found.append(next_time(Cron(expression), found[-1] if found else after, zone))
    return found


# --- durations ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        (" 2 D ", 172_800),
        ("1w", 604_800),
        ("1w2d3h4m5s", 788_645),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: int) -> None:
    """Upper case and spaces do no harm."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "5",
        "m",
        "5 minutes",
        "1.5h",
        "-5m",
        "1h-30m",
        "1h,30m",
        "5y",
        "1 0m",
        "PT5M",
        "1000000000000s",
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    """The message shows the text and what one may write."""
    with pytest.raises(ValueError, match="write for example 30s, 15m, 1h30m or 7d") as caught:
        parse_duration(text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["36501d", "9999999d", "999999999w", "999999999999s"])
def test_a_duration_no_calendar_holds_is_refused(text: str) -> None:
    """An instant so far ahead cannot be written down."""
    with pytest.raises(ValueError, match="too long a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3600, "1h"),
        (5400, "1h30m"),
        (86_400, "1d"),
        (604_800, "1w"),
        (788_645, "1w2d3h4m5s"),
    ],
)
def test_a_duration_is_written_in_its_largest_units(seconds: int, text: str) -> None:
    """As an operator would write it."""
    assert format_duration(timedelta(seconds=seconds)) == text


@given(some.integers(min_value=0, max_value=36_500 * 86_400))
def test_a_written_duration_reads_back(seconds: int) -> None:
    """Whatever whole number of seconds it has."""
    duration = timedelta(seconds=seconds)

    assert parse_duration(format_duration(duration)) == duration


def test_a_schedule_says_what_it_is() -> None:
    """For messages and tables."""
    assert str(Interval(timedelta(minutes=90))) == "every 1h30m"
    assert str(Cron("0 7 * * mon")) == "cron 0 7 * * mon"


# --- cron expressions --------------------------------------------------------------------


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_cron_expression_is_kept_as_written(expression: str) -> None:
    """What the operator wrote is what messages show."""
    assert parse_cron(expression) == Cron(expression)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "not a cron expression: '' (five fields are needed)"),
        ("daily", "not a cron expression: 'daily' (five fields are needed)"),
        ("0 8 * *", "not a cron expression: '0 8 * *' (five fields are needed)"),
        ("0 0 8 * * *", "not a cron expression: '0 0 8 * * *' (five fields are needed)"),
        ("60 8 * * *", "not a cron expression: '60 8 * * *' (Bad minute)"),
        ("0 24 * * *", "not a cron expression: '0 24 * * *' (Bad hour)"),
        ("0 8 0 * *", "not a cron expression: '0 8 0 * *' (Bad day-of-month)"),
        ("0 8 * 13 *", "not a cron expression: '0 8 * 13 *' (Bad month)"),
        ("0 8 * * lun", "not a cron expression: '0 8 * * lun' (Bad day-of-week)"),
        ("0 8 * * fri-mon", "not a cron expression: '0 8 * * fri-mon' (Bad day-of-week)"),
        ("*/0 * * * *", "not a cron expression: '*/0 * * * *' (Bad minute)"),
        ("0 8 30 2 *", "not a cron expression: '0 8 30 2 *' (Bad day-of-month)"),
        ("0 8 31 4,6 *", "not a cron expression: '0 8 31 4,6 *' (Bad day-of-month)"),
    ],
)
def test_a_wrong_cron_expression_is_refused(expression: str, why: str) -> None:
    """The message names the field."""
    with pytest.raises(ValueError, match="cron") as caught:
        parse_cron(expression)

    assert str(caught.value) == why


@pytest.mark.parametrize("expression", ["0 8 */30 2 mon#5", "0 8 */31 * mon#2"])
def test_a_cron_expression_that_never_fires_is_refused(expression: str) -> None:
    """A source that is never read looks like a broken one."""
    with pytest.raises(ValueError, match="cron expression") as caught:
        parse_cron(expression)

    assert str(caught.value) == f"the cron expression {expression!r} never fires"


# --- the next time -----------------------------------------------------------------------


def test_an_interval_counts_from_the_last_time() -> None:
    """Whatever the zone."""
    due = next_time(Interval(timedelta(hours=1)), utc("2026-11-23", "12:10"), MADRID)

    assert due == utc("2026-11-23", "13:10")


def test_an_interval_is_time_that_passes() -> None:
    """Over a change of the clock, too, and in UTC whatever it was counted from."""
    after = datetime(2026, 10, 25, 0, 30, tzinfo=MADRID)

    due = next_time(Interval(timedelta(hours=6)), after, MADRID)

    assert due == utc("2026-10-25", "04:30")
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        ("0 8 * * *", "UTC", utc("2026-11-23", "07:59"), utc("2026-11-23", "08:00")),
        ("0 8 * * *", "UTC", utc("2026-11-23", "08:00"), utc("2026-11-24", "08:00")),
        ("0 8 * * *", "Europe/Madrid", utc("2026-11-23", "06:59"), utc("2026-11-23", "07:00")),
        ("0 8 * * *", "Asia/Kathmandu", utc("2026-11-23", "06:00"), utc("2026-11-24", "02:15")),
        ("0 8 * * *", "America/New_York", utc("2026-11-23", "06:00"), utc("2026-11-23", "13:00")),
        ("0 7 * * mon-fri", "UTC", utc("2026-11-27", "07:00"), utc("2026-11-30", "07:00")),
        ("0 6 L * *", "UTC", utc("2026-02-01", "00:00"), utc("2026-02-28", "06:00")),
        ("0 6 29 2 *", "UTC", utc("2026-02-01", "00:00"), utc("2028-02-29", "06:00")),
        # Debian's rule: a day of the month or a day of the week, where both are given.
        ("0 6 1 * mon", "UTC", utc("2026-11-24", "00:00"), utc("2026-11-30", "06:00")),
        ("0 6 1 * mon", "UTC", utc("2026-11-30", "06:00"), utc("2026-12-01", "06:00")),
    ],
)
def test_a_cron_expression_is_read_in_its_zone(
    expression: str, zone: str, after: datetime, expected: datetime
) -> None:
    """Later than the instant, never at it; the answer is in UTC."""
    due = next_time(Cron(expression), after, ZoneInfo(zone))

    assert due == expected
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        # 29 March 2026: 02:00 becomes 03:00.
        ("0 8 * * *", utc("2026-03-28", "00:00"), ["28 07:00", "29 06:00", "30 06:00"]),
        ("30 2 * * *", utc("2026-03-28", "00:00"), ["28 01:30", "29 01:00", "30 00:30"]),
        ("0 3 * * *", utc("2026-03-28", "00:00"), ["28 02:00", "29 01:00", "30 01:00"]),
        ("0 * * * *", utc("2026-03-28", "23:30"), ["29 00:00", "29 01:00", "29 02:00"]),
        # 25 October 2026: 03:00 becomes 02:00.
        ("0 8 * * *", utc("2026-10-24", "00:00"), ["24 06:00", "25 07:00", "26 07:00"]),
        ("30 2 * * *", utc("2026-10-24", "00:00"), ["24 00:30", "25 00:30", "26 01:30"]),
        ("0 3 * * *", utc("2026-10-24", "00:00"), ["24 01:00", "25 02:00", "26 02:00"]),
        ("0 * * * *", utc("2026-10-24", "23:30"), ["25 00:00", "25 01:00", "25 02:00"]),
    ],
)
def test_a_change_of_the_clock_neither_skips_nor_repeats(
    expression: str, after: datetime, expected: list[str]
) -> None:
    """Both days of Madrid: a daily time comes once a day, an hourly one once an hour."""
    found = occasions(expression, after, MADRID, 3)

    assert [f"{due:%d %H:%M}" for due in found] == expected


@pytest.mark.parametrize("time", ["01:00", "01:10", "01:30", "01:59"])
def test_a_time_of_the_repeated_hour_has_gone_by_in_the_second(time: str) -> None:
    """Asked between the second 02:00 and 03:00, half past two is tomorrow's."""
    after = utc("2026-10-25", time)

    assert next_time(Cron("30 2 * * *"), after, MADRID) == utc("2026-10-26", "01:30")


@given(some.sampled_from(EXPRESSIONS), zones, instants)
@example("30 2 * * *", MADRID, datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
@example("45 1 * * *", ZoneInfo("Australia/Lord_Howe"), datetime(2026, 4, 4, 15, 5, tzinfo=UTC))
@example("30 0 * * *", ZoneInfo("America/Havana"), datetime(2026, 11, 1, 5, 5, tzinfo=UTC))
def test_the_next_time_of_a_cron_expression_is_later(
    expression: str, zone: ZoneInfo, after: datetime
) -> None:
    """In every zone and at every instant, so that nothing is due twice."""
    found = [after, *occasions(expression, after, zone, 3)]

    assert all(earlier < later for earlier, later in pairwise(found))


@given(some.sampled_from(EXPRESSIONS), zones, instants, some.integers(-12, 14))
def test_the_next_time_is_that_of_an_instant(
    expression: str, zone: ZoneInfo, after: datetime, hours: int
) -> None:
    """The zone in which the instant happens to be written says nothing."""
    elsewhere = after.astimezone(timezone(timedelta(hours=hours)))

    assert next_time(Cron(expression), elsewhere, zone) == next_time(Cron(expression), after, zone)


@given(some.integers(1, 36_500 * 86_400), zones, instants)
def test_the_next_time_of_an_interval_is_later(
    seconds: int, zone: ZoneInfo, after: datetime
) -> None:
    """By exactly the interval."""
    due = next_time(Interval(timedelta(seconds=seconds)), after, zone)

    assert due - after == timedelta(seconds=seconds)


# --- cadences ----------------------------------------------------------------------------


@pytest.mark.parametrize("cadence", ["instant", "daily", "weekly", "0 7 * * mon,thu"])
def test_a_cadence_is_a_word_or_a_cron_expression(cadence: str) -> None:
    """It is kept as written."""
    assert check_cadence(cadence) == cadence


@pytest.mark.parametrize("cadence", ["", "hourly", "Daily", "0 7 * *", "0 0 7 * * *", "0 8 30 2 *"])
def test_any_other_cadence_is_refused(cadence: str) -> None:
    """The message shows it and says what is allowed."""
    with pytest.raises(ValueError, match="cadence") as caught:
        check_cadence(cadence)

    assert repr(cadence) in str(caught.value)
    assert "'weekly fri 18'" in str(caught.value)
    assert str(caught.value).endswith("or a cron expression such as '0 7 * * mon,thu'")


def test_an_instant_digest_waits_for_no_time() -> None:
    """It leaves with its item."""
    assert next_digest("instant", utc("2026-11-23", "12:00"), MADRID) is None


@pytest.mark.parametrize(
    ("cadence", "zone", "expected"),
    [
        ("daily", "UTC", utc("2026-11-24", "08:00")),
        ("daily", "Europe/Madrid", utc("2026-11-24", "07:00")),
        ("daily", "America/New_York", utc("2026-11-23", "13:00")),
        ("weekly", "UTC", utc("2026-11-30", "08:00")),
        ("weekly", "America/New_York", utc("2026-11-23", "13:00")),
        ("0 7 * * mon,thu", "Europe/Madrid", utc("2026-11-26", "06:00")),
    ],
)
def test_a_digest_is_due_at_the_local_time(cadence: str, zone: str, expected: datetime) -> None:
    """Asked on a Monday at noon UTC: daily and weekly are at eight, weekly on Mondays."""
    assert next_digest(cadence, utc("2026-11-23", "12:00"), ZoneInfo(zone)) == expected


def test_missed_digests_are_caught_up_once() -> None:
    """The next one counts from now, however long ago the last one was due."""
    assert next_digest("daily", utc("2026-11-23", "08:00"), ZoneInfo("UTC")) == utc(
        "2026-11-24", "08:00"
    )


@given(some.sampled_from(["daily", "weekly", *EXPRESSIONS]), zones, instants)
def test_the_next_digest_is_later_than_now(cadence: str, zone: ZoneInfo, now: datetime) -> None:
    """Or the same digest would leave again and again."""
    due = next_digest(cadence, now, zone)

    assert due is not None
    assert due > now
