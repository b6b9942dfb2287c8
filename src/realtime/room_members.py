"""Which connection of this worker is in which room: joining and leaving cost what they touch, never all rooms.

`connections` keeps one for all its connections; the names of rooms are in `kit.rooms`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Generic, TypeVar

M = TypeVar("M")


class RoomMembers(Generic[M]):
    """Rooms and, the other way round, the rooms of each member with the number it joined at.

    Attributes:
        departures: How often a member has left a room.
    """

    __slots__ = ("_members", "_rooms", "departures")

    def __init__(self) -> None:
        self.departures = 0
        self._members: dict[str, dict[M, None]] = {}  # in order of joining, which is about that of memory
        self._rooms: dict[M, dict[str, int]] = {}

    def join(self, member: M, room: str, number: int) -> None:
        """Put a member in; one that is in the room already keeps its older number."""
        mine = self._rooms.setdefault(member, {})
        if room not in mine:
            mine[room] = number
            self._members.setdefault(room, {})[member] = None

    def leave(self, member: M, room: str) -> bool:
        """Take a member out; False if it was not in."""
        mine = self._rooms.get(member)
        if mine is None or mine.pop(room, None) is None:
            return False
        if not mine:
            del self._rooms[member]
        self._drop(member, room)
        return True

    def leave_all(self, member: M) -> list[str]:
        """Take a member out of all its rooms, and return them."""
        left = list(self._rooms.pop(member, ()))
        for room in left:
            self._drop(member, room)
        return left

    def _drop(self, member: M, room: str) -> None:
        self.departures += 1
        members = self._members[room]
        del members[member]
        if not members:
            del self._members[room]

    def members(self, room: str) -> Collection[M]:
        """Everybody in a room; changes as they come and go, so copy it before giving way."""
        return self._members.get(room, ())

    def of(self, member: M) -> Mapping[str, int]:
        """The rooms of a member, each with the number it joined at."""
        return self._rooms.get(member, {})

    def __len__(self) -> int:
        return len(self._members)
