"""Whole lists of subscribers at the desk: what a file would do, doing it, and taking one away."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import Response

from tidings.cli import USAGE, CommandError
from tidings.desk.subscriber_pages import ALL
from tidings.desk.uploads import read_upload
from tidings.desk.visit import desk_headers
from tidings.subscriber_files import COLUMNS, Defaults
from tidings.subscriber_lists import Effect, carry_out, exported, plan_import

if TYPE_CHECKING:
    from starlette.routing import Route

    from tidings.desk.visit import Desk, Visit
    from tidings.subscriber_lists import Plan

# Rows that are shown of a list, and lines that are wrong.
_SHOWN = 200
_NAME = "line"


def subscriber_list_routes(desk: Desk) -> list[Route]:
    """Return the addresses of import and export."""
    pages = _Pages(desk)
    return [
        desk.get(f"{ALL}/import", pages.form),
        desk.post(f"{ALL}/import", pages.preview, read=read_upload),
        desk.post(f"{ALL}/import/do", pages.do, read=read_upload),
        desk.post(f"{ALL}/export", pages.export),
    ]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def form(self, visit: Visit) -> Response:
        """Show the form that takes a list."""
        return self._desk.page(
            "desk/import.html", visit, bulletins=self._desk.app.settings.bulletins, columns=COLUMNS
        )

    def preview(self, visit: Visit) -> Response:
        """Show what each row of a list would do; nothing is done yet."""
        text, defaults = _text(visit), _defaults(visit)
        plan = self._plan(text, defaults)
        return self._desk.page(
            "desk/import_preview.html",
            visit,
            status=409 if plan.errors else 200,
            plan=plan,
            shown=plan.rows[:_SHOWN],
            errors=plan.errors[:_SHOWN],
            counts=[(effect, many) for effect in Effect if (many := plan.count(effect))],
            text=text,
            defaults=defaults,
        )

    def do(self, visit: Visit) -> Response:
        """Do what the list says."""
        text, defaults = _text(visit), _defaults(visit)
        plan = self._plan(text, defaults)
        with self._desk.change(visit, "import subscribers", "subscribers") as change:
            carry_out(self._desk.app, plan)
            change.after = dict(Counter(planned.effect.value for planned in plan.rows))
        left_out = plan.count(Effect.SUPPRESSED)
        said = f"{plan.added} subscriptions are in, {left_out} left out."
        return self._desk.see(ALL, visit, said=said)

    def export(self, visit: Visit) -> Response:
        """Give the subscriptions that go on as CSV: a form, so that the log says who took them."""
        slug = visit.fields.get("bulletin", "")
        subject = f"subscribers of {slug}" if slug else "subscribers"
        with self._desk.change(visit, "export subscribers", subject) as change:
            lines = list(exported(self._desk.app, slug))
            change.after = {"lines": len(lines) - 1}
        name = f"subscribers-{slug}.csv" if slug else "subscribers.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        body = "".join(f"{line}\n" for line in lines)
        return Response(body, media_type="text/csv", headers=desk_headers() | headers)

    def _plan(self, text: str, defaults: Defaults) -> Plan:
        return plan_import(self._desk.app, io.StringIO(text, newline=""), _NAME, defaults)


def _text(visit: Visit) -> str:
    """Return the list: of a file, or what was typed. Raises CommandError where there is none."""
    text = visit.fields.get("file", "") or visit.fields.get("text", "")
    if not text.strip():
        raise CommandError("choose a file, or paste its lines", code=USAGE)
    return text


def _defaults(visit: Visit) -> Defaults:
    return Defaults(
        bulletin=visit.fields.get("bulletin", ""),
        consent_source=visit.fields.get("consent_source", "").strip()[:200] or "import",
        consent_date=visit.fields.get("consent_date", "").strip(),
    )
