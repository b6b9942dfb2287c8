"""Whether a Redis behind a Unix socket answers, asked without ever waiting for it.

The private Redis of a server asks it: whoever watches over others must not hang with them.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

_PING = b"PING\r\n"
_READ_BYTES = 4096
_PEER_PID = 2  # LOCAL_PEERPID of macOS, at level SOL_LOCAL, which is 0


class Pulse:
    """One connection that is kept, with one question on its way at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._asked = False
        self.pid: int | None = None
        """The process that listens there, as the system says; it need not answer for that."""

    def beats(self) -> bool:
        """Whether it has answered anything since this was asked before; asks again.

        That it loads its data, is busy with a script, or has so many clients that it closes this one, are answers too.
        """
        try:
            sock = self._connected()
        except OSError:
            return False
        try:
            answered = self._asked and bool(self._read(sock))
            if answered or not self._asked:
                sock.send(_PING)
                self._asked = True
        except OSError:  # it was closed, which whoever hangs does not do
            self.close()
            return True
        return answered

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._asked = False

    def _connected(self) -> socket.socket:
        if self._socket is None:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
            try:
                sock.connect(str(self._path))
                self.pid = _listener(sock)
            except OSError:
                sock.close()
                raise
            self._socket = sock
        return self._socket

    def _read(self, sock: socket.socket) -> bytes:
        try:
            data = sock.recv(_READ_BYTES)
        except BlockingIOError:
            return b""
        if not data:
            raise ConnectionResetError
        return data


def _listener(sock: socket.socket) -> int | None:
    credentials: int | None = getattr(socket, "SO_PEERCRED", None)  # of Linux
    if credentials is not None:
        pid: int = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, credentials, 12))[0]
    else:
        pid = sock.getsockopt(0, _PEER_PID)
    return pid or None
