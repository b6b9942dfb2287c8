"""`touchline bench recover`: listeners that are cut off during 1,000 events, and what they have of them afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from bench.client import MARK
from bench.fanout import Outcome
from bench.load import Endpoint
from bench.procs import CannotMeasure, Pinning, raise_limits, scratch
from bench.report import Progress, bar_chart, document, table
from bench.rounds import started
from bench.server import TouchlineServer

AROUND = 20  # events before and after, which the clients hear directly
EVENT_BYTES = 100
BATCH = 10
SETTLE_SECONDS = 30.0
_NUMBER = re.compile(MARK.decode() + r"(\d+):")


@dataclass(slots=True)
class Follower:
    """One client with connection state recovery, as the official one has it.

    `cut`: `reset` closes the connection, `silent` stops reading and answering while it stays open.
    """

    endpoint: Endpoint
    name: str
    cut: str
    heard: list[int] = field(default_factory=list)
    pid: str | None = None
    offset: str | None = None
    recovered: bool | None = None
    caught_up: float | None = None
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _abandoned: list[ClientConnection] = field(default_factory=list)

    async def connect(self) -> None:
        """Connect, and join unless the server has recovered the session."""
        socket = await websockets.connect(
            f"ws://127.0.0.1:{self.endpoint.port}{self.endpoint.path}", compression=None, proxy=None, max_size=None,
            ping_interval=None,
        )  # fmt: skip
        self._socket = socket
        await socket.recv()
        auth: dict[str, str] = {"device": f"bench-{self.name}"}
        if self.pid is not None:
            auth |= {"pid": self.pid} | ({"offset": self.offset} if self.offset else {})
        await socket.send(f"40{self.endpoint.namespace},{json.dumps(auth)}")
        answer = await self._until("40")
        pid = json.loads(answer.partition(",")[2]).get("pid")
        again = self.pid is not None
        if again:
            self.recovered = pid == self.pid
        self.pid = pid
        if not again or not self.recovered:
            await socket.send(f"42{self.endpoint.namespace},0{self.endpoint.join}")
            await self._until("43")
        self._reader = asyncio.create_task(self._read())

    async def _until(self, kind: str) -> str:
        # Missed events may come before the CONNECT answer.
        async with asyncio.timeout(30):
            while True:
                packet = await self._receive()
                if packet.startswith(kind + self.endpoint.namespace):
                    return packet
                if packet.startswith("44"):
                    raise CannotMeasure(f"The server refused a connection: {packet}")

    async def _receive(self) -> str:
        if self._socket is None:
            raise RuntimeError("not connected")
        packet = str(await self._socket.recv())
        if packet == "2":
            await self._socket.send("3")
        elif packet.startswith("42"):
            self._take(json.loads(packet.partition(",")[2]))
        return packet

    def _take(self, event: list[Any]) -> None:
        # Socket.IO: the last argument of a recoverable event is its offset.
        if len(event) > 2 and isinstance(event[-1], str):
            self.offset = event[-1]
        if event[0] == "match:event" and (found := _NUMBER.match(event[1]["commentary"][0]["text"])):
            self.heard.append(int(found[1]))

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await self._receive()

    async def lose(self) -> None:
        """The connection is gone, in the one way or the other."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket is None:
            return
        if self.cut == "silent":
            self._abandoned.append(self._socket)
        else:
            self._socket.transport.abort()

    async def close(self) -> None:
        """Leave for good."""
        await self.lose()
        for socket in self._abandoned:
            socket.transport.abort()

    @property
    def doubled(self) -> int:
        """Events that came more than once."""
        return len(self.heard) - len(set(self.heard))

    @property
    def in_order(self) -> bool:
        """Whether each event came after the one before it."""
        return all(one < two for one, two in itertools.pairwise(self.heard))


async def recover(*, clients: int, events: int, seconds: float, workers: int, pin: bool, tree: Path | None) -> Outcome:
    """Cut all clients off while `events` are published over `seconds`, let them back, and look at what they have."""
    raise_limits()
    progress = Progress()
    pinning = Pinning.choose(workers=workers, wanted=pin)
    total = AROUND + events + AROUND
    async with scratch() as directory:
        server = TouchlineServer(directory, workers=workers, cpus=pinning.server, tree=tree)
        progress("starting")
        async with started(server):
            await server.start_match()
            followers = [
                Follower(server.match_endpoint, f"follower-{number:04d}", "silent" if number % 2 else "reset")
                for number in range(clients)
            ]
            try:
                await asyncio.gather(*(one.connect() for one in followers))
                supported = all(one.pid for one in followers)
                if supported:
                    await _story(server, followers, events, seconds, progress)
            finally:
                await asyncio.gather(*(one.close() for one in followers))
    progress.done()
    parameters: dict[str, object] = {"clients": clients, "events": events, "seconds": seconds, "workers": workers}
    if not supported:
        return Outcome(
            "Not supported: the server's answer to CONNECT has no `pid`, so no session can be recovered.",
            document("recover", parameters, {"supported": False}, tree),
            bar_chart("Recovery is not supported by this server", "", []),
            good=True,
        )
    return _outcome(followers, total, parameters, tree)


async def _story(
    server: TouchlineServer, followers: list[Follower], events: int, seconds: float, progress: Progress
) -> None:
    before, missed = range(1, AROUND + 1), range(AROUND + 1, AROUND + events + 1)
    after = range(AROUND + events + 1, AROUND + events + AROUND + 1)
    await _publish(server, before, 0.0, progress)
    await _all_have(followers, before[-1])
    for one in followers:
        await one.lose()
    await _publish(server, missed, seconds, progress)
    progress("coming back")
    began = time.monotonic()
    await asyncio.gather(*(one.connect() for one in followers))
    await _all_have(followers, missed[-1], since=began)
    await _publish(server, after, 0.0, progress)
    await _all_have(followers, after[-1])


async def _publish(server: TouchlineServer, numbers: range, seconds: float, progress: Progress) -> None:
    began = time.monotonic()
    for at in range(0, len(numbers), BATCH):
        await server.score(numbers[at : at + BATCH], text_bytes=EVENT_BYTES)
        progress(f"event {numbers[at]} published")
        due = began + seconds * (at + BATCH) / len(numbers)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _all_have(followers: list[Follower], newest: int, since: float | None = None) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    waiting = set(range(len(followers)))
    while waiting and time.monotonic() < deadline:
        await asyncio.sleep(0.005)
        for number in list(waiting):
            if newest in followers[number].heard[-AROUND:]:
                waiting.discard(number)
                if since is not None:
                    followers[number].caught_up = time.monotonic() - since


def _outcome(followers: list[Follower], total: int, parameters: dict[str, object], tree: Path | None) -> Outcome:
    rows = []
    for cut in ("reset", "silent"):
        those = [one for one in followers if one.cut == cut]
        if those:
            times = sorted(one.caught_up for one in those if one.caught_up is not None)
            rows.append(
                (
                    cut,
                    len(those),
                    sum(bool(one.recovered) for one in those),
                    min(len(set(one.heard)) for one in those),
                    sum(total - len(set(one.heard)) for one in those),
                    sum(one.doubled for one in those),
                    all(one.in_order for one in those),
                    times[-1] * 1e3 if len(times) == len(those) else None,
                )
            )
    head = ("cut off by", "clients", "recovered", "fewest events", "missing", "doubled", "in order", "caught up ms")
    good = all(row[1] == row[2] and not row[4] and not row[5] and row[6] for row in rows)
    results = {
        "supported": True,
        "published": total,
        "recovered": sum(row[2] for row in rows),
        "missing": sum(row[4] for row in rows),
        "doubled": sum(row[5] for row in rows),
        "in_order": all(row[6] for row in rows),
        "cuts": [dict(zip(head, row, strict=True)) for row in rows],
    }
    text = table(head, rows) + f"\n\n{total:,} events were published, {parameters['events']} of them during the cut."
    chart = bar_chart(
        f"Events that each client has, of {total:,}", "events (fewest)",
        [(f"cut by {row[0]}", float(row[3])) for row in rows],
    )  # fmt: skip
    return Outcome(text, document("recover", parameters, results, tree), chart, good)
