"""Making a token for a program, for the verb and the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.api.token_store import ApiTokenStore
from tidings.cli import USAGE, CommandError

if TYPE_CHECKING:
    from tidings.app import App

_LONGEST = 60


def make_token(app: App, name: str, *, may_change: bool) -> str:
    """Return a new token, which is shown this once. Raises CommandError for a name of no use."""
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST:
        raise CommandError(f"a token wants a name of 1 to {_LONGEST} characters", code=USAGE)
    token = ApiTokenStore(app.database).create(name, may_change=may_change, now=app.clock())
    if token is None:
        raise CommandError(
            f"there is a token {name!r} already; end it with: tidings desk revoke {name}",
            code=USAGE,
        )
    return token
