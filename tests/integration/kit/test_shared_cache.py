"""SharedCache in a real Redis: of the asked version or none, the latest stays, and without Redis nobody waits twice."""

from __future__ import annotations

import asyncio
import signal

from kit.redis import RedisStore
from kit.shared_cache import MAX_BYTES, RECESS, SharedCache
from tests.conftest import RedisServer
from tests.harness import PATIENCE


async def test_only_the_version_that_was_asked_for(redis: RedisStore) -> None:
    copies, others = SharedCache(redis), SharedCache(redis)
    assert await copies.get("match:a", 3) is None
    await copies.put("match:a", 3, b"three")
    assert await others.get("match:a", 3) == b"three"
    assert await others.get("match:a", 2) is None
    assert await others.get("match:a", 4) is None
    assert await others.get("match:b", 3) is None


async def test_a_slow_worker_does_not_replace_what_is_newer(redis: RedisStore) -> None:
    copies = SharedCache(redis)
    await copies.put("match:a", 5, b"five")
    await copies.put("match:a", 4, b"four")
    assert await copies.get("match:a", 5) == b"five"
    await copies.put("match:a", 6, b"six")
    assert await copies.get("match:a", 6) == b"six"


async def test_copies_do_not_pile_up(redis: RedisStore) -> None:
    copies = SharedCache(redis)
    for version in range(20):
        await copies.put("match:a", version, bytes([version]) * 1000)
    await copies.put("match:b", 1, bytes(MAX_BYTES + 1))
    assert await redis.client.keys("copy:*") == [b"copy:{match:a}"]
    assert 0 < await redis.client.pttl("copy:{match:a}") <= 60_000


async def test_without_redis_there_are_none_until_it_is_back(own_redis: RedisServer) -> None:
    store, now = RedisStore(own_redis.url), 100.0
    copies = SharedCache(store, monotonic=lambda: now)
    await copies.put("match:a", 1, b"one")
    own_redis.stop()
    assert await copies.get("match:a", 1) is None
    await copies.put("match:a", 1, b"one")
    own_redis.start()
    assert await copies.get("match:a", 1) is None, "Redis is asked again after a while"
    now += RECESS
    await copies.put("match:a", 1, b"one")
    assert await copies.get("match:a", 1) == b"one"
    await store.close()


async def test_a_frozen_redis_is_not_waited_for(own_redis: RedisServer) -> None:
    store = RedisStore(own_redis.url)
    copies = SharedCache(store)
    await copies.put("match:a", 1, b"one")
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGSTOP)
    async with asyncio.timeout(PATIENCE):
        assert await copies.get("match:a", 1) is None
    own_redis.process.send_signal(signal.SIGCONT)
    await store.close()
