"""Pages of bulletins: all of them, one of them, and what can be done with one as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from feeds.check import Word
from tidings.desk.overview import time_words
from tidings.desk.source_views import bulletin_views
from tidings.pausing import pause, resume

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.routing import Route

    from config.settings import BulletinSettings
    from tidings.app import App
    from tidings.desk.errands import Errands
    from tidings.desk.visit import Desk, Visit

_LATEST = 10


def bulletin_routes(desk: Desk, errands: Errands) -> list[Route]:
    """Return the addresses of bulletins."""
    pages = _Bulletins(desk, errands)
    one = "/desk/bulletins/{slug}"
    return [
        desk.get("/desk/bulletins", pages.all),
        desk.get(one, pages.one),
        desk.get(f"{one}/errand", pages.errand),
        desk.post(f"{one}/check", pages.check),
        desk.post(f"{one}/release", lambda visit: pages.settle(visit, Word.ACCEPT)),
        desk.post(f"{one}/discard", lambda visit: pages.settle(visit, Word.DISCARD)),
        desk.post(f"{one}/pause", lambda visit: pages.change_pause(visit, pause)),
        desk.post(f"{one}/resume", lambda visit: pages.change_pause(visit, resume)),
    ]


def bulletin_of(app: App, visit: Visit) -> BulletinSettings:
    """Return the bulletin that an address names. Raises HTTPException."""
    bulletin = app.settings.bulletin(visit.place["slug"])
    if bulletin is None:
        raise HTTPException(404, "There is no bulletin of that name in the configuration.")
    return bulletin


def paused_of(app: App, slug: str) -> dict[str, str | None]:
    """Return since when each source of a bulletin is paused, for the log of changes."""
    return {
        state.name: state.paused.isoformat(timespec="seconds") if state.paused else None
        for state in app.sources.sources()
        if state.bulletin == slug
    }


class _Bulletins:
    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands

    def all(self, visit: Visit) -> Response:
        """List the bulletins."""
        app = self._desk.app
        return self._desk.page(
            "desk/bulletins.html",
            visit,
            bulletins=bulletin_views(app, app.settings.bulletins),
            **time_words(app.clock()),
        )

    def one(self, visit: Visit) -> Response:
        """Show a bulletin: its sources, what is done with it just now, its latest items."""
        app = self._desk.app
        bulletin = bulletin_of(app, visit)
        (view,) = bulletin_views(app, [bulletin])
        return self._desk.page(
            "desk/bulletin.html",
            visit,
            bulletin=view,
            errand=self._errands.last(bulletin.slug),
            items=app.item_admin.listed(bulletin.slug, limit=_LATEST),
            **time_words(app.clock()),
        )

    def errand(self, visit: Visit) -> Response:
        """Show how far the last errand is, for the page that is open."""
        app = self._desk.app
        bulletin = bulletin_of(app, visit)
        return self._desk.plain_page(
            "desk/errand_part.html",
            visit=visit,
            slug=bulletin.slug,
            errand=self._errands.last(bulletin.slug),
            **time_words(app.clock()),
        )

    def check(self, visit: Visit) -> Response:
        """Check it now, in the background."""
        slug = bulletin_of(self._desk.app, visit).slug
        self._errands.check(visit, slug)
        return self._back(visit, f"{slug} is being read; this page tells what was found.")

    def settle(self, visit: Visit, word: Word) -> Response:
        """Give a word on what is held of it, in the background."""
        slug = bulletin_of(self._desk.app, visit).slug
        self._errands.settle(visit, slug, word)
        how = "published and mailed" if word is Word.ACCEPT else "published, and mailed to nobody"
        return self._back(
            visit, f"{slug} is read once more; what is held of it is then {how}. See below."
        )

    def change_pause(self, visit: Visit, change: Callable[[App, str], str]) -> Response:
        """Pause all of its sources, or resume them."""
        app = self._desk.app
        slug = bulletin_of(app, visit).slug
        with self._desk.change(visit, change.__name__, slug, before=paused_of(app, slug)) as logged:
            said = change(app, slug)
            logged.after = paused_of(app, slug)
        return self._back(visit, f"{said}.")

    def _back(self, visit: Visit, said: str) -> Response:
        return self._desk.see(f"/desk/bulletins/{visit.place['slug']}", visit, said=said)
