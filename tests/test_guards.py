"""What is believed of a reading: a table of what breaks with a source's past and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from worlds import NOON, entry

from feeds.diff import content_of, diff, is_baseline
from feeds.guards import (
    MOST_ANNOUNCED,
    Normal,
    believed_at,
    believed_by_time,
    discarded,
    is_acceptable,
    judge,
    normal_of,
)
from feeds.model import Changes, Entry, Evidence, Item, Match, Matching, When
from feeds.records import Check

DAY = date(2026, 11, 3)
USUAL = Normal(found=20, most_new=4, dated=1, linked=1, summarised=1)


def found(number: int, *, rewritten: bool = False) -> Entry:
    """One thing on the page, with all that it may have."""
    text = f"Other words {number}" if rewritten else f"Some words {number}"
    return entry(f"Title {number}", day=DAY, url=f"https://x.test/{number}", summary=text)


def item(of: Entry, number: int) -> Item:
    """The stored item of an entry, on the page since its last reading."""
    return Item(
        id=f"tag:x.test,2026:{number}",
        token=str(number),
        bulletin="harbour",
        number=number,
        changed=number,
        content=content_of(of),
        published=NOON,
        updated=NOON,
        first_seen=NOON,
        position=number,
        sighted=True,
        stated="something else",
    )


def changes(
    *, old: int = 0, new: int = 0, lost: int = 0, rewritten: int = 0, left_out: int = 0, **bare: str
) -> Changes:
    """A reading with so many items of each kind; ``bare`` names what all of its entries lack."""
    seen = [found(number, rewritten=number < rewritten) for number in range(old)]
    fresh = [found(1000 + number) for number in range(new)]
    gone = tuple(item(found(2000 + number), 2000 + number) for number in range(lost))
    lacking = {"when": None} if "dates" in bare else {}
    lacking |= {"url": ""} if "links" in bare else {}  # type: ignore[dict-item] # two fields
    lacking |= {"summary_html": ""} if "texts" in bare else {}  # type: ignore[dict-item] # and three
    matches = tuple(
        Match(
            entry=replace(each, **lacking),  # type: ignore[arg-type] # fields by name
            place=number,
            item=item(found(number), number),
            evidence=Evidence.TITLE,
            strength=1,
        )
        for number, each in enumerate(seen)
    )
    unmatched = tuple(replace(each, **lacking) for each in fresh)  # type: ignore[arg-type] # same
    matching = Matching(
        matches=matches,
        unmatched=unmatched,
        unmatched_places=tuple(range(new)),
        missing=gone,
    )
    return diff(matching, first=False, left_out=left_out)


@pytest.mark.parametrize(
    ("reading", "kind"),
    [
        (changes(old=18, new=2), ""),
        (changes(lost=3), "nothing found"),
        (changes(lost=3, left_out=7), ""),
        # A flood: more than thrice the most so far, and most of the page.
        (changes(new=200, lost=20), "far more new items than ever"),
        (changes(old=10, new=13), "far more new items than ever"),
        (changes(old=10, new=12), ""),
        (changes(old=20, new=20), ""),
        (changes(old=19, new=20), "far more new items than ever"),
        # Of those, the ones that were always there are no flood.
        (replace(changes(old=10, new=13), old=frozenset({12})), ""),
        # Another list: what is missed stands on the page still, outside of what was read.
        (replace(changes(new=9, lost=5), unread=3), "another list"),
        (replace(changes(new=9, lost=5), unread=2), ""),
        (replace(changes(old=1, new=8, lost=5), unread=3), "another list"),
        (replace(changes(old=2, new=8, lost=5), unread=5), ""),
        (replace(changes(new=40, lost=5), unread=5), "another list"),
        # Another page.
        (changes(new=3, lost=9), "another page"),
        (changes(new=8, lost=20), ""),
        (changes(new=1, lost=4), "far fewer items than usual"),
        # The same days in other words, as where a page is in another language.
        (changes(new=12, lost=12), "other words"),
        (changes(new=12, lost=7), ""),
        (changes(old=1, new=11, lost=11), ""),
        # Far fewer than usual.
        (changes(old=6, lost=14), "far fewer items than usual"),
        (changes(old=7, lost=13), ""),
        (changes(old=6, lost=14, left_out=1), ""),
        # What most had is gone.
        (changes(old=20, dates=""), "no more dates"),
        (changes(old=19, new=1, links=""), "no more links"),
        (changes(old=9, new=11, texts=""), "no more texts"),
        (changes(old=10, new=10, texts=""), ""),
        # Other words for nearly all at once.
        (changes(old=20, rewritten=16), "other texts"),
        (changes(old=20, rewritten=15), ""),
    ],
)
def test_what_breaks_with_the_past_is_held(reading: Changes, kind: str) -> None:
    """For one reason, the worst; the edge of each stands beside it."""
    reason = judge(reading, USUAL, NOON)

    assert reason.partition(":")[0] == kind


def test_what_came_while_nobody_read_is_no_flood() -> None:
    """Many new items of many days since the last good reading came one by one; of one, at once."""
    read = DAY - timedelta(days=60)
    since = [found(n) for n in range(30)]
    spread = tuple(
        replace(each, when=When(read + timedelta(days=1 + n))) for n, each in enumerate(since)
    )
    at_once = tuple(replace(each, when=When(DAY)) for each in since)
    old = tuple(replace(each, when=When(read - timedelta(days=n))) for n, each in enumerate(since))
    usual = replace(USUAL, read=read)

    assert judge(Changes(new=spread), usual, NOON) == ""
    assert judge(Changes(new=at_once), usual, NOON).startswith("far more new items than ever")
    assert judge(Changes(new=old), usual, NOON).startswith("far more new items than ever")


@pytest.mark.parametrize(
    ("reading", "normal"),
    [
        (changes(old=2), Normal(found=6)),
        (changes(new=10), Normal()),
        (changes(new=30), replace(USUAL, most_new=10)),
        (changes(old=20, dates="", links=""), Normal(found=20, dated=0.5, linked=0.5)),
        (changes(old=2, dates=""), replace(USUAL, found=2)),
        (changes(old=4, rewritten=4), Normal(found=4)),
        # A page that says "two hours ago" has other texts at every reading.
        (changes(old=20, rewritten=20), replace(USUAL, revised=0.9)),
        (discarded(changes(new=200)), USUAL),
    ],
)
def test_what_a_source_is_used_to_is_believed(reading: Changes, normal: Normal) -> None:
    """So is what is too small to say anything, and every baseline."""
    assert judge(reading, normal, NOON) == ""


def test_what_lasts_is_believed() -> None:
    """The same kind for the whole time, whatever its numbers; but never a page with nothing."""
    flood = judge(changes(new=200, lost=20), USUAL, NOON)
    held = replace(USUAL, held=flood, believed_at=believed_at(NOON, timedelta(days=1)))
    later = NOON + timedelta(days=1)

    assert judge(changes(new=190, lost=20), held, NOON + timedelta(hours=22))
    assert judge(changes(new=190, lost=20), held, later) == ""
    assert judge(changes(old=6, lost=14), held, later)
    empty = judge(changes(lost=20), USUAL, NOON)
    assert judge(changes(lost=20), replace(held, held=empty), later) == empty
    assert (is_acceptable(flood), is_acceptable(empty)) == (True, False)


def test_a_flood_is_announced_from_the_top_of_the_page_only() -> None:
    """All are stored; what is not a flood is announced as a whole."""
    flood = believed_by_time(changes(new=200), USUAL)

    told = [not is_baseline(each, flood, rank=rank) for rank, each in enumerate(flood.new)]
    assert told == [True] * MOST_ANNOUNCED + [False] * (200 - MOST_ANNOUNCED)
    assert believed_by_time(changes(new=3, lost=9), USUAL).announced is None
    other = replace(changes(new=12, lost=9), unread=9)
    other = replace(other, doubted=judge(other, USUAL, NOON))
    assert believed_by_time(other, USUAL).announced == MOST_ANNOUNCED
    thrown = discarded(changes(new=200))
    assert all(is_baseline(each, thrown) for each in thrown.new)


def check(found: int, *, outcome: str = "changed", doubted: str = "", dated: int = 0) -> Check:
    """A good check."""
    return Check(
        bulletin="harbour",
        source="main",
        started=NOON,
        finished=NOON,
        outcome=outcome,
        found=found,
        dated=dated,
        linked=found,
        summarised=0,
        doubted=doubted,
    )


def test_normal_is_learnt_from_the_last_good_checks() -> None:
    """The usual number is a median; the shares are those of the last one."""
    normal = normal_of([check(10, dated=5), check(12), check(90)], most_new=7)

    assert (normal.found, normal.most_new) == (12, 7)
    assert (normal.dated, normal.linked, normal.summarised) == (0.5, 1, 0)
    assert normal_of([]) == Normal()


@pytest.mark.parametrize("begins", [check(8, outcome="baseline"), check(8, doubted="few")])
def test_what_was_believed_by_word_or_time_is_the_new_normal(begins: Check) -> None:
    """Else the page that was renewed would be held at its next reading again."""
    assert normal_of([check(9), begins, check(90), check(90), check(90)]).found == 8.5
