"""Reading bulletins because somebody says so, for the verbs and the desk: now, or as a trial."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.check import Checker, Word
from feeds.fetch import Validators
from feeds.records import SourceState
from tidings.cli import BUSY, FAILED, CommandError
from tidings.work import check_claimed, lease_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from config.settings import SourceSettings
    from feeds.fetch import Fetcher
    from feeds.records import Check, Claim
    from tidings.app import App


class BusyError(CommandError):
    """Another process works on the bulletin; nothing was read."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"{slug}: another process is checking it; try again later", code=BUSY)


def claim_now(app: App, slug: str, *, also_paused: bool = False) -> Claim:
    """Take a bulletin, due or not. Raises BusyError, and CommandError where all of it is paused."""
    claim = app.sources.claim(
        app.bulletin(slug), now=app.clock(), lease=lease_length(app), also_paused=also_paused
    )
    if claim is not None:
        return claim
    own = [source for source in app.sources.sources() if source.bulletin == slug]
    if own and all(source.paused for source in own):
        raise CommandError(
            f"{slug}: all of it is paused; to read it again: tidings sources resume {slug}",
            code=FAILED,
        )
    raise BusyError(slug)


def check_now(app: App, slug: str, fetcher: Fetcher, *, word: Word = Word.NONE) -> list[Check]:
    """Check a bulletin now, due or not; what is paused of it is left out. Raises CommandError."""
    return list(check_claimed(app, claim_now(app, slug), fetcher, word=word))


def trial_checker(app: App, fetcher: Fetcher, *, word: Word = Word.NONE) -> Checker:
    """Return what says of a source what a check would change; it is to store nothing."""
    return Checker(
        sources=app.sources,
        items=app.items,
        fetcher=fetcher,
        settings=app.settings.fetch,
        clock=app.clock,
        word=word,
    )


def source_states(app: App, slugs: Iterable[str]) -> Iterator[SourceState]:
    """Return the configured sources of some bulletins as a check would find them."""
    known = {(state.bulletin, state.name): state for state in app.sources.sources(resting=True)}
    for slug in slugs:
        for source in app.bulletin(slug).sources:
            state = known.get((slug, source.name)) or _fresh(source, app.clock())
            # At another address than the stored one, nothing is known of a move.
            yield state if state.location == source.location else replace(state, moved_to="")


def _fresh(source: SourceSettings, now: datetime) -> SourceState:
    return SourceState(
        bulletin=source.bulletin,
        name=source.name,
        location=source.location,
        next_check=now,
        validators=Validators(),
        moved_to="",
        baseline=None,
        checked=None,
        succeeded=None,
        failures=0,
        problem="",
    )
