"""Who holds a connection, and for whom a proxy says that it asks.

What a proxy says of its reader's address and scheme is believed where it is one of the
operator's; who holds the connection itself stays known beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from config.kinds import Networks

PEER = "tidings.peer"


def behind_proxies(application: ASGIApp, proxies: Networks) -> ASGIApp:
    """Return the application as it hears of its readers from these proxies."""
    # The server and the framework name the same types differently.
    informed: Any = ProxyHeadersMiddleware(
        cast("Any", application), [str(network) for network in proxies]
    )

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[PEER] = scope["client"]
        await informed(scope, receive, send)

    return noted
