"""`touchline bench slow`: one listener that never reads, and what the server and the others make of it."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from bench.fanout import Outcome
from bench.load import Arrivals, Endpoint, Load
from bench.procs import Pinning, Sizes, raise_limits, scratch
from bench.report import Progress, bar_chart, document, table
from bench.rounds import quantile, quiet, started
from bench.server import TouchlineServer
from tests.support.websocket_frames import UPGRADE, masked

EVENT_BYTES = 15_000  # near the largest that a feed may send, so that few events fill every buffer on the way
BATCH = 10
BATCHES_A_SECOND = 10.0
_RECEIVE_BUFFER = 4096  # the smallest: what the kernel keeps for the stalled peer is then mostly on the server's side


@dataclass(frozen=True, slots=True)
class Half:
    """The same events to the same readers, without or with the peers that do not read."""

    growth: int
    peak: int
    latencies: list[int]
    arrivals: Arrivals
    kept: list[int]
    cut: int


class Stalled:
    """A listener that joins and then reads no more."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    @classmethod
    async def join(cls, endpoint: Endpoint) -> Stalled:
        """Connect as everybody else, with a small receive buffer, and join."""
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        await loop.sock_connect(sock, ("127.0.0.1", endpoint.port))
        request = f"GET {endpoint.path} HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\n{UPGRADE}\r\n"
        await loop.sock_sendall(sock, request.encode())
        await cls._until(sock, b'0{"sid"')
        await loop.sock_sendall(sock, masked(f'40{endpoint.namespace},{{"device":"bench-stalled"}}'.encode()))
        await cls._until(sock, f"40{endpoint.namespace},".encode())
        await loop.sock_sendall(sock, masked(f"42{endpoint.namespace},0{endpoint.join}".encode()))
        await cls._until(sock, f"43{endpoint.namespace},0".encode())
        return cls(sock)

    @staticmethod
    async def _until(sock: socket.socket, wanted: bytes) -> None:
        heard = b""
        async with asyncio.timeout(30):
            while wanted not in heard:
                part = await asyncio.get_running_loop().sock_recv(sock, 2048)
                if not part:
                    raise ConnectionResetError(f"closed instead of {wanted!r}")
                heard += part

    async def drain(self) -> tuple[int, bool]:
        """Read at last: how many bytes had been kept for it, and whether the server had cut it off."""
        kept, loop = 0, asyncio.get_running_loop()
        try:
            while True:
                async with asyncio.timeout(3):
                    part = await loop.sock_recv(self._sock, 1 << 20)
                if not part:
                    return kept, True
                kept += len(part)
        except TimeoutError:
            return kept, False
        except OSError:
            return kept, True

    def close(self) -> None:
        """Let it go."""
        self._sock.close()


async def slow(*, readers: int, stalled: int, megabytes: int, workers: int, pin: bool, tree: Path | None) -> Outcome:
    """Two halves: first without, then with the peers that do not read."""
    sizes = raise_limits()
    events = megabytes * 1_000_000 // EVENT_BYTES
    progress = Progress()
    pinning = Pinning.choose(workers=workers, wanted=pin)
    halves: list[Half] = []
    for name, count in (("without", 0), ("with", stalled)):
        async with scratch() as directory:
            server = TouchlineServer(directory, workers=workers, cpus=pinning.server, tree=tree)
            progress(f"{name} stalled peers: starting")
            async with started(server):
                await server.start_match()
                halves.append(await _half(server, directory, sizes, pinning, readers, count, events, progress))
    progress.done()
    parameters: dict[str, object] = {
        "readers": readers, "stalled": stalled, "events": events, "event_bytes": EVENT_BYTES, "workers": workers,
    }  # fmt: skip
    return _outcome(halves[0], halves[1], parameters, stalled, events, tree)


async def _half(
    server: TouchlineServer,
    directory: Path,
    sizes: Sizes,
    pinning: Pinning,
    readers: int,
    stalled: int,
    events: int,
    progress: Progress,
) -> Half:
    load = Load(
        server.match_endpoint, connections=readers, sizes=sizes, directory=directory, cpus=pinning.load, seconds=600
    )
    peers: list[Stalled] = []
    async with load:
        try:
            await load.joined(lambda n: progress(f"{n} readers"))
            peers = [await Stalled.join(server.match_endpoint) for _ in range(stalled)]
            await quiet(server.cpu)
            before = peak = server.rss()
            for first in range(1, events + 1, BATCH):
                began = time.monotonic()
                await server.score(range(first, min(first + BATCH, events + 1)), text_bytes=EVENT_BYTES)
                peak = max(peak, server.rss())
                progress(f"{stalled} stalled: event {first} of {events}")
                await asyncio.sleep(max(0.0, 1 / BATCHES_A_SECOND - (time.monotonic() - began)))
            await load.arrived(events, 60)
            await quiet(server.cpu)
            after = server.rss()
            arrivals = await load.report(events)
            drained = [await peer.drain() for peer in peers]
        finally:
            for peer in peers:
                peer.close()
    latencies = sorted(sample for samples in arrivals.latencies.values() for sample in samples)
    kept = [kept for kept, _ in drained]
    return Half(after - before, peak - before, latencies, arrivals, kept, sum(ended for _, ended in drained))


def _outcome(
    without: Half, including: Half, parameters: dict[str, object], stalled: int, events: int, tree: Path | None
) -> Outcome:
    def row(name: str, half: Half) -> tuple[object, ...]:
        return (
            name,
            half.growth / 1e6,
            half.peak / 1e6,
            _ms(half.latencies, 0.5),
            _ms(half.latencies, 0.99),
            half.arrivals.lost,
            half.arrivals.doubled,
        )

    sent = events * EVENT_BYTES
    rows = [row("without", without), row(f"with {stalled}", including)]
    head = ("peers that do not read", "RSS growth MB", "peak MB", "others p50 ms", "others p99 ms", "lost", "doubled")
    extra = including.peak - without.peak
    kept = max(including.kept, default=0)
    p99 = _ms(without.latencies, 0.99), _ms(including.latencies, 0.99)
    results = {
        "rss_extra_bytes": extra,
        "rss_extra_bytes_per_stalled": extra / stalled if stalled else 0,
        "sent_bytes_per_peer": sent,
        "kept_bytes_of_stalled": including.kept,
        "cut_off": including.cut,
        "p99_ms_without": p99[0],
        "p99_ms_with": p99[1],
        "lost": without.arrivals.lost + including.arrivals.lost,
        "doubled": without.arrivals.doubled + including.arrivals.doubled,
        "halves": [dict(zip(head, one, strict=True)) for one in rows],
    }
    text = table(head, rows) + (
        f"\n\n{sent / 1e6:.1f} MB were sent to each listener. The server cut off {including.cut} of {stalled} that did "
        f"not read; up to {kept / 1e6:.1f} MB came out for one when it read at last (kernel buffers and the server's). "
        f"Peak RSS with them was {extra / 1e6:+.1f} MB."
    )
    chart = bar_chart(
        "p99 of those who read", "ms",
        [("without stalled", p99[0] or 0.0), ("with stalled", p99[1] or 0.0)],
    )  # fmt: skip
    return Outcome(
        text, document("slow", parameters, results, tree), chart, good=not (results["lost"] or results["doubled"])
    )  # fmt: skip


def _ms(latencies: list[int], share: float) -> float | None:
    return quantile(latencies, share) / 1e6 if latencies else None
