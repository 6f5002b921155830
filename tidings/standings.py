"""How an address stands: why it was told something, or was not. A value for all doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidings.cli import CommandError
from tidings.explaining import subscription_words

if TYPE_CHECKING:
    from notifier.ledger_store import LedgerLine
    from notifier.model import Subscription
    from notifier.notice_ledger_store import NoticeLine
    from notifier.suppression_store import Suppression
    from tidings.app import App

# The last of an address that came back.
_BOUNCES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressStanding:
    """All that is known of how an address stands; each subscription has its words."""

    address: str
    suppression: Suppression | None
    subscriptions: tuple[tuple[Subscription, str], ...]
    came_back: tuple[str, ...]
    told: tuple[LedgerLine, ...]
    notices: tuple[NoticeLine, ...]


def standing_of(app: App, address: str, *, limit: int) -> AddressStanding:
    """Return how an address stands, with its last editions. Raises CommandError for a stranger."""
    suppression = app.suppressions.find(address)
    subscriptions = app.subscribers.of_address(address)
    notices = app.notice_ledger.of_address(address, limit=limit)
    if not subscriptions and not notices and suppression is None:
        raise CommandError(
            f"nothing is known of {address}: it never subscribed, never confirmed, or was deleted"
        )
    return AddressStanding(
        address=address,
        suppression=suppression,
        subscriptions=tuple(
            (one, subscription_words(one, suppression, now=app.clock())) for one in subscriptions
        ),
        came_back=_bounce_words(app, address),
        told=app.ledger.of_address(address, limit=limit),
        notices=notices,
    )


def _bounce_words(app: App, address: str) -> tuple[str, ...]:
    """Say which mails to an address came back, and how many of them count now."""
    words = [
        f"came back {one.reported:%Y-%m-%d %H:%M} UTC ({one.weight.value}): {one.said}"
        for one in app.bounces.of_address(address, limit=_BOUNCES)
    ]
    settings = app.settings.bounces
    many = app.bounces.in_a_row(address, within=settings.within, now=app.clock())
    if many:
        words.append(
            f"{many} temporary bounces in a row: from {settings.slow_after} on at most a mail a "
            f"week, from {settings.suppress_after} on none"
        )
    return tuple(words)
