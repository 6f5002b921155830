"""What is stored of sources and their checks, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from feeds.fetch import Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is stored of a source. Instants are None until the thing happened once."""

    bulletin: str
    name: str
    location: str
    next_check: datetime
    validators: Validators
    moved_to: str
    baseline: datetime | None
    checked: datetime | None
    succeeded: datetime | None
    failures: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to check one bulletin, ``length`` long; ``lease`` is its fencing number."""

    bulletin: str
    lease: int
    length: timedelta
    sources: tuple[SourceState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One attempt to read a source. ``outcome`` is changed, unchanged, baseline or failed."""

    bulletin: str
    source: str
    started: datetime
    finished: datetime
    outcome: str
    status: int | None = None
    found: int = 0
    new: int = 0
    revised: int = 0
    missing: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a check leaves of its source: validators, the next due time, where it moved to.

    ``recipe`` is what the page was read by: validators of a page that was read otherwise say
    nothing. ``leased_until`` keeps the claim for the sources that follow; None gives the
    bulletin back.
    """

    check: Check
    next_check: datetime
    validators: Validators
    recipe: str
    moved_to: str = ""
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinState:
    """How far a bulletin has come, and the id of its feeds."""

    slug: str
    feed_id: str
    number: int


class LeaseLostError(Exception):
    """Another process has taken over the bulletin; what was found is not stored."""
