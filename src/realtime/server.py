"""Socket.IO as we need it: clients reach the dispatcher and nothing else, each client's events in their order."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import socketio
import structlog
from socketio import packet
from socketio.exceptions import ConnectionRefusedError as Refused

from kit.contracts import encode_event
from kit.errors import DomainError, Unauthorized

log = structlog.get_logger(__name__)

NAMESPACE = "/streaming"
MAX_MESSAGE_BYTES = 64 * 1024  # the largest payload of the contract is under 20 KiB, even when escaped
PING_SECONDS = 25
PING_TIMEOUT_SECONDS = 20


class _WireJson:
    """The JSON module that python-socketio encodes with: knows our wire types and pre-encoded payloads."""

    @staticmethod
    def dumps(value: object, **_options: object) -> str:
        return encode_event(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_options: object) -> Any:  # noqa: ANN401 - JSON
        return msgspec.json.decode(text)


class Doors(Protocol):
    """What the engine does with what clients send."""

    async def admit(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        """A client asks to connect; raises `Unauthorized` to refuse it."""
        ...

    async def admitted(self, sid: str) -> None:
        """The client has its CONNECT answer."""
        ...

    async def event(self, sid: str, name: object, args: list[Any]) -> dict[str, Any]:
        """The ack of an event."""
        ...

    async def left(self, sid: str) -> None:
        """The client is gone."""
        ...


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio is untyped
    """python-socketio with its event look-up taken out.

    A client can send any event name, also `connect` and `disconnect`, which the stock server hands to the handlers
    of its own life cycle. Here what a client sends goes to `Doors.event`, and only the server's own code reaches
    the life cycle.
    """

    def __init__(self, doors: Doors, *, origins: list[str] | None, transports: list[str]) -> None:
        super().__init__(
            async_mode="asgi",
            namespaces=[NAMESPACE],
            cors_allowed_origins=origins,
            transports=transports,
            async_handlers=False,  # tasks of their own would let one client's events overtake each other
            json=_WireJson,
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_TIMEOUT_SECONDS,
            logger=False,
            engineio_logger=False,
        )
        self._doors = doors

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, namespace or "/") is not None:
            return  # a second CONNECT on the same connection changes nothing
        await super()._handle_connect(eio_sid, namespace, data)
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if sid is not None:
            await self._doors.admitted(sid)

    async def _handle_event_internal(
        self, server: object, sid: str, eio_sid: str, data: list[Any], namespace: str, id: int | None  # noqa: A002, ARG002 - signature of the base
    ) -> None:  # fmt: skip
        ack = await self._doors.event(sid, data[0] if data else None, data[1:])
        if id is not None:
            await self._send_packet(eio_sid, self.packet_class(packet.ACK, namespace=namespace, id=id, data=[ack]))

    async def _trigger_event(self, event: str, namespace: str, *args: Any) -> object:  # noqa: ANN401 - signature of the base
        """Only the life cycle comes here: client events are answered above."""
        if event == "connect" and namespace == NAMESPACE:
            sid, environ, auth = args
            try:
                await self._doors.admit(sid, environ, auth)
            except Unauthorized as error:
                raise Refused(error.message, {"code": error.reason or error.code}) from None
            except DomainError as error:
                raise Refused(error.message, {"code": error.code}) from None
            return True
        if event == "disconnect" and namespace == NAMESPACE:
            await self._doors.left(args[0])
            return None
        return self.not_handled

    def peer_address(self, environ: dict[str, Any]) -> str:
        """The client's IP address; the proxy middleware has already put a trusted forwarded one in its place."""
        client = environ.get("asgi.scope", {}).get("client")
        return client[0] if client else "unknown"

    async def close_transport(self, eio_sid: str) -> None:
        """Close a connection once what is queued for it is written, without waiting for a peer that may be gone."""
        connection = self.eio.sockets.get(eio_sid)
        if connection is not None:
            await connection.close(wait=False)
