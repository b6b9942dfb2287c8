"""A semaphore whose wait is bounded, also by whether it moves at all: for the turn to write, or a connection.

`kit.db` has one for each. A wait ends early where nothing is released meanwhile: then whoever holds it is stuck, and
others need not find that out for themselves.
"""

from __future__ import annotations

import asyncio
from typing import Any


class TimedSemaphore:
    """Admits a number of holders at once; who waits is served in order.

    Args:
        number: How many hold it at once.
        stuck: Seconds after which a wait is given up if nobody has released it meanwhile.
        longest: Seconds after which a wait is given up in any case: the queue is too long.
    """

    def __init__(self, number: int, stuck: float, longest: float) -> None:
        self._semaphore = asyncio.Semaphore(number)
        self._stuck = stuck
        self._longest = longest
        self._released = 0

    async def acquire(self, seconds: float | None = None) -> None:
        """Hold it, waiting for `seconds` at most if given; raises TimeoutError. Who is cancelled does not hold it."""
        if not self._semaphore.locked():
            await self._semaphore.acquire()  # at once
            return
        waiter = asyncio.create_task(self._semaphore.acquire())
        try:
            came = await self._comes(waiter, self._longest if seconds is None else min(seconds, self._longest))
        except BaseException:
            self._leave(waiter)
            raise
        if not came:
            self._leave(waiter)
            raise TimeoutError

    async def _comes(self, waiter: asyncio.Task[Any], longest: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + longest
        while (left := deadline - loop.time()) > 0:
            released = self._released
            if (await asyncio.wait((waiter,), timeout=min(self._stuck, left)))[0]:
                return True
            if self._released == released:
                return False
        return False

    def _leave(self, waiter: asyncio.Task[Any]) -> None:
        if not waiter.cancel() and not waiter.cancelled():
            self._semaphore.release()  # it came in the same moment

    def release(self) -> None:
        """Let the next one have it."""
        self._released += 1
        self._semaphore.release()
