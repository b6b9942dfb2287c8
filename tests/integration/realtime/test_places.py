"""The place that a newcomer is told, while an event is on its way to those who were there before."""

from __future__ import annotations

import asyncio
from itertools import count

from msgspec import Raw

from kit.contracts import Policy
from kit.metrics import Metrics
from kit.redis import RedisStore
from kit.rooms import EVERYONE
from realtime.engine import Engine
from realtime.offsets import Envelope


async def test_a_newcomer_is_told_the_place_of_an_event_that_others_are_getting(redis_url: str) -> None:
    store, ids = RedisStore(redis_url), count()
    engine = Engine(redis=store, new_id=lambda: f"id{next(ids)}", metrics=Metrics(), secret="s" * 32)
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def deliver(_: Envelope) -> None:
        began.set()
        await goes_on.wait()

    async def lost(_: frozenset[str]) -> None:
        raise AssertionError

    engine.backplane.listen(deliver, lost)  # the next receiver takes its time
    async with engine.running():
        before = engine.offset
        offset = await engine.publish(EVERYONE, "said", Raw(b"{}"), Policy.RECOVERABLE)
        await began.wait()
        # The list of those who get it was made when its delivery began, so whoever comes now is not in it.
        assert engine.place == offset
        assert engine.offset == before  # nor has everybody had it
        goes_on.set()
    await store.close()
