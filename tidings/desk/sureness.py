"""Whether the person at a session is still the operator: asked before what gives out the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from tidings.desk.passwords import is_password

if TYPE_CHECKING:
    from tidings.desk.visit import Desk, Visit

FIELD = "present_password"
UNSURE = (
    "Type your present password, or sign out and in again: this is only done within ten minutes "
    "of signing in."
)
WRONG = "That is not your present password."


def needs_password(desk: Desk, visit: Visit) -> bool:
    """Tell whether the session is too old to be believed without the password."""
    return not desk.sessions.is_fresh(visit.operator.token, now=desk.app.clock())


def doubt(desk: Desk, visit: Visit) -> str:
    """Return why whoever sent a form is not believed; empty where they are.

    Wrong passwords are counted as they are at the door.
    """
    if not needs_password(desk, visit):
        return ""
    typed, hashed = visit.fields.get(FIELD, ""), desk.app.settings.desk.password_hash
    if not typed or not hashed:
        return UNSURE
    now, client = desk.app.clock(), visit.request.client
    host = client.host if client else ""
    if not desk.sessions.attempt(host, now=now):
        raise HTTPException(429, "There were too many attempts. Wait a quarter of an hour.")
    if not is_password(typed, hashed):
        return WRONG
    desk.sessions.forgive(host)
    return ""
