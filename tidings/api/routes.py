"""The addresses of the API: who may ask, what was asked, and how a refusal is said."""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tidings.api.calls import Call, MissingError
from tidings.api.metrics import metrics_route
from tidings.api.openapi import ROOT, description
from tidings.api.operations import OPERATIONS
from tidings.api.token_store import ApiTokenStore
from tidings.cli import CommandError
from tidings.desk.access import Operator
from tidings.desk.visit import Visit
from tidings.errors import expected
from tidings.web_answers import MOST_BYTES
from tidings.web_guard import has_nul

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from tidings.api.calls import Operation
    from tidings.api.token_store import ApiToken
    from tidings.desk.errands import Errands
    from tidings.desk.visit import Desk

log = logging.getLogger("tidings.api")

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_SCHEME = "bearer "


class _RefusedError(Exception):
    """A request that is not done, with the status that says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def api_routes(desk: Desk, errands: Errands) -> list[BaseRoute]:
    """Return the addresses of the API and of the metrics."""
    gate = _Gate(desk, errands)
    by_path: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, []).append(operation)
    return [
        Route(f"{ROOT}/openapi.json", partial(_describe, desk), methods=["GET"]),
        *(gate.route(path, operations) for path, operations in by_path.items()),
        _AnyMethod(f"{ROOT}/{{rest:path}}", _nothing),
        metrics_route(desk, gate.tokens),
    ]


class _AnyMethod(Route):
    """An address whose function is asked whatever the method is, so that it refuses in our form."""

    def __init__(self, path: str, answer: Callable[[Request], Any]) -> None:
        super().__init__(path, answer)
        self.methods = None


def _nothing(_: Request) -> Response:
    return _refusal(404, f"There is no such address; {ROOT}/openapi.json lists those that are.")


def _describe(desk: Desk, _: Request) -> Response:
    """Describe the API: anybody may know what it is."""
    told = description(base_url=desk.app.settings.base_url, version=version("tidings"))
    return _json(told, 200)


class _Gate:
    """Lets those in who have a token, and has done what they ask."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands
        self.tokens = ApiTokenStore(desk.app.database)

    def route(self, path: str, operations: Sequence[Operation]) -> BaseRoute:
        """Return the route of an address with all that it does."""
        known: dict[str, Operation] = {operation.method: operation for operation in operations}

        async def answer(request: Request) -> Response:
            if has_nul(request.scope):
                status = 404 if "\0" in request.scope["path"] else 400
                return _refusal(status, "Nothing here has the character NUL.")
            operation = known.get(request.method)
            if operation is None:
                allowed = ", ".join(known)
                refusal = _refusal(405, f"Known here: {allowed}.")
                refusal.headers["Allow"] = allowed
                return refusal
            try:
                sent = await _sent(request) if operation.body else b""
            except _RefusedError as refused:
                return _refusal(refused.status, str(refused))
            return await run_in_threadpool(self._answer, request, operation, sent)

        return _AnyMethod(f"{ROOT}{path}", answer)

    def _answer(self, request: Request, operation: Operation, sent: bytes) -> Response:
        try:
            token = self._token(request, operation)
            call = Call(
                desk=self._desk,
                errands=self._errands,
                visit=_visit(request, token),
                asked=_asked(request.query_params.multi_items(), operation.asked),
                body=_body(sent, operation.body),
            )
            return _json(_shaped(operation.work(call), operation.answer), operation.status)
        except _RefusedError as refused:
            return _refusal(refused.status, str(refused))
        except MissingError as missing:
            return _refusal(404, str(missing))
        except Exception as error:
            message = expected(error)
            if message is None:
                log.exception("%s failed", operation.name)
                return _refusal(500, "Something went wrong here. It was noted.")
            status = 409 if isinstance(error, CommandError) else 503
            return _refusal(status, message)

    def _token(self, request: Request, operation: Operation) -> ApiToken:
        given = request.headers.get("authorization", "")
        token = (
            self.tokens.find(given[len(_SCHEME) :].strip(), now=self._desk.app.clock())
            if given.lower().startswith(_SCHEME)
            else None
        )
        if token is None:
            raise _RefusedError(401, "Send a token: Authorization: Bearer tidings_...")
        if operation.changes and not token.may_change:
            raise _RefusedError(403, f"The token {token.name!r} may only read.")
        return token


def _visit(request: Request, token: ApiToken) -> Visit:
    """Return the request as that of an operator, who is known in the log by the token's name."""
    return Visit(
        operator=Operator(name=f"api: {token.name}", token="", csrf=""),
        place=request.path_params,
        query={},
        request=request,
    )


async def _sent(request: Request) -> bytes:
    """Return what was sent. Raises _RefusedError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _RefusedError(415, "Send JSON: Content-Type: application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _RefusedError(413, f"Send {MOST_BYTES} bytes at most.")
    return bytes(body)


def _asked(pairs: Sequence[tuple[str, str]], kind: type | None) -> Any:  # noqa: ANN401 - of that type
    """Return what a query asks for. Raises _RefusedError for what is not known, or twice."""
    import msgspec

    fields: Mapping[str, object] = dict(pairs)
    known = {} if kind is None else {one.name for one in msgspec.structs.fields(kind)}
    unknown = next((name for name, _ in pairs if name not in known), None)
    if unknown is not None or len(fields) != len(pairs):
        wanted = ", ".join(sorted(known)) or "nothing"
        raise _RefusedError(400, f"Of a query known here is, once each: {wanted}.")
    if kind is None:
        return None
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _RefusedError(400, str(error)) from error


def _body(sent: bytes, kind: type | None) -> Any:  # noqa: ANN401 - of that type
    """Return what was sent, as a value of the type. Raises _RefusedError."""
    import msgspec

    if kind is None:
        return None
    try:
        fields = msgspec.json.decode(sent, type=dict[str, Any])
        # To JSON Schema 3.0 is a whole number.
        whole = {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in fields.items()
        }
        if _holds_nul(fields):
            raise _RefusedError(400, "No text here has the character NUL.")
        return msgspec.convert(whole, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _RefusedError(400, str(error)) from error


def _holds_nul(value: object) -> bool:
    """Tell whether a NUL stands in a value, which no text of ours has."""
    if isinstance(value, dict):
        return any(_holds_nul(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _shaped(answer: object, kind: Any) -> Any:  # noqa: ANN401 - a value and its type
    """Return an answer in the form that the description promises."""
    import msgspec

    return msgspec.convert(answer, kind)


def _json(value: object, status: int, *, media_type: str = "application/json") -> Response:
    import msgspec

    return Response(
        msgspec.json.encode(value), status, media_type=media_type, headers=dict(_HEADERS)
    )


def _refusal(status: int, detail: str) -> Response:
    """Say why something is not done (RFC 9457)."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    response = _json(problem, status, media_type="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
