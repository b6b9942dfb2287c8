"""Snapshots of rooms: read once for all who join at about the same time, and never older than their events.

A joiner enters the room first, and then takes a snapshot that must hold every event up to its place. A kept snapshot
does so exactly as long as the room was heard without interruption since before it was read, and none of its events
has been handed out: what is stored is stored before it is published, so what comes later is not missing from it.
`version` says whether that is so.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from kit.contracts import encode_event

MAX_AGE = 1.0
"""Seconds: how long something that no event announces, such as a channel's new description, may stay unseen."""

_MAX_ROOMS = 256  # of some 20 KB each; older ones go first, and each is of use for a second only
_ATTEMPTS = 3  # a snapshot that an event has overtaken while it was read is right, but a newer one saves confusion

Version = Callable[[str], int | None]
Load = Callable[[str], Awaitable[msgspec.Struct | msgspec.Raw]]
"""Reads a snapshot, or has it encoded; its argument is the value of the snapshot's `offset`."""


@dataclass(frozen=True, slots=True)
class EncodedSnapshot:
    """An encoded snapshot, in the two parts around its offset; `version` is whatever tells it from others."""

    version: int
    before: bytes
    after: bytes

    @classmethod
    def split(cls, version: int, encoded: bytes, stand_in: bytes) -> EncodedSnapshot:
        """One that was encoded with a stand-in for the offset, which is nowhere else in it."""
        before, after = encoded.split(stand_in)
        return cls(version, before, after)

    def at(self, offset: str) -> bytes:
        """The snapshot for whoever has this offset."""
        return self.before + offset.encode() + self.after


@dataclass(frozen=True, slots=True)
class _Kept:
    """A snapshot that is kept. `began`: when its reading did, in monotonic seconds."""

    snapshot: EncodedSnapshot
    began: float

    def at(self, offset: str) -> msgspec.Raw:
        return msgspec.Raw(self.snapshot.at(offset))


@dataclass(frozen=True, slots=True)
class _Reading:
    version: int
    task: asyncio.Task[_Kept]


class Snapshots:
    """The snapshots of this worker's rooms.

    Args:
        version: Of a room: a number that changes in the same step in which one of its events is handed out or is
            lost; None while the room is not heard here.
    """

    def __init__(self, version: Version, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._version = version
        self._monotonic = monotonic
        self._stand_in = secrets.token_hex(16)  # for the offset; nobody can have written it into a text
        self._kept: dict[str, _Kept] = {}  # oldest first
        self._readings: dict[str, _Reading] = {}
        self._checks: dict[str, asyncio.Future[object]] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    async def admit(self, room: str, check: Callable[[], Awaitable[object]]) -> None:
        """See to it, before a room is entered, that there is what it is the room of; raises what `check` raises.

        Nothing is asked where somebody of this worker is in the room, and once for all who come at the same time.
        """
        if self._version(room) is not None:
            return
        running = self._checks.get(room)
        if running is not None:
            await asyncio.wait({running})
            if not running.cancelled() and running.exception() is None:
                return  # else it began too early, perhaps: ask again
        task = asyncio.ensure_future(check())
        self._checks[room] = task
        try:
            await asyncio.shield(task)
        finally:
            if self._checks.get(room) is task:
                del self._checks[room]

    async def get(self, room: str, offset: str, load: Load) -> msgspec.Raw:
        """The snapshot for a caller who has entered the room.

        Args:
            room: Which the caller has entered.
            offset: The place at which it has.
            load: Reads the snapshot, for all who come at about the same time.

        Returns:
            The encoded snapshot, with the offset in its place.

        Raises:
            Exception: What `load` raises.
        """
        read: _Kept | None = None
        for _ in range(_ATTEMPTS):
            version = self._version(room)
            if version is None:
                break
            kept = self._kept.get(room)
            if kept is not None and kept.snapshot.version == version and self._is_recent(kept):
                return kept.at(offset)
            reading = self._readings.get(room)
            if reading is not None and reading.version != version:
                await asyncio.wait({reading.task})  # it began before an event that the caller may have to find in it
                continue
            if reading is None:
                reading = self._begin(room, version, load)
            read = await asyncio.shield(reading.task)
            if self._version(room) == version:
                break
        return read.at(offset) if read is not None else msgspec.Raw(encode_event(await load(offset)))

    def _begin(self, room: str, version: int, load: Load) -> _Reading:
        task = asyncio.create_task(self._read(room, version, load), name="snapshot")
        self._readings[room] = reading = _Reading(version, task)

        def done(task: asyncio.Task[_Kept]) -> None:
            del self._readings[room]
            if not task.cancelled():
                task.exception()  # whoever asked may be gone

        task.add_done_callback(done)
        return reading

    async def _read(self, room: str, version: int, load: Load) -> _Kept:
        began = self._monotonic()
        encoded = encode_event(await load(self._stand_in))
        kept = _Kept(EncodedSnapshot.split(version, encoded, self._stand_in.encode()), began)
        if self._version(room) == version:
            self._keep(room, kept)
        return kept

    def _keep(self, room: str, kept: _Kept) -> None:
        self._kept.pop(room, None)
        self._kept[room] = kept
        while len(self._kept) > _MAX_ROOMS or not self._is_recent(next(iter(self._kept.values()))):
            del self._kept[next(iter(self._kept))]
            if not self._kept:
                break

    def _is_recent(self, kept: _Kept) -> bool:
        return self._monotonic() - kept.began < MAX_AGE
