"""The values of telling people: who, what, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscriber's wish for one bulletin.

    ``cadence`` is ``instant``, ``daily``, ``weekly`` or a cron expression. ``mark`` is the
    bulletin's sequence number up to which everything was told. ``next_digest`` is the instant
    of the next digest, None for the instant cadence. ``token`` is unguessable and ends the
    subscription when it is presented.
    """

    id: int
    subscriber_id: int
    address: str
    bulletin: str
    cadence: str
    time_zone: ZoneInfo
    language: str
    mark: int
    next_digest: datetime | None
    token: str


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
