"""The door of the desk: by password and code, by a link of the command line, by a proxy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from tidings.desk.access import OPERATOR, refuse_foreign
from tidings.desk.passwords import code_step, is_password
from tidings.desk.visit import HOME, SIGN_IN, desk_headers
from tidings.web_answers import read_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from tidings.desk.visit import Desk, Visit

log = logging.getLogger("tidings.desk")

_WRONG = "That is not right. After a few tries in a row you have to wait."
_ASSET_CACHE = "public, max-age=31536000, immutable"


def sign_in_routes(desk: Desk) -> list[Route]:
    """Return the addresses of signing in and out."""
    door = _Door(desk)
    return [
        Route(SIGN_IN, door.show, methods=["GET"]),
        Route(SIGN_IN, door.take, methods=["POST"]),
        Route("/desk/enter/{token}", door.ask, methods=["GET"]),
        Route("/desk/enter/{token}", door.enter, methods=["POST"]),
        Route("/desk/assets/{digest}/{name}", door.asset, methods=["GET"]),
        desk.post("/desk/sign-out", door.sign_out),
        # As people type it.
        desk.get("/desk", lambda _: desk.see(HOME)),
    ]


class _Door:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, request: Request) -> Response:
        """Show the form; whom a proxy vouches for needs none."""
        access, target = self._desk.access, _target(request.query_params.get("to", ""))
        if access.operator(request) is not None:
            return self._desk.see(target)
        if vouched := access.vouched(request):
            return self._welcome(request, vouched, target)
        return self._form(request)

    async def take(self, request: Request) -> Response:
        """Take the form."""
        refuse_foreign(request)
        return await run_in_threadpool(self._take, request, await read_form(request))

    def _take(self, request: Request, fields: Mapping[str, str]) -> Response:
        desk, now = self._desk, self._desk.app.clock()
        client = request.client.host if request.client else ""
        if not desk.sessions.attempt(client, now=now):
            raise HTTPException(
                429,
                "There were too many attempts. Wait a quarter of an hour, or make a link on the "
                "machine itself: tidings desk link",
                headers={"Retry-After": "900"},
            )
        if not self._is_operator(fields):
            log.warning("a sign-in at the desk failed, from %s", client or "an unknown address")
            return self._form(request, problem=_WRONG, status=403)
        desk.sessions.forgive(client)
        return self._welcome(request, OPERATOR, _target(fields.get("to", "")))

    def _is_operator(self, fields: Mapping[str, str]) -> bool:
        """Tell whether the password is right, and the code where one is wanted.

        Both are looked at whatever the first is: nobody learns which of them was wrong.
        """
        settings = self._desk.app.settings.desk
        if not settings.password_hash:
            return False
        is_right = is_password(fields.get("password", ""), settings.password_hash)
        if not settings.totp_secret:
            return is_right
        now = self._desk.app.clock().timestamp()
        step = code_step(fields.get("code", ""), settings.totp_secret, now=now)
        return is_right and step is not None and self._desk.sessions.use_code(step)

    def ask(self, request: Request) -> Response:
        """Show the button of a link; what opens links before people do uses nothing up."""
        is_good = self._desk.sessions.is_link(
            request.path_params["token"], now=self._desk.app.clock()
        )
        return self._desk.plain_page(
            "desk/enter.html", status=200 if is_good else 410, is_good=is_good
        )

    async def enter(self, request: Request) -> Response:
        """Sign in by a link."""
        refuse_foreign(request)
        return await run_in_threadpool(self._enter, request)

    def _enter(self, request: Request) -> Response:
        now = self._desk.app.clock()
        if not self._desk.sessions.use_link(request.path_params["token"], now=now):
            return self._desk.plain_page("desk/enter.html", status=410, is_good=False)
        return self._welcome(request, OPERATOR, HOME)

    def sign_out(self, visit: Visit) -> Response:
        """End the session."""
        response = self._desk.see(SIGN_IN)
        self._desk.access.sign_out(response, visit.request)
        return response

    def asset(self, request: Request) -> Response:
        """Give out our style and scripts, for good: another content has another address."""
        name = request.path_params["name"]
        found = self._desk.asset_files.get(name)
        if found is None or self._desk.assets[name] != request.url.path:
            raise HTTPException(404, "There is no such file.")
        body, kind = found
        headers = desk_headers() | {"Cache-Control": _ASSET_CACHE}
        return Response(body, media_type=kind, headers=headers)

    def _welcome(self, request: Request, name: str, target: str) -> Response:
        response = self._desk.see(target)
        self._desk.access.sign_in(response, request, name)
        log.info("%s signed in at the desk", name)
        return response

    def _form(self, request: Request, *, problem: str = "", status: int = 200) -> Response:
        settings = self._desk.app.settings.desk
        return self._desk.plain_page(
            "desk/sign_in.html",
            status=status,
            has_password=bool(settings.password_hash),
            has_code=bool(settings.totp_secret),
            to=_target(request.query_params.get("to", "")),
            problem=problem,
        )


def _target(path: str) -> str:
    """Return where to go after signing in: a page of the desk, and no other site."""
    is_ours = path.startswith(HOME) and "\\" not in path and path.isprintable()
    return path if is_ours else HOME
