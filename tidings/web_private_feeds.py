"""Private feeds over the web: made and revoked by a reader, read by whoever has the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from config.settings import BulletinSettings
from feeds.headers import CORS, SAFE, content_type
from notifier.subscriber_pages import PrivateFeedView, SubscriberPages
from tidings.conditions import is_known
from tidings.private_feeds import WRITERS, PrivateDocuments
from tidings.web_answers import html, read_form, see

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from notifier.model import Subscription
    from tidings.app import App

# For how long a reader need not ask again: as long as for a live feed at the least.
_MAX_AGE_S = 900


def private_feed_routes(app: App) -> list[Route]:
    """Return the addresses of private feeds."""
    feeds = _PrivateFeeds(app)
    return [
        Route("/preferences/{token}/feeds", feeds.show, methods=["GET"]),
        Route("/preferences/{token}/feeds", feeds.take, methods=["POST"]),
        Route("/feeds/{token}/{file}", feeds.read, methods=["GET"]),
    ]


class _PrivateFeeds:
    def __init__(self, app: App) -> None:
        self._app = app
        self._pages = SubscriberPages(app.settings.site, app.renderer)
        self._documents = PrivateDocuments(app)

    def read(self, request: Request) -> Response:
        """Hand out a private feed; whoever has its address is its reader."""
        file = request.path_params["file"]
        feed = self._app.private_feeds.by_token(request.path_params["token"])
        if feed is None or file not in WRITERS or not feed.subscription.rules:
            raise HTTPException(404, "There is no such feed; it may have been revoked.", CORS)
        document = self._documents.document(feed, file)
        headers = {
            **CORS,
            **SAFE,
            "Cache-Control": f"private, max-age={_MAX_AGE_S}",
            "ETag": f'W/"{document.tag}"',
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }
        if is_known(
            document.tag,
            0,
            if_none_match=request.headers.get("if-none-match"),
            if_modified_since=None,
        ):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = content_type(file)
        return Response(document.content(), headers=headers)

    def show(self, request: Request) -> Response:
        """Show the private feed of each subscription of whoever has the token."""
        subscription = self._subscription(request)
        views = [self._view(one) for one in self._all(subscription)]
        return html(
            self._pages.private_feeds(
                views, token=subscription.token, language=subscription.language
            )
        )

    async def take(self, request: Request) -> Response:
        """Make or revoke one."""
        fields = await read_form(request)
        return await run_in_threadpool(self._take, request, fields)

    def _take(self, request: Request, fields: Mapping[str, str]) -> Response:
        subscription = self._subscription(request)
        chosen = next(
            (one for one in self._all(subscription) if one.bulletin == fields.get("bulletin")), None
        )
        if chosen is None or fields.get("do") not in {"make", "revoke"}:
            raise HTTPException(400, "This page takes its own forms only.")
        if fields["do"] == "make":
            self._app.private_feeds.make(chosen, now=self._app.clock())
        else:
            self._app.private_feeds.revoke(chosen)
        return see(f"/preferences/{request.path_params['token']}/feeds")

    def _view(self, subscription: Subscription) -> PrivateFeedView:
        slug = subscription.bulletin
        feed = self._app.private_feeds.of(subscription)
        folder = self._documents.folder(feed) if feed else ""
        return PrivateFeedView(
            bulletin=self._app.settings.bulletin(slug) or BulletinSettings(slug=slug, title=slug),
            urls=tuple(folder + file for file in WRITERS) if feed else (),
        )

    def _subscription(self, request: Request) -> Subscription:
        subscription = self._app.subscribers.by_token(request.path_params["token"])
        if subscription is None or not subscription.rules:
            raise HTTPException(404, "This link belongs to no subscription.")
        return subscription

    def _all(self, subscription: Subscription) -> tuple[Subscription, ...]:
        return self._app.subscribers.of_address(subscription.address)
