"""Encoded answers in Redis, for all workers: made once for each version of what they show, by whoever needs it first.

A copy is of use to a reader who knows by himself at which version the thing is; so it cannot be outdated, only
missing. Where Redis does not answer at once, the reader does without.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from kit.lua import Script
from kit.redis import RedisStore, as_text

log = structlog.get_logger(__name__)

KEPT_MS = 60_000
"""What nobody has asked for in a minute is not asked for by a crowd."""

MAX_BYTES = 512 * 1024
"""A larger one is cheaper to make anew than to send around."""

PATIENCE = 0.25
"""Seconds: the answer can be had without Redis in less."""

RECESS = 5.0
"""Seconds without copies after Redis has not answered, so that not every reader waits."""

_PUT = Script("kit", "shared_cache_put")


class SharedCache:
    """Encoded answers by name; each name has the newest version alone."""

    def __init__(self, redis: RedisStore, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis.client
        self._put = redis.client.register_script(_PUT.text)
        self._monotonic = monotonic
        self._recess_until = 0.0

    async def get(self, name: str, version: int) -> bytes | None:
        """The copy of exactly this version, if there is one."""
        if self._monotonic() < self._recess_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                held, body = await self._redis.hmget(_key(name), ["version", "body"])
        except (RedisError, OSError, TimeoutError) as error:
            self._go_without(error)
            return None
        return body if isinstance(body, bytes) and as_text(held) == str(version) else None

    async def put(self, name: str, version: int, body: bytes) -> None:
        """Keep a copy for the others, unless they have a later one.

        Args:
            name: Of the thing.
            version: Which version of it this is.
            body: The encoded answer; one that is larger than `MAX_BYTES` is not kept.
        """
        if len(body) > MAX_BYTES or self._monotonic() < self._recess_until:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._put(keys=[_key(name)], args=[version, body, KEPT_MS])
        except (RedisError, OSError, TimeoutError) as error:
            self._go_without(error)

    def _go_without(self, error: Exception) -> None:
        self._recess_until = self._monotonic() + RECESS
        log.debug("no copies from redis for a while", error=type(error).__name__, seconds=RECESS)


def _key(name: str) -> str:
    return f"copy:{{{name}}}"
