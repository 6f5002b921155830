"""What an operator does to items at the desk: each by the function of its verb, logged, published.

An answer that has to be typed is looked at here, and not in the browser alone.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from feeds.text import clean_text
from tidings import item_changes
from tidings.cli import USAGE, CommandError
from tidings.desk.item_pages import is_older, item_of
from tidings.errors import explain
from tidings.reports import item_report
from tidings.work import publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.routing import Route

    from feeds.model import Item
    from tidings.app import App
    from tidings.desk.visit import Desk, Visit

log = logging.getLogger("tidings.desk")

# What has to be typed before an item is forgotten.
FORGET = "forget"
_DIGITS = 9
_LOGGED = ("title", "withdrawn", "held_back", "merged_into", "forgotten")


def item_change_routes(desk: Desk) -> list[Route]:
    """Return the addresses by which items are changed."""
    changes = _Changes(desk)
    one = "/desk/items/{token}"
    simple = {
        "withdraw": item_changes.withdraw,
        "restore": item_changes.restore,
        "hold": item_changes.hold_back,
        "release": item_changes.release,
    }
    return [
        *(
            desk.post(f"{one}/{name}", partial(changes.make, action=name, change=change))
            for name, change in simple.items()
        ),
        desk.post(f"{one}/merge", changes.merge),
        desk.post(f"{one}/split", changes.split),
        desk.post(f"{one}/forget", changes.forget),
    ]


class _Changes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def make(self, visit: Visit, *, action: str, change: Callable[[App, Item], str]) -> Response:
        """Make a change, log it, publish what it changed, and say so on the item's page."""
        item = item_of(self._desk.app, visit)
        return self._make(visit, item, action, partial(change, self._desk.app, item))

    def merge(self, visit: Visit) -> Response:
        """Make two items one: the older of them keeps its id."""
        app = self._desk.app
        item = item_of(app, visit)
        other = item_changes.item_named(app, clean_text(visit.fields.get("with", "")))
        newer, older = (item, other) if is_older(other, item) else (other, item)
        return self._make(
            visit, newer, "merge", partial(item_changes.merge, app, newer, older), then=older
        )

    def split(self, visit: Visit) -> Response:
        """Make an item two at a revision, or take a merge back."""
        app = self._desk.app
        item = item_of(app, visit)
        at = visit.fields.get("at", "")
        change = partial(
            item_changes.split,
            app,
            item,
            at=int(at) if at.isascii() and at.isdigit() and len(at) < _DIGITS else None,
            announce=visit.fields.get("announce") == "yes",
        )
        return self._make(visit, item, "split", change)

    def forget(self, visit: Visit) -> Response:
        """Forget an item, where the question was answered."""
        app = self._desk.app
        item = item_of(app, visit)
        if visit.fields.get("answer", "").strip().lower() != FORGET:
            raise CommandError(
                f"{item.token} was not forgotten: that has to be confirmed by the word {FORGET}",
                code=USAGE,
            )
        return self._make(visit, item, "forget", partial(item_changes.forget, app, item))

    def _make(
        self,
        visit: Visit,
        item: Item,
        action: str,
        change: Callable[[], str],
        *,
        then: Item | None = None,
    ) -> Response:
        desk = self._desk
        with desk.change(visit, action, item.token, before=_logged(desk.app, item)) as logged:
            said = change()
            logged.after = _logged(desk.app, item)
        said = f"{said.replace(chr(10), '; ')}.{self._published()}"
        return desk.see(f"/desk/items/{(then or item).token}", visit, said=said)

    def _published(self) -> str:
        """Publish what changed; what cannot be written now is at the next tick, and is said."""
        try:
            publish(self._desk.app)
        except Exception as error:
            message, _ = explain(error)
            log.warning("what changed is not published yet: %s", message)
            log.debug("the error in full", exc_info=error)
            return f" It is not published yet: {message}"
        return ""


def _logged(app: App, item: Item) -> dict[str, object]:
    """Return an item as the log of changes has it."""
    found = app.item_admin.named(item.id)
    report = item_report(found[0] if found else item)
    return {name: report[name] for name in _LOGGED if report[name]}
