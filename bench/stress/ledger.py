"""Who heard which numbered event: one order for all, each once, without a gap.

No single client is the truth. All of them together are: whatever stands at a number for one stands there for everybody,
and whoever was in a room has heard every number of the room that anybody has.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.stress.findings import Findings

EVERYONE = "everyone"
ORDER, ONCE, GAP, SAME = "one order", "exactly once", "no gap", "one event a number"
_PLACE = re.compile(r"([0-9A-Za-z_]+)-(\d+)")


class Place(NamedTuple):
    """An offset, taken apart. Only these tests do that: to clients offsets are opaque."""

    epoch: str
    number: int


def place_of(offset: str) -> Place | None:
    """What an offset says; None for what is none."""
    match = _PLACE.fullmatch(offset)
    return Place(match[1], int(match[2])) if match else None


@dataclass(slots=True)
class Stay:
    """A client in a room: owed is every number of the room after `start`, up to `end` (None: as long as it hears)."""

    room: str
    start: int
    end: int | None = None


@dataclass(slots=True)
class Chain:
    """One unbroken history of a client: begun with a CONNECT that recovered nothing, gone on by those that did."""

    who: str
    epoch: str = ""
    heard: array[int] = field(default_factory=lambda: array("q"))
    stays: list[Stay] = field(default_factory=list)
    inside: dict[str, Stay] = field(default_factory=dict)
    alive: bool = True

    @property
    def newest(self) -> int:
        """The newest number; 0 before the first."""
        return self.heard[-1] if self.heard else 0

    def enter(self, room: str, place: Place | None) -> None:
        """In a room from a place on."""
        if place is None or room in self.inside or (self.epoch and place.epoch != self.epoch):
            return
        self.epoch = place.epoch
        self.inside[room] = stay = Stay(room, place.number)
        self.stays.append(stay)

    def leave(self, room: str) -> None:
        """Nothing of the room is owed any more after what has been heard."""
        stay = self.inside.pop(room, None)
        if stay is not None:
            stay.end = max(self.newest, stay.start)

    def close(self) -> None:
        """No event will be added."""
        for room in list(self.inside):
            self.leave(room)
        self.alive = False


class Ledger:
    """All numbered events that anybody heard, and the chains of those who did."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._events: dict[Place, tuple[str, str, int]] = {}
        self.chains: list[Chain] = []
        self.deliveries = 0

    @property
    def events(self) -> int:
        """Different events."""
        return len(self._events)

    def begin(self, who: str) -> Chain:
        """A client takes a new snapshot: its history begins anew."""
        chain = Chain(who)
        self.chains.append(chain)
        return chain

    def hear(self, chain: Chain, place: Place, room: str, name: str, payload: str) -> bool:
        """One event has come to one client; False if it must not be applied."""
        self.deliveries += 1
        known = self._events.setdefault(place, (room, name, hash(payload)))
        if known != (room, name, hash(payload)):
            self._findings.add(SAME, chain.who, f"{place} is {name} in {room} here, {known[1]} in {known[0]} elsewhere")
        if chain.epoch and place.epoch != chain.epoch:
            self._findings.add(
                ORDER, chain.who, f"{name} {place} without a new snapshot, after {chain.epoch}-{chain.newest}"
            )
            return False
        chain.epoch = place.epoch
        if place.number <= chain.newest:
            at = bisect_left(chain.heard, place.number)
            again = at < len(chain.heard) and chain.heard[at] == place.number
            promise, what = (ONCE, "came again") if again else (ORDER, "came")
            self._findings.add(promise, chain.who, f"{name} {place} of {room} {what} after {chain.newest}")
            return False
        chain.heard.append(place.number)
        return True

    def check_gaps(self) -> int:
        """Every chain against all that anybody heard; returns how many deliveries were owed."""
        rooms: dict[tuple[str, str], list[int]] = {}
        for place, (room, _, _) in self._events.items():
            rooms.setdefault((place.epoch, room), []).append(place.number)
        for numbers in rooms.values():
            numbers.sort()
        owed = 0
        for chain in self.chains:
            heard = set(chain.heard)
            for stay in chain.stays:
                numbers = rooms.get((chain.epoch, stay.room), [])
                end = chain.newest if stay.end is None else stay.end
                due = numbers[bisect_right(numbers, stay.start) : bisect_right(numbers, end)]
                owed += len(due)
                missing = [number for number in due if number not in heard]
                if missing:
                    self._findings.add(
                        GAP, chain.who,
                        f"{len(missing)} of {len(due)} events of {stay.room} never came, the first {chain.epoch}-"
                        f"{missing[0]}; in the room after {stay.start}, heard up to {end}",
                    )  # fmt: skip
        return owed
