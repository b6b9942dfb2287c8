"""Rooms against a model: a set of pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime.room_members import RoomMembers

STEPS = st.lists(st.tuples(st.sampled_from(["join", "leave", "leave_all"]), st.integers(0, 4), st.sampled_from("abc")))


@given(STEPS)
def test_rooms_do_what_a_set_of_pairs_does(steps: list[tuple[str, int, str]]) -> None:
    rooms: RoomMembers[int] = RoomMembers()
    model: dict[tuple[int, str], int] = {}
    for number, (step, member, room) in enumerate(steps):
        if step == "join":
            rooms.join(member, room, number)
            model.setdefault((member, room), number)
        elif step == "leave":
            assert rooms.leave(member, room) == (model.pop((member, room), None) is not None)
        else:
            left = {there for who, there in model if who == member}
            assert set(rooms.leave_all(member)) == left
            for there in left:
                del model[member, there]
    for room in "abc":
        assert set(rooms.members(room)) == {who for who, there in model if there == room}
    for member in range(5):
        assert dict(rooms.of(member)) == {there: number for (who, there), number in model.items() if who == member}
    assert len(rooms) == len({there for _, there in model})
