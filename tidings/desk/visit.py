"""A request of an operator, and the desk that answers it: pages, forms, what went wrong.

The one place where a route of the desk is made, so that none is open to strangers or takes a
form of another site.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from feeds.render import Renderer, package_templates
from tidings.desk.access import Access, refuse_foreign, refuse_forged
from tidings.desk.audit_store import AuditStore
from tidings.desk.session_store import SessionStore
from tidings.errors import expected
from tidings.web_answers import read_form

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractContextManager

    from starlette.requests import Request

    from tidings.app import App
    from tidings.desk.access import Operator
    from tidings.desk.audit_store import Change
    from tidings.renewing import Renew

HOME = "/desk/"
SIGN_IN = "/desk/sign-in"
CSRF_FIELD = "form"
# Scripts and frames of our own only; nothing of it may be framed, nor speak to another window.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def desk_headers(*, policy: str = _POLICY) -> dict[str, str]:
    """Return the headers of every answer of the desk."""
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What an operator asks for: the parts of the address, its query, the fields of a form."""

    operator: Operator
    place: Mapping[str, str]
    query: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    request: Request

    @property
    def path(self) -> str:
        """The path of the page."""
        return str(self.request.url.path)


class Desk:
    """Makes the routes of the desk and its pages."""

    def __init__(self, app: App, renew: Renew) -> None:
        self.app = app
        # Puts the configuration, as it now stands in its file, in force.
        self.renew = renew
        self.sessions = SessionStore(app.database, idle=app.settings.desk.session)
        self.access = Access(app, self.sessions)
        self.audit = AuditStore(app.database, clock=app.clock)

    # --- routes ----------------------------------------------------------------------------

    def get(self, path: str, view: Callable[[Visit], Response]) -> Route:
        """Return the route of a page; ``view`` runs in a thread.

        What an operator can mend is told; nothing else of an error is shown.
        """

        def answer(request: Request) -> Response:
            operator = self.access.operator(request)
            if operator is None:
                return self._to_sign_in(request)
            try:
                return view(_visit(request, operator, {}))
            except Exception as error:
                message = None if isinstance(error, HTTPException) else expected(error)
                if message is None:
                    raise
                raise HTTPException(409, message) from error

        return Route(path, answer, methods=["GET"])

    def post(
        self,
        path: str,
        change: Callable[[Visit], Response],
        *,
        read: Callable[[Request], Awaitable[dict[str, str]]] = read_form,
    ) -> Route:
        """Return the route of a form, which has been found to be ours; ``change`` runs in a thread.

        ``read`` returns its fields. What an operator can mend is told on a page; nothing else of an
        error is shown.
        """

        def answer(request: Request, fields: Mapping[str, str]) -> Response:
            operator = self.access.operator(request)
            if operator is None:
                return self._to_sign_in(request)
            refuse_forged(operator, fields.get(CSRF_FIELD, ""))
            visit = _visit(request, operator, fields)
            try:
                return change(visit)
            except Exception as error:
                message = expected(error)
                if message is None:
                    raise
                return self.page("desk/problem.html", visit, status=409, message=message)

        async def take(request: Request) -> Response:
            refuse_foreign(request)
            return await run_in_threadpool(answer, request, await read(request))

        return Route(path, take, methods=["POST"])

    def _to_sign_in(self, request: Request) -> Response:
        target = request.url.path
        if request.method != "GET":
            # What was sent is not sent again after the sign-in; it must not be lost unsaid.
            raise HTTPException(
                401,
                "You were signed out meanwhile, and nothing was changed. Sign in and repeat it.",
            )
        if request.url.query:
            target = f"{target}?{request.url.query}"
        back = "" if target == HOME else f"?to={quote(target, safe='/')}"
        return self.see(f"{SIGN_IN}{back}")

    # --- answers ---------------------------------------------------------------------------

    def page(self, template: str, visit: Visit, *, status: int = 200, **values: object) -> Response:
        """Answer with a page of the desk."""
        if visit.operator.said:
            self.sessions.say(visit.operator.token, "")
        return self.plain_page(template, status=status, visit=visit, **values)

    def plain_page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Answer with a page that anybody may see, such as the one to sign in."""
        site = self.app.settings.site
        text = self.renderer.render(
            template, site=site, assets=self.assets, csrf_field=CSRF_FIELD, **values
        )
        return Response(text, status, media_type="text/html", headers=desk_headers())

    def see(self, path: str, visit: Visit | None = None, *, said: str = "") -> Response:
        """Answer a form: the browser asks for a page, which says what was done."""
        if visit is not None and said:
            self.sessions.say(visit.operator.token, said)
        return RedirectResponse(path, 303, headers=desk_headers())

    def change(
        self, visit: Visit, action: str, subject: str, *, before: object = None
    ) -> AbstractContextManager[Change]:
        """Log what is changed within, by whom, with what stood before."""
        return self.audit.change(visit.operator.name, action, subject, before=before)

    # --- what pages are made of ------------------------------------------------------------

    @cached_property
    def renderer(self) -> Renderer:
        """The renderer of the desk: our own templates, whatever an operator puts before others."""
        return Renderer(package_templates("tidings.desk"), package_templates("feeds"))

    @cached_property
    def assets(self) -> dict[str, str]:
        """The addresses of our style and scripts, by name; another content has another address."""
        return {
            name: f"/desk/assets/{hashlib.sha256(body).hexdigest()[:12]}/{name}"
            for name, (body, _) in self.asset_files.items()
        }

    @cached_property
    def asset_files(self) -> dict[str, tuple[bytes, str]]:
        """Our style and scripts with their types, by name."""
        folder = files("tidings.desk") / "assets"
        found = {
            each.name: (each.read_bytes(), "text/javascript")
            for each in folder.iterdir()
            if each.name.endswith(".js")
        }
        # The desk looks like the site: the same style, and more.
        style = "".join(map(self.renderer.render, ("style.css", "forms.css"))).encode()
        return found | {"desk.css": (style + (folder / "desk.css").read_bytes(), "text/css")}


def _visit(request: Request, operator: Operator, fields: Mapping[str, str]) -> Visit:
    return Visit(
        operator=operator,
        place=_storable(request.path_params),
        query=_storable(request.query_params),
        fields=_storable(fields),
        request=request,
    )


def _storable(values: Mapping[str, str]) -> dict[str, str]:
    """Return texts without the one character that a database may refuse."""
    return {name: str(value).replace("\0", "") for name, value in values.items()}
