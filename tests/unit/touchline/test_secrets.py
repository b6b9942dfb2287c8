"""Which answers of the contract carry something secret: whoever adds one has to say so here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from touchline.app import NOWHERE, build_app
from touchline.export import documents
from touchline.settings import Settings

Json = dict[str, Any]

SECRET = re.compile(r"pass|secret|token|credential|hash|digest|(?<!order)key$|apikey(?!env)", re.IGNORECASE)
HARMLESS = {("StatColumn", "key"), ("StatGroup", "key")}  # columns of a table

CHANNEL = {"Source.password"}  # tests/integration/streaming/test_channel_secrets.py says to whom
TOKENS = {"Tokens.accessToken", "Tokens.refreshToken"}  # to whoever has just proved who they are


@pytest.fixture(scope="module")
def contract() -> dict[str, Json]:
    app = build_app(Settings(redis_url=NOWHERE, secret_key="x" * 32))
    return {name: json.loads(text) for name, text in documents(app).items() if name.endswith(".json")}


def named(document: Json, part: Any, seen: set[str]) -> Iterator[Json]:
    """All schemas that a part of a document leads to."""
    if isinstance(part, list):
        for one in part:
            yield from named(document, one, seen)
    elif isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            found: Any = document
            for step in reference.removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/")]
            yield {"name": reference.rpartition("/")[2], **found}
            yield from named(document, found, seen)
        for value in part.values():
            yield from named(document, value, seen)


def secrets_in(document: Json, part: Any) -> set[str]:
    return {
        f"{schema['name']}.{field}"
        for schema in named(document, part, set())
        for field in schema.get("properties", {})
        if SECRET.search(field) and (schema["name"], field) not in HARMLESS
    }


def test_answers_over_rest_that_carry_a_secret(contract: dict[str, Json]) -> None:
    (document,) = (doc for name, doc in contract.items() if name.endswith("openapi.json"))
    found = {
        f"{method.upper()} {path}": names
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if (names := secrets_in(document, operation["responses"]))
    }
    assert found == {
        "POST /api/auth/login": TOKENS,
        "POST /api/auth/password": TOKENS,
        "POST /api/auth/refresh": TOKENS,
        "POST /api/channels": CHANNEL,
        "GET /api/channels/{channel}": CHANNEL,
        "PATCH /api/channels/{channel}": CHANNEL,
        "POST /api/channels/{channel}/source/password": CHANNEL,
    }


def test_no_event_carries_a_secret(contract: dict[str, Json]) -> None:
    (document,) = (doc for name, doc in contract.items() if name.endswith("asyncapi.json"))
    operations = document["operations"].values()
    sent = [operation["messages"] for operation in operations if operation["action"] == "send"]
    replies = [operation["reply"]["messages"] for operation in operations if "reply" in operation]
    assert sent
    assert replies
    assert secrets_in(document, sent + replies) == set()
