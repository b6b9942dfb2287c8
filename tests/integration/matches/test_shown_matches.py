"""A match beside a channel's sound, when it is taken away: on both databases, and through the real doors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from kit.db import Database
from kit.errors import NotFound
from kit.ids import UlidGenerator
from kit.outbox import OutboxRelay
from kit.redis import RedisStore
from kit.rooms import channel_room, match_room
from kit.session import Role
from matches.service import MatchService
from streaming.links import MatchLinks
from streaming.models import ChannelRow, StreamRow
from tests.live import Account, Gateway
from tests.support.doubles import ManualClock, RecordingRealtime, unheard
from tests.support.samples import NoSharedCache, new_match
from touchline.migrate import migrate

MATCH = {
    "sport": "football",
    "competition": {"id": "league", "name": "League"},
    "scheduledAt": "2026-11-21T18:30:00Z",
    "competitors": [
        {"id": "red", "name": "Reds", "abbreviation": "RED", "qualifier": "home"},
        {"id": "blue", "name": "Blues", "abbreviation": "BLU", "qualifier": "away"},
    ],
}


def channel_row(name: str, match_id: str | None) -> dict[str, Any]:
    return {
        "id": name, "slug": name, "name": name, "description": "", "language": "en", "owner_id": "owner",
        "auto_live": True, "source_generation": 1, "match_id": match_id, "created_ms": 1,
    }  # fmt: skip


def stream_row(name: str, match_id: str | None, ended_ms: int | None) -> dict[str, Any]:
    return {
        "id": f"{name}{ended_ms}", "channel_id": name, "started_by": "manual", "adopted": False, "source_on": False,
        "started_ms": 1, "ended_ms": ended_ms, "show_title": "Show", "host_name": "Host", "show_type": "live",
        "metadata_ms": 1, "match_id": match_id, "peak_listeners": 0, "peak_unique": 0,
    }  # fmt: skip


@pytest.fixture
def room(database: Database, clock: ManualClock) -> RecordingRealtime:
    room = RecordingRealtime()
    database.publish_through(OutboxRelay(database, room, clock))
    return room


@pytest.fixture
def matches(database: Database, redis: RedisStore, room: RecordingRealtime, clock: ManualClock) -> MatchService:
    return MatchService(
        database=database, rooms=room, snapshots=unheard(), shared_cache=NoSharedCache(), clock=clock,
        ids=UlidGenerator(clock),
        shows=MatchLinks(redis),
    )  # fmt: skip


async def test_a_match_that_is_deleted_is_shown_nowhere_any_more(
    matches: MatchService, database: Database, room: RecordingRealtime
) -> None:
    gone, stays = [(await matches.create(new_match()))[0].id for _ in range(2)]
    async with database.transaction() as tx:
        await tx.session.execute(
            insert(ChannelRow), [channel_row("one", gone), channel_row("two", gone), channel_row("three", stays)]
        )
        await tx.session.execute(
            insert(StreamRow),
            [stream_row("one", gone, None), stream_row("two", gone, 5), stream_row("three", stays, 5)],
        )
    await matches.delete(gone, forced=False)
    told = [(name, event) for name, event, _ in room.published]
    channels = [(channel_room(name), "stream:match") for name in ("one", "two")]
    assert told == [*channels, (match_room(gone), "match:deleted")]
    assert [payload.get("match") for _, _, payload in room.published[:2]] == [None, None]
    async with database.read() as tx:
        linked = (await tx.session.execute(select(ChannelRow.id, ChannelRow.match_id))).all()
        shown = (await tx.session.execute(select(StreamRow.channel_id, StreamRow.match_id))).all()
    expected = {"one": None, "two": None, "three": stays}
    assert dict(map(tuple, linked)) == dict(map(tuple, shown)) == expected


async def test_a_match_that_a_channel_is_about_to_show_is_not_deleted_meanwhile(
    matches: MatchService, database: Database
) -> None:
    match_id = (await matches.create(new_match()))[0].id
    async with database.transaction() as tx:
        assert (await matches.kept(tx, match_id)).id == match_id
        deleting = asyncio.create_task(matches.delete(match_id, forced=False))
        await asyncio.sleep(0)
        tx.session.add(ChannelRow(**channel_row("late", match_id)))
        await tx.session.flush()
    await deleting
    async with database.read() as tx:
        assert list(await tx.session.scalars(select(ChannelRow.match_id))) == [None]
    async with database.transaction() as tx:
        with pytest.raises(NotFound):
            await matches.kept(tx, match_id)


async def test_links_to_matches_that_are_gone_are_mended_by_the_migration(
    tmp_path: Any, postgres: Any, clock: ManualClock
) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.db'}", postgres.new_database()):
        await migrate(url, "0007")
        database = Database(url, clock=clock, ids=UlidGenerator(clock))
        async with database.transaction() as tx:
            await tx.session.execute(insert(ChannelRow), [channel_row("one", "gone"), channel_row("two", None)])
            await tx.session.execute(insert(StreamRow), [stream_row("one", "gone", 5)])
        await migrate(url)
        async with database.read() as tx:
            assert list(await tx.session.scalars(select(ChannelRow.match_id))) == [None, None]
            assert list(await tx.session.scalars(select(StreamRow.match_id))) == [None]
        await database.close()


# Through the real doors


def http(gateway: Gateway, account: Account) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=gateway.url, headers=account.bearer, timeout=30)


async def test_everybody_can_still_join_a_channel_whose_match_was_deleted(
    gateway: Gateway, connect: Callable[..., Any]
) -> None:
    owner = await gateway.account(Role.OWNER)
    channel = (await gateway.channel(owner))["id"]
    station, guest = await connect(gateway, owner), await connect(gateway)
    async with http(gateway, owner) as rest:
        match_id = (await rest.post("/api/matches", json=MATCH)).json()["id"]
        await station.ok("stream:start", {
            "channelId": channel, "showTitle": "Live", "hostName": "Sam", "showType": "sports",
        })  # fmt: skip
        await station.ok("stream:link-match", {"channelId": channel, "matchId": match_id})
        shown = await guest.ok("stream:join", {"channelId": channel})
        await guest.ok("match:join", {"matchId": match_id})
        assert shown["match"]["id"] == match_id
        assert (await rest.delete(f"/api/matches/{match_id}")).status_code == 204
        unlinked = await guest.hears("stream:match", lambda told: "match" not in told or told["match"] is None)
        assert unlinked["channelId"] == channel
        assert (await guest.hears("match:deleted"))["matchId"] == match_id
        late = await (await connect(gateway)).ok("stream:join", {"channelId": channel})
        assert "match" not in late
        assert "missing" not in late
        assert "matchId" not in late["stream"]
        now = (await rest.get(f"/api/channels/{channel}/now-playing")).json()
        assert "matchId" not in now["channel"]
