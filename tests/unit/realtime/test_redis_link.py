"""The connection to Redis below the backplane."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import RedisError

from realtime.redis_link import RedisLink


async def test_a_reset_while_connecting_is_an_error_of_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody expects would end the task that keeps a worker listening."""

    def closed(*_: object) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")  # uvloop

    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    monkeypatch.setattr(asyncio.StreamWriter, "writelines", closed)
    async with server:
        with pytest.raises(RedisError):
            await RedisLink.open(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
