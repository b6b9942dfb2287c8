"""The private Redis of a server without a Redis URL: started before it, again if it dies or hangs, stopped after it.

`touchline.serve` owns it; workers only know its URL.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from kit.redis import EmbeddedRedis
from touchline.listening import CannotServe
from touchline.watch import LOOK_SECONDS, Watch

log = structlog.get_logger(__name__)

_BACK_OFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # before the first try, the second, …
_SILENT_SECONDS = 10.0  # a disk that is busy holds it up for less; meanwhile nobody hears anything
_LOADING_SECONDS = 60.0  # the same until it has answered once: its process has to start on a busy machine
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
        self._gone_since: float | None = None  # told in the log; it has not answered since
        self._watch: Watch | None = None

    def start(self) -> None:
        """Start it, or take over the one that runs; raises `CannotServe` with what to do."""
        try:
            asyncio.run(self._redis.start())
        except RuntimeError as error:
            raise CannotServe(str(error)) from None

    def tend(self, now: float, expected: float = LOOK_SECONDS) -> None:
        """Start it again when it has died, and end it when it hangs. Never waits.

        Args:
            now: Seconds of a monotonic clock.
            expected: The seconds since the last time, if nobody held us up.
        """
        if self._start_at is None:
            if self._redis.alive():
                self._listen(now, expected)
                return
            wait = _BACK_OFF_SECONDS[min(self._deaths, len(_BACK_OFF_SECONDS) - 1)]
            self._deaths += 1
            self._start_at = now + wait
            self._gone(now, "redis died and is started again", in_seconds=wait, exitcode=self._redis.exitcode)
        if now >= self._start_at:
            self._start_at = self._watch = None
            self._began = now
            try:
                self._redis.start_again()
            except (OSError, RuntimeError) as error:
                log.error("redis could not be started", reason=str(error))

    def _listen(self, now: float, expected: float) -> None:
        """Its process is there: whether it answers as well."""
        if self._watch is None:
            self._watch = Watch(_SILENT_SECONDS, _LOADING_SECONDS, now)
            if self._began is None:  # `start` has waited for its answer
                self._watch.heard(now, serves=True)
        if self._redis.look():
            self._watch.heard(now, serves=True)
            if self._gone_since is not None:
                log.warning("redis is back", pid=self._redis.pid, seconds=round(now - self._gone_since, 1))
                self._gone_since = None
            if self._began is not None and now - self._began > _STEADY_SECONDS:
                self._deaths, self._began = 0, None
        if self._watch.look(now, expected):
            silent = round(self._watch.silent(now), 1)
            self._gone(now, "redis hangs and is started again", pid=self._redis.pid, silent_seconds=silent)
            self._redis.kill()

    def _gone(self, now: float, what: str, **more: object) -> None:
        """One line, however many times it is started until it answers."""
        if self._gone_since is None:
            self._gone_since = now
            log.error(what, log=str(self._redis.log), **more)

    def stop(self) -> None:
        """Have it write everything down, and end it."""
        asyncio.run(self._redis.stop())
