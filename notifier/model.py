"""The values of telling people: who, what, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from feeds.filters import ItemFilter

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from feeds.attachments import FileView
    from feeds.model import Content
    from feeds.word_diff import Piece

UTC_ZONE = ZoneInfo("UTC")
# What stands before the name of a channel where a person has an address.
CHANNEL = "channel:"
# With so many items a reader wants to know what there is before scrolling.
CONTENTS_FROM = 6


class SubscriberState(StrEnum):
    """Where an address stands; only an active one is written to."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class DeliveryState(StrEnum):
    """How far one edition has come on its way to one subscriber."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNCERTAIN = "uncertain"


EVERYTHING = ItemFilter()
# Why a subscription ended: the word of its deliveries, by which they are known again.
UNSUBSCRIBED = "unsubscribed"


class Form(StrEnum):
    """How somebody wants mail to be written."""

    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What somebody wants of a bulletin, and how often.

    ``cadence`` is one that ``notifier.cadence`` reads. ``next_digest`` is the instant of the next
    occasion, None where each new item is one.
    """

    cadence: str
    wanted: ItemFilter = EVERYTHING
    next_digest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscriber's wish for one bulletin.

    Of its ``rules`` the first that wants an item takes it; an item that none wants is not told.
    ``mark`` is the bulletin's sequence number up to which everything was sorted by them.
    ``token`` is unguessable; it ends the subscription and opens its preferences. ``form`` and
    ``paused_until`` are the subscriber's, for all bulletins. ``ended`` is when it ended, None of
    one that goes on.
    """

    id: int
    subscriber_id: int
    address: str
    bulletin: str
    time_zone: ZoneInfo
    language: str
    mark: int
    token: str
    rules: tuple[Rule, ...]
    form: Form = Form.HTML
    paused_until: datetime | None = None
    ended: datetime | None = None

    @property
    def is_channel(self) -> bool:
        """Whether it is a channel of the bulletin, and nobody's mail."""
        return self.address.startswith(CHANNEL)

    @property
    def cadence(self) -> str:
        """The cadence of the first rule."""
        return self.rules[0].cadence

    @property
    def next_digest(self) -> datetime | None:
        """The next occasion of any rule; None where each new item is one."""
        due = [rule.next_digest for rule in self.rules]
        return None if None in due else min(filter(None, due))

    def wants(self, content: Content, *, sources: Collection[str] = (), language: str = "") -> bool:
        """Tell whether any rule wants an item; see ItemFilter.accepts."""
        return any(
            rule.wanted.accepts(content, sources=sources, language=language) for rule in self.rules
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestChange:
    """One part of an item that was corrected: its name, the words, and what stood before."""

    name: str
    pieces: tuple[Piece, ...]
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One item as a digest shows it. ``url`` is absolute; ``day`` is None where none is known.

    ``number`` counts from 1 in the order in which they stand. ``language`` is the item's own.
    ``files`` belong to it, and are no part of the mail.
    ``is_withdrawn`` says that it was withdrawn since the edition opened; of an item that was told
    before, ``changes`` are what was corrected since.
    """

    id: str
    title: str
    url: str
    day: date | None
    summary_html: str
    summary_text: str
    author: str = ""
    image_url: str = ""
    language: str = ""
    number: int = 0
    files: tuple[FileView, ...] = ()
    is_withdrawn: bool = False
    changes: tuple[DigestChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the sources of a bulletin were read in the week before an edition opened.

    ``read`` is when one was last read well, None where none was; ``good`` of ``all`` readings were.
    """

    read: datetime | None
    good: int
    all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The content chosen for one edition: a value.

    ``number`` is the edition's number within the bulletin, 0 in a preview. ``language`` is that
    of our own words, ``bulletin_language`` that of the bulletin's. ``corrected`` are items that
    were told before. ``more`` counts the items that found no room in the mail, ``more_corrected``
    the corrected ones; they stand on
    ``more_url``: the web page of the edition (``own_url``, empty where it has none), or the
    bulletin's. ``archive_url`` lists past digests. ``contents`` says whether it is so long that
    a table of contents helps. ``days`` is the first and the last day of its items.
    """

    bulletin: str
    title: str
    page_url: str
    language: str
    number: int
    items: tuple[DigestItem, ...]
    corrected: tuple[DigestItem, ...] = ()
    more: int = 0
    more_corrected: int = 0
    bulletin_language: str = ""
    own_url: str = ""
    archive_url: str = ""
    subscribe_url: str = ""
    time_zone: ZoneInfo = UTC_ZONE
    health: Health | None = None
    days: tuple[date, date] | None = None

    @property
    def count(self) -> int:
        """How many items are new, shown or not."""
        return self.more + len(self.items)

    @property
    def more_url(self) -> str:
        """Where what found no room can be read."""
        return self.own_url or self.page_url

    @property
    def contents(self) -> tuple[DigestItem, ...]:
        """The items of a table of contents; none where the digest is short enough without."""
        return self.items if len(self.items) >= CONTENTS_FROM else ()

    @property
    def by_day(self) -> tuple[tuple[date | None, tuple[DigestItem, ...]], ...]:
        """The items by their days, in their order; those without a date stand last."""
        return tuple((day, tuple(some)) for day, some in groupby(self.items, lambda one: one.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One edition to one subscriber, as the outbox sees it.

    ``message_id`` is derived from edition and subscriber, with its angle brackets, and stored,
    so that a second try after an unknown outcome carries the same one. ``attempts`` is the number
    of the attempt that comes next or is being made. ``doubts`` counts the attempts that ended
    without an answer, ``deaths`` those in which the sending process died; ``lease`` numbers the
    claims. ``token`` is the subscription's, which is ``wanted`` until it ends; ``ended_because``
    says why it did. ``first_try`` is when it was first attempted, None before.
    """

    id: int
    edition_id: int
    subscription_id: int
    address: str
    message_id: str
    attempts: int
    doubts: int
    deaths: int = 0
    created: datetime
    lease: int
    token: str
    wanted: bool = True
    ended_because: str = ""
    first_try: datetime | None = None

    def tried_since(self, now: datetime) -> datetime:
        """Return since when it is tried: a time in which it only waited is no failure of its."""
        return now if self.first_try is None else max(self.first_try, self.created)

    @property
    def name(self) -> str:
        """How the log names it."""
        return f"delivery {self.id} of edition {self.edition_id}"

    @property
    def domain(self) -> str:
        """The domain that takes this mail."""
        return self.address.rpartition("@")[2].lower()
