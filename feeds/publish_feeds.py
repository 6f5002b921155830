"""The feeds of each bulletin, live and archived, written to where they are put out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.bulletin_feed import archive_paths, feed_paths, make_archived_feed, make_feed
from feeds.farewell import with_farewell
from feeds.publish_checked import write_checked
from feeds.window import live_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import BulletinSettings, Settings
    from feeds.farewell import Farewell
    from feeds.feed import Feed
    from feeds.feed_store import FeedStore
    from feeds.item_store import ItemStore
    from feeds.model import Item
    from feeds.output import Output
    from feeds.publish_checked import Refusal
    from feeds.records import BulletinState

log = logging.getLogger("tidings.publish")

# A reader of one document alone could not tell where an archive goes on; the live feed holds it.
_FEWEST_ARCHIVED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsWritten:
    """The newest part of the archive that stands there now, and what was refused.

    ``documents`` are the paths of all that was tried.
    """

    archived: str
    refused: tuple[Refusal, ...]
    documents: frozenset[str]


class FeedPublisher:
    """Writes the documents of feeds; what each holds is said by ``feeds.bulletin_feed``."""

    def __init__(
        self, *, items: ItemStore, feeds: FeedStore, settings: Settings, output: Output
    ) -> None:
        self._items = items
        self._feeds = feeds
        self._settings = settings
        self._output = output

    def publish(
        self,
        bulletin: BulletinSettings,
        state: BulletinState,
        farewell: Farewell | None,
        *,
        since: int,
        archived: str,
    ) -> FeedsWritten:
        """Write the live feed, and what is new of its archive.

        ``farewell`` is what the live one begins with where the bulletin leaves. ``archived`` is the
        newest part of the archive that stands there by now, and ``since`` the number up to which
        it knows what was forgotten.
        """
        slug = bulletin.slug
        following = self._feeds.parts(slug, after=archived)
        closed = following[:-1] if archived or len(following) > _FEWEST_ARCHIVED else ()
        newest = closed[-1] if closed else archived
        unarchived = [
            item for name in following if name > newest for item in self._feeds.part(slug, name)
        ]
        live = self._live(bulletin, state, unarchived, newest)
        said = with_farewell(live, bulletin, farewell, base_url=self._settings.base_url)
        refused = list(write_checked(said, feed_paths(slug), self._output))
        documents = {*feed_paths(slug).each()}
        # The newest so far learns which one follows it; and what is forgotten goes everywhere.
        stale = {archived, *closed} if closed else set()
        if archived:
            stale |= self._forgotten_from(slug, since)
        for name in sorted(name for name in stale if "" < name <= newest):
            refused += self._write_archived(live, bulletin, name, newest)
            documents |= {*archive_paths(slug, name).each()}
        return FeedsWritten(archived=newest, refused=tuple(refused), documents=frozenset(documents))

    def _live(
        self,
        bulletin: BulletinSettings,
        state: BulletinState,
        unarchived: Sequence[Item],
        archived: str,
    ) -> Feed:
        site = self._settings.site
        window = live_window(
            unarchived=unarchived,
            promised=self._feeds.promised(bulletin.slug, span=site.span),
            latest=self._items.latest(bulletin.slug, site.window),
        )
        if window.left_out:
            log.warning(
                "%s: its live feed would be too large; %d items of the time that [site] span "
                "promises are left to the archive",
                bulletin.slug,
                window.left_out,
            )
        former = self._feeds.former(window.items) if bulletin.corrections_in_feed else {}
        return make_feed(
            bulletin,
            state,
            window.items,
            settings=self._settings,
            archived=archived,
            former=former,
        )

    def _forgotten_from(self, slug: str, since: int) -> set[str]:
        """Return the parts that held what was forgotten since, or merged with it."""
        gone = self._items.gone_since(slug, since)
        return {item.archive for pair in gone for item in pair if item is not None}

    def _write_archived(
        self, live: Feed, bulletin: BulletinSettings, name: str, newest: str
    ) -> tuple[Refusal, ...]:
        slug = bulletin.slug
        closed, items = self._feeds.closed_part(slug, name)
        feed = make_archived_feed(
            live,
            items,
            name,
            slug=slug,
            base_url=self._settings.base_url,
            closed=closed,
            before=self._feeds.part_before(slug, name),
            after=self._feeds.part_after(slug, name) if name < newest else "",
        )
        return write_checked(feed, archive_paths(slug, name), self._output)
