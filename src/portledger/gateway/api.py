"""One table of all operations: what the router serves and what /openapi.json says come from the same rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Final

import msgspec
from fastapi import Request
from starlette.responses import Response

from portledger import measures
from portledger.formats import api_json as wire
from portledger.gateway.problems import MEDIA_TYPE
from portledger.services.access import Access

JSON: Final = "application/json"
Handler = Callable[[Request], Awaitable[Response]]
QueryRow = tuple[str, str | tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Deprecated:
    """since: unix seconds from which it should not be used (RFC 9745); sunset: when it goes (RFC 8594), None = not yet
    decided; link: a page that says what to use instead."""

    since: int
    link: str
    sunset: int | None = None

    def headers(self) -> dict[str, str]:
        said = {"deprecation": f"@{self.since}", "link": f'<{self.link}>; rel="deprecation"'}
        if self.sunset is not None:
            said["sunset"] = formatdate(self.sunset, usegmt=True)
        return said


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. takes, gives: shapes of formats/api_json, or a media type for other bodies.

    query: (name, its form, description), the form a JSON type, a word of QUERY_FORMS or the allowed words; problems:
    codes that a client should expect; signed_in: needs a session; example: of what it takes; shows: of what it gives.
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
    query: Sequence[QueryRow] = ()
    problems: Sequence[str] = ()
    signed_in: bool = False
    example: Any = None
    shows: Any = None
    description: str = ""
    needs: Access | None = None
    """The scope, where it is not READ for GET and SUBMIT for the rest."""
    secret: bool = False
    """The answer holds a secret: what is kept of it for repeated requests is sealed under the credential."""
    repeatable: bool = True
    """A POST takes an Idempotency-Key."""
    deprecated: Deprecated | None = None

    @property
    def access(self) -> Access:
        """What a credential must allow, where one is asked for or shown."""
        if self.needs is not None:
            return self.needs
        return Access.READ if self.method == "GET" else Access.SUBMIT

    @property
    def takes_key(self) -> bool:
        return self.method == "POST" and self.repeatable


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
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of POST /v1/sessions, or a machine's key of POST /v1/api-keys.",
                }
            },
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
        "parameters": [*_path_parameters(one.path), *_query_parameters(one.query), *_header_parameters(one)],
        "responses": _responses(one),
    }
    if one.description:
        said["description"] = one.description
    if one.takes is not None:
        said["requestBody"] = {"required": True, "content": _content(one.takes, one.example)}
    if one.signed_in:
        said["security"] = [{"session": []}]
        said["x-scope"] = " ".join(one.access.words())
    if one.deprecated:
        said["deprecated"] = True
    return said


_HEADERS: Final[dict[str, Any]] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "description": "Any text that is new for each request. For 24 hours the same request with the same key gets "
        "the stored answer, byte by byte.",
    },
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Up to 80 of A-Z a-z 0-9 . _ : - come back in the answer, in problems and in the operator's "
        "log; for anything else, and for none, a new one is made.",
    },
}


def _header_parameters(one: Operation) -> list[dict[str, Any]]:
    names = ["IdempotencyKey", "RequestId"] if one.takes_key else ["RequestId"]
    return [_HEADERS[name] for name in names]


_DIGEST: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_PATH_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "document": _DIGEST,
    "digest": _DIGEST,
    "sha256": _DIGEST,
    "party": {"type": "integer", "minimum": 0, "maximum": (1 << 32) - 1},
}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
    text = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS.get(name, text)} for name in names]


QUERY_FORMS: Final[dict[str, dict[str, Any]]] = {
    "integer": {"type": "integer", "minimum": 0, "maximum": (1 << 63) - 1},
    "cursor": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    # A number is the old form; it is described nowhere else.
    "wait": {"type": "string", "pattern": "^(final|[0-9]{1,2})$", "examples": ["final"]},
    "stamps": {"type": "string", "pattern": "^(all|none|[0-9a-f]{64})$"},
    "seconds": {"type": "number", "minimum": 0, "maximum": 1_000_000},
}


def _query_parameters(query: Sequence[QueryRow]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": _query_schema(form), "description": text} for name, form, text in query
    ]


def _query_schema(form: str | tuple[str, ...]) -> dict[str, Any]:
    if isinstance(form, tuple):
        return {"type": "string", "enum": list(form)}
    return QUERY_FORMS.get(form, {"type": form})


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
    if isinstance(shape, str) and shape != JSON:
        return {shape: {"schema": {"type": "string", "format": "binary"}}}
    if isinstance(shape, str):
        return {shape: {"schema": {"type": "object"}, **({} if example is None else {"example": example})}}
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
    """Every refusal of every route is answered by one of these: here they are counted."""

    media_type = MEDIA_TYPE

    def __init__(self, value: wire.Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(wire.encode(value), status_code=value.status, headers=headers)
        measures.REFUSALS.labels(value.code, "answer").inc()
        self.code = value.code
