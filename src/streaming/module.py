"""Puts streaming together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from kit.clock import Clock
from kit.db import Database
from kit.ids import Ids
from kit.leases import Jobs, Nodes
from kit.module import Module, SnapshotPart
from kit.redis import RedisStore
from kit.rooms import channel_of, studio_of
from kit.session import Session
from kit.snapshots import Snapshots
from streaming import contracts
from streaming.channels import ChannelService, SourceAddress
from streaming.controllers import ChannelController, active_streams
from streaming.gateway import StreamingGateway
from streaming.ports import Audit, Matches, Owners, Realtime, Sources
from streaming.service import StreamingService
from streaming.snapshot import InteractionsPart, MatchPart, SnapshotLoader
from streaming.source_desk import SourceDesk
from streaming.source_keys import SourceKeys
from streaming.stream_manager import StreamManager

EVENTS = (
    contracts.STREAMS_ACTIVE,
    contracts.STREAM_STARTED,
    contracts.STREAM_STOPPED,
    contracts.STREAM_LIVE,
    contracts.STREAM_OFFLINE,
    contracts.STREAM_METADATA,
    contracts.STREAM_MATCH,
    contracts.STREAM_LISTENERS,
    contracts.INTERACTION_COUNTS,
    contracts.SOURCE_REFUSED,
)


class Arrivals:
    """Greets new connections with what is on air, and takes leave of old ones."""

    def __init__(self, service: StreamingService, manager: StreamManager, realtime: Realtime) -> None:
        self._service = service
        self._manager = manager
        self._realtime = realtime

    async def connected(self, session: Session) -> None:
        """Every connection knows from its start who is live, and has an offset."""
        self._manager.connected(session)
        event = contracts.STREAMS_ACTIVE
        await self._realtime.send(session.connection_id, event.name, await self._service.active_now())

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:
        """Count a recovered connection as a listener of its channels again.

        Called instead of `connected`, once `disconnected` of its former life has ended. Where True is returned,
        `disconnected` follows in the end, however early that is.

        Args:
            session: The caller, authenticated anew, under the connection's old id.
            rooms: All rooms that it was in; those of other modules are not looked at.

        Returns:
            False if a channel is gone: nothing was entered then.
        """
        channels = [name for room in rooms if (name := channel_of(room)) is not None]
        studios = [name for room in rooms if (name := studio_of(room)) is not None]
        return await self._service.rejoin(session, channels, studios)

    async def disconnected(self, session: Session) -> None:
        """Not a listener any more."""
        self._manager.disconnected(session)


@dataclass(frozen=True, kw_only=True)
class Core:
    """What streaming is made of, before the snapshot's other parts are known (they need streaming themselves)."""

    service: StreamingService
    channels: ChannelService
    manager: StreamManager
    arrivals: Arrivals
    desk: SourceDesk


def build_core(
    *,
    database: Database,
    redis: RedisStore,
    nodes: Nodes,
    jobs: Jobs,
    realtime: Realtime,
    snapshots: Snapshots,
    sources: Sources,
    matches: Matches,
    owners: Owners,
    audit: Audit,
    source_address: SourceAddress,
    source_secret: str,
    clock: Clock,
    ids: Ids,
) -> Core:
    """Build the services and what recurs."""
    manager = StreamManager(redis, nodes)
    service = StreamingService(
        database=database,
        manager=manager,
        realtime=realtime,
        snapshots=snapshots,
        sources=sources,
        matches=matches,
        audit=audit,
        clock=clock,
        ids=ids,
    )
    channels = ChannelService(
        database=database,
        keys=SourceKeys(source_secret),
        address=source_address,
        owners=owners,
        audit=audit,
        clock=clock,
        ids=ids,
    )
    jobs.every(1.0, "listener counts", service.tell_listeners, leader_only=True)
    jobs.every(2.0, "pages of sounds", manager.audience.look_for_pages, leader_only=False)
    jobs.every(0.5, "reactions", service.tell_interactions, leader_only=True)
    jobs.every(1.0, "active streams", service.tell_active, leader_only=True)
    jobs.every(2.0, "abandoned streams", service.end_abandoned, leader_only=True)
    jobs.every(2.0, "dead workers", manager.clean_up_dead, leader_only=True)
    jobs.every(2.0, "lease", manager.keep_alive, leader_only=False)
    return Core(
        service=service,
        channels=channels,
        manager=manager,
        arrivals=Arrivals(service, manager, realtime),
        desk=SourceDesk(database=database, sources=sources, realtime=realtime),
    )


def build(core: Core, *, match_schema: type[msgspec.Struct], parts: Sequence[SnapshotPart], clock: Clock) -> Module:
    """Build the doors; `parts` are what other modules add to the snapshot of a channel."""
    all_parts: list[SnapshotPart] = [InteractionsPart(core.service), MatchPart(core.service, match_schema), *parts]
    gateway = StreamingGateway(core.service, snapshots=SnapshotLoader(all_parts), clock=clock)
    return Module(
        gateways=(gateway,),
        controllers=(ChannelController, active_streams),
        dependencies={"streaming": core.service, "channels": core.channels, "source_desk": core.desk},
        events=EVENTS,
        exported=(
            contracts.CreateChannel,
            contracts.ChannelDetail,
            contracts.StreamRecord,
            contracts.TrackRecord,
            contracts.NowPlaying,
            contracts.SourceRefusals,
        ),
        observers=(core.arrivals,),
    )
