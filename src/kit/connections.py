"""Who is told of connections: the port between the engine, which holds them, and the features that count them.

The engine (`realtime`) calls it, and a feature implements it and hands it over in its `Module`. It must not wait long:
the connection's own events wait for it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from kit.session import Session


class ConnectionObserver(Protocol):
    """Told of connections as they come and go, on the worker that holds them."""

    async def connected(self, session: Session) -> None:
        """The client has its CONNECT answer; events may be sent to it."""
        ...

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:
        """Instead of `connected`: a connection that was cut goes on, with its old id, in these rooms.

        Where it cannot be resumed after all, `disconnected` follows, whether this was called or not, and the client
        begins anew under another id.

        Args:
            session: The caller, authenticated anew, under the connection's old id.
            rooms: All rooms that the connection was in, those of other features included.

        Returns:
            False if it may not be in one of these rooms any more.
        """
        ...

    async def disconnected(self, session: Session) -> None:
        """The connection is gone; called once, also at shutdown."""
        ...
