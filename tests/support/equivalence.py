"""The promise of every change of a match: the state that came step by step is the state that its events come to.

Three ways in, for the tests of sports, of the projection and of everything that the service stores and tells:

- `check_arrival`: whatever order, repetition, cutting and correction operations come in, they come to what reading the
  newest revisions from scratch comes to. `tests.support.samples.state` asks for it, so every sport's test does.
- `ReadMatch`: the same in single steps, for tests that want to look in between.
- `check_stored`: of every match in a database, what is stored is what its stored events come to, and what followers
  were told of it adds up to what a newcomer reads. `tests/integration/matches` does it after every test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import msgspec
from sqlalchemy import select

from kit.contracts import Instant, convert, decode
from kit.db import Database, OutboxRow
from kit.rooms import match_room
from matches.contracts import MatchDeleted, MatchRescored, ScoreChange
from matches.storage.models import MatchEventRow, MatchRow
from matches.storage.views import event_of, match_of, setup_of_row
from scoring.change import Checkpoint, MatchChange
from scoring.model import EventOp, IngestItem, Match, MatchEvent
from scoring.projection import EventKey, Fold, fold, key_of, newest, statistics
from scoring.sports import RULES
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded

SIZES = (1, 3, 40, 200)
"""How many operations come at once, where a test does not say."""

OTHERS = {"match:corrected": ScoreChange, "match:deleted": MatchDeleted}
"""What followers are told that changes nothing of what they have."""


class ReadMatch:
    """A match as the service reads it: it goes on from the last reading where it can, else it reads all events."""

    def __init__(self, rules: SportRules, setup: Setup) -> None:
        self.rules = rules
        self.setup = setup
        self.current: dict[EventKey, EventOp] = {}
        self.seq = 0
        self.went_on = 0
        """Batches that were read without reading what was there."""
        self._known: set[tuple[EventKey, int]] = set()
        self._progress: Checkpoint | None = None
        self._fold = fold(rules, setup, ())

    def take(self, batch: Iterable[EventOp]) -> list[IngestItem]:
        """Take in what comes together; returns what became of each."""
        batch, last = list(batch), self._progress
        known = self._known if last is None else {one for one in self._known if one[0] in last.seen}
        progress = last if last and last.stands(self.setup, self.seq) and last.goes_on(batch, known) else None
        change = MatchChange(
            self.rules, self.setup, current=self.current if progress is None else {}, known=known, seq=self.seq,
            progress=progress,
        )  # fmt: skip
        items = [change.take(op) for op in batch]
        after = change.fold()
        assert [one.seq for one in change.applied] == list(range(self.seq + 1, change.seq + 1)), "numbers have no gaps"
        self._progress, self.seq = change.progress(), change.seq
        scores = after.score_after if progress is None else self._fold.score_after | after.score_after
        self._fold = Fold(after.state, scores)
        self.current = self.current | {key_of(one.op): one.op for one in change.applied}
        self._known |= {
            (key_of(op), op.revision) for op, item in zip(batch, items, strict=True) if item.result != "rejected"
        }
        assert self._progress is not None
        assert len(self._progress.seen) == len(self.current)
        self.went_on += progress is not None
        return items

    def fold(self) -> Fold:
        """What it has come to, step by step: the state, and the displays after each event that changed them."""
        return self._fold

    def check(self) -> None:
        """It is what reading all of its events at once comes to."""
        assert self._fold == fold(self.rules, self.setup, self.current.values())


def check_arrival(rules: SportRules, setup: Setup, ops: Sequence[EventOp], *, seed: int = 0, rounds: int = 2) -> Folded:
    """Operations come to the same whatever way they come; and what is withdrawn and brought back leaves no trace.

    Args:
        rules: The sport.
        setup: The match.
        ops: Adds, updates and deletes; several revisions of one event are corrections.
        seed: What chance goes by.
        rounds: Orders in which they come: as they are first, then shuffled and partly repeated.

    Returns:
        What they come to.
    """
    rng = Random(seed)  # noqa: S311 - replayable
    ops = list({(key_of(op), op.revision): op for op in reversed(ops)}.values())[::-1]
    truth = fold(rules, setup, newest(ops).values())
    tables = statistics(rules, setup, newest(ops).values())
    for number in range(rounds):
        arrived = list(ops)
        if number:
            arrived += rng.sample(ops, len(ops) // 4)
            rng.shuffle(arrived)
        read = ReadMatch(rules, setup)
        while arrived:
            size = rng.choice(SIZES)
            batch, arrived = arrived[:size], arrived[size:]
            assert all(item.result != "rejected" for item in read.take(batch))
        read.check()
        if _types(read.current.values()) == _types(newest(ops).values()):
            assert read.fold() == truth
            assert statistics(rules, setup, read.current.values()) == tables
    last = max((op.revision for op in ops), default=0)
    there = list(newest(ops).values())
    gone = [msgspec.structs.replace(op, op="delete", revision=last + 1) for op in there]
    back = [msgspec.structs.replace(op, revision=last + 2) for op in there]
    assert fold(rules, setup, newest([*there, *gone]).values()) == fold(rules, setup, ())
    assert fold(rules, setup, newest([*back, *there, *gone]).values()) == truth
    return truth.state


def _types(current: Iterable[EventOp]) -> dict[EventKey, str]:
    """A tombstone that comes first has another type than one that comes after what it withdraws and keeps its type."""
    return {key_of(op): op.type for op in current}


def followed(told: Iterable[tuple[str, Any]], match: Match | None = None, events: Iterable[MatchEvent] = ()) -> Any:
    """What a page makes of a snapshot and the events after it.

    Args:
        told: Names and payloads of events in their order, as JSON has them.
        match: The match of the snapshot; None where there was none yet.
        events: Its commentary.

    Returns:
        The match, and its commentary, latest in the match first.
    """
    lines = {(item.provider, item.event_id): item for item in events}
    for name, payload in told:
        if name == "match:updated":
            match = _match(payload)
        elif name == "match:event":
            item = _read(payload, MatchEvent)
            lines[item.provider, item.event_id] = item
        elif name == "match:rescored":
            for line in _read(payload, MatchRescored).events:
                key = (line.provider, line.event_id)
                if key in lines:
                    lines[key] = msgspec.structs.replace(lines[key], score_after=line.score_after)
        else:
            _read(payload, OTHERS[name])
    return match, sorted(lines.values(), key=_place, reverse=True)


def _match(payload: dict[str, Any]) -> Match:
    """A sport that a test has registered has no literal in the type."""
    match: Match = _read({**payload, "sport": next(iter(RULES))}, Match)
    return msgspec.structs.replace(match, sport=payload["sport"])


def _read(payload: Any, kind: Any) -> Any:
    return msgspec.convert(payload, kind, dec_hook=lambda _, value: Instant(value))


def _place(item: MatchEvent) -> tuple[int, str, str, str]:
    return (item.period, item.order_key, item.provider, item.event_id)


async def check_stored(database: Database) -> None:
    """Every stored match is what its stored events come to, and followers were told all of it."""
    async with database.read() as tx:
        for row in list(await tx.session.scalars(select(MatchRow))):
            revisions = select(MatchEventRow).where(MatchEventRow.match_id == row.id)
            events = list(await tx.session.scalars(revisions.where(MatchEventRow.current)))
            _check_row(row, events)
            room = select(OutboxRow).where(OutboxRow.room == match_room(row.id)).order_by(OutboxRow.id)
            told = [(one.event, msgspec.json.decode(one.payload)) for one in await tx.session.scalars(room)]
            if told and not any(name == "match:rescored" and payload["more"] for name, payload in told):
                lines = sorted((event_of(one) for one in events), key=_place, reverse=True)
                assert followed(told) == (match_of(row), lines), "what was told adds up to what is there"


def _check_row(row: MatchRow, events: Sequence[MatchEventRow]) -> None:
    whole = fold(RULES[row.sport], setup_of_row(row), [decode(one.payload, EventOp) for one in events])
    stored = convert(row.state, Folded)
    assert stored == whole.state, "the stored state is what the stored events come to"
    assert row.status == stored.status
    for one in events:
        assert one.score_after == whole.score_after.get(EventKey(one.provider, one.event_id))
