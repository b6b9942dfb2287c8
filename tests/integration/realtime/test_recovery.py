"""Sessions of cut connections: once, for two minutes, for whom they belong to, from wherever they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from kit.errors import Unavailable
from kit.session import Session
from realtime.offsets import Envelope, Offset
from realtime.recovery import ROOM, SECONDS, Recovery, Resumable
from tests.harness import eventually
from tests.support.doubles import caller, guest
from tests.support.nodes import Node

KEY = "rt:{rt}:session:"


def resumable(session: Session, **changes: Any) -> Resumable:
    values: dict[str, Any] = {
        "sid": session.connection_id,
        "member": session.member,
        "user_id": session.user_id,
        "token_family": session.token_family,
        "rooms": {"room": 3},
        "start": Offset("e", 1),
        "sent": Offset("e", 9),
    }
    return Resumable(**values | changes)


class Worker:
    """A worker as far as recovery goes: `open` are its connections, which end when they are cut."""

    def __init__(self, url: str, *, seconds: float = SECONDS, secret: str = "one secret for all") -> None:  # noqa: S107
        self.node = Node(url)
        self.open: dict[str, Resumable] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.recovery = Recovery(self.node.backplane, secret=secret, cut=self.cut, spawn=self.spawn, seconds=seconds)
        self.node.backplane.listen(self._hear, self._lost)

    async def _hear(self, envelope: Envelope) -> None:
        if envelope.room == ROOM:
            self.recovery.hear(envelope)

    async def _lost(self, rooms: frozenset[str]) -> None:
        pass

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def cut(self, sid: str) -> bool:
        session = self.open.pop(sid, None)
        if session is None:
            return False
        self.recovery.leaving(session)
        self.spawn(self.recovery.left(sid))
        return True

    async def start(self) -> Worker:
        await self.node.start(ROOM)
        return self

    async def stop(self) -> None:
        await asyncio.gather(*self.tasks)
        await self.node.stop()

    async def take(self, pid: object) -> Resumable | None:
        sid = self.recovery.claimed(pid)
        return await self.recovery.take(sid) if sid is not None else None

    async def lose(self, session: Resumable) -> str:
        """A connection is lost, and nothing of it goes on; returns its pid."""
        self.recovery.leaving(session)
        await self.recovery.left(session.sid)
        return self.recovery.pid(session.sid)


@pytest.fixture
async def workers(redis_url: str) -> AsyncIterator[list[Worker]]:
    workers = [await Worker(redis_url).start() for _ in range(3)]
    yield workers
    for worker in workers:
        await worker.stop()


async def test_a_session_is_taken_once_on_any_worker(workers: list[Worker]) -> None:
    session = resumable(caller())
    pid = await workers[0].lose(session)
    assert SECONDS - 5 < await workers[0].node.store.client.ttl(KEY + session.sid) <= SECONDS
    taken = await asyncio.gather(*(worker.take(pid) for worker in workers))
    assert [one for one in taken if one is not None] == [session]
    assert await workers[1].take(pid) is None


@pytest.mark.parametrize("holder", [0, 1, 2])
async def test_a_connection_that_is_still_held_is_given_up(workers: list[Worker], holder: int) -> None:
    session = resumable(caller())
    workers[holder].open[session.sid] = session
    pid = workers[0].recovery.pid(session.sid)
    assert await workers[0].take(pid) == session
    assert not workers[holder].open
    assert not await workers[0].node.store.client.exists(KEY + session.sid)
    assert await workers[1].take(pid) is None


async def test_a_connection_whose_end_is_not_over_yet_is_waited_for(workers: list[Worker]) -> None:
    here, there = workers[:2]
    for asker in (here, there):
        session = resumable(caller())
        here.recovery.leaving(session)
        asked = asyncio.create_task(asker.take(here.recovery.pid(session.sid)))
        if asker is there:
            await eventually(lambda: here.recovery._owed)
        else:
            await asyncio.sleep(0)
        await here.recovery.left(session.sid)
        assert await asked == session


@pytest.mark.parametrize("pid", [None, 5, "", "x", "x" * 65, {"pid": "x"}, ["x"], "\x00", "ü", ".", "c-user1.", "a.b"])
async def test_whatever_else_a_client_sends_finds_nothing(workers: list[Worker], pid: object) -> None:
    await workers[0].lose(resumable(caller()))
    assert await workers[0].take(pid) is None
    assert await workers[0].node.store.client.exists(KEY + "c-user1")


async def test_a_pid_is_told_from_its_id_by_who_knows_the_secret(redis_url: str) -> None:
    here, there = Worker(redis_url), Worker(redis_url)
    stranger = Worker(redis_url, secret="another secret")
    assert here.recovery.pid("c1") == there.recovery.pid("c1") != stranger.recovery.pid("c1")
    assert here.recovery.pid("c1") != here.recovery.pid("c2")
    for worker in (here, there, stranger):
        await worker.node.store.close()


async def test_a_session_ends(redis_url: str) -> None:
    worker = await Worker(redis_url, seconds=0.03).start()
    pid = await worker.lose(resumable(guest()))

    async def gone() -> bool:
        return not await worker.node.store.client.keys(KEY + "*")

    await eventually(gone)
    assert await worker.take(pid) is None
    await worker.stop()


async def test_a_redis_that_is_away_loses_no_session(own_redis: Any) -> None:
    here, there = await Worker(own_redis.url).start(), await Worker(own_redis.url).start()
    own_redis.stop()
    for worker in (here, there):
        await eventually(lambda worker=worker: not worker.node.backplane.connected.is_set())
    sessions = [resumable(guest(f"c{n}")) for n in range(3)]
    pids = [await here.lose(session) for session in sessions]
    with pytest.raises(Unavailable):
        await there.take(pids[0])
    assert await here.take(pids[0]) == sessions[0]
    own_redis.start()
    await here.node.connected()
    await there.node.connected()
    assert await there.take(pids[1]) == sessions[1]
    await here.recovery.save_unsaved()
    assert await here.node.store.client.exists(KEY + "c2")
    assert await there.take(pids[2]) == sessions[2]
    await here.stop()
    await there.stop()


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
