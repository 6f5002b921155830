"""All addresses of the desk, gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.api.pages import api_page_routes
from tidings.api.routes import api_routes
from tidings.desk.audit_pages import audit_routes
from tidings.desk.bulletin_pages import bulletin_routes
from tidings.desk.draft_pages import draft_routes
from tidings.desk.edition_pages import edition_routes
from tidings.desk.errands import Errands
from tidings.desk.item_changes import item_change_routes
from tidings.desk.item_pages import item_routes
from tidings.desk.new_pages import new_routes
from tidings.desk.overview import overview_routes
from tidings.desk.own_pages import own_routes
from tidings.desk.setting_pages import setting_routes
from tidings.desk.sign_in import sign_in_routes
from tidings.desk.source_pages import source_routes
from tidings.desk.subscriber_list_pages import subscriber_list_routes
from tidings.desk.subscriber_pages import subscriber_routes
from tidings.desk.template_pages import template_routes
from tidings.desk.visit import Desk

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from tidings.app import App
    from tidings.renewing import Renew


def desk_routes(app: App, renew: Renew) -> list[BaseRoute]:
    """Return the addresses of the desk; ``renew`` puts a changed configuration in force."""
    desk = Desk(app, renew)
    errands = Errands(desk)
    return [
        *sign_in_routes(desk),
        *overview_routes(desk),
        *bulletin_routes(desk, errands),
        *source_routes(desk, errands),
        *item_routes(desk),
        *item_change_routes(desk),
        *new_routes(desk),
        *draft_routes(desk),
        *audit_routes(desk),
        *edition_routes(desk),
        *subscriber_routes(desk),
        *subscriber_list_routes(desk),
        *setting_routes(desk),
        *own_routes(desk),
        *template_routes(desk),
        *api_page_routes(desk),
        *api_routes(desk, errands),
    ]
