"""What may be left when everybody has gone: nothing in the workers, and in Redis only what has an end."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from bench.stress.findings import Findings
from bench.stress.gateway import Gateway, Vital
from bench.stress.redis import PrivateRedis, RedisServer, lives

LEAK = "nothing is left behind"
MEMORY = "memory back to where it was"
SETTLE_SECONDS = 90.0
"""Of waiting for what lingers on purpose: rooms 5 s, closing connections 5 s, half-open ones a ping of 45 s."""
SPARE_DESCRIPTORS = 8
DATABASE_FILES = 24  # of one worker: a pool of 10 connections, two files each
REDIS_CONNECTIONS = 70  # of one worker: a pool of 64, and the dedicated ones
SPARE_TASKS = 8
RSS_SHARE, RSS_BYTES = 0.30, 32 * 1024 * 1024
"""How much larger a worker may be than after the warm-up: the allocator keeps what the busiest moment took."""
_COUNTED = ("touchline_connections", "touchline_event_streams", "touchline_rooms", "touchline_engineio_sessions")
_TASKS = "touchline_tasks"

_MINUTE = 60_000
_LIVES = (
    (r"rt:\{rt\}:session:", 2 * _MINUTE),
    (r"rt:\{rt\}:once:", 60 * _MINUTE),
    (r"rt:\{rt\}:room:", 10 * _MINUTE),
    (r"rt:\{rt\}:latest:", 24 * 60 * _MINUTE),
    (r"rate:", 2 * _MINUTE),
    (r"interactions:", 7 * 24 * 60 * _MINUTE),
)
"""Keys that end, and after how many milliseconds at the latest."""
_PRESENCE = re.compile(r"presence:\{(.+)\}:(connections:.+|members|nodes)")


@dataclass(frozen=True, slots=True)
class Base:
    """Where everything was before: the workers' vitals, and the keys of Redis that have no end."""

    vitals: dict[int, Vital]
    lasting: frozenset[str]


class Leftovers:
    """Looks at what is there."""

    def __init__(self, gateway: Gateway, redis: RedisServer | PrivateRedis, findings: Findings) -> None:
        self._gateway = gateway
        self._redis = redis
        self._findings = findings

    async def base(self) -> Base:
        """Measure, once everybody has gone."""
        vitals = await self._empty()
        keys = await lives(self._redis.client)
        return Base(vitals, frozenset(_shape(key) for key, life in keys.items() if life < 0))

    async def _empty(self) -> dict[int, Vital]:
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            vitals = await self._gateway.vitals()
            if time.monotonic() > deadline or (len(vitals) == self._gateway.workers and not list(_held(vitals))):
                return vitals
            await asyncio.sleep(1.0)

    async def check(self, base: Base) -> dict[int, Vital]:
        """Compare; what lingers on purpose is waited for."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            vitals = await self._empty()
            found = [*_held(vitals), *_grown(base.vitals, vitals)]
            keys = await self._keys_left(base.lasting)
            if not (found or keys) or time.monotonic() > deadline:
                break
            await asyncio.sleep(1.0)
        if len(vitals) < self._gateway.workers:
            found.append(f"only {len(vitals)} of {self._gateway.workers} workers answer")
        for text in found:
            self._findings.add(LEAK, "workers", text)
        for text in keys:
            self._findings.add(LEAK, "redis", text)
        self._compare_memory(base.vitals, vitals)
        return vitals

    async def _keys_left(self, lasting: frozenset[str]) -> list[str]:
        keys = await lives(self._redis.client)
        found = []
        nodes = set(await self._redis.client.zrange("nodes", 0, -1))
        for key, life in sorted(keys.items()):
            longest = next((most for pattern, most in _LIVES if re.match(pattern, key)), None)
            if longest is not None:
                if not 0 <= life <= longest:
                    found.append(f"{key} lives {life} ms, and {longest} is the most")
            elif _PRESENCE.fullmatch(key):
                found.append(f"{key} is still there, though nobody is")
            elif key.startswith("presence:node:"):
                if key[len("presence:node:{") : -1] not in nodes:
                    found.append(f"{key} belongs to no living worker")
            elif life < 0 and _shape(key) not in lasting:
                found.append(f"{key} has no end, and was not there before")
        if len(nodes) > self._gateway.workers:
            found.append(f"{len(nodes)} nodes are registered for {self._gateway.workers} workers")
        return found

    def _compare_memory(self, before: dict[int, Vital], after: dict[int, Vital]) -> None:
        most = max((vital.rss for vital in before.values()), default=0)
        for pid, vital in after.items():
            base = before[pid].rss if pid in before else most
            allowed = base + max(RSS_BYTES, base * RSS_SHARE)
            if base and vital.rss > allowed:
                self._findings.add(
                    MEMORY, f"worker {pid}",
                    f"{vital.rss / 1e6:.0f} MB, {base / 1e6:.0f} MB after the warm-up, allowed {allowed / 1e6:.0f} MB",
                )  # fmt: skip


def _held(vitals: dict[int, Vital]) -> Iterable[str]:
    """What a worker without clients must have none of."""
    for pid, vital in vitals.items():
        for name in _COUNTED:
            allowed = _ROOMS_OF_ITS_OWN if name == "touchline_rooms" else 0
            if vital.metrics.get(name, 0) > allowed:
                yield f"worker {pid} has {name} {vital.metrics[name]:.0f}, and nobody is connected"


_ROOMS_OF_ITS_OWN = 3  # control, everybody, and what workers ask each other


def _grown(before: dict[int, Vital], after: dict[int, Vital]) -> Iterable[str]:
    descriptors = max((vital.descriptors for vital in before.values()), default=0)
    tasks = max((vital.metrics.get(_TASKS, 0) for vital in before.values()), default=0)
    for pid, vital in after.items():
        if vital.descriptors > descriptors + SPARE_DESCRIPTORS:
            yield f"worker {pid} has {vital.descriptors} descriptors open, {descriptors} before: {vital.files}"
        if vital.database_files > DATABASE_FILES:
            yield f"worker {pid} has {vital.database_files} files of the database open"
        if vital.redis_connections > REDIS_CONNECTIONS:
            yield f"worker {pid} has {vital.redis_connections} connections to Redis"
        if vital.metrics.get(_TASKS, 0) > tasks + SPARE_TASKS:
            yield f"worker {pid} has {vital.metrics[_TASKS]:.0f} tasks, {tasks:.0f} after the warm-up"


def _shape(key: str) -> str:
    """A key without the ids in it."""
    return re.sub(r"\{[^}]*\}", "{}", key)
