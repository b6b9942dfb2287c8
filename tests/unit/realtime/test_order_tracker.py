"""The order of events against a model of Redis: whatever is lost on the way, each event comes once or a gap is told."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kit.contracts import Policy
from realtime.history import RoomReading
from realtime.offsets import Envelope, Offset
from realtime.order_tracker import CONTROL_ROOM, Deliver, Gap, Message, OrderTracker, Reopen, Replay

ROOMS = ["a", "b", "c"]
room_names = st.sampled_from(ROOMS)
any_room = st.sampled_from([*ROOMS, CONTROL_ROOM])


def event(epoch: str, number: int, room: str, policy: Policy = Policy.RECOVERABLE) -> Envelope:
    return Envelope(epoch, number, policy, room, "said", b"%d" % number)


class Redis:
    """One counter, and the rooms' streams, of which the oldest may be gone."""

    def __init__(self) -> None:
        self.epochs = 0
        self.version = 0
        self.wipe()

    def wipe(self) -> None:
        self.epochs += 1
        self.epoch = f"e{self.epochs}"
        self.number = 0
        self.published: dict[str, list[int]] = defaultdict(list)
        self.kept: dict[str, list[int]] = defaultdict(list)

    @property
    def place(self) -> Offset:
        return Offset(self.epoch, self.number)

    def publish(self, room: str) -> Message:
        self.number += 1
        previous = self.published[room][-1] if self.published[room] else 0
        self.published[room].append(self.number)
        self.kept[room].append(self.number)
        return Message(event(self.epoch, self.number, room), previous)

    def since(self, room: str, after: int) -> list[int]:
        return [number for number in self.published[room] if number > after]

    def read(self, names: list[str], after: Offset) -> RoomReading | None:
        """Of each room all that followed or nothing."""
        if after.epoch != self.epoch:
            return None
        wanted = {name: self.since(name, after.number) for name in names}
        missing = {name for name, numbers in wanted.items() if not set(numbers) <= set(self.kept[name])}
        events = [event(self.epoch, n, name) for name in wanted if name not in missing for n in wanted[name]]
        return RoomReading(self.number, sorted(events, key=lambda one: one.number), frozenset(missing))


class Worker(RuleBasedStateMachine):
    """A worker that subscribes, is cut off, loses messages and comes back, while others publish."""

    def __init__(self) -> None:
        super().__init__()
        self.redis = Redis()
        self.tracker = OrderTracker()
        self.connected = False
        self.subscribed: dict[str, int] = {CONTROL_ROOM: 0}  # with how often it was begun anew
        self.begun = 0
        self.on_the_way: deque[Any] = deque()
        self.delivered: list[tuple[str, int]] = []
        self.of_room: dict[str, list[int]] = defaultdict(list)
        self.base: dict[str, Offset] = {}  # up to where each room owes nothing

    # The shell around the tracker, as `backplane` is

    def carry_out(self, decision: Deliver | Gap | Reopen | None, until: Offset | None = None) -> None:
        if isinstance(decision, Deliver):
            self.deliver(decision.envelope)
            self.tracker.delivered(decision.envelope)
        elif isinstance(decision, Gap):
            assert until is not None, "only connecting finds gaps"
            for room in decision.rooms:
                self.base[room], self.of_room[room] = until, []
        elif isinstance(decision, Reopen):
            self.cut_off()

    def deliver(self, envelope: Envelope) -> None:
        assert envelope.room in self.tracker.heard
        if envelope.recoverable:
            self.delivered.append((envelope.epoch, envelope.number))
            if envelope.number > self.base[envelope.room].number:  # else it was given up with a gap
                self.of_room[envelope.room].append(envelope.number)
            assert self.tracker.current == Offset(envelope.epoch, envelope.number)

    def cut_off(self) -> None:
        self.connected = False
        self.on_the_way.clear()

    def hear(self, begun: dict[str, int], place: Offset) -> None:
        there = [room for room, time in begun.items() if self.subscribed.get(room) == time]
        for room in self.tracker.hear(there, place.number):
            self.base[room], self.of_room[room] = place, []

    # What happens

    @rule(room=any_room)
    def publish(self, room: str) -> None:
        message = self.redis.publish(room)
        if self.connected and room in self.subscribed:
            self.on_the_way.append(message)

    @rule(room=room_names, policy=st.sampled_from([Policy.LATEST_WINS, Policy.EPHEMERAL]))
    def publish_what_is_not_numbered(self, room: str, policy: Policy) -> None:
        latest = policy is Policy.LATEST_WINS
        self.redis.version += latest
        envelope = event(self.redis.epoch, self.redis.number, room, policy)
        if self.connected and room in self.subscribed:
            self.on_the_way.append(Message(envelope, version=self.redis.version if latest else 0))

    @rule()
    def publish_from_here(self) -> None:
        self.publish("a")
        self.tracker.published(self.redis.place)

    @rule(room=room_names)
    def subscribe(self, room: str) -> None:
        if room not in self.subscribed:
            self.begun += 1
            self.subscribed[room] = self.begun
            if self.connected:
                self.on_the_way.append(({room: self.begun}, self.redis.place))

    @rule(room=room_names)
    def unsubscribe(self, room: str) -> None:
        if self.subscribed.pop(room, None) is not None:
            self.tracker.forget(room)

    @precondition(lambda self: self.connected)
    @rule()
    def mark(self) -> None:
        self.on_the_way.append(({}, self.redis.place))

    @rule(how_many=st.integers(1, 10))
    def take(self, how_many: int) -> None:
        for _ in range(how_many):
            if not self.on_the_way:
                return
            item = self.on_the_way.popleft()
            if not isinstance(item, Message):
                begun, place = item
                reopen = self.tracker.pass_mark(place)
                self.carry_out(reopen)
                if reopen is None:
                    self.hear(begun, place)
            elif item.envelope.room in self.tracker.heard:
                self.carry_out(self.tracker.receive(item))

    @precondition(lambda self: self.on_the_way)
    @rule(where=st.integers(0, 20))
    def a_message_is_lost(self, where: int) -> None:
        messages = [n for n, item in enumerate(self.on_the_way) if isinstance(item, Message)]
        if messages:
            del self.on_the_way[messages[where % len(messages)]]
            self.cut_off()  # it can only be lost together with its connection

    @precondition(lambda self: self.on_the_way)
    @rule()
    def a_message_comes_twice(self) -> None:
        if isinstance(self.on_the_way[0], Message):
            self.on_the_way.appendleft(self.on_the_way[0])

    @rule(
        meanwhile=st.lists(any_room, max_size=6),
        forgotten=st.dictionaries(any_room, st.integers(0, 2), max_size=2),
    )
    def the_connection_is_lost(self, meanwhile: list[str], forgotten: dict[str, int]) -> None:
        """While this worker is away, others publish, and streams are cut to their newest events."""
        self.cut_off()
        for room in meanwhile:
            self.publish(room)
        for room, left in forgotten.items():
            kept = self.redis.kept[room]
            self.redis.kept[room] = kept[len(kept) - min(left, len(kept)) :]

    @rule()
    def redis_loses_everything(self) -> None:
        self.redis.wipe()

    @precondition(lambda self: not self.connected)
    @rule(meanwhile=st.lists(any_room, max_size=3))
    def connect(self, meanwhile: list[str]) -> None:
        """Others publish between the mark and the reading: what they say is read, and comes as a message."""
        claim = self.tracker.claim
        self.tracker.confirm(claim, self.redis.epoch, "run")
        place, heard = self.redis.place, list(self.tracker.heard)
        self.connected = True
        before = self.tracker.current
        decision = self.tracker.connect(self.redis.epoch, "run", place)
        if isinstance(decision, Replay):
            assert decision.after == before
            for room in meanwhile:
                self.publish(room)
            reading = self.redis.read(list(decision.rooms), decision.after)
            really = reading.missing if reading is not None else frozenset()
            for then in self.tracker.catch_up(reading, place):
                if isinstance(then, Gap):
                    assert then.rooms == (set(heard) if CONTROL_ROOM in really else really) - {CONTROL_ROOM}
                self.carry_out(then, place)
        else:
            assert decision is None or decision == Gap(frozenset(heard) - {CONTROL_ROOM})
            self.carry_out(decision, place)
        self.tracker.arrive(place)
        for missed in self.tracker.newest(self.redis.version, []):
            self.carry_out(missed)
        self.hear(dict(self.subscribed), place)
        if self.tracker.heard_since(CONTROL_ROOM) is not None:
            self.base[CONTROL_ROOM], self.of_room[CONTROL_ROOM] = place, []

    # What is true at any moment

    @invariant()
    def nothing_twice_and_all_in_order(self) -> None:
        for epoch in {epoch for epoch, _ in self.delivered}:
            numbers = [number for of, number in self.delivered if of == epoch]
            assert numbers == sorted(set(numbers))

    @invariant()
    def what_is_heard_comes_whole(self) -> None:
        here = self.tracker.current
        if here.epoch != self.redis.epoch:
            return  # it will learn of that
        for room in self.tracker.heard:
            owed = [n for n in self.redis.since(room, self.base[room].number) if n <= here.number]
            assert self.base[room].epoch == here.epoch
            assert self.of_room[room] == owed, room

    @invariant()
    def memory_tells_all_or_nothing(self) -> None:
        here = self.tracker.current
        if here.epoch != self.redis.epoch:
            return
        for room in self.tracker.heard:
            since = self.tracker.heard_since(room)
            assert since is not None
            told = self.tracker.recent.since({room: since}, 0)
            if told is not None:
                assert [one.number for one in told] == [n for n in self.redis.since(room, since) if n <= here.number]

    @invariant()
    def places_only_move_on(self) -> None:
        tracker = self.tracker
        assert tracker.seen.epoch == tracker.current.epoch
        assert tracker.seen.number <= tracker.current.number <= tracker.highest


TestWorker = Worker.TestCase
TestWorker.settings = settings(max_examples=60, stateful_step_count=40)


def test_a_room_is_heard_from_its_first_mark_on() -> None:
    tracker = listening(5)
    assert tracker.hear(["a", "b", "b"], 9) == ["b"]
    assert (tracker.heard_since("a"), tracker.heard_since("b"), tracker.heard_since("c")) == (5, 9, None)
    tracker.forget("a")
    assert tracker.heard_since("a") is None
    tracker.connect("f", "r", Offset("f", 2))
    assert tracker.heard_since("b") == 2, "its numbers of the epoch before mean nothing any more"


def listening(number: int = 5) -> OrderTracker:
    tracker = OrderTracker()
    assert tracker.connect("e", "r", Offset("e", number)) is None
    tracker.arrive(Offset("e", number))
    assert tracker.newest(7, []) == []
    tracker.hear(["a", CONTROL_ROOM], number)
    return tracker


@pytest.mark.parametrize(
    ("message", "decision"),
    [
        (Message(event("e", 6, "a"), 0), Deliver(event("e", 6, "a"))),
        (Message(event("e", 8, "a"), 5), Deliver(event("e", 8, "a"))),  # 6 and 7 were of other rooms
        (Message(event("e", 5, "a"), 0), None),
        (Message(event("e", 8, "a"), 7), Reopen("a gap")),
        (Message(event("f", 6, "a"), 0), Reopen("another epoch")),
        (Message(event("f", 6, "a", Policy.LATEST_WINS), 0, 8), Reopen("another epoch")),
        (Message(event("e", 3, "a", Policy.LATEST_WINS), 0, 8), Deliver(event("e", 3, "a", Policy.LATEST_WINS))),
        (Message(event("e", 5, "a", Policy.EPHEMERAL)), Deliver(event("e", 5, "a", Policy.EPHEMERAL))),
    ],
)
def test_a_message(message: Message, decision: object) -> None:
    assert listening().receive(message) == decision


@pytest.mark.parametrize("place", [Offset("e", 4), Offset("f", 9)])
def test_a_mark_that_contradicts_what_was_heard(place: Offset) -> None:
    tracker = listening()
    assert tracker.pass_mark(Offset("e", 6)) is None
    assert tracker.pass_mark(place) == Reopen("Redis lost data")
    assert tracker.current == Offset("e", 6)


def test_a_counter_that_changes_while_connecting() -> None:
    tracker = listening()
    assert tracker.connect("e", "r2", Offset("f", 9)) == Reopen("the epoch changed meanwhile")
    assert tracker.connect("e", "r2", Offset("e", 4)) == Reopen("the counter went back meanwhile")
    assert tracker.run == "r", "the other process has not shown what it has"
    assert tracker.connect("e", "r2", Offset("e", 9)) == Replay(["a", CONTROL_ROOM], Offset("e", 5))
    assert tracker.run == "r2"
    assert list(tracker.catch_up(None, Offset("e", 9))) == [Reopen("the epoch changed meanwhile")]


def test_what_a_worker_has_seen_is_claimed() -> None:
    tracker = OrderTracker()
    assert tracker.claim == ("", "", 0)
    tracker = listening()
    tracker.receive(Message(event("e", 8, "a"), 0))
    assert tracker.claim == ("r", "e", 8)
    tracker.published(Offset("e", 11))
    tracker.published(Offset("other", 99))
    assert tracker.claim == ("r", "e", 11)
    tracker.confirm(tracker.claim, "e", "r2")
    assert tracker.run == "r2"
    tracker.confirm(tracker.claim, "f", "r3")
    assert tracker.run == "r2"


def test_the_place_moves_with_each_event_that_is_caught_up() -> None:
    tracker = listening()
    events = [event("e", number, "a") for number in (6, 7, 12)]
    tracker.connect("e", "r", Offset("e", 9))
    seen = []
    for decision in tracker.catch_up(RoomReading(12, events, frozenset()), Offset("e", 9)):
        assert isinstance(decision, Deliver)
        seen.append((tracker.current.number, tracker.seen.number))
        tracker.delivered(decision.envelope)
    assert seen == [(6, 5), (7, 6)], "what is above the mark comes as a message"


def test_a_gap_among_the_workers_themselves_is_one_in_every_room() -> None:
    tracker = listening()
    tracker.connect("e", "r", Offset("e", 7))
    decisions = list(tracker.catch_up(RoomReading(7, [event("e", 6, "a")], frozenset({CONTROL_ROOM})), Offset("e", 7)))
    assert decisions == [Gap(frozenset({"a"})), Deliver(event("e", 6, "a"))], "what can be told is told all the same"
    assert tracker.recent.since({"a": 6}, 0) is None


def test_only_values_that_were_missed_are_told_again() -> None:
    tracker = listening()
    values = [(number, event("e", 3, f"room {number}", Policy.LATEST_WINS)) for number in (6, 7, 8, 9)]
    assert tracker.newest(9, values) == [Deliver(value) for _, value in values[2:]]
    tracker.receive(Message(values[3][1], 0, 10))
    assert tracker.newest(10, values) == []
    tracker.connect("f", "r", Offset("f", 0))
    assert tracker.newest(10, values) == [Deliver(value) for _, value in values], "of another epoch nothing is known"
