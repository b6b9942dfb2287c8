"""The rooms that one worker hears: those with local members, and those that had some a moment ago.

Counting and names only; `backplane` sends the commands to Redis, `order_tracker` knows from when on a room is heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from realtime.redis_keys import CHANNEL


@dataclass(slots=True, eq=False)
class RoomSubscription:
    """One room.

    Attributes:
        members: Local connections and event streams in it.
        empty_since: When the last one left; seconds of the event loop.
        version: See `RoomSubscriptions.touch`.
        standing: Set once its messages arrive.
    """

    name: str
    members: int = 0
    empty_since: float = 0.0
    version: int = 0
    standing: asyncio.Event = field(default_factory=asyncio.Event)


class RoomSubscriptions:
    """All of a worker, by name and by channel."""

    def __init__(self) -> None:
        self._rooms: dict[str, RoomSubscription] = {}
        self._names: dict[bytes, str] = {}
        self._touched = 0

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[RoomSubscription]:
        return iter(list(self._rooms.values()))

    def __getitem__(self, room: str) -> RoomSubscription:
        return self._rooms[room]

    def get(self, room: str) -> RoomSubscription | None:
        """A room by its name, if it is subscribed to."""
        return self._rooms.get(room)

    def add(self, room: str) -> RoomSubscription:
        """Begin with a room."""
        self._rooms[room] = entry = RoomSubscription(room)
        self._names[(CHANNEL + room).encode()] = room
        return entry

    def room_of(self, channel: bytes) -> str | None:
        """The room whose messages come over a channel; None once it is not subscribed to any more."""
        return self._names.get(channel)

    def touch(self, room: str) -> None:
        """Something happened in a room: it gets a version that no room has had before."""
        if (entry := self._rooms.get(room)) is not None:
            self._touched += 1
            entry.version = self._touched

    def drop_empty(self, before: float) -> list[str]:
        """Forget the rooms that have been empty since a time (seconds of the event loop) or longer; returns them."""
        dropped = [room.name for room in self._rooms.values() if room.members == 0 and room.empty_since <= before]
        for room in dropped:
            del self._rooms[room]
            self._names.pop((CHANNEL + room).encode(), None)
        return dropped
