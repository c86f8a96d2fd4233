"""One table of all operations: what the router serves and what /openapi.json says come from the same rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.routing import Route

from portledger.formats import api_json as wire
from portledger.gateway.problems import MEDIA_TYPE

JSON: Final = "application/json"
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. takes, gives: shapes of formats/api_json, or a media type for other bodies.

    query: (name, JSON type, description); problems: codes that a client should expect; signed_in: needs a session;
    example: of what it takes; shows: of what it gives.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    takes: Any = None
    gives: Any = None
    status: int = 200
    other: dict[int, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str, str]] = ()
    problems: Sequence[str] = ()
    signed_in: bool = False
    example: Any = None
    shows: Any = None
    description: str = ""


def serve(app: FastAPI, operations: Sequence[Operation]) -> None:
    """Plain routes: no model is built around a request, which is most of what a hot route would cost."""
    for one in operations:
        app.router.routes.append(Route(one.path, one.handler, methods=[one.method], include_in_schema=False))


def openapi(title: str, version: str, description: str, operations: Sequence[Operation]) -> dict[str, Any]:
    """OpenAPI 3.1 of the operations, with the shapes' own schemas."""
    shapes = _shapes(operations)
    _, components = msgspec.json.schema_components([*shapes, wire.Problem], ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def _shapes(operations: Sequence[Operation]) -> list[Any]:
    found = [shape for one in operations for shape in (one.takes, one.gives)]
    return list({shape.__name__: shape for shape in found if isinstance(shape, type)}.values())


def _operation(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "summary": one.summary,
        "operationId": f"{one.method.lower()}{one.path.replace('/', '_').replace('{', '').replace('}', '')}",
        "tags": [one.tag],
        "parameters": [*_path_parameters(one.path), *_query_parameters(one.query)],
        "responses": _responses(one),
    }
    if one.description:
        said["description"] = one.description
    if one.takes is not None:
        said["requestBody"] = {"required": True, "content": _content(one.takes, one.example)}
    if one.signed_in:
        said["security"] = [{"session": []}]
    return said


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(query: Sequence[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": {"type": kind}, "description": text} for name, kind, text in query]


def _responses(one: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": one.summary}
    if one.gives is not None:
        good["content"] = _content(one.gives, one.shows)
    responses: dict[str, Any] = {str(one.status): good}
    responses.update({str(status): {"description": text} for status, text in one.other.items()})
    expected = ", ".join(one.problems) or "any"
    responses["default"] = {
        "description": f"A problem (RFC 9457): {expected}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return responses


def _content(shape: Any, example: Any) -> dict[str, Any]:
    if isinstance(shape, str):
        return {shape: {"schema": {"type": "string", "format": "binary"}}}
    said: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}
    if example is not None:
        said["example"] = example
    return {JSON: said}


class Json(Response):
    """A shape of formats/api_json as JSON."""

    media_type = JSON

    def __init__(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__(wire.encode(value), status_code=status, headers=headers)


class ProblemResponse(Response):
    media_type = MEDIA_TYPE

    def __init__(self, value: wire.Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(wire.encode(value), status_code=value.status, headers=headers)
