"""Write timeouts: a peer that does not read its answers loses its connection.

`connection_protocol` sets one for each answer that the kernel does not take at once. Sockets of Engine.IO have a bound
in bytes instead: `backpressure`.
"""

from __future__ import annotations

import asyncio
import socket

from realtime.timers import Timed, TimerWheel

_LOOKS = 4  # in the time that a write may be without progress, so that a peer that stops then has hardly more of it
_KERNEL_BYTES = 16 * 1024
"""Unsent in the kernel, and kept by a transport before it pauses: a second of sound each."""


class WriteTimeout:
    """Aborts a transport whose peer takes nothing of what is written for `seconds`.

    Args:
        reading: False for a peer that has heard the last word: what it reads wins it no time.
    """

    __slots__ = ("_idle", "_reading", "_seconds", "_size", "_transport", "_wheel", "slot")

    def __init__(
        self, wheel: TimerWheel, transport: asyncio.Transport, seconds: float, *, reading: bool = True
    ) -> None:
        self.slot: set[Timed] | None = None
        self._wheel = wheel
        self._transport = transport
        self._seconds = seconds
        self._reading = reading
        self._size = transport.get_write_buffer_size()
        self._idle = 0
        wheel.schedule(self, seconds / _LOOKS)

    def expired(self) -> None:
        """Look whether there is progress."""
        size = self._transport.get_write_buffer_size()
        if not size and self._reading:
            return
        self._idle = self._idle + 1 if size >= self._size or not self._reading else 0
        self._size = size
        if self._idle >= _LOOKS:
            self._transport.abort()
        else:
            self._wheel.schedule(self, self._seconds / _LOOKS)


def limit_unsent_buffers(transport: asyncio.Transport) -> None:
    """Let a peer that does not read be seen at once.

    The kernel would take megabytes for it, which are minutes of sound.
    """
    transport.set_write_buffer_limits(high=_KERNEL_BYTES)
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    handle = transport.get_extra_info("socket")
    if option is not None and handle is not None and handle.family in {socket.AF_INET, socket.AF_INET6}:
        handle.setsockopt(socket.IPPROTO_TCP, option, _KERNEL_BYTES)
