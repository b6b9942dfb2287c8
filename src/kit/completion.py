"""Work that must not stop half-way, whoever stops waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_completion(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in a task of its own and return only when it has ended.

    A caller that is cancelled meanwhile, once or again and again, waits all the same: what it gives back afterwards (a
    lock, a connection) is then really free. `asyncio.shield` alone returns at once and leaves the work behind. The work
    needs a deadline of its own.

    Raises:
        asyncio.CancelledError: The caller was cancelled; whether the work did what it should is not told.
    """
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, or asyncio complains that nobody did
    raise cancelled
