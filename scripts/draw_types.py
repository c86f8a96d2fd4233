"""The API's description as TypeScript types: one interface for each shape, one row for each operation."""

from __future__ import annotations

import json
import re
from typing import Any

HEAD = """\
// Drawn by scripts/draw_docs from the API's description (openapi.json beside this file). Do not edit.
//
// Shapes are interfaces by their names. `Operations` says for each "METHOD /path" what it takes and gives:
//
//   type Ask = <K extends keyof Operations>(what: K, asks: Operations[K]["asks"]) => Promise<Operations[K]["gives"]>;
"""
_NAME = re.compile(r"[A-Za-z_$][\w$]*")


def typescript(described: dict[str, Any]) -> str:
    """The file's text. described: an OpenAPI 3.1 document whose shapes are all under components/schemas."""
    parts = [HEAD]
    for name, schema in sorted(described["components"]["schemas"].items()):
        parts.append(_shape(name, schema))
    parts.append("export interface Operations {")
    for path, methods in described["paths"].items():
        for method, said in methods.items():
            parts.append(_operation(f"{method.upper()} {path}", said))
    parts.append("}\n")
    return "\n".join(parts)


def _shape(name: str, schema: dict[str, Any]) -> str:
    comment = _comment(schema.get("description"), "")
    if schema.get("type") == "object" and "properties" in schema:
        return f"{comment}export interface {name} {_object(schema, '')}\n"
    return f"{comment}export type {name} = {_type(schema, '')};\n"


def _operation(name: str, said: dict[str, Any]) -> str:
    asks = [_members(said, "path"), _members(said, "query")]
    body = said.get("requestBody", {}).get("content")
    if body:
        asks.append(f"body: {_content(body)}")
    good = next((answer for status, answer in said["responses"].items() if status.startswith("2")), {})
    gives = _content(good["content"]) if "content" in good else "undefined"
    wanted = "; ".join(part for part in asks if part)
    return f"  /** {said['summary']} */\n  {json.dumps(name)}: {{ asks: {{ {wanted} }}; gives: {gives} }};"


def _members(said: dict[str, Any], where: str) -> str:
    """`path` members are all needed, `query` members all optional."""
    found = [one for one in said["parameters"] if one["in"] == where]
    if not found:
        return ""
    mark = "" if where == "path" else "?"
    inner = "; ".join(f"{_key(one['name'])}{mark}: {_type(one['schema'], '')}" for one in found)
    return f"{where}{mark}: {{ {inner} }}"


def _content(content: dict[str, Any]) -> str:
    media, said = next(iter(content.items()))
    return _type(said["schema"], "  ") if media == "application/json" else "Uint8Array"


def _object(schema: dict[str, Any], indent: str) -> str:
    needed, inside = schema.get("required", []), indent + "  "
    lines = [
        f"{inside}{_key(name)}{'' if name in needed else '?'}: {_type(one, inside)};"
        for name, one in schema["properties"].items()
    ]
    return "{\n" + "\n".join(lines) + f"\n{indent}}}"


def _type(schema: dict[str, Any], indent: str) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " | ".join(_type(one, indent) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"Array<{_type(schema.get('items', {}), indent)}>"
    if kind == "object" and "properties" in schema:
        return _object(schema, indent)
    if kind == "object":
        inner = schema.get("additionalProperties", {})
        return f"Record<string, {_type(inner, indent) if isinstance(inner, dict) else 'unknown'}>"
    return {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}.get(
        str(kind), "unknown"
    )


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name)


def _comment(text: str | None, indent: str) -> str:
    if not text:
        return ""
    lines = text.strip().replace("*/", "* /").split("\n")
    return f"{indent}/** " + f"\n{indent} * ".join(line.strip() for line in lines) + " */\n"
