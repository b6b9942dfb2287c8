"""Events between workers, through one Redis: publish first, then everybody (the publisher too) fans out.

One counter numbers all recoverable events; its epoch names the counter's life. A worker that finds a hole in the
numbers, or another epoch, says so: it is never silently deaf.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.redis import RedisStore, as_text

log = structlog.get_logger(__name__)

_CHANNEL = "rt:{rt}:events"
_COUNTER = "rt:{rt}:counter"
_EPOCH = "rt:{rt}:epoch"
_ONCE_SECONDS = 3600  # how long a repeated publication of the same outbox row is recognised
_PING_SECONDS = 2.0
_DEAD_SECONDS = 6.0  # a frozen Redis raises nothing by itself (docs: library facts), so silence is the sign

_PUBLISH = """
local epoch = redis.call('GET', KEYS[2])
if not epoch then
  epoch = ARGV[6]
  redis.call('SET', KEYS[2], epoch)
end
if ARGV[5] ~= '' and not redis.call('SET', KEYS[4], '1', 'NX', 'EX', ARGV[7]) then
  return {epoch, tonumber(redis.call('GET', KEYS[1]) or 0)}
end
local number
if ARGV[1] == '1' then
  number = redis.call('INCR', KEYS[1])
else
  number = tonumber(redis.call('GET', KEYS[1]) or 0)
end
redis.call('PUBLISH', KEYS[3], cjson.encode({epoch, number, tonumber(ARGV[1]), ARGV[2], ARGV[3]}) .. '\\n' .. ARGV[4])
return {epoch, number}
"""

Kind = Literal["event", "close"]


class Envelope(msgspec.Struct, frozen=True):
    """One message of the backplane, as the local fan-out gets it. `event` is empty for a request to close."""

    epoch: str
    number: int
    recoverable: bool
    room: str
    event: str
    payload: bytes


class CloseRequest(msgspec.Struct, frozen=True):
    """Close the connections of a user, or one connection, wherever they are."""

    target: str
    code: str
    reconnect: bool


class _Head(msgspec.Struct, array_like=True, frozen=True):
    epoch: str
    number: int
    recoverable: int
    room: str
    event: str


class Offset(msgspec.Struct, frozen=True):
    """A place in the order of all recoverable events."""

    epoch: str
    number: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"


class Backplane:
    """The connection of one worker to all others.

    Args:
        deliver: Called with each message, one after another, in the order of the counter.
        lost: Called when messages were missed; the local clients' states can no longer be trusted.
    """

    def __init__(
        self,
        store: RedisStore,
        *,
        new_epoch: Callable[[], str],
        deliver: Callable[[Envelope], Awaitable[None]],
        lost: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._script = store.client.register_script(_PUBLISH)
        self._new_epoch = new_epoch
        self._deliver = deliver
        self._lost = lost
        self._seen = Offset("", 0)
        self._task: asyncio.Task[None] | None = None
        self._stopping = False  # a cancellation alone may be swallowed (see kit.leases.Jobs)
        self.connected = asyncio.Event()

    @property
    def seen(self) -> Offset:
        """The newest place whose event was handed to the local connections."""
        return self._seen

    async def publish(self, room: str, event: str, payload: bytes, policy: Policy, once: str | None) -> Offset:
        """Publish to all workers; raises `Unavailable` when Redis does not answer."""
        try:
            epoch, number = await self._script(
                keys=[_COUNTER, _EPOCH, _CHANNEL, f"rt:{{rt}}:once:{once or ''}"],
                args=[
                    int(policy is Policy.RECOVERABLE),
                    room,
                    event,
                    payload,
                    once or "",
                    self._new_epoch(),
                    _ONCE_SECONDS,
                ],
            )
        except (RedisError, OSError) as error:
            raise Unavailable("The event could not be published now.") from error
        return Offset(as_text(epoch), int(number))

    async def start(self) -> None:
        """Subscribe; returns when messages arrive from now on."""
        self._task = asyncio.create_task(self._run(), name="backplane")
        waiter = asyncio.create_task(self.connected.wait())
        await asyncio.wait({self._task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()

    async def stop(self) -> None:
        """Leave."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        first = True
        while not self._stopping:
            client = self._store.dedicated()
            try:
                await self._listen(client, first=first)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("backplane lost redis", error=type(error).__name__)
            finally:
                self.connected.clear()
                await client.aclose()
            first = first and not self._seen.epoch
            await asyncio.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - jitter

    async def _listen(self, client: Redis, *, first: bool) -> None:
        subscription = client.pubsub(ignore_subscribe_messages=True)
        try:
            await asyncio.wait_for(subscription.subscribe(_CHANNEL), _DEAD_SECONDS)
            # The subscription stands before the counter is read, so nothing falls between the two.
            await asyncio.wait_for(self._catch_up(first=first), _DEAD_SECONDS)
            self.connected.set()
            quiet = 0.0
            while not self._stopping:
                message = await subscription.get_message(timeout=_PING_SECONDS)
                if message is not None:
                    quiet = 0.0
                    if message["type"] == "message":
                        await self._receive(message["data"])
                    continue
                quiet += _PING_SECONDS
                if quiet > _DEAD_SECONDS:
                    raise TimeoutError
                await asyncio.wait_for(subscription.ping(), _PING_SECONDS)
        finally:
            await subscription.aclose()  # type: ignore[no-untyped-call]

    async def _catch_up(self, *, first: bool) -> None:
        epoch, number = await self._store.client.mget(_EPOCH, _COUNTER)
        now = Offset(as_text(epoch), int(number or 0))
        missed = not first and now != self._seen
        self._seen = now
        if missed:
            await self._lost()

    async def _receive(self, data: bytes) -> None:
        head_json, _, payload = data.partition(b"\n")
        head = msgspec.json.decode(head_json, type=_Head)
        recoverable = bool(head.recoverable)
        here = Offset(head.epoch, head.number)
        if self._already_seen(here, recoverable=recoverable):
            return
        # With a fresh Redis the very first event brings the epoch: that is a beginning, not a gap.
        expected = self._seen.number + (1 if recoverable else 0)
        beginning = not self._seen.epoch and self._seen.number == 0
        if not beginning and (head.epoch != self._seen.epoch or head.number > expected):
            self._seen = here
            await self._lost()
            return
        await self._deliver(Envelope(head.epoch, head.number, recoverable, head.room, head.event, payload))
        if here.epoch != self._seen.epoch or here.number > self._seen.number:  # never back: it would be told again
            self._seen = here

    def _already_seen(self, here: Offset, *, recoverable: bool) -> bool:
        """Messages between the subscription and the reading of the counter arrive although they are counted."""
        return recoverable and here.epoch == self._seen.epoch and here.number <= self._seen.number
