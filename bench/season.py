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

from bench.databases import kind_of, new_database
from bench.fanout import Outcome
from bench.follower import Follower
from bench.kept import Kept, good
from bench.procs import CannotMeasure, Pinning, raise_limits, scratch
from bench.report import Progress, document, line_chart, table
from bench.rounds import quantile, started
from bench.server import TouchlineServer
from feeds.files.recording import FileMatch
from feeds.simulator import simulate
from kit.contracts import Instant, encode_rest
from scoring.model import Sport

SAMPLE_SECONDS = 2.0
WARM_SHARE = 0.3
"""Of the run: how long caches may fill before memory counts as flat or growing."""

FLAT = 0.03
"""Growth of the workers, as a share of what there is, that the rest may show: what the allocator does by itself."""

TELLING_SECONDS = 60.0
"""A shorter run says nothing about memory."""

LATE_SECONDS = 1.0
"""An event that is handed in later than this after its turn was late: the server did not keep pace."""

DRAIN_SECONDS = 30.0
"""How long listeners may take for what was handed in last."""

TOKEN_SECONDS = 600.0
"""A feed signs in anew after this time: an access token is good for 15 minutes."""

CONNECTIONS = 250
"""Of the feed, kept open. A match's events go out one after another; those of others do not wait for them."""

SPORTS: tuple[Sport, ...] = ("basketball", "cricket", "football")
SEEDS = 12
"""Different matches of each sport; they are played again and again, under other names."""


@dataclass(slots=True)
class Tally:
    """What happened. Latencies and delays in seconds; the others by seconds since the beginning."""

    accepted: int = 0
    refused: int = 0
    begun: int = 0
    elapsed: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    workers_mb: list[tuple[float, float]] = field(default_factory=list)
    redis_mb: list[tuple[float, float]] = field(default_factory=list)
    backlog: list[tuple[float, float]] = field(default_factory=list)
    owed: int = 0
    heard: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for. The first `followed` matches have `sockets` listeners each."""

    matches: int
    seconds: float
    followed: int
    sockets: int
    workers: int
    kind: str


async def season(
    *, matches: int, seconds: float, followed: int, sockets: int, database: str | None, workers: int, pin: bool,
    tree: Path | None,
) -> Outcome:  # fmt: skip
    """Play; then say whether the server kept pace and its memory stayed."""
    raise_limits()
    plan = Plan(matches, seconds, min(followed, matches), sockets, workers, kind_of(database))
    progress, pinning = Progress(), Pinning.choose(workers=workers, wanted=pin)
    tally = Tally()
    async with scratch() as directory, new_database(database, directory / "season.db") as url:
        server = TouchlineServer(
            directory, workers=workers, cpus=pinning.server, tree=tree, env={"TOUCHLINE_DATABASE_URL": url}
        )
        progress("starting")
        async with started(server):
            await server.start_match()
            await _play(server, plan, tally, progress)
    progress.done()
    return _outcome(plan, tally, tree)


async def _play(server: TouchlineServer, plan: Plan, tally: Tally, progress: Progress) -> None:
    sources = [
        simulate(sport, seed=seed, start=Instant(1_767_268_800_000)) for seed in range(SEEDS) for sport in SPORTS
    ]
    lines = [Line(sources, number, tally) for number in range(plan.matches)]
    feeds = [await Kept.open(server.port, server.token) for _ in range(min(CONNECTIONS, plan.matches))]
    followers: list[Follower] = []
    watcher: asyncio.Task[None] | None = None
    try:
        for number, line in enumerate(lines):
            if number < plan.followed:
                line.followers = [await Follower.connect(server.port, f"{number}-{one}") for one in range(plan.sockets)]
                followers += line.followers
            await line.begin(feeds[number % len(feeds)])
            progress(f"{number + 1} of {plan.matches} matches made")
        began, cpu = time.monotonic(), server.cpu()
        watcher = asyncio.create_task(_watch(server, plan, feeds, began, tally, progress))
        await asyncio.gather(
            *(
                _feed(kept, lines[number :: len(feeds)], began + number / plan.matches, plan.seconds, tally)
                for number, kept in enumerate(feeds)
            )
        )
        tally.elapsed = time.monotonic() - began
        tally.cpu = (server.cpu() - cpu) / tally.elapsed
        deadline = time.monotonic() + DRAIN_SECONDS
        while sum(one.heard for one in followers) < tally.owed and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        tally.heard, tally.wrong = sum(one.heard for one in followers), sum(one.wrong for one in followers)
    finally:
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        for kept in feeds:
            kept.close()
        await asyncio.gather(*(one.close() for one in followers))


class Line:
    """One of the matches that are live at any moment; when it is over, the next one begins in its place."""

    def __init__(self, sources: Sequence[FileMatch], number: int, tally: Tally) -> None:
        self._sources = sources
        self._number = number
        self._tally = tally
        self._round = 0
        self._ops: Iterator[bytes] = iter(())
        self.followers: list[Follower] = []
        self.match_id = ""

    async def begin(self, kept: Kept) -> None:
        """Make a match. The first ones are entered somewhere in their midst, so that they do not all end together."""
        source = self._sources[(self._number + self._round) % len(self._sources)]
        new = msgspec.structs.replace(source.create, external_ids={"season": f"{self._number}-{self._round}"})
        before = self.match_id
        self.match_id = msgspec.json.decode(good(await kept.post("/api/matches", encode_rest(new)), 201).body)["id"]
        ops = [encode_rest(op) for op in source.ops]
        if self._round == 0:
            del ops[: random.Random(self._number).randrange(len(ops) * 3 // 4)]  # noqa: S311 - no secret
        self._ops, self._round = iter(ops), self._round + 1
        self._tally.begun += 1
        await asyncio.gather(*(one.follow(self.match_id, before) for one in self.followers))

    async def advance(self, kept: Kept) -> None:
        """Hand in the next event."""
        op = next(self._ops, None)
        while op is None:
            await self.begin(kept)
            op = next(self._ops, None)
        began = time.monotonic()
        answer = await kept.post(f"/api/matches/{self.match_id}/events", op)
        self._tally.latencies.append(time.monotonic() - began)
        if answer.status == 200 and b'"result":"applied"' in answer.body:
            self._tally.accepted += 1
            self._tally.owed += len(self.followers)
        else:
            self._tally.refused += 1
            if self._tally.refused == 1 or answer.status >= 500:
                raise CannotMeasure(f"The server answered {answer.status}: {answer.body[:300]!r}")


async def _feed(kept: Kept, lines: Sequence[Line], began: float, seconds: float, tally: Tally) -> None:
    """Each match of this connection has its turn once a second; what has not had it in time is handed in no more."""
    for turn in itertools.count():
        due = began + turn / len(lines)
        if max(due, time.monotonic()) - began >= seconds:
            return
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        tally.delays.append(max(time.monotonic() - due, 0.0))
        await lines[turn % len(lines)].advance(kept)


async def _watch(
    server: TouchlineServer, plan: Plan, feeds: Sequence[Kept], began: float, tally: Tally, progress: Progress
) -> None:
    signed_in = began
    while True:
        at = time.monotonic() - began
        memory = server.rss_by_program()
        tally.workers_mb.append((at, memory.get("workers", 0) / 1e6))
        tally.redis_mb.append((at, memory.get("redis", 0) / 1e6))
        tally.backlog.append((at, max(min(at, plan.seconds) * plan.matches - len(tally.latencies), 0)))
        progress(
            f"{tally.accepted:,} events, {tally.backlog[-1][1]:,.0f} wait, {tally.workers_mb[-1][1]:,.0f} MB and "
            f"{tally.redis_mb[-1][1]:,.0f} MB of Redis"
        )
        if time.monotonic() - signed_in > TOKEN_SECONDS:
            token, signed_in = await server.feed_token(), time.monotonic()
            for kept in feeds:
                kept.sign_in(token)
        await asyncio.sleep(SAMPLE_SECONDS)


def _growth(memory: Sequence[tuple[float, float]], seconds: float) -> tuple[float, float]:
    """MB a minute after the warm-up (least squares), and the growth of that part as a share of its mean."""
    settled = [one for one in memory if one[0] >= seconds * WARM_SHARE]
    if len(settled) < 3:
        return 0.0, 0.0
    slope = statistics.linear_regression([at for at, _ in settled], [value for _, value in settled]).slope
    span, mean = settled[-1][0] - settled[0][0], statistics.fmean(value for _, value in settled)
    return slope * 60, slope * span / mean


def _outcome(plan: Plan, tally: Tally, tree: Path | None) -> Outcome:
    latencies, delays = sorted(tally.latencies), sorted(tally.delays)
    if not latencies:
        raise CannotMeasure("Nothing could be handed in.")
    slope, share = _growth(tally.workers_mb, plan.seconds)
    redis_slope, _ = _growth(tally.redis_mb, plan.seconds)
    due = round(plan.matches * plan.seconds)
    late = sum(delay > LATE_SECONDS for delay in delays) + max(due - len(delays), 0)
    flat = share <= FLAT if plan.seconds >= TELLING_SECONDS else None
    kept_pace = late == 0 and not tally.refused
    figures = {
        "events": tally.accepted,
        "events_due": due,
        "refused": tally.refused,
        "matches_begun": tally.begun,
        "events_per_second": tally.accepted / tally.elapsed,
        "post_p50_ms": quantile(latencies, 0.5) * 1e3,
        "post_p99_ms": quantile(latencies, 0.99) * 1e3,
        "late": late,
        "behind_p99_ms": quantile(delays, 0.99) * 1e3,
        "behind_max_ms": delays[-1] * 1e3,
        "backlog_max": max(count for _, count in tally.backlog),
        "server_cpus": tally.cpu,
        "owed": tally.owed,
        "heard": tally.heard,
        "wrong": tally.wrong,
        "kept_pace": kept_pace,
        "flat": flat,
        "workers_mb_first": tally.workers_mb[0][1],
        "workers_mb_last": tally.workers_mb[-1][1],
        "workers_mb_per_minute": slope,
        "growth_share": share,
        "redis_mb_first": tally.redis_mb[0][1],
        "redis_mb_last": tally.redis_mb[-1][1],
        "redis_mb_per_minute": redis_slope,
        "workers_mb": tally.workers_mb,
        "redis_mb": tally.redis_mb,
        "backlog": tally.backlog,
    }
    head = (
        "events", "a second", "POST p50 ms", "POST p99 ms", "most behind ms", "CPUs", "MB at first", "MB at last",
        "MB/minute",
    )  # fmt: skip
    rows = [(
        figures["events"], figures["events_per_second"], figures["post_p50_ms"], figures["post_p99_ms"],
        figures["behind_max_ms"], figures["server_cpus"], figures["workers_mb_first"], figures["workers_mb_last"],
        slope,
    )]  # fmt: skip
    pace = "yes" if kept_pace else f"no, {late:,} of {due:,} events were late by {LATE_SECONDS:.0f} s or more"
    memory = f"after the first {WARM_SHARE:.0%} ({share:+.1%} of it in the rest)"
    text = f"""{table(head, rows)}

{plan.matches:,} live matches ({tally.begun:,} in all), an event a second each, every one in a request of its own.
{tally.elapsed:,.0f} s, {plan.workers} worker(s), {plan.kind}. CPUs: workers and Redis. MB: workers alone.
Kept pace: {pace}; at most {figures["backlog_max"]:,.0f} waited.
Memory of the workers: {"too short a run to say" if flat is None else f"{'flat' if flat else 'growing'} {memory}"}.
Redis: {redis_slope:+,.1f} MB a minute, {figures["redis_mb_last"]:,.0f} MB at last. It keeps what was said for ten
minutes after a match's newest event, and for an hour that it was said.
{plan.followed:,} of the matches had {plan.sockets} socket(s) each: {tally.heard:,} of {tally.owed:,} events arrived,
{tally.wrong:,} out of order or twice."""
    parameters: dict[str, object] = {
        "matches": plan.matches, "seconds": plan.seconds, "followed": plan.followed, "sockets": plan.sockets,
        "database": plan.kind, "workers": plan.workers,
    }  # fmt: skip
    chart = line_chart(
        f"Resident memory, {plan.matches:,} live matches", "MB",
        {"workers": tally.workers_mb, "Redis": tally.redis_mb},
        f"{figures['events_per_second']:,.0f} events a second, each in a request of its own, {tally.elapsed:,.0f} s.",
    )  # fmt: skip
    good = tally.heard == tally.owed and not tally.wrong and not tally.refused
    return Outcome(text, document("season", parameters, figures, tree), chart, good=good)
