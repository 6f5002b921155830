"""Signing up over the web: the form, and the link of the mail that confirms it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route

from config.settings import BulletinSettings
from notifier.address import parse_address
from notifier.subscriber_pages import SubscriberPages
from notifier.wish_form import rule_views
from notifier.wishes import Unwanted, Wishes, form_from, language_from, rules_from_form, zone_from
from tidings.signups import confirm
from tidings.web_answers import html, read_form, spoken

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from tidings.app import App

log = logging.getLogger("tidings.signup")

# No person sees this field; a machine that fills in every field does.
_TRAP = "website"
_PREVIEW = {"cadence-0": "weekly"}


def signup_routes(app: App) -> list[Route]:
    """Return the addresses of signing up."""
    signing_up = _SigningUp(app)
    return [
        Route("/subscribe/{bulletin}", signing_up.show, methods=["GET"]),
        Route("/subscribe/{bulletin}", signing_up.take, methods=["POST"]),
        Route("/confirm/{token}", signing_up.ask, methods=["GET"]),
        Route("/confirm/{token}", signing_up.confirm, methods=["POST"]),
    ]


class _SigningUp:
    def __init__(self, app: App) -> None:
        self._app = app
        self._pages = SubscriberPages(app.settings.site, app.renderer)

    def show(self, request: Request) -> Response:
        """Show the form, in a language that the browser asks for, else the bulletin's."""
        bulletin = self._bulletin(request)
        return self._form(request, bulletin, _PREVIEW)

    async def take(self, request: Request) -> Response:
        """Take the form. The answer is the same for whoever asks, subscribed or not."""
        bulletin = self._bulletin(request)
        fields = await read_form(request)
        return await run_in_threadpool(self._take, request, bulletin, fields)

    def _take(
        self, request: Request, bulletin: BulletinSettings, fields: Mapping[str, str]
    ) -> Response:
        if not any(name.startswith("cadence-") for name in fields) and not fields.get(_TRAP):
            return self._go_on(request, bulletin, fields)
        app, now = self._app, self._app.clock()
        client = request.client.host if request.client else ""
        if app.signups.is_crowded(client, now=now):
            raise HTTPException(
                429,
                "There were many sign-ups from your network; please try again in an hour.",
                headers={"Retry-After": "3600"},
            )
        language = self._language(request, bulletin)
        if fields.get(_TRAP):
            log.info("a sign-up fell into the trap")
            return html(self._pages.asked(bulletin, language=language))
        wishes, wrong = self._wishes(fields, bulletin, language)
        try:
            address = parse_address(fields.get("address", ""))
        except ValueError:
            wrong = {*wrong, "address"}
        if wrong or wishes is None:
            return self._form(request, bulletin, fields, wrong=wrong)
        app.signups.ask(address, bulletin.slug, wishes, source="form", client=client, now=now)
        return html(self._pages.asked(bulletin, language=language))

    def _go_on(
        self, request: Request, bulletin: BulletinSettings, fields: Mapping[str, str]
    ) -> Response:
        """Show the whole form to who gave an address beside a feed; nothing is stored yet."""
        given = {**_PREVIEW, "address": fields.get("address", "")}
        try:
            parse_address(given["address"])
        except ValueError:
            return self._form(request, bulletin, given, wrong={"address"})
        return self._form(request, bulletin, given)

    def _wishes(
        self, fields: Mapping[str, str], bulletin: BulletinSettings, language: str
    ) -> tuple[Wishes | None, set[str]]:
        """Return what is asked for; None and the fields that cannot be used."""
        try:
            return (
                Wishes(
                    rules=rules_from_form(fields, sources=()),
                    time_zone=zone_from(fields.get("time_zone", "") or bulletin.time_zone.key),
                    language=language_from(
                        fields.get("language", "") or language, self._pages.languages()
                    ),
                    form=form_from(fields.get("form", "") or "html"),
                ),
                set(),
            )
        except Unwanted as unwanted:
            return None, {unwanted.field}

    def ask(self, request: Request) -> Response:
        """Show the button; scanners that open every link confirm nothing."""
        return self._answer(request, press=False)

    def confirm(self, request: Request) -> Response:
        """Confirm all that the address asked for, however often the button is pressed."""
        return self._answer(request, press=True)

    def _answer(self, request: Request, *, press: bool) -> Response:
        app, now = self._app, self._app.clock()
        sign_up = app.signups.by_token(request.path_params["token"])
        if sign_up is None:
            raise HTTPException(404, "This link belongs to no sign-up; please ask once more.")
        pending = app.signups.pending(sign_up.address, now=now)
        subscriptions = confirm(app, pending) if press else ()
        if sign_up.confirmed and not subscriptions:
            subscriptions = tuple(
                known
                for known in app.subscribers.of_address(sign_up.address)
                if known.bulletin == sign_up.bulletin and known.ended is None
            )
        is_expired = not pending and not subscriptions
        page = self._pages.confirm(
            sign_up,
            [self._named(one.bulletin) for one in pending or (sign_up,)],
            is_expired=is_expired,
            preferences=f"/preferences/{subscriptions[0].token}" if subscriptions else "",
        )
        return html(page, 410 if is_expired else 200)

    def _bulletin(self, request: Request) -> BulletinSettings:
        bulletin = self._app.settings.bulletin(request.path_params["bulletin"])
        if bulletin is None:
            raise HTTPException(404, "There is no such bulletin here.")
        return bulletin

    def _named(self, slug: str) -> BulletinSettings:
        return self._app.settings.bulletin(slug) or BulletinSettings(slug=slug, title=slug)

    def _language(self, request: Request, bulletin: BulletinSettings) -> str:
        return self._pages.language(*spoken(request), bulletin.language)

    def _form(
        self,
        request: Request,
        bulletin: BulletinSettings,
        fields: Mapping[str, str],
        *,
        wrong: Collection[str] = (),
    ) -> Response:
        (rule, *_) = rule_views(fields, wrong=wrong)
        page = self._pages.sign_up(
            bulletin,
            language=self._language(request, bulletin),
            fields=fields,
            rule=rule,
            wrong=wrong,
        )
        return html(page, 422 if wrong else 200)
