"""`touchline serve`: prepares the data directory and its stores, then has a supervisor run the workers.

The command and the benches call it. Two servers must not have one data directory: a lock on a file sees to that.
"""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import structlog

from realtime.descriptors import raise_limit
from realtime.handover import NAME_LENGTH
from touchline.listening import Bind, CannotServe, bound, shown
from touchline.migrate import migrate
from touchline.private_files import mend
from touchline.private_redis import PrivateRedis
from touchline.settings import Settings, with_secret
from touchline.supervisor import Supervisor

__all__ = ["CannotServe", "Prepared", "data_directory", "prepared", "serve"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a server needs before it can serve.

    Attributes:
        settings: With a secret key and the URL of a running Redis.
        tend: To be called again and again: it keeps the private Redis alive, if there is one.
    """

    settings: Settings
    tend: Callable[[float], None]


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
def prepared(settings: Settings) -> Iterator[Prepared]:
    """A secret, a running Redis and an up-to-date database; what was started is stopped."""
    with data_directory(settings.data_dir):
        if mended := mend(settings.data_dir):
            log.warning("others may not read this any more", files=[str(path) for path in mended[:20]])
        settings = with_secret(settings)
        private = None if settings.redis_url else PrivateRedis(settings.redis_dir)
        if private is not None:
            private.start()
            settings = replace(settings, redis_url=private.url)
        try:
            asyncio.run(migrate(settings.effective_database_url))
            yield Prepared(settings, private.tend if private is not None else lambda _: None)
        finally:
            if private is not None:
                private.stop()


def serve(ready: Prepared, bind: Bind) -> None:
    """Serve until SIGTERM or SIGINT; raises `CannotServe` when the address is taken or no worker can start."""
    raise_limit()
    holder = bound(bind, listen=False)
    bind = replace(bind, port=holder.getsockname()[1])
    settings = ready.settings
    log.info("touchline serves", url=f"http://{shown(bind.host)}:{bind.port}", workers=bind.workers, env=settings.env)
    try:
        with _shared_directory(settings) as shared:
            if bind.workers > 1:
                bind = replace(bind, handover=shared)
            Supervisor(settings, bind, shared, tend=ready.tend).run()
    finally:
        holder.close()
    log.info("touchline has stopped")


@contextmanager
def _shared_directory(settings: Settings) -> Iterator[Path]:
    """An empty directory for the workers' sockets and stacks, which nobody else can read or write."""
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
