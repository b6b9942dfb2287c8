"""Whether this worker can serve: found out in the background, so that asking costs nothing and never waits.

Both stores are tried by a tiny write, since what only reads answers questions and loses messages. A store that hangs
shows by the age of its last answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.exceptions import RedisError

from kit.errors import Unavailable
from kit.redis import RedisStore
from kit.redis_errors import AWAY_FOR_WRITES, redis_outage
from monitoring.ports import Realtime

EVERY_SECONDS = 2.0
"""Between two tries."""

DEADLINE_SECONDS = 3.0
"""For one try. The write takes its turn like any other; who waits longer does not serve anybody well."""

_MARK_SECONDS = 60  # what a probe leaves in Redis is gone a minute after its worker
_DEAF_SECONDS = 10.0  # the backplane comes back within two, once Redis is there


class HealthCheck:
    """One part that is tried again and again."""

    def __init__(self, attempt: Callable[[], Awaitable[str | None]], monotonic: Callable[[], float]) -> None:
        """`attempt` returns what is wrong as a clause about the part, or None."""
        self._attempt = attempt
        self._monotonic = monotonic
        self._problem: str | None = None
        self._answered: float | None = None
        self._begun: float | None = None
        self.took = 0.0

    async def look(self) -> None:
        """Try the part once, and keep what was found."""
        self._begun = begun = self._monotonic()
        try:
            self._problem = await self._attempt()
        except BaseException:
            self._problem = "it could not be tried"
            raise
        finally:
            self._begun = None
            self._answered = self._monotonic()
            self.took = self._answered - begun

    @property
    def tried(self) -> bool:
        """Whether it was tried at all."""
        return self._answered is not None

    @property
    def problem(self) -> str | None:
        """What is wrong with the part now, as a clause; None if nothing is."""
        if self._begun is not None and self._monotonic() - self._begun > DEADLINE_SECONDS:
            return f"it has not answered for {self._monotonic() - self._begun:.0f} seconds"
        return self._problem


@dataclass(frozen=True, slots=True)
class Health:
    """What is told.

    Attributes:
        status: `ok`; `degraded`: it serves, but not everything; else nobody should be sent here: `starting`,
            `draining`, `full` or `unavailable`.
        parts: Whether each part does its work.
        problems: Part -> what is wrong, a sentence.
        details: Part -> how long the last try took, in milliseconds.
    """

    status: str
    parts: Mapping[str, bool]
    problems: Mapping[str, str]
    details: Mapping[str, float]

    @property
    def ready(self) -> bool:
        """Whether clients should be sent here."""
        return self.status in {"ok", "degraded"}


class HealthService:
    """Looks after both stores and the engine.

    Args:
        write: Writes a little to the database; returns what is wrong with it. Raises `Unavailable`.
        reason: Why the database refused what it refused last.
    """

    def __init__(
        self,
        *,
        write: Callable[[], Awaitable[str | None]],
        reason: Callable[[], str | None],
        redis: RedisStore,
        realtime: Realtime,
        node_id: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._write = write
        self._reason = reason
        self._redis = redis
        self._realtime = realtime
        self._mark = f"monitoring:{{{node_id}}}:probe"
        self._monotonic = monotonic
        self._database_check = HealthCheck(self._try_database, monotonic)
        self._redis_check = HealthCheck(self._try_redis, monotonic)
        self._redis_stops = False  # what is wrong with Redis loses messages
        self._heard = monotonic()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look at once when the server starts; afterwards its jobs do."""
        await asyncio.gather(self.look_at_database(), self.look_at_redis())
        yield

    async def look_at_database(self) -> None:
        """Try the database once."""
        await self._database_check.look()

    async def look_at_redis(self) -> None:
        """Try Redis once."""
        await self._redis_check.look()

    def report(self) -> Health:
        """How it is, as far as is known now."""
        now = self._monotonic()
        if self._realtime.healthy:
            self._heard = now
        problems: dict[str, str] = {}
        if (wrong := self._database_check.problem) is not None:
            problems["database"] = _sentence("The database is not available", wrong)
        if (wrong := self._redis_check.problem) is not None:
            problems["redis"] = _sentence("Redis is not available", wrong)
        if not self._realtime.healthy:
            problems["realtime"] = "Events of other workers do not arrive here."
        parts = {name: name not in problems for name in ("redis", "database", "realtime")}
        details = {
            name: round(part.took * 1000, 1)
            for name, part in (("redis", self._redis_check), ("database", self._database_check))
        }
        return Health(self._status(problems, deaf=now - self._heard > _DEAF_SECONDS), parts, problems, details)

    def _status(self, problems: Mapping[str, str], *, deaf: bool) -> str:
        if self._realtime.draining:
            return "draining"
        if not (self._database_check.tried and self._redis_check.tried):
            return "unavailable" if problems.keys() - {"realtime"} else "starting"
        if self._realtime.full:
            return "full"
        redis_away = "redis" in problems
        if "database" in problems or (redis_away and self._redis_stops) or (deaf and not redis_away):
            return "unavailable"
        return "degraded" if problems else "ok"

    async def _try_database(self) -> str | None:
        try:
            return await self._write()
        except Unavailable:
            return self._reason() or "it does not answer"

    async def _try_redis(self) -> str | None:
        self._redis_stops = False
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._redis.client.set(self._mark, "1", ex=_MARK_SECONDS)
        except (RedisError, OSError) as error:
            reason = redis_outage(error) or "it does not do what it is asked"
            self._redis_stops = reason in AWAY_FOR_WRITES
            return reason
        return None


def _sentence(beginning: str, clause: str) -> str:
    """Without what is in brackets: an address, which is nobody's business."""
    return f"{beginning}: {clause.partition(' (')[0]}."
