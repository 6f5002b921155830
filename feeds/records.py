"""What is stored of sources and their checks, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from feeds.fetch import Validators
    from feeds.habit import Habit
    from feeds.kept_page_store import Keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """The selectors by which a rebuilt page is read ``since``, and what vouched for them."""

    selectors: dict[str, str]
    since: datetime
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNews:
    """What a held reading would bring: how many new items, and the titles of the first."""

    count: int = 0
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is stored of a source. Instants are None until the thing happened once.

    ``held`` is why its readings have been held since ``held_since``, empty where they are not, and
    ``held_news`` what they would bring. ``repaired`` is None where the page is read as configured,
    ``habit`` None where too little is known. ``paused`` is since when an operator has it read no
    more.
    """

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
    held: str = ""
    held_since: datetime | None = None
    held_news: HeldNews = HeldNews()
    repaired: Repaired | None = None
    habit: Habit | None = None
    paused: datetime | None = None

    @property
    def is_silent(self) -> bool:
        """Whether it was read with success, and without news for longer than is its habit."""
        if self.habit is None or self.succeeded is None:
            return False
        return self.succeeded >= self.habit.silent_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to check one bulletin, ``length`` long; ``lease`` is its fencing number."""

    bulletin: str
    lease: int
    length: timedelta
    sources: tuple[SourceState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One attempt to read a source.

    ``outcome`` is changed, unchanged, baseline, held or failed. ``dated``, ``linked`` and
    ``summarised`` count the items with a date, a link and a summary, None where the page was not
    read or not believed. ``doubted`` is why it was believed by somebody's word, or by time, only.
    """

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
    dated: int | None = None
    linked: int | None = None
    summarised: int | None = None
    doubted: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a check leaves of its source: validators, the next due time, where it moved to.

    ``recipe`` is what the page was read by: validators of a page that was read otherwise say
    nothing. ``held``, ``held_since``, ``held_news`` and ``repaired`` are those of the source from
    now on; ``habit`` is None where it stays. ``page`` is kept beside it, None where there is
    nothing to learn from it.
    ``leased_until`` keeps the claim for the sources that follow; None gives the
    bulletin back.
    """

    check: Check
    next_check: datetime
    validators: Validators
    recipe: str
    moved_to: str = ""
    held: str = ""
    held_since: datetime | None = None
    held_news: HeldNews = HeldNews()
    repaired: Repaired | None = None
    habit: Habit | None = None
    page: Keeping | None = None
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SickSource:
    """A source that is not well, and when it was last read with success; None: never."""

    name: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinState:
    """How far a bulletin has come, the id of its feeds, and which sources are not well."""

    slug: str
    feed_id: str
    number: int
    sick: tuple[SickSource, ...] = ()


class LeaseLostError(Exception):
    """Another process has taken over the bulletin; what was found is not stored."""
