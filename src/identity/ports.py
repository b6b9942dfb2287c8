"""What identity needs from others."""

from __future__ import annotations

from typing import Protocol

from kit.session import Session


class Connections(Protocol):
    """The open connections of this worker."""

    def renew(self, session: Session) -> None:
        """Replace a connection's session; raises `Unauthorized` if it belongs to another user."""
        ...
