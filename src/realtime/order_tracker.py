"""The order in which one worker hands out events, as a pure state machine: messages in, decisions out.

`backplane` feeds it what it hears from Redis and carries its decisions out; `missed_events` asks it how far it is. It
knows neither Redis nor the clock, and nothing in it waits. What it promises, for every room that is heard: each
recoverable event once, in the order of the one counter, without a gap; or a `Gap` that names the room. Why this is
right: docs/adr/0009.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec

from realtime.history import RecentEvents, RoomReading
from realtime.offsets import Envelope, Offset

CONTROL_ROOM = "~control"
"""The room of what workers tell each other, heard by all. A gap in it may hide a request to close somebody."""


class Message(msgspec.Struct, frozen=True):
    """One message of a room, as it was published.

    Attributes:
        envelope: The event.
        previous: The number of the room's recoverable event before it; 0 where that is not known any more.
        version: Of a latest-wins value; 0 for other events.
    """

    envelope: Envelope
    previous: int = 0
    version: int = 0


class Claim(NamedTuple):
    """What a worker has seen of Redis: which process of it, which epoch, and the highest number."""

    run: str
    epoch: str
    highest: int


class Deliver(msgspec.Struct, frozen=True):
    """Hand this event out, then say `delivered`."""

    envelope: Envelope


class Gap(msgspec.Struct, frozen=True):
    """These rooms have missed events that cannot be replayed."""

    rooms: frozenset[str]


class Reopen(msgspec.Struct, frozen=True):
    """What this worker has heard does not fit together: connect anew, which finds out what is missing."""

    reason: str


class Replay(msgspec.Struct, frozen=True):
    """Read what these rooms have said after a place, and give it to `catch_up`."""

    rooms: Collection[str]
    after: Offset


class OrderTracker:
    """How far one worker is in the order, and since when it hears each room.

    Attributes:
        current: The place of who enters a room now: what is delivered from now on has a higher number.
        seen: The newest place up to which everything has been handed out.
        highest: The highest number that this worker knows to have been given out in this epoch.
        run: The process of Redis in which that was.
        recent: The newest recoverable events that were handed out.
    """

    def __init__(self) -> None:
        self.current = self.seen = Offset("", 0)
        self.highest = 0
        self.run = ""
        self.recent = RecentEvents()
        self._version = 0
        self._heard: dict[str, int] = {}

    # Which rooms

    def hear(self, rooms: Iterable[str], number: int) -> list[str]:
        """Every message of these rooms arrives from this number on; returns those that were not heard before."""
        new = [room for room in dict.fromkeys(rooms) if room not in self._heard]
        self._heard.update(dict.fromkeys(new, number))
        return new

    def forget(self, room: str) -> None:
        """A room is not heard any more."""
        self._heard.pop(room, None)

    def heard_since(self, room: str) -> int | None:
        """The number from which on a room has been heard without a gap; None if it is not."""
        return self._heard.get(room)

    @property
    def heard(self) -> Collection[str]:
        """The rooms that are heard."""
        return self._heard.keys()

    # Connecting

    @property
    def claim(self) -> Claim:
        """What Redis has to have still, if it is to go on in the same epoch."""
        epoch = self.current.epoch
        return Claim(self.run, epoch, self.highest if epoch else 0)

    def confirm(self, claim: Claim, epoch: str, run: str) -> None:
        """A process of Redis has looked at a claim; it has everything if it is still in that epoch."""
        if epoch == claim.epoch:
            self.run = run

    def connect(self, epoch: str, run: str, place: Offset) -> Gap | Replay | Reopen | None:
        """Subscriptions stand again.

        Args:
            epoch: What Redis answered to the claim.
            run: Its process.
            place: The counter, read after the subscriptions: whatever has a higher number will come as a message.

        Returns:
            What to do about the events between the last one that was heard and `place`; None for the first time.
            When it is done, say `arrive`.
        """
        if place.epoch != epoch:
            return Reopen("the epoch changed meanwhile")
        before = self.current
        if before.epoch == epoch and place.number < before.number:
            return Reopen("the counter went back meanwhile")
        self.run = run  # in one step with the epoch: what opens next must not vouch for the old process
        if before.epoch == epoch:
            return Replay(list(self._heard), before)
        self.current = place
        self.highest = place.number
        self._version = 0
        self.recent.reset(place.number)
        self._heard = dict.fromkeys(self._heard, place.number)
        return self._gap(self._heard) if before.epoch else None

    def catch_up(self, reading: RoomReading | None, place: Offset) -> Iterator[Deliver | Gap | Reopen]:
        """What follows from what was read for a `Replay`; each decision is to be carried out before the next is taken.

        A room that is in the gap only because the control room has one is told what could be read all the same: its
        members take new snapshots, and know those events by them.

        Args:
            reading: What the rooms have said; None in another epoch.
            place: As given to `connect`: what has a higher number comes as a message.
        """
        if reading is None:
            yield Reopen("the epoch changed meanwhile")
            return
        if reading.missing:
            self.recent.reset(place.number)
            yield self._gap(reading.missing)
        for envelope in reading.events:
            if envelope.number <= place.number:
                yield self._next(envelope)

    def arrive(self, place: Offset) -> None:
        """Everything up to `place`, as given to `connect`, was dealt with: messages are heard from here on."""
        self.seen = self.current = place
        self.highest = max(self.highest, place.number)

    def newest(self, version: int, latest: Iterable[tuple[int, Envelope]]) -> list[Deliver]:
        """Which of the newest latest-wins values were missed.

        Args:
            version: Of the newest one at the place of `connect`.
            latest: Those of the rooms that were heard before, with their versions, oldest first.
        """
        known, self._version = self._version, version
        return [Deliver(envelope) for number, envelope in latest if number > known]

    # Listening

    def receive(self, message: Message) -> Deliver | Reopen | None:
        """A message of a room has come; None if it was dealt with before."""
        envelope = message.envelope
        if envelope.epoch != self.current.epoch:
            return Reopen("another epoch")
        if not envelope.recoverable:
            self._version = max(self._version, message.version)
            return Deliver(envelope)
        if envelope.number <= self.current.number:
            return None
        if message.previous > self.current.number:
            return Reopen("a gap")
        return self._next(envelope)

    def pass_mark(self, place: Offset) -> Reopen | None:
        """The counter was at `place` between the messages before and those to come."""
        if place.epoch != self.current.epoch or place.number < self.current.number:
            return Reopen("Redis lost data")
        self.seen = self.current = place
        self.highest = max(self.highest, place.number)
        return None

    def delivered(self, envelope: Envelope) -> None:
        """An event of the order was handed out to everybody here."""
        if envelope.recoverable:
            self.seen = self.current

    def published(self, place: Offset) -> None:
        """This worker has published, and was told the event's number."""
        if place.epoch == self.current.epoch:
            self.highest = max(self.highest, place.number)

    def _next(self, envelope: Envelope) -> Deliver:
        self.current = Offset(envelope.epoch, envelope.number)
        self.highest = max(self.highest, envelope.number)
        self.recent.append(envelope)
        return Deliver(envelope)

    def _gap(self, rooms: Iterable[str]) -> Gap:
        names = frozenset(rooms)
        if CONTROL_ROOM in names:  # nobody can be trusted
            names = frozenset(self._heard)
        return Gap(names - {CONTROL_ROOM})
