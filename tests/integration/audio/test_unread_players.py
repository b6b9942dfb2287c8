"""Players that do not read, and ones that leave, at the door of a running gateway."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx

from kit.session import Role
from tests.harness import PATIENCE, eventually
from tests.live import Gateway
from tests.support.radio import ffmpeg


async def test_a_player_that_does_not_read_is_cut_and_no_listener_any_more(gateway: Gateway) -> None:
    channel = await gateway.channel(await gateway.account(Role.OWNER))

    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:

        async def listeners() -> int:
            state: dict[str, Any] = (await http.get(f"/api/channels/{channel['id']}/now-playing")).json()
            count: int = state["listeners"]["count"]
            return count

        async def on_air() -> bool:
            return (await http.head("/listen/radio")).status_code == 200

        async def counted(number: int) -> bool:
            return await listeners() == number

        async with ffmpeg(gateway.source_port, password=channel["source"]["password"]):
            await eventually(on_air)
            reader, reading = await asyncio.open_connection("127.0.0.1", gateway.port)
            reading.write(b"GET /listen/radio HTTP/1.1\r\nHost: x\r\nUser-Agent: reads\r\n\r\n")

            async def read() -> None:
                while await reader.read(65_536):
                    pass

            task = asyncio.create_task(read())
            stuck = []
            for n in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1024)
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                writer.write(b"GET /listen/radio HTTP/1.1\r\nHost: x\r\nUser-Agent: stuck %d\r\n\r\n" % n)
                stuck.append(writer)
            await eventually(lambda: counted(4))
            await eventually(lambda: counted(1))
            assert not task.done(), "who reads, hears on"
            task.cancel()
            reading.transport.abort()
            await eventually(lambda: counted(0))
            with contextlib.suppress(asyncio.CancelledError):
                await task
            for writer in stuck:
                writer.transport.abort()
    assert "[error" not in gateway.log()
    assert "Traceback" not in gateway.log()
