"""The description of the API (OpenAPI 3.1), made of the list of its operations. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tidings.api.operations import OPERATIONS
from tidings.api.shapes import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidings.api.calls import Operation

ROOT = "/api/v1"
_REFERENCE = "#/components/schemas/{name}"
_VARIABLE = re.compile(r"\{(\w+)\}")
_VARIABLES = {
    "bulletin": "Its name in addresses, such as harbour.",
    "source": "The name of a source of that bulletin.",
    "number": "The number of an edition of that bulletin.",
    "item": "Its id, or the last part of it.",
}
# What a name in an address can be: anything but nothing, and no slash.
_NAME = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
_PROBLEMS = {
    400: "What was sent is not what is wanted.",
    401: "There is no token, or nobody has it.",
    403: "The token may not change anything.",
    404: "There is no such thing.",
    409: "It cannot be done now, or not to this; the detail says why.",
    413: "More was sent than is taken.",
    415: "Sent was something other than JSON.",
}


def description(*, base_url: str, version: str) -> dict[str, Any]:
    """Return the description of the API as it is reached at ``base_url``."""
    schemas = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(
            operation, schemas
        )
    schemas.of(Problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidings",
            "version": version,
            "description": "What the operator's pages can do, for programs. Tokens are made with "
            "`tidings desk token NAME`.",
        },
        "servers": [{"url": f"{base_url}{ROOT}"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas.known,
        },
    }


class _Schemas:
    """The schemas of all types that were named so far."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def of(self, kind: Any) -> dict[str, Any]:  # noqa: ANN401 - any type that has a schema
        """Return the schema of a type, by reference to those that are known by name."""
        import msgspec

        (schema,), components = msgspec.json.schema_components((kind,), ref_template=_REFERENCE)
        self.known |= components
        return schema


def _described(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.does,
        "parameters": [*_in_path(operation), *_in_query(operation, schemas)],
        "responses": {
            str(operation.status): {
                "description": "Done.",
                "content": {"application/json": {"schema": schemas.of(operation.answer)}},
            },
            **{str(status): _problem(status) for status in _problems(operation)},
        },
    }
    if operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas.of(operation.body)}},
        }
    return described


def _in_path(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in _VARIABLE.findall(operation.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": _VARIABLES[name],
            "schema": _NAME,
        }


def _in_query(operation: Operation, schemas: _Schemas) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a query."""
    if operation.asked is None:
        return
    name = operation.asked.__name__
    schemas.of(operation.asked)
    asked = schemas.known.pop(name)
    for parameter, schema in asked["properties"].items():
        required = parameter in asked["required"]
        yield {"name": parameter, "in": "query", "required": required, "schema": _only(schema)}


def _only(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without null, which no query can say."""
    if "anyOf" not in schema:
        return schema
    (only,) = [each for each in schema["anyOf"] if each.get("type") != "null"]
    return dict(only)


def _problems(operation: Operation) -> Iterator[int]:
    yield 401
    if operation.changes:
        yield 403
    if "{" in operation.path or operation.names_something:
        yield 404
    if operation.asked or operation.body:
        yield 400
    if operation.changes:
        yield 409
    if operation.body:
        yield from (413, 415)


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name="Problem")}
    return {
        "description": _PROBLEMS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
