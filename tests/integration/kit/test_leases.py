"""Which workers live, and who leads."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.exceptions import RedisError

from kit.leases import _LEADER, _NODES, LEASE_MS, Nodes
from kit.redis import RedisStore
from tests.harness import eventually


async def expire(redis: RedisStore, node: str) -> None:
    """As if the node had not renewed its lease in time."""
    await redis.client.zadd(_NODES, {node: 1})


async def test_exactly_one_leads_and_another_takes_over_when_it_resigns(redis: RedisStore) -> None:
    nodes = [Nodes(redis, f"n{i}") for i in range(5)]
    assert sum(await asyncio.gather(*(node.claim_leadership() for node in nodes))) == 1
    leader = next(node for node in nodes if node.leader)
    for _ in range(3):
        assert [await node.claim_leadership() for node in nodes] == [node is leader for node in nodes]
    for node in nodes:
        if node is not leader:
            await node.resign()  # not theirs to give up
    assert [await node.claim_leadership() for node in nodes] == [node is leader for node in nodes]
    await leader.resign()
    assert leader.leader is False
    others = [node for node in nodes if node is not leader]
    assert sum([await node.claim_leadership() for node in others]) == 1
    assert await leader.claim_leadership() is False


async def test_a_leader_that_died_is_followed_within_its_lease(redis: RedisStore) -> None:
    dead, heir = Nodes(redis, "dead"), Nodes(redis, "heir")
    assert await dead.claim_leadership()
    assert not await heir.claim_leadership()
    assert 0 < await redis.client.pttl(_LEADER) <= LEASE_MS
    await redis.client.pexpire(_LEADER, 1)
    await eventually(heir.claim_leadership)
    assert not await dead.claim_leadership()


async def test_who_cannot_reach_redis_does_not_lead(own_redis: Any) -> None:
    store = RedisStore(own_redis.url)
    node = Nodes(store, "one")
    assert await node.claim_leadership()
    own_redis.stop()
    with pytest.raises((RedisError, OSError)):
        await node.claim_leadership()
    assert node.leader is False, "meanwhile another may"
    await store.close()


async def test_the_dead_are_listed_until_they_are_forgotten(redis: RedisStore) -> None:
    one, two = Nodes(redis, "one"), Nodes(redis, "two")
    assert [await one.renew(), await two.renew(), await one.renew()] == [True, True, False]
    assert (await one.dead(), sorted(await one.living())) == ([], ["one", "two"])
    await expire(redis, "two")
    assert (await one.dead(), await one.living()) == (["two"], ["one"])
    assert await two.renew() is True, "it must know that others may have cleaned up after it"
    assert (await one.dead(), await two.renew()) == ([], False)
    await expire(redis, "two")
    await one.forget("two")
    assert (await one.dead(), await one.living()) == ([], ["one"])
    assert await two.renew() is True
