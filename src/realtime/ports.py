"""What the engine needs from others: who admits connections, answers events, and is told of connections.

`touchline.app` supplies them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol, runtime_checkable

from kit.session import Session


class Authenticator(Protocol):
    """Says who stands behind a new connection."""

    async def authenticate(self, connection_id: str, auth: dict[str, Any], address: str) -> Session:
        """The session of a connection; raises `Unauthorized` whose `reason` is the code that the client sees."""
        ...


class EventHandler(Protocol):
    """Answers the events of clients."""

    async def dispatch(self, session: Session, name: object, args: list[Any]) -> dict[str, Any]:
        """The ack of one event. Never raises."""
        ...


class ConnectionObserver(Protocol):
    """Told of connections as they come and go, on the worker that holds them."""

    async def connected(self, session: Session) -> None:
        """The client has its CONNECT answer; events may be sent to it."""
        ...

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:
        """Instead of `connected`: a connection that was cut goes on, with its old id, in these rooms.

        False if it may not be in one of them any more. Where it cannot be resumed after all, `disconnected` follows,
        whether this was called or not, and the client begins anew under another id.
        """
        ...

    async def disconnected(self, session: Session) -> None:
        """The connection is gone; called once, also at shutdown."""
        ...


@runtime_checkable  # Litestar checks what it injects
class RoomNames(Protocol):
    """Knows the rooms behind the names that readers of events give."""

    async def rooms(self, channels: Sequence[str], matches: Sequence[str]) -> list[str]:
        """The rooms of channels (ids or slugs) and matches (ids); raises `NotFound`."""
        ...
