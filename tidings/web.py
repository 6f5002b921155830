"""The service's addresses: what was published, how it is, and the way out of a mail.

Everything public but the search is a file that was written before, so that any other web server
can serve the same folder.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, request_response

from feeds.headers import CORS, SiteHeaders
from feeds.pages import message_page
from tidings.api.openapi import ROOT
from tidings.desk.routes import desk_routes
from tidings.desk.visit import HOME, desk_headers
from tidings.mails import mail_list, mail_part
from tidings.peers import behind_proxies
from tidings.published import Published
from tidings.renewing import NO_RENEWAL
from tidings.reports import health_report, public_health
from tidings.web_answers import html, is_here, page_headers
from tidings.web_bounces import bounce_routes
from tidings.web_guard import UnfitAddress, guarded
from tidings.web_preferences import preference_routes
from tidings.web_private_feeds import private_feed_routes
from tidings.web_search import search_routes
from tidings.web_signup import signup_routes
from tidings.web_unsubscribe import unsubscribe_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from tidings.app import App
    from tidings.renewing import Renew

# A few threads are enough for small pages, and each costs memory.
_THREADS = 4
# A mail has its styles on its elements, as mail programs want them.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def published_documents(app: App) -> Published:
    """Return the published documents as the service gives them out."""
    return Published(app.settings.site.output, SiteHeaders(app.settings))


def web_application(app: App, published: Published, *, renew: Renew = NO_RENEWAL) -> ASGIApp:
    """Return the web application of the service; ``renew`` reads the configuration anew."""

    @asynccontextmanager
    async def few_threads(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        yield

    rest = Starlette(
        lifespan=few_threads,
        routes=[UnfitAddress(exempt=f"{ROOT}/"), *service_routes(app, renew)],
        exception_handlers={HTTPException: _refused(app), Exception: _failed(app)},
    )
    # No route of its own, which would answer for ours whatever methods they do not know.
    rest.router.default = request_response(published.otherwise)
    rest.router.redirect_slashes = False
    inner = guarded(rest, SiteHeaders(app.settings).transport)
    return behind_proxies(published.before(inner), app.settings.server.proxies)


def service_routes(app: App, renew: Renew = NO_RENEWAL) -> list[BaseRoute]:
    """Return every address that is answered by the service itself."""
    return [
        Route("/health", _health(app, renew)),
        *unsubscribe_routes(app),
        *bounce_routes(app),
        *preference_routes(app),
        *private_feed_routes(app),
        *signup_routes(app),
        *search_routes(app),
        *desk_routes(app, renew),
        Route("/mails/", _mails(app)),
        Route("/mails/{name}/{part}", _mail(app)),
    ]


def _health(app: App, renew: Renew) -> Callable[[Request], Response]:
    def health(request: Request) -> Response:
        """Say how every source is. Answers 200 as long as the store can be read.

        Where sources are read, and what went wrong there, is said on this machine only.
        """
        report = health_report(app, renew.state)
        if not is_here(request):
            report = public_health(report)
        return JSONResponse(report, headers=page_headers())

    return health


def _only_here(app: App, request: Request) -> None:
    """Mails hold addresses and the keys to unsubscribe: they are shown on this machine alone."""
    if app.settings.mail.host:
        raise HTTPException(404, "Mails leave through a relay and are not kept here.")
    if not is_here(request):
        raise HTTPException(403, "The mails can be read on the machine of the service only.")


def _mails(app: App) -> Callable[[Request], Response]:
    def mails(request: Request) -> Response:
        """List the mails that were written to disk."""
        _only_here(app, request)
        return html(mail_list(app))

    return mails


def _mail(app: App) -> Callable[[Request], Response]:
    def mail(request: Request) -> Response:
        """Show a part of one mail: html, text or eml."""
        _only_here(app, request)
        found = mail_part(app, request.path_params["name"], request.path_params["part"])
        if found is None:
            raise HTTPException(404, "There is no such mail.")
        content, media_type = found
        headers = page_headers() | {"Content-Security-Policy": _MAIL_POLICY}
        return Response(content, media_type=media_type, headers=headers)

    return mail


def _refused(app: App) -> Callable[[Request, Exception], Response]:
    def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise TypeError from error
        return _problem(app, request, error.status_code, error.detail, error.headers or {})

    return refused


def _failed(app: App) -> Callable[[Request, Exception], Response]:
    def failed(request: Request, _error: Exception) -> Response:
        """Reveal nothing; the log has the error."""
        words = "Something went wrong here. It was noted; please try again later."
        return _problem(app, request, 500, words, {})

    return failed


def _problem(
    app: App, request: Request, status: int, words: str, said: Mapping[str, str]
) -> Response:
    """Answer with a page that says one thing; one below the desk is no public page."""
    page = message_page(str(status), words, site=app.settings.site, renderer=app.renderer)
    if request.scope["path"].startswith(HOME):
        own = {name: value for name, value in said.items() if name not in CORS}
        return HTMLResponse(page, status, desk_headers() | own)
    response = html(page, status)
    response.headers.update(said)
    return response
