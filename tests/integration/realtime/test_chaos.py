"""Redis is cut off, frozen, killed and emptied under load: exactly once and in the one order, or told as lost."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest

from kit.contracts import Policy
from kit.errors import Unavailable
from realtime.history import Retention
from realtime.offsets import Offset
from tests.harness import eventually
from tests.support.nodes import Node

ROOMS = ["r0", "r1", "r2"]
Fault = Callable[[Any, list[Node]], Awaitable[None]]


async def cut(_: Any, nodes: list[Node]) -> None:
    await nodes[0].store.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


async def cut_everything(_: Any, nodes: list[Node]) -> None:
    await nodes[0].store.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await cut(_, nodes)


async def freeze(own_redis: Any, nodes: list[Node]) -> None:
    own_redis.process.send_signal(signal.SIGSTOP)  # as DEBUG SLEEP, without its length
    try:
        await eventually(lambda: not any(node.backplane.connected.is_set() for node in nodes))
    finally:
        own_redis.process.send_signal(signal.SIGCONT)


async def restart(own_redis: Any, _: list[Node]) -> None:
    await asyncio.to_thread(own_redis.stop)  # `kill -9`; its append-only file is whole
    await asyncio.to_thread(own_redis.start)


async def empty(_: Any, nodes: list[Node]) -> None:
    await nodes[0].store.client.flushall()


async def talk(node: Node, name: str, chance: random.Random, accepted: list[Offset], stop: asyncio.Event) -> None:
    """Publish as the outbox does: again with the same key until it is known to be out."""
    for n in count():
        if stop.is_set():
            return
        text, place = f"{name}:{n}", None
        while place is None:
            try:
                place = await node.publish(text, Policy.RECOVERABLE, once=text, room=chance.choice(ROOMS))
            except Unavailable:
                await asyncio.sleep(0.01)
        accepted.append(place)


def check_order(node: Node) -> None:
    assert len(set(node.texts)) == len(node.texts), "nothing arrives twice"
    for epoch in {one.epoch for one in node.heard}:
        numbers = [one.number for one in node.heard if one.epoch == epoch]
        assert numbers == sorted(set(numbers)), "one order"


def check_losses(node: Node, last: Offset) -> None:
    assert set(node.losses) == {frozenset(ROOMS)}
    epochs = list(dict.fromkeys(one.epoch for one in node.heard))
    assert len(epochs) == len(node.losses) + 1, "another epoch each time, and never without a word"
    after = [one.number for one in node.heard if one.epoch == last.epoch]
    assert after == list(range(after[0], last.number + 1)), "after a loss it is whole again"


@pytest.mark.parametrize("fault", [cut, cut_everything, freeze, restart, empty], ids=lambda fault: fault.__name__)
async def test_under_load(own_redis: Any, fault: Fault) -> None:
    chance = random.Random(fault.__name__)  # noqa: S311 - a seed, so that a failure comes again
    kept = Retention(entries=200_000)  # this load fills a usual stream within the jitter of a reconnect
    nodes = [await Node(own_redis.url, retention=kept).start(*ROOMS) for _ in range(2)]
    accepted: list[Offset] = []
    stop = asyncio.Event()
    talkers = [
        asyncio.create_task(talk(node, f"{n}{m}", chance, accepted, stop))
        for n, node in enumerate(nodes)
        for m in range(2)
    ]
    for turn in range(3 if fault is not freeze else 1):
        before = len(accepted)
        await eventually(lambda before=before: len(accepted) > before + 200)
        await fault(own_redis, nodes)
        if fault is empty:
            await eventually(lambda turn=turn: all(len(node.losses) > turn for node in nodes))
        for node in nodes:
            await node.connected()
    before = len(accepted)
    await eventually(lambda: len(accepted) > before + 100)
    stop.set()
    await asyncio.gather(*talkers)
    last = await nodes[0].publish("the end", room=ROOMS[0])
    for node in nodes:
        await eventually(lambda node=node: node.texts and node.texts[-1] == "the end")

    for node in nodes:
        check_order(node)
        if fault is empty:
            check_losses(node, last)
        else:
            assert node.losses == []
            assert [number for number, _, _ in node.recoverable] == list(range(1, last.number + 1)), (
                "nothing is missing"
            )
    if fault is not empty:
        assert nodes[0].heard == nodes[1].heard
    for node in nodes:
        await node.stop()
