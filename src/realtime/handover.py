"""Handing a TCP connection to the worker of this node whose session a request names.

Session ids begin with the name of their worker. Every worker has a datagram socket of that name in a directory that
the workers of one node share; a connection travels over it as a descriptor, with the bytes read from it so far.
"""

from __future__ import annotations

import asyncio
import errno
import re
import secrets
import socket
import struct
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

NAME_LENGTH = 6  # 36 random bits: two of the few workers of a node never share one
UNDECIDED = ""
_NAME = re.compile(r"[A-Za-z0-9_-]{6}")
_MAX_LINE = 8 * 1024  # of a request; ours have 200 bytes, and other servers allow 8 KiB as well
_MAX_BYTES = 272 * 1024  # one read of the event loop (256,000 bytes) behind a part of a request line
_SEND_BUFFER = 512 * 1024  # the kernel grants as much as `net.core.wmem_max` allows, by default enough for the above
MAX_WAITING_BYTES = 16 * 1024 * 1024  # of requests whose owners are busy; they have a second's worth of it
_AT_ONCE = 64  # connections taken over before other work gets its turn
_FOR_NOW = frozenset({errno.EAGAIN, errno.EINTR, errno.ENOBUFS, errno.ENOMEM, errno.ETOOMANYREFS})
_NOBODY = frozenset({errno.ENOENT, errno.ECONNREFUSED, errno.ECONNRESET})


class Outcome(Enum):
    """What became of a connection that was to be given away."""

    GIVEN = "given"
    BUSY = "busy"  # the owner has too many waiting; try again in a moment
    GONE = "gone"  # there is no such worker
    TOO_LARGE = "too_large"


def new_name() -> str:
    """A name for a worker: of this start alone, and saying nothing about it."""
    return secrets.token_urlsafe(NAME_LENGTH)[:NAME_LENGTH]


class Handover:
    """One worker's end.

    Attributes:
        waiting_bytes: Kept by connections whose requests could not be given away yet.

    Args:
        directory: For the workers of this node alone (mode 0700): whoever can write there can hand over connections.
        name: Of this worker.
        path: Where sessions are served, with slashes at both ends.
        send_buffer: Bytes of requests that are on their way to other workers.
        max_waiting: Bytes of requests that wait for busy workers.

    Raises:
        OSError: The directory cannot be used, or its path is too long for a socket (107 bytes).
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        *,
        path: str = "/socket.io/",
        send_buffer: int = _SEND_BUFFER,
        max_waiting: int = MAX_WAITING_BYTES,
    ) -> None:
        self.name = name
        self._max_waiting = max_waiting
        self.waiting_bytes = 0
        self._counted: Callable[[str], None] = lambda _: None
        self._directory = directory
        self._path = path[:-1].encode()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        self._socket.bind(str(directory / name))
        self._protocol: Callable[[bytes], asyncio.Protocol] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def count_with(self, counted: Callable[[str], None]) -> None:
        """Name who is told what became of every try to give a connection away."""
        self._counted = counted

    def has_room(self, size: int) -> bool:
        """Whether a request of so many bytes may wait for a busy worker."""
        return self.waiting_bytes + size <= self._max_waiting

    def owner(self, data: bytes) -> str | None:
        """Whose session a request names.

        Args:
            data: What has come of the request so far, from its first byte.

        Returns:
            The name of another worker; None if it is this worker's to answer; `UNDECIDED` if more has to come first.
        """
        start = data.lstrip(b"\r\n")  # empty lines before a request are allowed (RFC 9112, 2.2)
        end = start.find(b"\n")
        if end < 0:
            return UNDECIDED if len(data) <= _MAX_LINE and self._may_concern(start) else None
        method, _, rest = start[:end].partition(b" ")
        path, _, query = rest.partition(b" ")[0].partition(b"?")
        if not method or path.rstrip(b"/") != self._path:
            return None
        named = [part[4:] for part in query.split(b"&", 16) if part[:4] == b"sid="]
        name = named[-1][:NAME_LENGTH].decode("latin1") if named else self.name
        return name if name != self.name and _NAME.fullmatch(name) else None

    def _may_concern(self, start: bytes) -> bool:
        method, space, target = start.partition(b" ")
        if not space:
            return len(method) <= 16
        length = min(len(target), len(self._path))
        return target[:length] == self._path[:length]

    def give(self, owner: str, data: bytes, descriptor: int) -> Outcome:
        """Give a connection to another worker. If it is given, close the descriptor here without a word.

        Args:
            data: All that was read from the connection and not answered.
        """
        outcome = self._give(owner, data, descriptor)
        self._counted(outcome.value)
        return outcome

    def _give(self, owner: str, data: bytes, descriptor: int) -> Outcome:
        if len(data) > _MAX_BYTES:
            return Outcome.TOO_LARGE
        try:
            # `socket.send_fds` leaves out the address (Python 3.11).
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))]
            self._socket.sendmsg([data], rights, 0, str(self._directory / owner))
        except OSError as error:
            if error.errno in _FOR_NOW:
                return Outcome.BUSY
            if error.errno == errno.EMSGSIZE:
                return Outcome.TOO_LARGE
            if error.errno not in _NOBODY:
                log.warning("connection not handed over", error=str(error))
            return Outcome.GONE
        return Outcome.GIVEN

    def serve(self, protocol: Callable[[bytes], asyncio.Protocol]) -> None:
        """Take connections over from now on.

        Args:
            protocol: Makes the protocol of a connection, given what was read from it already.
        """
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._take)

    def close(self) -> None:
        """Take no connection over any more; those that are on their way here are closed."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None
        self._socket.close()
        (self._directory / self.name).unlink(missing_ok=True)

    def _take(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, descriptors, _, _ = socket.recv_fds(self._socket, _MAX_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                return
            except OSError as error:
                log.warning("connection not taken over", error=str(error))
                return
            if not descriptors:
                log.warning("connection not taken over", error="no descriptor is left")
            elif self._loop is not None:
                task = self._loop.create_task(self._adopt(socket.socket(fileno=descriptors[0]), data))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _adopt(self, connection: socket.socket, data: bytes) -> None:
        assert self._protocol is not None  # noqa: S101 - set before the first is taken
        protocol = self._protocol(data)
        connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection)
        except OSError as error:  # it was reset on its way
            connection.close()
            log.debug("connection not taken over", error=str(error))
