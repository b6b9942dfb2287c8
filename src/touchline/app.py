"""The whole object graph, top to bottom: `build_app(settings)` gives the ASGI application."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from litestar import Litestar

import audio.module
import chat.module
import feeds.kafka.module
import feeds.module
import identity.module
import matches.module
import monitoring.module
import streaming.module
from audio.service import AudioService
from audio.sources import Sources
from feeds.contracts import CreateFeed, FeedPage, RawPage
from feeds.kafka.consumer import Feed
from identity.contracts import SESSION_EXPIRING, LoginList, PersonPage, SessionExpiry, Tokens, User
from identity.passwords import Passwords
from identity.people import PeopleService
from identity.service import IdentityService
from kit.clock import Clock, SystemClock
from kit.contracts import ErrorBody, Instant, ServerEvent
from kit.copies import Copies
from kit.db import Database
from kit.gateway import Dispatcher
from kit.ids import Ids
from kit.leases import Jobs, Nodes
from kit.limits import Limits
from kit.metrics import Metrics
from kit.module import Module
from kit.outbound import Guard
from kit.outbox import OutboxRelay
from kit.redis import RedisStore
from kit.session import Session
from kit.snapshots import Snapshots
from matches.alerts.contracts import ScoreAlertPage
from matches.authorship import AuthoredPage
from matches.contracts import (
    CorrectEvent,
    EditMatch,
    MatchSetup,
    MatchStatistics,
    MatchTimeline,
)
from monitoring.contracts import AuditEntry
from monitoring.service import AuditLog
from realtime.contracts import EVENTS as REALTIME_EVENTS
from realtime.controllers import events as event_stream
from realtime.engine import Engine
from realtime.handover import Handover
from realtime.sse import EventStreams
from scoring.model import CreateMatch, EventOp, EventPage, IngestResult, Match
from streaming.channels import ChannelService, SourceAddress
from streaming.contracts import ChannelDetail, CreateChannel, NowPlaying, SourceRefusals, StreamRecord, TrackRecord
from streaming.links import MatchLinks
from touchline import pages, signposts
from touchline.error_pages import for_people
from touchline.http import Edge, build_http
from touchline.migrate import migrate
from touchline.settings import Settings, with_secret
from touchline.wiring import (
    AdminFeeds,
    AdminStreams,
    AudioChannels,
    AudioPlayers,
    ChatChannels,
    DatabaseProbe,
    EventRooms,
)

VERSION = "0.1.0"
NOWHERE = "unix:///nonexistent/redis.sock"
"""A Redis for commands that need the database alone."""

T = TypeVar("T")


# Types that only REST carries, and the error of every ack, for the exported contract.
_BESIDES_EVENTS = (
    ErrorBody,
    Tokens,
    User,
    LoginList,
    PersonPage,
    CreateChannel,
    ChannelDetail,
    StreamRecord,
    TrackRecord,
    NowPlaying,
    SourceRefusals,
    CorrectEvent,
    CreateMatch,
    EditMatch,
    EventOp,
    EventPage,
    IngestResult,
    AuthoredPage,
    MatchSetup,
    MatchStatistics,
    MatchTimeline,
    AuditEntry,
    CreateFeed,
    FeedPage,
    RawPage,
    ScoreAlertPage,
)


@dataclass(frozen=True, slots=True)
class Bind:
    """Where this worker serves: set on the command line, not in the environment."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    handover: Path | None = None
    """A private directory of these workers, in which they hand connections to each other."""


@dataclass(frozen=True, slots=True)
class Application:
    """One worker's application, and the parts that commands and tests use directly."""

    asgi: Any
    engine: Engine
    event_streams: EventStreams
    audio: AudioService
    http: Litestar
    dispatcher: Dispatcher
    events: Sequence[ServerEvent[Any]]
    exported: Sequence[type[msgspec.Struct]]
    database: Database
    redis: RedisStore
    identity: IdentityService
    people: PeopleService
    channels: ChannelService

    async def drain(self) -> None:
        """Send all connections and players away before the server closes them."""
        self.audio.end_players()
        self.event_streams.end()
        await self.engine.drain()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Serve."""
        await self.asgi(scope, receive, send)


class _Forgetful:
    """Drops the rate counts of connections that are gone."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def connected(self, session: Session) -> None:
        """Nothing is counted yet."""

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:  # noqa: ARG002 - ConnectionObserver
        """Its counts begin anew."""
        return True

    async def disconnected(self, session: Session) -> None:
        """Forget it."""
        self._limits.forget(session.connection_id)


def build_app(
    settings: Settings,
    *,
    bind: Bind | None = None,
    handover: Handover | None = None,
    clock: Clock | None = None,
    passwords: Passwords | None = None,
    replaced: Callable[[], object] = lambda: None,
) -> Application:
    """Build one worker. `settings` have a secret key and a Redis URL by now; nothing connects before the lifespan.

    `replaced` is called when the database under the running worker is another one than before: it should end.
    """
    bind, clock = bind or Bind(), clock or SystemClock()
    ids = Ids(clock)
    metrics = Metrics()
    if handover is not None:
        handover.count_with(metrics.handed_over)

    database = Database(settings.effective_database_url, clock=clock, ids=ids, timeout=settings.database_timeout)
    redis = RedisStore(settings.redis_url, clock=clock, patience=settings.database_timeout / 2)
    limits = Limits(redis.client)
    nodes = Nodes(redis, ids.new())
    jobs = Jobs(nodes)

    origins = [*settings.allowed_origins, *([settings.public_url] if settings.public_url else [])]
    engine = Engine(
        redis=redis,
        new_id=ids.new,
        metrics=metrics,
        secret=settings.secret_key,
        origins=origins or None,
        limits=settings.limits,
        handover=handover,
    )
    event_streams = EventStreams(engine.backplane)
    metrics.event_streams.set_function(lambda: len(event_streams))
    probe = DatabaseProbe(database, redis, new_epoch=ids.new, replaced=replaced)
    snapshots = Snapshots(engine.backplane.version)
    relay = OutboxRelay(database, engine, clock)
    database.publish_through(relay)
    sources = Sources(redis)

    identity_module = identity.module.build(
        database=database,
        commands=engine.backplane,
        limits=limits,
        connections=engine,
        jobs=jobs,
        audit=AuditLog(clock=clock, ids=ids),
        secret=settings.secret_key,
        clock=clock,
        ids=ids,
        passwords=passwords,
    )
    matches_module = matches.module.build(
        db=database,
        rooms=engine,
        snapshots=snapshots,
        copies=Copies(redis),
        shows=MatchLinks(redis),
        limits=limits,
        audit=AuditLog(clock=clock, ids=ids),
        clock=clock,
        ids=ids,
    )
    kafka_module = feeds.kafka.module.build(
        Feed(url=settings.kafka_url, topic=settings.kafka_topic, group=settings.kafka_group),
        matches=matches_module.feed_port,
        database=database,
        metrics=metrics,
    )
    feeds_module = feeds.module.build(
        database=database,
        matches=matches_module.feed_port,
        jobs=jobs,
        nodes=nodes,
        clock=clock,
        ids=ids,
        audit=AuditLog(clock=clock, ids=ids),
        environ=os.environ,
        guard=Guard(allow_private=settings.feeds_allow_private, ports=settings.feeds_ports),
        file=settings.feeds_file,
    )
    source_host = settings.source_host or bind.host
    radio = streaming.module.build_core(
        database=database,
        redis=redis,
        nodes=nodes,
        jobs=jobs,
        realtime=engine,
        snapshots=snapshots,
        sources=sources,
        matches=matches_module.service,
        owners=identity_module.service,
        audit=AuditLog(clock=clock, ids=ids),
        source_address=SourceAddress(_public_host(settings, source_host), settings.source_port),
        source_secret=settings.secret_key,
        clock=clock,
        ids=ids,
    )
    chat_module = chat.module.build(database=database, channels=ChatChannels(radio.service), clock=clock, ids=ids)
    streaming_module = streaming.module.build(radio, match_schema=Match, parts=[chat_module.part], clock=clock)
    audio_module = audio.module.build(
        redis=redis,
        sources=sources,
        channels=AudioChannels(radio.service, radio.channels, radio.desk),
        players=AudioPlayers(radio.manager.audience),
        limits=limits,
        clock=clock,
        ids=ids,
        host=source_host,
        port=settings.source_port,
        node_id=nodes.node_id,
        addresses=engine.addresses,
    )
    monitoring_module = monitoring.module.build(
        database=database,
        redis=redis,
        nodes=nodes,
        jobs=jobs,
        metrics=metrics,
        realtime=engine,
        streams=AdminStreams(radio.service, radio.manager, sources),
        feeds=AdminFeeds(feeds_module.service, matches_module.alerts),
        clock=clock,
        optional=kafka_module.optional,
        write=probe.write,
    )
    modules: list[Module] = [
        identity_module, matches_module, feeds_module, streaming_module, chat_module, audio_module, monitoring_module,
        kafka_module,
    ]  # fmt: skip

    dispatcher = Dispatcher(
        [gateway for module in modules for gateway in module.gateways], limiter=limits, metrics=metrics
    )
    engine.warn_before_expiry(SESSION_EXPIRING, lambda at: SessionExpiry(expires_at=Instant(int(at * 1000))))
    engine.serve(
        authenticator=identity_module.service,
        handler=dispatcher,
        observers=[radio.arrivals, monitoring_module.arrivals, _Forgetful(limits)],
    )
    jobs.every(1.0, "leadership", nodes.claim_leadership, leader_only=False)
    jobs.every(2.0, "outbox", relay.sweep, leader_only=True)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            stack.push_async_callback(redis.close)
            await nodes.renew()
            await probe.write()
            await nodes.claim_leadership()
            stack.push_async_callback(radio.manager.sign_off)
            stack.push_async_callback(nodes.resign)
            await stack.enter_async_context(jobs.running())
            await stack.enter_async_context(engine.running())
            for module in modules:
                await stack.enter_async_context(module.lifespan())
            yield

    http = build_http(
        handlers=[handler for module in modules for handler in module.controllers]
        + [event_stream]
        + pages.build(pages.Pages.load())
        + signposts.build(source_host=_public_host(settings, source_host), source_port=settings.source_port),
        for_people=partial(for_people, pages.Pages.load().html["index.html"]),
        dependencies={
            "identity": identity_module.service,
            "people": identity_module.people,
            "streaming": radio.service,
            "channels": radio.channels,
            "source_desk": radio.desk,
            "chat": chat_module.service,
            "matches": matches_module.service,
            "audio": audio_module.service,
            "monitoring": monitoring_module.service,
            "health_service": monitoring_module.health,
            "metrics": metrics,
            "event_streams": event_streams,
            "room_names": EventRooms(radio.service, matches_module.service),
        },
        for_callers={
            "match_authorization": matches_module.authorization,
            "feeds": feeds_module.service,
            "score_alerts": matches_module.alerts,
        },
        identity=identity_module.service,
        limits=limits,
        origins=origins,
        lifespan=lifespan,
        version=VERSION,
    )
    return Application(
        asgi=Edge(engine.asgi(http), hsts=settings.public_url.startswith("https://")),
        engine=engine,
        event_streams=event_streams,
        audio=audio_module.service,
        http=http,
        dispatcher=dispatcher,
        events=[*REALTIME_EVENTS, *(event for module in modules for event in module.events)],
        exported=_BESIDES_EVENTS,
        database=database,
        redis=redis,
        identity=identity_module.service,
        people=identity_module.people,
        channels=radio.channels,
    )


def _public_host(settings: Settings, listening: str) -> str:
    """The host name that owners give to their broadcasting software."""
    if settings.public_url:
        return settings.public_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return "127.0.0.1" if listening in {"0.0.0.0", "::"} else listening  # noqa: S104 - compared, not bound


async def with_app(settings: Settings, work: Callable[[Application], Awaitable[T]], *, migrated: bool = True) -> T:
    """Do something with the services and the database, without serving."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = replace(with_secret(settings), redis_url=settings.redis_url or NOWHERE)
    if migrated:
        await migrate(settings.effective_database_url)
    app = build_app(settings)
    try:
        return await work(app)
    finally:
        await app.database.close()
        await app.redis.close()
