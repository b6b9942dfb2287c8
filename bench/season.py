"""`touchline bench season`: many live matches at once, each with an event a second, for as long as is wished."""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bench.fanout import Outcome
from bench.kept import Kept, good
from bench.procs import CannotMeasure, Pinning, raise_limits, scratch
from bench.report import Progress, document, line_chart, table
from bench.rounds import quantile, started
from bench.server import TouchlineServer
from kit.contracts import Instant, encode_rest
from matches.contracts import Sport
from matches.feeds.files import FileMatch
from matches.simulator import simulate

SAMPLE_SECONDS = 2.0
WARM_SHARE = 0.3
"""Of the run: how long caches may fill before memory counts as flat or growing."""

FLAT = 0.03
"""Growth, as a share of what there is, that the rest of the run may show: what the allocator does by itself."""

LATE_SECONDS = 1.0
"""An event that is handed in later than this after its turn was late: the server did not keep pace."""

FOLLOWED_A_STREAM = 20
"""As many as one event stream may follow."""

CONNECTIONS = 50
"""Of the feed. A match's events go out one after another; those of others do not wait for them."""

SPORTS: tuple[Sport, ...] = ("basketball", "cricket", "football")
SEEDS = 12
"""Different matches of each sport; they are played again and again, under other names."""


@dataclass(slots=True)
class Tally:
    """What happened. Latencies and delays in seconds."""

    accepted: int = 0
    refused: int = 0
    begun: int = 0
    latencies: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    owed: int = 0
    heard: int = 0


async def season(
    *, matches: int, seconds: float, followed: int, workers: int, pin: bool, tree: Path | None
) -> Outcome:  # fmt: skip
    """Play; then say whether the server kept pace and its memory stayed."""
    raise_limits()
    progress, pinning = Progress(), Pinning.choose(workers=workers, wanted=pin)
    sources = [
        simulate(sport, seed=seed, start=Instant(1_767_268_800_000)) for seed in range(SEEDS) for sport in SPORTS
    ]
    tally = Tally()
    async with scratch() as directory:
        server = TouchlineServer(directory, workers=workers, cpus=pinning.server, tree=tree)
        progress("starting")
        async with started(server):
            await server.start_match()
            cpu = server.cpu()
            began = time.monotonic()
            await _play(server, sources, matches, min(followed, matches), seconds, tally, progress)
            cpu = (server.cpu() - cpu) / (time.monotonic() - began)
    progress.done()
    return _outcome(tally, cpu, seconds, matches, min(followed, matches), workers, tree)


async def _play(
    server: TouchlineServer,
    sources: Sequence[FileMatch],
    matches: int,
    followed: int,
    seconds: float,
    tally: Tally,
    progress: Progress,
) -> None:
    lines = [Line(server, sources, number, tally) for number in range(matches)]
    feeds = [await Kept.open(server.port, server.token) for _ in range(min(CONNECTIONS, matches))]
    listeners: list[Listener] = []
    tasks: list[asyncio.Task[None]] = []
    try:
        for number, line in enumerate(lines):
            await line.begin(feeds[number % len(feeds)])
            progress(f"{number + 1} of {matches} matches made")
        for start in range(0, followed, FOLLOWED_A_STREAM):
            group = lines[start : min(start + FOLLOWED_A_STREAM, followed)]
            for line in group:
                line.followed = True
            listeners.append(await Listener.follow(server.port, [line.match_id for line in group], tally))
        tasks = [asyncio.create_task(listener.hear()) for listener in listeners]
        began = time.monotonic()
        tasks.append(asyncio.create_task(_watch(server, began, tally, progress)))
        await asyncio.gather(
            *(_feed(kept, lines[number :: len(feeds)], began, seconds) for number, kept in enumerate(feeds))
        )
        deadline = time.monotonic() + 30
        while tally.heard < tally.owed and time.monotonic() < deadline:  # noqa: ASYNC110 - counted, not signalled
            await asyncio.sleep(0.1)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for kept in (*feeds, *(listener.kept for listener in listeners)):
            kept.close()


class Line:
    """One of the matches that are live at any moment; when it is over, the next one begins in its place."""

    def __init__(self, server: TouchlineServer, sources: Sequence[FileMatch], number: int, tally: Tally) -> None:
        self._server = server
        self._sources = sources
        self._number = number
        self._tally = tally
        self._round = 0
        self._ops: Iterator[bytes] = iter(())
        self.followed = False
        self.match_id = ""

    async def begin(self, kept: Kept) -> None:
        """Make a match. The first ones are entered somewhere in their midst, so that they do not all end together."""
        source = self._sources[(self._number + self._round) % len(self._sources)]
        name = f"{self._number}-{self._round}"
        new = msgspec.structs.replace(source.create, external_ids={"season": name})
        self.match_id = msgspec.json.decode(good(await kept.post("/api/matches", encode_rest(new)), 201).body)["id"]
        ops = [encode_rest(op) for op in source.ops]
        if self._round == 0:
            del ops[: random.Random(self._number).randrange(len(ops) * 3 // 4)]  # noqa: S311 - no secret
        self._ops, self._round = iter(ops), self._round + 1
        self._tally.begun += 1

    async def advance(self, kept: Kept) -> None:
        """Hand in the next event."""
        op = next(self._ops, None)
        while op is None:
            self.followed = False  # its listener stays with the one that is over
            await self.begin(kept)
            op = next(self._ops, None)
        began = time.monotonic()
        answer = await kept.post(f"/api/matches/{self.match_id}/events", op)
        self._tally.latencies.append(time.monotonic() - began)
        if answer.status == 200 and b'"result":"applied"' in answer.body:
            self._tally.accepted += 1
            self._tally.owed += self.followed
        else:
            self._tally.refused += 1
            if self._tally.refused == 1 or answer.status >= 500:
                raise CannotMeasure(f"The server answered {answer.status}: {answer.body[:300]!r}")


async def _feed(kept: Kept, lines: Sequence[Line], began: float, seconds: float) -> None:
    """Each match of this connection has its turn once a second, at a moment of its own."""
    if not lines:
        return
    for turn in itertools.count():
        due = began + turn / len(lines)
        if due - began >= seconds:
            return
        wait = due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        lines[0]._tally.delays.append(max(-wait, 0.0))  # noqa: SLF001 - all lines share it
        await lines[turn % len(lines)].advance(kept)


class Listener:
    """An event stream of some matches, which counts the events that come."""

    def __init__(self, kept: Kept, stream: asyncio.StreamReader, tally: Tally) -> None:
        self.kept = kept
        self._stream = stream
        self._tally = tally

    @classmethod
    async def follow(cls, port: int, match_ids: Sequence[str], tally: Tally) -> Listener:
        """Begin."""
        kept = await Kept.open(port)
        path = "/api/events?" + "&".join(f"match={one}" for one in match_ids)
        return cls(kept, await kept.follow(path), tally)

    async def hear(self) -> None:
        """Read until the end."""
        while line := await self._stream.readline():
            self._tally.heard += line.startswith(b"event: match:event")


async def _watch(server: TouchlineServer, began: float, tally: Tally, progress: Progress) -> None:
    while True:
        tally.memory.append((time.monotonic() - began, server.rss() / 1e6))
        progress(f"{tally.accepted:,} events, {tally.memory[-1][1]:,.0f} MB")
        await asyncio.sleep(SAMPLE_SECONDS)


def _growth(memory: Sequence[tuple[float, float]], seconds: float) -> tuple[float, float]:
    """MB a minute after the warm-up (least squares), and the growth of that part as a share of its mean."""
    settled = [one for one in memory if one[0] >= seconds * WARM_SHARE]
    if len(settled) < 3:
        return 0.0, 0.0
    slope = statistics.linear_regression([at for at, _ in settled], [value for _, value in settled]).slope
    span, mean = settled[-1][0] - settled[0][0], statistics.fmean(value for _, value in settled)
    return slope * 60, slope * span / mean


def _outcome(
    tally: Tally, cpu: float, seconds: float, matches: int, followed: int, workers: int, tree: Path | None
) -> Outcome:
    latencies, delays = sorted(tally.latencies), sorted(tally.delays)
    slope, share = _growth(tally.memory, seconds)
    late = sum(delay > LATE_SECONDS for delay in delays)
    figures = {
        "events": tally.accepted,
        "refused": tally.refused,
        "matches_begun": tally.begun,
        "events_per_second": tally.accepted / seconds,
        "post_p50_ms": quantile(latencies, 0.5) * 1e3,
        "post_p99_ms": quantile(latencies, 0.99) * 1e3,
        "late_share": late / len(delays),
        "behind_max_s": delays[-1],
        "server_cpus": cpu,
        "owed": tally.owed,
        "heard": tally.heard,
        "mb_first": tally.memory[0][1],
        "mb_last": tally.memory[-1][1],
        "mb_per_minute": slope,
        "growth_share": share,
        "memory_mb": tally.memory,
    }
    rows = [(
        figures["events"], figures["events_per_second"], figures["post_p50_ms"], figures["post_p99_ms"],
        figures["behind_max_s"], figures["server_cpus"], figures["mb_first"], figures["mb_last"], slope,
    )]  # fmt: skip
    head = (
        "events", "a second", "POST p50 ms", "POST p99 ms", "most behind s", "CPUs", "MB at first", "MB at last",
        "MB/minute",
    )  # fmt: skip
    flat, kept_pace, all_heard = share <= FLAT, late == 0 and not tally.refused, tally.heard == tally.owed
    lines = [
        table(head, rows), "",
        f"{matches} live matches, {tally.begun} in all, an event a second each, {seconds:,.0f} s, {workers} worker(s).",
        f"Kept pace: {'yes' if kept_pace else f'no, {late} events were late by over {LATE_SECONDS:.0f} s'}.",
        f"Memory: {'flat' if flat else 'growing'} after the first {WARM_SHARE:.0%} ({share:+.1%} of it in the rest).",
        f"{followed} of the first matches were followed: {tally.heard:,} of {tally.owed:,} events arrived.",
    ]  # fmt: skip
    parameters: dict[str, object] = {
        "matches": matches, "seconds": seconds, "followed": followed, "workers": workers,
    }  # fmt: skip
    chart = line_chart(
        f"Resident memory, {matches} live matches", "MB", tally.memory,
        f"Workers and Redis together; {figures['events_per_second']:,.0f} events a second.",
    )  # fmt: skip
    content = document("season", parameters, figures, tree)
    return Outcome("\n".join(lines), content, chart, good=flat and kept_pace and all_heard)
