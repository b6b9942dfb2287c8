"""The documented tour: a server that starts without brokers, a simulator that writes, a broker that comes and goes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.harness import eventually
from tests.kafka import Broker
from tests.live import Gateway


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.kill()


async def simulate(broker: Broker, *options: str) -> str:
    """Run `touchline simulate --to kafka`; what it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "touchline", "simulate", "--to", "kafka", "--speed", "0", *options,
        env={**os.environ, "TOUCHLINE_KAFKA_URL": broker.url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_a_simulated_match_reaches_followers_and_a_broker_that_goes_stops_nothing(
    gateway_factory: Callable[..., Gateway], connect: Callable[..., Any], broker: Broker
) -> None:  # fmt: skip
    gateway = gateway_factory(environment={"TOUCHLINE_KAFKA_URL": broker.url})
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as rest:

        async def kafka(*, answers: bool) -> bool:
            ready = await rest.get("/health/ready")
            assert ready.status_code == 200
            figures = (await rest.get("/metrics")).text
            return (
                ready.json()["optional"] == {"kafka": answers}
                and f"touchline_kafka_connected {float(answers)}" in figures
            )

        assert await kafka(answers=False)
        broker.start()
        await broker.make_topics("touchline.matches", "touchline.matches.dead")
        await eventually(lambda: kafka(answers=True))

        for sport in ("football", "basketball"):
            said = await simulate(broker, "--sport", sport, "--seed", "4")
            total = int(said.split(" events")[0].rpartition(" ")[2])

            async def played(sport: str = sport, total: int = total) -> bool:
                items = (await rest.get("/api/matches", params={"sport": sport})).json()["items"]
                return [(one["status"], one["seq"]) for one in items] == [("ended", total)]

            await eventually(played)

        broker.kill()
        await eventually(lambda: kafka(answers=False))
        # Whoever writes by REST does not notice.
        feed = await gateway.account(Role.FEED)
        [match] = (await rest.get("/api/matches", params={"sport": "football"})).json()["items"]
        guest = await connect(gateway)
        await guest.ok("match:join", {"matchId": match["id"]})
        late = {"provider": "p", "eventId": "late", "type": "comment", "period": 2, "orderKey": "z",
                "occurredAt": "2026-11-21T18:40:00Z", "commentary": [{"text": "Thank you"}]}  # fmt: skip
        answer = await rest.post(f"/api/matches/{match['id']}/events", json=late, headers=feed.bearer)
        assert answer.json()["items"][0]["result"] == "applied", answer.text
        await guest.hears("match:event", lambda event: event["eventId"] == "late")
