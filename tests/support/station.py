"""A station as one worker has it: all of streaming around real stores, with doubles of its neighbours."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kit.contracts import Reply
from kit.db import Database
from kit.errors import DomainError
from kit.ids import UlidGenerator
from kit.leases import Nodes
from kit.outbox import OutboxRelay
from kit.redis import RedisStore
from kit.session import Role
from streaming.active_streams import ActiveStreamList
from streaming.broadcasts import BroadcastService
from streaming.channels import ChannelService, SourceAddress
from streaming.contracts import CreateChannel, NowPlaying, SendInteraction, StartStream, StopStream, UpdateMetadata
from streaming.leader_jobs import LeaderJobs
from streaming.listeners import ListenerService
from streaming.presence_listener import PresenceListener
from streaming.service import StreamingService
from streaming.source_keys import SourceKeys
from streaming.stream_manager import StreamManager
from tests.support.doubles import (
    ListAudit,
    ManualClock,
    RecordingRealtime,
    StaticMatches,
    StaticOwners,
    StaticSources,
    caller,
    unheard,
)

OWNER = caller(Role.OWNER, "owner")
OTHER = caller(Role.OWNER, "other")
ADMIN = caller(Role.ADMIN, "admin")
FAN = caller(Role.LISTENER, "fan")


class NowPlayingAt(Reply, frozen=True, kw_only=True):
    now: NowPlaying
    offset: str


class Station:
    """One channel with everything around it, as one worker has it."""

    def __init__(self, database: Database, redis: RedisStore, clock: ManualClock) -> None:
        self.database, self.redis, self.clock = database, redis, clock
        self.room, self.sources, self.audit = RecordingRealtime(), StaticSources(), ListAudit()
        database.publish_through(OutboxRelay(database, self.room, clock))
        self.ids = UlidGenerator(clock)
        self.keys = SourceKeys("a secret of these tests")
        self.channels = ChannelService(
            database=database,
            keys=self.keys,
            address=SourceAddress("radio.example", 8005),
            owners=StaticOwners(),
            audit=self.audit,
            clock=clock,
            ids=self.ids,
        )
        self.channel = ""
        self.boot()

    def boot(self) -> None:
        """Start the worker (again): what it holds in memory is gone."""
        self.manager = StreamManager(self.redis, Nodes(self.redis, self.ids.new()))
        self.service = StreamingService(database=self.database, manager=self.manager, matches=StaticMatches())
        self.broadcasts = BroadcastService(
            database=self.database,
            manager=self.manager,
            sources=self.sources,
            matches=StaticMatches(),
            audit=self.audit,
            clock=self.clock,
            ids=self.ids,
        )
        snapshots = unheard()
        self.active = ActiveStreamList(
            database=self.database, manager=self.manager, realtime=self.room, snapshots=snapshots, clock=self.clock
        )
        self.listeners = ListenerService(
            database=self.database,
            streaming=self.service,
            manager=self.manager,
            realtime=self.room,
            snapshots=snapshots,
        )
        self.leader = LeaderJobs(
            database=self.database,
            manager=self.manager,
            realtime=self.room,
            sources=self.sources,
            broadcasts=self.broadcasts,
            active=self.active,
            clock=self.clock,
        )
        self.presence = PresenceListener(
            listeners=self.listeners, active=self.active, manager=self.manager, realtime=self.room
        )

    async def found(self, slug: str = "radio", **more: Any) -> str:
        detail = await self.channels.create_for("owner", CreateChannel(slug=slug, name="Radio", **more))
        self.channel = detail.id
        return detail.id

    def start(self, session: Any = OWNER, **more: Any) -> Any:
        fields = {"channel_id": self.channel, "show_title": "Show", "host_name": "Host", "show_type": "live"} | more
        return self.broadcasts.start(session, StartStream(**fields))

    def stop(self, session: Any = OWNER, **more: Any) -> Any:
        return self.broadcasts.stop(session, StopStream(channel_id=self.channel, **more))

    def update(self, session: Any = OWNER, **fields: Any) -> Any:
        return self.broadcasts.update_metadata(session, UpdateMetadata(channel_id=self.channel, **fields))

    def interact(self, session: Any, kind: Any, emoji: str | None = None) -> Any:
        return self.listeners.interact(session, SendInteraction(channel_id=self.channel, type=kind, emoji=emoji))

    async def join(self, session: Any, channel: str | None = None) -> Any:
        """What a joiner gets, once it is counted."""

        async def load(offset: str) -> NowPlayingAt:
            return NowPlayingAt(now=await self.service.shown(channel or self.channel), offset=offset)

        snapshot = await self.listeners.join(session, channel or self.channel, load)
        await self.manager.flush()
        return msgspec.json.decode(snapshot)

    async def now(self) -> Any:
        return await self.service.now_playing(self.channel)

    async def records(self, **more: Any) -> Any:
        return await self.service.streams(self.channel, **({"before": None, "limit": 50} | more))


async def refused(work: Any, error: type[DomainError]) -> None:
    with pytest.raises(error):
        await work
