"""Documents that a page of the desk shows in a frame: mails and previews, shut off from it."""

from __future__ import annotations

from starlette.responses import Response

from tidings.desk.visit import desk_headers

# What is framed runs nothing, sends nothing and asks nobody: whoever wrote it, it is only looked
# at. Pictures of elsewhere are left out, for they would tell when an operator looks.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)


def framed(html: str, *, status: int = 200) -> Response:
    """Answer with a document for a frame of ours."""
    headers = desk_headers(policy=_POLICY) | {"X-Frame-Options": "SAMEORIGIN"}
    return Response(html, status, media_type="text/html", headers=headers)
