"""Pages of items: found by a search, and one with all that is known of it and was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from feeds.corrections import changes_of
from feeds.text import clean_text
from feeds.wordings import wordings
from tidings.desk.overview import small_number, time_words
from tidings.item_audience import audience_of
from tidings.item_words import facts_of, place_of, states_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from starlette.responses import Response
    from starlette.routing import Route

    from feeds.corrections import Change
    from feeds.item_admin_store import History
    from feeds.model import Item
    from tidings.app import App
    from tidings.desk.visit import Desk, Visit

_ROWS = 50
_AUDIENCE = 50
_CANDIDATES = 20
_LONGEST_SEARCH = 200
# Told in the head of the page already.
_IN_HEAD = ("title", "withdrawn", "held back", "forgotten")


def item_routes(desk: Desk) -> list[Route]:
    """Return the addresses of items that only show."""
    pages = _Items(desk)
    one = "/desk/items/{token}"
    return [
        desk.get("/desk/items", pages.find),
        desk.get(one, pages.show),
        desk.get(f"{one}/merge", pages.choose),
        desk.get(f"{one}/forget", pages.ask),
    ]


def item_of(app: App, visit: Visit) -> Item:
    """Return the item that an address names. Raises HTTPException."""
    token = visit.place["token"]
    found = app.item_admin.named(token) if token.isalnum() else ()
    if len(found) != 1:
        raise HTTPException(404, "There is no item of that name.")
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One correction, or the wording of an item that was merged into this one.

    ``revision`` is its number, None where nothing can be split there; ``merged_from`` is the id
    of the merged one, empty of corrections.
    """

    name: str
    when: datetime | None
    known_by: str
    changes: tuple[Change, ...]
    revision: int | None = None
    merged_from: str = ""


def steps_of(history: History) -> Iterator[Step]:
    """Yield what was made of an item, the oldest first."""
    item = history.item
    for before, after in pairwise(wordings(history.former, item)):
        strength = "" if after.strength is None else f" ({after.strength:.2f})"
        yield Step(
            name=f"Revision {after.revision}",
            when=after.since,
            known_by=f"{after.evidence}{strength}",
            changes=changes_of(before.content, after.content),
            revision=after.revision,
        )
    for former in history.former:
        if former.merged_from:
            yield Step(
                name="Merged",
                when=former.replaced,
                known_by="",
                changes=changes_of(former.content, item.content),
                merged_from=former.merged_from,
            )


class _Items:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def find(self, visit: Visit) -> Response:
        """List the items of all bulletins or of one, with a search."""
        app = self._desk.app
        slug, find = _asked(visit, "bulletin"), _asked(visit, "find")
        skip = small_number(visit.query.get("skip", ""))
        items = app.item_admin.listed(slug, limit=_ROWS + 1, find=find, skip=skip)
        return self._desk.page(
            "desk/items.html",
            visit,
            items=[(item, states_of(item)) for item in items[:_ROWS]],
            bulletins=app.settings.bulletins,
            slug=slug,
            find=find,
            skip=skip,
            rows=_ROWS,
            has_more=len(items) > _ROWS,
            **time_words(app.clock()),
        )

    def show(self, visit: Visit) -> Response:
        """Show an item whole."""
        app = self._desk.app
        item = item_of(app, visit)
        history = app.item_admin.history(item)
        bulletin = app.settings.bulletin(item.bulletin)
        return self._desk.page(
            "desk/item.html",
            visit,
            item=item,
            bulletin_title=bulletin.title if bulletin else item.bulletin,
            is_configured=bulletin is not None,
            facts=[fact for fact in facts_of(item) if fact[1] and fact[0] not in _IN_HEAD],
            places=[place_of(sighting) for sighting in history.sightings],
            steps=list(steps_of(history)),
            audience=audience_of(app, item, limit=_AUDIENCE),
            survivor=_survivor(app, item),
            language=item.content.language or (bulletin.language if bulletin else ""),
            **time_words(app.clock()),
        )

    def choose(self, visit: Visit) -> Response:
        """Let another item of the bulletin be chosen that it is one with."""
        app = self._desk.app
        item = item_of(app, visit)
        find = _asked(visit, "find")
        found = app.item_admin.listed(item.bulletin, limit=_CANDIDATES + 1, find=find)
        return self._desk.page(
            "desk/item_merge.html",
            visit,
            item=item,
            find=find,
            candidates=[(other, is_older(other, item)) for other in found if other.id != item.id][
                :_CANDIDATES
            ],
            **time_words(app.clock()),
        )

    def ask(self, visit: Visit) -> Response:
        """Ask whether an item is to be forgotten."""
        return self._desk.page("desk/item_forget.html", visit, item=item_of(self._desk.app, visit))


def is_older(one: Item, other: Item) -> bool:
    """Tell which of two came first: it keeps its id when they are made one."""
    return (one.first_seen, one.number) < (other.first_seen, other.number)


def _survivor(app: App, item: Item) -> Item | None:
    found = app.item_admin.named(item.merged_into) if item.merged_into else ()
    return found[0] if found else None


def _asked(visit: Visit, name: str) -> str:
    """Return what somebody looks for, as any database takes it."""
    return clean_text(visit.query.get(name, "")[:_LONGEST_SEARCH]).strip()
