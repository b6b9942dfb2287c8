"""The address that the workers share, and the sockets that listen on it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bind:
    """Where this worker serves: set on the command line, not in the environment."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    handover: Path | None = None
    """A private directory of these workers, in which they hand connections to each other."""


class CannotServe(Exception):
    """Serving is not possible; the message says what to do."""


def bound(bind: Bind, *, listen: bool) -> socket.socket:
    """A socket of this address, which other processes may share; raises `CannotServe` where it cannot be had."""
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


def shown(host: str) -> str:
    """What to put into a link for whoever sits at this machine."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
