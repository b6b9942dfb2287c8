"""`GET /api/events`: server-sent events over HTTP. What is in a stream is decided in `sse`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from kit.errors import InvalidPayload
from kit.rooms import EVERYONE
from kit.session import Session
from realtime.last_event_id import LastEventIdHeader
from realtime.ports import RoomNames
from realtime.sse import EventStream, EventStreams

_MAX_NAMES = 20  # a browser has six streams of one origin; an overview of a day's matches fits into one
_MAX_NAME = 64
_CACHE = "no-cache, no-transform"  # proxies that compress hold events back until they have enough of them
_KEPT_BY_NOBODY = "no-store, no-transform"
Names = Annotated[list[str] | None, QueryParameter(max_items=_MAX_NAMES)]


class EventStreamResponse(ASGIResponse):
    """Events until the reader leaves or the server stops."""

    def __init__(self, stream: EventStream, *, private: bool) -> None:
        super().__init__(
            headers={"Cache-Control": _KEPT_BY_NOBODY if private else _CACHE, "X-Accel-Buffering": "no"},
            media_type="text/event-stream",
            content_length=0,
        )
        del self.headers["content-length"]
        self._stream = stream

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send events as they come."""
        watch = asyncio.create_task(_end_when_gone(receive, self._stream), name="event stream watch")
        try:
            while chunk := await self._stream.next():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            watch.cancel()
            self._stream.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _end_when_gone(receive: Receive, stream: EventStream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # the request's empty body
    stream.end()


@get("/api/events", tags=["events"], media_type="text/event-stream")
async def events(
    caller: NamedDependency[Session],
    event_streams: NamedDependency[EventStreams],
    room_names: NamedDependency[RoomNames],
    channel: Names = None,
    match: Names = None,
    last_event_id: LastEventIdHeader = None,
) -> EventStreamResponse:
    """The events of channels (ids or slugs) and matches, as server-sent events; `Last-Event-ID` resumes.

    Each recoverable event has its offset as `id`. An event `resync` says that something was missed, or that
    `Last-Event-ID` is nothing that was given out: fetch the state anew, then go on reading. After silence an event
    `offset` says how far the stream has come where other rooms have moved on. Where no stream can be
    opened now the answer is a stream that ends at once and says when to come back (`retry`).
    """
    names = [*(channel or []), *(match or [])]
    if len(names) > _MAX_NAMES or any(not 0 < len(name) <= _MAX_NAME for name in names):
        raise InvalidPayload(f"Name at most {_MAX_NAMES} channels and matches.")
    rooms = await room_names.rooms(channel or [], match or [])
    stream = await event_streams.open([EVERYONE, *rooms], last_event_id)
    return EventStreamResponse(stream, private=caller.signed_in)
