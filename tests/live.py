"""A gateway as users run it, a process of its own, and clients that reach it through its doors only."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio
from redis import Redis
from redis.exceptions import RedisError

from identity.contracts import Login
from identity.service import IdentityService
from kit.clock import SystemClock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.redis import EmbeddedRedis, RedisStore
from kit.session import Role
from tests.harness import PATIENCE, free_port
from tests.support.identity_world import IdentityWorld
from tests.support.warm import Touchline
from touchline.settings import Settings

SECRET = "a long enough secret for the tests 8f3c"
PASSWORD = "correct horse battery"


@dataclass
class Account:
    """A user who is signed in."""

    id: str
    email: str
    role: str
    access: str
    refresh: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.access}"}


@dataclass
class Gateway:
    """One server process (with its workers) on a data directory of its own."""

    directory: Path
    database_url: str = ""
    redis_url: str = ""
    workers: int = 1
    descriptors: int = 0
    """RLIMIT_NOFILE of each of its processes, if not this process's own."""
    environment: dict[str, str] = field(default_factory=dict)
    """Further settings."""
    port: int = field(default_factory=free_port)
    source_port: int = field(default_factory=free_port)
    process: Touchline | None = None
    _users: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.directory / "data",
            database_url=self.database_url,
            redis_url=self.redis_url,
            secret_key=SECRET,
            source_port=self.source_port,
        )

    def start(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")}
        env |= {
            "TOUCHLINE_DATA_DIR": str(self.directory / "data"),
            "TOUCHLINE_DATABASE_URL": self.database_url,
            "TOUCHLINE_REDIS_URL": self.redis_url,
            "TOUCHLINE_SECRET_KEY": SECRET,
            "TOUCHLINE_SOURCE_PORT": str(self.source_port),
            "TOUCHLINE_DATABASE_TIMEOUT": "30",  # a busy machine is no outage; tests of outages say less
            "TOUCHLINE_FEEDS_ALLOW_PRIVATE": "yes",  # providers are stand-ins on this machine
            **self.environment,
        }
        with (self.directory / "server.log").open("ab") as log:
            self.process = Touchline(
                ["serve", "--port", str(self.port), "--workers", str(self.workers)],
                env=env, stdout=log, stderr=log, descriptors=self.descriptors,
            )  # fmt: skip
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            if (self.process is not None and self.process.poll() is not None) or time.monotonic() > deadline:
                pytest.fail(f"the gateway did not start:\n{self.log()}")
            time.sleep(0.05)

    def log(self) -> str:
        path = self.directory / "server.log"
        return path.read_text()[-8000:] if path.exists() else ""

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def end(self) -> None:
        """Stop it, and the private Redis of one that was killed."""
        self.stop()
        with suppress(RedisError), Redis.from_url(EmbeddedRedis(self.settings.redis_dir).url) as client:
            client.shutdown(nosave=True)

    def kill(self) -> None:
        """As `kill -9` does it: the server and its workers; Redis, in a session of its own, stays."""
        if self.process is not None:
            with ExitStack() as open_ones:
                ends = [end for pid in self.workers_pids() if (end := _end_of(pid, open_ones)) is not None]
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                for end in ends:  # what they listened on is free once the last of their threads is gone
                    select.select([end], [], [])
            self.process = None

    def workers_pids(self) -> list[int]:
        """The processes that serve; Redis, the supervisor's child too, has a process group of its own."""
        assert self.process is not None
        pid = str(self.process.pid)
        found = subprocess.run(["pgrep", "-P", pid, "-g", pid], capture_output=True, text=True, check=False)
        return [int(pid) for pid in found.stdout.split()]

    def redis_pid(self) -> int:
        """The process of the private Redis."""
        with Redis.from_url(EmbeddedRedis(self.settings.redis_dir).url) as client:
            return int(client.info("server")["process_id"])

    async def account(self, role: Role, name: str | None = None, email: str | None = None) -> Account:
        """A new user who has signed in; not through the door, which has tests of its own."""
        self._users += 1
        email = email or f"{role.value}{self._users}@example.org"
        async with self._identity() as identity:
            await identity.create_user(
                email=email, password=PASSWORD, role=role, display_name=name or f"{role.value} {self._users}"
            )
            tokens = await identity.login(Login(email=email, password=PASSWORD), "127.0.0.1")
        return Account(tokens.user.id, email, tokens.user.role, tokens.access_token, tokens.refresh_token)

    @asynccontextmanager
    async def _identity(self) -> AsyncIterator[IdentityService]:
        """The server's own accounts, with passwords that are hashed in no time: half a second of processor each."""
        clock = SystemClock()
        database = Database(self.settings.effective_database_url, clock=clock, ids=UlidGenerator(clock))
        redis = RedisStore(self.redis_url or EmbeddedRedis(self.settings.redis_dir).url)
        try:
            yield IdentityWorld(database, redis, clock, SECRET).service
        finally:
            await redis.close()
            await database.close()

    async def login(self, email: str) -> Account:
        async with httpx.AsyncClient(base_url=self.url) as http:
            answer = await http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        user = body["user"]
        return Account(user["id"], email, user["role"], body["accessToken"], body["refreshToken"])

    async def channel(self, owner: Account, slug: str = "radio", **more: Any) -> dict[str, Any]:
        """A new channel, as its owner sees it."""
        async with httpx.AsyncClient(base_url=self.url, headers=owner.bearer) as http:
            answer = await http.post("/api/channels", json={"slug": slug, "name": slug.title(), **more})
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body


class Client:
    """A Socket.IO client (python-socketio's) that keeps what it hears."""

    def __init__(self, gateway: Gateway, account: Account | None, *, transports: list[str] | None, **auth: Any) -> None:
        self._gateway = gateway
        self._auth = {"recovery": False, **({"token": account.access} if account else {}), **auth}
        self._transports = transports
        self.socket = socketio.AsyncClient(reconnection=False)
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        self.socket.on("*", self._hear, namespace="/streaming")

    async def _hear(self, event: str, *data: Any) -> None:
        self.heard.append((event, data[0] if data else None))
        self._news.set()

    async def connect(self) -> Client:
        await self.socket.connect(
            self._gateway.url, namespaces=["/streaming"], auth=self._auth, transports=self._transports, wait_timeout=30
        )
        return self

    async def call(self, event: str, payload: Any = None) -> dict[str, Any]:
        """The ack of an event."""
        answer: dict[str, Any] = await self.socket.call(event, payload, namespace="/streaming", timeout=30)
        return answer

    async def ok(self, event: str, payload: Any = None) -> Any:
        """The data of a positive ack."""
        answer = await self.call(event, payload)
        assert answer["ok"] is True, answer
        return answer["data"]

    async def refused(self, event: str, payload: Any, code: str) -> dict[str, Any]:
        """The error of a negative ack."""
        answer = await self.call(event, payload)
        assert answer["ok"] is False, answer
        assert answer["error"]["code"] == code, answer
        error: dict[str, Any] = answer["error"]
        return error

    def all(self, event: str) -> list[Any]:
        return [data for name, data in self.heard if name == event]

    async def hears(self, event: str, matching: Callable[[Any], bool] = lambda _: True) -> Any:
        """Wait for an event; one that has come already counts."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for data in self.all(event):
                if matching(data):
                    return data
            self._news.clear()
            left = deadline - time.monotonic()
            try:
                await asyncio.wait_for(self._news.wait(), max(left, 0))
            except TimeoutError:
                pytest.fail(f"{event} never came; heard {json.dumps(self.heard)[-2000:]}")

    async def close(self) -> None:
        await self.socket.emit("stream:leave", {"channelId": "none"}, namespace="/streaming")  # flushes what was sent
        # Without `abort` a polling client first waits for its poll to end, which takes up to a ping interval.
        await self.socket.eio.disconnect(abort=True)


def _end_of(pid: int, open_ones: ExitStack) -> int | None:
    """A descriptor that is readable once this process has ended with all of its threads; None if it has."""
    try:
        end = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    open_ones.callback(os.close, end)
    return end
