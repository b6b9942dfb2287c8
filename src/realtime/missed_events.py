"""Replay: what a returning client has missed, from this worker's memory where that reaches back, else from Redis.

`resumption` asks for sockets and `sse` for event streams, both through `Backplane.replay`. The answer is everything or
nothing, never a part of a gap.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from redis.exceptions import RedisError

from realtime.history import RedisHistory
from realtime.offsets import Envelope, Offset
from realtime.order_tracker import OrderTracker


class MissedEvents:
    """Looks missed events up.

    Args:
        tracker: How far this worker is, and the newest events that it handed out.
        history: What Redis keeps.
        reached: Waits until this worker has delivered up to a number in an epoch; False if that cannot be.
    """

    def __init__(
        self, tracker: OrderTracker, history: RedisHistory, reached: Callable[[int, str], Awaitable[bool]]
    ) -> None:
        self._tracker = tracker
        self._history = history
        self._reached = reached

    async def replay(self, rooms: Mapping[str, int], offset: Offset) -> list[Envelope] | None:
        """What was said in rooms since a place.

        Args:
            rooms: Rooms that are subscribed to -> the number at which the client joined each.
            offset: Up to where the client has everything.

        Returns:
            The events, in the order of the counter and exactly up to `OrderTracker.current` for whoever awaits it
            directly; None when any of them may be missing.
        """
        tracker = self._tracker
        if not await self._reached(max(offset.number, *rooms.values(), 0), offset.epoch):
            return None
        for _ in range(3):  # a busy worker's memory may begin after what Redis was read up to; the next reading helps
            if offset.epoch != tracker.current.epoch or any(tracker.heard_since(room) is None for room in rooms):
                return None
            remembered = self._remembered(rooms, offset.number)
            if remembered is not None:
                return remembered
            try:
                reading = await self._history.read(rooms, offset)
            except (RedisError, OSError):
                return None
            if reading is None or reading.missing or tracker.current.epoch != offset.epoch:
                return None
            events = [one for one in reading.events if one.number <= tracker.current.number]
            if reading.number >= tracker.current.number:
                return events
            rest = self._remembered(rooms, reading.number)
            if rest is not None:
                return events + rest
        return None

    def _remembered(self, rooms: Mapping[str, int], after: int) -> list[Envelope] | None:
        """From memory, if it reaches back so far: before a room was heard, this worker was deaf to it."""
        reach = {room: max(joined, after) for room, joined in rooms.items()}
        if any(number < (self._tracker.heard_since(room) or 0) for room, number in reach.items()):
            return None
        return self._tracker.recent.since(reach, 0)
