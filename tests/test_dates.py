from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.dates import DateReader
from feeds.dates_forms import machine_date

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def reader(language: str = "en", zone: str = "UTC") -> DateReader:
    """Make a reader whose today is fixed."""
    return DateReader(zone=ZoneInfo(zone), now=NOW, language=language)


SEPTEMBER = [
    ("en", "14 September, 2020"),
    ("en", "September 14th, 2020"),
    ("en", "Sept. 14, 2020"),
    ("en", "Mon, 14 Sep 2020"),
    ("en", "Monday, 14 September 2020"),
    ("en", "2020-09-14"),
    ("en", "2020/9/14"),
    ("en", "Published: 14 September 2020"),
    ("en", "Posted on September 14, 2020"),
    ("en", "14–16 September 2020"),
    ("en", "September 14-16, 2020"),
    ("en", "14 September – 3 October 2020"),
    ("en", "9/14/2020"),
    ("en-GB", "14/9/2020"),
    ("de", "14.09.2020"),
    ("de", "14. Sept. 2020"),
    ("de", "Montag, 14. September 2020"),
    ("fr", "14 septembre 2020"),
    ("es", "14 de septiembre de 2020"),
    ("pt", "14 de setembro de 2020"),
    ("it", "14 settembre 2020"),
    ("nl", "14 september 2020"),
    ("sv", "14 september 2020"),
    ("fi", "14. syyskuuta 2020"),
    ("pl", "14 września 2020"),
    ("cs", "14. září 2020"),
    ("hu", "2020. szeptember 14."),
    ("tr", "14 Eylül 2020"),
    ("id", "14 September 2020"),
    ("vi", "14 tháng 9, 2020"),
    ("ru", "14 сентября 2020 г."),
    ("uk", "14 вересня 2020"),
    ("el", "14 Σεπτεμβρίου 2020"),
    ("ca", "14 de setembre de 2020"),
    ("ja", "2020年9月14日"),
    ("ja", "2020年9月14日（月）"),
    ("zh", "2020 年 9 月 14 日"),
    ("ko", "2020년 9월 14일"),
    ("ko", "9월 14, 2020"),
    ("ko", "2020. 9. 14."),
    ("th", "14 กันยายน 2563"),
    ("th", "14 ก.ย. 2563"),
    ("ar", "١٤ سبتمبر ٢٠٢٠"),
    ("ar", "14 أيلول 2020"),
    ("fa", "۱۴ سپتامبر ۲۰۲۰"),
    ("hi", "14 सितंबर 2020"),
]


@pytest.mark.parametrize(("language", "text"), SEPTEMBER, ids=[f"{a}: {b}" for a, b in SEPTEMBER])
def test_forms_of_one_day(language: str, text: str) -> None:
    """However a language writes it, the day is the same."""
    when = reader(language).whole(text)

    assert when is not None
    assert when.day == date(2020, 9, 14)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "3 days ago", date(2026, 11, 20)),
        ("en", "yesterday", date(2026, 11, 22)),
        ("es", "hace 2 días", date(2026, 11, 21)),
        ("de", "vor 3 Tagen", date(2026, 11, 20)),
        ("ja", "3 日前", date(2026, 11, 20)),
        ("en", "December 24", date(2025, 12, 24)),
        ("en", "November 20", date(2026, 11, 20)),
    ],
)
def test_open_forms_are_rolled_into_the_past(language: str, text: str, day: date) -> None:
    """What has no year, or counts back, is the last such day before now."""
    when = reader(language).whole(text)

    assert when is not None
    assert when.day == day


@pytest.mark.parametrize(
    "text",
    [
        "May",
        "March",
        "2020",
        "May 2020",
        "12:30",
        "Q3 2020",
        "Room 14",
        "Version 3.2.1",
        "10.0.0.1",
        "31 February 2020",
        "to 5",
        "on:",
        "September 14, Georgetown - The harbour",
        "On September 2, the talks ended",
        "14 boats in September 2020",
        "1:0 in the 90th minute",
        "+49 30 1234 5678",
    ],
)
def test_what_is_no_date(text: str) -> None:
    """A text that only smells of a date is none."""
    assert reader().whole(text) is None


def test_one_number_settles_all() -> None:
    """One 25/12 says what 03/04 is; without it the language decides."""
    dates = reader("en")
    assert dates.whole("03/04/2020") is not None
    before = dates.whole("03/04/2020")
    dates.settle(["25/12/2019", "03/04/2020"])
    after = dates.whole("03/04/2020")

    assert before is not None
    assert after is not None
    assert (before.day, after.day) == (date(2020, 3, 4), date(2020, 4, 3))


def test_a_time_is_kept_in_its_zone() -> None:
    """A clock time beside the day gives an instant, read in the zone of the source."""
    when = reader(zone="America/Guyana").whole("14 September 2020, 10:30")

    assert when is not None
    assert when.day == date(2020, 9, 14)
    assert when.instant == datetime(2020, 9, 14, 14, 30, tzinfo=UTC)


def test_a_written_offset_wins_over_the_zone() -> None:
    """A machine's form says its own offset; the day stays the one that is written."""
    when = reader(zone="America/Guyana").machine("2020-09-14T00:30:00+03:00")

    assert when is not None
    assert when.day == date(2020, 9, 14)
    assert when.instant == datetime(2020, 9, 13, 21, 30, tzinfo=UTC)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_reading_dates_never_raises(text: str) -> None:
    """Any text is a date or is none."""
    dates = reader()
    dates.settle([text])
    dates.whole(text)
    dates.machine(text)


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1971, 1, 1), date(2099, 12, 31)))
def test_iso_days_are_read_back(day: date) -> None:
    """Every ISO day is read as itself."""
    when = reader().whole(day.isoformat())

    assert when is not None
    assert when.day == day


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("Wed, 01 May 2024 10:00:00 +0200", date(2024, 5, 1), 8),
        ("Wednesday, 01 May 2024 10:00:00 GMT", date(2024, 5, 1), 10),
        ("01 September 2024 10:00", date(2024, 9, 1), 10),
        ("1 May 2024", date(2024, 5, 1), None),
    ],
)
def test_dates_of_feeds(text: str, day: date, hour: int | None) -> None:
    """As RFC 2822 has them, and as feeds write them: with names in full, or without a time."""
    when = machine_date(text, ZoneInfo("UTC"))

    assert when is not None
    assert when.day == day
    assert (when.instant.hour if when.instant else None) == hour


@pytest.mark.parametrize("text", ["May 2024", "Mon, 99 Foo 2024 10:00", "1 May", "1 May 2024 late"])
def test_what_is_no_date_of_a_feed(text: str) -> None:
    """Nothing is guessed."""
    assert machine_date(text, ZoneInfo("UTC")) is None
