"""The way out: publishes events, and runs what else the engine wants of Redis, over one pipelined connection.

`backplane` owns it. The connection is opened when it is first needed and again after each loss; nothing is sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.lua import Script
from kit.outages import AWAY_SECONDS, unavailable
from kit.redis import RedisStore, as_text
from kit.redis_errors import redis_outage
from kit.redis_waiting import in_time
from realtime.history import Retention
from realtime.offsets import Offset
from realtime.open_epoch import open_epoch
from realtime.order_tracker import CONTROL_ROOM, OrderTracker
from realtime.redis_keys import CHANNEL, LATEST, NOTE_CLEAN_STOP, ONCE, PUBLISH, STATE, STREAM, TAILS
from realtime.redis_link import RedisLink

log = structlog.get_logger(__name__)

_ONCE_SECONDS = 3600  # how long a repeated publication of the same outbox row is recognised
KINDS = {Policy.RECOVERABLE: "r", Policy.LATEST_WINS: "l", Policy.EPHEMERAL: "e", Policy.CONTROL: "c"}
"""The policies, as publish.lua and its messages name them."""


class Publisher:
    """One worker's connection for everything but listening."""

    def __init__(
        self, store: RedisStore, tracker: OrderTracker, *, new_epoch: Callable[[], str], retention: Retention
    ) -> None:
        self._url = store.url
        self._patience = store.patience
        self._outage = store.outage
        self._tracker = tracker
        self._new_epoch = new_epoch
        self._retention = retention
        self._link: RedisLink | None = None
        self._run = ""
        self._sharded = False
        self._opening = asyncio.Lock()

    async def publish(self, room: str, event: str, payload: bytes, policy: Policy, once: str | None) -> Offset:
        """Publish to all workers.

        Args:
            room: Where; what goes to `CONTROL_ROOM` always arrives.
            event: The event's name.
            payload: Its argument, as JSON.
            policy: What is kept of it.
            once: A key; publishing again with the same key within an hour does nothing.

        Returns:
            The event's place, or for events that are not numbered the place they were published at.

        Raises:
            Unavailable: Redis does not answer; nothing was published, as far as can be known.
        """
        kept = self._retention
        try:
            link = await self._open()
            arguments: list[str | bytes | int] = [
                "r" if room == CONTROL_ROOM else KINDS[policy], room, event, payload, once or "", self._new_epoch(),
                self._run, _ONCE_SECONDS, kept.entries, kept.seconds, kept.latest_seconds, kept.rooms, STREAM,
                "SPUBLISH" if self._sharded else "PUBLISH", CHANNEL + room,
            ]  # fmt: skip
            epoch, number = await link.evaluate(PUBLISH, [STATE, TAILS, ONCE + (once or ""), LATEST + room], arguments)
        except (RedisError, OSError) as error:
            self._outage.failed(redis_outage(error) or str(error))
            raise Unavailable("The event could not be published now.", retry_after=AWAY_SECONDS) from error
        self._outage.answered()
        place = Offset(as_text(epoch), int(number))
        self._tracker.published(place)
        return place

    async def command(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        """One command; raises `Unavailable`."""
        try:
            return await self.call(*command)
        except (RedisError, OSError) as error:
            self._outage.failed(redis_outage(error) or str(error))
            raise unavailable() from error

    async def call(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        """The same; raises `RedisError` or OSError."""
        return await (await self._open()).call(*command)

    async def evaluate(self, script: Script, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:  # noqa: ANN401 - a reply of Redis
        """Run a script; raises `RedisError` or OSError."""
        return await (await self._open()).evaluate(script, keys, arguments)

    async def close(self) -> None:
        """Leave, and note that this worker did so in order: its sessions outlive a restart of Redis."""
        if self._link is None:
            return
        epoch = self._tracker.current.epoch
        if self._link.alive and epoch:
            try:
                await self._link.evaluate(NOTE_CLEAN_STOP, [STATE], [epoch])
            except (RedisError, OSError) as error:
                log.info("the orderly stop could not be noted", error=type(error).__name__)
        await self._link.close()

    async def _open(self) -> RedisLink:
        if self._link is not None and self._link.alive:
            return self._link
        return await in_time(self._open_for_all(), self._patience)

    async def _open_for_all(self) -> RedisLink:
        async with self._opening:
            if self._link is not None and self._link.alive:
                return self._link
            if self._link is not None:
                await self._link.close()
            link = await RedisLink.open(self._url, patience=self._patience)
            try:
                _, self._run, self._sharded = await open_epoch(link, self._tracker, self._new_epoch)
            except BaseException:
                await link.close()
                raise
            self._link = link
            return link
