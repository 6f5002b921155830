"""Mails leave at the pace that was set, and a domain that puts mail off gets it more slowly."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import NOON

from notifier.pace import Pace
from notifier.pace_store import PaceStore

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database

DOMAIN = "example.net"


def _after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _sent(pace: Pace, seconds: int, *, step: float = 0.05) -> int:
    """Count the mails that go out when one is tried at every step."""
    times = [_after(number * step) for number in range(round(seconds / step))]
    return sum(pace.next_of_all(now) is None and pace.next_to(DOMAIN, now) is None for now in times)


def test_without_a_limit_nothing_waits() -> None:
    """Whoever has not asked for it is not slowed down."""
    assert _sent(Pace(), 10) == 200


@given(st.floats(min_value=0.2, max_value=10))
def test_a_rate_is_kept(rate: float) -> None:
    """Over all, and to a domain, but for what one second may have saved up."""
    most = 60 * rate + rate + 1

    assert 60 * rate * 0.8 - 1 <= _sent(Pace(rate=rate), 60) <= most
    assert 60 * rate * 0.8 - 1 <= _sent(Pace(domain_rate=rate), 60) <= most


def test_a_limit_of_one_domain_is_none_of_another() -> None:
    """They do not share it."""
    pace = Pace(domain_rate=1.0)
    first = [pace.next_to(DOMAIN, NOON) is None for _ in range(9)]

    assert first.count(True) == 2
    assert pace.next_to("example.org", NOON) is None


def test_who_must_wait_gets_a_time_of_its_own() -> None:
    """So that all do not come back at once."""
    pace = Pace(domain_rate=2.0)
    times = [pace.next_to(DOMAIN, NOON) for _ in range(8)]
    waiting = [time for time in times if time is not None]

    assert waiting == sorted(set(waiting))
    assert waiting[-1] - waiting[0] >= timedelta(seconds=2)


def test_a_domain_that_puts_mail_off_is_slowed_down() -> None:
    """To half of what it got, once for all that was on its way, and then to half of that."""
    pace = Pace()
    for second in range(10):
        for _ in range(4):
            pace.next_to(DOMAIN, _after(second))
    for _ in range(16):
        pace.slow_down(DOMAIN, _after(10))
    once = pace.changed()
    pace.slow_down(DOMAIN, _after(21))

    assert once == {DOMAIN: pytest.approx(2.0)}
    assert pace.changed() == {DOMAIN: pytest.approx(1.0)}


def test_a_domain_that_takes_mail_again_is_trusted_again() -> None:
    """Step by step, until no limit is left; it never falls below some mails a minute."""
    pace = Pace(learned={DOMAIN: 1.0})
    for minute in range(60):
        pace.slow_down(DOMAIN, _after(60 * minute))
    slowest = pace.changed()[DOMAIN]
    rates = []
    for second in range(3600, 3600 + 9000, 5):
        pace.speed_up(DOMAIN, _after(second))
        rates.append(pace.changed().get(DOMAIN, 0.0))

    assert slowest == pytest.approx(0.1)
    assert rates[-1] == 0.0
    limits = [rate for rate in rates if rate]
    assert limits == sorted(limits)
    assert pace.next_to(DOMAIN, _after(99999)) is None


def test_a_rate_that_is_set_is_never_passed() -> None:
    """However much a domain is trusted."""
    pace = Pace(domain_rate=1.0, learned={DOMAIN: 9.0})
    for second in range(1000):
        pace.speed_up(DOMAIN, _after(second))

    assert pace.changed() == {}
    assert _sent(pace, 60) <= 62


def test_what_was_learned_is_kept_for_a_day(database: Database) -> None:
    """By the next run, of whatever process; a limit that is gone is forgotten at once."""
    store = PaceStore(database)
    store.learn({DOMAIN: 0.5, "example.org": 2.0}, now=NOON)
    store.learn({DOMAIN: 0.25, "example.org": 0.0}, now=NOON)
    store.learn({}, now=NOON)

    assert store.rates(now=NOON) == {DOMAIN: 0.25}
    assert store.rates(now=NOON + timedelta(days=1)) == {}


@given(st.integers(min_value=1, max_value=5), st.floats(min_value=0.5, max_value=10))
def test_several_senders_keep_a_rate_together(senders: int, rate: float) -> None:
    """Each has its share; what one may have saved up each of them may."""
    most = 60 * rate + rate + senders

    over_all = senders * _sent(Pace(rate=rate, senders=senders), 60)
    to_domain = senders * _sent(Pace(domain_rate=rate, senders=senders), 60)

    assert 60 * rate * 0.8 - senders <= over_all <= most + senders * rate
    assert 60 * rate * 0.8 - senders <= to_domain <= most + senders * rate


def test_who_sends_is_known_until_it_leaves_or_dies(database: Database) -> None:
    """A process that was killed has no share when its time is over."""
    store = PaceStore(database)
    lease = timedelta(minutes=5)
    counts = [store.join_in(name, now=NOON, lease=lease) for name in ("a", "b", "b")]
    store.leave("a")
    counts.append(store.join_in("c", now=_after(10), lease=lease))
    counts.append(store.join_in("c", now=_after(301), lease=lease))

    assert counts == [1, 2, 2, 2, 1]
