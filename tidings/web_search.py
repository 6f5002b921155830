"""The search of readers over the web: the one page that is made when it is asked for."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from feeds.database import TooSlowError
from feeds.page_views import SEARCH
from feeds.search_pages import MOST_PAGES, PAGE, Asked, search_page
from feeds.search_query import LONGEST, Query, parse_query
from feeds.search_store import Found
from feeds.selections import merge_as_bulletin
from feeds.text import clean_text
from notifier.signup_store import network_of
from tidings.allowance import Allowance
from tidings.web_answers import html, spoken

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from config.settings import BulletinSettings
    from tidings.app import App

# A person who reads on, page by page; a school at once. No machine goes through an archive.
_AT_ONCE, _PER_SECOND = 30, 0.5
# Of the few threads of the service, searches take so many; the others answer the rest.
_MOST_AT_WORK = 2
_STATUS = {"": 200, "wordless": 200, "crowded": 429, "slow": 503}


def search_routes(app: App) -> list[Route]:
    """Return the address of the search; none where the settings say so."""
    if not app.settings.is_searched:
        return []
    return [Route(f"/{SEARCH}", _Searching(app).answer, methods=["GET"])]


class _Searching:
    def __init__(self, app: App) -> None:
        self._app = app
        self._allowance = Allowance(at_once=_AT_ONCE, per_second=_PER_SECOND)
        self._at_work = threading.BoundedSemaphore(_MOST_AT_WORK)

    def answer(self, request: Request) -> Response:
        """Look for what is asked, within bounds; without a question, show how to ask one."""
        scopes = self._scopes()
        asked = _asked(request.query_params, scopes)
        query = parse_query(asked.text)
        found, problem = Found(), ""
        if asked.text:
            found, problem = self._look(asked, query, self._slugs(asked, scopes), request)
        page = search_page(
            asked,
            query,
            found,
            scopes=[(one.slug, one.title) for one in scopes.values()],
            settings=self._app.settings,
            renderer=self._app.renderer,
            language=self._language(request, asked.bulletin),
            problem=problem,
        )
        response = html(page, _STATUS[problem])
        if problem in {"crowded", "slow"}:
            response.headers["Retry-After"] = "60"
        return response

    def _look(
        self, asked: Asked, query: Query, slugs: Collection[str], request: Request
    ) -> tuple[Found, str]:
        """Return what is found, or why nothing was looked for."""
        if not query.wanted:
            return Found(), "wordless"
        client = request.client.host if request.client else ""
        if not self._allowance.take(network_of(client), time.monotonic()):
            return Found(), "crowded"
        if not self._at_work.acquire(blocking=False):
            return Found(), "slow"
        try:
            start = asked.page * PAGE
            return self._app.search.find(query, slugs, start=start, limit=PAGE), ""
        except TooSlowError:
            return Found(), "slow"
        finally:
            self._at_work.release()

    def _slugs(self, asked: Asked, scopes: Collection[str]) -> tuple[str, ...]:
        """Return the bulletins whose items are searched."""
        settings = self._app.settings
        if asked.bulletin is None:
            wanted = tuple(one.slug for one in settings.bulletins)
        else:
            slug = asked.bulletin.slug
            merges = {merge.slug: merge.bulletins for merge in settings.merges}
            wanted = merges.get(slug, (slug,))
        return tuple(slug for slug in wanted if slug in scopes)

    def _scopes(self) -> dict[str, BulletinSettings]:
        """Return what can be searched, by slug: bulletins that did not leave, and merges."""
        settings = self._app.settings
        staying = {one.slug: one for one in self._app.publisher.staying()}
        merges = {one.slug: merge_as_bulletin(one, settings) for one in settings.merges}
        return staying | merges

    def _language(self, request: Request, bulletin: BulletinSettings | None) -> str:
        """Return a language that the browser asks for, else the bulletin's."""
        own = [bulletin.language] if bulletin else []
        return self._app.renderer.translations.best(*spoken(request), *own)


def _asked(fields: Mapping[str, str], scopes: Mapping[str, BulletinSettings]) -> Asked:
    """Read an address. Raises HTTPException for one that no page of ours leads to."""
    slug = fields.get("bulletin", "")
    bulletin = scopes.get(slug)
    if slug and bulletin is None:
        raise HTTPException(404, "There is no such bulletin here.")
    page = fields.get("page", "1")[:4]
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= MOST_PAGES):
        raise HTTPException(404, "There is no such page here.")
    text = clean_text(fields.get("q", "")[:LONGEST])
    return Asked(text=text, bulletin=bulletin, page=int(page) - 1)
