"""What a station is told of sources that were refused: at once in its studio, and the last ones when asked.

Audio reports them through `touchline.wiring`. They hold addresses: nobody but the channel's owner may see them.
"""

from __future__ import annotations

from kit.contracts import Instant
from kit.db import Database
from kit.errors import Forbidden
from kit.rooms import studio_room
from kit.session import Session
from streaming.contracts import SOURCE_REFUSED, SourceRefusal, SourceRefusals
from streaming.ports import Realtime, Refusal, Sources
from streaming.repository import ChannelRepository


class SourceRefusalService:
    """Refusals of sources, for the owner of a channel alone: they hold addresses."""

    def __init__(self, *, database: Database, sources: Sources, realtime: Realtime) -> None:
        self._database = database
        self._sources = sources
        self._realtime = realtime

    async def refused(self, channel_id: str, refusal: Refusal) -> None:
        """Send a refusal to the studio's pages."""
        await self._realtime.publish(*SOURCE_REFUSED.to(studio_room(channel_id), _shown(channel_id, refusal)))

    async def refusals(self, session: Session, name: str) -> SourceRefusals:
        """The last ones of a channel, by id or slug.

        Raises:
            NotFound: There is no such channel.
            Unauthorized: The caller is a guest.
            Forbidden: It is not the caller's channel.
        """
        user_id = session.require_user()
        async with self._database.read() as tx:
            row = await ChannelRepository(tx).named(name)
        if row.owner_id != user_id:
            raise Forbidden("This is not your channel.")
        return SourceRefusals(items=[_shown(row.id, one) for one in await self._sources.refusals(row.id)])


def _shown(channel_id: str, refusal: Refusal) -> SourceRefusal:
    return SourceRefusal(
        channel_id=channel_id,
        at=Instant(refusal.at_ms),
        code=refusal.code,
        reason=refusal.reason,
        address=refusal.address,
        client=refusal.client,
        count=refusal.count,
    )
