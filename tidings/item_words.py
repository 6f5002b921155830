"""What is said of an item beside its content, for the verb and the desk. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from feeds.item_admin_store import Sighting
    from feeds.model import Content, Item


def day_of(content: Content) -> str:
    """Return the day of a content; empty where it has none."""
    return content.when.day.isoformat() if content.when else ""


def instant(moment: datetime) -> str:
    """Write an instant to the second."""
    return moment.isoformat(sep=" ", timespec="seconds")


def facts_of(item: Item) -> Iterator[tuple[str, str]]:
    """Yield what is known of an item, each with its name; empty where there is nothing to say."""
    content = item.content
    yield "title", content.title
    yield "id", item.id
    yield "bulletin", item.bulletin
    yield "address", content.url
    yield "date", day_of(content)
    yield "author", content.author
    yield "categories", ", ".join(content.categories)
    yield "picture", content.image_url
    yield "source id", item.source_id
    yield "published", instant(item.published)
    yield "updated", instant(item.updated)
    yield "first seen", instant(item.first_seen)
    yield "announced", "to nobody: it was there at the first reading" if item.baseline else ""
    yield "revision", str(item.revision) if item.revision else ""
    yield "withdrawn", instant(item.withdrawn) if item.withdrawn else ""
    yield "held back", instant(item.held_back) if item.held_back else ""
    yield "merged into", item.merged_into
    yield "forgotten", instant(item.forgotten) if item.forgotten else ""


def place_of(sighting: Sighting) -> str:
    """Say where an item stands at a source, and by what evidence."""
    if sighting.position is not None:
        where = f"number {sighting.position + 1} on the page"
    elif sighting.missing_since is not None:
        where = f"missing since {instant(sighting.missing_since)}"
    else:
        where = "on a page of older items"
    return f"{sighting.source}: {where}, by {sighting.evidence} ({sighting.strength:.2f})"


def states_of(item: Item) -> str:
    """Say what state an item is in; empty where it just stands."""
    states = {
        "withdrawn": item.withdrawn,
        "held back since": item.held_back,
        "missing since": item.missing_since,
    }
    return ", ".join(f"{state} {since:%Y-%m-%d}" for state, since in states.items() if since)
