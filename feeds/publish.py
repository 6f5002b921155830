"""The store becomes files: pages and feeds, written where they differ from what stands there.

What is published is read from the store and never handed on from a check, and how far a folder
has come is noted in the folder itself: whatever died, and wherever the folder went, the next
tick brings it up to date.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from feeds import manifest
from feeds.bulletin_feed import feed_paths
from feeds.manifest import Manifest, manifest_from
from feeds.publish_feeds import FeedPublisher
from feeds.publish_pages import PagePublisher
from feeds.publish_selections import SelectionPublisher
from feeds.routes import ROUTES, write_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from config.settings import BulletinSettings, Settings
    from feeds.departures import Departures
    from feeds.farewell import Farewell
    from feeds.feed_store import FeedStore
    from feeds.filing_store import FilingStore
    from feeds.item_store import ItemStore
    from feeds.output import Output
    from feeds.publish_checked import Refusal
    from feeds.records import BulletinState
    from feeds.render import Renderer
    from feeds.routes import Route
    from feeds.selection_store import SelectionStore
    from feeds.source_store import SourceStore

log = logging.getLogger("tidings.publish")

# Moves when we write documents in another way: all are then written again.
_WRITER_VERSION = 1


class Publisher:
    """Writes the published documents of all bulletins to where they are put out."""

    def __init__(  # noqa: PLR0913 - the stores and the place that it stands between
        self,
        *,
        sources: SourceStore,
        items: ItemStore,
        feeds: FeedStore,
        filing: FilingStore,
        selections: SelectionStore,
        departures: Departures,
        settings: Settings,
        renderer: Renderer,
        output: Output,
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._renderer = renderer
        self._output = output
        self._pages = PagePublisher(
            sources=sources,
            items=items,
            filing=filing,
            settings=settings,
            renderer=renderer,
            output=output,
        )
        self._feeds = FeedPublisher(items=items, feeds=feeds, settings=settings, output=output)
        self._departures = departures
        self._selections = SelectionPublisher(
            items=items,
            selections=selections,
            settings=settings,
            renderer=renderer,
            output=output,
        )
        self._recipes: dict[tuple[str, Farewell | None], str] = {}
        self._refused: dict[str, tuple[Refusal, ...]] = {}

    def publish_all(self) -> tuple[str, ...]:
        """Write what is behind the store; return the slugs of those bulletins.

        Raises OSError where the folder cannot be written, TemplateError where a template is
        wrong; every document that stood there stands as it was.
        """
        staying = self._departures.refresh()
        states = self._sources.bulletin_states()
        behind = [
            (bulletin, states[bulletin.slug])
            for bulletin in staying
            if self._is_stale(bulletin, states[bulletin.slug])
        ]
        routes = self._departures.routes()
        number = sum(state.number for state in states.values())
        site = Manifest(number=number, recipe=self._site_recipe(staying, states, routes))
        done = self._manifest("")
        if not behind and (not number or replace(done, refused=()) == site):
            return ()
        with self._output.lock():
            for bulletin, state in behind:
                self._publish(bulletin, state)
            merged = tuple(sorted(set(self._selections.publish_merges(staying, states))))
            _complain(merged, done)
            self._output.write(ROUTES, write_routes(routes))
            self._pages.publish_site(staying)
            self._output.write(manifest.NAME, replace(site, refused=merged).to_bytes())
            self._refused[""] = merged
        return tuple(bulletin.slug for bulletin, _ in behind)

    def staying(self) -> tuple[BulletinSettings, ...]:
        """Return the bulletins that are published still, and have not left."""
        return self._departures.refresh()

    def publish_page(self, bulletin: BulletinSettings, state: BulletinState) -> None:
        """Write a bulletin's page anew: something that it leads to has come. Raises as above."""
        with self._output.lock():
            self._pages.publish_bulletin(bulletin, state)

    def _site_recipe(
        self,
        staying: Iterable[BulletinSettings],
        states: Mapping[str, BulletinState],
        routes: tuple[Route, ...],
    ) -> str:
        """Return a digest of all that stands above the bulletins."""
        parts = [
            (self._recipe(bulletin, states[bulletin.slug]), states[bulletin.slug].number)
            for bulletin in staying
        ]
        whole = (parts, self._settings.merges, routes)
        return hashlib.sha256(repr(whole).encode()).hexdigest()[:16]

    def _is_stale(self, bulletin: BulletinSettings, state: BulletinState) -> bool:
        """Tell whether there is something to write; a bulletin never read has nothing."""
        done = self._manifest(bulletin.slug)
        up_to = done.is_up_to(state, self._recipe(bulletin, state))
        return state.number > 0 and not (up_to and done.unwell == _unwell(state))

    def _manifest(self, slug: str) -> Manifest:
        """Read how far a folder has come; from the beginning where nothing readable says so."""
        path = f"{slug}/{manifest.NAME}" if slug else manifest.NAME
        found = manifest_from(self._output.read(path))
        self._refused[slug] = found.refused
        return found

    def _recipe(self, bulletin: BulletinSettings, state: BulletinState) -> str:
        """Return a digest of all that documents are made by besides the items."""
        key = bulletin.slug, self._departures.farewell(bulletin.slug)
        if key not in self._recipes:
            self._recipes[key] = self._new_recipe(bulletin, state)
        return self._recipes[key]

    def _new_recipe(self, bulletin: BulletinSettings, state: BulletinState) -> str:
        head = (
            _WRITER_VERSION,
            self._templates,
            self._output.recipe_of(bulletin.slug),
            self._settings.base_url,
            self._settings.site.title,
            self._settings.site.window,
            self._settings.site.span,
            self._settings.site.hubs,
            bool(self._settings.mail.host),
            # Of another store, whose items are others though their numbers are the same.
            state.feed_id,
            bulletin.slug,
            bulletin.title,
            bulletin.link,
            bulletin.description,
            bulletin.language,
            bulletin.time_zone.key,
            bulletin.icon,
            bulletin.corrections_in_feed,
            bulletin.views,
            [(source.name, str(source.schedule)) for source in bulletin.sources],
            self._settings.is_searched,
            bulletin.farewell,
            self._departures.farewell(bulletin.slug),
        )
        return hashlib.sha256(repr(head).encode()).hexdigest()[:16]

    @cached_property
    def _templates(self) -> str:
        return self._renderer.fingerprint()

    def _publish(self, bulletin: BulletinSettings, state: BulletinState) -> None:
        """Write the documents of one bulletin; the manifest last, so that no death is noticed."""
        recipe = self._recipe(bulletin, state)
        done = self._manifest(bulletin.slug)
        if done.is_up_to(state, recipe):
            self._pages.publish_bulletin(bulletin, state)
            now = replace(done, unwell=_unwell(state))
        else:
            now = self._publish_items(bulletin, state, recipe, done)
        self._output.write(f"{bulletin.slug}/{manifest.NAME}", now.to_bytes())
        self._refused[bulletin.slug] = now.refused

    def _publish_items(
        self, bulletin: BulletinSettings, state: BulletinState, recipe: str, done: Manifest
    ) -> Manifest:
        behind = done if done.is_behind(state, recipe) else Manifest()
        self._pages.publish(bulletin, since=behind.number)
        written = self._feeds.publish(
            bulletin,
            state,
            self._departures.farewell(bulletin.slug),
            since=behind.number,
            archived=behind.archived,
        )
        views = self._selections.publish_views(bulletin)
        again = written.documents | {
            path for view in bulletin.views for path in feed_paths(view.slug).each()
        }
        # Last, for it leads to all of them.
        self._pages.publish_bulletin(bulletin, state)
        refused = sorted(
            {*written.refused, *views}
            | {each for each in behind.refused if each.document not in again}
        )
        _complain(refused, done)
        log.info("%s published up to number %d", bulletin.slug, state.number)
        return Manifest(
            number=state.number,
            recipe=recipe,
            unwell=_unwell(state),
            archived=written.archived,
            refused=tuple(refused),
        )

    def refused(self) -> tuple[Refusal, ...]:
        """Return what is not published as it should be, of bulletins and merges, as seen last.

        Not by reading it again: a place that is away would keep those waiting who ask how we are.
        """
        return tuple(
            refusal
            for slug in (*(bulletin.slug for bulletin in self._settings.bulletins), "")
            for refusal in self._refused.get(slug, ())
        )


def _complain(refused: Iterable[Refusal], done: Manifest) -> None:
    """Log what is refused, once: what is known stays known until it is mended."""
    for refusal in refused:
        if refusal not in done.refused:
            log.error("%s", refusal)


def _unwell(state: BulletinState) -> str:
    """Return what a page says of sources that are not well, in a form that changes with it."""
    return ", ".join(f"{one.name} since {one.since}" for one in state.sick)
