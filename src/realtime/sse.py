"""Server-sent events from the same rooms, history and offsets as the sockets (HTML Living Standard, 9.2).

`controllers` opens a stream for each request and writes what it gives; the backplane tells all streams of each event.
Nothing here waits for a reader: one that is behind is ended, comes back and resumes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

import structlog

from kit.contracts import Policy
from kit.errors import Unavailable
from realtime.backplane import Backplane
from realtime.backpressure import EPHEMERAL_SHARE
from realtime.last_event_id import read_last_event_id
from realtime.offsets import Envelope, Offset

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 15.0  # proxies cut what is silent for 30 to 60 s
_RETRY_MS = 2_000
_STILL_HERE = b": still here\n\n"
_MAX_UNSENT_BYTES = 1024 * 1024  # as a socket's; a reader that is further behind reconnects and resumes
_MAX_REPLAY_BYTES = 8 * 1024 * 1024  # beyond it the state is fetched anew, which is less
_MAX_STREAMS = 5_000  # of one worker; each holds a descriptor, and sockets need the rest
_NEVER = 0  # a reader of events has no moment of joining: its offset alone says from where

Place = Literal["hello", "resync", "offset"]
PLACES: Mapping[Place, str] = {
    "hello": "The first event: the place from which the stream goes on.",
    "resync": "Something was missed that is not kept any more: fetch the state anew, then go on reading.",
    "offset": "After silence, where other rooms have moved on meanwhile: the place to which the stream has come.",
}
"""The events of a stream itself: the contract has these, and nothing else is sent."""


class EventStream:
    """What waits for one client. Recoverable events keep their order; of latest-wins events the newest is kept."""

    def __init__(self, streams: EventStreams, rooms: frozenset[str]) -> None:
        self._streams = streams
        self.rooms = rooms
        self._queue: deque[bytes] = deque()
        self._latest: dict[tuple[str, str], bytes] = {}
        self._bytes = 0
        self._ended = False
        self._news = asyncio.Event()
        self._told: Offset | None = None  # the newest place that a sign of life has told

    async def next(self) -> bytes:
        """What is to be sent next, perhaps only a sign of life; empty at the end."""
        while not self._ended:
            if chunk := self.take():
                return chunk
            try:
                await asyncio.wait_for(self._news.wait(), self._streams.heartbeat_seconds)
            except TimeoutError:
                if not self._queue and not self._latest and not self._ended:
                    return self._sign_of_life()
        return b""

    def _sign_of_life(self) -> bytes:
        """A comment; and where other rooms have moved on meanwhile, the place that this one has come to with them.

        All up to `seen` has been sent. An id alone would do for browsers, but other readers make a `message` of it.
        """
        place = self._streams.seen
        if place == self._told:
            return _STILL_HERE
        self._told = place
        return _STILL_HERE + _place("offset", place)

    def put(self, chunk: bytes) -> None:
        """Queue a chunk. A reader that is too far behind is cut: it comes back with its last id, and resumes."""
        self._bytes += len(chunk)
        if self._bytes > _MAX_UNSENT_BYTES:
            self.end()
        else:
            self._queue.append(chunk)
            self._news.set()

    def put_ephemeral(self, chunk: bytes) -> None:
        """Queue a chunk that is worth nothing later: a reader that is behind goes without it."""
        if self._bytes + len(chunk) <= _MAX_UNSENT_BYTES // EPHEMERAL_SHARE:
            self.put(chunk)

    def begin(self, chunks: Sequence[bytes], place: Offset) -> None:
        """Queue what tells the place where it begins, and what a client that comes back has missed, however much."""
        self._told = place
        self._queue.extend(chunks)
        self._news.set()

    def replace(self, key: tuple[str, str], chunk: bytes) -> None:
        """Queue the newest value of a key, in the place of older ones."""
        self._latest.pop(key, None)
        self._latest[key] = chunk
        self._news.set()

    def holds(self, key: tuple[str, str]) -> bool:
        """Whether a value of this key waits."""
        return key in self._latest

    def take(self) -> bytes:
        """Everything that waits."""
        chunks = [*self._queue, *self._latest.values()]
        self._queue.clear()
        self._latest.clear()
        self._bytes = 0
        self._news.clear()
        return b"".join(chunks)

    def end(self) -> None:
        """Nothing more is sent."""
        self._ended = True
        self._queue.clear()
        self._latest.clear()
        self._news.set()

    def close(self) -> None:
        """Give its rooms back; called once, by whoever opened it."""
        self.end()
        self._streams.forget(self)


class EventStreams:
    """The event streams of this worker."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._backplane = backplane
        self.heartbeat_seconds = heartbeat_seconds
        self._rooms: dict[str, set[EventStream]] = {}
        self._open = 0
        self._ended = False
        backplane.listen(self._deliver, self._lost)

    def __len__(self) -> int:
        """How many are open."""
        return self._open

    @property
    def seen(self) -> Offset:
        """The place up to which all streams have what is theirs."""
        return self._backplane.seen

    async def open(self, rooms: Sequence[str], last_event_id: str | None = None) -> EventStream:
        """The stream of some rooms, from now on or from where a client was.

        It begins with `hello`, the place it continues from as its id; then what was missed, or `resync` when that
        cannot be told without a gap (fetch the state anew, then go on reading); then the newest value of every
        latest-wins event; then what happens. The caller closes it.

        Raises:
            Unavailable: Too many are open, the server stops, or Redis does not answer.
        """
        if self._ended or self._open >= _MAX_STREAMS:
            raise Unavailable("No event stream can be opened now.", retry_after=_RETRY_MS / 1000)
        stream = EventStream(self, frozenset(rooms))
        held: list[str] = []
        self._open += 1
        try:
            for room in stream.rooms:
                await self._backplane.subscribe(room)
                held.append(room)
            await self._begin(stream, last_event_id)
        except BaseException:
            self._forget(stream, held)
            raise
        return stream

    def end(self) -> None:
        """End all streams, because the server stops; clients come back and resume."""
        self._ended = True
        for stream in {stream for streams in self._rooms.values() for stream in streams}:
            stream.end()

    def forget(self, stream: EventStream) -> None:
        """A stream is closed."""
        self._forget(stream, list(stream.rooms))

    async def _begin(self, stream: EventStream, last_event_id: str | None) -> None:
        resumes, offset = read_last_event_id(last_event_id)
        missed = None
        if offset is not None:
            missed = await self._backplane.replay(dict.fromkeys(stream.rooms, _NEVER), offset)
            if missed is not None and sum(len(one.payload) for one in missed) > _MAX_REPLAY_BYTES:
                missed = None
        # No `await` from here to the rooms: what was missed ends where what is delivered begins.
        place = self._backplane.place
        resumed = offset if offset is not None and missed is not None else place
        hello = _place("hello", resumed)
        again = [_place("resync", place)] if resumes and missed is None else []
        stream.begin([b"retry: %d\n" % _RETRY_MS + hello, *again, *(_chunk(one) for one in missed or [])], resumed)
        for room in stream.rooms:
            self._rooms.setdefault(room, set()).add(stream)
        for envelope in await self._backplane.latest(stream.rooms):
            if not stream.holds(key := (envelope.room, envelope.event)):  # one that came meanwhile is newer
                stream.replace(key, _chunk(envelope))

    def _forget(self, stream: EventStream, held: Sequence[str]) -> None:
        self._open -= 1
        for room in held:
            streams = self._rooms.get(room)
            if streams is not None:
                streams.discard(stream)
                if not streams:
                    del self._rooms[room]
            self._backplane.unsubscribe(room)

    async def _deliver(self, envelope: Envelope) -> None:
        streams = self._rooms.get(envelope.room)
        if not streams or not envelope.event or envelope.policy is Policy.CONTROL:
            return
        chunk = _chunk(envelope)
        for stream in streams:
            if envelope.recoverable:
                stream.put(chunk)
            elif envelope.policy is Policy.LATEST_WINS:
                stream.replace((envelope.room, envelope.event), chunk)
            else:
                stream.put_ephemeral(chunk)

    async def _lost(self, rooms: frozenset[str]) -> None:
        streams = {stream for room in rooms for stream in self._rooms.get(room, ())}
        place = self._backplane.place
        for stream in streams:
            stream.take()
            stream.put(_place("resync", place))
        if streams:
            log.warning("event streams resync", streams=len(streams))


def _chunk(envelope: Envelope) -> bytes:
    place = f"{envelope.epoch}-{envelope.number}" if envelope.recoverable else None
    return _event(place, envelope.event, envelope.payload)


def _event(place: str | None, name: str, data: bytes) -> bytes:
    """One event on the wire. JSON has line breaks only between its tokens, where any is as good as another."""
    lines = data.replace(b"\r", b"\n").replace(b"\n", b"\ndata: ")
    head = b"id: %s\n" % place.encode() if place is not None else b""
    return b"%sevent: %s\ndata: %s\n\n" % (head, name.encode(), lines)


def _place(name: Place, place: Offset) -> bytes:
    """An event of the stream itself."""
    return _event(str(place), name, b'{"offset":"%s"}' % str(place).encode())
