"""The private Redis of a server without a Redis URL: started before it, again when it dies, and stopped after it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from kit.redis import EmbeddedRedis
from touchline.listening import CannotServe

log = structlog.get_logger(__name__)

_BACK_OFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # before the first try, the second, …
_STEADY_SECONDS = 60.0  # once it has run for so long, the next death is a first one again


class PrivateRedis:
    """Keeps one private Redis alive, on the same data and the same socket.

    The workers connect again by themselves. What Redis had not written yet, of its last second, is gone then; the
    workers see that and begin a new epoch (docs/realtime.md).
    """

    def __init__(self, directory: Path) -> None:
        self._redis = EmbeddedRedis(directory)
        self.url = self._redis.url
        self._deaths = 0
        self._began: float | None = None
        self._start_at: float | None = None

    def start(self) -> None:
        """Start it, or take over the one that runs; raises `CannotServe` with what to do."""
        try:
            asyncio.run(self._redis.start())
        except RuntimeError as error:
            raise CannotServe(str(error)) from None

    def tend(self, now: float) -> None:
        """Start it again when it has died. Never waits. `now`: seconds of a monotonic clock."""
        if self._start_at is None:
            if self._redis.alive():
                if self._began is not None and now - self._began > _STEADY_SECONDS:
                    self._deaths, self._began = 0, None
                return
            wait = _BACK_OFF_SECONDS[min(self._deaths, len(_BACK_OFF_SECONDS) - 1)]
            self._deaths += 1
            self._start_at = now + wait
            log.error(
                "redis died and is started again",
                in_seconds=wait,
                exitcode=self._redis.exitcode,
                log=str(self._redis.log),
            )
        if now >= self._start_at:
            self._start_at = None
            self._began = now
            try:
                self._redis.start_again()
            except (OSError, RuntimeError) as error:
                log.error("redis could not be started", reason=str(error))

    def stop(self) -> None:
        """Write everything down and end it."""
        asyncio.run(self._redis.stop())
