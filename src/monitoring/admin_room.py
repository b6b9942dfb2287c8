"""Who may come back to the admins' room when a connection is recovered (`kit.connections`). The engine asks it."""

from __future__ import annotations

from collections.abc import Collection

from kit.rooms import ADMINS
from kit.session import Session


class AdminRoomGuard:
    """Lets only admins come back to the admins' room; `MonitoringService.join` is the way in."""

    async def connected(self, session: Session) -> None:
        """A new connection is in no room."""

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:
        """Whether a recovered connection may be in the rooms that it was in: who is no admin any more may not."""
        return session.is_admin or ADMINS not in rooms

    async def disconnected(self, session: Session) -> None:
        """Nothing is kept of a connection."""
