"""What matches need of other features and of realtime; the composition root supplies it."""

from __future__ import annotations

from typing import Protocol

from kit.db import Transaction


class Rooms(Protocol):
    """The rooms of matches, in which their followers are."""

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


class Shows(Protocol):
    """What shows a match beside a sound."""

    async def unlink(self, tx: Transaction, match_id: str, at_ms: int) -> None:
        """Show a match no more, and tell who saw it there.

        Args:
            tx: The transaction that takes it away.
            match_id: The match.
            at_ms: When, in Unix ms.
        """
        ...

    async def unlinked(self) -> None:
        """Do what is due once the transaction of `unlink` is committed."""
        ...


class SharedCache(Protocol):
    """Encoded answers that workers have made for each other, by name and version (`kit.shared_cache`)."""

    async def get(self, name: str, version: int) -> bytes | None:
        """The copy of exactly this version, if there is one."""
        ...

    async def put(self, name: str, version: int, body: bytes) -> None:
        """Keep a copy for the others, unless they have a later one.

        Args:
            name: What it is a copy of.
            version: Of the match.
            body: The copy, encoded.
        """
        ...
