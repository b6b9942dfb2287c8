"""One event to all who are in its room: once each, with the offset for those who keep it, and nobody who left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit.contracts import Policy
from kit.rooms import EVERYONE
from realtime.fanout import FanOut
from realtime.offsets import Envelope
from tests.support.local_connections import LocalConnections


def said(room: str, number: int, policy: Policy = Policy.RECOVERABLE) -> Envelope:
    return Envelope("e", number, policy, room, "said", b'{"n":%d}' % number)


async def test_everybody_in_the_room_gets_it_and_the_offset_who_keeps_it() -> None:
    local = LocalConnections()
    fan_out = FanOut(local.connections, local.metrics)
    plain, keeps, elsewhere = local.open("a"), local.open("a", recovery=True), local.open("b", recovery=True)
    for policy in Policy:
        await fan_out.deliver(said("a", 7, policy))
        offset = ["e-7"] if policy is Policy.RECOVERABLE else []
        assert local.sent(plain) == [["said", {"n": 7}]]
        assert local.sent(keeps) == [["said", {"n": 7}, *offset]]
        assert local.sent(elsewhere) == []
    await fan_out.deliver(said(EVERYONE, 8))
    assert [len(local.sent(one)) for one in (plain, keeps, elsewhere)] == [1, 1, 1]
    await fan_out.deliver(said("nobody", 9))


@pytest.mark.parametrize("policy", [Policy.RECOVERABLE, Policy.EPHEMERAL])
async def test_who_leaves_meanwhile_gets_nothing_and_who_comes_has_its_snapshot(
    monkeypatch: pytest.MonkeyPatch, policy: Policy
) -> None:
    monkeypatch.setattr("realtime.fanout._CHUNK", 1)
    local = LocalConnections()
    first, leaves, returns, last = (local.open("a") for _ in range(4))

    async def meanwhile() -> None:
        local.connections.rooms.leave(leaves, "a")
        local.connections.rooms.leave(returns, "a")
        local.connections.rooms.join(returns, "a", 5)

    await asyncio.gather(FanOut(local.connections, local.metrics).deliver(said("a", 5, policy)), meanwhile())
    event: list[Any] = [["said", {"n": 5}]]
    got = [local.sent(one) for one in (first, leaves, returns, last)]
    assert got == [event, [], [] if policy is Policy.RECOVERABLE else event, event]


def test_a_slow_peer_has_the_newest_latest_wins_value_alone() -> None:
    local = LocalConnections()
    fan_out = FanOut(local.connections, local.metrics)
    slow = local.open("a")

    async def deliver() -> None:
        for number in range(3):
            for policy in Policy:
                await fan_out.deliver(said("a", number, policy))

    asyncio.run(deliver())
    numbers = sorted(payload["n"] for _, payload in local.sent(slow))
    assert numbers == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2], "control, ephemeral and recoverable ones are all there"
