"""Which items a live feed holds, and into which part of the archive an item goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from feeds.archive import Part
from feeds.model import Content, Item
from feeds.window import BUDGET, LIMIT, live_window

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def _item(number: int, *, size: int = 10) -> Item:
    came = NOON + timedelta(minutes=number)
    return Item(
        id=f"tag:{number}",
        token=str(number),
        bulletin="harbour",
        number=number,
        changed=number,
        content=Content(title=f"Ferry {number}", summary_html="x" * size),
        published=came,
        updated=came,
        first_seen=came,
    )


def _numbers(*items: Item) -> list[int]:
    return [item.number for item in items]


def test_a_live_feed_has_what_was_promised_and_the_newest() -> None:
    """Each once, newest first, whatever they are given for."""
    window = live_window(
        unarchived=[_item(7), _item(8)],
        promised=[_item(2), _item(8)],
        latest=[_item(8), _item(7), _item(6)],
    )

    assert _numbers(*window.items) == [8, 7, 6, 2]
    assert window.left_out == 0


def test_beyond_the_budget_only_what_was_promised_is_added() -> None:
    """The newest ones fill a feed up to a megabyte; promised ones are never given up for it."""
    half = BUDGET // 2
    window = live_window(
        unarchived=[],
        promised=[_item(1, size=half), _item(2, size=half), _item(3, size=half)],
        latest=[_item(number, size=half) for number in (5, 4, 3)],
    )
    small = live_window(
        unarchived=[], promised=[], latest=[_item(number, size=half) for number in (5, 4, 3)]
    )

    assert _numbers(*window.items) == [3, 2, 1]
    assert _numbers(*small.items) == [5]


def test_beyond_what_any_reader_takes_the_oldest_is_left_out_and_counted() -> None:
    """A feed that nobody can read keeps no promise at all."""
    promised = [_item(number, size=LIMIT // 4) for number in range(1, 6)]

    window = live_window(unarchived=[], promised=promised, latest=[])

    assert _numbers(*window.items) == [5, 4, 3]
    assert window.left_out == 2


def test_one_item_is_there_whatever_its_size() -> None:
    """No feed is ever empty."""
    window = live_window(unarchived=[], promised=[], latest=[_item(1, size=2 * LIMIT)])

    assert _numbers(*window.items) == [1]


@pytest.mark.parametrize(
    ("part", "size", "day", "name"),
    [
        (Part(), 10, date(2026, 11, 1), "2026-11"),
        (Part("2026-10", 3, 30), 10, date(2026, 11, 1), "2026-11"),
        (Part("2026-10-0007", 3, 30), 10, date(2026, 11, 1), "2026-11"),
        (Part("2026-11", 3, 30), 10, date(2026, 11, 30), "2026-11"),
        (Part("2026-11", 100, 30), 10, date(2026, 11, 30), "2026-11-0002"),
        (Part("2026-11-0002", 100, 30), 10, date(2026, 11, 30), "2026-11-0003"),
        (Part("2026-11", 1, 399_999), 10, date(2026, 11, 30), "2026-11-0002"),
        # A clock that was put back, and a year of other length than ours.
        (Part("2026-11", 3, 30), 10, date(2026, 10, 31), "2026-11"),
        (Part("", 3, 30), 10, date(2026, 10, 31), "2026-10"),
    ],
)
def test_a_part_is_a_month_or_less(part: Part, size: int, day: date, name: str) -> None:
    """It closes at the month's end, or with a hundred items, or with 400 000 characters."""
    assert part.taking("x" * size, day).name == name


@given(
    some.lists(
        some.tuples(some.integers(0, 40), some.integers(0, 250_000)), min_size=1, max_size=40
    )
)
def test_parts_are_in_the_order_of_time(items: list[tuple[int, int]]) -> None:
    """Names only grow, and a part that was left is never filled again."""
    part, day, names = Part(), date(2026, 1, 1), []
    for days, size in items:
        day += days * DAY
        part = part.taking("x" * size, day)
        names.append(part.name)

    assert names == sorted(names)
    assert all(name.startswith(name[:7]) and len(name) in {7, 12} for name in names)
