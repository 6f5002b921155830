"""The laws of identity over whole histories: a page that changes between checks as pages do."""

from __future__ import annotations

import copy
import os
import shutil
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publishers import CHANGES, Publisher, Reader, Style, translate, translate_back
from worlds import NOON, Feeds, bulletin, item_of

from feeds.database import open_database
from feeds.diff import diff
from feeds.guards import Normal, judge
from feeds.identify import identify
from feeds.migrations import migrate
from feeds.schema import FEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishers import Happening

FIRST = st.builds(
    Style,
    urls=st.sampled_from(["own", "own", "shared", "none"]),
    dated=st.booleans(),
    text=st.sampled_from(["whole", "whole", "teaser", "none"]),
    counted=st.booleans(),
    tracked=st.booleans(),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, which each history begins with a copy of."""
    folder = tmp_path_factory.mktemp("empty")
    with open_database("", folder) as database:
        migrate(database, (FEEDS,), now=NOON)
        Feeds(database).sources.register((bulletin(sources=("main", "other")),), now=NOON)
    return folder / "tidings.db"


@contextmanager
def reader(empty: Path, publisher: Publisher) -> Iterator[Reader]:
    """Someone who reads the pages of a publisher into a store of their own."""
    memory = Path("/dev/shm")  # noqa: S108 - faster than a disk, where there is one
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        shutil.copy(empty, folder)
        with open_database("", Path(folder)) as database:
            yield Reader(Feeds(database), publisher)


def live(
    empty: Path,
    styles: Sequence[Style],
    of_one_title: bool,  # noqa: FBT001 - as it is drawn
    steps: Sequence[tuple[Sequence[Happening], int]],
) -> None:
    """Let things happen, with a check of each source after each step; the laws hold throughout.

    What nobody could decide who sees only the pages does not happen: Reader.can_decide.
    """
    publisher = Publisher(dict(zip(("main", "other"), styles, strict=False)), of_one_title)
    for _ in range(5):
        publisher.publish()
        publisher.today += timedelta(days=1)
    with reader(empty, publisher) as one:
        one.check("main")
        for happenings, pick in steps:
            one.feeds.clock.forward(days=1)
            publisher.today += timedelta(days=1)
            publisher.ticks += 1
            for happening in happenings:
                trial = copy.deepcopy(publisher)
                happening(trial, pick)
                if one.can_decide(trial):
                    publisher = one.publisher = trial
            before = one.stored()
            for source in publisher.pages:
                one.check(source)
            assert set(before) <= set(one.stored())
        assert sorted(one.stored()) == sorted(one.ids.values())
        for source in publisher.pages:
            one.check_again(source)


# Random histories to search, each of up to LONGEST checks, in the place of the fixed ones.
SEARCHED = int(os.environ.get("TIDINGS_HISTORIES", "0"))
LONGEST = 200 if SEARCHED else 40
STEPS = st.lists(
    st.tuples(st.lists(st.sampled_from(CHANGES), max_size=2), st.integers(0, 59)),
    min_size=10,
    max_size=LONGEST,
)


@settings(
    max_examples=SEARCHED or 25,
    derandomize=not SEARCHED,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    styles=st.lists(FIRST, min_size=1, max_size=2),
    of_one_title=st.booleans(),
    steps=STEPS,
)
def test_each_true_item_is_one_item(
    empty: Path,
    styles: list[Style],
    of_one_title: bool,  # noqa: FBT001
    steps: list[tuple[list[Happening], int]],
) -> None:
    """It is new where it first stood, told once, and keeps its id, whatever happens to the page.

    The same histories each time, so that a run is the code's result and not chance's; with
    TIDINGS_HISTORIES=5000 in the environment so many random ones, hundreds of checks long.
    """
    live(empty, styles, of_one_title, steps)


KINDS = (
    (Style(),),
    (Style(urls="shared", counted=True),),
    (Style(urls="none", text="teaser"),),
    (Style(dated=False, tracked=True),),
    (Style(text="none"),),
    (Style(), Style(text="teaser", tracked=True)),
)


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_changes_alone_and_in_pairs(empty: Path, kind: int) -> None:
    """Each happens alone, and with each other one in the same step and in the next."""
    pairs = [pair for place, pair in enumerate(combinations(CHANGES, 2)) if place % 6 == kind]
    alone: list[tuple[Happening, ...]] = [(change,) for change in CHANGES]
    for pick, both in enumerate([*alone, *pairs]):
        then = [([], pick), ([both[-1]], pick + 1)]
        live(empty, KINDS[kind], pick % 2 == 0, [(both, pick), *then])


def test_a_page_in_another_language_for_a_day_is_the_same_items(empty: Path) -> None:
    """Where addresses stay, all are revised, and revised back the day after."""
    live(empty, [Style()], of_one_title=False, steps=[([translate], 0), ([translate_back], 0)])


def test_another_language_without_addresses_is_held() -> None:
    """Where only days and places stay, nobody can say which is which: the guards hold it."""
    publisher = Publisher({"main": Style(urls="none")}, of_one_title=False)
    for _ in range(6):
        publisher.publish()
        publisher.today += timedelta(days=1)
    known = [item_of(found, place) for place, (_, found) in enumerate(publisher.page("main"))]
    translate(publisher, 0)
    matching = identify([found for _, found in publisher.page("main")], known)
    changes = diff(matching, first=False, last=NOON)

    assert judge(changes, Normal(found=6, most_new=2), NOON).startswith("other words")
