"""The page of settings: what is in force, which line or variable says so, and changing it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from config.edit import EditError
from config.load import ConfigError
from tidings.cli import CommandError
from tidings.configuring import read_text
from tidings.desk.sureness import doubt, needs_password
from tidings.errors import expected
from tidings.setting_changes import Field, all_origins, change_setting, field_of, is_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.responses import Response
    from starlette.routing import Route

    from config.origins import Origin
    from tidings.desk.visit import Desk, Visit

ALL = "/desk/settings"
# Who may come in, and whose word is believed: not for somebody who found a browser open.
_GUARDED = ("desk.", "server.proxies", "store.", "bounces.webhook_secret")
# These have pages of their own, where a mistake shuts nobody out.
_ELSEWHERE = {
    "desk.password_hash": f"{ALL}/password",
    "desk.totp_secret": f"{ALL}/second-factor",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingView:
    """A setting as the page shows it; ``field`` is there while it is being changed."""

    origin: Origin
    value: str
    is_hidden: bool
    field: Field | None = None
    page: str = ""


def setting_routes(desk: Desk) -> list[Route]:
    """Return the addresses of settings."""
    pages = _Pages(desk)
    return [desk.get(ALL, pages.show), desk.post(ALL, pages.change)]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, visit: Visit) -> Response:
        """Show the settings that are given; all of them where asked to."""
        names = ("edit", "all", "find")
        return self._page(visit, {name: visit.query.get(name, "") for name in names})

    def change(self, visit: Visit) -> Response:
        """Write a setting and put it in force, or say beside its field what is wrong."""
        fields = visit.fields
        key, is_default = fields.get("key", ""), "default" in fields
        typed = None if is_default else fields.get("value", "")
        asked = {
            "edit": key,
            "all": fields.get("all", ""),
            "find": fields.get("find", ""),
            "typed": fields.get("value", ""),
        }
        if key in _ELSEWHERE:
            return self._desk.see(_ELSEWHERE[key])
        if is_guarded(key) and (why := doubt(self._desk, visit)):
            return self._page(visit, asked, problem=why)
        try:
            with self._desk.change(visit, "change setting", key) as change:
                done = change_setting(self._desk.app.settings, key, typed)
                change.after = {"before": done.before, "after": done.after}
        except (ConfigError, EditError, CommandError) as error:
            return self._page(visit, asked, problem=_problems(error, key))
        said = put_in_force(self._desk, f"{key} is changed.")
        kept = {name: asked[name] for name in ("all", "find") if asked[name]}
        return self._desk.see(f"{ALL}?{urlencode(kept)}#{key}" if kept else ALL, visit, said=said)

    def _page(self, visit: Visit, asked: Mapping[str, str], *, problem: str = "") -> Response:
        settings = self._desk.app.settings
        find, edit = asked.get("find", "").strip().lower(), asked.get("edit", "")
        everything = bool(asked.get("all")) or bool(find)
        text = read_text(settings.path).text
        views = [
            _view(origin, text, edit=edit, typed=asked.get("typed"))
            for origin in all_origins(settings)
            if (everything and find in f"{origin.key} {origin.why}".lower())
            or (not find and origin.kind != "default")
            or origin.key == edit
        ]
        return self._desk.page(
            "desk/settings.html",
            visit,
            status=409 if problem else 200,
            groups=list(_groups(views)),
            path=settings.path,
            state=self._desk.renew.state,
            everything=bool(asked.get("all")),
            find=asked.get("find", ""),
            edit=edit,
            problem=problem,
            is_beside=any(view.origin.key == edit for view in views),
            ask_password=is_guarded(edit) and needs_password(self._desk, visit),
            has_password=bool(settings.desk.password_hash),
            has_second=bool(settings.desk.totp_secret),
            guarded=is_guarded(edit),
        )


def is_guarded(key: str) -> bool:
    """Tell whether only who has just shown to be the operator may change a setting."""
    return key.startswith(_GUARDED)


def put_in_force(desk: Desk, done: str) -> str:
    """Renew the service after its file was written; return what was done, and what is in force."""
    try:
        desk.renew()
    except Exception as error:
        problem = expected(error)
        if problem is None:
            raise
        return f"{done} It is written, but not in force: {problem}"
    waiting = desk.renew.state.waiting
    return f"{done} At the next start: {', '.join(waiting)}." if waiting else done


def _view(origin: Origin, text: str, *, edit: str, typed: str | None) -> SettingView:
    field = None
    if origin.key == edit and origin.key not in _ELSEWHERE:
        field = field_of(origin, text)
        if typed is not None and field.kind not in {"secret", "fixed"}:
            # What was typed wrong is mended, not typed anew.
            field = Field(field.kind, typed)
    return SettingView(
        origin=origin,
        value=origin.value,
        is_hidden=is_hidden(origin),
        field=field,
        page=_ELSEWHERE.get(origin.key, ""),
    )


def _groups(views: list[SettingView]) -> Iterator[tuple[str, list[SettingView]]]:
    """Yield the settings table by table, as a file has them."""
    for path, group in groupby(views, lambda view: view.origin.path[:-1]):
        yield ".".join(path), list(group)


def _problems(error: Exception, key: str) -> str:
    """Return what is wrong, without the place where it concerns the setting itself."""
    if not isinstance(error, ConfigError):
        return str(error)
    return "; ".join(
        problem.message if problem.key == key else str(problem.without_line())
        for problem in error.problems
    )
