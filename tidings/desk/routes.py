"""All addresses of the desk, gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.desk.audit_pages import audit_routes
from tidings.desk.draft_pages import draft_routes
from tidings.desk.new_pages import new_routes
from tidings.desk.sign_in import sign_in_routes
from tidings.desk.visit import Desk

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from tidings.app import App
    from tidings.renewing import Renew


def desk_routes(app: App, renew: Renew) -> list[BaseRoute]:
    """Return the addresses of the desk; ``renew`` puts a changed configuration in force."""
    desk = Desk(app, renew)
    return [
        *sign_in_routes(desk),
        *new_routes(desk),
        *draft_routes(desk),
        *audit_routes(desk),
    ]
