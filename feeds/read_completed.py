"""Entries are completed by what a page states of the same things.

An entry is known by its address, else by its title. What is shown stays as it is, but for a
date: a machine's says more than a text that may be read in several ways.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from feeds.keys import title_key, url_key
from feeds.model import Candidate, Entry, When
from feeds.read_stated import only_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from feeds.read_stated import Proposal

_T = TypeVar("_T")
_FEW = 2
_SOME = 3


@dataclass(slots=True)
class Joining:
    """Entries while proposals complete them, and what each proposal gave."""

    entries: list[Entry]
    base: Proposal | None = None
    # Places whose date is stated already: a weaker proposal does not change it again.
    settled: set[int] = field(default_factory=set)
    given: dict[str, Counter[str]] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.base:
            dated = (p for p, each in enumerate(self.entries) if each.when)
            self.settled.update(p for p in dated if not only_changed(self.entries[p]))

    def complete(self, proposal: Proposal) -> None:
        """Give the entries what a proposal states of them and they lack."""
        pairs = _pairs(self.entries, proposal.entries)
        given = self.given.setdefault(proposal.name, Counter())
        self.met[proposal.name] = len(pairs)
        if _is_one_day(self.entries, pairs):
            self.doubted.add(proposal.name)
        for place, stated in pairs.items():
            entry = self.entries[place]
            settled = place in self.settled or proposal.name in self.doubted
            completed = _completed(entry, stated, settled=settled)
            given.update(_differences(entry, completed))
            if completed.when != entry.when and not only_changed(completed):
                self.settled.add(place)
            self.entries[place] = completed

    def lines(self, ranked: Iterable[Proposal]) -> tuple[Candidate, ...]:
        """Return a line for each proposal: kept or dropped, and why."""
        return tuple(self._line(proposal) for proposal in ranked)

    def _line(self, proposal: Proposal) -> Candidate:
        count = len(proposal.entries)
        things = f"{count} things" if count > 1 else "1 thing"
        given = self.given.get(proposal.name, Counter())
        return Candidate(
            text=f"{things} in {proposal.name}: {proposal.entries[0].title[:60]}",
            kept=proposal is self.base or bool(given),
            reason=f"{self._reason(proposal, given)}, "
            f"{proposal.dated / count:.0%} dated, {proposal.linked / count:.0%} linked",
        )

    def _reason(self, proposal: Proposal, given: Counter[str]) -> str:
        if proposal is self.base:
            return "stands in: the page shows no items with dates or links"
        doubt = "; its dates are all one day, not the days that are shown"
        doubt = doubt if proposal.name in self.doubted else ""
        if given:
            gifts = ", ".join(f"{name} {count}" for name, count in sorted(given.items()))
            return f"completes the items: {gifts}{doubt}"
        if self.met.get(proposal.name):
            return f"states nothing that the items lack{doubt}"
        if len(proposal.entries) < _FEW:
            return "one thing is no list"
        return "none of its things is among the items"


def _pairs(entries: Sequence[Entry], stated: Sequence[Entry]) -> dict[int, Entry]:
    """Return what is stated of the entry at each place: by its address, else by its title.

    What two things share names neither of them.
    """
    found: dict[int, Entry] = {}
    by_key: tuple[Callable[[Entry], str], ...] = (_url, _title)
    for key in by_key:
        known = _unique((key(each), each) for each in stated)
        places = _unique((key(each), place) for place, each in enumerate(entries))
        for name, place in places.items():
            thing = known.get(name)
            if thing and place not in found:
                found[place] = thing
    return found


def _url(entry: Entry) -> str:
    return url_key(entry.url)


def _title(entry: Entry) -> str:
    return title_key(entry.title)


def _unique(pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    kept = list(pairs)
    counts = Counter(name for name, _ in kept)
    return {name: value for name, value in kept if name and counts[name] == 1}


def _is_one_day(entries: Sequence[Entry], pairs: dict[int, Entry]) -> bool:
    """Whether things are all dated alike that are shown with dates that differ.

    Such a date is that of the page: software wrote it into each of its things.
    """
    both = [(entries[p].when, each.when) for p, each in pairs.items()]
    days = [(shown.day, stated.day) for shown, stated in both if shown and stated]
    return (
        len(days) >= _SOME
        and len({stated for _, stated in days}) == 1
        and len({shown for shown, _ in days}) > 1
    )


def _completed(entry: Entry, stated: Entry, *, settled: bool) -> Entry:
    evidence = dict(entry.evidence)
    when = None if settled else _better_date(entry, stated)
    how = stated.evidence.get("date", "")
    if when:
        evidence["date"] = f"{how}, instead of {evidence['date']}" if entry.when else how
    if stated.url and not entry.url:
        evidence["link"] = stated.evidence["link"]
    if stated.summary_html and not entry.summary_html:
        evidence["summary"] = stated.evidence["summary"]
    return replace(
        entry,
        url=entry.url or stated.url,
        when=when or entry.when,
        summary_html=entry.summary_html or stated.summary_html,
        author=entry.author or stated.author,
        image_url=entry.image_url or stated.image_url,
        categories=entry.categories or stated.categories,
        evidence=evidence,
    )


def _better_date(entry: Entry, stated: Entry) -> When | None:
    """Return the date that is stated where it says more or surer than the one that is shown."""
    shown, when = entry.when, stated.when
    if shown is None or when is None:
        return when
    if only_changed(stated):
        return None
    if abs((shown.day - when.day).days) <= 1:
        # The day in the page's zone and in that of its software may differ by one.
        return When(shown.day, when.instant) if when.instant and not shown.instant else None
    machine = entry.evidence.get("date", "").endswith(" datetime")
    return None if machine else when


def _differences(before: Entry, after: Entry) -> list[str]:
    names = ("when", "url", "summary_html", "author", "image_url", "categories")
    words = ("dates", "links", "summaries", "authors", "images", "categories")
    return [
        word
        for name, word in zip(names, words, strict=True)
        if getattr(before, name) != getattr(after, name)
    ]
