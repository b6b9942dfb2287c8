"""Connections that are closed from this side: who, told what, and whether they come back."""

from __future__ import annotations

import pytest

from realtime.backplane import CloseRequest
from realtime.backpressure import OPEN
from realtime.closing import SessionCloser
from tests.support.local_connections import LocalConnections


@pytest.mark.parametrize(
    ("target", "before", "closed"),
    [
        ("ann", None, {"phone", "laptop", "old phone"}),
        ("ann", 2, {"old phone"}),
        ("login 1", None, {"phone", "old phone"}),
        ("nobody", None, set()),
    ],
)
async def test_a_user_or_a_login_is_closed_wherever_it_is(target: str, before: int | None, closed: set[str]) -> None:
    local = LocalConnections()
    sessions = {
        "phone": {"user_id": "ann", "token_family": "login 1", "generation": 2},
        "laptop": {"user_id": "ann", "token_family": "login 2", "generation": 2},
        "old phone": {"user_id": "ann", "token_family": "login 1", "generation": 1},
        "of ben": {"user_id": "ben", "token_family": "login 3", "generation": 1},
        "guest": {},
    }
    opened = {name: local.open(**session) for name, session in sessions.items()}
    closer = SessionCloser(local.connections, local.server, local.metrics)
    closer.close_matching(CloseRequest(target, "banned", reconnect=False, before=before))
    told = {name: local.sent(one) for name, one in opened.items()}
    assert {name for name, events in told.items() if events} == closed
    assert all(told[name] == [["session:closing", {"code": "banned", "reconnect": False}]] for name in closed)
    assert all(one.socket.state == OPEN for one in opened.values()), "a DISCONNECT ends it, so that it stays away"
    await local.server.settled(5)
    assert set(local.connections.all()) == {one for name, one in opened.items() if name not in closed}


async def test_after_a_gap_the_members_come_back_and_cannot_go_on_where_they_were() -> None:
    local = LocalConnections()
    inside, both, outside = local.open("a"), local.open("a", "b"), local.open("c")
    closer = SessionCloser(local.connections, local.server, local.metrics)
    await closer.resync(frozenset({"a", "b"}))
    closing = [["session:closing", {"code": "resync", "reconnect": True}]]
    assert [local.sent(one) for one in (inside, both, outside)] == [closing, closing, []]
    assert [one.trusted for one in (inside, both, outside)] == [False, False, True]
    assert local.connections.all() == [outside]
    await local.server.settled(5)
