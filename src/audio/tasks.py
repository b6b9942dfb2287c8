"""Background tasks with an owner: they are waited for at the end, and what they raise is in the log.

All of audio starts its tasks here. A task of nobody may be collected before it is done, and its error is never seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

import structlog
from redis.exceptions import RedisError

from kit.errors import Unavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Tasks:
    """The running tasks of one module; their number is bounded by what starts them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Start work; an exception that nobody else sees is logged with its traceback."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self, within: float) -> None:
        """Wait for what is running, and cancel what is not done within these seconds."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=within)
        for task in late:
            log.warning("task did not end in time", task=task.get_name())
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1.0)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", task=task.get_name(), exc_info=error)


async def attempt(what: str, call: Awaitable[T], **about: str) -> tuple[bool, T | None]:
    """Call another module where its failure must not stop the sound; the caller tries again.

    Returns:
        Whether it worked, and its result.
    """
    try:
        return True, await call
    except (Unavailable, RedisError, OSError) as error:  # an outage, which the log has once for all
        log.debug(what, error=type(error).__name__, **about)
        return False, None
    except Exception:  # whatever the other module may raise, it is logged once here
        log.exception(what, **about)
        return False, None
