"""Sessions of cut connections: once, for two minutes, for whom they belong to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from kit.errors import Unavailable
from kit.session import Session
from realtime.offsets import Offset
from realtime.recovery import SECONDS, RecoverySessions, Resumable, new_pid
from tests.harness import eventually
from tests.unit.doubles import caller, guest
from tests.unit.realtime.nodes import ROOM, Node


def resumable(session: Session, **changes: Any) -> Resumable:
    values: dict[str, Any] = {
        "pid": new_pid(),
        "sid": session.connection_id,
        "member": session.member,
        "user_id": session.user_id,
        "token_family": session.token_family,
        "rooms": {ROOM: 3},
        "start": Offset("e", 1),
        "sent": Offset("e", 9),
    }
    return Resumable(**values | changes)


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[list[Node]]:
    nodes = [await Node(redis_url).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        await node.stop()


async def test_a_session_is_taken_once_on_any_worker(nodes: list[Node]) -> None:
    here, there = (RecoverySessions(node.backplane) for node in nodes)
    session = resumable(caller())
    await here.save(session)
    assert SECONDS - 5 < await nodes[0].store.client.ttl("rt:{rt}:session:" + session.pid) <= SECONDS
    taken = await asyncio.gather(*(sessions.take(session.pid) for sessions in (here, there) for _ in range(5)))
    assert [one for one in taken if one is not None] == [session]
    assert await here.take(session.pid) is None


@pytest.mark.parametrize("pid", [None, 5, "", "x", "x" * 65, {"pid": "x"}, ["x"], "\x00"])
async def test_whatever_else_a_client_sends_finds_nothing(nodes: list[Node], pid: object) -> None:
    assert await RecoverySessions(nodes[0].backplane).take(pid) is None


async def test_a_session_ends(nodes: list[Node]) -> None:
    sessions = RecoverySessions(nodes[0].backplane, seconds=0.03)
    session = resumable(guest())
    await sessions.save(session)

    async def gone() -> bool:
        return not await nodes[0].store.client.exists("rt:{rt}:session:" + session.pid)

    await eventually(gone)
    assert await sessions.take(session.pid) is None


async def test_a_redis_that_is_away_is_unavailable(own_redis: Any) -> None:
    node = await Node(own_redis.url).start()
    own_redis.stop()
    sessions = RecoverySessions(node.backplane)
    with pytest.raises(Unavailable):
        await sessions.save(resumable(guest()))
    with pytest.raises(Unavailable):
        await sessions.take(new_pid())
    await node.stop()


def test_only_the_same_person_with_the_same_sign_in_resumes() -> None:
    session = replace(caller(), token_family="f1")
    kept = resumable(session)
    assert kept.belongs_to(replace(session, connection_id="another"))
    assert not kept.belongs_to(replace(session, token_family="f2"))
    assert not kept.belongs_to(caller(user_id="user2"))
    assert not kept.belongs_to(guest())
    assert resumable(guest()).belongs_to(guest())
    assert not resumable(guest("c1")).belongs_to(guest("c2"))


@pytest.mark.parametrize(
    ("offset", "place"),
    [
        (None, Offset("e", 1)),
        ("e-4", Offset("e", 4)),
        ("e-0", Offset("e", 0)),
        ("e-9", Offset("e", 9)),
        ("e-10", None),
        ("f-4", None),
        ("", None),
        ("e", None),
        ("e-", None),
        ("e-04", None),
        ("e--1", None),
        ("e-4\n", None),
        ("e-" + "9" * 30, None),
        (4, None),
        ({"offset": 4}, None),
    ],
)
def test_where_a_client_is_resumed(offset: object, place: Offset | None) -> None:
    assert resumable(guest()).resume_from(offset) == place


def test_pids_are_long_and_differ() -> None:
    assert len({new_pid() for _ in range(1_000)}) == 1_000
    assert len(new_pid()) >= 24
