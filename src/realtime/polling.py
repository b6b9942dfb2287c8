"""Engine.IO by HTTP long-polling: an ASGI application in front of the rest.

A request for a session of this worker reaches it here; `connection_protocol` has sent those of others to them before.
"""

from __future__ import annotations

import asyncio
from typing import Any

from realtime import refusals
from realtime.connection_protocol import parse_query
from realtime.engineio_packets import PacketError
from realtime.engineio_server import EngineIoServer
from realtime.engineio_socket import EngineIoSocket
from realtime.refusals import Refusal

_TEXT = (b"content-type", b"text/plain; charset=UTF-8")
_NO_STORE = (b"cache-control", b"no-store")


class PollingApp:
    """Serves `/socket.io/` by polling, and hands every other request to `app`."""

    def __init__(self, server: EngineIoServer, app: Any) -> None:  # noqa: ANN401 - an ASGI application
        self._server = server
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Serve one request."""
        if scope["type"] == "lifespan" or not self._server.serves(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _Request(self._server, scope, receive, send).serve()
        else:
            await send({"type": "websocket.close", "code": 1013})  # WebSockets come in through `connection_protocol`


class _Request:
    """One request of a polling client."""

    def __init__(self, server: EngineIoServer, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        self._server = server
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers: dict[bytes, bytes] = dict(scope["headers"])

    async def serve(self) -> None:
        origin = self._headers.get(b"origin")
        host = self._headers.get(b"host", b"").decode("latin1")
        if origin is not None and not self._server.allows_origin(origin.decode("latin1"), host):
            await self._refuse(refusals.BAD_ORIGIN)
        elif self._scope["method"] == "OPTIONS":
            await self._answer(204, b"")
        else:
            await self._serve()

    async def _serve(self) -> None:
        server, query = self._server, parse_query(self._scope["query_string"])
        if query.get(b"EIO") != b"4":
            await self._refuse(refusals.BAD_VERSION)
            return
        if query.get(b"transport") != b"polling" or "polling" not in server.transports:
            await self._refuse(refusals.UNKNOWN_TRANSPORT)
            return
        method, sid = self._scope["method"], query.get(b"sid", b"").decode("latin1")
        if not sid:
            await (self._open() if method == "GET" else self._refuse(refusals.BAD_METHOD))
            return
        socket = server.sockets.get(sid)
        if socket is None:
            await self._refuse(refusals.UNKNOWN_SID)
        elif socket.transport is not None:
            await self._refuse(refusals.BAD_REQUEST)  # it has moved to a WebSocket
        elif method == "GET":
            await self._poll(socket)
        elif method == "POST":
            await self._post(socket)
        else:
            await self._refuse(refusals.BAD_REQUEST)

    async def _open(self) -> None:
        client = self._scope.get("client")
        address = client[0] if client else "unknown"
        refusal = self._server.refusal(address, self._server.descriptors.next())
        if refusal is not None:
            await self._refuse(refusal)
            return
        socket = self._server.create(address)
        await self._answer(200, self._server.open_packet(socket.sid, upgrade=True))

    async def _poll(self, socket: EngineIoSocket) -> None:
        if socket.waiting is not None:  # two polls at once: somebody is confused
            socket.drop(b"1")
            await self._refuse(refusals.BAD_REQUEST)
            return
        if not socket.has_packets and not socket.upgrading and await self._gave_up(socket):
            socket.drop()
            return
        body = socket.take() or b"6"
        await self._answer(200, body)
        socket.answered()

    async def _gave_up(self, socket: EngineIoSocket) -> bool:
        """Wait for packets; True if the client went away meanwhile."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        socket.waiting = waiting
        watcher = asyncio.ensure_future(self._watch(waiting))
        try:
            return await waiting
        except asyncio.CancelledError:
            socket.drop()
            raise
        finally:
            socket.waiting = None
            watcher.cancel()

    async def _watch(self, waiting: asyncio.Future[bool]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not waiting.done():
            waiting.set_result(True)

    async def _post(self, socket: EngineIoSocket) -> None:
        limit = self._server.limits.max_message
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > limit:
                socket.drop(b"1")
                await self._refuse(refusals.TOO_LARGE)
                return
            if not message.get("more_body"):
                break
        try:
            socket.take_payload(body.decode())
        except (PacketError, UnicodeDecodeError):
            socket.drop(b"1")
            await self._refuse(refusals.BAD_REQUEST)
            return
        await self._answer(200, b"ok", (b"content-type", b"text/html"))

    async def _refuse(self, refusal: Refusal) -> None:
        more = () if refusal.retry_after is None else ((b"retry-after", b"%d" % refusal.retry_after),)
        await self._answer(refusal.status, refusal.body, (b"content-type", b"application/json"), *more)

    async def _answer(self, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        sent = [*(headers or (_TEXT,)), _NO_STORE, (b"content-length", b"%d" % len(body))]
        origin = self._headers.get(b"origin")
        if origin is not None and status != refusals.BAD_ORIGIN.status:
            sent += [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
            if self._scope["method"] == "OPTIONS":
                sent += [
                    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
                    (b"access-control-allow-headers", b"Content-Type"),
                    (b"access-control-max-age", b"600"),
                ]
        await self._send({"type": "http.response.start", "status": status, "headers": sent})
        await self._send({"type": "http.response.body", "body": body})
