"""What holds for every answer that is made when it is asked for, whichever page it is of.

Headers that an answer does not set itself are the strictest ones, so that a new page, an error or
a redirect cannot lack one by omission. Published documents have theirs from ``feeds.headers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from feeds.headers import CORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STRICTEST = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Not beside what scripts of other sites may read.
_UNSHARED = (b"cross-origin-resource-policy", b"same-origin")
_SHARED = b"access-control-allow-origin"


def guarded(application: ASGIApp, transport: Mapping[str, str]) -> ASGIApp:
    """Return the application whose answers lack no header that guards their readers.

    ``transport`` is what is said where the site is reached by https.
    """
    headers = [
        (name.lower().encode(), value.encode())
        for name, value in {**_STRICTEST, **transport}.items()
    ]

    async def guarding(scope: Scope, receive: Receive, send: Send) -> None:
        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                wanted = headers if _SHARED in names else [*headers, _UNSHARED]
                added = [field for field in wanted if field[0] not in names]
                message = {**message, "headers": [*given, *added]}
            await send(message)

        await application(scope, receive, completed if scope["type"] == "http" else send)

    return guarding


def has_nul(scope: Scope) -> bool:
    """Tell whether an address holds a NUL, which no text of ours has and not every store takes."""
    return "\0" in scope["path"] or b"%00" in scope["query_string"]


class UnfitAddress(Route):
    """Every address that holds a NUL, but those below ``exempt``, which refuses in its own form."""

    def __init__(self, exempt: str) -> None:
        super().__init__("/", _refuse)
        self.methods = None
        self._exempt = exempt

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match by the characters."""
        is_unfit = (
            scope["type"] == "http"
            and has_nul(scope)
            and not scope["path"].startswith(self._exempt)
        )
        return (Match.FULL, {"endpoint": self.endpoint}) if is_unfit else (Match.NONE, {})


def _refuse(request: Request) -> NoReturn:
    if "\0" in request.scope["path"]:
        raise HTTPException(404, "There is no such page here.", CORS)
    raise HTTPException(400, "No question that is asked here has such characters.")
