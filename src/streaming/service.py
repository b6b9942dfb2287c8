"""The rules of radio: who may go live, what is on air, when a show ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import structlog

from kit.clock import Clock
from kit.contracts import Instant, Page, encode_event
from kit.db import Database, Transaction
from kit.errors import Conflict, Forbidden, InvalidPayload, NotFound
from kit.ids import Ids
from kit.rooms import EVERYONE, channel_room, studio_room
from kit.session import Session
from kit.snapshots import Load, Snapshots
from streaming.contracts import (
    INTERACTION_COUNTS,
    STREAM_LISTENERS,
    STREAM_LIVE,
    STREAM_MATCH,
    STREAM_METADATA,
    STREAM_OFFLINE,
    STREAM_STARTED,
    STREAM_STOPPED,
    STREAMS_ACTIVE,
    ActiveStream,
    ActiveStreams,
    InteractionCounts,
    LinkMatch,
    ListenerCount,
    MatchLink,
    Metadata,
    NowPlaying,
    SendInteraction,
    StartStream,
    StopStream,
    StreamOffline,
    StreamRecord,
    StreamStartedReply,
    StreamStopped,
    StreamStoppedReply,
    TrackRecord,
    UpdateMetadata,
)
from streaming.emoji import is_emoji
from streaming.models import ChannelRow, StreamRow, TrackRow
from streaming.ports import Audit, Matches, Realtime, Sources
from streaming.repository import Channels, Streams
from streaming.stream_manager import StreamManager
from streaming.views import metadata_of, now_playing, started, stream_record, track_record

log = structlog.get_logger(__name__)

GRACE_MS = 60_000
REFUSE_SOURCE_S = 60.0
MAX_ACTIVE = 500  # streams in one list; a node of this kind serves far fewer
_ACTIVE_REFRESH_MS = 5_000  # listener numbers alone renew the list of everybody no more often than this,
_ACTIVE_REFRESH_MS_EACH = 0.5  # with many listeners less often by this for each of them,
_ACTIVE_REFRESH_MAX_MS = 30_000  # and at least this often
_SWEEP_GAP_MS = 10_000

_TRACK_FIELDS = ("track_name", "artist_name", "album", "artwork_url")
_SHOW_FIELDS = ("show_title", "host_name", "show_type")


class StreamingService:
    """Going live, being live, and going off air."""

    def __init__(
        self,
        *,
        database: Database,
        manager: StreamManager,
        realtime: Realtime,
        snapshots: Snapshots,
        sources: Sources,
        matches: Matches,
        audit: Audit,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._database = database
        self._manager = manager
        self._realtime = realtime
        self._snapshots = snapshots
        self._sources = sources
        self._matches = matches
        self._audit = audit
        self._clock = clock
        self._ids = ids
        self._active_told_ms = 0
        self._counts_changed = False
        self._active_listeners = 0

    # Going live

    async def start(self, session: Session, cmd: StartStream) -> StreamStartedReply:
        """Go live by hand, or adopt the stream that a source started."""
        now = self._clock.now_ms()
        async with self._database.transaction() as tx:
            channel = await self._own_channel(tx, session, cmd.channel_id)
            streams = Streams(tx)
            stream = await streams.live(channel.id)
            if stream is not None and (stream.started_by == "manual" or stream.adopted):
                if cmd.stream_id != stream.id:
                    raise Conflict("The channel is on air already; stop the stream first.")
            elif stream is not None:
                if cmd.stream_id not in {None, stream.id}:
                    raise Conflict("A source has started a stream with another id.")
                stream.adopted = True
                self._set_show(stream, cmd)
                stream.metadata_ms = now
                tx.announce(STREAM_METADATA.to(channel_room(channel.id), metadata_of(stream)))
            else:
                stream = self._new_stream(channel, cmd, now, stream_id=cmd.stream_id, started_by="manual")
                stream.source_on = await self._sources.connected(channel.id)
                await self._begin(tx, stream)
        await self._manager.forget_absence(channel.id)
        await self._sources.allow(channel.id)
        await self._manager.active_changed()
        return StreamStartedReply(stream_id=stream.id, started_at=Instant(stream.started_ms))

    async def stop(self, session: Session, cmd: StopStream) -> StreamStoppedReply:
        """End the stream on air and hold its source off; for the owner and for admins."""
        async with self._database.transaction() as tx:
            channel = await self._channel(tx, cmd.channel_id, lock=True)
            as_owner = channel.owner_id == session.user_id
            if not as_owner and not session.is_admin:
                raise Forbidden("This is not your channel.")
            stream = await Streams(tx).live(channel.id)
            if stream is None:
                raise Conflict("The channel is not on air.")
            if cmd.stream_id not in {None, stream.id}:
                raise Conflict("Another stream is on air by now.")
            await self._keep_peak(tx, channel.id)
            self._end(tx, stream, cmd.reason or ("stopped" if as_owner else "admin"))
            if not as_owner:
                self._audit.record(tx, session, "stream.stop", channel.slug, cmd.reason)
        await self._sources.drop(channel.id, REFUSE_SOURCE_S)
        await self._manager.active_changed()
        return StreamStoppedReply(stream_id=stream.id, ended_at=Instant(stream.ended_ms or 0))

    async def source_connected(self, channel_id: str) -> None:
        """Audio arrives: start a stream unless the channel wants to be asked, or tell that sound is back."""
        now = self._clock.now_ms()
        async with self._database.transaction() as tx:
            channel = await self._channel(tx, channel_id, lock=True)
            stream = await Streams(tx).live(channel_id)
            if stream is not None:
                await self._take_stale_off(tx, stream)
                if not stream.source_on:
                    stream.source_on = True
                    tx.announce(STREAM_LIVE.to(channel_room(channel_id), started(stream)))
            elif channel.auto_live:
                show = StartStream(
                    channel_id=channel_id, show_title=channel.name, host_name=channel.name, show_type="live"
                )
                stream = self._new_stream(channel, show, now, stream_id=None, started_by="source")
                stream.source_on = True
                await self._begin(tx, stream)
        await self._manager.forget_absence(channel_id)
        await self._manager.active_changed()

    async def source_lost(self, channel_id: str) -> None:
        """Audio stays away: the show goes on without sound for the grace time."""
        async with self._database.transaction() as tx:
            stream = await Streams(tx).live(channel_id)
            if stream is None or not stream.source_on:
                return
            stream.source_on = False
            offline = StreamOffline(
                channel_id=channel_id,
                stream_id=stream.id,
                reason="source_lost",
                resumable=True,
                at=Instant(self._clock.now_ms()),
            )
            tx.announce(STREAM_OFFLINE.to(channel_room(channel_id), offline))

    async def update_metadata(self, session: Session, cmd: UpdateMetadata) -> Metadata:
        """Change what is on air; only the given fields."""
        given = {
            field: value for field in (*_TRACK_FIELDS, *_SHOW_FIELDS) if (value := getattr(cmd, field)) is not None
        }
        if not given:
            raise InvalidPayload("Give at least one field to change.")
        async with self._database.transaction() as tx:
            channel = await self._own_channel(tx, session, cmd.channel_id)
            metadata = await self._change_metadata(tx, channel.id, given)
        await self._manager.active_changed()
        return metadata

    async def source_title(self, channel_id: str, *, artist: str | None, title: str) -> None:
        """The broadcasting software names a new track; ignored off air, for the stream that begins asks for it."""
        async with self._database.transaction() as tx:
            await self._channel(tx, channel_id, lock=True)  # a stream that is just beginning may have asked too early
            if await Streams(tx).live(channel_id) is not None:
                given = {"artist_name": (artist or "")[:300], "track_name": title[:300], "album": "", "artwork_url": ""}
                await self._change_metadata(tx, channel_id, given)
        await self._manager.active_changed()

    async def link_match(self, session: Session, cmd: LinkMatch) -> msgspec.Struct | None:
        """Show a match beside the sound, or none; off air it is there when the show begins."""
        async with self._database.transaction() as tx:
            match = await self._matches.kept(tx, cmd.match_id) if cmd.match_id is not None else None
            channel = await self._channel(tx, cmd.channel_id, lock=True)
            if channel.owner_id != session.user_id and not session.is_admin:
                raise Forbidden("This is not your channel.")
            if channel.match_id != cmd.match_id:
                channel.match_id = cmd.match_id
                stream = await Streams(tx).live(channel.id)
                if stream is not None:
                    stream.match_id = cmd.match_id
                raw = msgspec.Raw(encode_event(match)) if match is not None else None
                link = MatchLink(channel_id=channel.id, match=raw, at=Instant(self._clock.now_ms()))
                tx.announce(STREAM_MATCH.to(channel_room(channel.id), link))
                if channel.owner_id != session.user_id:
                    self._audit.record(tx, session, "stream.link_match", channel.slug, cmd.match_id)
        await self._manager.active_changed()
        return match

    # Listening

    async def join(self, session: Session, channel_id: str, load: Load, *, studio: bool = False) -> msgspec.Raw:
        """Enter a channel's room and be counted; returns its snapshot, as `load` reads it.

        The numbers of listeners follow a moment later, as an event. `studio`: a page of the owner's studio, which is
        not counted and hears what concerns the station alone; of others it means nothing.
        """
        room = channel_room(channel_id)
        studio = studio and await self.owner_of(channel_id) == session.user_id
        await self._snapshots.admit(room, lambda: self.owner_of(channel_id))
        offset = await self._realtime.join(session.connection_id, room)
        if studio:
            await self._realtime.join(session.connection_id, studio_room(channel_id))
            self._manager.leave(channel_id, session.connection_id)
        elif self._realtime.holds(session.connection_id):  # it may have closed while it waited for the room
            self._manager.join(channel_id, session.connection_id, session.member)
        try:
            return await self._snapshots.get(room, offset, load)
        except NotFound:  # deleted while others were in its room
            await self.leave(session, channel_id)
            raise

    async def rejoin(self, session: Session, channel_ids: Collection[str], studios: Collection[str] = ()) -> bool:
        """Count a connection that is in the rooms of these channels already; False, and not counted, if it must not be.

        Args:
            session: The caller.
            channel_ids: Bounded by the rooms that a connection may be in.
            studios: Those of them in whose studio it is.
        """
        if channel_ids:
            async with self._database.read() as tx:
                if await Channels(tx).existing(channel_ids) != set(channel_ids):
                    return False
        self._manager.connected(session)
        for channel_id in set(channel_ids) - set(studios):
            self._manager.join(channel_id, session.connection_id, session.member)
        return True

    async def leave(self, session: Session, channel_id: str) -> None:
        """Leave a channel's room, and its studio's."""
        await self._realtime.leave(session.connection_id, studio_room(channel_id))
        await self._realtime.leave(session.connection_id, channel_room(channel_id))
        self._manager.leave(channel_id, session.connection_id)

    async def interact(self, session: Session, cmd: SendInteraction) -> InteractionCounts:
        """Count a like, favourite, share or reaction of the stream on air."""
        if (cmd.type == "reaction") != (cmd.emoji is not None):
            raise InvalidPayload("A reaction has an emoji, and nothing else has.")
        if cmd.emoji is not None and not is_emoji(cmd.emoji):
            raise InvalidPayload("A reaction is a single emoji.")
        async with self._database.read() as tx:
            stream = await self._live_stream(tx, (await self._channel(tx, cmd.channel_id)).id)
        return await self._manager.interact(cmd.channel_id, stream.id, session.member, cmd.type, cmd.emoji)

    # Reading

    async def now_playing(self, name: str) -> NowPlaying:
        """The state of a channel, by id or slug."""
        async with self._database.read() as tx:
            channel = await self._channel_by_name(tx, name)
            stream = await Streams(tx).live(channel.id)
        return now_playing(channel, stream, await self._manager.listeners(channel.id))

    async def shown(self, channel_id: str) -> NowPlaying:
        """The state of a channel for a snapshot, which events keep up to date; raises `NotFound`."""
        async with self._database.read() as tx:
            channel = await self._channel(tx, channel_id)
            stream = await Streams(tx).live(channel.id)
        return now_playing(channel, stream, (await self._manager.show_listeners([channel.id]))[0])

    async def interactions(self, channel_id: str) -> InteractionCounts:
        """The reactions to the stream on air."""
        async with self._database.read() as tx:
            stream = await Streams(tx).live(channel_id)
        return await self._manager.interactions(channel_id, stream.id if stream else None)

    async def match_of(self, channel_id: str) -> msgspec.Struct | None:
        """The match beside the sound; None where there is none, or none any more."""
        async with self._database.read() as tx:
            match_id = (await self._channel(tx, channel_id)).match_id
        try:
            return await self._matches.get(match_id) if match_id is not None else None
        except NotFound:  # deleted since the channel was read
            return None

    async def channel_id(self, name: str) -> str:
        """The id of a channel by id or slug; raises `NotFound`."""
        async with self._database.read() as tx:
            return (await self._channel_by_name(tx, name)).id

    async def owner_of(self, channel_id: str) -> str:
        """The owner of a channel, which is named by its id alone: rooms are; raises `NotFound`."""
        async with self._database.read() as tx:
            return (await self._channel(tx, channel_id)).owner_id

    async def active(self) -> ActiveStreams:
        """All streams on air, most listened first."""
        return await self._active(self._realtime.offset)

    async def active_now(self) -> msgspec.Raw:
        """The same for a new connection, which hears of changes from now on."""
        return await self._snapshots.get(EVERYONE, self._realtime.place, self._active)

    async def _active(self, offset: str) -> ActiveStreams:
        async with self._database.read() as tx:
            rows = await Streams(tx).all_live(MAX_ACTIVE)
        counts = await self._manager.show_listeners([channel.id for _, channel in rows])
        self._active_listeners = sum(count.count + count.watching for count in counts)
        items = [
            ActiveStream(
                channel_id=channel.id,
                slug=channel.slug,
                name=channel.name,
                stream_id=stream.id,
                metadata=metadata_of(stream),
                started_at=Instant(stream.started_ms),
                listeners=count.count,
                match_id=stream.match_id,
            )
            for (stream, channel), count in zip(rows, counts, strict=True)
        ]
        return ActiveStreams(items=sorted(items, key=lambda item: -item.listeners), offset=offset)

    async def streams(self, name: str, *, before: str | None, limit: int) -> Page:
        """A channel's streams, newest first."""
        async with self._database.read() as tx:
            channel = await self._channel_by_name(tx, name)
            rows = await Streams(tx).page(channel.id, before=before, limit=limit + 1)
        return _page([stream_record(row) for row in rows], limit)

    async def history(self, name: str, *, before: str | None, limit: int) -> Page:
        """A channel's track history, newest first."""
        async with self._database.read() as tx:
            channel = await self._channel_by_name(tx, name)
            rows = await Streams(tx).tracks(channel.id, before=before, limit=limit + 1)
        return _page([track_record(row) for row in rows], limit)

    # Recurring work (the leader's)

    async def tell_listeners(self) -> None:
        """Tell rooms their listener numbers, where they changed; keep the peaks."""
        for count in await self._manager.changed_listeners():
            await self._tell(count)

    async def tell_interactions(self) -> None:
        """Tell rooms their reactions."""
        for channel_id, recent in (await self._manager.take_reactions()).items():
            async with self._database.read() as tx:
                stream = await Streams(tx).live(channel_id)
            counts = await self._manager.interactions(channel_id, stream.id if stream else None, recent)
            await self._realtime.publish(*INTERACTION_COUNTS.to(channel_room(channel_id), counts))

    async def tell_active(self) -> None:
        """Tell everybody which streams are on air, when that changed; numbers alone wait for others to change."""
        now = self._clock.now_ms()
        pause = min(max(_ACTIVE_REFRESH_MS, self._active_listeners * _ACTIVE_REFRESH_MS_EACH), _ACTIVE_REFRESH_MAX_MS)
        counts_due = self._counts_changed and now - self._active_told_ms >= pause
        if await self._manager.take_active_changed() or counts_due:
            self._active_told_ms, self._counts_changed = now, False
            await self._realtime.publish(*STREAMS_ACTIVE.to(EVERYONE, await self.active()))

    async def end_abandoned(self) -> None:
        """End streams that have had neither a source nor their owner for the grace time."""
        now = self._clock.now_ms()
        previous = await self._manager.swept_before(now)
        nobody_looked = previous is None or now - previous > _SWEEP_GAP_MS
        async with self._database.read() as tx:
            rows = await Streams(tx).all_live(MAX_ACTIVE)
        # A worker that died, or a Redis that was away, between taking a change and telling it leaves a room with old
        # numbers; here they are found.
        await self._manager.look_again([channel.id for _, channel in rows])
        for stream, channel in rows:
            source = await self._sources.connected(channel.id)
            if stream.source_on and not source:  # its worker died before it could say so
                await self.source_lost(channel.id)
            elif not stream.source_on and await self._sources.heard(channel.id):  # news of two sources were overtaken
                await self.source_connected(channel.id)
            if nobody_looked:  # the whole gateway was away: who was here has the grace time to come back
                await self._manager.forget_absence(channel.id)
            absent = not source and not await self._manager.owner_present(channel.owner_id)
            since = await self._manager.absent_since(channel.id, now, absent=absent)
            if since is not None and now - since >= GRACE_MS:
                await self._end_for(channel.id, stream.id, "owner_gone")

    # Inside

    async def _keep_peak(self, tx: Transaction, channel_id: str) -> None:
        """Raise the peak to the present numbers: a show may be too short for the ticker to see it."""
        now = await self._manager.listeners(channel_id)
        await Streams(tx).raise_peak(channel_id, now.count, now.unique)

    async def _end_for(self, channel_id: str, stream_id: str, reason: str) -> None:
        async with self._database.transaction() as tx:
            await self._channel(tx, channel_id, lock=True)
            stream = await Streams(tx).live(channel_id)
            if stream is None or stream.id != stream_id:
                return
            await self._keep_peak(tx, channel_id)
            self._end(tx, stream, reason)
        await self._manager.forget_absence(channel_id)
        await self._manager.active_changed()
        log.info("stream ended", channel=channel_id, stream=stream_id, reason=reason)

    async def _tell(self, count: ListenerCount) -> None:
        await self._realtime.publish(*STREAM_LISTENERS.to(channel_room(count.channel_id), count))
        await self._manager.told(count)
        async with self._database.transaction() as tx:
            await Streams(tx).raise_peak(count.channel_id, count.count, count.unique)
        self._counts_changed = True

    async def _change_metadata(self, tx: Transaction, channel_id: str, given: dict[str, str]) -> Metadata:
        stream = await self._live_stream(tx, channel_id)
        before = tuple(getattr(stream, field) for field in _TRACK_FIELDS[:3])
        for field, value in given.items():
            setattr(stream, field, value or None)
        now = self._clock.now_ms()
        stream.metadata_ms = now
        after = tuple(getattr(stream, field) for field in _TRACK_FIELDS[:3])
        if after != before and stream.track_name:
            await self._keep_track(tx, stream)
        metadata = metadata_of(stream)
        tx.announce(STREAM_METADATA.to(channel_room(channel_id), metadata))
        return metadata

    async def _keep_track(self, tx: Transaction, stream: StreamRow) -> None:
        """Add what plays now to the history."""
        await Streams(tx).add_track(
            TrackRow(
                id=self._ids.new(),
                channel_id=stream.channel_id,
                stream_id=stream.id,
                at_ms=stream.metadata_ms,
                track_name=stream.track_name,
                artist_name=stream.artist_name,
                album=stream.album,
                artwork_url=stream.artwork_url,
            )
        )

    async def _take_stale_off(self, tx: Transaction, stream: StreamRow) -> None:
        """What another source named as playing does not stay when this one begins; what the owner wrote does."""
        title, stale = await self._sources.titles(stream.channel_id)
        if stale is None or (stream.track_name, stream.artist_name) != (stale.track, stale.artist):
            return
        artist, track = (title.artist, title.track) if title is not None else (None, "")
        given = {"artist_name": artist or "", "track_name": track, "album": "", "artwork_url": ""}
        await self._change_metadata(tx, stream.channel_id, given)

    async def _own_channel(self, tx: Transaction, session: Session, channel_id: str) -> ChannelRow:
        channel = await self._channel(tx, channel_id, lock=True)
        if channel.owner_id != session.user_id:
            raise Forbidden("This is not your channel.")
        return channel

    async def _channel(self, tx: Transaction, channel_id: str, *, lock: bool = False) -> ChannelRow:
        channel = await Channels(tx).by_id(channel_id, lock=lock)
        if channel is None:
            raise NotFound("There is no such channel.")
        return channel

    async def _channel_by_name(self, tx: Transaction, name: str) -> ChannelRow:
        channel = await Channels(tx).by_slug_or_id(name)
        if channel is None:
            raise NotFound("There is no such channel.")
        return channel

    async def _live_stream(self, tx: Transaction, channel_id: str) -> StreamRow:
        stream = await Streams(tx).live(channel_id)
        if stream is None:
            raise Conflict("The channel is not on air.")
        return stream

    def _new_stream(
        self, channel: ChannelRow, show: StartStream, now: int, *, stream_id: str | None, started_by: str
    ) -> StreamRow:
        stream = StreamRow(
            id=stream_id or self._ids.new(),
            channel_id=channel.id,
            match_id=channel.match_id,
            started_by=started_by,
            adopted=False,
            source_on=False,
            started_ms=now,
            metadata_ms=now,
            peak_listeners=0,
            peak_unique=0,
        )
        self._set_show(stream, show)
        return stream

    @staticmethod
    def _set_show(stream: StreamRow, show: StartStream) -> None:
        for field in _SHOW_FIELDS:
            setattr(stream, field, getattr(show, field))

    async def _begin(self, tx: Transaction, stream: StreamRow) -> None:
        """Put a new stream on air, with what its source has named as playing by now."""
        title, _ = await self._sources.titles(stream.channel_id)
        if title is not None:
            stream.track_name, stream.artist_name = title.track, title.artist
        await Streams(tx).add(stream)
        if title is not None:
            await self._keep_track(tx, stream)
        news = started(stream)
        tx.announce(STREAM_STARTED.to(EVERYONE, news))
        tx.announce(STREAM_LIVE.to(channel_room(stream.channel_id), news))

    def _end(self, tx: Transaction, stream: StreamRow, reason: str) -> None:
        now = self._clock.now_ms()
        stream.ended_ms, stream.end_reason, stream.source_on = now, reason, False
        ended = Instant(now)
        stopped = StreamStopped(channel_id=stream.channel_id, stream_id=stream.id, ended_at=ended, reason=reason)
        offline = StreamOffline(
            channel_id=stream.channel_id,
            stream_id=stream.id,
            reason=reason,
            resumable=False,
            at=ended,
            ended_at=ended,
        )
        tx.announce(STREAM_STOPPED.to(EVERYONE, stopped))
        tx.announce(STREAM_OFFLINE.to(channel_room(stream.channel_id), offline))


def _page(items: Sequence[StreamRecord | TrackRecord], limit: int) -> Page:
    """Items of which one more than asked for was read, as a page with its cursor."""
    kept = list(items[:limit])
    return Page(kept, kept[-1].id if len(items) > limit else None)
