"""Connection state recovery as the official client sees it: all that was missed, in order, once, or a fresh start."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.harness import eventually
from tests.integration.matches.test_matches import MATCH, goal
from tests.live import Account, Gateway
from tests.official import OfficialClient
from tests.proxy import Proxy

Gateways = Callable[..., Gateway]
TRANSPORTS = pytest.mark.parametrize("transports", [None, ["websocket"], ["polling"]], ids=["default", "ws", "polling"])


class Feed:
    """Writes goals, each with a number of its own, and knows what a follower must have seen."""

    def __init__(self, gateway: Gateway, account: Account) -> None:
        self.gateway = gateway
        self._headers = account.bearer
        self._numbers = itertools.count()
        self.written: list[str] = []
        self.match = ""

    @classmethod
    async def begin(cls, gateway: Gateway) -> Feed:
        feed = cls(gateway, await gateway.account(Role.FEED))
        async with feed._http() as http:
            answer = await http.post("/api/matches", json=MATCH)
        assert answer.status_code == 201, answer.text
        feed.match = answer.json()["id"]
        return feed

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.gateway.url, headers=self._headers, timeout=60)

    async def write(self, events: int) -> None:
        async with self._http() as http:
            for start in range(0, events, 250):
                names = [f"{next(self._numbers):05}" for _ in range(min(250, events - start))]
                answer = await http.post(f"/api/matches/{self.match}/events", json=[goal(name) for name in names])
                assert answer.status_code in {200, 201}, answer.text
                self.written += names

    def seen_by(self, client: OfficialClient) -> list[str]:
        return [data["eventId"] for data in client.events("match:event")]

    async def all_seen_by(self, client: OfficialClient) -> None:
        await eventually(lambda: self.seen_by(client)[-1:] == self.written[-1:])
        assert self.seen_by(client) == self.written


async def back(client: OfficialClient, mark: int, *, recovered: bool) -> dict[str, Any]:
    """It is connected again; `mark` is how much it had told before."""
    told = await client.hears("connect", mark)
    assert told["recovered"] is recovered
    return told


@pytest.fixture
def two_gateways(gateway_factory: Gateways, own_redis: Any, tmp_path: Path) -> tuple[Gateway, Gateway]:
    """Two gateways on one database and one Redis."""
    database = f"sqlite:///{tmp_path / 'shared.db'}"
    return (
        gateway_factory(database_url=database, redis_url=own_redis.url),
        gateway_factory(database_url=database, redis_url=own_redis.url),
    )


@TRANSPORTS
async def test_a_cut_connection_goes_on_at_another_worker(
    two_gateways: tuple[Gateway, Gateway], transports: list[str] | None
) -> None:
    here, there = two_gateways
    feed = await Feed.begin(here)
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url, transports=transports) as client:
        first = await back(client, 0, recovered=False)
        await client.call("match:join", {"matchId": feed.match})
        await feed.write(3)
        await feed.all_seen_by(client)
        for target in (there, here, here):
            mark = len(client.told)
            proxy.cut()
            await client.hears("disconnect", mark)
            await feed.write(300)
            proxy.mend(target.port)
            assert (await back(client, mark, recovered=True))["id"] == first["id"]
            await feed.write(2)
            await feed.all_seen_by(client)
        await client.call("match:leave", {"matchId": feed.match})


async def test_a_worker_that_has_not_noticed_gives_the_connection_up(two_gateways: tuple[Gateway, Gateway]) -> None:
    here, there = two_gateways
    feed = await Feed.begin(here)
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url, transports=["websocket"]) as client:
        await back(client, 0, recovered=False)
        await client.call("match:join", {"matchId": feed.match})
        for target in (there, there, here):
            mark = len(client.told)
            proxy.target = target.port
            proxy.freeze()  # nothing of this reaches the client any more
            await feed.write(5)
            proxy.lose_clients()
            proxy.mend()
            await back(client, mark, recovered=True)
            await feed.write(1)
            await feed.all_seen_by(client)


async def test_a_drained_worker_s_clients_go_on_at_another(two_gateways: tuple[Gateway, Gateway]) -> None:
    here, there = two_gateways
    feed = await Feed.begin(there)
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url) as client:
        await back(client, 0, recovered=False)
        await client.call("match:join", {"matchId": feed.match})
        await feed.write(2)
        await feed.all_seen_by(client)
        mark = len(client.told)
        await asyncio.to_thread(here.stop)
        assert (await client.hears("disconnect", mark))["reason"] in {"transport close", "transport error"}
        assert client.events("session:closing")[0]["code"] == "draining"
        await feed.write(20)
        proxy.mend(there.port)
        await back(client, mark, recovered=True)
        await feed.write(1)
        await feed.all_seen_by(client)


async def test_a_redis_that_restarts_with_its_data_changes_nothing(
    two_gateways: tuple[Gateway, Gateway], own_redis: Any
) -> None:
    here, there = two_gateways
    feed = await Feed.begin(here)
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url, transports=["websocket"]) as client:
        await back(client, 0, recovered=False)
        await client.call("match:join", {"matchId": feed.match})
        await feed.write(5)
        await feed.all_seen_by(client)
        mark = len(client.told)
        proxy.cut()
        await client.hears("disconnect", mark)
        await feed.write(5)
        own_redis.shut_down()
        own_redis.start()
        for gateway in (here, there):
            await asyncio.to_thread(gateway.wait_until_ready)
        await feed.write(5)
        proxy.mend(there.port)
        await back(client, mark, recovered=True)
        await feed.write(1)
        await feed.all_seen_by(client)


async def test_a_gap_that_is_too_long_is_a_fresh_start(two_gateways: tuple[Gateway, Gateway], own_redis: Any) -> None:
    here, there = two_gateways
    feed = await Feed.begin(here)
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url, transports=["websocket"]) as client:
        first = await back(client, 0, recovered=False)
        await client.call("match:join", {"matchId": feed.match})
        await feed.write(5)
        await feed.all_seen_by(client)
        mark = len(client.told)
        proxy.cut()
        await client.hears("disconnect", mark)
        await feed.write(3)
        own_redis.command("DEL", *own_redis.keys("rt:{rt}:room:*"))  # too old to be kept
        await feed.write(2)
        proxy.mend(there.port)
        assert (await back(client, mark, recovered=False))["id"] != first["id"]
        snapshot = await client.call("match:join", {"matchId": feed.match})
        assert snapshot["seq"] == 10
        await feed.write(1)
        await eventually(lambda: feed.seen_by(client)[-1:] == feed.written[-1:])
        assert feed.seen_by(client) == [*feed.written[:5], feed.written[10]]


async def test_who_was_banned_or_signed_out_meanwhile_is_not_resumed(two_gateways: tuple[Gateway, Gateway]) -> None:
    here, there = two_gateways
    feed = await Feed.begin(here)
    fan = await here.account(Role.LISTENER)
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url, {"token": fan.access}) as client:
        await back(client, 0, recovered=False)
        await client.call("match:join", {"matchId": feed.match})
        mark = len(client.told)
        proxy.cut()
        await client.hears("disconnect", mark)
        async with httpx.AsyncClient(base_url=here.url) as http:
            answer = await http.post("/api/auth/logout", json={"refreshToken": fan.refresh}, headers=fan.bearer)
            assert answer.is_success, answer.text
        proxy.mend(there.port)
        refused = await client.hears("connect_error", mark, lambda one: one["data"] is not None)
        assert refused["data"]["code"] == "unauthorized"
        client.use({})
        client.connect()
        await back(client, mark, recovered=False)
        await feed.write(1)
        snapshot = await client.call("match:join", {"matchId": feed.match})
        assert snapshot["seq"] == 1
        assert feed.seen_by(client) == []


async def test_somebody_else_s_pid_resumes_nothing(two_gateways: tuple[Gateway, Gateway]) -> None:
    here, there = two_gateways
    feed = await Feed.begin(here)
    one, other = await here.account(Role.LISTENER), await here.account(Role.LISTENER)
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url, {"token": one.access}) as client:
        await back(client, 0, recovered=False)
        await client.call("match:join", {"matchId": feed.match})
        mark = len(client.told)
        client.use({"token": other.access})
        proxy.cut()
        await client.hears("disconnect", mark)
        await feed.write(1)
        proxy.mend(there.port)
        await back(client, mark, recovered=False)
        await client.call("heartbeat", {"sentAt": 1})
        assert feed.seen_by(client) == []


async def test_a_listener_who_is_resumed_is_counted_once(
    two_gateways: tuple[Gateway, Gateway], connect: Callable[..., Any]
) -> None:
    here, there = two_gateways
    owner = await here.account(Role.OWNER)
    channel = await here.channel(owner)
    watcher = await connect(there)
    await watcher.ok("stream:join", {"channelId": channel["id"]})
    async with Proxy(here.port) as proxy, OfficialClient(proxy.url, transports=["websocket"]) as client:
        await back(client, 0, recovered=False)
        await client.call("stream:join", {"channelId": channel["id"]})
        await watcher.hears("stream:listeners", lambda data: data["watching"] == 2)
        for target in (there, here):
            mark, before = len(client.told), len(watcher.heard)
            proxy.cut()
            await client.hears("disconnect", mark)
            await eventually(lambda before=before: any(
                name == "stream:listeners" and data["watching"] == 1 for name, data in watcher.heard[before:]
            ))  # fmt: skip
            before = len(watcher.heard)
            proxy.mend(target.port)
            await back(client, mark, recovered=True)
            await client.hears("event", mark, lambda one: one["event"] == "stream:listeners")  # the newest value
            await eventually(lambda before=before: any(
                name == "stream:listeners" and data["watching"] == 2 for name, data in watcher.heard[before:]
            ))  # fmt: skip
