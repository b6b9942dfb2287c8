"""Those who are told of connections (`ports.ConnectionObserver`), as one: presence, monitoring, rate limits.

`lifecycle` tells them of connections that come and go, `resumption` asks them whether one may go on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from kit.session import Session
from realtime.ports import ConnectionObserver

log = structlog.get_logger(__name__)


class Observers:
    """Those who are told of connections, as one."""

    def __init__(self) -> None:
        self.all: Sequence[ConnectionObserver] = ()

    async def connected(self, session: Session) -> None:
        """A new connection has its CONNECT answer."""
        for observer in self.all:
            await observer.connected(session)

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:
        """A connection goes on; False if one of them says that it may not."""
        for observer in self.all:
            if not await observer.resumed(session, rooms):
                return False
        return True

    async def disconnected(self, session: Session) -> None:
        """A connection is over. What one of them fails at does not keep it from the others."""
        for observer in self.all:
            try:
                await observer.disconnected(session)
            except Exception:
                log.exception("a connection's end was not taken in", observer=type(observer).__name__)
