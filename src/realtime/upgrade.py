"""The upgrade of a polling session to a WebSocket (Engine.IO protocol revision 4, *Upgrade*).

`connection_protocol` opens a probe for a WebSocket that names a polling session; the probe ends, or becomes that
session's transport.
"""

from __future__ import annotations

import asyncio

from realtime import websocket
from realtime.backpressure import OPEN
from realtime.engineio_socket import EngineIoSocket
from realtime.timers import Timed
from realtime.websocket import FrameReader, WebSocketError, frame, text_frame

UPGRADE_SECONDS = 10.0  # between opening a WebSocket for a polling session and moving over


class UpgradeProbe(asyncio.Protocol):
    """A WebSocket that a polling client has opened to move over to, until it does or gives up."""

    __slots__ = ("_reader", "_socket", "_transport", "slot")

    def __init__(self, socket: EngineIoSocket, transport: asyncio.Transport) -> None:
        self._socket = socket
        self._transport = transport
        self._reader = FrameReader(socket.server.limits.max_message)
        self.slot: set[Timed] | None = None
        socket.upgrading = True
        socket.server.wheel.schedule(self, UPGRADE_SECONDS)
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Answer `2probe`, then take `5` as the sign to move; what follows is the connection's."""
        try:
            messages = self._reader.feed(data)
        except WebSocketError as error:
            messages = error.messages
            self._transport.close()
        for n, (opcode, payload) in enumerate(messages):
            if opcode == websocket.PING:
                self._transport.write(frame(websocket.PONG, payload))  # type: ignore[arg-type]
            elif (opcode, payload) == (websocket.TEXT, "2probe"):
                self._transport.write(text_frame(b"3probe"))
                if self._socket.waiting is not None and not self._socket.waiting.done():
                    self._socket.waiting.set_result(False)  # answered with a NOOP, as the client moves now
            elif (opcode, payload) == (websocket.TEXT, "5") and self._socket.state == OPEN:
                self._socket.server.wheel.cancel(self)
                self._socket.attach(self._transport)
                self._socket.take_rest(self._reader, messages[n + 1 :])
                return
            else:
                self._transport.close()
                return

    def eof_received(self) -> bool:
        """The peer will send nothing more, so the WebSocket ends."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The WebSocket is gone; without it the session goes on polling."""
        self._socket.server.wheel.cancel(self)
        self._socket.upgrading = False

    def expired(self) -> None:
        """The client has not moved in time."""
        self._transport.abort()
