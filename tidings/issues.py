"""From an edition, or what the next one could hold, to its digest as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.compose import LARGEST_BYTES, Occasion, digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import BulletinSettings
    from feeds.model import Item
    from notifier.edition_store import Edition
    from notifier.model import Digest, Subscription
    from tidings.app import App

# Items in a preview where no edition is due.
_LATEST = 10


def edition_digest(
    app: App,
    edition: Edition,
    bulletin: BulletinSettings,
    *,
    is_replay: bool = False,
    on_the_web: bool = False,
) -> Digest:
    """Return the digest of an edition; of a replay as it was when its last mail left.

    On the web all of it stands, but for what was forgotten since.
    """
    as_of = edition.sent if is_replay else None
    items = app.editions.items(edition.id)
    if on_the_web:
        items = tuple(item for item in items if item.forgotten is None or item.merged_into)
    return digest_of(
        items,
        bulletin,
        base_url=app.settings.base_url,
        occasion=Occasion(
            number=edition.number,
            language=edition.language,
            is_public=edition.whole,
            health=edition.health,
            as_of=as_of,
        ),
        corrected=[(one.item, one.former) for one in app.editions.corrected(edition.id)],
        budget=None if on_the_web else LARGEST_BYTES,
    )


def next_digest(app: App, bulletin: BulletinSettings) -> Digest | None:
    """Return what the next edition could hold, the latest items where none is due.

    None where the bulletin has no items yet.
    """
    items = app.editions.next_items(bulletin.slug) or tuple(
        item
        for item in app.items.latest(bulletin.slug, _LATEST)
        if item.withdrawn is None and item.held_back is None
    )
    if not items:
        return None
    health = app.editions.health(bulletin.slug, now=app.clock())
    return digest_of(
        items, bulletin, base_url=app.settings.base_url, occasion=Occasion(health=health)
    )


def coming_digest(
    app: App, bulletin: BulletinSettings, subscription: Subscription, items: Sequence[Item]
) -> Digest:
    """Return the digest of what a rule of a subscription would take."""
    return digest_of(
        items,
        bulletin,
        base_url=app.settings.base_url,
        occasion=Occasion(
            language=subscription.language,
            health=app.editions.health(bulletin.slug, now=app.clock()),
        ),
    )
