"""Rates: how often something may be done, counted together by all workers.

The dispatcher counts every client event, `touchline.http` every request, and services what has a limit of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from redis.asyncio import Redis

from kit.lua import Script
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

_RATE_LIMIT = Script("kit", "rate_limit")


class RateLimiter:
    """Counts calls: those of a person in Redis, those of one connection here."""

    def __init__(self, redis: Redis, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._script = redis.register_script(_RATE_LIMIT.text)
        self._monotonic = monotonic
        # Bounded by the connections of this worker (`forget`) times the events of the contract.
        self._local: dict[str, dict[str, float]] = {}

    async def hit(self, key: str, rate: Rate, session: Session) -> float | None:
        """Count one call.

        Args:
            key: What is counted, as an event's name.
            rate: How often it may happen.
            session: Who does it; `rate.scope` says whether the person or the connection counts.

        Returns:
            None when it is within the rate, else the seconds to wait.
        """
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


class RateLimitCleanup:
    """Drops the counts of connections that are gone: a `ConnectionObserver` (`kit.connections`)."""

    def __init__(self, rate_limiter: RateLimiter) -> None:
        self._rate_limiter = rate_limiter

    async def connected(self, session: Session) -> None:
        """A connection's counts begin with its first event."""

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:  # noqa: ARG002 - ConnectionObserver
        """The same: its counts begin anew. It may come back to any room."""
        return True

    async def disconnected(self, session: Session) -> None:
        """Drop the connection's counts."""
        self._rate_limiter.forget(session.connection_id)
