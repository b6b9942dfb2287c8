"""What CONTRIBUTING says under *Add an event*, done: one that is stored and one that is not, heard on two nodes."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import msgspec
import pytest
import uvicorn

from kit.clock import SystemClock
from kit.contracts import Id, Name, Payload, Policy, Reply, ServerEvent
from kit.db import Database
from kit.errors import InvalidPayload
from kit.gateway import Dispatcher, Gateway, event
from kit.ids import UlidGenerator
from kit.metrics import Metrics
from kit.module import Module
from kit.outbox import OutboxRelay
from kit.rate_limits import Rate, RateLimiter
from kit.redis import RedisStore
from kit.rooms import channel_room
from kit.session import ANYONE, Session
from realtime.engine import Engine
from tests.harness import PATIENCE, eventually
from tests.live import Client
from touchline.app import NOWHERE, build_app
from touchline.export import documents
from touchline.settings import Settings

# contracts.py


class Cheer(Payload, frozen=True, kw_only=True):
    """A word for all who follow a channel; it is stored."""

    channel_id: Id
    word: Name


class Cheered(Reply, frozen=True, kw_only=True):
    channel_id: str
    word: str


class Wave(Payload, frozen=True, kw_only=True):
    """A hand that is raised for a moment; it is stored nowhere."""

    channel_id: Id


class Waved(Reply, frozen=True, kw_only=True):
    channel_id: str
    by: str


CHEERED = ServerEvent("cheer:given", Cheered, Policy.RECOVERABLE, "Somebody cheers.")
WAVED = ServerEvent("wave:seen", Waved, Policy.EPHEMERAL, "Somebody waves.")

# ports.py


class Realtime(Protocol):
    """What the feature needs of the engine."""

    async def publish(self, room: str, event: str, payload: msgspec.Struct | msgspec.Raw, policy: Policy) -> str: ...

    async def join(self, connection_id: str, room: str) -> str: ...


# service.py


class CheerService:
    def __init__(self, *, database: Database, realtime: Realtime) -> None:
        self._database = database
        self._realtime = realtime

    async def cheer(self, session: Session, cmd: Cheer) -> Cheered:
        """Store it (here there is no table beside the outbox), and announce it in the same transaction."""
        if cmd.word == "boo":
            raise InvalidPayload("Say something kind.")
        await self._realtime.join(session.connection_id, channel_room(cmd.channel_id))
        said = Cheered(channel_id=cmd.channel_id, word=cmd.word)
        async with self._database.transaction() as tx:
            tx.announce(CHEERED.to(channel_room(cmd.channel_id), said))
        return said

    async def wave(self, session: Session, cmd: Wave) -> None:
        """Tell who is there now."""
        await self._realtime.join(session.connection_id, channel_room(cmd.channel_id))
        seen = Waved(channel_id=cmd.channel_id, by=session.member)
        await self._realtime.publish(*WAVED.to(channel_room(cmd.channel_id), seen))


# gateway.py


class CheerGateway(Gateway):
    def __init__(self, service: CheerService) -> None:
        self._service = service

    @event("cheer:give", roles=ANYONE, rate=Rate(5, per=10))
    async def give(self, session: Session, cmd: Cheer) -> Cheered:
        """Cheer for all who follow a channel."""
        return await self._service.cheer(session, cmd)

    @event("wave:show", roles=ANYONE, rate=Rate(5, per=10))
    async def show(self, session: Session, cmd: Wave) -> None:
        """Wave to all who are there."""
        await self._service.wave(session, cmd)


# module.py


def build(*, database: Database, realtime: Realtime) -> Module:
    service = CheerService(database=database, realtime=realtime)
    return Module(gateways=(CheerGateway(service),), events=(CHEERED, WAVED))


# Wired, as touchline/infrastructure.py does it


class Guests:
    async def authenticate(self, connection_id: str, auth: dict[str, Any], address: str) -> Session:
        return Session(connection_id=connection_id, member=f"g:{auth['device']}", address=address)


@asynccontextmanager
async def node(redis_url: str, database_url: str) -> AsyncIterator[str]:
    """One node; its address."""
    clock = SystemClock()
    ids, metrics, redis = UlidGenerator(clock), Metrics(), RedisStore(redis_url)
    engine = Engine(redis=redis, new_id=ids.new, metrics=metrics, secret="x" * 32)
    database = Database(database_url, clock=clock, ids=ids, timeout=PATIENCE)
    database.publish_through(OutboxRelay(database, engine, clock))
    module = build(database=database, realtime=engine)
    dispatcher = Dispatcher(module.gateways, limiter=RateLimiter(redis.client), metrics=metrics)
    engine.serve(authenticator=Guests(), handler=dispatcher)
    config = uvicorn.Config(
        engine.asgi(None), port=0, http=engine.connection_protocol, ws="none", lifespan="off", log_config=None,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    async with engine.running():
        serving = asyncio.create_task(server.serve())
        await eventually(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        await engine.drain()
        server.should_exit = True
        await serving
    await database.close()
    await redis.close()


Connect = Callable[..., Awaitable[Client]]


@pytest.fixture
async def two(
    redis_url: str, sqlite_template: Path, tmp_path: Path, connect: Connect
) -> AsyncIterator[tuple[Client, Client]]:
    """A client on each of two nodes, both in the room of channel `c`."""
    database_url = f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'two.db')}"
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(node(redis_url, database_url)) for _ in range(2)]
        here, there = [
            await connect(SimpleNamespace(url=url), device=f"device{number}") for number, url in enumerate(urls)
        ]
        await there.ok("wave:show", {"channelId": "c"})  # which enters the room
        yield here, there
        await here.close()
        await there.close()


async def test_what_is_stored_reaches_everybody_on_both_nodes(two: tuple[Client, Client]) -> None:
    here, there = two
    assert await here.ok("cheer:give", {"channelId": "c", "word": "Come on!"}) == {"channelId": "c", "word": "Come on!"}
    for client in two:
        assert (await client.hears("cheer:given"))["word"] == "Come on!"
    await there.refused("cheer:give", {"channelId": "c", "word": "boo"}, "invalid_payload")
    await there.refused("cheer:give", {"channelId": "c"}, "invalid_payload")


async def test_what_is_not_stored_reaches_who_is_there(two: tuple[Client, Client]) -> None:
    await two[0].ok("wave:show", {"channelId": "c"})
    for client in two:
        await client.hears("wave:seen", lambda seen: seen["by"] == "g:device0")


def test_both_are_in_the_contract_with_roles_rate_and_policy() -> None:
    app = build_app(Settings(redis_url=NOWHERE, secret_key="x" * 32))
    module = build(database=app.database, realtime=app.engine)
    dispatcher = Dispatcher(module.gateways, limiter=RateLimiter(app.redis.client), metrics=Metrics())
    written = documents(replace(app, dispatcher=dispatcher, events=(*app.events, *module.events)))
    messages = json.loads(written["docs/reference/asyncapi.json"])["components"]["messages"]
    assert messages["cheer:give"]["x-rate"] == {"limit": 5, "perSeconds": 10, "scope": "member"}
    assert messages["wave:show"]["x-roles"] == ["guest"]
    assert messages["cheer:given"]["x-delivery"] == "recoverable"
    assert messages["wave:seen"]["x-delivery"] == "ephemeral"
    typescript = written["web/src/contracts/generated.ts"]
    assert all(f'"{name}":' in typescript for name in ("cheer:give", "cheer:given", "wave:show", "wave:seen"))
