"""Puts streaming together.

`touchline.features` calls `build_core` first, and `build` once the parts of the snapshot are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from kit.audit import Audit
from kit.clock import Clock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.leases import Nodes
from kit.module import Module, SnapshotPart
from kit.redis import RedisStore
from kit.scheduler import Scheduler
from kit.snapshots import Snapshots
from streaming import contracts
from streaming.active_streams import ActiveStreamList
from streaming.broadcasts import BroadcastService
from streaming.channels import ChannelService, SourceAddress
from streaming.controllers import ChannelController, active_streams
from streaming.count_throttle import LIST_EVERY, LISTENERS_EVERY, REACTIONS_EVERY
from streaming.gateway import StreamingGateway
from streaming.leader_jobs import LeaderJobs
from streaming.listeners import ListenerService
from streaming.ports import Matches, Owners, Realtime, Sources
from streaming.presence_listener import PresenceListener
from streaming.service import StreamingService
from streaming.snapshot import InteractionsPart, MatchPart, SnapshotLoader
from streaming.source_keys import SourceKeys
from streaming.source_refusals import SourceRefusalService
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


@dataclass(frozen=True, kw_only=True)
class StreamingCore:
    """What streaming is made of, before the snapshot's other parts are known (they need streaming themselves)."""

    service: StreamingService
    broadcasts: BroadcastService
    listeners: ListenerService
    active: ActiveStreamList
    channels: ChannelService
    manager: StreamManager
    presence: PresenceListener
    refusals: SourceRefusalService


def build_core(
    *,
    database: Database,
    redis: RedisStore,
    nodes: Nodes,
    scheduler: Scheduler,
    realtime: Realtime,
    snapshots: Snapshots,
    sources: Sources,
    matches: Matches,
    owners: Owners,
    audit: Audit,
    source_address: SourceAddress,
    source_secret: str,
    clock: Clock,
    ids: UlidGenerator,
) -> StreamingCore:
    """Build the services and what recurs.

    Args:
        database: Where channels and streams are kept.
        redis: Where listeners are counted.
        nodes: Which workers live.
        scheduler: Runs what recurs.
        realtime: The engine.
        snapshots: Of rooms, shared by all who join at about the same time.
        sources: Of audio.
        matches: What a channel may show beside the sound.
        owners: The accounts that channels belong to.
        audit: Where acts of admins are written down.
        source_address: Where broadcasting software connects.
        source_secret: Source passwords are derived from it.
        clock: Wall-clock time.
        ids: Makes the ids of channels, streams and tracks.

    Returns:
        The services; `build` makes their doors.
    """
    manager = StreamManager(redis, nodes)
    service = StreamingService(database=database, manager=manager, matches=matches)
    broadcasts = BroadcastService(
        database=database, manager=manager, sources=sources, matches=matches, audit=audit, clock=clock, ids=ids
    )
    active = ActiveStreamList(
        database=database, manager=manager, realtime=realtime, snapshots=snapshots, clock=clock
    )  # fmt: skip
    listeners = ListenerService(
        database=database, streaming=service, manager=manager, realtime=realtime, snapshots=snapshots
    )
    leader = LeaderJobs(
        database=database,
        manager=manager,
        realtime=realtime,
        sources=sources,
        broadcasts=broadcasts,
        active=active,
        clock=clock,
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
    scheduler.every(LISTENERS_EVERY, "listener counts", leader.publish_listeners, leader_only=True)
    scheduler.every(2.0, "pages of sounds", manager.audience.look_for_pages, leader_only=False)
    scheduler.every(REACTIONS_EVERY, "reactions", leader.publish_interactions, leader_only=True)
    scheduler.every(LIST_EVERY, "active streams", leader.publish_active, leader_only=True)
    scheduler.every(2.0, "abandoned streams", leader.end_abandoned, leader_only=True)
    scheduler.every(2.0, "dead workers", manager.clean_up_dead, leader_only=True)
    scheduler.every(2.0, "lease", manager.keep_alive, leader_only=False)
    return StreamingCore(
        service=service,
        broadcasts=broadcasts,
        listeners=listeners,
        active=active,
        channels=channels,
        manager=manager,
        presence=PresenceListener(listeners=listeners, active=active, manager=manager, realtime=realtime),
        refusals=SourceRefusalService(database=database, sources=sources, realtime=realtime),
    )


def build(
    core: StreamingCore, *, match_schema: type[msgspec.Struct], parts: Sequence[SnapshotPart], clock: Clock
) -> Module:
    """Build the doors of streaming.

    Args:
        core: What `build_core` made.
        match_schema: The type of a match, which streaming itself does not know.
        parts: What other modules add to the snapshot of a channel.
        clock: Wall-clock time.

    Returns:
        The module.
    """
    all_parts: list[SnapshotPart] = [InteractionsPart(core.service), MatchPart(core.service, match_schema), *parts]
    gateway = StreamingGateway(
        service=core.service,
        broadcasts=core.broadcasts,
        listeners=core.listeners,
        snapshots=SnapshotLoader(all_parts),
        clock=clock,
    )
    return Module(
        gateways=(gateway,),
        controllers=(ChannelController, active_streams),
        dependencies={
            "streaming": core.service,
            "broadcasts": core.broadcasts,
            "active": core.active,
            "channels": core.channels,
            "source_refusals": core.refusals,
        },
        events=EVENTS,
        exported=(
            contracts.CreateChannel,
            contracts.ChannelDetail,
            contracts.StreamRecord,
            contracts.TrackRecord,
            contracts.NowPlaying,
            contracts.SourceRefusals,
        ),
        observers=(core.presence,),
    )
