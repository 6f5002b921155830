"""Answers of pages that are made for one reader, and the forms that those send.

None of them sets a cookie or is kept by anybody; who may do something is said by the address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from feeds.headers import SAFE

if TYPE_CHECKING:
    from starlette.requests import Request

FORM_TYPE = "application/x-www-form-urlencoded"
# Our own forms are far smaller; what is larger is refused before it is all read.
MOST_BYTES = 65_536
MOST_FIELDS = 300
_LOOPBACK = ("127.0.0.1", "::1")
_HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)
_FORWARDED = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)


def page_headers() -> dict[str, str]:
    """Return the headers of a page that is for one reader only."""
    return {
        "Cache-Control": "no-store",
        **SAFE,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }


def html(page: str, status: int = 200) -> Response:
    """Answer with a page."""
    return Response(page, status, media_type="text/html", headers=page_headers())


def see(path: str) -> Response:
    """Answer a form that was saved: the browser asks for a page, and a reload sends nothing."""
    return RedirectResponse(path, 303, headers=page_headers())


def is_here(request: Request) -> bool:
    """Tell whether somebody on the machine of the service asks, and no proxy for another one.

    Some proxies say so in a header; those that say nothing speak HTTP/1.0, which no browser does.
    """
    is_direct = request.scope["http_version"] != "1.0" and not any(
        name in request.headers for name in _FORWARDED
    )
    # As it was sent: of a name that cannot be one, the framework makes the address it listens on.
    named = request.headers.getlist("host")
    return (
        is_direct
        and request.client is not None
        and request.client.host in _LOOPBACK
        and len(named) == 1
        and _HERE.fullmatch(named[0]) is not None
    )


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form. Raises HTTPException for what no form of ours sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM_TYPE:
        raise HTTPException(415, "This page takes its own form only.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(
                413, "That is more than a form holds.", headers={"Connection": "close"}
            )
    if b"%00" in body or b"\0" in body:
        raise HTTPException(400, "No field of ours has such characters.")
    try:
        pairs = parse_qsl(
            bytes(body).decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="replace",
        )
    except ValueError as error:
        raise HTTPException(400, "That has more fields than a form of ours.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        # Which of two is meant nobody knows; no form of ours sends two.
        raise HTTPException(400, "A field stands there twice.")
    return fields


def spoken(request: Request) -> list[str]:
    """Return the languages that a browser asks for, the best first."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(request.headers.get("accept-language", "")[:200].split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if tag.strip() and quality > 0:
            weighed.append((-quality, place, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]
