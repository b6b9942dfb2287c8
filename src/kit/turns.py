"""A bounded wait for one of a few turns, such as the turn to write or a connection."""

from __future__ import annotations

import asyncio
from typing import Any


class Turns:
    """So many may have a turn at once; who waits is served in order.

    Args:
        number: How many have a turn at once.
        stuck: Seconds after which a wait is given up if no turn has ended meanwhile.
        longest: Seconds after which a wait is given up although turns end: the queue is too long.
    """

    def __init__(self, number: int, stuck: float, longest: float) -> None:
        self._turns = asyncio.Semaphore(number)
        self._stuck = stuck
        self._longest = longest
        self._ended = 0

    async def take(self, seconds: float | None = None) -> None:
        """Wait for a turn, for `seconds` at most if given; raises TimeoutError. Who is cancelled has none."""
        if not self._turns.locked():
            await self._turns.acquire()  # at once
            return
        waiter = asyncio.create_task(self._turns.acquire())
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
            ended = self._ended
            if (await asyncio.wait((waiter,), timeout=min(self._stuck, left)))[0]:
                return True
            if self._ended == ended:
                return False
        return False

    def _leave(self, waiter: asyncio.Task[Any]) -> None:
        if not waiter.cancel() and not waiter.cancelled():
            self._turns.release()  # it came in the same moment

    def give_back(self) -> None:
        """End one's turn."""
        self._ended += 1
        self._turns.release()
