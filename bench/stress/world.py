"""All that a run can break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.postgres import PostgresServer
from bench.stress.gateway import Gateway
from bench.stress.listener import Listener
from bench.stress.proxy import Connection, Proxy
from bench.stress.reader import Reader
from bench.stress.redis import PrivateRedis, RedisServer


@dataclass(frozen=True, slots=True)
class World:
    """The gateway, its stores and its clients, with the ways between them; what a run does not have is None."""

    gateway: Gateway
    redis: RedisServer | PrivateRedis
    redis_proxy: Proxy | None
    postgres: PostgresServer | None
    postgres_proxy: Proxy | None
    client_proxy: Proxy
    crowd: Sequence[Listener | Reader]


def reset(proxy: Proxy) -> None:
    """Cut every connection of a way."""
    for connection in list(proxy.connections):
        connection.close(reset=True)


async def refuse(proxy: Proxy, seconds: float) -> None:
    """Cut a way, and let nobody through for some seconds."""
    proxy.refusing = True
    try:
        reset(proxy)
        await asyncio.sleep(seconds)
    finally:
        proxy.refusing = False


async def stall(proxy: Proxy, seconds: float, which: Callable[[Connection], bool] = lambda _connection: True) -> None:
    """Hold back what is sent over these connections, and over new ones of the kind, for some seconds."""
    stalled = [connection for connection in proxy.connections if which(connection)]
    for connection in stalled:
        connection.stalled = True
    proxy.stalling = which
    try:
        await asyncio.sleep(seconds)
    finally:
        proxy.stalling = lambda _: False
        for connection in list(proxy.connections):
            if connection.stalled:
                connection.release()
