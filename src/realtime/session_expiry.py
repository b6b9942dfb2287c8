"""Session expiry: a client is warned a minute before its session ends, and closed when it does.

`engine` has it look once a second. Who renews a session in time (`Engine.renew`) stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from kit import codes
from kit.contracts import ServerEvent
from realtime.closing import SessionCloser
from realtime.connections import Connections
from realtime.contracts import SessionClosing

WARN_SECONDS = 60


class SessionExpiryWatch:
    """Compares the sessions of all local connections with the time."""

    def __init__(self, connections: Connections, closer: SessionCloser) -> None:
        self._connections = connections
        self._closer = closer
        self._warning: tuple[ServerEvent[Any], Callable[[float], msgspec.Struct]] | None = None

    def warn_with(self, event: ServerEvent[Any], payload: Callable[[float], msgspec.Struct]) -> None:
        """Name the event that warns, and what makes its payload of the session's end (Unix seconds)."""
        self._warning = (event, payload)

    def check(self, now: float) -> None:
        """Warn and close whoever is due at this time (Unix seconds)."""
        for connection in self._connections.all():
            expires_at = connection.session.expires_at
            if expires_at is None or expires_at >= now + WARN_SECONDS:
                continue
            if expires_at <= now:
                self._closer.close(connection, SessionClosing(code=codes.TOKEN_EXPIRED, reconnect=True))
            elif not connection.warned and self._warning is not None:
                connection.warned = True
                event, payload = self._warning
                self._connections.send(connection, event.name, payload(expires_at))
