"""What was published: in Redis for a while, and the newest of it in this worker's memory.

`backplane` and `missed_events` read it. Whoever asks for the events since a place gets all of them or is told that some
are missing, never a part of a gap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.contracts import Policy
from kit.lua import Script
from realtime.offsets import Envelope, Offset
from realtime.redis_keys import LATEST, READ_MISSED, STATE, STREAM, TAILS

MAX_REPLAY = 10_000
"""Events that one reader may be behind: 10 s of a thousand a second. Beyond it a new snapshot is cheaper."""
MAX_CATCH_UP = 100_000
"""Events that a worker may be behind in all its rooms, at a few hundred bytes each."""
_ROOMS_A_READ = 50  # keeps one script, which holds Redis up, below some milliseconds

_RECENT_EVENTS = 5_000  # 10 s of 500 events a second, which is what a reconnecting client misses
_RECENT_BYTES = 16 * 1024 * 1024  # a worker's memory for it, however large the events are


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept in Redis.

    Attributes:
        entries: Events of a room. A thousand in 10 s, as a recovering client may have missed, fit twice.
        seconds: After a room's newest event its stream is dropped: five times the life of a session that may be
            recovered, so that nothing is dropped that anybody can still ask for.
        latest_seconds: How long the newest value of a latest-wins event is re-sent to joiners.
        rooms: Rooms whose newest number is remembered; 100 bytes each. Older ones count as unknown.
    """

    entries: int = 2_000
    seconds: int = 600
    latest_seconds: int = 86_400
    rooms: int = 20_000


@dataclass(frozen=True, slots=True)
class RoomReading:
    """What the rooms said up to the counter's value `number`, in its order; `missing` are rooms with a gap."""

    number: int
    events: list[Envelope]
    missing: frozenset[str]


Run = Callable[[Script, Sequence[str], Sequence[str | bytes | int]], Awaitable[Any]]
Call = Callable[..., Awaitable[Any]]


class RedisHistory:
    """Reads what Redis keeps.

    Args:
        run: Runs a script with its keys and arguments; raises `RedisError`.
        call: Runs one command.
    """

    def __init__(self, run: Run, call: Call) -> None:
        self._run = run
        self._call = call

    async def since(self, rooms: Mapping[str, int], offset: Offset) -> list[Envelope] | None:
        """The events of rooms after a place, in the counter's order.

        Args:
            rooms: Room -> the number at which the reader joined it; nothing from before is returned.

        Returns:
            All of them, or None when any may be missing: never part of a gap.
        """
        reading = await self.read(rooms, offset)
        return None if reading is None or reading.missing else reading.events

    async def read(self, rooms: Mapping[str, int], offset: Offset, limit: int = MAX_REPLAY) -> RoomReading | None:
        """As `since`, but tells which rooms have a gap; None in another epoch.

        With more than fifty rooms the reading is not one step; all of it is right up to `number`, and cut there.
        """
        events: list[Envelope] = []
        missing: set[str] = set()
        first: int | None = None
        for some in _in_portions(rooms, offset.number):
            flat = [part for room, after in some for part in (room, after)]
            answer = await self._run(READ_MISSED, [STATE, TAILS], [offset.epoch, STREAM, limit - len(events), *flat])
            if answer[0] != 1:
                return None
            number = int(answer[1])
            first = number if first is None else first
            for (room, _), told in zip(some, answer[2], strict=True):
                if told == 0:
                    missing.add(room)
                else:
                    events += [_entry(offset.epoch, room, entry) for entry in told]
        if first is None:
            answer = await self._run(READ_MISSED, [STATE, TAILS], [offset.epoch, STREAM, 0])
            if answer[0] != 1 or offset.number > int(answer[1]):
                return None
            return RoomReading(int(answer[1]), [], frozenset())
        events.sort(key=lambda envelope: envelope.number)
        return RoomReading(first, [envelope for envelope in events if envelope.number <= first], frozenset(missing))

    async def latest(self, rooms: Iterable[str], epoch: str) -> list[tuple[int, Envelope]]:
        """The newest value of every latest-wins event of these rooms, each with its version, oldest first."""
        found: list[tuple[int, Envelope]] = []
        for room in rooms:
            values = await self._call("HGETALL", LATEST + room)
            for event, value in values.items():
                head, _, payload = value.partition(b"\n")
                version, number = head.split(b" ")
                found.append((int(version), _envelope(epoch, int(number), room, event, payload, Policy.LATEST_WINS)))
        return sorted(found, key=lambda item: item[0])


def _in_portions(rooms: Mapping[str, int], after: int) -> Iterable[list[tuple[str, int]]]:
    """Rooms with the number after which each is read, in portions."""
    pairs = [(room, max(after, joined)) for room, joined in rooms.items()]
    for start in range(0, len(pairs), _ROOMS_A_READ):
        yield pairs[start : start + _ROOMS_A_READ]


def _entry(epoch: str, room: str, entry: list[Any]) -> Envelope:
    number = int(entry[0].partition(b"-")[0])
    fields = entry[1]
    return _envelope(epoch, number, room, fields[1], fields[5], Policy.RECOVERABLE)


def _envelope(epoch: str, number: int, room: str, event: bytes, payload: bytes, policy: Policy) -> Envelope:
    return Envelope(epoch, number, policy, room, event.decode(), payload)


class RecentEvents:
    """The newest recoverable events that this worker handed out, so that most recoveries ask Redis nothing.

    Complete from `base` on, for every room that the worker has heard since then.
    """

    def __init__(self, max_events: int = _RECENT_EVENTS, max_bytes: int = _RECENT_BYTES) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._events: list[Envelope] = []
        self._bytes = 0
        self.base = 0

    def reset(self, base: int) -> None:
        """Begin anew after a number."""
        self._events.clear()
        self._bytes = 0
        self.base = base

    def append(self, envelope: Envelope) -> None:
        """Take in the next event."""
        self._events.append(envelope)
        self._bytes += len(envelope.payload)
        if len(self._events) > self._max_events or self._bytes > self._max_bytes:
            half = self._events[: (len(self._events) + 1) // 2]
            del self._events[: len(half)]
            self._bytes -= sum(len(one.payload) for one in half)
            self.base = half[-1].number

    def since(self, rooms: Mapping[str, int], after: int) -> list[Envelope] | None:
        """The events of rooms (room -> joined at) after a number; None when memory does not reach back so far."""
        wanted = {room: max(after, joined) for room, joined in rooms.items()}
        if any(number < self.base for number in wanted.values()):
            return None
        start = bisect_right(self._events, min(wanted.values(), default=0), key=lambda one: one.number)
        return [one for one in self._events[start:] if one.number > wanted.get(one.room, one.number)]
