"""The values of telling people: who, what, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from feeds.filters import ItemFilter

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from feeds.model import Content


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
class DigestItem:
    """One item as a digest shows it. ``url`` is absolute; ``day`` is None where none is known."""

    id: str
    title: str
    url: str
    day: date | None
    summary_html: str
    summary_text: str
    author: str = ""
    image_url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The content chosen for one edition: a value.

    ``number`` is the edition's number within the bulletin, 0 in a preview. ``more`` counts the
    items that found no room in the mail; they stand on the bulletin's page.
    """

    bulletin: str
    title: str
    page_url: str
    language: str
    number: int
    items: tuple[DigestItem, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One edition to one subscriber, as the outbox sees it.

    ``message_id`` is derived from edition and subscriber, with its angle brackets, and stored,
    so that a second try after an unknown outcome carries the same one. ``attempts`` is the number
    of the attempt that comes next or is being made. ``doubts`` counts the attempts that ended
    without an answer, ``deaths`` those in which the sending process died; ``lease`` numbers the
    claims. ``token`` is the subscription's, which is ``wanted`` until it ends.
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

    @property
    def domain(self) -> str:
        """The domain that takes this mail."""
        return self.address.rpartition("@")[2].lower()
