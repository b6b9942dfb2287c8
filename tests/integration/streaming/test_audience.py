"""Pages, their sound and separate players, over two workers with a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.leases import Nodes
from kit.redis import RedisStore
from streaming.stream_manager import StreamManager

FAN, OTHER = "u:fan", "g:device"
PLAYER = "p:vlc"


@pytest.fixture
async def managers(redis: RedisStore) -> AsyncIterator[list[StreamManager]]:
    made = [StreamManager(redis, Nodes(redis, name)) for name in ("n1", "n2")]
    yield made
    for manager in made:
        await manager._presence.close()


async def numbers(managers: list[StreamManager], channel: str = "ch") -> tuple[int, int, int]:
    """Listeners, people and watchers, which both workers see alike."""
    for manager in managers:
        await manager.flush()
    first, second = [await manager.listeners(channel) for manager in managers]
    assert first == second
    return first.count, first.unique, first.watching


async def test_a_page_with_sound_is_one_listener_and_without_it_one_watcher(managers: list[StreamManager]) -> None:
    one, two = managers
    one.join("ch", "c1", FAN)
    assert await numbers(managers) == (0, 0, 1)
    await two.audience.sound_began("ch", "s1", PLAYER, "c1")  # its sound comes from another worker
    assert await numbers(managers) == (1, 1, 0)
    two.audience.sound_ended("ch", "s1")
    assert await numbers(managers) == (0, 0, 1)
    one.leave("ch", "c1")
    assert await numbers(managers) == (0, 0, 0)


async def test_two_pages_of_a_person_and_a_separate_player(managers: list[StreamManager]) -> None:
    one, two = managers
    for number in (1, 2):
        one.join("ch", f"c{number}", FAN)
        await two.audience.sound_began("ch", f"s{number}", PLAYER, f"c{number}")
    await one.flush()
    await two.audience.look_for_pages()
    await one.audience.sound_began("ch", "vlc", PLAYER, None)
    assert await numbers(managers) == (3, 2, 0)


async def test_a_page_that_asks_for_its_sound_twice_is_one_listener(managers: list[StreamManager]) -> None:
    one, two = managers
    one.join("ch", "c1", FAN)
    await one.flush()
    await one.audience.sound_began("ch", "s1", PLAYER, "c1")
    await two.audience.sound_began("ch", "s2", PLAYER, "c1")
    assert await numbers(managers) == (1, 1, 0)
    one.audience.sound_ended("ch", "s1")
    assert await numbers(managers) == (1, 1, 0)


async def test_an_invented_page_is_a_player_like_others(managers: list[StreamManager]) -> None:
    one, two = managers
    one.join("other", "c1", FAN)  # a page, of another channel
    for number, session in enumerate(("nobody", "c1", "c1")):
        await two.audience.sound_began("ch", f"s{number}", PLAYER, session)
    assert await numbers(managers) == (3, 1, 0)
    assert await numbers(managers, "other") == (0, 0, 1)


async def test_a_page_that_joins_after_its_sound_began_is_found(managers: list[StreamManager]) -> None:
    """It played on while its visitor went from the list of stations to this one's page."""
    one, two = managers
    await two.audience.sound_began("ch", "s1", PLAYER, "c1")
    assert await numbers(managers) == (1, 1, 0)
    one.join("ch", "c1", FAN)
    await one.flush()
    await two.audience.look_for_pages()
    assert await numbers(managers) == (1, 1, 0)
    assert two.audience._unknown == {}


async def test_a_page_that_leaves_while_its_sound_goes_on_is_still_a_listener(managers: list[StreamManager]) -> None:
    one, two = managers
    one.join("ch", "c1", FAN)
    await one.flush()
    await two.audience.sound_began("ch", "s1", PLAYER, "c1")
    one.leave("ch", "c1")
    assert await numbers(managers) == (1, 1, 0)
    one.join("ch", "c1", FAN)
    assert await numbers(managers) == (1, 1, 0)


async def test_the_sound_of_a_killed_worker_leaves_the_page_watching(managers: list[StreamManager]) -> None:
    one, two = managers
    await one.keep_alive()
    one.join("ch", "c1", FAN)
    await one.flush()
    await two.audience.sound_began("ch", "s1", PLAYER, "c1")
    assert await numbers(managers) == (1, 1, 0)
    await two._presence.close()
    await one._clean_up("n2")
    assert await numbers([one, one]) == (0, 0, 1)


async def test_each_change_is_told_once(managers: list[StreamManager]) -> None:
    one, two = managers

    async def told() -> list[tuple[int, int, int]]:
        for manager in managers:
            await manager.flush()
        changed = await two.changed_listeners()
        for count in changed:
            await two.published_listeners(count)
        return [(count.count, count.unique, count.watching) for count in changed]

    one.join("ch", "c1", FAN)
    assert await told() == [(0, 0, 1)]
    await two.audience.sound_began("ch", "s1", PLAYER, "c1")
    assert await told() == [(1, 1, 0)]
    assert await told() == []
    one.leave("ch", "c1")
    two.audience.sound_ended("ch", "s1")
    assert await told() == [(0, 0, 0)]


STEPS = st.lists(st.tuples(st.sampled_from(["join", "leave", "play", "stop"]), st.integers(0, 3)), max_size=25)


@settings(max_examples=25)
@given(STEPS)
def test_whatever_comes_and_goes_the_numbers_are_those_of_who_is_there(
    redis_url: str, steps: list[tuple[str, int]]
) -> None:
    """Pages 0 to 2 are of one person and page 3 of another; a page's sound is at the other worker than the page."""

    async def story() -> None:
        store = RedisStore(redis_url)
        await store.client.flushdb()
        managers = [StreamManager(store, Nodes(store, name)) for name in ("n1", "n2")]
        joined: set[int] = set()
        playing: set[int] = set()
        known: set[int] = set()  # players whose page has been found
        try:
            for step, page in steps:
                here, there = managers[page % 2], managers[1 - page % 2]
                person = OTHER if page == 3 else FAN
                if step == "join":
                    here.join("ch", f"c{page}", person)
                    joined.add(page)
                elif step == "leave":
                    here.leave("ch", f"c{page}")
                    joined.discard(page)
                elif step == "play" and page not in playing:
                    await there.audience.sound_began("ch", f"s{page}", PLAYER, f"c{page}")
                    playing.add(page)
                elif step == "stop":
                    there.audience.sound_ended("ch", f"s{page}")
                    playing.discard(page)
                    known.discard(page)
                for manager in managers:
                    await manager.flush()
                for manager in managers:
                    await manager.audience.look_for_pages()
                known |= joined & playing
                people = {OTHER if one == 3 else FAN for one in known} | ({PLAYER} if playing - known else set())
                assert await numbers(managers) == (len(playing), len(people), len(joined - playing))
        finally:
            for manager in managers:
                await manager._presence.close()
            await store.close()

    asyncio.run(story())
