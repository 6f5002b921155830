"""The way out of a mail (RFC 8058), and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from config.settings import BulletinSettings
from notifier.cadence import parse_cadence
from notifier.model import Rule
from notifier.subscriber_pages import SubscriberPages
from tidings.web_answers import html

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from notifier.model import Subscription
    from tidings.app import App

_SELDOM = ("weekly", "monthly")


def unsubscribe_routes(app: App) -> list[Route]:
    """Return the addresses of leaving."""
    leaving = _Leaving(app)
    return [
        Route("/unsubscribe/{token}", leaving.ask, methods=["GET"]),
        Route("/unsubscribe/{token}", leaving.leave, methods=["POST"]),
        Route("/unsubscribe/{token}/undo", leaving.undo, methods=["POST"]),
        Route("/unsubscribe/{token}/weekly", leaving.weekly, methods=["POST"]),
    ]


class _Leaving:
    def __init__(self, app: App) -> None:
        self._app = app
        self._pages = SubscriberPages(app.settings.site, app.renderer)

    def ask(self, request: Request) -> Response:
        """Show a button, or the way back; scanners that open every link change nothing."""
        subscription = self._subscription(request)
        return self._page(subscription, "asking" if subscription.ended is None else "done")

    def leave(self, request: Request) -> Response:
        """End the subscription. Needs neither cookie nor form: whatever is posted is not read.

        Answers 200 however often it comes, and leads nowhere else.
        """
        subscription = self._subscription(request)
        self._app.subscribers.unsubscribe(subscription, now=self._app.clock())
        return self._page(subscription, "done")

    def undo(self, request: Request) -> Response:
        """Take it back: nothing was missed."""
        subscription = self._subscription(request)
        back = self._app.wishes.resume(subscription, now=self._app.clock())
        return self._page(subscription, "back" if back or subscription.ended is None else "gone")

    def weekly(self, request: Request) -> Response:
        """Take it back, but with one mail a week of all that was wanted."""
        subscription = self._subscription(request)
        now = self._app.clock()
        if not self._app.wishes.resume(subscription, now=now) and subscription.ended is not None:
            return self._page(subscription, "gone")
        rules = tuple(
            rule if _is_seldom(rule) else Rule(cadence="weekly", wanted=rule.wanted)
            for rule in subscription.rules
        )
        self._app.wishes.change_rules(subscription, rules, now=now)
        return self._page(subscription, "weekly")

    def _subscription(self, request: Request) -> Subscription:
        subscription = self._app.subscribers.by_token(request.path_params["token"])
        if subscription is None or not subscription.rules:
            raise HTTPException(404, "This link belongs to no subscription.")
        return subscription

    def _page(self, subscription: Subscription, state: str) -> Response:
        slug = subscription.bulletin
        page = self._pages.unsubscribe(
            # Whoever gets a mail can end it, though the bulletin is no longer configured.
            self._app.settings.bulletin(slug) or BulletinSettings(slug=slug, title=slug),
            token=subscription.token,
            language=subscription.language,
            state=state,
            weekly=not all(map(_is_seldom, subscription.rules)),
        )
        return html(page)


def _is_seldom(rule: Rule) -> bool:
    return parse_cadence(rule.cadence).kind in _SELDOM
