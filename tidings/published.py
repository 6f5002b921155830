"""Published documents over HTTP (RFC 9110, 9111), answered from memory before anything else.

Most requests are polls for what has not changed, and for them the routing of a framework alone
would cost more than the answer. The plainest of them need not even a task of their own: the
connection writes at once what ``at_once`` returns.
"""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from feeds.headers import CORS, OPENED_AS, OPENED_TYPE, OPENING, PREFLIGHT, is_xml_feed
from feeds.routes import ROUTES, Routes, read_routes
from tidings.conditions import choose_coding, is_known
from tidings.documents import KNOWN, Documents, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from feeds.headers import SiteHeaders
    from tidings.documents import Document, Fields

_READING = ("GET", "HEAD")
_READING_BYTES = (b"GET", b"HEAD")
# A target that means what it says: nothing encoded, no host before it, no fragment after it.
_PLAIN = re.compile(rb"/[A-Za-z0-9._/-]*(\?[!-\"$-~]*)?")
# What asks for more than an answer: to end the connection, to send something, to speak otherwise.
_UNUSUAL = frozenset(
    (b"connection", b"content-length", b"expect", b"transfer-encoding", b"upgrade")
)
# What moved for good did so for long, but an operator may err.
_MOVED_S = 3600
_FRESH_S = 1.0
_OPENING, _OPENED_AS = OPENING.lower().encode(), OPENED_AS.encode()


class Published:
    """The published documents of a folder; what it does not have is left to ``otherwise``."""

    def __init__(self, folder: Path, headers: SiteHeaders) -> None:
        self._folder = folder
        self._always = headers.always
        self._documents = Documents(folder, headers)
        self._routes = Routes(())
        self._routes_until = 0.0

    def before(self, otherwise: ASGIApp) -> ASGIApp:
        """Return the application that answers what is published itself, and dates all answers."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await otherwise(scope, receive, send)
                return
            found = self._answer(scope) if scope["method"] in _READING else None
            if found is None:
                await otherwise(scope, receive, _dated(send))
                return
            status, fields, body = found
            await send({"type": "http.response.start", "status": status, "headers": fields})
            await send({"type": "http.response.body", "body": body})

        return application

    def at_once(self, method: bytes, target: bytes, headers: Fields) -> bytes | None:
        """Return the whole answer where it is a document in memory or one that is read at once.

        None for all that is less plain than a poll: the application answers it.
        """
        if method not in _READING_BYTES or not _PLAIN.fullmatch(target):
            return None
        asked = {}
        for name, value in headers:
            if name in _UNUSUAL or name in asked:
                return None
            asked[name] = value
        address = target.partition(b"?")[0][1:].decode("ascii")
        if asked.get(_OPENING) == _OPENED_AS:
            return None
        document = None if self._moved().find(address) else self._documents.find(address)
        if document is None:
            return None
        form = _form(document, asked)
        date, modified = _dates(document)
        if form == KNOWN:
            return b"%sdate: %s\r\n\r\n" % (document.heads[KNOWN], date)
        body = document.bodies[form] if method == b"GET" else b""
        return b"%slast-modified: %s\r\ndate: %s\r\n\r\n%s" % (
            document.heads[form],
            modified,
            date,
            body,
        )

    def _answer(self, scope: Scope) -> tuple[int, Fields, bytes] | None:
        address = scope["path"][1:]
        if (route := self._moved().find(address)) is not None:
            # Of what is gone, the page of the site's other errors tells.
            return self._redirect(route.location) if route.location else None
        document = self._documents.find(address)
        if document is not None:
            return _document_answer(document, scope)
        if self._documents.is_folder(address):
            # Relative, so that it is right below any address and for any name of this host.
            return self._redirect(f"{address.rpartition('/')[2]}/")
        return None

    def _redirect(self, location: str) -> tuple[int, Fields, bytes]:
        headers = {
            "Location": location,
            "Cache-Control": f"public, max-age={_MOVED_S}",
            "Content-Length": "0",
            **CORS,
            **self._always,
        }
        return 301, [*fields_of(headers), (b"date", _http_date(int(time.time())))], b""

    def _moved(self) -> Routes:
        now = time.monotonic()
        if now >= self._routes_until:
            try:
                document = (self._folder / ROUTES).read_bytes()
            except OSError:
                document = None
            self._routes = Routes(read_routes(document))
            self._routes_until = now + _FRESH_S
        return self._routes

    async def otherwise(self, request: Request) -> Response:
        """Answer for an address at which nothing is published. Raises HTTPException."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=CORS | PREFLIGHT)
        if request.method not in _READING:
            allowed = {"Allow": PREFLIGHT["Allow"]}
            raise HTTPException(405, "Published pages can only be read.", CORS | allowed)
        if self._moved().find(request.scope["path"][1:]) is not None:
            raise HTTPException(410, "This has ended and will not come back.", CORS)
        raise HTTPException(404, "There is no such page here.", CORS)


def _document_answer(document: Document, scope: Scope) -> tuple[int, Fields, bytes]:
    asked: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        asked[name] = asked[name] + b", " + value if name in asked else value
    form = _form(document, asked)
    date, modified = _dates(document)
    if form == KNOWN:
        return 304, [*document.fields[KNOWN], (b"date", date)], b""
    fields = [*document.fields[form], (b"last-modified", modified), (b"date", date)]
    if asked.get(_OPENING) == _OPENED_AS and is_xml_feed(scope["path"]):
        fields = [*fields_of({"Content-Type": OPENED_TYPE}), *_without(fields, b"content-type")]
    return 200, fields, document.bodies[form] if scope["method"] == "GET" else b""


def _without(fields: Fields, name: bytes) -> Fields:
    return [field for field in fields if field[0] != name]


def _form(document: Document, asked: Mapping[bytes, bytes]) -> str:
    """Return in which form a request is answered: a coding, or that the reader has it."""
    if is_known(
        document.tag,
        document.modified_s,
        if_none_match=_text(asked.get(b"if-none-match")),
        if_modified_since=_text(asked.get(b"if-modified-since")),
    ):
        return KNOWN
    return choose_coding(_text(asked.get(b"accept-encoding")), document.sizes)


def _dates(document: Document) -> tuple[bytes, bytes]:
    """Return the date of an answer and that of the document.

    A document of the future, by a clock that was set back, is no younger than its answer.
    """
    now = time.time()
    date = _http_date(int(now))
    return date, document.last_modified if document.modified_s <= now else date


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _dated(send: Send) -> Send:
    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = (b"date", _http_date(int(time.time())))
            message = {**message, "headers": [*message.get("headers", ()), date]}
        await send(message)

    return dated


_last_date = (0, b"")


def _http_date(now_s: int) -> bytes:
    """Return the Date of an answer, made once in a second."""
    global _last_date  # noqa: PLW0603 - one value for all connections of the one loop
    if _last_date[0] != now_s:
        _last_date = (now_s, formatdate(now_s, usegmt=True).encode())
    return _last_date[1]
