"""How long one request, or one unit of work, has waited for the stores: all its steps share one deadline.

Each step takes what those before it have left, so a request that meets a store that is frozen, or answers slowly again
and again, waits once and not once for each step. Only the time in which it waits for a store counts: a body that comes
slowly or another server that is asked meanwhile takes nothing away.

Whatever a request awaits finds its `Waiting` through a context variable, as the log finds its request id: handlers and
services need not pass on what they have no use for. A task that a request starts, and that outlives it, waits on its
own account from the moment in which the request is answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from kit.outages import unavailable

T = TypeVar("T")

DATABASE, REDIS = "database", "redis"

_current: ContextVar[Waiting | None] = ContextVar("waiting", default=None)


class _Watch:
    """Counts the time in which at least one is at it."""

    __slots__ = ("_at_it", "_seconds", "_since")

    def __init__(self) -> None:
        self._seconds = 0.0
        self._since = 0.0
        self._at_it = 0

    def begin(self, now: float) -> None:
        if not self._at_it:
            self._since = now
        self._at_it += 1

    def end(self, now: float) -> None:
        self._at_it -= 1
        if not self._at_it:
            self._seconds += now - self._since

    def seconds(self, now: float) -> float:
        return self._seconds + (now - self._since if self._at_it else 0.0)


class Waiting:
    """What was waited for the stores so far; steps that wait side by side count once.

    Args:
        monotonic: Seconds of a clock that only goes forward.
    """

    __slots__ = ("_all", "_monotonic", "_stores", "over")

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._all = _Watch()
        self._stores: dict[str, _Watch] = {}
        self.over = False

    def left(self, longest: float, store: str | None = None) -> float:
        """Seconds that are left of the `longest` for all stores together, or for one; never less than 0."""
        watch = self._all if store is None else self._stores.get(store)
        return longest if watch is None else max(longest - watch.seconds(self._monotonic()), 0.0)

    @contextmanager
    def at(self, store: str) -> Iterator[None]:
        """What happens in here is waiting for a store."""
        watches = (self._all, self._stores.setdefault(store, _Watch()))
        for watch in watches:
            watch.begin(self._monotonic())
        try:
            yield
        finally:
            for watch in watches:
                watch.end(self._monotonic())


def current() -> Waiting | None:
    """Of the request, or unit of work, that this is a part of; None if it is a part of none."""
    waiting = _current.get()
    return None if waiting is None or waiting.over else waiting


def take_part(waiting: Waiting) -> None:
    """From here on this task is a part of it."""
    if _current.get() is not waiting:
        _current.set(waiting)


@contextmanager
def one_request(waiting: Waiting | None = None) -> Iterator[Waiting]:
    """What is awaited in here is one request, until it ends or is `over`: from then on nobody waits for it."""
    waiting = waiting or Waiting()
    token = _current.set(waiting)
    try:
        yield waiting
    finally:
        waiting.over = True
        _current.reset(token)


async def with_others(work: Awaitable[T], longest: float) -> T:
    """Wait for what a store is asked for others as well, no longer than this request may still wait.

    Args:
        work: Something whose end another task brings about; it is cancelled when the time is over.
        longest: Seconds for the whole request.

    Raises:
        Unavailable: It did not end in time.
    """
    waiting = current()
    if waiting is None:
        return await work
    try:
        with waiting.at(DATABASE):
            async with asyncio.timeout(waiting.left(longest)):
                return await work
    except TimeoutError:
        raise unavailable() from None
