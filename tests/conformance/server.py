"""The server that the official Engine.IO and Socket.IO test suites expect, on our engine.

    python tests/conformance/server.py --port 3000

`/engine.io/` echoes messages; `/socket.io/` serves the namespaces `/` and `/custom`.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any

import uvicorn

from realtime.connection_protocol import connection_protocol
from realtime.engineio_server import EngineIoServer
from realtime.engineio_socket import EngineIoSocket
from realtime.polling import PollingApp
from realtime.socketio import Client, SocketIoServer, SocketIoSocket
from realtime.transport_limits import TransportLimits

PING_INTERVAL, PING_TIMEOUT, MAX_PAYLOAD = 0.3, 0.2, 1_000_000
_TIMES: dict[str, Any] = {"ping_interval": PING_INTERVAL, "ping_timeout": PING_TIMEOUT, "max_message": MAX_PAYLOAD}


class EchoSocket(EngineIoSocket):
    """Sends back what it gets."""

    __slots__ = ()

    def on_message(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.send(b"4" + message.encode())
        else:
            self.send_binary(message)

    def on_close(self) -> None:
        pass


class Greeted(Client):
    """A client with what it sent as its handshake."""

    __slots__ = ("auth",)

    auth: dict[str, Any]


class Echo:
    """What the Socket.IO suite talks to."""

    namespaces = ("/", "/custom")

    def client(self, socket: SocketIoSocket, namespace: str) -> Greeted:
        return Greeted(socket, namespace)

    async def admit(self, client: Greeted, auth: dict[str, Any] | None) -> None:
        client.auth = auth or {}

    async def abandoned(self, client: Greeted) -> None:
        pass

    def welcome(self, client: Greeted) -> dict[str, Any]:  # noqa: ARG002 - the interface's
        return {}

    async def admitted(self, client: Greeted) -> None:
        client.emit("auth", client.auth)

    async def event(self, client: Greeted, data: list[Any]) -> Sequence[Any] | None:
        if data[0] == "message":
            client.emit("message-back", *data[1:])
        return data[1:] if data[0] == "message-with-ack" else None

    def gone(self, client: Greeted, *, cut: bool) -> None:
        pass

    async def left(self, client: Greeted) -> None:
        pass


async def nothing(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Conformance(uvicorn.Server):
    """Both servers behind one port."""

    def __init__(self, port: int) -> None:
        self.echo = EngineIoServer(
            EchoSocket, path="/engine.io/", limits=TransportLimits(connect_timeout=None, **_TIMES)
        )
        self.io = SocketIoServer(Echo(), limits=TransportLimits(connect_timeout=1.0, **_TIMES))
        self.engines = (self.echo, self.io.engine)
        config = uvicorn.Config(
            PollingApp(self.echo, PollingApp(self.io.engine, nothing)),
            host="127.0.0.1",
            port=port,
            http=connection_protocol(*self.engines),
            ws="websockets-sansio",
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)

    async def startup(self, sockets: Any = None) -> None:
        for engine in self.engines:
            engine.wheel.start()
        await super().startup(sockets)

    async def shutdown(self, sockets: Any = None) -> None:
        for engine in self.engines:
            for socket in list(engine.sockets.values()):
                socket.drop()
        await super().shutdown(sockets)
        for engine in self.engines:
            engine.wheel.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=3000)
    asyncio.run(Conformance(parser.parse_args().port).serve())


if __name__ == "__main__":
    main()
