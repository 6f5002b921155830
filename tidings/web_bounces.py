"""Reports of bounces and complaints that a provider posts, where a secret is shared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from notifier.bounce_hook import HookError, read_hook
from tidings.web_answers import page_headers

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from notifier.bounces import Report
    from tidings.app import App

# A thousand reports with all their words.
_MOST_BYTES = 1 << 20


def bounce_routes(app: App) -> list[Route]:
    """Return the address of reports; none where no secret is shared with anybody."""
    secret = app.settings.bounces.webhook_secret
    if not secret:
        return []

    def follow(reports: tuple[Report, ...]) -> list[str]:
        from tidings.bouncing import note, open_returns

        returns = open_returns(app)
        taken = [returns.follow(report) for report in reports]
        for one in taken:
            note(one)
        return [one.follows.value for one in taken]

    async def take(request: Request) -> Response:
        """Answer what followed of each report, in their order."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise HTTPException(413, "Too many reports.", headers={"Connection": "close"})
        signature = request.headers.get("tidings-signature", "")
        try:
            reports = read_hook(bytes(body), signature, secret=secret, now=app.clock())
        except HookError as error:
            status = 401 if error.unproved else 400
            return JSONResponse({"error": str(error)}, status, headers=page_headers())
        follows = await run_in_threadpool(follow, reports)
        return JSONResponse({"follows": follows}, headers=page_headers())

    return [Route("/bounces", take, methods=["POST"])]
