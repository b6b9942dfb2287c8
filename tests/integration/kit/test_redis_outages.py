"""What a Redis that does not do what it is asked is called, and how often the log says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.exceptions import RedisError, ResponseError
from structlog.testing import capture_logs

from kit.redis import RedisStore
from kit.redis_errors import redis_outage
from tests.harness import eventually
from tests.support.doubles import ManualClock


@pytest.fixture
async def store(own_redis: Any) -> AsyncIterator[tuple[RedisStore, ManualClock]]:
    clock = ManualClock()
    store = RedisStore(own_redis.url, clock=clock)
    yield store, clock
    await store.close()


async def reason(store: RedisStore, *command: str) -> str | None:
    with pytest.raises(RedisError) as caught:
        await store.client.execute_command(*command)
    return redis_outage(caught.value)


async def test_out_of_memory_is_named_for_commands_and_scripts(
    store: tuple[RedisStore, ManualClock], own_redis: Any
) -> None:
    own_redis.command("CONFIG", "SET", "maxmemory", "1")
    write = "return redis.call('SET', KEYS[1], 'x')"
    assert await reason(store[0], "SET", "a", "b") == "it is out of memory"
    assert await reason(store[0], "EVAL", write, "1", "a") == "it is out of memory"
    pipe = store[0].client.pipeline()
    pipe.set("a", "b")
    with pytest.raises(RedisError) as caught:
        await pipe.execute()
    assert redis_outage(caught.value) == "it is out of memory"
    assert store[0].outage.reason == "it is out of memory"


async def test_a_replica_is_read_only(store: tuple[RedisStore, ManualClock], own_redis: Any) -> None:
    own_redis.command("REPLICAOF", "127.0.0.1", "1")
    assert await reason(store[0], "SET", "a", "b") == "it is read-only"
    assert await reason(store[0], "EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", "a") == "it is read-only"


async def test_a_disk_that_is_full_is_named(store: tuple[RedisStore, ManualClock], own_redis: Any) -> None:
    # Redis says this after a snapshot that failed: here since something else has the file's name.
    own_redis.command("CONFIG", "SET", "save", "1 1")
    (own_redis.directory / "dump.rdb").mkdir()
    own_redis.command("SET", "a", "b")
    with pytest.raises(RedisError):
        own_redis.command("SAVE")
    own_redis.command("BGSAVE")
    await eventually(lambda: own_redis.command("INFO", "persistence")["rdb_last_bgsave_status"] == "err")
    assert await reason(store[0], "SET", "a", "b") == "it cannot write to its disk"


async def test_one_that_is_gone(store: tuple[RedisStore, ManualClock], own_redis: Any) -> None:
    own_redis.stop()
    said = await reason(store[0], "PING")
    assert said is not None
    assert said.startswith("it cannot be reached")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("LOADING Redis is loading the dataset in memory", "it is loading its data"),
        ("MISCONF Redis is configured to save RDB snapshots", "it cannot write to its disk"),
        ("MISCONF Errors writing to the AOF file: No space left on device", "it cannot write to its disk"),
        ("max number of clients reached", "it has too many clients"),
        ("NOAUTH Authentication required.", "it refuses our user or password"),
        ("ERR Error running script: @user_script:1: -OOM command not allowed", "it is out of memory"),
        ("ERR unknown command 'LOAD', with args beginning with: ", None),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", None),
        ("ERR value is not an integer or out of range", None),
        ("NOSCRIPT No matching script.", None),
    ],
)
def test_an_error_by_its_words(text: str, said: str | None) -> None:
    assert redis_outage(ResponseError(text)) == said


async def test_an_outage_is_two_lines_in_the_log(store: tuple[RedisStore, ManualClock], own_redis: Any) -> None:
    redis, clock = store
    own_redis.command("CONFIG", "SET", "maxmemory", "1")
    with capture_logs() as lines:
        for _ in range(5):
            assert await reason(redis, "SET", "a", "b") == "it is out of memory"
            await redis.client.ping()
            clock.forward(1)
        own_redis.command("CONFIG", "SET", "maxmemory", "0")
        clock.forward(10)
        for _ in range(3):
            await redis.client.set("a", "b")
    assert [(line["event"], line["store"]) for line in lines] == [("store away", "redis"), ("store back", "redis")]
    assert (lines[0]["reason"], lines[1]["seconds"]) == ("it is out of memory", 4.0)
