"""From everything a feed ever said to the state of the match.

`scoring.change` calls it for each batch, `matches.queries` for statistics. It is a pure function of the set of
operations: the order of arrival, repetitions and the cutting into batches make no difference. The newest revision of
each event counts, deleted and cancelled ones are left out, and the rest is read in the order of play.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from typing import NamedTuple

import msgspec

from scoring.hand import corrected_by_hand
from scoring.model import Doubt, EventOp, StatedScore, StatGroup
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded, Override

MAX_DOUBTS = 20
"""Events that cannot be which a match keeps: enough to see what is wrong with its feed."""


class EventKey(NamedTuple):
    """One event of one provider, over all its revisions."""

    provider: str
    event_id: str


class Fold(NamedTuple):
    """A state, and the displays by competitor id after each event that changed them."""

    state: Folded
    score_after: dict[EventKey, dict[str, str]]


def key_of(op: EventOp) -> EventKey:
    """The key of the event that an operation adds, updates or deletes."""
    return EventKey(op.provider, op.event_id)


def newness(op: EventOp) -> tuple[int, int]:
    """The sort key of the revisions of one event: the provider's own time in Unix ms, then the revision's number."""
    return (op.provider_updated_at.ms if op.provider_updated_at else 0, op.revision)


def newest(ops: Iterable[EventOp]) -> dict[EventKey, EventOp]:
    """The newest revision of each event."""
    found: dict[EventKey, EventOp] = {}
    for op in ops:
        key = key_of(op)
        if key not in found or newness(op) > newness(found[key]):
            found[key] = op
    return found


def play_order(op: EventOp) -> tuple[int, str, str, str]:
    """The sort key of play: period, then `orderKey` within it; provider and id decide between equals."""
    return (op.period, op.order_key, op.provider, op.event_id)


class ScoreSources:
    """Who tells a match's score event by event, and who states it only.

    Where somebody tells it event by event, the absolute scores of others do not count: they are the same goals again.
    What is withdrawn or cancelled tells as well, else a goal that was taken back would come back by another's score.
    """

    def __init__(self, rules: SportRules) -> None:
        self._scoring = rules.scoring
        self.counting: set[str] = set()
        self.stating: set[str] = set()

    def record(self, ops: Iterable[EventOp]) -> None:
        """Note which providers tell the score event by event, and which state it."""
        for op in ops:
            if op.type in self._scoring:
                self.counting.add(op.provider)
            elif op.type == "score":
                self.stating.add(op.provider)

    def ignored(self) -> set[str]:
        """The providers whose absolute scores do not count."""
        return self.stating - self.counting if self.counting else set()


def in_play(current: Iterable[EventOp], ignored: Container[str] = ()) -> list[EventOp]:
    """The events that count, in the order of play: neither deleted nor cancelled.

    Args:
        current: The newest revision of each event, in any order.
        ignored: Providers whose absolute scores do not count.
    """
    standing = (op for op in current if op.op != "delete" and op.confirmation != "cancelled")
    return sorted((op for op in standing if op.type != "score" or op.provider not in ignored), key=play_order)


def statistics(rules: SportRules, setup: Setup, current: Iterable[EventOp]) -> list[StatGroup]:
    """What the players did; from the same events as the score, and read in the same order.

    Args:
        rules: The sport.
        setup: The match.
        current: The newest revision of each event, in any order.
    """
    tally, sources, ops = rules.tally(setup), ScoreSources(rules), list(current)
    sources.record(ops)
    for op in in_play(ops, sources.ignored()):
        tally.apply(op)
    return tally.groups()


class MatchProjection:
    """A match read so far; it goes on where what comes is later in play, and then comes to what `fold` comes to."""

    def __init__(self, rules: SportRules, setup: Setup) -> None:
        self.setup = setup
        self._scorer = rules.begin(setup)
        self._shown = self._scorer.displays()
        self._last: tuple[int, str, str, str] | None = None
        self._stated: StatedScore | None = None
        self._corrected = False
        self._doubts: list[Doubt] = []
        self._rules = rules
        self._sources = ScoreSources(rules)

    def precedes(self, ops: Collection[EventOp]) -> bool:
        """Whether all of these are later in play than everything that was read, and leave it as it was read."""
        sources = ScoreSources(self._rules)
        sources.counting, sources.stating = set(self._sources.counting), set(self._sources.stating)
        sources.record(ops)
        if sources.ignored() & self._sources.stating != self._sources.ignored():
            return False
        return self._last is None or all(play_order(op) > self._last for op in ops)

    def read(self, ops: Collection[EventOp]) -> dict[EventKey, dict[str, str]]:
        """Take in what is later in play; returns the displays after each event that changed them."""
        score_after: dict[EventKey, dict[str, str]] = {}
        self._sources.record(ops)
        counted = self._rules.scoring | {"score"}
        self._corrected |= any(op.type in counted and corrected_by_hand(op) for op in ops)
        for op in in_play(ops, self._sources.ignored()):
            self._note_impossible(op)
            self._scorer.apply(op)
            self._last = play_order(op)
            displays = self._scorer.displays()
            if displays != self._shown:
                score_after[key_of(op)] = self._shown = displays
            if op.stated is not None:
                folded = self._scorer.scores()
                self._stated = StatedScore(
                    provider=op.provider,
                    event_id=op.event_id,
                    stated=op.stated,
                    folded={side: folded[side] for side in op.stated},
                )
        return score_after

    def state(self) -> Folded:
        """The state after what was read."""
        folded = self._scorer.folded(self._override())
        return msgspec.structs.replace(folded, stated=self._stated, doubts=list(self._doubts) or None)

    def _note_impossible(self, op: EventOp) -> None:
        """Note an event that cannot be, for admins; it counts all the same."""
        if len(self._doubts) < MAX_DOUBTS:
            why = self._rules.objection(self.setup, op) or self._scorer.cannot(op)
            if why is not None:
                self._doubts.append(Doubt(provider=op.provider, event_id=op.event_id, why=why))

    def _override(self) -> Override | None:
        """The stated score, which stands where the events do not come to it and nothing says why.

        It has to be of now: nothing was scored after it. A score that a person corrected is as that person says.
        """
        stated = self._stated
        if stated is None or self._corrected:
            return None
        return Override(stated.stated) if stated.folded == self._scorer.scores() else None


def fold(rules: SportRules, setup: Setup, current: Iterable[EventOp]) -> Fold:
    """Read a match.

    Args:
        rules: The sport.
        setup: The match.
        current: The newest revision of each event, in any order.
    """
    reading = MatchProjection(rules, setup)
    score_after = reading.read(list(current))
    return Fold(reading.state(), score_after)
