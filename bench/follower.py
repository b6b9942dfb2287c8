"""A listener of matches that knows whether it heard all of their events, in order, once."""

from __future__ import annotations

import asyncio
import json
import re

from bench.procs import CannotMeasure
from tests.support.websocket_frames import UPGRADE, masked

_REQUEST = f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{{port}}\r\n{UPGRADE}\r\n"
_NAMESPACE = "/streaming"
_EVENT = re.compile(rb'\["match:event",\{"matchId":"([^"]+)".*?"seq":(\d+)', re.DOTALL)
_ACK = re.compile(rb"43/streaming,(\d+)")
_LONG, _LONGEST = 126, 127


class Follower:
    """One socket. `heard` counts match events, `wrong` those that came twice, or not after the one before."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._newest: dict[bytes, int] = {}
        self._asked = 0
        self._acks: dict[int, asyncio.Future[None]] = {}
        self._hearing: asyncio.Task[None] | None = None
        self.heard = 0
        self.wrong = 0

    @classmethod
    async def connect(cls, port: int, name: str) -> Follower:
        """Come as a guest; raises `CannotMeasure`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(_REQUEST.format(port=port).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head[:20]:
            raise CannotMeasure(f"The server answered {head[:200]!r}.")
        found = cls(reader, writer)
        writer.write(masked(f'40{_NAMESPACE},{{"device":"bench-{name}"}}'.encode()))
        while not (await found._frame()).startswith(f"40{_NAMESPACE},".encode()):
            pass
        found._hearing = asyncio.create_task(found._hear())
        return found

    async def follow(self, match_id: str, instead_of: str = "") -> None:
        """Join a match, and leave another; returns once all of its events will come."""
        if instead_of:
            self._send("match:leave", instead_of)
        await self._send("match:join", match_id)

    def _send(self, event: str, match_id: str) -> asyncio.Future[None]:
        self._asked += 1
        self._acks[self._asked] = answer = asyncio.get_running_loop().create_future()
        body = json.dumps([event, {"matchId": match_id}], separators=(",", ":"))
        self._writer.write(masked(f"42{_NAMESPACE},{self._asked}{body}".encode()))
        return answer

    async def _hear(self) -> None:
        try:
            while True:
                self._take(await self._frame())
        except asyncio.IncompleteReadError:
            self.wrong += 1  # the server closed it
            for answer in self._acks.values():
                answer.cancel()

    def _take(self, packet: bytes) -> None:
        if packet == b"2":
            self._writer.write(masked(b"3"))
        elif found := _EVENT.search(packet):
            match_id, seq = found[1], int(found[2])
            self.heard += 1
            self.wrong += seq != self._newest.get(match_id, 0) + 1
            self._newest[match_id] = seq
        elif found := _ACK.match(packet):
            answer = self._acks.pop(int(found[1]), None)
            if answer is not None and not answer.done():
                answer.set_result(None)

    async def _frame(self) -> bytes:
        size = (await self._reader.readexactly(2))[1]
        if size == _LONG:
            size = int.from_bytes(await self._reader.readexactly(2), "big")
        elif size == _LONGEST:
            size = int.from_bytes(await self._reader.readexactly(8), "big")
        return await self._reader.readexactly(size)

    async def close(self) -> None:
        """Go."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        self._writer.close()
