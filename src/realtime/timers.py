"""One timer for all connections: a wheel of buckets, so that a deadline costs a set's entry and no task or handle.

Each `EngineIoServer` has one; sockets, upgrades, requests and write timeouts put their deadlines on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timed(Protocol):
    """Something with at most one deadline."""

    slot: set[Timed] | None

    def expired(self) -> None:
        """The deadline has come; it is off the wheel and may be put back."""
        ...


class TimerWheel:
    """Deadlines up to `span` seconds ahead, early by at most one tick.

    Args:
        tick: Seconds between two looks.
        span: The longest delay.
        each_tick: Called after every look with the time.
    """

    def __init__(
        self,
        *,
        tick: float,
        span: float,
        each_tick: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tick = tick
        self._slots: list[set[Timed]] = [set() for _ in range(int(span / tick) + 2)]
        self._each_tick = each_tick
        self._clock = clock
        self._origin = clock()
        self._done = 0  # the last bucket that was emptied, counted from the origin
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Turn by the running event loop's time."""
        if self._handle is None:
            self._turn()

    def stop(self) -> None:
        """Turn no more; nothing is due until it is started again."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def schedule(self, item: Timed, delay: float) -> None:
        """Set the item's deadline; an earlier one is forgotten."""
        if item.slot is not None:
            item.slot.discard(item)
        place = int((self._clock() - self._origin + delay) / self.tick)
        place = min(max(place, self._done + 1), self._done + len(self._slots) - 1)
        item.slot = self._slots[place % len(self._slots)]
        item.slot.add(item)

    def cancel(self, item: Timed) -> None:
        """The item has no deadline any more."""
        if item.slot is not None:
            item.slot.discard(item)
            item.slot = None

    def advance(self) -> None:
        """Do what is due by now."""
        now = self._clock()
        due = int((now - self._origin) / self.tick)
        while self._done < due:
            self._done += 1
            slot = self._slots[self._done % len(self._slots)]
            items = list(slot)
            slot.clear()
            for item in items:
                if item.slot is slot:
                    item.slot = None
                    item.expired()
        self._each_tick(now)

    def _turn(self) -> None:
        self.advance()
        later = self._origin + (self._done + 1) * self.tick - self._clock()
        self._handle = asyncio.get_running_loop().call_later(max(later, 0.0), self._turn)
