"""The supervisor: starts the workers, replaces those that die or hang, and ends them.

`touchline.serve` runs it in the first process. It serves nobody itself, and must not wait for anything that may hang.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

import structlog

from touchline import worker
from touchline.listening import Bind, CannotServe
from touchline.settings import Settings
from touchline.watch import LOOK_SECONDS, Watch
from touchline.worker import GRACE_SECONDS, READY, Lifeline

log = structlog.get_logger(__name__)

_MAX_RESTARTS = 20  # within the window: a worker that dies again and again takes the server down with a clear message
_RESTART_WINDOW_SECONDS = 300.0
_BACK_OFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)  # before the first restart of the window, the second, …
_START_SECONDS = 120.0  # a worker that starts may be silent that long: it loads everything on a busy machine
_ABORT_SECONDS = 2.0  # what a worker that hangs gets to write down where
_STACK_BYTES = 64 * 1024  # of that, in one line of the log

# A fork has everything loaded already, so a worker is there at once and shares that memory; the supervisor has no
# threads and no event loop by then. macOS' own libraries do not survive a fork.
_METHOD: Literal["fork", "spawn"] = "spawn" if sys.platform == "darwin" else "fork"
_CONTEXT: Any = multiprocessing.get_context(_METHOD)  # the two classes have no common one with these methods


class Restarts:
    """When the next worker may be started, and when there is no sense in it any more."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_MAX_RESTARTS + 1)

    def died(self, now: float) -> float:
        """One more is to be replaced: seconds to wait; raises `CannotServe` when they keep dying."""
        self._times.append(now)
        recent = sum(now - time < _RESTART_WINDOW_SECONDS for time in self._times)
        if recent > _MAX_RESTARTS:
            raise CannotServe("Workers keep dying; the log above says why.")
        return _BACK_OFF_SECONDS[min(recent, len(_BACK_OFF_SECONDS)) - 1]


class _Worker:
    """One worker's process, seen from the supervisor."""

    def __init__(
        self, settings: Settings, bind: Bind, stack: Path, others: list[_Worker], clock: Callable[[], float]
    ) -> None:
        timeout = settings.worker_timeout
        self._stack = stack
        self._clock = clock
        theirs, self._life = multiprocessing.Pipe(duplex=False)
        self._beat, beat = multiprocessing.Pipe(duplex=False)
        os.set_blocking(self._beat.fileno(), False)
        forked = _METHOD == "fork"
        lifeline = Lifeline(
            parent=theirs,
            beat=beat,
            interval=worker.interval_of(timeout),
            stack=stack,
            others=(self._life, *(other.life for other in others)) if forked else (),
        )
        self.process: BaseProcess = _CONTEXT.Process(
            target=worker.run, args=(settings, bind, lifeline), name="touchline worker"
        )
        with _signals_held():  # one that comes before the worker can take it would be the supervisor's, and lost
            self.process.start()
        theirs.close()
        beat.close()
        self._watch = Watch(timeout, _START_SECONDS, clock())
        self._kill_at: float | None = None

    @property
    def life(self) -> Connection:
        """Ours of the pipe whose end tells the worker that we are gone."""
        return self._life

    def look(self, expected: float) -> None:
        """Hear it, and end it if it hangs."""
        now = self._clock()
        with contextlib.suppress(BlockingIOError):
            if said := os.read(self._beat.fileno(), 4096):
                self._watch.heard(now, serves=READY in said)
        if self._kill_at is not None:
            if now >= self._kill_at:
                self.process.kill()
        elif self._watch.look(now, expected):
            self._kill_at = now + _ABORT_SECONDS
            log.error("worker hangs and is ended", pid=self.process.pid, silent_seconds=round(self._watch.silent(now)))
            self._signal(signal.SIGABRT)  # it writes down where it is
            self._signal(signal.SIGCONT)  # so also if somebody has stopped it

    def _signal(self, number: signal.Signals) -> None:
        if self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, number)

    @property
    def has_served(self) -> bool:
        """Whether it has begun to serve."""
        return self._watch.serves

    def has_ended(self) -> bool:
        """Whether its process is over."""
        return not self.process.is_alive()

    def last_words(self) -> dict[str, object]:
        """What is written to the log about its end."""
        stack = ""
        with contextlib.suppress(OSError):
            with self._stack.open(errors="replace") as file:
                stack = file.read(_STACK_BYTES)
            self._stack.unlink()
        return {"pid": self.process.pid, "exitcode": self.process.exitcode, **({"stack": stack} if stack else {})}

    def close(self) -> None:
        """Close its pipes."""
        self._life.close()
        self._beat.close()


class Supervisor:
    """Keeps as many workers as were asked for.

    Args:
        settings: With a Redis URL and a secret key.
        bind: Where the workers serve, and how many there are.
        directory: An empty private one, for what workers write when they crash.
        tend: Called at each look with the time: whatever else is to be kept alive.
        clock: Seconds of a monotonic clock.
    """

    def __init__(
        self,
        settings: Settings,
        bind: Bind,
        directory: Path,
        *,
        tend: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._bind = bind
        self._directory = directory
        self._tend = tend
        self._clock = clock
        self._workers: list[_Worker] = []
        self._due: list[float] = []  # when a worker is to be started, one entry each
        self._restarts = Restarts()
        self._made = 0
        self._served = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT; raises `CannotServe` when workers cannot start, or keep dying."""
        with _stop_signals() as stopping:
            try:
                for _ in range(self._bind.workers):
                    self._start()
                while not stopping.wait(LOOK_SECONDS):
                    self._look()
            finally:
                self._end()

    def _start(self) -> None:
        self._made += 1
        stack = self._directory / f"stack.{self._made}"
        self._workers.append(_Worker(self._settings, self._bind, stack, self._workers, self._clock))

    def _look(self) -> None:
        for one in list(self._workers):
            one.look(LOOK_SECONDS)
            self._served = self._served or one.has_served
            if one.has_ended():
                self._workers.remove(one)
                one.close()
                if not self._served:
                    raise CannotServe("The server could not start; the log above says why.")
                now = self._clock()
                wait = self._restarts.died(now)
                log.warning("worker died and is replaced", in_seconds=wait, **one.last_words())
                self._due.append(now + wait)
        now = self._clock()
        for due in [due for due in self._due if due <= now]:
            self._due.remove(due)
            self._start()
        self._tend(now)

    def _end(self) -> None:
        for one in self._workers:
            one.process.terminate()
        deadline = self._clock() + GRACE_SECONDS + 5
        for one in self._workers:
            one.process.join(max(0.0, deadline - self._clock()))
            if one.process.is_alive():
                one.process.kill()
                one.process.join()
            one.close()


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Set by SIGTERM and SIGINT, which do nothing else meanwhile."""
    stopping = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Signals that end us come afterwards; a child begins with them held."""
    held = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
