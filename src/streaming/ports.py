"""What streaming needs from others; the engine and `touchline.wiring` supply it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from kit.contracts import Policy
from kit.db import Transaction


class Realtime(Protocol):
    """The engine: rooms, their events, and connections of this worker."""

    @property
    def offset(self) -> str:
        """The place up to which local connections have been sent everything."""
        ...

    @property
    def place(self) -> str:
        """The place after which a connection that is there now is delivered everything."""
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
        """Enter a room before its snapshot is taken; returns the offset that the snapshot belongs to."""
        ...

    async def leave(self, connection_id: str, room: str) -> None:
        """Leave a room."""
        ...

    async def send(self, connection_id: str, event: str, payload: msgspec.Struct | msgspec.Raw) -> None:
        """Send an event to one connection of this worker.

        Args:
            connection_id: A connection of this worker; nothing happens if it is gone.
            event: The event's name.
            payload: What it carries.
        """
        ...

    def holds(self, connection_id: str) -> bool:
        """Whether the connection is still open on this worker."""
        ...


class SourceTitle(Protocol):
    """What a source names as playing."""

    @property
    def artist(self) -> str | None:
        """Who plays, if the source says so."""
        ...

    @property
    def track(self) -> str:
        """What plays; never empty."""
        ...


class Refusal(Protocol):
    """Why a source was not let in, or was thrown out."""

    @property
    def code(self) -> str:
        """A word for programs."""
        ...

    @property
    def reason(self) -> str:
        """A sentence for the station."""
        ...

    @property
    def address(self) -> str:
        """The source's IP address."""
        ...

    @property
    def client(self) -> str:
        """Its user agent."""
        ...

    @property
    def at_ms(self) -> int:
        """When, Unix ms; the last time of several in a row."""
        ...

    @property
    def count(self) -> int:
        """How often it happened in a row."""
        ...


class Sources(Protocol):
    """The audio sources of all workers."""

    async def connected(self, channel_id: str) -> bool:
        """Whether a source is there that is not lost; it may be too new to have been heard."""
        ...

    async def heard(self, channel_id: str) -> bool:
        """Whether audio arrives."""
        ...

    async def titles(self, channel_id: str) -> tuple[SourceTitle | None, SourceTitle | None]:
        """What the source names as playing; and what another one before it did, which is to be taken off the air."""
        ...

    async def refusals(self, channel_id: str) -> Sequence[Refusal]:
        """The sources that were not let in or were thrown out, newest first; a few."""
        ...

    async def drop(self, channel_id: str, refuse_s: float) -> None:
        """Disconnect the source and refuse it for a while."""
        ...

    async def allow(self, channel_id: str) -> None:
        """Let sources in again that were refused after a stop."""
        ...


class Matches(Protocol):
    """Matches, as far as a channel shows them."""

    async def get(self, match_id: str) -> msgspec.Struct:
        """A match; raises `NotFound`."""
        ...

    async def kept(self, tx: Transaction, match_id: str) -> msgspec.Struct:
        """The match, which is not deleted before this transaction ends; raises `NotFound`."""
        ...


class Owners(Protocol):
    """The accounts that channels belong to."""

    async def exists(self, user_id: str) -> bool:
        """Whether there is such an account."""
        ...
