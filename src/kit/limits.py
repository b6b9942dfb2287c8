"""Rates: how often something may be done, counted together by all workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from redis.asyncio import Redis

from kit.session import Session


class Scope(StrEnum):
    """Whose calls are counted together."""

    MEMBER = "member"
    """One person, over all connections and workers (in Redis)."""
    CONNECTION = "connection"
    """One connection (in the memory of its worker: costs nothing)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` calls in `per` seconds, after the generic cell rate algorithm: a burst, then evenly spaced."""

    limit: int
    per: float
    scope: Scope = Scope.MEMBER

    @property
    def interval(self) -> float:
        """Seconds in which one call is earned back."""
        return self.per / self.limit


_ROUNDING = 1e-6  # seconds; what sums of floats lose on a machine that is up for years

# GCRA with the server's own clock, so that workers need not agree on the time.
# The time is rounded to microseconds in integers: a Lua number holds them exactly until the year 2255.
_GCRA = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local interval, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = tat + interval - per - now
if wait > 0 then return math.ceil(wait) end
if ARGV[3] == '0' then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', tat + interval), 'PX', math.ceil((tat + interval - now) / 1000) + 1)
return 0
"""


class Limits:
    """Counts calls: those of a person in Redis, those of one connection here."""

    def __init__(self, redis: Redis, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._script = redis.register_script(_GCRA)
        self._monotonic = monotonic
        # Bounded by the connections of this worker (`forget`) times the events of the contract.
        self._local: dict[str, dict[str, float]] = {}

    async def hit(self, key: str, rate: Rate, session: Session) -> float | None:
        """Count one call; None when it is within the rate, else the seconds to wait."""
        if rate.scope is Scope.CONNECTION:
            return self._hit_local(key, rate, session.connection_id)
        return await self.hit_key(f"{key}:{session.member}", rate)

    async def hit_key(self, key: str, rate: Rate) -> float | None:
        """Count one call of anything that has a name, such as a login address."""
        return await self._ask(key, rate, count=1)

    async def peek_key(self, key: str, rate: Rate) -> float | None:
        """What `hit_key` would answer, without counting: for what is counted only when it goes wrong."""
        return await self._ask(key, rate, count=0)

    async def _ask(self, key: str, rate: Rate, *, count: int) -> float | None:
        args = [int(rate.interval * 1e6), int(rate.per * 1e6), count]
        wait = await self._script(keys=[f"rate:{{{key}}}"], args=args)
        return int(wait) / 1e6 if wait else None

    def hit_here(self, key: str, rate: Rate) -> float | None:
        """The same, counted by this worker alone: for many calls of few callers, since their names stay."""
        return self._hit_local(key, rate, "")

    def forget(self, connection_id: str) -> None:
        """Drop what is kept of a connection that is gone."""
        self._local.pop(connection_id, None)

    def _hit_local(self, key: str, rate: Rate, connection_id: str) -> float | None:
        now = self._monotonic()
        arrivals = self._local.setdefault(connection_id, {})
        tat = max(arrivals.get(key, now), now)
        wait = tat + rate.interval - rate.per - now
        if wait > _ROUNDING:
            return wait
        arrivals[key] = tat + rate.interval
        return None
