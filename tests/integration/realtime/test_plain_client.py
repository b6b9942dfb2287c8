"""The documentation's client without a Socket.IO library (docs/examples/plain_client.py), against real gateways."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.harness import ROOT, eventually
from tests.integration.matches.test_matches import MATCH, goal
from tests.live import Account, Gateway
from tests.proxy import Proxy

EXAMPLE = ROOT / "docs" / "examples" / "plain_client.py"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plain_client", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def two_gateways(gateway_factory: Callable[..., Gateway], own_redis: Any, tmp_path: Path) -> tuple[Gateway, Gateway]:
    """Two gateways on one database and one Redis."""
    database = f"sqlite:///{tmp_path / 'shared.db'}"
    return (
        gateway_factory(database_url=database, redis_url=own_redis.url),
        gateway_factory(database_url=database, redis_url=own_redis.url),
    )


class Follower:
    """The example's client, and all that it handed on."""

    def __init__(self, example: ModuleType, url: str, match_id: str, **auth: Any) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.match = example.Match()
        joins = [("match:join", {"matchId": match_id})]
        self.client = example.Client(url.replace("http", "ws"), joins, self._take, auth=auth)

    def _take(self, name: str, *data: Any) -> None:
        self.heard.append((name, data[0]))
        self.match.take(name, *data)

    @property
    def goals(self) -> list[str]:
        return [data["eventId"] for name, data in self.heard if name == "match:event"]

    @property
    def snapshots(self) -> int:
        return sum(1 for name, _ in self.heard if name == "match:join")


@asynccontextmanager
async def running(follower: Follower) -> AsyncIterator[Follower]:
    task = asyncio.create_task(follower.client.run())
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def writing(gateway: Gateway, feed: Account) -> AsyncIterator[tuple[str, Callable[..., Any]]]:
    """A match's id, and what writes goals into it."""
    async with httpx.AsyncClient(base_url=gateway.url, headers=feed.bearer, timeout=60) as http:
        match_id = (await http.post("/api/matches", json=MATCH)).json()["id"]

        async def write(*names: str) -> None:
            answer = await http.post(f"/api/matches/{match_id}/events", json=[goal(name) for name in names])
            assert answer.is_success, answer.text

        yield match_id, write


async def test_it_goes_on_at_another_worker_after_a_cut(
    two_gateways: tuple[Gateway, Gateway], example: ModuleType
) -> None:
    here, there = two_gateways
    feed = await here.account(Role.FEED)
    async with writing(here, feed) as (match_id, write), Proxy(here.port) as proxy:
        await write("a")
        async with running(Follower(example, proxy.url, match_id)) as follower:
            await eventually(lambda: follower.snapshots)
            await write("b")
            await eventually(lambda: follower.goals == ["b"])
            proxy.cut()
            missed = [f"c{number:03}" for number in range(200)]
            await write(*missed)
            proxy.mend(there.port)
            await eventually(lambda: follower.goals[-1:] == missed[-1:])
            await write("d")
            await eventually(lambda: follower.goals[-1:] == ["d"])
            assert follower.goals == ["b", *missed, "d"]
            assert follower.client.recovered is True
            assert follower.snapshots == 1
            assert list(follower.match.events) == ["a", "b", *missed, "d"]


async def test_it_begins_anew_where_it_cannot_go_on(
    two_gateways: tuple[Gateway, Gateway], own_redis: Any, example: ModuleType
) -> None:
    here, there = two_gateways
    feed = await here.account(Role.FEED)
    async with writing(here, feed) as (match_id, write), Proxy(here.port) as proxy:
        follower = Follower(example, proxy.url, match_id, device="phone-7f3a")
        async with running(follower):
            await eventually(lambda: follower.snapshots)
            proxy.cut()
            await write("a", "b")
            await eventually(lambda: own_redis.keys("rt:{rt}:session:*"))
            own_redis.command("DEL", *own_redis.keys("rt:{rt}:session:*"))  # as two minutes do
            proxy.mend(there.port)
            await eventually(lambda: follower.snapshots == 2)
            await write("c")
            await eventually(lambda: list(follower.match.events) == ["a", "b", "c"])
            assert follower.client.recovered is False
            assert follower.goals == ["c"]


async def test_it_goes_on_elsewhere_when_its_server_stops(
    two_gateways: tuple[Gateway, Gateway], example: ModuleType
) -> None:
    here, there = two_gateways
    feed = await there.account(Role.FEED)
    async with writing(there, feed) as (match_id, write), Proxy(here.port) as proxy:
        follower = Follower(example, proxy.url, match_id)
        async with running(follower):
            await eventually(lambda: follower.snapshots)
            await asyncio.to_thread(here.stop)
            closing = next(data for name, data in follower.heard if name == "session:closing")
            assert (closing["code"], closing["reconnect"]) == ("draining", True)
            await write("a")
            proxy.mend(there.port)
            await eventually(lambda: follower.goals == ["a"])
            assert follower.client.recovered is True


async def test_it_tries_again_while_redis_is_away(
    two_gateways: tuple[Gateway, Gateway], own_redis: Any, example: ModuleType
) -> None:
    here, _ = two_gateways
    feed = await here.account(Role.FEED)
    async with writing(here, feed) as (match_id, write):
        await write("a")
        own_redis.stop()
        follower = Follower(example, here.url, match_id)
        async with running(follower):
            await eventually(lambda: follower.client.wait)
            assert follower.snapshots == 0
            own_redis.start()
            await eventually(lambda: list(follower.match.events) == ["a"])


async def test_it_says_why_it_is_refused(two_gateways: tuple[Gateway, Gateway], example: ModuleType) -> None:
    here, _ = two_gateways
    nobody = Follower(example, here.url, "none", token="rubbish")
    with pytest.raises(example.Refused, match='"code":"unauthorized"'):
        await nobody.client.run()
    lost = Follower(example, here.url, "none")
    with pytest.raises(example.Refused, match="not_found"):
        await lost.client.run()


def test_what_waits_for_a_snapshot_is_asked_for_again_after_a_cut(example: ModuleType) -> None:
    follower = Follower(example, "http://nowhere", "none")
    client = follower.client
    client.held, client.acks = [], {}
    client.take_event("one", {}, "e-1")
    client.acks = {0: 0}
    client.take_event("two", {}, "e-2")
    assert ([name for name, _ in follower.heard], client.offset) == (["one"], "e-1")
    client.take_ack(client.acks.pop(0), {"ok": True, "data": {"seq": 0, "events": []}})
    assert ([name for name, _ in follower.heard], client.offset) == (["one", "match:join", "two"], "e-2")
