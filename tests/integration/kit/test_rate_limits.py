"""Rates: never more than promised, and waiting as long as told is always enough."""

from __future__ import annotations

import asyncio
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.rate_limits import Rate, RateLimiter, Scope
from kit.redis import RedisStore
from tests.support.doubles import caller, guest

rates = st.builds(
    Rate,
    st.integers(1, 50),
    per=st.sampled_from([0.5, 1.0, 10.0, 60.0, 3600.0]),
    scope=st.just(Scope.CONNECTION),
)


class Hands:
    """A clock of seconds that is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@given(rates, st.lists(st.floats(0, 1), min_size=1, max_size=200))
async def test_a_connection_never_gets_more_than_its_rate(rate: Rate, pauses: list[float]) -> None:
    hands = Hands()
    rate_limiter = RateLimiter(RedisStore("unix:///nowhere").client, monotonic=hands)
    allowed = []
    for pause in pauses:
        hands.now += pause * rate.per / 4
        wait = await rate_limiter.hit("event", rate, caller())
        if wait is None:
            allowed.append(hands.now)
        else:
            assert 0 < wait <= rate.per
    assert sum(at == allowed[0] for at in allowed) <= rate.limit
    for first, start in enumerate(allowed):
        for last in range(first, len(allowed)):
            # A burst of `limit`, and one more for each interval that has passed since.
            earned = (allowed[last] - start) / rate.interval + 1e-6
            assert last - first + 1 <= rate.limit + earned


@given(rates, st.integers(0, 100))
async def test_a_connection_that_waits_as_told_is_let_through(rate: Rate, extra: int) -> None:
    hands = Hands()
    rate_limiter = RateLimiter(RedisStore("unix:///nowhere").client, monotonic=hands)
    for _ in range(rate.limit):
        assert await rate_limiter.hit("event", rate, caller()) is None, "the whole burst is free"
    for _ in range(extra % 5 + 1):
        wait = await rate_limiter.hit("event", rate, caller())
        assert wait is not None
        hands.now += wait
        assert await rate_limiter.hit("event", rate, caller()) is None


async def test_connections_are_counted_apart_and_forgotten() -> None:
    rate_limiter = RateLimiter(RedisStore("unix:///nowhere").client, monotonic=Hands())
    rate = Rate(1, per=60, scope=Scope.CONNECTION)
    one, other = caller(connection_id="one"), caller(connection_id="other")
    assert await rate_limiter.hit("a", rate, one) is None
    assert await rate_limiter.hit("b", rate, one) is None
    assert await rate_limiter.hit("a", rate, other) is None
    assert await rate_limiter.hit("a", rate, one) is not None
    rate_limiter.forget("one")
    assert await rate_limiter.hit("a", rate, one) is None
    rate_limiter.forget("one")
    rate_limiter.forget("other")
    assert rate_limiter._local == {}


async def test_a_person_is_counted_over_all_workers_and_leaves_nothing_behind(redis: RedisStore) -> None:
    workers = [RateLimiter(redis.client), RateLimiter(redis.client)]
    rate = Rate(6, per=3600)
    tabs = [caller(connection_id=f"tab{n}") for n in range(4)]
    answers = await asyncio.gather(*(workers[n % 2].hit("chat", rate, tabs[n % 4]) for n in range(20)))
    assert answers.count(None) == 6
    assert all(0 < wait <= 3600 for wait in answers if wait is not None)
    assert await workers[0].hit("chat", rate, guest()) is None
    assert await workers[0].hit("other", rate, tabs[0]) is None
    for key in await redis.client.keys("rate:*"):
        assert 0 < await redis.client.pttl(key) <= 3600 * 1000 + 1000


async def test_in_redis_the_wait_that_is_told_is_enough_and_not_too_long(redis: RedisStore) -> None:
    rate_limiter = RateLimiter(redis.client)
    rate = Rate(3, per=0.3)
    started = time.monotonic()
    allowed = 0
    while time.monotonic() - started < 0.75:
        wait = await rate_limiter.hit_key("steady", rate)
        if wait is None:
            allowed += 1
            continue
        assert wait <= rate.interval
        await asyncio.sleep(wait)
        assert await rate_limiter.hit_key("steady", rate) is None, "what was told was too short"
        allowed += 1
    took = time.monotonic() - started
    assert 3 < allowed <= rate.limit + took / rate.interval + 1


@settings(max_examples=15)
@given(burst=st.integers(1, 40), per=st.sampled_from([1000.0, 7000.0, 86400.0]))
async def test_in_redis_a_burst_is_exactly_the_limit(redis_url: str, burst: int, per: float) -> None:
    store = RedisStore(redis_url)  # of this example's event loop
    await store.client.flushall()
    rate_limiter = RateLimiter(store.client)
    answers = [await rate_limiter.hit_key("burst", Rate(burst, per=per)) for _ in range(burst + 3)]
    await store.close()
    assert answers[:burst] == [None] * burst
    assert all(answer is not None for answer in answers[burst:])
