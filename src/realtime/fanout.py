"""Fan-out: one event to all local connections that are in its room.

`engine` gives every event of the backplane to `FanOut.deliver`, one after another. An event is encoded once in at most
two forms (with the offset and without) and written in one synchronous loop that gives way in between; an event that is
written must never wait for a slow connection (`backpressure`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from os import write
from typing import TypeVar

from kit.contracts import Policy
from kit.metrics import Metrics
from kit.rooms import EVERYONE
from realtime.backpressure import Outgoing
from realtime.connections import Connection, Connections
from realtime.contracts import NAMESPACE
from realtime.offsets import Envelope
from realtime.socketio import Client
from realtime.socketio_packets import event_packet

_CHUNK = 500  # about 4 ms of writing; then other connections get their turn

C = TypeVar("C", bound=Client)


class FanOut:
    """Hands events of the backplane to the connections of this worker."""

    def __init__(self, connections: Connections, metrics: Metrics) -> None:
        self._connections = connections
        self._metrics = metrics

    async def deliver(self, envelope: Envelope) -> None:
        """Send an event to everybody in its room; returns when it has been written to the last of them."""
        everyone = envelope.room == EVERYONE
        members = self._connections.members(envelope.room)
        if not members:
            return
        rooms, room, number = self._connections.rooms, envelope.room, envelope.number
        departures = rooms.departures

        def unchanged() -> bool:
            return rooms.departures == departures

        def still(connection: Connection) -> bool:
            """Not one that left meanwhile, nor one that came back and knows of it by its snapshot."""
            if everyone:
                return connection.joined < number or not envelope.recoverable
            joined = rooms.of(connection).get(room)
            return joined is not None and (joined < number or not envelope.recoverable)

        plain = outgoing_of(envelope, numbered=False)
        numbered = outgoing_of(envelope, numbered=True) if envelope.recoverable else None
        await write_to_all(members, plain, numbered, unchanged, still)
        self._metrics.fanned_out(len(members))


async def write_to_all(
    clients: Sequence[C],
    plain: Outgoing,
    numbered: Outgoing | None,
    unchanged: Callable[[], bool],
    still: Callable[[C], bool],
) -> None:
    """Write one message to many clients, in chunks between which others get their turn.

    Args:
        clients: To whom, in order.
        plain: For clients without recovery.
        numbered: With the offset, for those with it; None for events that have none.
        unchanged: Whether nobody has left since the list was made; asked when others have had their turn.
        still: If somebody has: whether a client shall still have it.
    """
    if numbered is None:
        numbered = plain
    plain_frame, numbered_frame = plain.frame, numbered.frame
    for start in range(0, len(clients), _CHUNK):
        chunk = clients[start : start + _CHUNK]
        if start:
            await asyncio.sleep(0)
            if not unchanged():
                chunk = [client for client in chunk if still(client)]
        # Past the transport, and with the fewest objects: of 15,000 connections none is in the processor's cache.
        for client in chunk:
            socket = client.socket
            direct = socket.direct
            if direct < 0:
                socket.offer(numbered if client.recovery else plain)
                continue
            frame = numbered_frame if client.recovery else plain_frame
            try:
                sent = write(direct, frame)
            except OSError:
                sent = 0  # full or gone: the transport finds out
            if sent < len(frame):
                socket.transport.write(frame[sent:])  # type: ignore[union-attr]


def packet_of(envelope: Envelope, *, numbered: bool) -> bytes:
    """The packet of an event, with its offset behind it or without."""
    offset = f"{envelope.epoch}-{envelope.number}" if numbered else None
    return event_packet(NAMESPACE, envelope.event, envelope.payload, offset)


def outgoing_of(envelope: Envelope, *, numbered: bool) -> Outgoing:
    """The same as a message for many, with what its policy says about slow peers."""
    key = (envelope.room, envelope.event) if envelope.policy is Policy.LATEST_WINS else None
    return Outgoing(packet_of(envelope, numbered=numbered), key, ephemeral=envelope.policy is Policy.EPHEMERAL)
