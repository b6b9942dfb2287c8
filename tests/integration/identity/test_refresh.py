"""Refresh tokens: a lost answer, two tabs at once, a copied token, and how long a login lives."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from identity.models import RefreshTokenRow
from identity.rotation import LOGIN_MS
from identity.tokens import ACCESS_SECONDS
from kit.db import Database
from kit.errors import RateLimited, Unauthorized
from kit.rate_limits import Rate
from kit.redis import RedisStore
from tests.support.doubles import ManualClock
from tests.support.identity_world import ADDRESS, IdentityWorld


@pytest.fixture
def world(database: Database, redis: RedisStore, clock: ManualClock) -> IdentityWorld:
    return IdentityWorld(database, redis, clock)


async def test_a_lost_answer_is_given_again(world: IdentityWorld, clock: ManualClock) -> None:
    await world.sign_up()
    first = await world.login()
    second = await world.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    clock.forward(30)
    again = await world.refresh(first.refresh_token)
    assert again.refresh_token == second.refresh_token
    assert (await world.who(again.access_token)).user_id == second.user.id
    third = await world.refresh(again.refresh_token)
    assert third.refresh_token not in {first.refresh_token, second.refresh_token}
    assert world.connections.all == []


async def test_later_it_is_theft_and_the_whole_login_ends(world: IdentityWorld, clock: ManualClock) -> None:
    user_id = await world.sign_up()
    first, elsewhere = await world.login(), await world.login()
    second = await world.refresh(first.refresh_token)
    third = await world.refresh(second.refresh_token)
    family = (await world.who(third.access_token)).token_family
    clock.forward(31)
    with pytest.raises(Unauthorized):
        await world.refresh(first.refresh_token)
    for dead in (first, second, third):
        assert await world.refused(dead.access_token) == "unauthorized"
        with pytest.raises(Unauthorized):
            await world.refresh(dead.refresh_token)
    assert world.connections.all == [(family, "signed_out", True, None)]
    assert (await world.who(elsewhere.access_token)).user_id == user_id
    await world.refresh(elsewhere.refresh_token)


async def test_tabs_and_nodes_at_once_get_the_same_successor(
    world: IdentityWorld, redis: RedisStore, clock: ManualClock
) -> None:
    await world.sign_up()
    tokens = await world.login()
    other = IdentityWorld(world.database, redis, clock)
    pairs = await asyncio.gather(*((world, other)[n % 2].refresh(tokens.refresh_token) for n in range(8)))
    assert len({pair.refresh_token for pair in pairs}) == 1
    for pair in pairs:
        await other.who(pair.access_token)
    await other.refresh(pairs[0].refresh_token)


async def test_servers_whose_clocks_differ_agree(world: IdentityWorld, redis: RedisStore, clock: ManualClock) -> None:
    await world.sign_up()
    ahead = IdentityWorld(world.database, redis, ManualClock(clock.ms + 30_000))
    tokens = await world.login()
    second = await ahead.refresh(tokens.refresh_token)
    assert (await world.refresh(tokens.refresh_token)).refresh_token == second.refresh_token
    await world.who(second.access_token)
    early = await world.login()
    ahead.clock.forward(ACCESS_SECONDS - 1)
    await ahead.who(early.access_token)


async def test_what_is_stored_gives_no_token_away(world: IdentityWorld, clock: ManualClock) -> None:
    await world.sign_up()
    tokens = await world.login()
    second = await world.refresh(tokens.refresh_token)

    async def stored() -> list[RefreshTokenRow]:
        async with world.database.read() as tx:
            return list(await tx.session.scalars(select(RefreshTokenRow).order_by(RefreshTokenRow.used_ms)))

    rows = await stored()
    assert [row.successor is not None for row in rows if row.used_ms is not None] == [True]
    for row in rows:
        for token in (tokens.refresh_token, second.refresh_token):
            assert token.encode() not in (row.successor or b"") + row.digest.encode()
    clock.forward(61)
    await world.refresh(second.refresh_token)
    assert [row.successor is not None for row in await stored() if row.used_ms is not None] == [False, True]


async def test_a_login_lives_ninety_days_however_much_it_is_used(world: IdentityWorld, clock: ManualClock) -> None:
    await world.sign_up()
    began, tokens = clock.ms, await world.login()
    while clock.ms - began < LOGIN_MS - 20 * 24 * 3600 * 1000:
        clock.forward(20 * 24 * 3600)
        tokens = await world.refresh(tokens.refresh_token)
    clock.ms = began + LOGIN_MS - 5_000
    tokens = await world.refresh(tokens.refresh_token)
    assert tokens.expires_in == 5
    clock.forward(5)
    with pytest.raises(Unauthorized):
        await world.refresh(tokens.refresh_token)
    await world.login()


async def test_bad_tokens_are_counted_by_network(world: IdentityWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("identity.service.BAD_TOKENS", Rate(9, per=9_000))  # nothing is earned back meanwhile
    await world.sign_up()
    tokens = await world.login()

    async def bad(kind: int) -> type | None:
        try:
            if kind == 0:
                await world.refresh("no such token, no such token")
            elif kind == 1:
                await world.service.logout("no such token, no such token", ADDRESS)
            else:
                await world.who("no.such.token")
        except (Unauthorized, RateLimited) as error:
            return type(error)
        return None

    assert [await bad(n % 3) for n in range(9)] == [Unauthorized, None, Unauthorized] * 3
    assert [await bad(n % 3) for n in range(3)] == [RateLimited] * 3
    await world.who(tokens.access_token)
    await world.refresh(tokens.refresh_token)
    with pytest.raises(Unauthorized):
        await world.service.refresh("from elsewhere, no such token", "198.51.100.7")


steps = st.lists(
    st.one_of(
        st.tuples(st.just("refresh"), st.integers(0, 12)),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 29, 30, 31, 600])),
        st.tuples(st.just("together"), st.integers(0, 12)),
    ),
    max_size=14,
)


@settings(max_examples=15)
@given(steps=steps)
async def test_whatever_is_tried_the_rules_hold(
    database: Database, redis: RedisStore, steps: list[tuple[str, int]]
) -> None:
    """Against a model: tokens in order, when each was used, whether the login lives."""
    clock = ManualClock()
    world = IdentityWorld(database, redis, clock)
    email = f"{clock.ms}-{id(steps)}-{len(steps)}@example.org"
    with contextlib.suppress(Exception):
        await world.sign_up(email)
    await redis.client.flushdb()
    tokens = [(await world.login(email)).refresh_token]
    used: dict[int, int] = {}
    alive = True
    for step, number in steps:
        if step == "wait":
            clock.forward(number)
            continue
        index = number % len(tokens)
        tries = 3 if step == "together" else 1
        answers = await asyncio.gather(*(world.refresh(tokens[index]) for _ in range(tries)), return_exceptions=True)
        first_use = index not in used
        good = alive and (first_use or clock.ms - used[index] <= 30_000)
        for answer in answers:
            if not good:
                assert isinstance(answer, Unauthorized)
                continue
            assert not isinstance(answer, BaseException), answer
            if first_use and index + 1 == len(tokens):
                tokens.append(answer.refresh_token)
            assert answer.refresh_token == tokens[index + 1]
        if good:
            used.setdefault(index, clock.ms)
        elif alive:
            alive = False
