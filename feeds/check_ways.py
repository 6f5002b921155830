"""In which way a page is read: as configured, or by new rules where it was rebuilt.

The known items decide. What is configured is tried first at every check, so that it is back in
force as soon as it reads again; rules that were repaired before are tried next; and where neither
reads what is known, new rules are looked for on the page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.write import rules_line
from feeds.decode import decode
from feeds.guards import is_about_texts, matches_of
from feeds.keys import title_key, url_key
from feeds.model import Changes, Repair
from feeds.records import Repaired
from feeds.repair import agreement, find_repair, old_places
from feeds.repair_places import look_for
from feeds.repair_rules import SELECTORS, with_selectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from config.settings import RuleSettings, SourceSettings
    from feeds.model import Entry, Item, Reading
    from feeds.page import Page
    from feeds.records import SourceState
    from feeds.repair import Proposal

_FEW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What one way of reading found and would change.

    ``repaired`` are the rules that it went by, None where they are the configured ones;
    ``proposal`` says which other rules would read more.
    """

    reading: Reading
    changes: Changes
    repaired: Repaired | None = None
    proposal: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it reads, and nothing speaks against what it reads."""
        return not (self.reading.problem or self.changes.doubted)

    @property
    def is_kept(self) -> bool:
        """Whether its reading may be stored: it is good, or somebody or time vouches for it."""
        return not (self.reading.problem or self.changes.held)

    @property
    def is_part(self) -> bool:
        """Whether most of what is known stands on the page beside it, and it has no news."""
        return self.changes.unread > self.met and not self.changes.new

    @property
    def met(self) -> int:
        """How many of the items of the last good reading it found."""
        return sum(match.item.position is not None for match in matches_of(self.changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways to read one page.

    ``read`` reads it by rules, ``compare`` says what a reading would change, and whether that is
    believed; it is told which of the entries are no news. ``known`` gives the items that stood on
    the page. ``is_settled`` says that the operator has given a word on the page as it is read.
    """

    page: Page
    source: SourceSettings
    state: SourceState
    now: datetime
    read: Callable[[RuleSettings], Reading]
    compare: Callable[[Reading, frozenset[int]], Changes]
    known: Callable[[], Sequence[Item]]
    is_settled: bool = False

    def choose(self) -> Way:
        """Return the way that the known items vouch for; the configured one where none does."""
        own = self._way(self.source.rules)
        if self.state.baseline is None:
            return own
        best = self._former(own) or own
        if best.is_kept and not best.is_part:
            return best
        if self.is_settled and not best.reading.problem:
            return best
        known = on_page(self.known())
        proposal = find_repair(self.page, known, source=self.source, now=self.now)
        # A page that lost its dates, or most of its items, is not read better by other rules.
        have = agreement(best.reading.entries, known)
        if proposal is None or proposal.agreement.found <= have.found:
            return best
        return self._repaired(best, proposal, known)

    def _way(self, rules: RuleSettings, repaired: Repaired | None = None) -> Way:
        reading = self.read(rules)
        changes = Changes() if reading.problem else self.compare(reading, frozenset())
        if repaired is not None:
            repair = Repair(rules=rules, evidence=repaired.evidence, in_force=True)
            changes = replace(changes, repair=repair)
        return Way(reading=reading, changes=changes, repaired=repaired)

    def _former(self, own: Way) -> Way | None:
        """Return the way by the rules of an earlier repair, None where it is no better."""
        former = self.state.repaired
        if former is None or not self.source.repair:
            return None
        way = self._way(with_selectors(self.source.rules, former.selectors), former)
        is_better = way.met > own.met or (way.met == own.met and not own.is_good)
        return way if not way.reading.problem and is_better else None

    def _repaired(self, best: Way, proposal: Proposal, known: Sequence[Item]) -> Way:
        """Return the way by new rules where all evidence agrees; else say them beside the other."""
        evidence = str(proposal.agreement)
        selectors = {name: getattr(proposal.rules, name) for name in SELECTORS}
        old = old_places(proposal.reading.entries, known)
        changes = self.compare(proposal.reading, old)
        is_sure = (
            self.source.repair
            and proposal.agreement.is_whole
            and (not changes.doubted or is_about_texts(changes.doubted))
            and not _reads_news(best, proposal.reading, known)
        )
        repair = Repair(rules=proposal.rules, evidence=evidence, in_force=is_sure)
        if not is_sure:
            return replace(
                best,
                changes=replace(best.changes, repair=repair),
                proposal=f"rules that would read it ({evidence}): {rules_line(proposal.rules)}",
            )
        doubted = f"read by new rules: {evidence}"
        return Way(
            reading=proposal.reading,
            changes=replace(changes, held="", doubted=doubted, repair=repair),
            repaired=Repaired(selectors=selectors, since=self.now, evidence=evidence),
        )


def on_page(known: Sequence[Item]) -> list[Item]:
    """Return the items that stood on the page at its last good reading, in its order."""
    standing = [item for item in known if item.position is not None and not item.merged_into]
    return sorted(standing, key=lambda item: (item.position or 0, -item.number))


def unread(page: Page, changes: Changes, *, source: SourceSettings, now: datetime) -> int:
    """Count the missing items that stand on the page still, where most are missing.

    What is read in their place may be news, by its dates: then they have only made room.
    """
    missing = [item for item in changes.missing if item.position is not None]
    met = sum(match.item.position is not None for match in matches_of(changes))
    if len(missing) < _FEW or len(missing) <= met or source.kind in {"text", "feed"}:
        return 0
    known = [*missing, *(match.item for match in matches_of(changes))]
    if _are_news(changes.new, _newest(known)):
        return 0
    sight = look_for(
        decode(page.body, content_type=page.content_type).text,
        missing,
        rules=source.rules,
        url=page.url,
        language=source.language,
        zone=source.time_zone,
        now=now,
    )
    return len(sight.standing) if sight else 0


def _reads_news(way: Way, other: Reading, known: Sequence[Item]) -> bool:
    """Whether a way reads what is plainly newer than all that is known, and the other does not."""
    read = {url_key(entry.url) for entry in other.entries} - {""}
    titles = {title_key(entry.title) for entry in other.entries}
    apart = [
        entry
        for entry in way.changes.new
        if url_key(entry.url) not in read and title_key(entry.title) not in titles
    ]
    return bool(apart) and _are_news(apart, _newest(known))


def _newest(known: Sequence[Item]) -> date | None:
    return max((item.content.when.day for item in known if item.content.when), default=None)


def _are_news(entries: Sequence[Entry], newest: date | None) -> bool:
    """Whether most of what is new is not older than the newest of what was known."""
    later = sum(bool(e.when and newest and e.when.day >= newest) for e in entries)
    return later * _FEW > len(entries)
