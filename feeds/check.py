"""One check: fetch, read, identify, compare, store. The stages stand in modules of their own."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from config.schedule import next_time
from feeds.alternation import settled
from feeds.backoff import retry_at
from feeds.check_attempt import Attempt
from feeds.check_linked import with_full_texts, with_older_pages
from feeds.check_ways import Way, Ways, unread
from feeds.check_words import believed, counted, remedy, summary
from feeds.database import StoreError
from feeds.diff import diff
from feeds.fetch import FetchError, NotModified, Validators
from feeds.guards import (
    Normal,
    believed_at,
    believed_by_time,
    discarded,
    doubt,
    is_acceptable,
    is_same_kind,
    judge,
    matches_of,
)
from feeds.habit import habit_of
from feeds.identify import identify
from feeds.kept_page_store import keeping
from feeds.read import read
from feeds.records import Check, Claim, HeldNews, LeaseLostError, Outcome
from feeds.registration_store import recipe_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from config.settings import BulletinSettings, FetchSettings, RuleSettings, SourceSettings
    from feeds.fetch import Fetcher, Page
    from feeds.habit import Habit
    from feeds.item_store import ItemStore
    from feeds.kept_page_store import Keeping
    from feeds.model import Changes, Reading
    from feeds.records import SourceState
    from feeds.source_store import SourceStore

log = logging.getLogger("tidings.check")


# A source that says it is gone for good is asked again only as rarely as any.
_FAILURES_IF_GONE = 1000


# Titles that are kept of what a held reading would bring, for the operator to judge by.
_HELD_TITLES = 10


class Word(Enum):
    """What the operator says of a reading that is not believed by itself."""

    NONE = "nothing"
    ACCEPT = "it is right"
    DISCARD = "it is right, and no news"


class ReadingError(Exception):
    """A page was fetched but is not to be believed; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """Checks the sources of claimed bulletins.

    ``clock`` gives the time, aware; ``jitter`` a number in [0, 1) that spreads retries;
    ``word`` is the operator's on readings that would be held. ``complain`` is the level at which
    the log says of a check that it went wrong.
    """

    sources: SourceStore
    items: ItemStore
    fetcher: Fetcher
    settings: FetchSettings
    clock: Callable[[], datetime]
    word: Word = Word.NONE
    complain: int = logging.ERROR
    jitter: Callable[[], float] = random.random

    def check(self, claim: Claim, bulletin: BulletinSettings) -> Iterator[Check]:
        """Check each claimed source in turn and store what was found.

        With the last of them the bulletin is given back. Stops early where the lease was lost:
        the new holder does the rest.
        """
        settings = {source.name: source for source in bulletin.sources}
        for state in claim.sources:
            attempt = Attempt(
                claim=claim,
                bulletin=bulletin,
                source=settings[state.name],
                state=state,
                started=self.clock(),
                is_last=state is claim.sources[-1],
            )
            try:
                check = self._check_safely(attempt)
            except LeaseLostError as error:
                log.warning("%s", error)
                return
            log.log(self.complain if check.error else logging.INFO, "%s", summary(check))
            yield check

    def dry_run(self, bulletin: BulletinSettings, state: SourceState) -> Changes:
        """Return what a check of this source would change now; nothing is stored.

        What would be held says why. Raises FetchError, and ReadingError where nothing was read.
        """
        source = next(known for known in bulletin.sources if known.name == state.name)
        # Without validators, for an answer "not modified" would show nothing.
        page = self._fetch(source, replace(state, validators=Validators()))
        if isinstance(page, NotModified):
            raise ReadingError(f"{source.location}: answers 304 though nothing was known of it")
        return self._completed(self.replay(bulletin, state, page), source)

    def replay(self, bulletin: BulletinSettings, state: SourceState, page: Page) -> Changes:
        """Return what this page would change now; nothing is stored.

        What would be held says why. Raises ReadingError where nothing was read.
        """
        source = next(known for known in bulletin.sources if known.name == state.name)
        claim = Claim(bulletin=bulletin.slug, lease=0, length=timedelta(), sources=(state,))
        attempt = Attempt(
            claim=claim, bulletin=bulletin, source=source, state=state, started=self.clock()
        )
        way = self._choose(page, attempt)
        if way.reading.problem:
            raise ReadingError(f"{source.location}: {_problem(way)}")
        return way.changes

    def _check_safely(self, attempt: Attempt) -> Check:
        """Check a source; a fault of ours is a failure of this source, and of no other."""
        try:
            return self._check_source(attempt)
        except (LeaseLostError, StoreError):
            raise
        except Exception as error:
            log.debug("the fault in full", exc_info=error)
            problem = (
                f"{attempt.source.location}: a fault in Tidings itself ({type(error).__name__}: "
                f"{error}); report it, with the page; the other sources are read as ever"
            )
            return self._fail(attempt, replace(attempt.check(), error=problem))

    def _check_source(self, attempt: Attempt) -> Check:
        source = attempt.source
        check = attempt.check()
        try:
            page = self._fetch(source, attempt.state)
        except FetchError as error:
            return self._fail(attempt, replace(check, status=error.status, error=str(error)), error)
        check = replace(check, status=page.status)
        if isinstance(page, NotModified):
            outcome = self._good(attempt, page, replace(check, finished=self.clock()))
            self.sources.record(attempt.claim, outcome)
            return outcome.check
        way = self._choose(page, attempt)
        if way.reading.problem:
            check = replace(check, error=f"{source.location}: {_problem(way)}")
            return self._fail(attempt, check, page=page)
        check = counted(replace(check, finished=self.clock()), way.reading, way.changes)
        if way.changes.held:
            return self._hold(attempt, check, way, page)
        changes = self._completed(way.changes, source)
        if changes.doubted:
            # What is repaired is a turn, which is said once after the checks.
            level = min(self.complain, logging.WARNING) if way.repaired else logging.WARNING
            log.log(level, "%s: %s", attempt.name, believed(changes))
        # What another source has brought already is news of this one all the same.
        first_seen = changes.new or any(not m.item.sighted for m in matches_of(changes))
        outcome = replace(
            self._good(attempt, page, check),
            repaired=way.repaired,
            page=self._kept(page) if check.outcome != "unchanged" or changes.doubted else None,
            habit=self._habit(attempt, check) if first_seen and not changes.baseline else None,
        )
        self.items.apply(attempt.claim, outcome, changes, zone=attempt.bulletin.time_zone)
        return check

    def _fetch(self, source: SourceSettings, state: SourceState) -> Page | NotModified:
        return self.fetcher.fetch(source, validators=state.validators, url=state.moved_to)

    def _choose(self, page: Page, attempt: Attempt) -> Way:
        """Read a page in the way that the known items vouch for."""
        source = attempt.source
        ways = Ways(
            page=page,
            source=source,
            state=attempt.state,
            now=self.clock(),
            read=lambda rules: self._read(page, source, rules),
            compare=lambda reading, old: self._compare(reading, attempt, page, old=old),
            known=lambda: self.items.known(attempt.bulletin.slug, source.name, ()),
            is_settled=self.word is not Word.NONE,
        )
        return ways.choose()

    def _read(self, page: Page, source: SourceSettings, rules: RuleSettings) -> Reading:
        return read(
            page.body,
            url=page.url,
            content_type=page.content_type,
            kind=source.kind,
            language=source.language,
            zone=source.time_zone,
            now=self.clock(),
            rules=rules,
        )

    def _compare(
        self, reading: Reading, attempt: Attempt, page: Page, *, old: frozenset[int]
    ) -> Changes:
        source = attempt.source
        first_page = len(reading.entries)
        if attempt.state.baseline is None and source.pages > 1:
            reading = with_older_pages(
                page,
                reading,
                source=source,
                fetcher=self.fetcher,
                read=lambda older: self._read(older, source, source.rules),
            )
        changes = self._changes(reading, attempt)
        places = (
            place if place is not None and place < first_page else None
            for place in changes.new_places
        )
        changes = replace(
            changes,
            new_places=tuple(places),
            unread=unread(page, changes, source=source, now=self.clock()),
            old=frozenset(rank for rank, at in enumerate(changes.new_places) if at in old),
        )
        return self._judged(changes, attempt)

    def _completed(self, changes: Changes, source: SourceSettings) -> Changes:
        """Return the changes with the whole texts of what is new, where they are wanted."""
        if changes.held or not source.full_text:
            return changes
        return replace(
            changes, new=with_full_texts(changes.new, source=source, fetcher=self.fetcher)
        )

    def _judged(self, changes: Changes, attempt: Attempt) -> Changes:
        """Return the changes as they are believed, or with the reason why they are held."""
        state = attempt.state
        normal = Normal()
        if not changes.baseline:
            normal = replace(
                self.sources.normal(attempt.bulletin.slug, attempt.source.name),
                held=state.held,
                believed_at=believed_at(state.held_since, attempt.source.hold),
            )
        doubted = doubt(changes, normal, self.clock())
        if not doubted:
            return changes
        changes = replace(changes, doubted=doubted)
        if self.word is not Word.NONE and is_acceptable(doubted):
            return discarded(changes) if self.word is Word.DISCARD else changes
        if held := judge(changes, normal, self.clock()):
            return replace(changes, held=held)
        return believed_by_time(changes, normal, self.clock())

    def _changes(self, reading: Reading, attempt: Attempt) -> Changes:
        known = self.items.known(attempt.bulletin.slug, attempt.source.name, reading.entries)
        changes = diff(
            identify(reading.entries, known),
            first=attempt.state.baseline is None,
            last=attempt.state.succeeded
            or self.sources.first_asked(attempt.bulletin.slug, attempt.source.name),
            now=self.clock(),
            left_out=reading.left_out,
        )
        revised = (revision.item.id for revision in changes.revised)
        return settled(changes, self.items.former_contents(revised), self.clock())

    def _good(self, attempt: Attempt, page: Page | NotModified, check: Check) -> Outcome:
        """Return what a check that went well leaves of its source."""
        source, state = attempt.source, attempt.state
        if page.moved_to and page.moved_to != state.moved_to:
            log.warning(
                "%s moved for good to %s; change its url in the configuration",
                attempt.name,
                page.moved_to,
            )
        return Outcome(
            check=check,
            next_check=next_time(source.schedule, check.finished, source.time_zone),
            validators=page.validators,
            recipe=recipe_of(source),
            moved_to=page.moved_to or state.moved_to,
            repaired=state.repaired,
            leased_until=attempt.leased_until(check.finished),
        )

    def _habit(self, attempt: Attempt, check: Check) -> Habit | None:
        """Return how often a source brings news, now that it brought some."""
        before = self.sources.occasions(attempt.bulletin.slug, attempt.source.name)
        return habit_of((check.finished, *before))

    def _kept(self, page: Page) -> Keeping | None:
        return keeping(page, most=self.settings.keep_pages)

    def _hold(self, attempt: Attempt, check: Check, way: Way, page: Page) -> Check:
        """Record a reading that is not believed, and come again when the schedule says.

        The validators stay those of the last good page, so that this one is read again. What is
        held for the same kind of reason as before is held since then.
        """
        source, state, reason = attempt.source, attempt.state, way.changes.held
        same = state.held_since is not None and is_same_kind(reason, state.held)
        error = f"{source.location}: {reason}; {remedy(reason, attempt.bulletin.slug)}"
        error += f"; {way.proposal}" if way.proposal else ""
        check = replace(
            check, outcome="held", dated=None, linked=None, summarised=None, error=error
        )
        outcome = Outcome(
            check=check,
            next_check=next_time(source.schedule, check.finished, source.time_zone),
            validators=state.validators,
            recipe=recipe_of(source),
            moved_to=state.moved_to,
            held=reason,
            held_since=state.held_since if same else check.started,
            held_news=HeldNews(
                count=len(way.changes.new),
                titles=tuple(entry.title for entry in way.changes.new[:_HELD_TITLES]),
            ),
            repaired=state.repaired,
            page=self._kept(page),
            leased_until=attempt.leased_until(check.finished),
        )
        self.sources.record(attempt.claim, outcome)
        return check

    def _fail(
        self,
        attempt: Attempt,
        check: Check,
        error: FetchError | None = None,
        page: Page | None = None,
    ) -> Check:
        """Record a failure; ``page`` is what came and could not be read.

        The validators stay those of the last good page, so that it is read again, and a
        remembered move is forgotten, so that the configured address is tried next. What was held
        before is held still: a page that cannot be read says nothing of itself.
        """
        source, state = attempt.source, attempt.state
        check = replace(check, outcome="failed", finished=self.clock())
        following = next_time(source.schedule, check.finished, source.time_zone)
        gone = error is not None and error.gone
        outcome = Outcome(
            check=check,
            next_check=retry_at(
                check.finished,
                failures=_FAILURES_IF_GONE if gone else state.failures + 1,
                interval=following - check.finished,
                longest=self.settings.max_backoff,
                retry_after=error.retry_after if error else None,
                jitter=self.jitter(),
            ),
            validators=state.validators,
            recipe=recipe_of(source),
            held=state.held,
            held_since=state.held_since,
            held_news=state.held_news,
            repaired=state.repaired,
            page=self._kept(page) if page else None,
            leased_until=attempt.leased_until(check.finished),
        )
        self.sources.record(attempt.claim, outcome)
        return check


def _problem(way: Way) -> str:
    """Say why nothing was read, and by which rules it could be."""
    return f"{way.reading.problem} {way.proposal}".rstrip()
