"""The load of a benchmark: as many client processes as the connections need, and what they report together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.client import Orders
from bench.procs import CannotMeasure, Process, Sizes

_addresses_used = 0
"""Connections that this run has opened so far: each batch gets source addresses of its own, so that no port of an
earlier one is still in TIME_WAIT."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a listener gets in.

    `raw`: bare WebSocket, no Socket.IO. `join`: the event that enters the room, as JSON. `event`: what is counted.
    """

    port: int
    path: str = "/socket.io/?EIO=4&transport=websocket"
    raw: bool = False
    namespace: str = "/streaming"
    join: str = ""
    event: str = "chat:message"


@dataclass(frozen=True, slots=True)
class Joined:
    """How connecting went. Seconds; `p50` and `p99` are of one connection, from TCP connect to the join's ack."""

    connections: int
    refused: int
    seconds: float
    p50: float
    p99: float
    why: str

    @property
    def per_second(self) -> float:
        """Connections that were ready, a second."""
        return self.connections / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Arrivals:
    """What arrived: `latencies` in nanoseconds by message, sorted."""

    lost: int = 0
    doubled: int = 0
    dropped: int = 0
    refused: int = 0
    others: int = 0
    frame_bytes: int = 0
    why: str = ""
    latencies: dict[int, list[int]] = field(default_factory=dict)


class Load:
    """Client processes that hold connections to one server."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        connections: int,
        sizes: Sizes,
        directory: Path,
        cpus: Sequence[int] | None,
        seconds: float,
        in_flight: int = 200,
    ) -> None:
        self._endpoint = endpoint
        self._connections = connections
        self._directory = directory
        self._cpus = cpus
        self._seconds = seconds
        self._processes: list[Process] = []
        self._readers: list[asyncio.Task[None]] = []
        self._count = -(-connections // sizes.per_client)
        self._in_flight = max(1, in_flight // self._count)
        self._said: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self._progress: dict[int, int] = {}

    async def __aenter__(self) -> Self:
        global _addresses_used  # noqa: PLW0603 - source addresses are the machine's, not one load's
        share, more = divmod(self._connections, self._count)
        for number in range(self._count):
            size = share + (number < more)
            orders = Orders(
                host="127.0.0.1",
                port=self._endpoint.port,
                path=self._endpoint.path,
                connections=size,
                first=_addresses_used,
                raw=self._endpoint.raw,
                namespace=self._endpoint.namespace,
                join=self._endpoint.join,
                event=self._endpoint.event,
                in_flight=self._in_flight,
                output=str(self._directory / f"latency-{number}"),
                seconds=self._seconds,
                cpus=list(self._cpus) if self._cpus else None,
            )
            _addresses_used += -(-size // 250) * 250
            log = self._directory / f"client-{number}.log"
            process = await Process.start(sys.executable, "-m", "bench.client", log=log, talks=True)
            self._processes.append(process)
            process.tell(json.dumps(asdict(orders)))
            self._readers.append(asyncio.create_task(self._read(number, process)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes:
            await process.end()
        await asyncio.gather(*self._readers, return_exceptions=True)

    @property
    def pids(self) -> list[int]:
        """The client processes."""
        return [process.pid for process in self._processes]

    async def joined(self, progress: Callable[[int], None]) -> Joined:
        """Wait until every connection has joined or given up; raises `CannotMeasure` if hardly any could."""
        await self._until(lambda: len(self._all("joined")) == self._count, progress=progress)
        said = self._all("joined")
        total = sum(one["joined"] for one in said)
        why = next((one["why"] for one in said if one["why"]), "")
        if total < self._connections * 0.99:
            raise CannotMeasure(f"Only {total} of {self._connections} connections could join: {why}")
        seconds = max(one["ended"] for one in said) - min(one["began"] for one in said)
        spans = [one["spans"] for one in said if one["spans"]]
        return Joined(
            connections=total,
            refused=sum(one["refused"] for one in said),
            seconds=seconds,
            p50=sorted(span[0] for span in spans)[len(spans) // 2],
            p99=max(span[1] for span in spans),
            why=why,
        )

    async def arrived(self, number: int, seconds: float) -> bool:
        """Wait until a message has come to every connection; False when that takes too long."""
        self._tell(expect=number)

        def everywhere() -> bool:
            return len({one["from"] for one in self._said if one.get("done") == number}) == self._count

        try:
            async with asyncio.timeout(seconds):
                await self._until(everywhere)
        except TimeoutError:
            return False
        return True

    async def report(self, newest: int) -> Arrivals:
        """What came, given that messages 1 to `newest` were sent."""
        before = len(self._all("report"))
        self._tell(report=newest)
        await self._until(lambda: len(self._all("report")) == before + self._count)
        arrivals = Arrivals()
        for number, one in enumerate(said["report"] for said in self._ordered("report")[-self._count :]):
            arrivals.lost += one["lost"]
            arrivals.doubled += one["doubled"]
            arrivals.dropped += one["dropped"]
            arrivals.refused += one["refused"]
            arrivals.others += one["others"]
            arrivals.frame_bytes = arrivals.frame_bytes or one["frame_bytes"]
            arrivals.why = arrivals.why or one["why"]
            for message in one["numbers"]:
                samples = array("q")
                samples.frombytes((self._directory / f"latency-{number}.{message}").read_bytes())
                arrivals.latencies.setdefault(message, []).extend(samples)
        for samples_list in arrivals.latencies.values():
            samples_list.sort()
        return arrivals

    async def close(self) -> float:
        """Close every connection at once; returns the monotonic time at which that began."""
        self._tell(close=True)
        await self._until(lambda: len(self._all("closed")) == self._count)
        return min(float(one["closed"]) for one in self._all("closed"))

    def _tell(self, **order: object) -> None:
        for process in self._processes:
            process.tell(json.dumps(order))

    def _all(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self._said if kind in one]

    def _ordered(self, kind: str) -> list[dict[str, Any]]:
        return sorted(self._all(kind), key=lambda one: int(one["from"]))

    async def _read(self, number: int, process: Process) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while line := await process.hear():
                said = json.loads(line)
                async with self._news:
                    if "progress" in said:
                        self._progress[number] = said["progress"]
                    else:
                        self._said.append({**said, "from": number})
                    self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def _until(self, condition: Callable[[], bool], progress: Callable[[int], None] | None = None) -> None:
        async with self._news:
            while not condition():
                if any(reader.done() for reader in self._readers):
                    said = "\n".join(process.said() for process in self._processes)
                    raise CannotMeasure(f"A load client ended early. {said}")
                await self._news.wait()
                if progress is not None:
                    progress(sum(self._progress.values()))
