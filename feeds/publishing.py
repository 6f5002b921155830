"""A publisher on a database: its stores, wired. Who publishes needs to know none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.departures import Departures
from feeds.farewell_store import FarewellStore
from feeds.feed_store import FeedStore
from feeds.filing_store import FilingStore
from feeds.item_store import ItemStore
from feeds.publish import Publisher
from feeds.selection_store import SelectionStore
from feeds.source_store import SourceStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from config.settings import Settings
    from feeds.database import Database
    from feeds.output import Output
    from feeds.render import Renderer


def publisher_on(  # noqa: PLR0913 - what is published, by what rules, and where it goes
    database: Database,
    settings: Settings,
    *,
    authority: str,
    renderer: Renderer,
    output: Output,
    clock: Callable[[], datetime],
) -> Publisher:
    """Return a publisher of all bulletins of the settings."""
    selections = SelectionStore(database, authority=authority, clock=clock)
    return Publisher(
        sources=SourceStore(database, authority=authority),
        items=ItemStore(database, authority=authority),
        feeds=FeedStore(database),
        filing=FilingStore(database),
        selections=selections,
        departures=Departures(
            farewells=FarewellStore(database, authority=authority),
            selections=selections,
            settings=settings,
            clock=clock,
        ),
        settings=settings,
        renderer=renderer,
        output=output,
    )
