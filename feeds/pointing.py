"""Somebody points at elements of a page, and rules follow that read it so. Pure.

The rules are found as those for a rebuilt page are: lists that may be meant are proposed, rules
are written for each, and what they read back on that very page decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.located import Located, locate, located
from feeds.numbered import Opened, open_page
from feeds.pointing_leaving import EXCLUDES, left_out_by_pattern
from feeds.pointing_lists import Wish, lists, title_pointed_at
from feeds.pointing_met import is_met, unwanted_at
from feeds.pointing_rules import Ruling
from feeds.pointing_values import Pointed
from feeds.pointing_words import explanation, problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from config.settings import RuleSettings, SourceSettings
    from feeds.page import Page
    from feeds.pointing_lists import Listed
    from feeds.pointing_values import Point
    from feeds.read_tree import Element

_MOST_LISTS = 8
_FIELDS = ("link", "date", "summary")


def pointed(
    page: Page, points: Sequence[Point], *, source: SourceSettings, now: datetime
) -> Pointed:
    """Return the rules by which a page is read as all that was pointed at says.

    ``source.rules`` are those in force, from the last pointing or from anybody's hand; ``points``
    all that was pointed at so far, the latest last. A word on an element that contradicts an
    earlier one on it takes that back.
    """
    opened = open_page(page, source=source, now=now)
    if not isinstance(opened, Opened):
        read = located(page, source=source, now=now)
        return Pointed(
            rules=source.rules, located=read, unmet=tuple(points), problems=(opened.problem,)
        )
    return point(opened, points, rules=source.rules)


def point(opened: Opened, points: Sequence[Point], *, rules: RuleSettings) -> Pointed:
    """Return the rules that follow from what was pointed at on a page that is opened."""
    before = locate(opened, rules)
    points = in_force(points)
    best = _Try(opened, points, rules, before, before)
    if best.unmet:
        wish = _wish(opened, points, before)
        for tried in _tries(wish, points, rules, before):
            best = tried if tried.rank > best.rank else best
            if not best.unmet and best.is_as_listed:
                break
    return Pointed(
        rules=best.rules,
        located=best.read,
        unmet=best.unmet,
        problems=tuple(problem(opened, each, points) for each in best.unmet),
        explanation=explanation(before, best.read, rules, best.rules),
    )


def in_force(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return what still holds: who says of an element that it is no item took back what it was.

    And the other way round; the last word counts.
    """
    last = {each.number: each.part == "not" for each in points}
    kept = (each for each in points if (each.part == "not") is last[each.number])
    return tuple(dict.fromkeys(kept))


def _tries(
    wish: Wish, points: Sequence[Point], rules: RuleSettings, before: Located
) -> Iterator[_Try]:
    """Yield what comes of each list that may be meant, the likeliest first."""

    def tried(given: RuleSettings, listed: Listed | None = None) -> _Try:
        return _Try(wish.opened, points, given, locate(wish.opened, given), before, listed)

    less = left_out_by_pattern(wish, rules, before)
    last = tried(less) if less else None
    likely = (lists(wish) or lists(replace(wish, nots=())))[:_MOST_LISTS]
    # A pattern that leaves out what is pointed at is not what this person means.
    for configured in dict.fromkeys((rules, replace(rules, **dict.fromkeys(EXCLUDES, "")))):
        for listed in likely:
            for ruled in Ruling(wish, listed, configured).rules():
                found = tried(ruled, listed)
                yield found
                if last is not None and not last.unmet:
                    continue
                if found.unmet and (less := left_out_by_pattern(wish, found.rules, found.read)):
                    yield tried(less, listed)
    if last is not None:
        yield last


def _wish(opened: Opened, points: Sequence[Point], before: Located) -> Wish:
    def of(part: str) -> tuple[Element, ...]:
        found = (opened.element(each.number) for each in points if each.part == part)
        return tuple(dict.fromkeys(each for each in found if each is not None))

    present = (opened.element(spots.title) for spots in before.spots if spots.title is not None)
    return Wish(
        opened,
        titles=tuple(dict.fromkeys(map(title_pointed_at, of("title")))),
        items=of("item"),
        nots=tuple(unwanted_at(opened, each, before) for each in of("not")),
        present=tuple(dict.fromkeys(each for each in present if each is not None)),
        fields={name: of(name) for name in _FIELDS},
    )


@dataclass(slots=True)
class _Try:
    """Rules that were tried, and what they read."""

    opened: Opened
    points: Sequence[Point]
    rules: RuleSettings
    read: Located
    before: Located
    listed: Listed | None = None

    @property
    def unmet(self) -> tuple[Point, ...]:
        """The points that the reading does not satisfy."""
        return tuple(
            each for each in self.points if not is_met(self.opened, each, self.read, self.before)
        )

    @property
    def is_as_listed(self) -> bool:
        """Whether just the titles of the list were read."""
        if self.listed is None:
            return False
        wanted = {slot.title.start for slot in self.listed.slots}
        return len(self.read.reading.entries) == len(wanted)

    @property
    def rank(self) -> tuple[float, ...]:
        """Sort tries: what satisfies more is greater, then what reads more of the likelier list."""
        worth = self.listed.worth if self.listed else 0.0
        size = len(self.listed.slots) if self.listed else 0
        off = abs(len(self.read.reading.entries) - size)
        rules = sum(
            len(value) + 10
            for name in ("item", "title", "link", "date", "summary")
            if (value := getattr(self.rules, name))
        )
        return (-len(self.unmet), worth - 2.0 * off, -rules)
