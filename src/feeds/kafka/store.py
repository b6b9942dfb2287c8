"""What the delivery asks besides: which match is meant, and whether the database answers at all.

`kafka.module` builds it; it writes nothing.
"""

from __future__ import annotations

from feeds.kafka.messages import MatchName
from feeds.ports import Matches
from kit.db import Database
from kit.errors import NotFound, Unavailable


class DeliveryStore:
    """Matches by a provider's id, and whether the database answers at all."""

    def __init__(self, matches: Matches, database: Database) -> None:
        self._matches = matches
        self._database = database

    async def match_id(self, target: MatchName) -> str:
        """Our id of a match; raises `NotFound`."""
        if target.provider is None:
            return target.id
        match = await self._matches.find(target.provider, target.id)
        if match is None:
            raise NotFound(f"There is no match {target.id!r} of {target.provider!r}.")
        return match.id

    async def answers(self) -> bool:
        """Whether a failure can be a message's own fault."""
        try:
            await self._database.latency_ms()
        except Unavailable:
            return False
        return True
