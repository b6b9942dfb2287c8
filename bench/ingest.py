"""`touchline bench ingest`: a real match taken in, its snapshot read, and the memory of matches that are followed."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import insert, select

from bench.databases import kind_of, new_database
from bench.fanout import Outcome
from bench.kept import Answer, Kept, good
from bench.material import material
from bench.procs import CannotMeasure, Pinning, raise_limits, scratch
from bench.report import Progress, bar_chart, document, table
from bench.rounds import quiet, started
from bench.server import TouchlineServer
from feeds.files.recording import FileMatch
from kit.clock import SystemClock
from kit.contracts import Policy, encode_event, encode_rest
from kit.db import Database
from kit.ids import UlidGenerator
from kit.outbox import OutboxRelay
from kit.redis import EmbeddedRedis, RedisStore
from kit.shared_cache import SharedCache
from kit.snapshots import Snapshots
from matches.service import MatchService
from matches.storage.models import MatchEventRow, MatchRow
from realtime.backplane import Backplane
from realtime.offsets import Envelope
from scoring.model import MAX_BATCH, CreateMatch
from touchline.logging import configure
from touchline.migrate import migrate

STATIC = Path(__file__).parent / "peers" / "static_answer.py"
EVENTS_A_MATCH = 20
"""Of each of the many matches: what a snapshot of an early minute holds."""

MATCHES_A_READER = 20
"""As many as one event stream may follow."""


class Rates(NamedTuple):
    """Events a second through the service, and as bare inserts of the rows that it wrote, in as many transactions."""

    ingest: float
    bare: float


class Alone:
    """A match's service without a gateway around it; all it does, it does to the database and Redis."""

    offset = "0"

    async def join(self, _connection_id: str, _room: str) -> str:
        """Nobody joins."""
        return self.offset

    async def leave(self, _connection_id: str, _room: str) -> None:
        """Nobody leaves."""


class Outlet:
    """The real backplane, of which nobody hears anything."""

    def __init__(self, store: RedisStore) -> None:
        self._backplane = Backplane(store, new_epoch=lambda: "bench", deliver=self._nobody, lost=self._nothing)

    async def _nobody(self, _envelope: Envelope) -> None:
        """No room is subscribed to."""

    async def _nothing(self, _rooms: frozenset[str]) -> None:
        """Nothing can be lost."""

    async def publish(
        self,
        room: str,
        event: str,
        payload: msgspec.Struct | msgspec.Raw,
        policy: Policy,
        *,
        once: str | None = None,
    ) -> str:
        """As the engine publishes."""
        body = bytes(payload) if isinstance(payload, msgspec.Raw) else encode_event(payload)
        return str(await self._backplane.publish(room, event, body, policy, once))

    async def close(self) -> None:
        """Let go of Redis."""
        await self._backplane.stop()


async def ingest(
    *, file: Path | None, events: int, database: str | None, repeat: int, readers: int, seconds: float, matches: int,
    workers: int, pin: bool, tree: Path | None,
) -> Outcome:  # fmt: skip
    """Measure all of it."""
    raise_limits()
    configure(level="warning", json=False)  # the match's service runs in this process, and standard output is ours
    match, progress, kind = material(file, events), Progress(), kind_of(database)
    async with scratch() as directory, new_database(database, directory / "gateway.db") as url:
        found: dict[str, list[Rates]] = {}
        for name, size in (("batch", MAX_BATCH), ("one by one", 1)):
            for n in range(repeat):
                progress(f"taking the match in, {name}, {n + 1} of {repeat}")
                found.setdefault(name, []).append(await _rates(directory / f"{name}{n}", database, match, size))
        server = TouchlineServer(
            directory / "gateway", workers=workers, cpus=Pinning.choose(workers=workers, wanted=pin).server, tree=tree,
            program=(str(STATIC),),
            env={"BENCH_ANSWER": str(directory / "answer.json"), "TOUCHLINE_DATABASE_URL": url},
        )  # fmt: skip
        async with started(server):
            await server.start_match()
            progress("reading snapshots")
            read = await _snapshots(server, match, directory, readers, seconds, repeat)
            progress("following many matches")
            memory = await _memory(server, match, matches, followed=True)
            unfollowed = await _memory(server, match, matches, followed=False)
    progress.done()
    ways = {
        name: {
            "events_per_second": statistics.median(one.ingest for one in rates),
            "bare_inserts_per_second": statistics.median(one.bare for one in rates),
            "of_bare": statistics.median(one.ingest / one.bare for one in rates),
        }
        for name, rates in found.items()
    }
    reads = {
        "bytes": read.size,
        "snapshots_per_second": statistics.median(read.snapshots),
        "unchanged_per_second": statistics.median(read.unchanged),
        "static_per_second": statistics.median(read.static),
        "of_static": _of(read.snapshots, read.static),
        "unchanged_of_static": _of(read.unchanged, read.static),
    }
    rows = [
        *((f"events, {name}", way["events_per_second"], way["bare_inserts_per_second"], way["of_bare"])
          for name, way in ways.items()),
        ("snapshots", reads["snapshots_per_second"], reads["static_per_second"], reads["of_static"]),
        ("match, unchanged", reads["unchanged_per_second"], reads["static_per_second"],
         reads["unchanged_of_static"]),
    ]  # fmt: skip
    lines = [
        table(("what", "a second", "bare", "share of bare"), rows),
        "",
        f"One match of {len(match.ops):,} events, {kind}. Bare: its rows inserted in as many transactions;",
        f"the snapshot's {read.size:,} bytes as a static answer of the same server. Unchanged: 304 for the match.",
        f"A match that is followed keeps {memory / 1e3:,.1f} KB in {workers} worker(s) and Redis,",
        f"one that nobody follows {unfollowed / 1e3:,.1f} KB ({matches} matches each).",
    ]
    parameters: dict[str, object] = {
        "file": file.name if file else None, "database": kind, "events": len(match.ops), "repeat": repeat,
        "readers": readers, "seconds": seconds, "matches": matches, "workers": workers,
    }  # fmt: skip
    results = {
        "ingest": ways,
        "reads": reads,
        "rss_per_match_bytes": memory,
        "rss_per_unfollowed_match_bytes": unfollowed,
    }
    chart = bar_chart(
        f"A match of {len(match.ops):,} events, taken in ({kind})", "events/s",
        [bar for name, way in ways.items() for bar in (
            (f"touchline, {name}", way["events_per_second"]), (f"bare, {name}", way["bare_inserts_per_second"]))],
    )  # fmt: skip
    return Outcome("\n".join(lines), document("ingest", parameters, results, tree), chart, good=True)


def _of(ours: Sequence[float], others: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(ours, others, strict=True))


async def _rates(directory: Path, kind: str | None, match: FileMatch, size: int) -> Rates:
    """One match taken in, `size` events at a time, into a new database; then its rows into another."""
    clock = SystemClock()
    await asyncio.to_thread(directory.mkdir)
    async with AsyncExitStack() as stack:
        redis = EmbeddedRedis(directory / "redis")
        await redis.start()
        stack.push_async_callback(redis.stop)
        store = RedisStore(redis.url)
        stack.push_async_callback(store.close)
        outlet = Outlet(store)
        stack.push_async_callback(outlet.close)
        database = await _database(kind, directory / "ours.db", stack)
        database.publish_through(OutboxRelay(database, outlet, clock))
        service = MatchService(
            database=database,
            rooms=Alone(),
            snapshots=Snapshots(lambda _: None),
            shared_cache=SharedCache(store),
            clock=clock,
            ids=UlidGenerator(clock),
        )
        made, _ = await service.create(match.create)
        began = time.perf_counter()
        for start in range(0, len(match.ops), size):
            await service.ingest(made.id, match.ops[start : start + size])
        took = time.perf_counter() - began
        async with database.read() as tx:
            row = dict((await tx.session.execute(select(MatchRow.__table__))).mappings().one())
            rows = [dict(one) for one in (await tx.session.execute(select(MatchEventRow.__table__))).mappings()]
        if len(rows) != len(match.ops):
            raise CannotMeasure(f"{len(rows)} of {len(match.ops)} events were stored.")
        bare = await _database(kind, directory / "bare.db", stack)
        async with bare.transaction() as tx:
            await tx.session.execute(insert(MatchRow.__table__), [row])
        began = time.perf_counter()
        for start in range(0, len(rows), size):
            async with bare.transaction() as tx:
                await tx.session.execute(insert(MatchEventRow.__table__), rows[start : start + size])
        return Rates(len(rows) / took, len(rows) / (time.perf_counter() - began))


async def _database(kind: str | None, file: Path, stack: AsyncExitStack) -> Database:
    url, clock = await stack.enter_async_context(new_database(kind, file)), SystemClock()
    await migrate(url)
    database = Database(url, clock=clock, ids=UlidGenerator(clock))
    stack.push_async_callback(database.close)
    return database


class Reads(NamedTuple):
    """Answers a second, by round: the snapshot, that the match is unchanged, and the snapshot as a static answer."""

    snapshots: list[float]
    unchanged: list[float]
    static: list[float]
    size: int


async def _snapshots(
    server: TouchlineServer, match: FileMatch, directory: Path, readers: int, seconds: float, repeat: int
) -> Reads:
    """Read in turns, so that what else the machine does falls on all."""
    match_id = await _add(server, match.create)
    for start in range(0, len(match.ops), MAX_BATCH):
        await server.post(f"/api/matches/{match_id}/events", encode_rest(match.ops[start : start + MAX_BATCH]))
    path = f"/api/matches/{match_id}/snapshot"
    await quiet(server.cpu)  # the offset in it moves until all its events have been handed out
    answer = await _once(server.port, path)
    polled = f"/api/matches/{match_id}"  # a snapshot's tag moves with its offset, whatever happens on the gateway
    tag = (await _once(server.port, polled)).tag
    await asyncio.to_thread((directory / "answer.json").write_bytes, answer.body)
    if (await _once(server.port, "/")).body != answer.body:
        raise CannotMeasure("The static answer is not the snapshot.")
    found = Reads([], [], [], len(answer.body))
    for _ in range(repeat):
        found.snapshots.append(await _read(server.port, path, readers, seconds))
        found.unchanged.append(await _read(server.port, polled, readers, seconds, tag))
        found.static.append(await _read(server.port, "/", readers, seconds))
    return found


async def _add(server: TouchlineServer, new: CreateMatch) -> str:
    return str((await server.post("/api/matches", encode_rest(new)))["id"])


async def _once(port: int, path: str) -> Answer:
    kept = await Kept.open(port)
    try:
        return good(await kept.get(path))
    finally:
        kept.close()


async def _read(port: int, path: str, readers: int, seconds: float, tag: str = "") -> float:
    """Answers a second to some readers at once; with a `tag`, that nothing has changed."""
    opened = [await Kept.open(port) for _ in range(readers)]
    until = time.perf_counter() + seconds

    async def ask(reader: Kept) -> int:
        answers = 0
        while time.perf_counter() < until:
            good(await reader.get(path, tag), 304 if tag else 200)
            answers += 1
        return answers

    began = time.perf_counter()
    try:
        return sum(await asyncio.gather(*map(ask, opened))) / (time.perf_counter() - began)
    finally:
        for reader in opened:
            reader.close()


async def _memory(server: TouchlineServer, match: FileMatch, count: int, *, followed: bool) -> float:
    """Resident bytes of all server processes for each match that has events, and perhaps is followed and was read."""
    ops = encode_rest(match.ops[:EVENTS_A_MATCH])

    async def follow(some: Sequence[str]) -> Kept:
        kept = await Kept.open(server.port)
        await kept.follow("/api/events?" + "&".join(f"match={one}" for one in some))
        return kept

    async def live(numbers: range) -> list[Kept]:
        ids = [await _add(server, _copy(match.create, f"{followed} {number}")) for number in numbers]
        groups = [ids[start : start + MATCHES_A_READER] for start in range(0, len(ids), MATCHES_A_READER)]
        opened = [await follow(some) for some in groups] if followed else []
        for one in ids:
            await server.post(f"/api/matches/{one}/events", ops)
            if followed:
                await _once(server.port, f"/api/matches/{one}/snapshot")
        await quiet(server.cpu)
        return opened

    opened = await live(range(MATCHES_A_READER))  # what is loaded once is not counted as theirs
    before = server.rss()
    opened += await live(range(MATCHES_A_READER, MATCHES_A_READER + count))
    after = server.rss()
    for kept in opened:
        kept.close()
    return (after - before) / count


def _copy(new: CreateMatch, name: str) -> CreateMatch:
    return msgspec.structs.replace(new, external_ids={"bench": name})
