"""What monitoring needs from others; the engine and `touchline.wiring` supply it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from kit.contracts import Policy
from monitoring.contracts import AdminStream, MatchFeeds


class Realtime(Protocol):
    """The engine: this worker's connections, and rooms with their events."""

    @property
    def connections(self) -> int:
        """Open connections of this worker."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether events of other workers reach this one."""
        ...

    @property
    def draining(self) -> bool:
        """Whether all clients are being sent away."""
        ...

    @property
    def full(self) -> bool:
        """Whether there is no room for another connection."""
        ...

    async def publish(
        self, room: str, event: str, payload: msgspec.Struct, policy: Policy, *, once: str | None = None
    ) -> str:
        """Send an event to everybody in a room.

        Args:
            room: To everybody in there.
            event: The event's name.
            payload: What it carries.
            policy: What becomes of it for receivers that are slow or away.
            once: A key of this publication; the same key a second time does nothing.

        Returns:
            The offset of the event.
        """
        ...

    async def join(self, connection_id: str, room: str) -> str:
        """Enter a room; returns the offset at that moment."""
        ...


class Streams(Protocol):
    """The streams on air, as an admin sees them."""

    async def overview(self) -> list[AdminStream]:
        """All streams on air, with their listeners and sources."""
        ...


class Feeds(Protocol):
    """The providers that matches are fed from, and how they fare."""

    async def overview(self) -> MatchFeeds:
        """How many feeds fare well or badly, and how many scores differ."""
        ...
