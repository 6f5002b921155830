"""The preference page over the web: wishes, pause, what is known of somebody, going for good."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from config.settings import BulletinSettings
from notifier.cadence import parse_cadence
from notifier.subscriber_pages import Preferences, SubscriberPages, SubscriptionView
from notifier.wish_form import fields_of, rule_views
from notifier.wishes import (
    Unwanted,
    form_from,
    language_from,
    pause_from,
    rules_from_form,
    zone_from,
)
from tidings.private_feeds import private_feeds_of
from tidings.web_answers import html, page_headers, read_form, see

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from notifier.model import Subscription
    from tidings.app import App

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NOTHING: dict[str, str] = {}


def preference_routes(app: App) -> list[Route]:
    """Return the addresses of preferences."""
    preferring = _Preferring(app)
    return [
        Route("/preferences/{token}", preferring.show, methods=["GET"]),
        Route("/preferences/{token}", preferring.take, methods=["POST"]),
        Route("/preferences/{token}/export.json", preferring.export, methods=["GET"]),
        Route("/preferences/{token}/delete", preferring.ask_delete, methods=["GET"]),
        Route("/preferences/{token}/delete", preferring.delete, methods=["POST"]),
    ]


class _Preferring:
    def __init__(self, app: App) -> None:
        self._app = app
        self._pages = SubscriberPages(app.settings.site, app.renderer)

    def show(self, request: Request) -> Response:
        """Show all wishes of whoever has the token."""
        subscription = self._subscription(request)
        saved = "saved" in request.query_params
        return html(self._pages.preferences(self._view(subscription), is_saved=saved))

    async def take(self, request: Request) -> Response:
        """Take one of the forms of the page."""
        fields = await read_form(request)
        return await run_in_threadpool(self._take, request, fields)

    def _take(self, request: Request, fields: Mapping[str, str]) -> Response:
        subscription = self._subscription(request)
        actions = {"rules": self._rules, "describe": self._describe, "pause": self._pause}
        action = actions.get(fields.get("do", ""))
        if action is None:
            raise HTTPException(400, "This page takes its own forms only.")
        try:
            action(subscription, fields)
        except Unwanted as unwanted:
            view = self._view(subscription, fields, wrong=unwanted.field)
            return html(self._pages.preferences(view), 422)
        return see(f"/preferences/{request.path_params['token']}?saved")

    def _rules(self, subscription: Subscription, fields: Mapping[str, str]) -> None:
        chosen = next(
            (one for one in self._all(subscription) if one.bulletin == fields.get("bulletin")), None
        )
        if chosen is None or chosen.ended is not None:
            raise HTTPException(409, "You have unsubscribed from that bulletin meanwhile.")
        rules = rules_from_form(fields, sources=self._sources(chosen.bulletin), kept=_crons(chosen))
        self._app.wishes.change_rules(chosen, rules, now=self._app.clock())

    def _describe(self, subscription: Subscription, fields: Mapping[str, str]) -> None:
        self._app.wishes.describe(
            subscription,
            time_zone=zone_from(fields.get("time_zone", "")),
            language=language_from(fields.get("language", ""), self._pages.languages()),
            form=form_from(fields.get("form", "")),
            now=self._app.clock(),
        )

    def _pause(self, subscription: Subscription, fields: Mapping[str, str]) -> None:
        now = self._app.clock()
        until = pause_from(fields.get("until", ""), zone=subscription.time_zone, now=now)
        self._app.wishes.pause(subscription, until, now=now)

    def export(self, request: Request) -> Response:
        """Hand out all that is known of a subscriber."""
        subscription = self._subscription(request)
        known = self._app.readers.known_of(subscription.address) | {
            "private_feeds": private_feeds_of(self._app, subscription.address)
        }
        headers = page_headers() | {
            "Content-Disposition": 'attachment; filename="subscriptions.json"'
        }
        return JSONResponse(known, headers=headers)

    def ask_delete(self, request: Request) -> Response:
        """Show the button that deletes."""
        subscription = self._subscription(request)
        return html(
            self._pages.delete(
                address=subscription.address,
                token=subscription.token,
                language=subscription.language,
                is_done=False,
            )
        )

    def delete(self, request: Request) -> Response:
        """Delete all that is known of a subscriber; what was posted is not read."""
        subscription = self._subscription(request)
        self._app.wishes.forget(subscription, now=self._app.clock())
        return html(
            self._pages.delete(address="", token="", language=subscription.language, is_done=True)
        )

    def _subscription(self, request: Request) -> Subscription:
        subscription = self._app.subscribers.by_token(request.path_params["token"])
        if subscription is None or not subscription.rules:
            raise HTTPException(404, "This link belongs to no subscription.")
        return subscription

    def _all(self, subscription: Subscription) -> tuple[Subscription, ...]:
        return self._app.subscribers.of_address(subscription.address)

    def _sources(self, slug: str) -> tuple[str, ...]:
        bulletin = self._app.settings.bulletin(slug)
        return tuple(source.name for source in bulletin.sources) if bulletin else ()

    def _view(
        self,
        subscription: Subscription,
        fields: Mapping[str, str] | None = None,
        *,
        wrong: str = "",
    ) -> Preferences:
        """Return what the page shows: what is stored, or what was sent and cannot be used."""
        sent = fields or {}
        now = self._app.clock()
        paused = subscription.paused_until
        zone = subscription.time_zone
        return Preferences(
            address=subscription.address,
            token=subscription.token,
            language=subscription.language,
            time_zone=sent.get("time_zone", zone.key),
            form=subscription.form.value,
            paused_until=paused.astimezone(zone).date() if paused and paused > now else None,
            tomorrow=(now.astimezone(zone) + timedelta(days=1)).date(),
            # What is no day cannot be shown in a field for days.
            until=sent.get("until", "") if _DAY.fullmatch(sent.get("until", "")) else "",
            subscriptions=tuple(
                self._subscription_view(
                    one,
                    sent if sent.get("bulletin") == one.bulletin else None,
                    wrong=wrong,
                )
                for one in self._all(subscription)
            ),
            wrong=frozenset({wrong} - {""}),
        )

    def _subscription_view(
        self, subscription: Subscription, sent: Mapping[str, str] | None, *, wrong: str
    ) -> SubscriptionView:
        slug = subscription.bulletin
        sources = self._sources(slug)
        return SubscriptionView(
            bulletin=self._app.settings.bulletin(slug) or BulletinSettings(slug=slug, title=slug),
            token=subscription.token,
            is_active=subscription.ended is None,
            rules=rule_views(
                fields_of(subscription.rules) if sent is None else sent,
                sources=sources,
                kept=_crons(subscription),
                wrong=() if sent is None else (wrong,),
                blanks=1,
            ),
            sources=sources,
        )


def _crons(subscription: Subscription) -> tuple[str, ...]:
    """Return the cadences that no form can express: an operator chose them."""
    return tuple(
        rule.cadence for rule in subscription.rules if parse_cadence(rule.cadence).kind == "cron"
    )
