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
from feeds.check_linked import with_full_texts, with_older_pages
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
)
from feeds.identify import identify
from feeds.read import read
from feeds.records import Check, Claim, LeaseLostError, Outcome
from feeds.registration_store import recipe_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from config.settings import BulletinSettings, FetchSettings, SourceSettings
    from feeds.fetch import Fetcher, Page
    from feeds.item_store import ItemStore
    from feeds.model import Changes, Reading
    from feeds.records import SourceState
    from feeds.source_store import SourceStore

log = logging.getLogger("tidings.check")


# A source that says it is gone for good is asked again only as rarely as any.
_FAILURES_IF_GONE = 1000


class Word(Enum):
    """What the operator says of a reading that is not believed by itself."""

    NONE = "nothing"
    ACCEPT = "it is right"
    DISCARD = "it is right, and no news"


class ReadingError(Exception):
    """A page was fetched but is not to be believed; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One source being checked under a claim."""

    claim: Claim
    bulletin: BulletinSettings
    source: SourceSettings
    state: SourceState
    started: datetime
    is_last: bool = True

    def leased_until(self, now: datetime) -> datetime | None:
        """Say how long the claim is needed after this source: not at all after the last one."""
        return None if self.is_last else now + self.claim.length

    @property
    def name(self) -> str:
        return f"{self.bulletin.slug}/{self.source.name}"

    def check(self) -> Check:
        """Return the check as it stands at its start."""
        return Check(
            bulletin=self.bulletin.slug,
            source=self.source.name,
            started=self.started,
            finished=self.started,
            outcome="unchanged",
        )


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
            attempt = _Attempt(
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
        reading = self._read(page, source)
        if reading.problem:
            raise ReadingError(f"{source.location}: {reading.problem}")
        claim = Claim(bulletin=bulletin.slug, lease=0, length=timedelta(), sources=(state,))
        attempt = _Attempt(
            claim=claim, bulletin=bulletin, source=source, state=state, started=self.clock()
        )
        return self._compare(reading, attempt, page)

    def _check_safely(self, attempt: _Attempt) -> Check:
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

    def _check_source(self, attempt: _Attempt) -> Check:
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
        reading = self._read(page, source)
        if reading.problem:
            return self._fail(
                attempt, replace(check, error=f"{source.location}: {reading.problem}")
            )
        changes = self._compare(reading, attempt, page)
        check = _counted(replace(check, finished=self.clock()), reading, changes)
        if changes.held:
            return self._hold(attempt, check, changes.held)
        if changes.doubted:
            log.warning("%s: %s", attempt.name, _believed(changes))
        outcome = self._good(attempt, page, check)
        self.items.apply(attempt.claim, outcome, changes, zone=attempt.bulletin.time_zone)
        return check

    def _fetch(self, source: SourceSettings, state: SourceState) -> Page | NotModified:
        return self.fetcher.fetch(source, validators=state.validators, url=state.moved_to)

    def _read(self, page: Page, source: SourceSettings) -> Reading:
        return read(
            page.body,
            url=page.url,
            content_type=page.content_type,
            kind=source.kind,
            language=source.language,
            zone=source.time_zone,
            now=self.clock(),
            rules=source.rules,
        )

    def _compare(self, reading: Reading, attempt: _Attempt, page: Page) -> Changes:
        source = attempt.source
        first_page = len(reading.entries)
        if attempt.state.baseline is None and source.pages > 1:
            reading = with_older_pages(
                page,
                reading,
                source=source,
                fetcher=self.fetcher,
                read=lambda older: self._read(older, source),
            )
        changes = self._changes(reading, attempt)
        places = (
            place if place is not None and place < first_page else None
            for place in changes.new_places
        )
        changes = self._judged(replace(changes, new_places=tuple(places)), attempt)
        if changes.held or not source.full_text:
            return changes
        return replace(
            changes, new=with_full_texts(changes.new, source=source, fetcher=self.fetcher)
        )

    def _judged(self, changes: Changes, attempt: _Attempt) -> Changes:
        """Return the changes as they are believed, or with the reason why they are held."""
        state = attempt.state
        normal = Normal()
        if not changes.baseline:
            normal = replace(
                self.sources.normal(attempt.bulletin.slug, attempt.source.name),
                held=state.held,
                believed_at=believed_at(state.held_since, attempt.source.hold),
            )
        doubted = doubt(changes, normal)
        if not doubted:
            return changes
        changes = replace(changes, doubted=doubted)
        if self.word is not Word.NONE and is_acceptable(doubted):
            return discarded(changes) if self.word is Word.DISCARD else changes
        if held := judge(changes, normal, self.clock()):
            return replace(changes, held=held)
        return believed_by_time(changes, normal)

    def _changes(self, reading: Reading, attempt: _Attempt) -> Changes:
        known = self.items.known(attempt.bulletin.slug, attempt.source.name, reading.entries)
        changes = diff(
            identify(reading.entries, known),
            first=attempt.state.baseline is None,
            last=attempt.state.succeeded,
            left_out=reading.left_out,
        )
        revised = (revision.item.id for revision in changes.revised)
        return settled(changes, self.items.former_contents(revised))

    def _good(self, attempt: _Attempt, page: Page | NotModified, check: Check) -> Outcome:
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
            leased_until=attempt.leased_until(check.finished),
        )

    def _hold(self, attempt: _Attempt, check: Check, reason: str) -> Check:
        """Record a reading that is not believed, and come again when the schedule says.

        The validators stay those of the last good page, so that this one is read again. What is
        held for the same kind of reason as before is held since then.
        """
        source, state = attempt.source, attempt.state
        same = state.held_since is not None and is_same_kind(reason, state.held)
        error = f"{source.location}: {reason}; {_remedy(reason, attempt.bulletin.slug)}"
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
            leased_until=attempt.leased_until(check.finished),
        )
        self.sources.record(attempt.claim, outcome)
        return check

    def _fail(self, attempt: _Attempt, check: Check, error: FetchError | None = None) -> Check:
        """Record a failure.

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
            leased_until=attempt.leased_until(check.finished),
        )
        self.sources.record(attempt.claim, outcome)
        return check


def _counted(check: Check, reading: Reading, changes: Changes) -> Check:
    outcome = "changed" if changes.new or changes.revised or changes.missing else "unchanged"
    return replace(
        check,
        outcome="baseline" if changes.baseline else outcome,
        found=len(reading.entries),
        new=len(changes.new),
        revised=len(changes.revised),
        missing=len(changes.missing),
        dated=sum(entry.when is not None for entry in reading.entries),
        linked=sum(bool(entry.url) for entry in reading.entries),
        summarised=sum(bool(entry.summary_html) for entry in reading.entries),
        doubted="" if changes.held else changes.doubted,
    )


def _remedy(reason: str, bulletin: str) -> str:
    """Say what becomes of a reading that is held, and what the operator can do."""
    if not is_acceptable(reason):
        return "the last good feed stays"
    return (
        f"held, the last good feed stays. If that is right: tidings release {bulletin}, or, to "
        f"publish it and mail it to nobody: tidings discard {bulletin}; it is believed by itself "
        "when it has lasted (hold)"
    )


def _believed(changes: Changes) -> str:
    """Say what is stored of a reading that was doubted."""
    if changes.baseline:
        return f"taken for no news: {changes.doubted}; announced to nobody"
    if changes.announced is None:
        return f"believed now: {changes.doubted}"
    return (
        f"believed now: {changes.doubted}; all are published, and of the new ones only the "
        f"{changes.announced} at the top of the page are announced"
    )


def summary(check: Check) -> str:
    """Say in one line how a check went."""
    took = (check.finished - check.started).total_seconds()
    name = f"{check.bulletin}/{check.source}"
    if check.error:
        return f"{name} {check.outcome} in {took:.2f} s: {check.error}"
    return (
        f"{name} {check.outcome} in {took:.2f} s: {check.found} found, {check.new} new, "
        f"{check.revised} revised, {check.missing} missing"
    )
