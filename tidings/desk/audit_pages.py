"""The page of the log of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import Route

    from tidings.desk.visit import Desk, Visit

_LINES = 50


def audit_routes(desk: Desk) -> list[Route]:
    """Return the address of the log."""

    def show(visit: Visit) -> Response:
        """Show the last changes, or those before one, of all or of one subject."""
        before = visit.query.get("before", "")
        subject = visit.query.get("subject", "")
        is_number = before.isascii() and before.isdigit() and len(before) < _DIGITS
        lines = desk.audit.lines(
            limit=_LINES + 1, before=int(before) if is_number else None, subject=subject
        )
        return desk.page(
            "desk/audit.html",
            visit,
            lines=lines[:_LINES],
            has_more=len(lines) > _LINES,
            subject=subject,
        )

    return [desk.get("/desk/log", show)]


_DIGITS = 18
