"""`Last-Event-ID`: how a reader of server-sent events says where it was (HTML Living Standard, 9.2.4).

`controllers` takes the header from the request, `sse` reads it here; nothing else looks at it.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from litestar.params import HeaderParameter

from realtime.offsets import Offset

LastEventIdHeader = Annotated[str | None, HeaderParameter(name="Last-Event-ID")]


class LastEventId(NamedTuple):
    """What a reader has said.

    Attributes:
        given: Whether it has said anything, and so expects to go on where it was.
        place: The offset that it was given with the last event; None for anything that was never given out.
    """

    given: bool
    place: Offset | None


def read_last_event_id(header: str | None) -> LastEventId:
    """Read the header's value; an empty one is as good as none."""
    return LastEventId(bool(header), Offset.parse(header) if header else None)
