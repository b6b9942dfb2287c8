"""Connections to the source port count in the one share that an address has."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from audio.icecast import SourcePort
from audio.tasks import Tasks
from realtime.address_counts import AddressCounts
from tests.harness import PATIENCE, eventually, free_port


async def test_the_source_port_counts_in_the_share_of_an_address() -> None:
    addresses, port = AddressCounts(3, 3), free_port()
    addresses.enter("127.0.0.1")  # a page's socket
    service = cast("Any", None)  # nothing is asked of it
    async with SourcePort(service, host="127.0.0.1", port=port, tasks=Tasks(), addresses=addresses).open():
        silent = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(2)]
        await eventually(lambda: not addresses.has_room("127.0.0.1"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"Too many connections from this address" in answer
        writer.close()
        silent[0].close()
        await eventually(lambda: addresses.has_room("127.0.0.1"))
        silent[1].close()
    addresses.leave("127.0.0.1")
    await eventually(lambda: len(addresses) == 0)
