"""One run: a warm-up, the faults with a check after each, a rest in which all must agree, and what is left."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from redis.exceptions import RedisError

from bench.postgres import PostgresServer, find_postgres
from bench.procs import CannotMeasure
from bench.stress.crowd import Crowd
from bench.stress.faults import Faults, StillRunning
from bench.stress.findings import Findings
from bench.stress.gateway import Gateway, NotServing, Vital
from bench.stress.hearing import Sentries
from bench.stress.ledger import Ledger
from bench.stress.leftovers import Leftovers
from bench.stress.listener import Counts, Listener
from bench.stress.plan import Fault, Plan
from bench.stress.proxy import Proxy
from bench.stress.publishers import Publishers
from bench.stress.redis import PrivateRedis, RedisServer
from bench.stress.truth import Truth
from bench.stress.wire import Address
from bench.stress.world import World
from kit.session import Role

CHANNELS, MATCHES = 3, 1
_OWNER, _FEED = "owner@stress.example", "feed@stress.example"
_TALKERS = [f"talker-{number}@stress.example" for number in range(3)]
_SENTRIES = [f"sentry-{number}@stress.example" for number in range(8)]
_FOR_ALL = "/tmp" if os.getuid() == 0 else None  # noqa: S108 - the directory in it is a random one
_CALM_SECONDS = 2.0  # of ordinary life before the first fault, and before the warm-up ends


@dataclass(slots=True)
class Story:
    """What a run gave."""

    findings: Findings
    ledger: Ledger
    counts: Counts = field(default_factory=Counts)
    hearing: list[tuple[Fault, float]] = field(default_factory=list)
    owed: int = 0
    acknowledged: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    logged: dict[str, int] = field(default_factory=dict)
    before: dict[int, Vital] = field(default_factory=dict)
    after: dict[int, Vital] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a run is played on.

    Attributes:
        directory: For data and logs.
        workers: Processes that serve.
        database: `sqlite` or `postgresql`.
        redis: `own` (of the run) or `private` (of the gateway).
        tree: Another source tree, whose server it is.
    """

    directory: Path
    workers: int
    database: str
    redis: str
    tree: Path | None


async def play(plan: Plan, stage: Stage, *, progress: Callable[[str], None]) -> Story:
    """Carry a plan out; raises `CannotMeasure`."""
    findings = Findings()
    story = Story(findings, Ledger(findings))
    async with _stores(stage, progress) as stores, _served(stage, stores, progress) as (gateway, redis, to_gateway):
        publishers = Publishers(gateway, findings, seed=plan.seed, owner=_OWNER, feed=_FEED)
        try:
            await publishers.set_up(CHANNELS, MATCHES)
        except httpx.HTTPError as error:
            raise CannotMeasure(f"Nothing could be published to: {error!r}") from error
        leftovers = Leftovers(gateway, redis, findings)

        def crowd() -> Crowd:
            return Crowd(
                plan.listeners, seed=plan.seed, port=gateway.port, proxy_port=to_gateway.port,
                channels=publishers.channels, matches=publishers.matches, ledger=story.ledger, findings=findings,
                counts=story.counts,
            )  # fmt: skip

        progress("warming up")
        await _warm_up(crowd(), publishers)
        base = await leftovers.base()
        story.before = base.vitals
        people = crowd()
        world = World(gateway, redis, stores.to_redis, stores.postgres, stores.to_postgres, to_gateway, people.members)
        await _live(plan, story, world, people, publishers, progress)
        progress("all have gone: what is left")
        story.after = await leftovers.check(base)
        story.logged = gateway.errors()
    story.acknowledged = publishers.acknowledged.total
    story.failed = dict(publishers.acknowledged.failed)
    return story


@dataclass(frozen=True, slots=True)
class Stores:
    """Stores that the run has started, and the ways to them."""

    redis: RedisServer | None
    to_redis: Proxy | None
    postgres: PostgresServer | None
    to_postgres: Proxy | None
    database_url: str


@asynccontextmanager
async def _stores(stage: Stage, progress: Callable[[str], None]) -> AsyncIterator[Stores]:
    progress("starting the stores")
    async with AsyncExitStack() as stack:
        redis = to_redis = postgres = to_postgres = None
        url = ""
        if stage.redis == "own":
            redis = RedisServer(stage.directory)
            stack.push_async_callback(redis.stop)
            await redis.start()
            to_redis = await _proxy(stack, redis.port)
        if stage.database == "postgresql":
            postgres, url = await _postgres(stack)
            to_postgres = await _proxy(stack, postgres.port)
            url = url.replace(f":{postgres.port}/", f":{to_postgres.port}/")
        yield Stores(redis, to_redis, postgres, to_postgres, url)


async def _postgres(stack: AsyncExitStack) -> tuple[PostgresServer, str]:
    binaries = find_postgres()
    if binaries is None:
        raise CannotMeasure("No PostgreSQL here: install it (`apt install postgresql`).")
    # Not below the run's directory: as root the server is another user, who may not enter it.
    place = tempfile.TemporaryDirectory(prefix="tl-pg-", dir=_FOR_ALL, ignore_cleanup_errors=True)
    directory = Path(stack.enter_context(place))
    directory.chmod(0o755)  # noqa: ASYNC240 - nothing runs yet
    server = PostgresServer(directory, binaries, durable=True)
    await asyncio.to_thread(server.create)
    stack.callback(server.stop)
    return server, await asyncio.to_thread(server.new_database)


async def _proxy(stack: AsyncExitStack, target: int) -> Proxy:
    proxy = Proxy(target)
    stack.push_async_callback(proxy.stop)
    await proxy.start()
    return proxy


@asynccontextmanager
async def _served(
    stage: Stage, stores: Stores, progress: Callable[[str], None]
) -> AsyncIterator[tuple[Gateway, RedisServer | PrivateRedis, Proxy]]:
    progress("starting the gateway")
    async with AsyncExitStack() as stack:
        gateway = Gateway(
            stage.directory, workers=stage.workers, redis_port=stores.to_redis.port if stores.to_redis else 0,
            database_url=stores.database_url, database_port=stores.to_postgres.port if stores.to_postgres else 0,
            tree=stage.tree,
        )  # fmt: skip
        stack.push_async_callback(gateway.stop)
        accounts = {_OWNER: Role.OWNER, _FEED: Role.FEED} | dict.fromkeys([*_TALKERS, *_SENTRIES], Role.LISTENER)
        await gateway.start(accounts)
        redis: RedisServer | PrivateRedis
        if stores.redis is not None:
            redis = stores.redis
        else:
            redis = PrivateRedis(gateway.redis_directory)
            stack.push_async_callback(redis.stop)
        yield gateway, redis, await _proxy(stack, gateway.port)


async def _warm_up(people: Crowd, publishers: Publishers) -> None:
    """What is loaded once, and what pools keep, is not counted as left behind."""
    tasks = publishers.tasks()
    try:
        await people.come()
        await asyncio.sleep(_CALM_SECONDS)
    finally:
        await _cancel(tasks)
        await people.leave()


async def _live(
    plan: Plan, story: Story, world: World, people: Crowd, publishers: Publishers, progress: Callable[[str], None]
) -> None:
    rooms = {*(f"channel:{one}" for one in publishers.channels), *(f"match:{one}" for one in publishers.matches)}
    sentries = Sentries(
        world.gateway, publishers, accounts=_SENTRIES, wanted=rooms, ledger=story.ledger, findings=story.findings,
        counts=story.counts,
    )  # fmt: skip
    talkers = [await _talker(story, world.gateway, account, rooms) for account in _TALKERS]
    lives = [asyncio.create_task(talker.live(), name=talker.name) for talker in talkers]
    tasks = publishers.tasks()
    tasks += [asyncio.create_task(publishers.talk(talker.call, talker.name)) for talker in talkers]
    try:
        await people.come()
        people.act()
        await asyncio.sleep(_CALM_SECONDS)
        faults = Faults(world, plan.seed)
        await sentries.cover()
        for number, fault in enumerate(plan.faults):
            progress(
                f"fault {number + 1} of {len(plan.faults)}: {fault.kind}  ({story.findings.counts.total()} findings)"
            )
            await _break(story, faults, number, fault)
            seconds = await sentries.all_hear(f"fault {number + 1}, {fault.kind}")
            if seconds is None:
                break  # what follows would only tell the same
            story.hearing.append((fault, round(seconds, 2)))
        await people.rest()
        await _cancel(tasks)
        progress("quiet: all come back and agree")
        crowd = [*people.members, *talkers, *sentries.listeners]
        truth = Truth(world.gateway, publishers, story.findings, talkers[0])
        await truth.all_back(crowd)
        await truth.agree(crowd)
        await truth.stored()
        story.owed = story.ledger.check_gaps()
    finally:
        await _cancel(tasks)
        await people.leave()
        await sentries.stop()
        await _cancel(lives)


async def _break(story: Story, faults: Faults, number: int, fault: Fault) -> None:
    try:
        await faults.carry_out(number, fault)
    except StillRunning as error:
        story.findings.add("a worker that is told to stop stops", f"fault {number + 1}", str(error))
    except NotServing as error:
        story.findings.add("a server that was killed serves again", f"fault {number + 1}", str(error)[:400])
    except RedisError as error:
        raise CannotMeasure(f"{fault.kind} could not be carried out: {error}") from error


async def _talker(story: Story, gateway: Gateway, account: str, rooms: set[str]) -> Listener:
    name = account.partition("@")[0]
    return Listener(
        name, transport="websocket", address=Address(gateway.port), wanted=set(rooms),
        chance=random.Random(name), ledger=story.ledger, findings=story.findings, counts=story.counts,  # noqa: S311
        token=await gateway.token(account),
    )  # fmt: skip


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
