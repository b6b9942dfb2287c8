"""Matches of a worker that is alone: its clock, its rooms, and what tests say to it in few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import select

from kit.db import Database, OutboxRow
from matches.service import MatchService
from scoring.model import EventOp, StatGroup
from tests.support.samples import event, new_match

NOW = 1_700_000_000_000


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ms = NOW

    def now_ms(self) -> int:
        return self.ms


class NoRooms:
    """Rooms that note who entered when."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.offset = "7"
        self.on_join: Callable[[], Any] | None = None

    async def join(self, connection_id: str, room: str) -> str:
        self.calls.append(("join", connection_id, room))
        if self.on_join is not None:
            await self.on_join()
        return "8"

    async def leave(self, connection_id: str, room: str) -> None:
        self.calls.append(("leave", connection_id, room))


async def published(database: Database) -> list[tuple[str, Any]]:
    """What waits in the outbox, in order."""
    async with database.read() as tx:
        rows = await tx.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.event, msgspec.json.decode(row.payload)) for row in rows]


async def names(database: Database) -> list[str]:
    return [name for name, _ in await published(database)]


async def corrections(database: Database) -> list[dict[str, Any]]:
    return [payload for name, payload in await published(database) if name == "match:corrected"]


def goal(event_id: str, side: str = "red", **more: object) -> EventOp:
    return event(event_id, "goal", 1, side, at=NOW, **more)


async def a_match(matches: MatchService, **more: object) -> str:
    match, new = await matches.create(new_match(**more))
    assert new
    return match.id


async def scores(matches: MatchService, match_id: str) -> list[str]:
    return [side.score_display for side in (await matches.get(match_id)).competitors]


async def players(matches: MatchService, match_id: str, side: str) -> StatGroup:
    groups = (await matches.statistics(match_id)).groups
    return next(group for group in groups if group.title == side)


async def results(matches: MatchService, match_id: str, *ops: Any) -> list[str]:
    return [item.result for item in (await matches.ingest(match_id, ops)).items]
