"""One pipelined connection to Redis: commands go out together, replies and pushes come in one order.

redis-py opens it (address, TLS, sign-in); its bytes are then read here, in batches: 2 µs for a reply instead of 30.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import ResponseError

from kit.lua import Script
from kit.redis import telling_of_loss
from kit.redis_waiting import in_time

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0  # a frozen Redis raises nothing by itself, so silence is the sign
_MAX_WAITING = 20_000  # commands without an answer yet; at 16 µs each that is a third of a second of Redis' time
_READ_BYTES = 256 * 1024

Callback = Callable[[Any], None]


class RedisLink:
    """A connection that has no life after its first error: whoever needs one opens the next.

    Args:
        on_push: Called with each message of a subscription, in the same order as replies are given to their callbacks.
        on_close: Called once when the connection has ended.
        patience: Seconds that one request waits for the replies of all its calls.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        on_push: Callback | None,
        on_close: Callback | None,
        patience: float = ANSWER_SECONDS,
    ) -> None:
        self._patience = patience
        self._connection = connection
        reader, writer = connection._reader, connection._writer  # noqa: SLF001 - see above
        if reader is None or writer is None:
            raise LinkLost("the connection is closed")
        self._reader = reader
        self._writer = writer
        self._on_push = on_push
        self._on_close = on_close
        self._parser = hiredis.Reader(notEnoughData=_NOTHING)
        self._waiting: deque[tuple[float, Callback]] = deque()
        self._unsent: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._error: Exception | None = None
        self._task = asyncio.create_task(self._read(), name="redis link")
        self._timer = self._loop.call_later(1.0, self._watch)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        on_push: Callback | None = None,
        on_close: Callback | None = None,
        patience: float = ANSWER_SECONDS,
    ) -> RedisLink:
        """Connect and sign in; raises `RedisError` or OSError."""
        pool = ConnectionPool.from_url(
            url,
            protocol=3,  # subscriptions and commands on one connection
            socket_timeout=CONNECT_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        # Else a reset while connecting would end the backplane's task, and leave the worker deaf.
        pool.connection_class = telling_of_loss(pool.connection_class)
        connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            return cls(connection, on_push, on_close, patience)
        except BaseException:
            await connection.disconnect(nowait=True)  # a cancelled connect leaves its socket open
            raise

    @property
    def alive(self) -> bool:
        """Whether commands can be sent."""
        return self._error is None

    def send(self, *command: str | bytes | int) -> None:
        """Send what has no reply of its own (SUBSCRIBE and its like: they are confirmed by a push)."""
        if self._error is not None:
            raise LinkLost("the connection is closed")
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(hiredis.pack_command(command))  # type: ignore[arg-type]  # its stub: a tuple of one

    def ask(self, callback: Callback, *command: str | bytes | int) -> None:
        """Send a command; its reply or error is given to `callback` in the order of all that arrives."""
        if len(self._waiting) >= _MAX_WAITING:
            raise LinkLost("too many commands wait for their answer")
        self.send(*command)
        self._waiting.append((self._loop.time(), callback))

    async def call(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        """The reply of a command; raises `RedisError`. An error says nothing about whether it ran."""
        return await in_time(self._call(*command), self._patience)

    async def _call(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        future: asyncio.Future[Any] = self._loop.create_future()

        def answered(reply: object) -> None:
            if future.done():
                return
            if isinstance(reply, Exception):
                future.set_exception(reply)
            else:
                future.set_result(reply)

        self.ask(answered, *command)
        return await future

    async def evaluate(self, script: Script, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:  # noqa: ANN401 - a reply of Redis
        """Run a script. One that Redis forgot (SCRIPT FLUSH) did not run, so it may be sent again."""
        try:
            return await self.call("EVALSHA", script.sha, len(keys), *keys, *arguments)
        except ResponseError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return await self.call("EVAL", script.text, len(keys), *keys, *arguments)

    async def close(self) -> None:
        """End the connection; whoever waits for a reply gets an error."""
        self._fail(LinkLost("the connection was closed"))
        self._task.cancel()
        try:
            await asyncio.gather(self._task, return_exceptions=True)
        finally:
            await self._connection.disconnect(nowait=True)

    def abort(self, reason: str) -> None:
        """End the connection at once, from a callback."""
        self._fail(LinkLost(reason))

    def _flush(self) -> None:
        data, self._unsent = self._unsent, []
        if self._error is None:
            self._writer.write(b"".join(data))

    def _watch(self) -> None:
        if self._waiting and self._loop.time() - self._waiting[0][0] > ANSWER_SECONDS:
            self._fail(LinkLost("Redis does not answer"))
        if self._error is None:
            self._timer = self._loop.call_later(1.0, self._watch)

    async def _read(self) -> None:
        try:
            while self._error is None:
                data = await self._reader.read(_READ_BYTES)
                if not data:
                    raise LinkLost("Redis closed the connection")  # noqa: TRY301 - one way out
                self._parser.feed(data)
                while (item := self._parser.gets()) is not _NOTHING:
                    self._take(item)
        except (OSError, hiredis.HiredisError, LinkLost) as error:
            self._fail(error if isinstance(error, LinkLost) else LinkLost(str(error)))

    def _take(self, item: object) -> None:
        if isinstance(item, hiredis.PushNotification):
            if self._on_push is not None:
                self._on_push(item)
            return
        if not self._waiting:
            raise LinkLost(f"an answer to nothing: {item!r}"[:200])
        _, callback = self._waiting.popleft()
        callback(ResponseError(str(item)) if isinstance(item, hiredis.ReplyError) else item)

    def _fail(self, error: Exception) -> None:
        if self._error is not None:
            return
        self._error = error
        self._timer.cancel()
        waiting, self._waiting = self._waiting, deque()
        for _, callback in waiting:
            callback(LinkLost(str(error)))
        self._writer.transport.abort()
        if self._on_close is not None:
            self._on_close(error)


_NOTHING = object()
