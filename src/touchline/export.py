"""The contract as documents: AsyncAPI 3, OpenAPI, JSON Schema and TypeScript, all from the same registry.

`touchline export-contracts` writes them, and CI compares them with the code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from kit.contracts import Instant, Policy
from kit.gateway import EventSpec
from realtime.contracts import NAMESPACE
from realtime.sse import PLACES
from touchline.app import VERSION, Application

Json = dict[str, Any]

_STREAM = (
    "Server-sent events (text/event-stream) of the rooms that the query names. `event` is the message's name, `data` "
    "its payload as JSON, and `id` its offset, if it is recoverable. `Last-Event-ID` resumes behind an offset."
)
_STREAM_QUERY: Json = {
    "type": "object",
    "properties": {
        "channel": {"type": "array", "items": {"type": "string"}, "description": "Channels, by id or slug."},
        "match": {"type": "array", "items": {"type": "string"}, "description": "Matches, by id."},
    },
}
_REF = "#/components/schemas/{name}"

# The match beside the sound passes through streaming unread, so only here its type is known.
_OVERRIDES = {("MatchLink", "match"): {"anyOf": [{"$ref": "#/components/schemas/Match"}, {"type": "null"}]}}


def documents(app: Application) -> dict[str, str]:
    """All exported files by their path in the repository."""
    schemas, shapes = _components(app)
    return {
        "docs/reference/asyncapi.json": _dump(_asyncapi(app, schemas, shapes)),
        "docs/reference/openapi.json": _dump(app.http.openapi_schema.to_schema()),
        "docs/reference/schema.json": _dump(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": {"schemas": schemas}}
        ),
        "web/src/contracts/generated.ts": _typescript(app, schemas, shapes),
    }


def outdated(app: Application, root: Path) -> list[str]:
    """The exported files that differ from what the code says now."""
    return [
        name for name, text in documents(app).items() if not (root / name).exists() or (root / name).read_text() != text
    ]


def write(app: Application, root: Path) -> list[str]:
    """Write what differs; returns the names."""
    changed = outdated(app, root)
    for name, text in documents(app).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return changed


def _dump(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _hook(kind: type) -> Json:
    if kind is Instant:
        return {"type": "integer", "format": "int64", "description": "Unix time in milliseconds"}
    raise NotImplementedError(kind)


def _components(app: Application) -> tuple[dict[str, Json], dict[Any, Json]]:
    """All named schemas, and the schema of each type that an event carries."""
    kinds: list[Any] = []
    for spec in app.dispatcher.specs.values():
        kinds += [kind for kind in (spec.payload, _reply(spec)) if kind is not None]
    kinds += [event.payload for event in app.events]
    kinds += app.exported
    kinds = list(dict.fromkeys(kinds))
    shapes, components = msgspec.json.schema_components(kinds, schema_hook=_hook, ref_template=_REF)
    for (kind, name), schema in _OVERRIDES.items():
        components[kind]["properties"][name] = schema
    return dict(sorted(components.items())), dict(zip(kinds, shapes, strict=True))


def _reply(spec: EventSpec) -> Any:  # noqa: ANN401 - any type
    return None if spec.reply in {None, type(None), Any} else spec.reply


def _asyncapi(app: Application, schemas: dict[str, Json], shapes: dict[Any, Json]) -> Json:
    messages: Json = {}
    operations: Json = {}

    def ref(kind: str, name: str) -> Json:
        return {"$ref": f"#/{kind}/{name}"}

    for name, spec in sorted(app.dispatcher.specs.items()):
        reply = _reply(spec)
        messages[name] = {
            "name": name,
            "summary": spec.description.partition("\n")[0],
            "payload": shapes[spec.payload] if spec.payload else {"type": "object", "maxProperties": 0},
            "x-roles": sorted(role.value for role in spec.roles),
            "x-rate": {"limit": spec.rate.limit, "perSeconds": spec.rate.per, "scope": spec.rate.scope.value},
        }
        messages[f"{name}.ack"] = {"name": f"{name} (ack)", "payload": _ack(shapes[reply] if reply else {})}
        operations[f"receive {name}"] = {
            "action": "receive",
            "channel": ref("channels", "streaming"),
            "messages": [ref("channels/streaming/messages", _pointer(name))],
            "reply": {
                "channel": ref("channels", "streaming"),
                "messages": [ref("channels/streaming/messages", _pointer(f"{name}.ack"))],
            },
        }
    for event in sorted(app.events, key=lambda e: e.name):
        messages[event.name] = {
            "name": event.name,
            "summary": event.description,
            "payload": shapes[event.payload],
            "x-delivery": event.policy.value,
        }
        operations[f"send {event.name}"] = {
            "action": "send",
            "channel": ref("channels", "streaming"),
            "messages": [ref("channels/streaming/messages", _pointer(event.name))],
        }
    spoken = sorted(messages)
    streamed = sorted(
        event.name for event in app.events if event.policy != Policy.CONTROL and not event.name.startswith("admin:")
    )
    place = {"type": "object", "required": ["offset"], "properties": {"offset": {"type": "string"}}}
    for name, summary in PLACES.items():
        messages[name] = {"name": name, "summary": summary, "payload": place}
    streamed = [*PLACES, *streamed]
    operations["send server-sent events"] = {
        "action": "send",
        "channel": ref("channels", "events"),
        "messages": [ref("channels/events/messages", _pointer(name)) for name in streamed],
        "bindings": {"http": {"method": "GET", "query": _STREAM_QUERY}},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Touchline",
            "version": VERSION,
            "description": f"Socket.IO events: path /socket.io, namespace {NAMESPACE}. Every client event is acked.",
        },
        "channels": {
            "streaming": {
                "address": NAMESPACE,
                "messages": {name: ref("components/messages", _pointer(name)) for name in spoken},
            },
            "events": {
                "address": "/api/events",
                "description": _STREAM,
                "messages": {name: ref("components/messages", _pointer(name)) for name in streamed},
            },
        },
        "operations": operations,
        "components": {"messages": dict(sorted(messages.items())), "schemas": schemas},
    }


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _ack(data: Json) -> Json:
    error = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "retryAfter": {"type": "number", "description": "seconds"},
            "ref": {"type": "string"},
        },
    }
    return {
        "oneOf": [
            {"type": "object", "required": ["ok"], "properties": {"ok": {"const": True}, "data": data}},
            {"type": "object", "required": ["ok", "error"], "properties": {"ok": {"const": False}, "error": error}},
        ]
    }


def _typescript(app: Application, schemas: dict[str, Json], shapes: dict[Any, Json]) -> str:
    lines = [
        "// Generated by `touchline export-contracts` from the server's registry. Do not edit.",
        "",
        "/** Unix milliseconds in events; RFC 3339 in REST. */",
        "export type Instant = number;",
        "",
    ]
    for name, schema in schemas.items():
        lines += _comment(schema.get("description"))
        if schema.get("type") == "object":
            lines.append(f"export interface {name} {{")
            required = set(schema.get("required", ()))
            for field, kind in schema.get("properties", {}).items():
                optional = field not in required
                lines.append(f"  {field}{'?' if optional else ''}: {_ts(kind, drop_null=optional)};")
            lines += ["}", ""]
        else:
            lines += [f"export type {name} = {_ts(schema)};", ""]
    lines += ["/** What clients send, and what the ack's `data` holds. */", "export interface ClientEvents {"]
    for name, spec in sorted(app.dispatcher.specs.items()):
        payload = _ts(shapes[spec.payload]) if spec.payload else "Record<string, never>"
        reply = _reply(spec)
        answer = _ts(shapes[reply]) if reply else ("unknown" if spec.reply is Any else "null")
        lines += _comment(spec.description.partition("\n")[0], "  ")
        lines.append(f'  "{name}": {{ payload: {payload}; reply: {answer} }};')
    lines += ["}", "", "/** What the server sends. */", "export interface ServerEvents {"]
    for event in sorted(app.events, key=lambda e: e.name):
        lines += _comment(f"{event.description} ({event.policy.value.replace('_', ' ')})", "  ")
        lines.append(f'  "{event.name}": {_ts(shapes[event.payload])};')
    return "\n".join([*lines, "}", ""])


def _comment(text: str | None, indent: str = "") -> list[str]:
    if not text:
        return []
    rows = [row.strip() for row in text.replace("*/", "*\\/").splitlines()]
    if len(rows) == 1:
        return [f"{indent}/** {rows[0]} */"]
    return [f"{indent}/**", *(f"{indent} * {row}".rstrip() for row in rows), f"{indent} */"]


def _ts(schema: Json, *, drop_null: bool = False) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return _union(s for s in schema["anyOf"] if not (drop_null and s.get("type") == "null"))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    kind = schema.get("type")
    if schema.get("format") == "int64":
        return "Instant"
    if kind == "array":
        inner = _ts(schema.get("items", {}))
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if kind == "object":
        return (
            f"Record<string, {_ts(schema['additionalProperties'])}>"
            if isinstance(schema.get("additionalProperties"), dict)
            else "Record<string, unknown>"
        )
    simple = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
    return simple.get(str(kind), "unknown")


def _union(schemas: Iterable[Json]) -> str:
    return " | ".join(dict.fromkeys(_ts(schema) for schema in schemas))
