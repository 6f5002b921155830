"""The pages of the operator's own password and second factor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tidings.cli import USAGE, CommandError
from tidings.desk.passwords import (
    checked,
    code_step,
    hash_password,
    new_totp_secret,
    totp_address,
)
from tidings.desk.qr import picture
from tidings.desk.setting_pages import ALL, put_in_force
from tidings.desk.sureness import doubt, needs_password
from tidings.setting_changes import change_setting

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import Route

    from tidings.desk.visit import Desk, Visit

_PASSWORD = f"{ALL}/password"
_SECOND = f"{ALL}/second-factor"
_WRONG_CODE = (
    "That code is not the one of now. Look at the clock of your telephone, and type the code that "
    "the application shows."
)


def own_routes(desk: Desk) -> list[Route]:
    """Return the addresses of the password and the second factor."""
    pages = _Pages(desk)
    return [
        desk.get(_PASSWORD, pages.password),
        desk.post(_PASSWORD, pages.set_password),
        desk.get(_SECOND, pages.second),
        desk.post(_SECOND, pages.set_second),
        desk.post(f"{_SECOND}/off", pages.end_second),
    ]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def password(self, visit: Visit) -> Response:
        """Show the form of a new password."""
        return self._password_page(visit)

    def set_password(self, visit: Visit) -> Response:
        """Set the password, and end all other sessions."""
        fields = visit.fields
        if why := doubt(self._desk, visit):
            return self._password_page(visit, problem=why)
        if fields.get("new", "") != fields.get("again", ""):
            return self._password_page(visit, problem="The two are not the same.")
        try:
            hashed = hash_password(checked(fields.get("new", "")))
        except CommandError as error:
            return self._password_page(visit, problem=f"{error}.")
        said = self._write(visit, "set password", "desk.password_hash", hashed)
        self._desk.sessions.close_others(visit.operator.token)
        return self._desk.see(ALL, visit, said=said)

    def second(self, visit: Visit) -> Response:
        """Show a new secret as a picture, or that there is one."""
        return self._second_page(visit, new_totp_secret())

    def set_second(self, visit: Visit) -> Response:
        """Set the second factor, once an application has shown a code of it."""
        secret, code = visit.fields.get("secret", ""), visit.fields.get("code", "")
        if why := doubt(self._desk, visit):
            return self._second_page(visit, secret, problem=why)
        now = self._desk.app.clock().timestamp()
        try:
            step = code_step(code, secret, now=now)
        except ValueError as error:
            raise CommandError("that is no secret of ours; begin anew", code=USAGE) from error
        if step is None or not self._desk.sessions.use_code(step):
            return self._second_page(visit, secret, problem=_WRONG_CODE)
        said = self._write(visit, "set second factor", "desk.totp_secret", secret)
        return self._desk.see(ALL, visit, said=said)

    def end_second(self, visit: Visit) -> Response:
        """Take the second factor away: the password is all."""
        if why := doubt(self._desk, visit):
            return self._second_page(visit, "", problem=why)
        said = self._write(visit, "end second factor", "desk.totp_secret", None)
        return self._desk.see(ALL, visit, said=said)

    def _write(self, visit: Visit, action: str, key: str, value: str | None) -> str:
        with self._desk.change(visit, action, key) as change:
            done = change_setting(self._desk.app.settings, key, value)
            change.after = {"before": done.before, "after": done.after}
        return put_in_force(self._desk, f"{key} is changed.")

    def _password_page(self, visit: Visit, *, problem: str = "") -> Response:
        return self._desk.page(
            "desk/own_password.html",
            visit,
            status=409 if problem else 200,
            problem=problem,
            ask_password=needs_password(self._desk, visit),
            has_password=bool(self._desk.app.settings.desk.password_hash),
            variable=_variable("PASSWORD_HASH"),
        )

    def _second_page(self, visit: Visit, secret: str, *, problem: str = "") -> Response:
        settings = self._desk.app.settings
        is_set = bool(settings.desk.totp_secret)
        address = totp_address(secret, site=settings.site.title)
        return self._desk.page(
            "desk/own_second.html",
            visit,
            status=409 if problem else 200,
            problem=problem,
            is_set=is_set,
            secret=secret,
            picture="" if is_set else picture(address),
            ask_password=needs_password(self._desk, visit),
            has_password=bool(settings.desk.password_hash),
            variable=_variable("TOTP_SECRET"),
        )


def _variable(name: str) -> str:
    """Return the variable that sets it, and that only who started the service can change."""
    names = (f"TIDINGS_DESK_{name}", f"TIDINGS_DESK_{name}_FILE")
    return next((each for each in names if each in os.environ), "")
