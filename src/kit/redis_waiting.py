"""The share of Redis in the time that a request may wait: all of its commands have one deadline.

Most requests can be answered without Redis, if worse. So it gets less than the database, and what it has cost is
missed by nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import TimeoutError as RedisTimeoutError

from kit.waiting import REDIS, current

T = TypeVar("T")

DEFAULT_PATIENCE = 2.0
"""Seconds of one request for all that it asks Redis: half of what it has for the database."""

_TOGETHER = 2.5
"""With the database's, in patiences: 5 seconds. A database that has taken all of its own leaves Redis a bit."""


def may_wait(patience: float) -> float | None:
    """Seconds that this request still waits for Redis; None if this is no part of a request."""
    waiting = current()
    if waiting is None:
        return None
    return min(waiting.left(patience, REDIS), waiting.left(patience * _TOGETHER))


async def in_time(work: Coroutine[Any, Any, T], patience: float) -> T:
    """Do something with Redis that can be cancelled, in what this request has left for it.

    Raises:
        redis.exceptions.TimeoutError: It took longer, or nothing was left and it was not even begun.
    """
    waiting, left = current(), may_wait(patience)
    if waiting is None or left is None:
        return await work
    if not left:
        work.close()
        raise RedisTimeoutError("This request has waited for Redis long enough.")
    try:
        with waiting.at(REDIS):
            async with asyncio.timeout(left):
                return await work
    except TimeoutError:
        raise RedisTimeoutError("Redis did not answer in time.") from None


class PatientPool(BlockingConnectionPool):
    """Hands out connections while the request may wait."""

    patience = DEFAULT_PATIENCE

    async def get_connection(self, *args: Any, **options: Any) -> AbstractConnection:  # noqa: ANN401 - deprecated ones
        """An open connection of the pool, within what the request may still wait."""
        return await in_time(super().get_connection(*args, **options), self.patience)  # type: ignore[no-untyped-call]


def telling_in_time(kind: type[AbstractConnection], patience: float) -> type[AbstractConnection]:
    """A connection whose commands and replies have what is left of the request's time."""

    class Connection(kind):  # type: ignore[misc, valid-type]
        async def send_packed_command(self, command: Any, check_health: bool = True) -> None:  # noqa: ANN401
            await in_time(super().send_packed_command(command, check_health), patience)

        async def read_response(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - a reply of Redis
            return await in_time(super().read_response(*args, **kwargs), patience)

    return Connection
