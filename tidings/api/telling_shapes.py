"""What the API takes and gives about editions and subscribers, as types."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tidings.api.shapes import TEXT, Limit

Mail = Annotated[str, Meta(min_length=3, max_length=320, pattern=TEXT)]
Slug = Annotated[str, Meta(max_length=64, pattern=TEXT)]
Word = Annotated[str, Meta(max_length=100, pattern=TEXT)]


class Subscription(Struct, kw_only=True):
    """What somebody gets, how often, and when next."""

    bulletin: str
    rules: list[str]
    language: str
    time_zone: str
    form: str
    next_digest: str | None


class Subscriber(Struct, kw_only=True):
    """An address with the subscriptions that go on."""

    address: str
    state: str
    created: str | None
    subscriptions: list[Subscription]


class SubscribersAsked(Struct, kw_only=True):
    """Which subscribers are wanted, by address."""

    find: Annotated[Word, Meta(description="Whose address has this.")] = ""
    bulletin: Annotated[Slug, Meta(description="Who gets this one; empty: all.")] = ""
    after: Annotated[
        str, Meta(max_length=320, pattern=TEXT, description="Those after this address.")
    ] = ""
    limit: Limit = 50


class Attempt(Struct, kw_only=True):
    """One try to hand a mail to a relay, and what was said to it."""

    number: int
    started: str | None
    finished: str | None
    state: str
    relay: str
    reply: str


class Told(Struct, kw_only=True):
    """One edition that an address got, or did not."""

    bulletin: str
    number: int
    opened: str
    state: str
    reply: str
    attempts: list[Attempt]
    items: list[str]


class Noticed(Struct, kw_only=True):
    """One mail that is no edition: a question, a welcome."""

    kind: str
    bulletin: str
    asked: str
    state: str
    reply: str
    attempts: list[Attempt]


class SubscriptionStanding(Struct, kw_only=True):
    """How a subscription stands, in words."""

    bulletin: str
    standing: str


class Standing(Struct, kw_only=True):
    """Why an address was told something, or was not; ``suppressed``: why it is not written to."""

    address: str
    suppressed: str | None
    came_back: list[str]
    subscriptions: list[SubscriptionStanding]
    editions: list[Told]
    notices: list[Noticed]


class StandingAsked(Struct, kw_only=True):
    """Whose standing is wanted."""

    address: Mail


class Retry(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which failed deliveries are queued anew; ``doubtful`` ones may have arrived already."""

    address: Annotated[str, Meta(max_length=320, pattern=TEXT)] = ""
    doubtful: bool = False


class Subscribe(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who is to get what, and how often.

    Without ``consent`` the address is asked by mail first; with it, it says how it asked for it.
    """

    address: Mail
    bulletin: Slug
    cadence: Word = "weekly"
    time_zone: Word = ""
    language: Annotated[str, Meta(max_length=35, pattern=TEXT)] = ""
    form: Literal["html", "text"] | None = None
    consent: Annotated[str, Meta(max_length=200, pattern=TEXT)] = ""


class End(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which subscription ends; an empty ``bulletin`` ends all."""

    address: Mail
    bulletin: Slug = ""


class Address(Struct, kw_only=True, forbid_unknown_fields=True):
    """An address."""

    address: Mail
