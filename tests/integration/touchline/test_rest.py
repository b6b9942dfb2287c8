"""The REST door as a whole."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.harness import ROOT
from tests.live import Gateway

OPENAPI = json.loads((ROOT / "docs/reference/openapi.json").read_text())
# Reading comes first: an admin may delete what is read.
OPERATIONS = sorted(
    (
        (path, method)
        for path, methods in OPENAPI["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"} and not path.startswith(("/listen", "/api/events"))
    ),
    key=lambda operation: (operation[1] != "get", operation),
)
BODIES: list[Any] = [None, {}, [], {"surprise": 1}, "text", 5]


@pytest.mark.parametrize("role", [None, Role.LISTENER, Role.ADMIN], ids=str)
async def test_no_route_fails_whatever_it_is_given(gateway: Gateway, role: Role | None) -> None:
    owner = await gateway.account(Role.OWNER)
    await gateway.channel(owner)
    headers = (await gateway.account(role)).bearer if role else {}
    async with httpx.AsyncClient(base_url=gateway.url, headers=headers) as http:
        for path, method in OPERATIONS:
            for name in ("radio", "no-such"):
                address = "/".join(name if part.startswith("{") else part for part in path.split("/"))
                if method == "get":
                    answer = await http.get(address)
                    assert answer.status_code < 500, (method, address, answer.text)
                    if path.startswith("/api/channels/{") and "/source/" not in path and name == "radio":
                        assert answer.status_code == 200, (address, answer.text)
                    continue
                for body in BODIES:
                    answer = await http.request(method, address, json=body)
                    assert answer.status_code < 500, (method, address, body, answer.text)
                    if answer.status_code >= 400:
                        problem = answer.json()
                        assert problem["status"] == answer.status_code
                        assert problem["code"], problem
                        assert answer.headers["content-type"] == "application/problem+json"
        assert (await http.get("/api/docs/openapi.json")).status_code == 200
        assert (await http.get("/metrics")).status_code == 200
        missing = await http.get("/api/nothing")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
