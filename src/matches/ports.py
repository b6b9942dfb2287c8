"""What matches need from others."""

from __future__ import annotations

from typing import Protocol


class Rooms(Protocol):
    """Who follows which match."""

    @property
    def offset(self) -> str:
        """The place in the event history up to which everything has been sent."""
        ...

    async def join(self, connection_id: str, room: str) -> str:
        """Enter a room before its snapshot is taken; returns the offset that the snapshot belongs to."""
        ...

    async def leave(self, connection_id: str, room: str) -> None:
        """Leave a room."""
        ...
