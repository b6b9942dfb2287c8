"""Wrong passwords: who has to wait, and who never has to."""

from __future__ import annotations

import asyncio

import pytest

from identity import attempts
from identity.contracts import Tokens
from kit.db import Database
from kit.errors import RateLimited, Unauthorized
from kit.rate_limits import Rate
from kit.redis import RedisStore
from tests.support.doubles import ManualClock
from tests.support.identity_world import IdentityWorld


@pytest.fixture(autouse=True)
def nothing_is_earned_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: the limits are what they are, the waits a thousand times as long."""
    for name in ("PER_PAIR", "PER_PAIR_UNDER_PRESSURE", "PER_ACCOUNT", "PER_NETWORK"):
        rate: Rate = getattr(attempts, name)
        monkeypatch.setattr(attempts, name, Rate(rate.limit, per=rate.per * 1000))


@pytest.fixture
def world(database: Database, redis: RedisStore, clock: ManualClock) -> IdentityWorld:
    return IdentityWorld(database, redis, clock)


async def outcome(world: IdentityWorld, email: str, password: str, address: str) -> type:
    try:
        return type(await world.login(email, password, address=address))
    except (Unauthorized, RateLimited) as error:
        return type(error)


async def test_a_success_is_not_counted(world: IdentityWorld) -> None:
    await world.sign_up()
    for _ in range(12):
        await world.login()
    together = await asyncio.gather(*(world.login() for _ in range(12)))
    assert len({pair.refresh_token for pair in together}) == 12


@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
async def test_after_five_failures_the_same_place_waits(world: IdentityWorld, email: str) -> None:
    await world.sign_up()
    found = [await outcome(world, email, "wrong", "192.0.2.1") for _ in range(6)]
    assert found == [Unauthorized] * 5 + [RateLimited]
    with pytest.raises(RateLimited) as caught:
        await world.login(email)
    assert 0 < (caught.value.retry_after or 0) <= 60_000


async def test_the_right_person_elsewhere_does_not(world: IdentityWorld) -> None:
    await world.sign_up()
    for _ in range(8):
        await outcome(world, "ann@example.org", "wrong", "192.0.2.1")
    assert isinstance(await world.login(address="198.51.100.7"), Tokens)
    assert isinstance(await world.login(address="2001:db8:1::1"), Tokens)


async def test_of_many_at_once_no_more_are_tried_than_one_by_one(world: IdentityWorld) -> None:
    await world.sign_up()
    found = await asyncio.gather(*(outcome(world, "ann@example.org", f"no {n}", "192.0.2.1") for n in range(40)))
    assert found.count(Unauthorized) == 5
    assert found.count(RateLimited) == 35


async def test_a_guesser_with_many_addresses_is_slowed_and_locks_nobody_out(world: IdentityWorld) -> None:
    await world.sign_up()
    found = [await outcome(world, "ann@example.org", "wrong", f"198.51.100.{n // 5}") for n in range(60)]
    assert found[:50] == [Unauthorized] * 50
    assert found[50:] == [RateLimited] * 10
    # Now each address has one guess in a quarter of an hour; the right person needs one.
    assert isinstance(await world.login(address="203.0.113.9"), Tokens)
    assert isinstance(await world.login(address="203.0.113.9"), Tokens)
    assert await outcome(world, "ann@example.org", "wrong", "203.0.113.10") is RateLimited
    with pytest.raises(RateLimited) as caught:
        await world.login(address="203.0.113.10")
    assert (caught.value.retry_after or 0) > 600_000


async def test_one_place_that_tries_many_accounts_is_slowed(world: IdentityWorld) -> None:
    await world.sign_up()
    found = [await outcome(world, f"user{n}@example.org", "wrong", "192.0.2.1") for n in range(35)]
    assert found == [Unauthorized] * 30 + [RateLimited] * 5
    assert await outcome(world, "user34@example.org", "wrong", "192.0.2.1") is RateLimited
    assert isinstance(await world.login(), Tokens), "who knows the password gets in"
    assert await outcome(world, "user0@example.org", "wrong", "192.0.2.77") is Unauthorized


async def test_a_household_of_ipv6_is_one_place(world: IdentityWorld) -> None:
    await world.sign_up()
    found = [await outcome(world, "ann@example.org", "wrong", f"2001:db8:7:1::{n}") for n in range(7)]
    assert found == [Unauthorized] * 5 + [RateLimited] * 2
    assert await outcome(world, "ann@example.org", "wrong", "2001:db8:7:2::1") is Unauthorized
    assert [await outcome(world, "bob@example.org", "no", a) for a in ("192.0.2.5", "::ffff:192.0.2.5") * 3] == [
        Unauthorized
    ] * 5 + [RateLimited]
