"""New rules for a page that was rebuilt, learnt from the known items that still stand on it. Pure.

Rules are proposed only after they were tested on the page: what they read is laid against the
items of the last good reading. Whether all of it agrees is said here as well, and what of the
reading is older than anything that was known.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.decode import decode
from feeds.identify import identify
from feeds.keys import title_key, url_key
from feeds.read import read
from feeds.repair_places import found_lists, look_for
from feeds.repair_rules import SELECTORS, rules_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from config.settings import RuleSettings, SourceSettings
    from feeds.model import Entry, Item, Match, Reading
    from feeds.page import Page
    from feeds.repair_places import Sight

_FEW = 2
_MOST = 0.6
_NEARLY_ALL = 0.8
# Of what was read back, so much may stand in another order: a pinned item, two of one day.
_IN_ORDER = 0.9
# One thing among the known ones that was not known is news; many are of another list.
_BETWEEN = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How a reading agrees with the items of the last good one.

    Of ``known`` items ``back`` were read back, each with its title and its link or day, or with
    its link and day. ``wrong`` are those of them whose link or day is another one. ``between`` are
    entries nobody knew that stand among the known ones, ``unlike`` those that lack what the
    known ones have.
    """

    known: int
    back: int = 0
    titles: int = 0
    links: int = 0
    days: int = 0
    wrong: int = 0
    in_order: bool = True
    between: int = 0
    fresh: int = 0
    unlike: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of the evidence agrees: most is read back, in order, nothing contradicts."""
        return (
            self.back >= max(_FEW, self.known * _MOST)
            and self.titles >= self.back * _NEARLY_ALL
            and self.in_order
            and self.wrong <= self.back * (1 - _NEARLY_ALL)
            and self.between <= max(1, self.back * _BETWEEN)
            and self.fresh <= self.back
            and not self.unlike
        )

    @property
    def found(self) -> tuple[int, int]:
        """How much of what is known was found again: items, and their fields."""
        return self.back, self.titles + self.links + self.days

    @property
    def rank(self) -> tuple[int, ...]:
        """Sort readings: what reads more back is greater, then what reads less that is foreign."""
        return (
            self.is_whole,
            self.back,
            self.in_order,
            self.titles + self.links + self.days,
            -self.unlike - self.between,
            -self.wrong,
            self.fresh,
        )

    def __str__(self) -> str:
        """Say it in words."""
        order = "in their order" if self.in_order else "in another order"
        parts = [f"{self.back} of the {self.known} items that stood there are read back {order}"]
        parts.append(f"{self.titles} with their title, {self.links} link, {self.days} date")
        if self.wrong:
            parts.append(f"{self.wrong} with another link or date")
        if self.between + self.fresh:
            parts.append(f"{self.between + self.fresh} that nobody knew")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """New rules for a page, what they read of it, and how that agrees with what is known."""

    rules: RuleSettings
    reading: Reading
    agreement: Agreement


def find_repair(
    page: Page, known: Sequence[Item], *, source: SourceSettings, now: datetime
) -> Proposal | None:
    """Return the rules that read most of the known items back; None where none read any.

    ``known`` are the items of the last good reading, in their order.
    """
    text = decode(page.body, content_type=page.content_type).text
    sight = look_for(
        text,
        known,
        rules=source.rules,
        url=page.url,
        language=source.language,
        zone=source.time_zone,
        now=now,
    )
    if sight is None or len(sight.standing) < _FEW:
        return None
    trial = _Trial(page, known, source, now, standing=sight.standing_links)
    best = _best_of(sight, trial, source.rules)
    # What is read without any selector may see more: an item that stands apart from the list.
    plain = replace(source.rules, **dict.fromkeys(SELECTORS, ""))
    without = trial.of(plain) if source.rules.item else None
    if without and (best is None or without.agreement.rank > best.agreement.rank):
        best = without
    return best if best is not None and best.agreement.back >= _FEW else None


def _best_of(sight: Sight, trial: _Trial, configured: RuleSettings) -> Proposal | None:
    """Return the best of all that is tried, the first of equals; a perfect one ends the search."""
    best: Proposal | None = None
    for found in found_lists(sight):
        rules = rules_for(sight, found, configured)
        for tried in _variants(rules) if rules else ():
            proposal = trial.of(tried)
            if proposal is None:
                continue
            if best is None or proposal.agreement.rank > best.agreement.rank:
                best = proposal
            if _is_perfect(best.agreement):
                return best
            if proposal.agreement.back * _FEW < best.agreement.back:
                # Another list reads more: with fewer rules this one does not.
                break
    return best


def _is_perfect(agreement: Agreement) -> bool:
    return agreement.is_whole and not agreement.wrong and agreement.back == agreement.known


def _variants(rules: RuleSettings) -> Iterator[RuleSettings]:
    """Yield the rules, then fewer of them: what is left out is found automatically."""
    given = [name for name in SELECTORS[1:] if getattr(rules, name)]
    yield rules
    for name in given:
        yield replace(rules, **{name: ""})
    if len(given) > 1:
        yield replace(rules, **dict.fromkeys(given, ""))


@dataclass(frozen=True, slots=True)
class _Trial:
    """Rules are tried on a page; ``standing`` are the known items whose links stand on it."""

    page: Page
    known: Sequence[Item]
    source: SourceSettings
    now: datetime
    standing: frozenset[str]

    def of(self, rules: RuleSettings) -> Proposal | None:
        """Return what rules read; None where they read nothing."""
        page, source = self.page, self.source
        reading = read(
            page.body,
            url=page.url,
            content_type=page.content_type,
            kind=source.kind,
            language=source.language,
            zone=source.time_zone,
            now=self.now,
            rules=rules,
        )
        if reading.problem or not reading.entries:
            return None
        agrees = agreement(reading.entries, self.known, standing=self.standing)
        return Proposal(rules=rules, reading=reading, agreement=agrees)


def agreement(
    entries: Sequence[Entry], known: Sequence[Item], *, standing: frozenset[str] = frozenset()
) -> Agreement:
    """Lay what was read against the items of the last good reading, in their order.

    ``standing`` are the ids of those whose own link stands on the page.
    """
    matching = identify(entries, known)
    number = {item.id: place for place, item in enumerate(known)}
    backs = [match for match in matching.matches if _is_back(match)]
    places = [match.place for match in backs]
    taken = set(places)
    other = [place for place in range(len(entries)) if place not in taken]
    inside = [place for place in other if places and places[0] < place < places[-1]]
    oldest = min((d for match in backs if (d := _day(match.item))), default=None)
    return Agreement(
        known=len(known),
        back=len(backs),
        titles=sum(_same_title(match) for match in backs),
        links=sum(_same_link(match) for match in backs),
        days=sum(_same_day(match) for match in backs),
        wrong=sum(_is_wrong(match, standing) for match in backs) + _shared_links(backs),
        in_order=_longest_run([number[match.item.id] for match in backs]) >= len(backs) * _IN_ORDER,
        between=sum(not _is_older(entries[place], oldest) for place in inside),
        fresh=sum(place < places[0] for place in other) if places else len(other),
        unlike=_unlike([entries[place] for place in other], backs),
    )


def old_places(entries: Sequence[Entry], known: Sequence[Item]) -> frozenset[int]:
    """Return the places of entries that nobody knew and that are no news all the same.

    A rebuilt page may show more of its past than before: what is dated before all that was
    known, and what stands below all of it with the last day of it or without one.
    """
    backs = [match for match in identify(entries, known).matches if _is_back(match)]
    if not backs:
        return frozenset()
    last = backs[-1].place
    oldest = min((d for match in backs if (d := _day(match.item))), default=None)
    taken = {match.place for match in backs}
    return frozenset(
        place
        for place, entry in enumerate(entries)
        if place not in taken
        and (
            _is_older(entry, oldest) or (place > last and entry.when.day == oldest)
            if entry.when and oldest
            else place > last
        )
    )


def _is_back(match: Match) -> bool:
    """Whether two of title, link and day are the item's own, or the title where it had no more."""
    has = (_same_title(match), _same_link(match), _same_day(match))
    content = match.item.content
    return sum(has) >= _FEW or (has[0] and not (content.url or content.when))


def _shared_links(backs: Sequence[Match]) -> int:
    """Count new links that several items would have: they lead to none of them."""
    links = Counter(url_key(match.entry.url) for match in backs if not _same_link(match))
    return sum(count for key, count in links.items() if key and count > 1)


def _is_wrong(match: Match, standing: frozenset[str]) -> bool:
    """Whether a link or a day is another one than the item's.

    A link that is nowhere on the page any more has moved, and that is no contradiction.
    """
    entry, content = match.entry, match.item.content
    links = match.item.id in standing and bool(entry.url) and not _same_link(match)
    days = bool(entry.when and content.when) and not _same_day(match)
    return links or days


def _same_title(match: Match) -> bool:
    return title_key(match.entry.title) == title_key(match.item.content.title)


def _same_link(match: Match) -> bool:
    key = url_key(match.entry.url)
    return bool(key) and key == url_key(match.item.content.url)


def _same_day(match: Match) -> bool:
    day = _day(match.item)
    return day is not None and match.entry.when is not None and match.entry.when.day == day


def _day(item: Item) -> date | None:
    return item.content.when.day if item.content.when else None


def _is_older(entry: Entry, oldest: date | None) -> bool:
    return bool(entry.when and oldest and entry.when.day < oldest)


def _unlike(others: Sequence[Entry], backs: Sequence[Match]) -> int:
    """Count what lacks a date or a link where nearly all that is known have one."""
    dated = sum(match.entry.when is not None for match in backs) >= len(backs) * _NEARLY_ALL
    linked = sum(bool(match.entry.url) for match in backs) >= len(backs) * _NEARLY_ALL
    return sum((dated and entry.when is None) or (linked and not entry.url) for entry in others)


def _longest_run(numbers: Sequence[int]) -> int:
    """Return how many at most stand in rising order."""
    ends: list[int] = []
    for number in numbers:
        place = bisect_left(ends, number)
        ends[place : place + 1] = [number]
    return len(ends)
