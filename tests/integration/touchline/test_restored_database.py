"""A database that is taken back to an older copy while its Redis lives on: followers begin anew, and stay right."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kit.contracts import encode_rest
from kit.session import Role
from tests.integration.matches.test_followers import Page, http, match_to_play
from tests.live import Gateway
from tests.support.event_streams import reading


def copied(database: Path, to: Path) -> None:
    """A whole copy of a database that is in use."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def put_back(copy: Path, database: Path) -> None:
    """As somebody does it by hand."""
    for left in (f"{database}-wal", f"{database}-shm"):
        Path(left).unlink(missing_ok=True)
    shutil.copyfile(copy, database)


@pytest.mark.parametrize("ends", ["killed", "stopped"])
async def test_a_database_put_back_under_a_living_redis(
    gateway_factory: Callable[..., Gateway], connect: Callable[..., Any], own_redis: Any, tmp_path: Path, ends: str
) -> None:
    gateway = await asyncio.to_thread(gateway_factory, redis_url=own_redis.url, workers=2)
    database = gateway.directory / "data" / "touchline.db"
    feed = await gateway.account(Role.FEED)
    played = match_to_play()
    ops = [op for op in played.ops if op.type in ("period_start", "goal", "card")][:8]
    headers = {"content-type": "application/json"}
    async with http(gateway, feed) as rest:
        made = await rest.post("/api/matches", content=encode_rest(played.create), headers=headers)
        match_id = made.json()["id"]
        url = f"/api/matches/{match_id}"

        async def feed_in(some: list[Any]) -> None:
            answer = await rest.post(f"{url}/events", content=encode_rest(some), headers=headers)
            assert {item["result"] for item in answer.json()["items"]} == {"applied"}, answer.text

        await feed_in(ops[:3])
        copied(database, tmp_path / "older.db")
        guest = await connect(gateway)
        await guest.ok("match:join", {"matchId": match_id})
        async with reading(gateway, f"match={match_id}") as events:
            await feed_in(ops[3:6])
            for _ in range(3):
                await events.until("match:event")
            place = events.last_id
        assert (await rest.get(f"{url}/snapshot")).json()["seq"] == 6

        await asyncio.to_thread(gateway.kill if ends == "killed" else gateway.stop)
        put_back(tmp_path / "older.db", database)
        await asyncio.to_thread(gateway.start)

        async with reading(gateway, f"match={match_id}", place) as events:
            assert [(await events.next())[0] for _ in range(2)] == ["hello", "resync"]
            fresh = await connect(gateway)
            joined = Page(await fresh.ok("match:join", {"matchId": match_id}))
            streamed = Page((await rest.get(f"{url}/snapshot")).json())
            assert joined.seq == streamed.seq == 3
            # What happens next is numbered as what is gone was, and is something else.
            others = [msgspec.structs.replace(op, event_id=f"other-{op.event_id}") for op in ops[5:8]]
            await feed_in(others)
            now = (await rest.get(f"{url}/snapshot")).json()
            while streamed.seq < now["seq"]:
                streamed.hear(*(await events.next()))
            await fresh.hears("match:updated", lambda match: match["version"] == now["match"]["version"])
            for name, payload in fresh.heard:
                joined.hear(name, payload)
            assert joined.seq == streamed.seq == now["seq"] == 6
            late = Page(await fresh.ok("match:join", {"matchId": match_id}))
            assert (joined.match, joined.commentary) == (late.match, late.commentary)
            assert streamed.commentary == late.commentary
            assert [one["eventId"] for one in now["events"][:3]] == [op.event_id for op in reversed(others)]
    assert "a new epoch begins" in gateway.log()
