"""One run: a warm-up, the faults with a check after each, a rest in which all must agree, and what is left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from redis.exceptions import RedisError

from bench.procs import CannotMeasure
from bench.stress.crowd import Crowd
from bench.stress.faults import Faults, StillRunning, World
from bench.stress.findings import Findings
from bench.stress.gateway import Gateway, Vital
from bench.stress.hearing import Sentries
from bench.stress.ledger import Ledger
from bench.stress.leftovers import Leftovers
from bench.stress.listener import Counts, Listener
from bench.stress.plan import Fault, Plan
from bench.stress.proxy import Proxy
from bench.stress.publishers import Publishers
from bench.stress.redis import RedisServer
from bench.stress.truth import Truth
from bench.stress.wire import Address
from kit.session import Role

CHANNELS, MATCHES = 3, 1
_OWNER, _FEED = "owner@stress.example", "feed@stress.example"
_TALKERS = [f"talker-{number}@stress.example" for number in range(3)]
_SENTRIES = [f"sentry-{number}@stress.example" for number in range(8)]
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


async def play(
    plan: Plan, directory: Path, *, workers: int, tree: Path | None, progress: Callable[[str], None]
) -> Story:
    """Carry a plan out; raises `CannotMeasure`."""
    findings = Findings()
    story = Story(findings, Ledger(findings))
    async with _world(directory, workers=workers, tree=tree, progress=progress) as (
        gateway,
        redis,
        to_redis,
        to_gateway,
    ):
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
        world = World(gateway, redis, to_redis, to_gateway, people.members)
        await _live(plan, story, world, people, publishers, progress)
        progress("all have gone: what is left")
        story.after = await leftovers.check(base)
        story.logged = gateway.errors()
    story.acknowledged = publishers.acknowledged.total
    story.failed = dict(publishers.acknowledged.failed)
    return story


@asynccontextmanager
async def _world(
    directory: Path, *, workers: int, tree: Path | None, progress: Callable[[str], None]
) -> AsyncIterator[tuple[Gateway, RedisServer, Proxy, Proxy]]:
    progress("starting Redis and the gateway")
    redis = RedisServer(directory)
    to_redis = Proxy(redis.port)
    gateway: Gateway | None = None
    to_gateway: Proxy | None = None
    try:
        await redis.start()
        await to_redis.start()
        gateway = Gateway(directory, workers=workers, redis_port=to_redis.port, tree=tree)
        accounts = {_OWNER: Role.OWNER, _FEED: Role.FEED} | dict.fromkeys([*_TALKERS, *_SENTRIES], Role.LISTENER)
        await gateway.start(accounts)
        to_gateway = Proxy(gateway.port)
        await to_gateway.start()
        yield gateway, redis, to_redis, to_gateway
    finally:
        if to_gateway is not None:
            await to_gateway.stop()
        if gateway is not None:
            await gateway.stop()
        await to_redis.stop()
        await redis.stop()


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
