"""The composition root: `build_app(settings)` puts one worker together.

It reads as six steps, each given what those before it have made: the stores and the engine
(`touchline.infrastructure`), the features (`touchline.features`, where a new one is added), and from their modules
(`kit.module`) the dispatcher, what runs while the server runs, and HTTP.

Workers (`touchline.worker`), commands (`touchline.offline`) and tests call it. Building must not connect, read or write
anything: that begins with the lifespan.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import structlog
from litestar import Litestar

from audio.service import AudioService
from identity.contracts import SESSION_EXPIRING, SessionExpiry
from identity.passwords import Passwords
from identity.people import PeopleService
from identity.service import IdentityService
from kit.clock import Clock, SystemClock
from kit.contracts import Instant, ServerEvent
from kit.db import Database
from kit.errors import Unavailable
from kit.gateway import Dispatcher
from kit.redis import RedisStore
from realtime.engine import Engine
from realtime.handover import Handover
from realtime.sse import EventStreams
from streaming.channels import ChannelService
from touchline import pages
from touchline.error_pages import for_people
from touchline.features import Features, build_features
from touchline.http import Edge, build_http
from touchline.infrastructure import Realtime, Stores, build_realtime, build_stores
from touchline.listening import Bind
from touchline.settings import Settings

log = structlog.get_logger(__name__)

_START_SECONDS = 30.0  # for a database that a busy machine has just started; who is not there at all is told by then
_START_PAUSE_SECONDS = 0.5

VERSION = "0.1.0"
NOWHERE = "unix:///nonexistent/redis.sock"
"""A Redis for whoever needs the database alone."""


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
        """Serve one request, connection or lifespan (ASGI)."""
        await self.asgi(scope, receive, send)


def build_app(
    settings: Settings,
    *,
    bind: Bind | None = None,
    handover: Handover | None = None,
    clock: Clock | None = None,
    passwords: Passwords | None = None,
    replaced: Callable[[], object] = lambda: None,
) -> Application:
    """Build one worker's application; nothing connects before its lifespan begins.

    Args:
        settings: With a secret key and a Redis URL by now.
        bind: Where it serves.
        handover: Hands connections to the other workers of this machine; None where there are none.
        clock: Wall-clock time; tests move their own.
        passwords: How passwords are hashed; tests take cheaper ones.
        replaced: Called when the database under the running worker is another one than before: it should end.

    Raises:
        ValueError: Two features claim the same client event, or the same name of a dependency.
    """
    stores = build_stores(settings, clock or SystemClock(), replaced)
    realtime = build_realtime(settings, stores, handover)
    features = build_features(settings, bind or Bind(), stores, realtime, passwords)
    dispatcher = _dispatcher(stores, realtime, features)
    http = _http(settings, stores, features, lifespan=_lifespan(stores, realtime, features))
    return Application(
        asgi=Edge(realtime.engine.asgi(http), hsts=settings.public_url.startswith("https://")),
        engine=realtime.engine,
        event_streams=realtime.event_streams,
        audio=features.audio.service,
        http=http,
        dispatcher=dispatcher,
        events=[event for module in features.modules for event in module.events],
        exported=[kind for module in features.modules for kind in module.exported],
        database=stores.database,
        redis=stores.redis,
        identity=features.identity.service,
        people=features.identity.people,
        channels=features.radio.channels,
    )


def _dispatcher(stores: Stores, realtime: Realtime, features: Features) -> Dispatcher:
    gateways = [gateway for module in features.modules for gateway in module.gateways]
    dispatcher = Dispatcher(gateways, limiter=stores.rate_limiter, metrics=stores.metrics)
    engine = realtime.engine
    engine.warn_before_expiry(SESSION_EXPIRING, lambda at: SessionExpiry(expires_at=Instant(int(at * 1000))))
    engine.serve(
        authenticator=features.identity.service,
        handler=dispatcher,
        observers=[observer for module in features.modules for observer in module.observers],
    )
    return dispatcher


def _lifespan(
    stores: Stores, realtime: Realtime, features: Features
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Start in order; the stack ends everything in reverse, also where the start fails half-way."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(stores.database.close)
            stack.push_async_callback(stores.redis.close)
            await stores.nodes.renew()
            await first_write(stores.probe.write)
            await stores.nodes.claim_leadership()
            stack.push_async_callback(features.radio.manager.sign_off)
            stack.push_async_callback(stores.nodes.resign)
            await stack.enter_async_context(stores.scheduler.running())
            await stack.enter_async_context(realtime.engine.running())
            for module in features.modules:
                await stack.enter_async_context(module.lifespan())
            yield

    return lifespan


async def first_write(
    write: Callable[[], Awaitable[object]], *, seconds: float = _START_SECONDS, pause: float = _START_PAUSE_SECONDS
) -> None:
    """Try the database before anybody is served; one that is slow is tried again, since its migration went well.

    Args:
        write: The tiny write.
        seconds: For how long it is tried.
        pause: Seconds between two tries.

    Raises:
        Unavailable: It could not be written in that time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            await write()
        except Unavailable:
            if loop.time() >= deadline:
                raise
            log.warning("the database does not answer yet")
            await asyncio.sleep(pause)
        else:
            return


def _http(
    settings: Settings,
    stores: Stores,
    features: Features,
    *,
    lifespan: Callable[[Litestar], AbstractAsyncContextManager[None]],
) -> Litestar:
    modules = features.modules
    return build_http(
        handlers=[handler for module in modules for handler in module.controllers],
        dependencies=_by_name(module.dependencies for module in modules),
        for_callers=_by_name(module.caller_dependencies for module in modules),
        for_people=partial(for_people, pages.Pages.load().html["index.html"]),
        identity=features.identity.service,
        rate_limiter=stores.rate_limiter,
        origins=settings.origins,
        lifespan=lifespan,
        version=VERSION,
    )


def _by_name(given: Iterable[Mapping[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for dependencies in given:
        if taken := found.keys() & dependencies.keys():
            raise ValueError(f"two modules offer {sorted(taken)}")
        found |= dependencies
    return found
