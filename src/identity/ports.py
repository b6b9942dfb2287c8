"""What identity needs from others; the engine and `touchline.wiring` supply it."""

from __future__ import annotations

from typing import Any, Protocol

from kit.session import Session


class Connections(Protocol):
    """Open connections, to be closed or given another session."""

    async def disconnect(self, target: str, code: str, *, reconnect: bool, before: int | None = None) -> None:
        """Close the connections of a user, a login or a connection, on whichever worker they are.

        Args:
            target: A user, a login (token family) or a connection.
            code: Told to the client in `session:closing`.
            reconnect: Whether it may come back at once.
            before: Only those whose tokens are of an older generation.
        """
        ...

    def renew(self, session: Session) -> None:
        """Replace a connection's session; raises `Unauthorized` if it belongs to another user."""
        ...


class Commands(Protocol):
    """Redis over a connection on which many wait at once: what is asked for every new connection must cost little."""

    async def command(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        """One command; raises `Unavailable` when Redis does not answer."""
        ...
