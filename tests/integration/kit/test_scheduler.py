"""Recurring work."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.exceptions import RedisError

from kit.leases import Nodes
from kit.redis import RedisStore
from kit.scheduler import Scheduler
from tests.harness import eventually
from tests.support.doubles import captured_logs


async def test_jobs_recur_survive_their_failures_and_end(redis: RedisStore) -> None:
    node = Nodes(redis, "one")
    scheduler = Scheduler(node)
    ran: dict[str, int] = {"all": 0, "leader": 0, "broken": 0, "away": 0}

    def counting(name: str, error: Exception | None = None) -> Any:
        async def job() -> None:
            ran[name] += 1
            if error is not None:
                raise error

        return job

    scheduler.every(0.001, "all", counting("all"), leader_only=False)
    scheduler.every(0.001, "leader", counting("leader"), leader_only=True)
    scheduler.every(0.001, "broken", counting("broken", ZeroDivisionError("why")), leader_only=False)
    scheduler.every(0.001, "away", counting("away", RedisError("gone")), leader_only=False)
    with captured_logs() as lines:
        async with scheduler.running():
            await eventually(lambda: min(ran["all"], ran["broken"], ran["away"]) >= 3)
            assert ran["leader"] == 0
            await node.claim_leadership()
            await eventually(lambda: ran["leader"] >= 3)
    after = dict(ran)
    await asyncio.sleep(0)
    assert ran == after
    assert {(line["job"], line["event"]) for line in lines} == {("broken", "job failed"), ("away", "job postponed")}
    assert any("ZeroDivisionError: why" in line.get("exception", "") for line in lines)
