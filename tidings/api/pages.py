"""The page of the desk for the tokens of programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from tidings.api.openapi import ROOT
from tidings.api.token_store import ApiTokenStore
from tidings.api.tokens import make_token

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import Route

    from tidings.desk.visit import Desk, Visit

_PAGE = "/desk/api"


def api_page_routes(desk: Desk) -> list[Route]:
    """Return the addresses of the page."""
    tokens = ApiTokenStore(desk.app.database)

    def show(visit: Visit) -> Response:
        """List the tokens, with what the API is."""
        return _page(visit)

    def _page(visit: Visit, *, made: str = "", name: str = "") -> Response:
        base = desk.app.settings.base_url
        return desk.page(
            "desk/api.html",
            visit,
            tokens=tokens.all(),
            made=made,
            name=name,
            address=f"{base}{ROOT}",
            description=f"{ROOT}/openapi.json",
            metrics=f"{base}/metrics",
        )

    def make(visit: Visit) -> Response:
        """Make a token and show it, this once; a page that is loaded anew makes none."""
        name = visit.fields.get("name", "").strip()
        may_change = visit.fields.get("may") == "change"
        with desk.change(visit, "make a token", name) as logged:
            token = make_token(desk.app, name, may_change=may_change)
            logged.after = "may change" if may_change else "may read"
        return _page(visit, made=token, name=name)

    def revoke(visit: Visit) -> Response:
        """End a token."""
        name = visit.fields.get("name", "")
        with desk.change(visit, "revoke a token", name):
            if not tokens.revoke(name):
                raise HTTPException(404, "There is no such token.")
        return desk.see(_PAGE, visit, said=f"The token {name} is revoked.")

    return [
        desk.get(_PAGE, show),
        desk.post(_PAGE, make),
        desk.post(f"{_PAGE}/revoke", revoke),
    ]
