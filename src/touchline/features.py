"""All features of one worker, built in the order in which they need each other.

`touchline.app` calls `build_features` and then reads the modules alone. What one feature needs of another is adapted in
`touchline.wiring`. Nothing connects or starts here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import audio.module
import chat.module
import feeds.kafka.module
import feeds.module
import identity.module
import matches.module
import monitoring.module
import streaming.module
from audio.module import AudioModule
from audio.sources import Sources
from feeds.kafka.consumer import TopicSettings
from identity.module import IdentityModule
from identity.passwords import Passwords
from kit.contracts import ErrorBody
from kit.module import Module
from kit.outbound import Guard
from kit.rate_limits import RateLimitCleanup
from kit.shared_cache import SharedCache
from realtime.contracts import EVENTS as REALTIME_EVENTS
from realtime.controllers import events as event_stream
from scoring.model import Match
from streaming.channels import SourceAddress
from streaming.links import MatchLinks
from touchline import pages, signposts
from touchline.infrastructure import Realtime, Stores
from touchline.listening import Bind
from touchline.settings import Settings
from touchline.wiring import AdminFeeds, AdminStreams, AudioChannels, AudioListenerCounter, ChatChannels, EventRooms


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """All modules in start order, and those that the other steps name."""

    identity: IdentityModule
    radio: streaming.module.StreamingCore
    audio: AudioModule
    modules: Sequence[Module]


def build_features(
    settings: Settings, bind: Bind, stores: Stores, realtime: Realtime, passwords: Passwords | None
) -> Features:
    """Build every feature. A new one is built here and added to `modules`; nothing else names it.

    Args:
        settings: What can be set from outside.
        bind: Where this worker serves.
        stores: Of this worker.
        realtime: Of this worker.
        passwords: How passwords are hashed, if not as usual.

    Returns:
        The features; what recurs in them is in `stores.scheduler` by now.
    """
    host = settings.source_host or bind.host
    sources = Sources(stores.redis)
    source_address = SourceAddress(_public_host(settings, host), settings.source_port)

    accounts = _identity(settings, stores, realtime, passwords)
    record, providers, kafka = _matches(settings, stores, realtime)
    radio = streaming.module.build_core(
        database=stores.database,
        redis=stores.redis,
        nodes=stores.nodes,
        scheduler=stores.scheduler,
        realtime=realtime.engine,
        snapshots=realtime.snapshots,
        sources=sources,
        matches=record.service,
        owners=accounts.service,
        audit=stores.audit,
        source_address=source_address,
        source_secret=settings.secret_key,
        clock=stores.clock,
        ids=stores.ids,
    )
    sound = _audio(stores, realtime, radio, host, settings.source_port)
    modules: list[Module] = [
        accounts,
        record,
        providers,
        chat.module.build(
            database=stores.database, channels=ChatChannels(radio.service), clock=stores.clock, ids=stores.ids
        ),
        sound,
        _monitoring(
            stores,
            realtime,
            streams=AdminStreams(radio.service, radio.active, sources),
            match_feeds=AdminFeeds(providers.service, record.alerts),
            optional=kafka.optional,
        ),
        kafka,
        _event_streams(stores, realtime, EventRooms(radio.service, record.service)),
        Module(controllers=[*pages.build(pages.Pages.load()), *signposts.build(source_address)]),
    ]
    parts = [part for module in modules for part in module.parts]
    door = streaming.module.build(radio, match_schema=Match, parts=parts, clock=stores.clock)
    return Features(identity=accounts, radio=radio, audio=sound, modules=[door, *modules])


def _identity(
    settings: Settings, stores: Stores, realtime: Realtime, passwords: Passwords | None
) -> IdentityModule:  # fmt: skip
    return identity.module.build(
        database=stores.database,
        commands=realtime.engine.backplane,
        rate_limiter=stores.rate_limiter,
        connections=realtime.engine,
        scheduler=stores.scheduler,
        audit=stores.audit,
        secret=settings.secret_key,
        clock=stores.clock,
        ids=stores.ids,
        passwords=passwords,
    )


def _matches(
    settings: Settings, stores: Stores, realtime: Realtime
) -> tuple[matches.module.MatchesModule, feeds.module.FeedsModule, feeds.kafka.module.KafkaModule]:
    """The record of matches, and the two ways in which feeds reach it by themselves."""
    record = matches.module.build(
        db=stores.database,
        rooms=realtime.engine,
        snapshots=realtime.snapshots,
        shared_cache=SharedCache(stores.redis),
        shows=MatchLinks(stores.redis),
        rate_limiter=stores.rate_limiter,
        audit=stores.audit,
        clock=stores.clock,
        ids=stores.ids,
    )
    providers = feeds.module.build(
        database=stores.database,
        matches=record.feed_port,
        scheduler=stores.scheduler,
        nodes=stores.nodes,
        clock=stores.clock,
        ids=stores.ids,
        audit=stores.audit,
        environ=os.environ,
        guard=Guard(allow_private=settings.feeds_allow_private, ports=settings.feeds_ports),
        file=settings.feeds_file,
    )
    kafka = feeds.kafka.module.build(
        TopicSettings(url=settings.kafka_url, topic=settings.kafka_topic, group=settings.kafka_group),
        matches=record.feed_port,
        database=stores.database,
        metrics=stores.metrics,
    )
    return record, providers, kafka


def _audio(
    stores: Stores, realtime: Realtime, radio: streaming.module.StreamingCore, host: str, port: int
) -> AudioModule:
    """The doors of sound; sources connect to `host`:`port` (none with port 0)."""
    return audio.module.build(
        redis=stores.redis,
        channels=AudioChannels(
            streaming=radio.service, broadcasts=radio.broadcasts, channels=radio.channels, refusals=radio.refusals
        ),
        listener_counter=AudioListenerCounter(radio.manager.audience),
        rate_limiter=stores.rate_limiter,
        clock=stores.clock,
        ids=stores.ids,
        host=host,
        port=port,
        node_id=stores.nodes.node_id,
        addresses=realtime.engine.addresses,
    )


def _monitoring(
    stores: Stores,
    realtime: Realtime,
    *,
    streams: AdminStreams,
    match_feeds: AdminFeeds,
    optional: Mapping[str, Callable[[], bool]],
) -> Module:
    return monitoring.module.build(
        database=stores.database,
        redis=stores.redis,
        nodes=stores.nodes,
        scheduler=stores.scheduler,
        metrics=stores.metrics,
        realtime=realtime.engine,
        streams=streams,
        feeds=match_feeds,
        clock=stores.clock,
        optional=optional,
        write=stores.probe.write,
    )


def _event_streams(stores: Stores, realtime: Realtime, room_names: EventRooms) -> Module:
    """What the engine itself offers: events over HTTP, and what it says to every connection."""
    return Module(
        controllers=(event_stream,),
        dependencies={"event_streams": realtime.event_streams, "room_names": room_names},
        events=REALTIME_EVENTS,
        exported=(ErrorBody,),
        observers=(RateLimitCleanup(stores.rate_limiter),),
    )


def _public_host(settings: Settings, listening: str) -> str:
    """The host name that owners give to their broadcasting software."""
    if settings.public_url:
        return settings.public_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return "127.0.0.1" if listening in {"0.0.0.0", "::"} else listening  # noqa: S104 - compared, not bound
