"""Past digests written to where documents are put out, when one is new or its items changed."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from feeds import manifest
from feeds.manifest import Manifest, manifest_from
from feeds.publish_checked import write_checked
from notifier.digest_addresses import digest_feed_paths, digest_path, digests_path
from notifier.digest_pages import DigestPages
from notifier.past_store import Latest, PastStore, latest_from
from tidings.issues import edition_digest

if TYPE_CHECKING:
    from config.settings import BulletinSettings
    from feeds.publish_checked import Refusal
    from feeds.records import BulletinState
    from notifier.digest_pages import PastDigest
    from tidings.app import App

log = logging.getLogger("tidings.publish")

# On the list and in the feed; older ones keep their pages.
_LISTED = 50
_WRITER_VERSION = 1


def publish_digests(app: App) -> tuple[str, ...]:
    """Bring the pages of past digests in line with the store; return the bulletins that changed.

    Only editions that hold all that was new are published: what somebody's filter took says what
    they filter. Raises OSError and TemplateError; what stood there stands.
    """
    store = PastStore(app.database)
    latest = store.latest()
    if not latest:
        return ()
    states = app.sources.bulletin_states()
    return tuple(
        bulletin.slug
        for bulletin in app.settings.bulletins
        if bulletin.slug in latest
        and _publish(app, store, bulletin, states[bulletin.slug], latest[bulletin.slug])
    )


def _publish(
    app: App, store: PastStore, bulletin: BulletinSettings, state: BulletinState, latest: Latest
) -> bool:
    """Write what is stale of one bulletin; tell whether there was anything to do."""
    path = f"{digests_path(bulletin.slug)}{manifest.NAME}"
    done = manifest_from(app.output.read(path))
    now = Manifest(number=state.number, recipe=_recipe(app, bulletin, state), archived=str(latest))
    if replace(done, refused=()) == now:
        return False
    behind = done if done.is_behind(state, now.recipe) else Manifest()
    pages = DigestPages(app.settings.site, app.settings.base_url, app.renderer)
    past = partial(_past, app, pages, bulletin)
    stale = store.stale(bulletin.slug, since=behind.number, after=latest_from(behind.archived))
    is_first = app.output.read(f"{digests_path(bulletin.slug)}index.html") is None
    with app.output.lock():
        for number in stale:
            page = pages.page(past(number))
            app.output.write(digest_path(bulletin.slug, number), page.encode())
        listed = [past(number) for number in store.listed(bulletin.slug, _LISTED)] if stale else []
        if listed:
            refused = _publish_list(app, pages, bulletin, listed, state.feed_id)
            now = replace(now, refused=refused)
        app.output.write(path, now.to_bytes())
    if is_first and stale:
        app.publisher.publish_page(bulletin, state)
    return bool(stale)


def _publish_list(
    app: App,
    pages: DigestPages,
    bulletin: BulletinSettings,
    listed: list[PastDigest],
    feed_id: str,
) -> tuple[Refusal, ...]:
    index = pages.index(bulletin, listed)
    app.output.write(f"{digests_path(bulletin.slug)}index.html", index.encode())
    feed = pages.feed(bulletin, listed, feed_id)
    refused = write_checked(feed, digest_feed_paths(bulletin.slug), app.output)
    for refusal in refused:
        log.error("%s", refusal)
    return refused


def _past(app: App, pages: DigestPages, bulletin: BulletinSettings, number: int) -> PastDigest:
    edition = app.editions.numbered(bulletin.slug, number)
    if edition is None:
        raise RuntimeError("an edition just found is not there")
    digest = edition_digest(app, edition, bulletin, on_the_web=True)
    return pages.past(digest, edition.opened)


def _recipe(app: App, bulletin: BulletinSettings, state: BulletinState) -> str:
    """Return a digest of all that the documents are made by besides editions and items."""
    parts = (
        _WRITER_VERSION,
        app.renderer.fingerprint(),
        app.output.recipe_of(bulletin.slug),
        app.settings.base_url,
        app.settings.site.title,
        state.feed_id,
        bulletin.title,
        bulletin.description,
        bulletin.language,
        bulletin.time_zone.key,
        bulletin.icon,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
