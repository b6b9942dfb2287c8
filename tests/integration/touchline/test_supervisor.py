"""What is killed or hangs under a living crowd is replaced: the private Redis, a worker, the supervisor."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.followers import Follower, following
from tests.harness import eventually
from tests.live import Account, Gateway

Gateways = Callable[..., Gateway]
MATCH = {
    "sport": "football",
    "competition": {"id": "league", "name": "League"},
    "scheduledAt": "2026-11-21T18:30:00Z",
    "competitors": [
        {"id": "red", "name": "Reds", "abbreviation": "RED", "qualifier": "home"},
        {"id": "blue", "name": "Blues", "abbreviation": "BLU", "qualifier": "away"},
    ],
}


async def new_match(gateway: Gateway, feed: Account) -> str:
    async with httpx.AsyncClient(base_url=gateway.url, headers=feed.bearer, timeout=60) as http:
        answer = await http.post("/api/matches", json=MATCH)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def goal(gateway: Gateway, feed: Account, match_id: str, event_id: str) -> None:
    """Write one, again and again until it is taken: what is written twice is one event."""
    event = {"provider": "p", "eventId": event_id, "type": "goal", "period": 1, "orderKey": event_id,
             "occurredAt": "2026-11-21T18:40:00Z", "competitorId": "red"}  # fmt: skip
    async with httpx.AsyncClient(base_url=gateway.url, headers=feed.bearer, timeout=60) as http:

        async def taken() -> bool:
            try:
                return (await http.post(f"/api/matches/{match_id}/events", json=[event])).is_success
            except httpx.TransportError:
                return False

        await eventually(taken)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_private_redis_that_is_killed_comes_back_and_everybody_goes_on(
    gateway_factory: Gateways, connect: Callable[..., Any], workers: int
) -> None:
    gateway = gateway_factory(workers=workers)
    owner, fan, feed = [await gateway.account(role) for role in (Role.OWNER, Role.LISTENER, Role.FEED)]
    channel_id = (await gateway.channel(owner))["id"]
    match_id = await new_match(gateway, feed)
    crowd = [Follower(gateway.url, match_id=match_id, channel_id=channel_id) for _ in range(8)]
    async with following(crowd):
        await eventually(lambda: all(one.joined for one in crowd))
        await goal(gateway, feed, match_id, "a")
        await eventually(lambda: all(set(one.events) == {"a"} for one in crowd))
        for time in range(2):
            before = gateway.redis_pid()
            os.kill(before, signal.SIGKILL)
            await eventually(lambda before=before: redis_pid(gateway) not in {0, before})
            await goal(gateway, feed, match_id, f"b{time}")
            await eventually(lambda time=time: all(f"b{time}" in one.events for one in crowd))
        talker = await connect(gateway, fan)

        async def said() -> bool:
            answer = await talker.call("chat:send", {"channelId": channel_id, "text": "again", "clientId": "1"})
            return bool(answer["ok"])

        await eventually(said)
        await eventually(lambda: all("again" in one.said.values() for one in crowd))
    assert all(set(one.events) == {"a", "b0", "b1"} for one in crowd)
    assert "redis died and is started again" in gateway.log()
    gateway.stop()
    assert redis_pid(gateway) == 0, "the one that was started again is ended with the server"


def redis_pid(gateway: Gateway) -> int:
    """The private Redis that answers now; 0 if none does."""
    try:
        return gateway.redis_pid()
    except Exception:  # noqa: BLE001 - whatever a Redis that comes or goes answers
        return 0


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_worker_that_hangs_is_replaced(gateway_factory: Gateways, workers: int) -> None:
    gateway = gateway_factory(workers=workers, environment={"TOUCHLINE_WORKER_TIMEOUT": "5"})
    feed = await gateway.account(Role.FEED)
    match_id = await new_match(gateway, feed)
    crowd = [Follower(gateway.url, match_id=match_id) for _ in range(6)]
    async with following(crowd):
        await eventually(lambda: all(one.joined for one in crowd))
        hangs = gateway.workers_pids()[0]
        os.kill(hangs, signal.SIGSTOP)

        def replaced() -> bool:
            pids = gateway.workers_pids()
            return hangs not in pids and len(pids) == workers

        await eventually(replaced)
        await goal(gateway, feed, match_id, "after")
        await eventually(lambda: all(set(one.events) == {"after"} for one in crowd))
    log = (gateway.directory / "server.log").read_text()
    assert "worker hangs and is ended" in log
    assert "most recent call first" in log, "somebody wants to know where it hung"
    assert "in run\n" in log


async def test_a_killed_only_worker_is_replaced(gateway: Gateway) -> None:
    killed = gateway.workers_pids()
    assert len(killed) == 1
    os.kill(killed[0], signal.SIGKILL)
    await eventually(lambda: len(gateway.workers_pids()) == 1 and gateway.workers_pids() != killed)
    gateway.wait_until_ready()


@pytest.mark.parametrize("workers", [1, 2])
async def test_workers_end_with_a_supervisor_that_is_killed(gateway_factory: Gateways, workers: int) -> None:
    gateway = gateway_factory(workers=workers)
    assert gateway.process is not None
    pids = gateway.workers_pids()
    assert len(pids) == workers
    gateway.process.kill()
    gateway.process.wait()

    def gone() -> bool:
        return not any(os.path.exists(f"/proc/{pid}") for pid in pids)  # noqa: PTH110 - one look, no path

    await eventually(gone)
    gateway.start()  # on the same data: nobody holds it any more


def test_a_server_whose_workers_cannot_start_ends_and_says_so(gateway_factory: Gateways) -> None:
    with pytest.raises(pytest.fail.Exception, match="The server could not start"):
        gateway_factory(redis_url="unix:///nowhere/redis.sock")
