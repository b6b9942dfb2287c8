"""Work that must not stop half-way, whoever stops waiting for it: giving a connection back, ending a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_completion(work: Coroutine[Any, Any, T], *, seconds: float | None = None) -> T:
    """Run `work` in a task of its own and return only when it has ended.

    A caller that is cancelled meanwhile, once or again and again, waits all the same: what it gives back afterwards (a
    lock, a connection) is then really free. `asyncio.shield` alone returns at once and leaves the work behind.

    Args:
        work: Needs a deadline of its own if it gets none here.
        seconds: After which the work itself is cancelled. It must then end soon.

    Raises:
        TimeoutError: The work was cancelled after `seconds`.
        asyncio.CancelledError: The caller was cancelled; whether the work did what it should is not told.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)
    end = None if seconds is None else loop.time() + seconds
    late = False
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,), timeout=None if end is None else max(end - loop.time(), 0.0))
        except asyncio.CancelledError as error:
            cancelled = error
        if end is not None and not task.done() and loop.time() >= end:
            end, late = None, True
            task.cancel()
    if cancelled is None:
        if late and task.cancelled():
            raise TimeoutError
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, or asyncio complains that nobody did
    raise cancelled
