"""One event to many: encoded once in at most two forms, written in one synchronous loop that gives way in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from realtime import packets
from realtime.engineio import Outgoing
from realtime.server import Client

_CHUNK = 500  # about 4 ms of writing; then other connections get their turn

C = TypeVar("C", bound=Client)


def event_packet(namespace: str, event: str, payload: bytes, offset: str | None = None) -> bytes:
    """An EVENT whose argument is JSON already, and whose last one is the offset if it has one."""
    name = msgspec.json.encode(event)
    last = b"]" if offset is None else b',"' + offset.encode() + b'"]'
    return packets.head(packets.EVENT, namespace) + b"[" + name + b"," + payload + last


async def fan_out(clients: Sequence[C], plain: Outgoing, numbered: Outgoing | None, still: Callable[[C], bool]) -> None:
    """Write to everybody.

    Args:
        plain: For clients without recovery.
        numbered: With the offset, for those with it; None for events that have none.
        still: Whether a client shall still have it; asked once others had their turn since the list was made.
    """
    if numbered is None:
        numbered = plain
    for start in range(0, len(clients), _CHUNK):
        chunk = clients[start : start + _CHUNK]
        if start:
            await asyncio.sleep(0)
            chunk = [client for client in chunk if still(client)]
        for client in chunk:
            socket = client.socket
            outgoing = numbered if client.recovery else plain
            if socket.flowing:
                socket.transport.write(outgoing.frame)  # type: ignore[union-attr]
            else:
                socket.offer(outgoing)
