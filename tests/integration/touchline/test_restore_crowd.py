"""A restore under a living crowd: it forgets what the database no longer has, and follows what comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.session import Role
from tests.followers import Follower, following
from tests.harness import eventually
from tests.live import Gateway
from tests.support.operator import Writer, done, modes

Gateways = Callable[..., Gateway]
CROWD = 12


def shows(one: Follower, goals: set[str]) -> bool:
    """Whether it has this state of the match: all goals in the score, the newest in the commentary, and no other."""
    score = {side["id"]: side["score"] for side in one.match["competitors"]}
    return score["red"] == len(goals) and set(one.events) <= goals and len(one.events) >= min(len(goals), 30)


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, gateway_factory: Gateways) -> Gateway:
    """One on each database, with a private Redis."""
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgresql" else ""
    return gateway_factory(database_url=url)


async def test_a_restore_under_a_living_crowd(gateway: Gateway, connect: Callable[..., Any], tmp_path: Path) -> None:
    owner, fan, feed = [await gateway.account(role) for role in (Role.OWNER, Role.LISTENER, Role.FEED)]
    channel_id = (await gateway.channel(owner))["id"]
    writer = Writer(gateway, feed)
    match_id = await writer.begin()
    crowd = [Follower(gateway.url, match_id=match_id, channel_id=channel_id) for _ in range(CROWD)]
    async with following(crowd):
        await eventually(lambda: all(one.joined for one in crowd))
        talker = await connect(gateway, fan)
        await talker.ok("chat:send", {"channelId": channel_id, "text": "kept", "clientId": "1"})
        stop = asyncio.Event()
        writing = asyncio.create_task(writer.go_on("a", stop))
        await eventually(lambda: len(writer.acknowledged) > 20)
        before = set(writer.acknowledged)
        await done(gateway, "backup", str(tmp_path / "backup"))
        during = set(writer.acknowledged)
        assert len(during) > len(before), "a backup stops nobody"
        stop.set()
        await writing
        await talker.ok("chat:send", {"channelId": channel_id, "text": "lost", "clientId": "2"})
        async with writer.http() as http:
            for number in range(30):
                await writer.goal(http, f"later{number}")
        await eventually(lambda: all(set(one.events) == set(writer.acknowledged) for one in crowd))
        held = {one.seq for one in crowd}
        snapshots = [one.snapshots for one in crowd]

        gateway.stop()
        said = await done(gateway, "restore", "--force", str(tmp_path / "backup"))
        assert "Restored what was backed up" in said
        gateway.start()

        restored = await writer.stored()
        assert before <= restored <= during, "all that was acknowledged before the backup began, and nothing later"
        await eventually(lambda: all(shows(one, restored) for one in crowd))
        # Nobody goes on where it was: each took both snapshots anew.
        await eventually(lambda: all(one.snapshots >= n + 2 for one, n in zip(crowd, snapshots, strict=True)))
        await eventually(lambda: all(set(one.said.values()) == {"kept"} for one in crowd))
        assert max(held) > max(one.seq for one in crowd), "they had come further than the restored match"

        # Events with numbers that were given out before the restore are other events now, and reach everybody.
        talker = await connect(gateway, await gateway.login(fan.email))
        await talker.ok("chat:send", {"channelId": channel_id, "text": "new", "clientId": "3"})
        async with writer.http() as http:
            for number in range(10):
                await writer.goal(http, f"new{number}")
        expected = restored | {f"new{number}" for number in range(10)}
        await eventually(lambda: all(shows(one, expected) for one in crowd))
        assert all({f"new{number}" for number in range(10)} <= set(one.events) for one in crowd)
        await eventually(lambda: all(set(one.said.values()) == {"kept", "new"} for one in crowd))
        fresh = Follower(gateway.url, match_id=match_id)
        async with following([fresh]):
            await eventually(lambda: fresh.joined and shows(fresh, expected))
        assert await writer.stored() == expected
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    assert modes(tmp_path / "backup") == {"0o600"}
