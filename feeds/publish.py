"""The store becomes files: pages and feeds, written where they differ from what stands there.

What is published is read from the store and never handed on from a check, and how far a folder
has come is noted in the folder itself: whatever died, and wherever the folder went, the next
tick brings it up to date.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from feeds.addresses import ATOM, JSON_FEED, RSS, item_link, item_path, page_address
from feeds.feed import Feed, FeedItem
from feeds.json_feed import write_json_feed
from feeds.pages import bulletin_page, index_page, item_page, moved_page, stylesheet
from feeds.rss_atom import write_atom, write_rss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.settings import BulletinSettings, Settings
    from feeds.item_store import ItemStore
    from feeds.model import Item
    from feeds.output import Output
    from feeds.records import BulletinState
    from feeds.render import Renderer
    from feeds.source_store import SourceStore

log = logging.getLogger("tidings.publish")

_MANIFEST = ".published.json"
# Moves when we write documents in another way: all are then written again.
_WRITER_VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bulletin's folder holds: up to which number, and by which recipe."""

    number: int = 0
    recipe: str = ""


class Publisher:
    """Writes the published documents of all bulletins to where they are put out."""

    def __init__(
        self,
        *,
        sources: SourceStore,
        items: ItemStore,
        settings: Settings,
        renderer: Renderer,
        output: Output,
    ) -> None:
        self._sources = sources
        self._items = items
        self._settings = settings
        self._renderer = renderer
        self._output = output
        self._recipes: dict[str, str] = {}

    def publish_all(self) -> tuple[str, ...]:
        """Write what is behind the store; return the slugs of those bulletins.

        Raises OSError where the folder cannot be written, TemplateError where a template is
        wrong; every document that stood there stands as it was.
        """
        states = self._sources.bulletin_states()
        behind = [
            (bulletin, states[bulletin.slug])
            for bulletin in self._settings.bulletins
            if self._is_behind(bulletin, states[bulletin.slug])
        ]
        index = Manifest(sum(state.number for state in states.values()), self._index_recipe(states))
        if not behind and (self._manifest("") == index or not index.number):
            return ()
        with self._output.lock():
            for bulletin, state in behind:
                self._publish(bulletin, state)
            self._publish_index(index)
        return tuple(bulletin.slug for bulletin, _ in behind)

    def _index_recipe(self, states: Mapping[str, BulletinState]) -> str:
        """Return a digest of all that the front page is made by besides the items."""
        parts = [
            (self._recipe(bulletin, states[bulletin.slug]), states[bulletin.slug].number)
            for bulletin in self._settings.bulletins
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _is_behind(self, bulletin: BulletinSettings, state: BulletinState) -> bool:
        """Tell whether there is something to write; a bulletin never read has nothing."""
        return state.number > 0 and self._manifest(bulletin.slug) != Manifest(
            state.number, self._recipe(bulletin, state)
        )

    def _manifest(self, slug: str) -> Manifest:
        """Read how far a folder has come; from the beginning where nothing readable says so."""
        try:
            found = json.loads(
                self._output.read(f"{slug}/{_MANIFEST}" if slug else _MANIFEST) or b""
            )
            return Manifest(int(found["number"]), str(found["recipe"]))
        except (ValueError, KeyError, TypeError):
            return Manifest()

    def _recipe(self, bulletin: BulletinSettings, state: BulletinState) -> str:
        """Return a digest of all that documents are made by besides the items."""
        if bulletin.slug not in self._recipes:
            self._recipes[bulletin.slug] = self._new_recipe(bulletin, state)
        return self._recipes[bulletin.slug]

    def _new_recipe(self, bulletin: BulletinSettings, state: BulletinState) -> str:
        head = (
            _WRITER_VERSION,
            self._templates,
            self._output.recipe_of(bulletin.slug),
            self._settings.base_url,
            self._settings.site.title,
            self._settings.site.window,
            # Of another store, whose items are others though their numbers are the same.
            state.feed_id,
            bulletin.slug,
            bulletin.title,
            bulletin.link,
            bulletin.description,
            bulletin.language,
            bulletin.time_zone.key,
        )
        return hashlib.sha256(repr(head).encode()).hexdigest()[:16]

    @cached_property
    def _templates(self) -> str:
        return self._renderer.fingerprint()

    def _publish(self, bulletin: BulletinSettings, state: BulletinState) -> None:
        """Write the documents of one bulletin; the manifest last, so that no death is noticed."""
        recipe = self._recipe(bulletin, state)
        manifest = self._manifest(bulletin.slug)
        # A folder that is ahead was written from a store that an older copy has replaced.
        is_known = manifest.recipe == recipe and manifest.number <= state.number
        since = manifest.number if is_known else 0
        self._publish_items(bulletin, since)
        items = self._items.latest(bulletin.slug, self._settings.site.window)
        feed = make_feed(bulletin, state, items, base_url=self._settings.base_url)
        self._write(f"{bulletin.slug}/{RSS}", write_rss(feed))
        self._write(f"{bulletin.slug}/{ATOM}", write_atom(feed))
        self._write(f"{bulletin.slug}/{JSON_FEED}", write_json_feed(feed))
        page = bulletin_page(bulletin, items, settings=self._settings, renderer=self._renderer)
        self._write(f"{bulletin.slug}/index.html", page)
        done = {"number": state.number, "recipe": recipe}
        self._write(f"{bulletin.slug}/{_MANIFEST}", json.dumps(done))
        log.info("%s published up to number %d", bulletin.slug, state.number)

    def _publish_items(self, bulletin: BulletinSettings, since: int) -> None:
        """Write the pages of what came or changed; take away those of what was forgotten."""
        settings, renderer = self._settings, self._renderer
        former = self._items.corrected_since(bulletin.slug, since)
        for item in self._items.changed_since(bulletin.slug, since):
            page = item_page(
                item, bulletin, settings=settings, renderer=renderer, former=former.get(item.id)
            )
            self._write(item_path(bulletin.slug, item.token), page)
        for item, survivor in self._items.gone_since(bulletin.slug, since):
            path = item_path(bulletin.slug, item.token)
            if survivor is None:
                self._output.remove(path)
            else:
                page = moved_page(survivor, bulletin, settings=settings, renderer=renderer)
                self._write(path, page)

    def _publish_index(self, manifest: Manifest) -> None:
        published = [
            (bulletin, latest[0])
            for bulletin in self._settings.bulletins
            if (latest := self._items.latest(bulletin.slug, 1))
        ]
        self._write(
            "index.html", index_page(published, settings=self._settings, renderer=self._renderer)
        )
        self._write("style.css", stylesheet(self._renderer))
        self._write(_MANIFEST, json.dumps({"number": manifest.number, "recipe": manifest.recipe}))

    def _write(self, path: str, content: str | bytes) -> None:
        self._output.write(path, content.encode() if isinstance(content, str) else content)


def make_feed(
    bulletin: BulletinSettings, state: BulletinState, items: tuple[Item, ...], *, base_url: str
) -> Feed:
    """Return a bulletin's feed as a value. There must be an item: no feed is ever empty."""
    page = page_address(base_url, bulletin.slug)
    return Feed(
        id=state.feed_id,
        title=bulletin.title,
        description=bulletin.description,
        home_url=page,
        author=bulletin.title,
        language=bulletin.language,
        updated=max(item.updated for item in items),
        rss_url=page + RSS,
        atom_url=page + ATOM,
        json_url=page + JSON_FEED,
        items=tuple(_feed_item(item, base_url) for item in items),
    )


def _feed_item(item: Item, base_url: str) -> FeedItem:
    content = item.content
    return FeedItem(
        id=item.id,
        title=content.title,
        url=item_link(base_url, item),
        summary_html=content.full_html or content.summary_html,
        published=item.published,
        updated=item.updated,
        author=content.author,
        image_url=content.image_url,
        categories=content.categories,
        language=content.language,
    )
