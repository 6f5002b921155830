"""Whatever dies or falls silent while mail leaves: nothing is lost, and no more comes twice
than was in flight. ``benchmarks/crashes.py`` does the same a thousand times.
"""  # noqa: D205 - one statement

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from crash_trials import Nursery, Trials
from faulty_sink import STEPS, WAYS, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faulty_sink import Way

    from feeds.database import Database


@pytest.fixture
def trials(database: Database, database_url: str, tmp_path: Path) -> Iterator[Trials]:
    """A store on each database, and what makes senders."""
    with Nursery() as nursery:
        yield Trials(database, database_url, tmp_path / "data", nursery)


@pytest.mark.parametrize("way", WAYS)
def test_a_failure_at_any_step_loses_and_doubles_nothing(trials: Trials, way: Way) -> None:
    """Killed, hung up on or left waiting at each step, beside a sender that goes on."""
    steps = STEPS if way != "stall" else ("EHLO", "RCPT", "DATA", "dot")
    for step in steps:
        trials.trial([Fault(step, way), None])

    # The relay had the mail, and nobody noted it: there the copy must come, or some would be lost.
    assert trials.copies.total() == len(steps)
    assert trials.copies[0] < len(steps)


def test_a_death_at_any_moment_loses_and_doubles_nothing(trials: Trials) -> None:
    """Also before the first word and between two writes."""
    for moment in range(6):
        trials.trial([None, None], kill_after_s=0.006 * moment)

    assert trials.copies.total() == 6
