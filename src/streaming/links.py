"""Which channels show a match: undone when the match is taken away.

Matches call it through their port, within the transaction that deletes the match. Linking is in `broadcasts`.
"""

from __future__ import annotations

from contextlib import suppress

from kit.contracts import Instant
from kit.db import Transaction
from kit.errors import Unavailable
from kit.redis import RedisStore
from kit.rooms import channel_room
from streaming.contracts import STREAM_MATCH, MatchLink
from streaming.repository import ChannelRepository, StreamRepository
from streaming.stream_manager import mark_active_changed


class MatchLinks:
    """The links of all channels, for whoever deletes a match."""

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis

    async def unlink(self, tx: Transaction, match_id: str, at_ms: int) -> None:
        """Show this match nowhere any more, and tell those who are in the rooms of the channels that did.

        Args:
            tx: The transaction that takes the match away.
            match_id: The match.
            at_ms: When, Unix ms: the moment that the events belong to.
        """
        for channel_id in await ChannelRepository(tx).unlink(match_id):
            link = MatchLink(channel_id=channel_id, match=None, at=Instant(at_ms))
            tx.announce(STREAM_MATCH.to(channel_room(channel_id), link))
        await StreamRepository(tx).unlink(match_id)

    async def unlinked(self) -> None:
        """After the commit: the list of streams on air names a match no more."""
        with suppress(Unavailable):  # the list is published again with the next change
            await mark_active_changed(self._redis)
