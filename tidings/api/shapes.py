"""What the API takes and gives, as types: the ground of its description and of its checks.

Instants are RFC 3339 in UTC, days are ISO 8601. What is null is not known, or did not happen.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

# Texts have no NUL: not every store takes one.
TEXT = r"^[^\x00]*$"
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT)]
Limit = Annotated[int, Meta(ge=1, le=500, description="At most so many.")]
Skip = Annotated[int, Meta(ge=0, le=1_000_000, description="So many of the first are left out.")]


class Problem(Struct, kw_only=True):
    """Why something was not done (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Said(Struct, kw_only=True):
    """What was done, in words."""

    said: str


# --- bulletins, sources, checks ------------------------------------------------------------


class Repaired(Struct, kw_only=True):
    """By which rules a rebuilt page is read, since when, and what vouched for them."""

    since: str
    evidence: str
    rules: dict[str, str]


class Source(Struct, kw_only=True):
    """Where a bulletin is read, and how that goes."""

    bulletin: str
    source: str
    location: str
    moved_to: str
    healthy: bool
    problem: str
    held: str
    held_since: str | None
    held_new: int
    held_titles: list[str]
    repaired: Repaired | None
    silent_since: str | None
    failures: int
    checked: str | None
    succeeded: str | None
    next_check: str | None
    paused: str | None


class Bulletin(Struct, kw_only=True):
    """A publication that is followed, with the addresses of its feeds and its sources."""

    slug: str
    title: str
    description: str
    language: str
    time_zone: str
    link: str
    page: str
    feeds: dict[str, str]
    sources: list[Source]


class Check(Struct, kw_only=True):
    """One attempt to read a source."""

    bulletin: str
    source: str
    outcome: Literal["changed", "unchanged", "baseline", "held", "failed"]
    status: int | None
    started: str | None
    found: int
    new: int
    revised: int
    missing: int
    error: str


class Errand(Struct, kw_only=True):
    """The last reading that somebody asked for, how far it is, and what it found."""

    action: str
    begun: str
    state: Literal["going on", "done", "failed", "cut off"]
    told: list[str]


class ChecksAsked(Struct, kw_only=True):
    """Which checks are wanted."""

    source: Annotated[
        str, Meta(max_length=200, pattern=TEXT, description="Of this source; empty: of all.")
    ] = ""
    limit: Limit = 50


# --- items ---------------------------------------------------------------------------------


class Item(Struct, kw_only=True):
    """An item as it stands; ``token`` names it in addresses here, ``id`` everywhere."""

    id: str
    token: str
    bulletin: str
    title: str
    url: str
    date: str | None
    published: str | None
    updated: str | None
    first_seen: str | None
    baseline: bool
    forgotten: str | None
    merged_into: str | None
    withdrawn: str | None
    held_back: str | None
    missing_since: str | None


class Content(Struct, kw_only=True):
    """What an item says, or said; markup is clean."""

    title: str
    url: str
    date: str | None
    summary_html: str
    full_html: str
    author: str
    image_url: str
    categories: list[str]
    language: str


class Sighting(Struct, kw_only=True):
    """Where an item stands on a source's page, and by what it was known there."""

    source: str
    position: int | None
    missing_since: str | None
    evidence: str
    strength: float


class FormerContent(Struct, kw_only=True):
    """What an item was before a correction or a merge."""

    revision: int
    content: Content
    replaced: str | None
    evidence: str
    strength: float | None
    merged_from: str | None


class WholeItem(Item, kw_only=True):
    """An item with its content, where it stands and what it was before."""

    source_id: str
    revision: int
    content: Content
    sightings: list[Sighting]
    former: list[FormerContent]


class ItemsAsked(Struct, kw_only=True):
    """Which items are wanted; those first that came last."""

    bulletin: Annotated[
        str, Meta(max_length=64, pattern=TEXT, description="Of this one; empty: of all.")
    ] = ""
    find: Annotated[
        str,
        Meta(max_length=200, pattern=TEXT, description="Whose title, text or address has this."),
    ] = ""
    limit: Limit = 50
    skip: Skip = 0


class Listener(Struct, kw_only=True):
    """Somebody who was told of an item, or was not, and why."""

    address: str
    edition: str
    outcome: str


class Into(Struct, kw_only=True, forbid_unknown_fields=True):
    """The older item that another one is made one with."""

    into: Name


class SplitAt(Struct, kw_only=True, forbid_unknown_fields=True):
    """From which revision on an item is another thing; null takes its merge back."""

    at: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    announce: bool = False


# --- mail, log, health ---------------------------------------------------------------------


class Edition(Struct, kw_only=True):
    """One digest, and where its audience is: audience = sent + failed + suppressed + open."""

    bulletin: str
    number: int
    opened: str | None
    language: str
    form: Literal["html", "text"]
    items: int
    approval: Literal["waiting", "approved", "skipped"] | None
    audience: int
    sent: int
    failed: int
    suppressed: int
    open: int


class EditionsAsked(Struct, kw_only=True):
    """Which editions are wanted; the latest first."""

    bulletin: Annotated[
        str, Meta(max_length=64, pattern=TEXT, description="Of this one; empty: of all.")
    ] = ""
    waiting: Annotated[bool, Meta(description="Those alone that wait for approval.")] = False
    limit: Limit = 50


class Change(Struct, kw_only=True):
    """A change that an operator or a program made; ``outcome`` is empty where it was cut off."""

    number: int
    at: str
    operator: str
    action: str
    subject: str
    before: Any
    after: Any
    outcome: str


class ChangesAsked(Struct, kw_only=True):
    """Which changes are wanted; the latest first."""

    subject: Annotated[
        str, Meta(max_length=200, pattern=TEXT, description="Of this one; empty: of all.")
    ] = ""
    before: Annotated[int, Meta(ge=1, le=2**53, description="Those before this number.")] | None = (
        None
    )
    limit: Limit = 50
