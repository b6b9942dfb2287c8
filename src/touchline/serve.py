"""`touchline serve`: prepares the data directory and its stores, then runs one worker here or several beside it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

import structlog
import uvicorn

from kit.redis import EmbeddedRedis
from realtime.descriptors import Listeners, raise_limit
from realtime.door import Door
from realtime.handover import NAME_LENGTH, Handover, new_name
from touchline import logging as touchline_logging
from touchline.app import Application, Bind, build_app
from touchline.migrate import migrate
from touchline.settings import Settings, with_secret

log = structlog.get_logger(__name__)

GRACE_SECONDS = 8  # what open connections and players get at the end
_MAX_RESTARTS = 20  # within the window: a worker that dies again and again takes the server down with a clear message
_RESTART_WINDOW_SECONDS = 300.0
_GC_THRESHOLDS = (10_000, 10, 10)  # net new containers before a look at the youngest; ten such, then ten of those


class CannotServe(Exception):
    """Serving is not possible; the message says what to do."""


@contextmanager
def data_directory(path: Path) -> Iterator[Path]:
    """Hold a data directory for one server alone."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock: IO[str] = (path / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotServe(
            f"Another touchline serves from {path} already; stop it, or set TOUCHLINE_DATA_DIR."
        ) from None
    try:
        yield path
    finally:
        lock.close()


@contextmanager
def prepared(settings: Settings) -> Iterator[Settings]:
    """The settings with a secret, a running Redis and an up-to-date database; what was started is stopped."""
    with data_directory(settings.data_dir):
        settings = with_secret(settings)
        embedded = None
        if not settings.redis_url:
            embedded = EmbeddedRedis(settings.redis_dir)
            try:
                asyncio.run(embedded.start())
            except RuntimeError as error:
                raise CannotServe(str(error)) from None
            settings = replace(settings, redis_url=embedded.url)
        try:
            asyncio.run(migrate(settings.effective_database_url))
            yield settings
        finally:
            if embedded is not None:
                asyncio.run(embedded.stop())


def serve(settings: Settings, bind: Bind) -> None:
    """Serve until SIGTERM or SIGINT; raises `CannotServe` when the address is taken."""
    raise_limit()
    holder = _bind(bind, listen=False)
    bind = replace(bind, port=holder.getsockname()[1])
    log.info("touchline serves", url=f"http://{_shown(bind.host)}:{bind.port}", workers=bind.workers, env=settings.env)
    try:
        if bind.workers == 1:
            _run_worker(settings, bind)
        else:
            with _shared_directory(settings) as shared:
                _supervise(settings, replace(bind, handover=shared))
    finally:
        holder.close()


@contextmanager
def _shared_directory(settings: Settings) -> Iterator[Path]:
    """An empty directory for the sockets of the workers, which nobody else can read or write."""
    path = settings.data_dir.resolve() / "workers"
    shutil.rmtree(path, ignore_errors=True)  # of a server that was killed
    path.mkdir(mode=0o700)
    try:
        if _takes_sockets(path):
            yield path
            return
    finally:
        shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="touchline-", ignore_cleanup_errors=True) as elsewhere:
        yield Path(elsewhere)


def _takes_sockets(directory: Path) -> bool:
    """Whether its path is short enough for sockets in it, and its file system has them; network shares may not."""
    probe = directory / ("x" * NAME_LENGTH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(str(probe))
        except OSError:
            return False
    probe.unlink()
    return True


def _bind(bind: Bind, *, listen: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((bind.host, bind.port))
    except OSError as error:
        sock.close()
        raise CannotServe(f"Cannot listen on {bind.host}:{bind.port}: {error.strerror}. Try another --port.") from None
    if listen:
        sock.listen(4096)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
    return sock


def ensure_free(bind: Bind) -> None:
    """Raise `CannotServe` if somebody listens there; SO_REUSEPORT alone would let two servers share the port."""
    if bind.port == 0:
        return
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind.host, bind.port))
        except OSError as error:
            raise CannotServe(
                f"Cannot listen on {bind.host}:{bind.port}: {error.strerror}. Choose another port."
            ) from None


class _Server(uvicorn.Server):
    """uvicorn that takes connections from other workers too, and says a word to all before they are closed."""

    def __init__(self, config: uvicorn.Config, app: Application, handover: Handover | None) -> None:
        super().__init__(config)
        self._app = app
        self._handover = handover
        self._listeners: Listeners | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        if not self.started:
            return
        door: type[Door] = self.config.http_protocol_class  # type: ignore[assignment]  # set below
        self._listeners = Listeners(
            self.servers, self._protocol, door.servers[0].descriptors, backlog=self.config.backlog
        )
        if self._handover is not None:
            self._handover.serve(self._adopted)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything."""
        await self._app.drain()
        if self._handover is not None:
            self._handover.close()
        if self._listeners is not None:
            self._listeners.close()
        await super().shutdown(sockets)

    def _protocol(self) -> Door:
        made: Door = self.config.http_protocol_class(  # type: ignore[call-arg, assignment]  # uvicorn's own call of it
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def _adopted(self, data: bytes) -> asyncio.Protocol:
        made = self._protocol()
        made.begin_with(data)
        return made


def _run_worker(settings: Settings, bind: Bind) -> None:
    handover = Handover(bind.handover, new_name()) if bind.handover is not None else None
    app = build_app(settings, bind=bind, handover=handover)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=app.engine.door,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    # uvicorn raises the signal again when it is done; ours turns it into an orderly way out, so that Redis is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Nothing that a connection leaves behind is a circle, and looking for circles walks all connections there are.
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    _Server(config, app, handover).run(sockets=[_bind(bind, listen=True)])


def _child(settings: Settings, bind: Bind, parent: Connection) -> None:
    touchline_logging.configure(level=settings.log_level, json=settings.json_logs)

    def follow() -> None:
        with contextlib.suppress(OSError, EOFError):
            parent.recv()  # returns when the supervisor is gone, however it went
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
    _run_worker(settings, bind)


def _supervise(settings: Settings, bind: Bind) -> None:
    context = multiprocessing.get_context("spawn")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    children: list[tuple[BaseProcess, Connection]] = []
    restarts: deque[float] = deque(maxlen=_MAX_RESTARTS + 1)

    def start() -> None:
        ours, theirs = context.Pipe()
        process = context.Process(target=_child, args=(settings, bind, theirs), name="touchline worker")
        process.start()
        theirs.close()
        children.append((process, ours))

    try:
        for _ in range(bind.workers):
            start()
        while not stopping.wait(0.5):
            for child in [c for c in children if not c[0].is_alive()]:
                children.remove(child)
                restarts.append(time.monotonic())
                if len(restarts) > _MAX_RESTARTS and restarts[-1] - restarts[0] < _RESTART_WINDOW_SECONDS:
                    raise CannotServe("Workers keep dying; the log above says why.")
                log.warning("worker died and is replaced", pid=child[0].pid, exitcode=child[0].exitcode)
                start()
    finally:
        for process, _ in children:
            process.terminate()
        for process, _ in children:
            process.join(GRACE_SECONDS + 5)
            if process.is_alive():
                process.kill()


def _shown(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound


def fail(message: str) -> None:
    """End the program with one clear line."""
    sys.stderr.write(f"touchline: {message}\n")
    raise SystemExit(2)
