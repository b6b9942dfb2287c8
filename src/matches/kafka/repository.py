"""What the consumer asks the database itself."""

from __future__ import annotations

from kit.db import Database
from kit.errors import NotFound, Unavailable
from matches.kafka.messages import Target
from matches.repository import Matches


class FeedStore:
    """Matches by a provider's id, and whether the database answers at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def match_id(self, target: Target) -> str:
        """Our id of a match; raises `NotFound`."""
        if target.provider is None:
            return target.id
        async with self._database.read() as tx:
            row = await Matches(tx).by_external({target.provider: target.id})
        if row is None:
            raise NotFound(f"There is no match {target.id!r} of {target.provider!r}.")
        return row.id

    async def answers(self) -> bool:
        """Whether a failure can be a message's own fault."""
        try:
            await self._database.latency_ms()
        except Unavailable:
            return False
        return True
