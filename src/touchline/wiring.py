"""Which module's port is served by which module: adapters between features, which do not know each other.

`touchline.features` makes them. They translate and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from redis.exceptions import RedisError

from audio.ports import ChannelRef, SourceGrant
from audio.repository import Refusal
from audio.sources import Sources
from feeds.service import FeedService
from kit.db import Database
from kit.generations import GenerationRepository
from kit.redis import RedisStore
from kit.rooms import channel_room, match_room
from matches.alerts.service import AlertService
from matches.service import MatchService
from monitoring.contracts import AdminStream, MatchFeeds
from realtime.lineage import Lineage
from streaming.active_streams import ActiveStreamList
from streaming.audience import Audience
from streaming.broadcasts import BroadcastService
from streaming.channels import ChannelService
from streaming.service import StreamingService
from streaming.source_refusals import SourceRefusalService

log = structlog.get_logger(__name__)


class DatabaseProbe:
    """The tiny write by which monitoring tries the database; it is also compared with what Redis knows of it."""

    def __init__(
        self, database: Database, redis: RedisStore, *, new_epoch: Callable[[], str], replaced: Callable[[], object]
    ) -> None:
        self._generations = GenerationRepository(database)
        self._lineage = Lineage(redis, self._generations.advance, new_epoch)
        self._replaced = replaced

    async def write(self) -> str | None:
        """What is wrong with it, or None; raises `Unavailable`."""
        try:
            same = await self._lineage.check()
        except (RedisError, OSError):
            await self._generations.advance()
            return None
        if same:
            return None
        log.error("the database was replaced under this worker, which ends and is started anew")
        self._replaced()
        return "it was replaced by another one, and this worker is about to start anew"


class ChatChannels:
    """Serves `chat.ports.Channels` from streaming."""

    def __init__(self, streaming: StreamingService) -> None:
        self._streaming = streaming

    async def owner_of(self, channel_id: str) -> str:
        """The owner of a channel; raises `NotFound`."""
        return await self._streaming.owner_of(channel_id)

    async def id_of(self, name: str) -> str:
        """A channel's id, by id or slug; raises `NotFound`."""
        return await self._streaming.channel_id(name)


class AudioChannels:
    """Serves `audio.ports.Channels` from streaming."""

    def __init__(
        self,
        *,
        streaming: StreamingService,
        broadcasts: BroadcastService,
        channels: ChannelService,
        refusals: SourceRefusalService,
    ) -> None:
        self._streaming = streaming
        self._broadcasts = broadcasts
        self._channels = channels
        self._refusals = refusals

    async def authenticate_source(self, mount: str, password: str) -> SourceGrant | None:
        """The channel that these credentials open, or None."""
        row = await self._channels.authenticate_source(mount, password)
        return SourceGrant(channel_id=row.id, slug=row.slug) if row is not None else None

    async def by_slug(self, slug: str) -> ChannelRef | None:
        """The channel of a mount, or None."""
        row = await self._channels.by_slug(slug)
        if row is None:
            return None
        return ChannelRef(channel_id=row.id, slug=row.slug, name=row.name, description=row.description)

    async def source_connected(self, channel_id: str) -> None:
        """Start the channel's stream, or have it go on."""
        await self._broadcasts.source_connected(channel_id)

    async def source_lost(self, channel_id: str) -> None:
        """Have the channel's stream go on without sound."""
        await self._broadcasts.source_lost(channel_id)

    async def source_title(self, channel_id: str, *, artist: str | None, title: str) -> None:
        """The source names what it plays.

        Args:
            channel_id: Whose source.
            artist: Who plays, if the source says so.
            title: What plays.
        """
        await self._broadcasts.source_title(channel_id, artist=artist, title=title)

    async def source_refused(self, channel_id: str, refusal: Refusal) -> None:
        """Show the station that a source was not let in, or thrown out."""
        await self._refusals.refused(channel_id, refusal)

    async def now_playing(self, channel_id: str) -> str | None:
        """What a player shows as the title, or None off air."""
        metadata = (await self._streaming.now_playing(channel_id)).metadata
        if metadata is None:
            return None
        if not metadata.track_name:
            return metadata.show_title
        return f"{metadata.artist_name} - {metadata.track_name}" if metadata.artist_name else metadata.track_name


class AudioListenerCounter:
    """Serves `audio.ports.ListenerCounter` from streaming: who hears a channel is a listener."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience

    async def opened(self, channel_id: str, player_id: str, member: str, session: str | None) -> None:
        """A player or a page began to listen.

        Args:
            channel_id: What is heard.
            player_id: This player, until `closed`.
            member: Whom to count, if it is no page's sound.
            session: The connection of the page whose sound it says it is.
        """
        await self._audience.sound_began(channel_id, player_id, member, session)

    async def closed(self, channel_id: str, player_id: str) -> None:
        """Count the player no longer."""
        self._audience.sound_ended(channel_id, player_id)


class AdminStreams:
    """Serves `monitoring.ports.Streams` from streaming and audio."""

    def __init__(self, streaming: StreamingService, active: ActiveStreamList, sources: Sources) -> None:
        self._streaming = streaming
        self._active = active
        self._sources = sources

    async def overview(self) -> list[AdminStream]:
        """All streams on air with their listeners and sources."""
        found = []
        for item in (await self._active.read()).items:
            state = await self._streaming.now_playing(item.channel_id)
            if state.stream is None:
                continue
            source = await self._sources.info(item.channel_id)
            found.append(
                AdminStream(
                    channel_id=item.channel_id,
                    slug=item.slug,
                    name=item.name,
                    stream_id=item.stream_id,
                    show_title=item.metadata.show_title,
                    host_name=item.metadata.host_name,
                    started_at=item.started_at,
                    started_by=state.stream.started_by,
                    listeners=state.listeners.count,
                    unique=state.listeners.unique,
                    watching=state.listeners.watching,
                    source_connected=source is not None,
                    bitrate_kbps=source.bitrate_kbps if source else None,
                    source_age_s=source.age_s if source else None,
                    source_client=source.client if source else None,
                    track=item.metadata.track_name,
                    match_id=item.match_id,
                )
            )
        return found


class AdminFeeds:
    """monitoring.ports.Feeds, from matches."""

    def __init__(self, feeds: FeedService, alerts: AlertService) -> None:
        self._feeds = feeds
        self._alerts = alerts

    async def overview(self) -> MatchFeeds:
        """How the feeds fare, and how many scores differ."""
        counts = await self._feeds.counts()
        return MatchFeeds(**counts, score_alerts=await self._alerts.count())


class EventRooms:
    """Serves `realtime.ports.RoomNames` from streaming and matches."""

    def __init__(self, streaming: StreamingService, matches: MatchService) -> None:
        self._streaming = streaming
        self._matches = matches

    async def rooms(self, channels: Sequence[str], matches: Sequence[str]) -> list[str]:
        """The rooms of these channels and matches; raises `NotFound`."""
        rooms = [channel_room(await self._streaming.channel_id(name)) for name in channels]
        return rooms + [match_room((await self._matches.get(match_id)).id) for match_id in matches]
