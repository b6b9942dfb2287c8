"""What the tests of Kafka share: a match to send, and what it has to come out as."""

from __future__ import annotations

from typing import Any

import msgspec

from feeds.files.recording import FileMatch
from feeds.kafka.messages import MatchName
from feeds.simulator import simulate
from kit.contracts import Instant
from matches.service import MatchService
from scoring.model import Sport


class NoRooms:
    """Nobody listens."""

    offset = "0"

    async def join(self, connection_id: str, room: str) -> str:
        raise AssertionError((connection_id, room))

    async def leave(self, connection_id: str, room: str) -> None:
        raise AssertionError((connection_id, room))


def sample(sport: Sport, seed: int = 11) -> tuple[FileMatch, MatchName]:
    """A whole match, and its name."""
    file = simulate(sport, seed=seed, start=Instant(1_760_000_000_000))
    [(provider, external)] = file.create.external_ids.items()
    return file, MatchName(provider, external)


async def content(service: MatchService, match_id: str) -> tuple[Any, ...]:
    """All that is known of a match, apart from when we heard of it."""
    match = await service.get(match_id)
    events = []
    before = None
    while True:
        page = await service.events(match_id, before=before, limit=100)
        events += [(one.event_id, one.revision, one.op, one.detail, one.players) for one in page.items]
        if (before := page.next) is None:
            break
    return match.competitors, match.status, match.periods, match.clock, match.outcome, match.seq, events


async def direct(service: MatchService, file: FileMatch) -> tuple[Any, ...]:
    """The same match, made and filled without Kafka."""
    new = msgspec.structs.replace(file.create, external_ids={"direct": next(iter(file.create.external_ids.values()))})
    match, _ = await service.create(new)
    for start in range(0, len(file.ops), 400):
        await service.ingest(match.id, file.ops[start : start + 400])
    return await content(service, match.id)
