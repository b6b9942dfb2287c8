"""Matches and events in the few words that a test needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from feeds.files import read_file
from feeds.files.recording import FileMatch
from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database
from kit.ids import UlidGenerator
from kit.snapshots import Snapshots
from matches.ports import Rooms
from matches.service import MatchService
from matches.storage.views import setup_of
from scoring.model import (
    CreateMatch,
    EventOp,
    NewCompetition,
    NewCompetitor,
    NewEventClock,
    Sport,
)
from scoring.projection import fold, newest
from scoring.sports import RULES
from scoring.sports.shared.setup import Setup, Side
from scoring.sports.shared.state import Folded
from tests.harness import SHARED_DATA
from tests.support.equivalence import check_arrival

SETUP = Setup(Side("red", "Reds"), Side("blue", "Blues"))


def real_file(pattern: str) -> Path:
    """A file of the shared data; the test is skipped where that is absent."""
    found = sorted(SHARED_DATA.glob(pattern))
    if not found:
        pytest.skip(f"no real match data: {SHARED_DATA}/{pattern}")
    return found[0]


def real_matches(pattern: str) -> list[FileMatch]:
    """The matches of a file of the shared data; what is in them does not change, and is read once."""
    return list(_read_once(real_file(pattern)))


@cache
def _read_once(file: Path) -> tuple[FileMatch, ...]:
    return tuple(read_file(json.loads(file.read_bytes())))


def changed(value: Any, path: Sequence[Any], new: Any) -> Any:
    """Decoded JSON with another value in one place; all else is shared with the original, which stays as it was."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


def setup_with(**config: object) -> Setup:
    return Setup(SETUP.home, SETUP.away, config)


def event(
    event_id: str,
    kind: str,
    period: int = 1,
    side: str | None = None,
    *,
    order: str | None = None,
    at: int = 0,
    clock: NewEventClock | None = None,
    detail: dict[str, Any] | None = None,
    **more: object,
) -> EventOp:
    return EventOp(
        provider=more.pop("provider", "test"),
        event_id=event_id,
        type=kind,
        period=period,
        order_key=order or event_id,
        occurred_at=Instant(at),
        clock=clock,
        competitor_id=side,
        detail=detail or {},
        **more,
    )


def state(sport: Sport, ops: list[EventOp], setup: Setup = SETUP) -> Folded:
    """What a match comes to, by everything that was said of it, in whatever order and however often it comes."""
    _check(sport, ops, setup)
    return check_arrival(RULES[sport], setup, ops)


def state_of(match: FileMatch) -> Folded:
    """What a recorded match comes to, read once: some have thousands of events."""
    sport, setup = match.create.sport, setup_of(match.create.competitors, match.create.config)
    _check(sport, match.ops, setup)
    return fold(RULES[sport], setup, newest(match.ops).values()).state


def _check(sport: Sport, ops: list[EventOp], setup: Setup) -> None:
    for op in ops:
        if op.op != "delete":
            RULES[sport].check(setup, op)


def new_match(sport: Sport = "football", **more: object) -> CreateMatch:
    return CreateMatch(
        sport=sport,
        competition=NewCompetition(id="league", name="League"),
        scheduled_at=Instant(1_000_000),
        competitors=[
            NewCompetitor(id="red", name="Reds", abbreviation="RED", qualifier="home"),
            NewCompetitor(id="blue", name="Blues", abbreviation="BLU", qualifier="away"),
        ],
        **more,
    )


class NoSharedCache:
    """Redis as it is for a worker that is alone: nobody has made a copy of anything."""

    async def get(self, name: str, version: int) -> bytes | None:  # noqa: ARG002 - Copies
        return None

    async def put(self, name: str, version: int, body: bytes) -> None:
        """Nobody would ask for it."""


def new_service(database: Database, rooms: Rooms, clock: Clock, ids: UlidGenerator) -> MatchService:
    """Matches of a worker that is alone, and keeps no snapshot of a room."""
    return MatchService(
        database=database,
        rooms=rooms,
        snapshots=Snapshots(lambda _: None),
        shared_cache=NoSharedCache(),
        clock=clock,
        ids=ids,
    )
