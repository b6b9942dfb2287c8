"""What the engine needs from others: who admits connections, answers events, and is told of connections.

`touchline.app` supplies them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from kit.connections import ConnectionObserver
from kit.session import Session

__all__ = ["Authenticator", "ConnectionObserver", "EventHandler", "RoomNames"]


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


@runtime_checkable  # Litestar checks what it injects
class RoomNames(Protocol):
    """Knows the rooms behind the names that readers of events give."""

    async def rooms(self, channels: Sequence[str], matches: Sequence[str]) -> list[str]:
        """The rooms of channels (ids or slugs) and matches (ids); raises `NotFound`."""
        ...
