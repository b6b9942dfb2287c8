"""One worker: a process with an event loop of its own that serves, and shows its supervisor that it is alive.

`touchline.supervisor` starts `run` in a fresh process. A worker must end with its supervisor, also where it hangs.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import os
import resource
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn

from realtime.connection_protocol import ConnectionProtocol
from realtime.descriptors import ListeningSockets
from realtime.handover import Handover, new_name
from touchline import logging as touchline_logging
from touchline.app import Application, build_app
from touchline.listening import Bind, bound
from touchline.settings import Settings

GRACE_SECONDS = 8  # what open connections and players get at the end
ALIVE, READY = b".", b"R"
_GC_THRESHOLDS = (10_000, 10, 10)  # net new containers before a look at the youngest; ten such, then ten of those
_BEATS = 10  # signs of life within the time after which a worker is given up, so that one that is late does no harm


@dataclass(frozen=True, slots=True)
class Lifeline:
    """What ties a worker to its supervisor.

    Attributes:
        parent: Ends when the supervisor is gone, however it went.
        beat: A pipe into which the event loop writes `ALIVE` again and again, and `READY` once it serves.
        interval: Seconds between two signs of life.
        stack: Where the stacks of all threads are written when the worker is aborted or crashes.
        others: Ends of other workers' lifelines, which a fork has copied: while anybody has them open they do not end.
    """

    parent: Connection
    beat: Connection
    interval: float
    stack: Path
    others: tuple[Connection, ...] = ()


def interval_of(timeout: float) -> float:
    """Seconds between two signs of life of a worker that is given up after `timeout` seconds of silence."""
    return min(timeout / _BEATS, 1.0)


def run(settings: Settings, bind: Bind, lifeline: Lifeline) -> None:
    """Serve until SIGTERM or SIGINT, or until the supervisor is gone: the entry of the worker's process.

    Args:
        settings: With a secret key and the URL of a running Redis.
        bind: Where it serves.
        lifeline: Its connections to the supervisor.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again when it is done; ours turns it into an orderly way out.
        signal.signal(number, lambda *_: sys.exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
    for other in lifeline.others:
        other.close()
    touchline_logging.configure(level=settings.log_level, json=settings.json_logs)
    _tell_where_it_hangs(lifeline.stack)
    threading.Thread(target=_follow, args=(lifeline.parent,), daemon=True).start()
    handover = Handover(bind.handover, new_name()) if bind.handover is not None else None
    app = build_app(settings, bind=bind, handover=handover, replaced=lambda: os.kill(os.getpid(), signal.SIGTERM))
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=app.engine.connection_protocol,
        ws="none",  # `connection_protocol` serves them
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    # Nothing that a connection leaves behind is a circle, and looking for circles walks all connections there are.
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    _Server(config, app, handover, lifeline).run(sockets=[bound(bind, listen=True)])


def _tell_where_it_hangs(path: Path) -> None:
    """Write the stacks on SIGABRT and on crashes. No core file is left: it would hold passwords and tokens."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    faulthandler.enable(path.open("w"), all_threads=True)


def _follow(parent: Connection) -> None:
    """End with the supervisor; at once where the event loop hangs and cannot end in order."""
    with contextlib.suppress(OSError, EOFError):
        parent.recv()  # nothing is ever sent
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS + 5)
    os.kill(os.getpid(), signal.SIGKILL)


class _Heart:
    """Beats as long as the event loop runs."""

    def __init__(self, pipe: Connection, interval: float) -> None:
        self._pipe = pipe
        self._interval = interval
        os.set_blocking(pipe.fileno(), False)

    def start(self) -> None:
        """Begin; from within the event loop."""
        self.say(ALIVE)
        asyncio.get_running_loop().call_later(self._interval, self.start)

    def say(self, what: bytes) -> None:
        """Say it, unless nobody listens: a supervisor that is stopped or gone must not stop the worker."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._pipe.fileno(), what)


class _Server(uvicorn.Server):
    """uvicorn that takes connections from other workers too, and says a word to all before they are closed."""

    def __init__(self, config: uvicorn.Config, app: Application, handover: Handover | None, lifeline: Lifeline) -> None:
        super().__init__(config)
        self._app = app
        self._handover = handover
        self._heart = _Heart(lifeline.beat, lifeline.interval)
        self._listeners: ListeningSockets | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        self._heart.start()
        await super().startup(sockets)
        if not self.started:
            return
        protocol: type[ConnectionProtocol] = self.config.http_protocol_class  # type: ignore[assignment]  # set below
        self._listeners = ListeningSockets(
            self.servers, self._protocol, protocol.servers[0].descriptors, backlog=self.config.backlog
        )
        if self._handover is not None:
            self._handover.serve(self._adopted)
        self._heart.say(READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Send clients away, then close the listening sockets and what is left."""
        await self._app.drain()
        if self._handover is not None:
            self._handover.close()
        if self._listeners is not None:
            self._listeners.close()
        await super().shutdown(sockets)

    def _protocol(self) -> ConnectionProtocol:
        made: ConnectionProtocol = self.config.http_protocol_class(  # type: ignore[call-arg, assignment]  # uvicorn's own call of it
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def _adopted(self, data: bytes) -> asyncio.Protocol:
        made = self._protocol()
        made.begin_with(data)
        return made
