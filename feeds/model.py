"""The values that pass from stage to stage: found, known, decided.

Instants are aware and in UTC. A date that stood on a page without a time stays a date. No
behaviour stands here beyond reading a value's own parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from config.settings import RuleSettings


@dataclass(frozen=True, slots=True)
class When:
    """A date as the source gave it: a day, and the instant where a time stood with it."""

    day: date
    instant: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to an item: a recording, a document.

    ``url`` is absolute. ``mime`` is its type, ``size`` its bytes and ``seconds`` how long it
    plays, empty or 0 where the source does not say.
    """

    url: str
    mime: str = ""
    size: int = 0
    title: str = ""
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing found in one check: no identity of ours, no past.

    ``title`` is plain text on one line and never empty. ``summary_html`` is sanitised markup
    with absolute links, empty where the page shows none, and ``full_html`` the whole text from
    the page behind the link, where it was asked for. ``url`` is absolute, http or https,
    empty where the page gives no link. ``source_id`` is an identifier that the source itself
    states (the guid of a feed, the id of structured data), empty where it states none.
    ``evidence`` says in words how each field was found.
    """

    title: str
    url: str = ""
    when: When | None = None
    summary_html: str = ""
    full_html: str = ""
    source_id: str = ""
    author: str = ""
    image_url: str = ""
    categories: tuple[str, ...] = ()
    language: str = ""
    attachments: tuple[Attachment, ...] = ()
    evidence: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A group of things on the page that was taken, or not taken, for an item, and why."""

    text: str
    kept: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reading of a page found, in page order, and how.

    ``problem`` is one sentence that names what is wrong and the remedy; then there are no
    entries. ``method`` names the reader that won; ``notes`` say in words what it went by.
    ``left_out`` counts what the operator's filters took away.
    """

    entries: tuple[Entry, ...] = ()
    title: str = ""
    language: str = ""
    method: str = ""
    notes: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    left_out: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a reader sees of an item; a change of it is a revision."""

    title: str
    url: str = ""
    when: When | None = None
    summary_html: str = ""
    full_html: str = ""
    author: str = ""
    image_url: str = ""
    categories: tuple[str, ...] = ()
    language: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry that was identified and stored.

    ``id`` is a tag: URI (RFC 4151), minted once. ``token`` is its last part and names the
    item's page. ``number`` is the bulletin's sequence number at which the item came,
    ``changed`` the one of its last change. ``baseline`` items were there at the first check of
    their source and are announced to nobody. ``position`` is the place on the source's page at
    the last reading, ``missing_since`` the check that first did not find it; ``sighted`` says
    that it ever stood there, ``stated`` is the fingerprint of what the source said of it, and
    ``said`` that itself, where the content, which another source may have written, says otherwise.
    ``forgotten`` is when an operator took it away: it is matched, so that it never comes back,
    and shown nowhere. ``merged_into`` is the id of the item that it was found to be, empty for
    all others; a match of it is one of that item. ``withdrawn`` is since when an operator has it
    shown as withdrawn, and ``restored`` when that was taken back last. ``held_back`` is since when
    one keeps it out of coming mails.
    """

    id: str
    token: str
    bulletin: str
    number: int
    changed: int
    content: Content
    published: datetime
    updated: datetime
    first_seen: datetime
    revision: int = 0
    baseline: bool = False
    source_id: str = ""
    position: int | None = None
    missing_since: datetime | None = None
    sighted: bool = False
    stated: str = ""
    said: Content | None = None
    forgotten: datetime | None = None
    merged_into: str = ""
    withdrawn: datetime | None = None
    restored: datetime | None = None
    archive: str = ""
    held_back: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A content that an item had before, and when it was replaced.

    ``revision`` is its number; the present content has the one of the item. ``evidence`` and
    ``strength`` say by what the entry that replaced it was taken for the item, ``strength`` None
    where that was not written down. ``merged_from`` is the id of the merged item whose wording
    it is, empty for a correction.
    """

    content: Content
    revision: int
    replaced: datetime
    evidence: str
    strength: float | None = None
    merged_from: str = ""


class Evidence(StrEnum):
    """Why an entry is taken for a stored item, strongest first."""

    SOURCE_ID = "source id"
    UNCHANGED = "unchanged"
    URL = "url"
    TITLE_AND_DATE = "title and date"
    TITLE = "title"
    SIMILARITY = "similar text"
    POSITION = "position among matched neighbours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An entry and the stored item that it is, with the evidence and its strength (0 to 1).

    ``place`` is where the entry stands on the page, from 0. ``put_off``: what it says otherwise is
    not taken over for the time being.
    """

    entry: Entry
    place: int
    item: Item
    evidence: Evidence
    strength: float
    put_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """The whole of a reading laid against the whole of what is known.

    ``unmatched_places`` are the places of the unmatched entries on the page, in their order.
    """

    matches: tuple[Match, ...] = ()
    unmatched: tuple[Entry, ...] = ()
    unmatched_places: tuple[int, ...] = ()
    missing: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A stored item and the content that replaces the one it has."""

    item: Item
    content: Content
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """The rules for a rebuilt page, what vouches for them, and whether they are gone by."""

    rules: RuleSettings
    evidence: str
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one check decided: new in page order, revised, unchanged, missing.

    ``promoted`` are items that were the baseline of another source, and are news at this one.
    ``since`` is the day of the last good reading of a source that is read anew, or the day since
    when it was asked in vain: what is dated later, up to ``until``, is no baseline.
    ``new_places`` are the places of the new entries on the page, in their order, None for those
    that stand on a page of older ones. ``announced`` is how many of the new
    are news, from the top of the page; None says all. ``left_out`` counts what stands on the page
    but is not wanted of it, ``unread`` the missing that stand on the page all the same. ``old`` are
    the ranks of the new entries that are no news, though nobody knew them. ``held`` says why the
    reading is not believed: nothing of it is stored then; ``doubted`` why it was not believed at
    first, where somebody or time vouches for it. ``repair`` is what it was read by, or could be,
    where the page was rebuilt.
    """

    new: tuple[Entry, ...] = ()
    new_places: tuple[int | None, ...] = ()
    revised: tuple[Revision, ...] = ()
    unchanged: tuple[Match, ...] = ()
    missing: tuple[Item, ...] = ()
    promoted: tuple[Item, ...] = ()
    baseline: bool = False
    since: date | None = None
    until: date | None = None
    announced: int | None = None
    left_out: int = 0
    unread: int = 0
    old: frozenset[int] = frozenset()
    held: str = ""
    doubted: str = ""
    repair: Repair | None = None
