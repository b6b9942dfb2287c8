"""Accounts are administered while the server serves: over REST and from the command line, on all its workers."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.harness import eventually
from tests.live import PASSWORD, SECRET, Account, Client, Gateway
from tests.support import warm
from tests.support.radio import RawSource

Connect = Callable[..., Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, gateway_factory: Callable[..., Gateway]) -> Gateway:
    """Two workers, on either database."""
    if request.param == "sqlite":
        return gateway_factory(workers=2)
    return gateway_factory(workers=2, database_url=request.getfixturevalue("postgres").new_database())


async def command(gateway: Gateway, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command line, as somebody at the server uses it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")}
    env |= {
        "TOUCHLINE_DATA_DIR": str(gateway.directory / "data"),
        "TOUCHLINE_DATABASE_URL": gateway.database_url,
        "TOUCHLINE_SECRET_KEY": SECRET,
    }
    return await asyncio.to_thread(warm.run, arguments, env=env, stdin=stdin)


def closing(client: Client) -> list[Any]:
    return [payload for event, payload in client.heard if event == "session:closing"]


async def is_closed(client: Client, code: str, *, reconnect: bool) -> None:
    await eventually(lambda: bool(closing(client)))
    assert closing(client) == [{"code": code, "reconnect": reconnect}]
    await eventually(lambda: not client.socket.connected)


async def status(gateway: Gateway, account: Account) -> int:
    async with httpx.AsyncClient(base_url=gateway.url, headers=account.bearer) as rest:
        return (await rest.get("/api/me")).status_code


async def test_over_rest(gateway: Gateway, connect: Connect) -> None:
    admin, ann, bob = [await gateway.account(role) for role in (Role.ADMIN, Role.OWNER, Role.LISTENER)]
    ann = await gateway.login(ann.email)  # by the door, which notes her agent
    anns = [await connect(gateway, ann) for _ in range(6)]  # on both workers
    bobs = [await connect(gateway, bob) for _ in range(2)]
    async with httpx.AsyncClient(base_url=gateway.url, headers=admin.bearer) as rest:
        page = (await rest.get("/api/admin/people", params={"text": "owner"})).json()
        assert [one["email"] for one in page["items"]] == [ann.email]
        assert (await rest.get(f"/api/admin/people/{ann.id}/sessions")).json()["items"][0]["agent"].startswith("python")

        answer = await rest.patch(f"/api/admin/people/{ann.id}", json={"disabled": True, "reason": "Spam \u202e"})
        assert answer.status_code == 200
        assert answer.json()["disabled"]["reason"] == "Spam"
        for client in anns:
            await is_closed(client, "banned", reconnect=False)
        assert await status(gateway, ann) == 401
        refused = await rest.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD}, headers={})
        assert (refused.status_code, refused.json()["detail"]) == (403, "This account is disabled: Spam.")

        answer = await rest.patch(f"/api/admin/people/{bob.id}", json={"role": "admin"})
        assert answer.json()["role"] == "admin"
        for client in bobs:
            await is_closed(client, "signed_out", reconnect=True)
        assert await status(gateway, bob) == 401
        renewed = (await rest.post("/api/auth/refresh", json={"refreshToken": bob.refresh})).json()
        assert renewed["user"]["role"] == "admin"
        again = await connect(gateway, Account(bob.id, bob.email, "admin", renewed["accessToken"], ""))
        assert (await again.call("admin:join"))["ok"]

        assert (await rest.delete(f"/api/admin/people/{bob.id}/sessions", params={"reason": "Lost phone"})).is_success
        await is_closed(again, "signed_out", reconnect=True)
        answer = await rest.patch(f"/api/admin/people/{ann.id}", json={"disabled": False})
        assert "disabled" not in answer.json()
        acts = [
            (one["action"], one["target"], one.get("reason"))
            for one in (await rest.get("/api/admin/audit")).json()["items"]
        ]
        assert acts == [
            ("person.enable", ann.email, None),
            ("person.end_sessions", bob.email, "Lost phone"),
            ("person.role", bob.email, "listener to admin"),
            ("person.disable", ann.email, "Spam"),
        ]
    for account in (bob, await gateway.login(ann.email)):
        async with httpx.AsyncClient(base_url=gateway.url, headers=account.bearer) as rest:
            assert (await rest.get("/api/admin/people")).status_code in {401, 403}


async def test_from_the_command_line(gateway: Gateway, connect: Connect) -> None:
    admin, ann = await gateway.account(Role.ADMIN), await gateway.account(Role.OWNER)
    client = await connect(gateway, ann)
    done = await command(gateway, "set-role", "--email", ann.email, "--role", "listener", "--reason", "Left")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"listener {ann.email} enabled\n", "")
    await is_closed(client, "signed_out", reconnect=True)
    await eventually(lambda: _is(gateway, ann, 401))

    ann = await gateway.login(ann.email)
    assert ann.role == "listener"
    client = await connect(gateway, ann)
    done = await command(gateway, "disable-user", "--email", ann.email, "--reason", "Spam", "--until", "2090-01-01")
    assert done.returncode == 0, done.stderr
    await is_closed(client, "banned", reconnect=False)
    assert (await command(gateway, "enable-user", "--email", ann.email)).returncode == 0

    common = await command(gateway, "set-password", "--email", ann.email, "--password-stdin", stdin="0123456789\n")
    assert (common.returncode, "most common" in common.stderr) == (1, True)
    done = await command(gateway, "set-password", "--email", ann.email, "--password-stdin", stdin=PASSWORD + " 2\n")
    assert done.returncode == 0, done.stderr
    async with httpx.AsyncClient(base_url=gateway.url) as rest:
        login = {"email": ann.email, "password": PASSWORD}
        assert (await rest.post("/api/auth/login", json=login)).status_code == 401
        body = (await rest.post("/api/auth/login", json={**login, "password": PASSWORD + " 2"})).json()
    client = await connect(gateway, Account(ann.id, ann.email, "listener", body["accessToken"], ""))
    done = await command(gateway, "end-sessions", "--email", ann.email)
    assert done.returncode == 0, done.stderr
    await is_closed(client, "signed_out", reconnect=True)

    last = await command(gateway, "disable-user", "--email", admin.email, "--reason", "x")
    assert (last.returncode, "last admin" in last.stderr) == (1, True)
    nobody = await command(gateway, "set-role", "--email", "nobody@example.org", "--role", "owner")
    assert (nobody.returncode, "no account" in nobody.stderr) == (1, True)


async def _is(gateway: Gateway, account: Account, expected: int) -> bool:
    return await status(gateway, account) == expected


async def test_what_the_security_log_says(gateway_factory: Callable[..., Gateway]) -> None:
    gateway = gateway_factory(environment={"TOUCHLINE_LOG_FORMAT": "json"})
    ann = await gateway.login((await gateway.account(Role.OWNER)).email)  # by the door, which logs it
    await gateway.channel(ann)
    async with httpx.AsyncClient(base_url=gateway.url) as rest:
        await rest.post("/api/auth/login", json={"email": ann.email, "password": "a wrong one"})
        await rest.post("/api/auth/login", json={"email": "nobody@example.org", "password": "a wrong one"})
        assert (await rest.get("/api/admin/audit", headers=ann.bearer)).status_code == 403
    source = await RawSource.request(gateway.source_port, "PUT /radio HTTP/1.1", password="guess")
    assert "401" in await source.head()
    await source.close()
    lines = [line for line in gateway.log().splitlines() if "security" in line]

    def told(*words: str) -> bool:
        return any(all(word in line for word in words) for line in lines)

    assert told("sign-in", "ok", ann.id, "127.0.0.1")
    assert told("sign-in", "wrong password", ann.id, "127.0.0.1")
    assert told("sign-in", "unknown account", "127.0.0.1")
    assert told("forbidden", "Your role does not allow this.", ann.id, "GET /api/admin/audit")
    assert told("source", "Wrong mount or password", "127.0.0.1", "/radio")
    text = gateway.log()
    for secret in ("a wrong one", "guess", PASSWORD, ann.access, ann.refresh, ann.email, "nobody@example.org"):
        assert secret not in text
