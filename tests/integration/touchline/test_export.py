"""The exported contract says what the code does, and nothing is sent that it does not know."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from kit.contracts import Instant, Policy, ServerEvent, encode_event
from kit.gateway import RESERVED
from realtime.contracts import SESSION_CLOSING, SessionClosing
from realtime.sse import Place
from streaming.contracts import STREAM_MATCH, MatchLink
from tests.harness import ROOT
from touchline.app import NOWHERE, Application, build_app
from touchline.export import documents, outdated, write
from touchline.settings import Settings


@pytest.fixture(scope="module")
def app() -> Iterator[Application]:
    return build_app(Settings(redis_url=NOWHERE, secret_key="x" * 32))


def test_what_was_just_written_is_current(app: Application, tmp_path: Path) -> None:
    names = sorted(documents(app))
    assert sorted(outdated(app, tmp_path)) == names
    assert sorted(write(app, tmp_path)) == names
    assert outdated(app, tmp_path) == []
    assert write(app, tmp_path) == []
    (tmp_path / names[0]).write_text("changed by hand")
    assert outdated(app, tmp_path) == [names[0]]


def test_two_builds_export_the_same(app: Application) -> None:
    assert documents(app) == documents(build_app(Settings(redis_url=NOWHERE, secret_key="y" * 32)))


def declared() -> dict[str, tuple[str, str]]:
    """Every `NAME = ServerEvent("name", …)` in the source: name to (module, constant)."""
    found = {}
    for path in sorted((ROOT / "src").glob("*/contracts.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                call = node.value
                if isinstance(call.func, ast.Name) and call.func.id == "ServerEvent":
                    assert isinstance(call.args[0], ast.Constant)
                    assert isinstance(node.targets[0], ast.Name)
                    found[str(call.args[0].value)] = (path.parent.name, node.targets[0].id)
    return found


def test_every_event_that_is_declared_is_in_the_registry_and_exported(app: Application) -> None:
    names = [event.name for event in app.events]
    assert len(names) == len(set(names))
    assert set(names) == set(declared())
    asyncapi = json.loads(documents(app)["docs/reference/asyncapi.json"])
    assert set(names) | set(app.dispatcher.specs) <= set(asyncapi["components"]["messages"])
    typescript = documents(app)["web/src/contracts/generated.ts"]
    assert all(f'"{name}":' in typescript for name in [*names, *app.dispatcher.specs])


def test_an_event_says_how_it_is_delivered(app: Application) -> None:
    waved = ServerEvent("test:waved", SessionClosing, Policy.EPHEMERAL, "Somebody waves.")
    exported = documents(replace(app, events=[*app.events, waved]))
    asyncapi = json.loads(exported["docs/reference/asyncapi.json"])
    assert asyncapi["components"]["messages"]["test:waved"]["x-delivery"] == "ephemeral"
    assert "test:waved" in asyncapi["channels"]["events"]["messages"], "event streams have it too"
    assert "/** Somebody waves. (ephemeral) */" in exported["web/src/contracts/generated.ts"]


def test_events_are_published_through_their_declaration_only() -> None:
    """No `publish("room", "some:name", …)`: a name that is written out would be missing from the contract."""
    checked = 0
    for path in sorted((ROOT / "src").rglob("*.py")):
        if path.parent.name in {"kit", "realtime"}:
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr in {"publish", "announce"}:
                checked += 1
                named = [a for a in call.args if isinstance(a, ast.Constant) and ":" in str(a.value)]
                assert not named, f"{path}:{call.lineno}"
    assert checked > 10


def test_what_is_sent_fits_the_exported_schema(app: Application) -> None:
    exported = json.loads(documents(app)["docs/reference/schema.json"])
    sent: list[tuple[ServerEvent[Any], Any]] = [
        (SESSION_CLOSING, SessionClosing(code="draining", reconnect=True, retry_after_ms=5)),
        (STREAM_MATCH, MatchLink(channel_id="c", match=None, at=Instant(1))),
    ]
    for event, payload in sent:
        schema = exported | {"$ref": f"#/components/schemas/{event.payload.__name__}"}
        jsonschema.validate(json.loads(encode_event(payload)), schema, cls=jsonschema.Draft202012Validator)


def test_the_asyncapi_document_has_no_loose_end(app: Application) -> None:
    document = json.loads(documents(app)["docs/reference/asyncapi.json"])

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    found = set(references(document))
    assert len(found) > 50
    for reference in found:
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]


def test_event_streams_are_described_with_what_they_carry(app: Application) -> None:
    document = json.loads(documents(app)["docs/reference/asyncapi.json"])
    channel = document["channels"]["events"]
    assert channel["address"] in set(json.loads(documents(app)["docs/reference/openapi.json"])["paths"])
    carried = {*channel["messages"]}
    assert {"hello", "resync", "match:event", "stream:listeners", "chat:message"} <= carried
    assert not carried & {"session:closing", "admin:overview", *app.dispatcher.specs}
    assert not {"hello", "resync"} & {*document["channels"]["streaming"]["messages"]}


def test_no_client_event_has_a_reserved_or_a_server_s_name(app: Application) -> None:
    clients = set(app.dispatcher.specs)
    assert not clients & RESERVED
    assert not clients & {event.name for event in app.events}


def test_the_events_of_a_stream_itself_are_in_the_contract(app: Application) -> None:
    asyncapi = json.loads(documents(app)["docs/reference/asyncapi.json"])
    for name in get_args(Place):
        assert asyncapi["components"]["messages"][name]["payload"]["required"] == ["offset"]
        assert {"$ref": f"#/channels/events/messages/{name}"} in asyncapi["operations"]["send server-sent events"][
            "messages"
        ]
