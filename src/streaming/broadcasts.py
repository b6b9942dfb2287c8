"""The rules of going live, being live and going off air: the one place that changes a stream.

Owners reach it by socket and REST, the source port through `touchline.wiring`, the leader's sweep from `leader_jobs`. A
change is stored and announced in one transaction; the list of streams on air follows after the commit. No stream may
begin, change or end anywhere else.
"""

from __future__ import annotations

import msgspec
import structlog

from kit.audit import Audit
from kit.clock import Clock
from kit.contracts import Instant, encode_event
from kit.db import Database, Transaction
from kit.errors import Conflict, Forbidden, InvalidPayload
from kit.ids import UlidGenerator
from kit.rooms import EVERYONE, channel_room
from kit.session import Session
from streaming.contracts import (
    STREAM_LIVE,
    STREAM_MATCH,
    STREAM_METADATA,
    STREAM_OFFLINE,
    STREAM_STARTED,
    STREAM_STOPPED,
    LinkMatch,
    MatchLink,
    Metadata,
    StartStream,
    StopStream,
    StreamOffline,
    StreamStartedReply,
    StreamStopped,
    StreamStoppedReply,
    UpdateMetadata,
)
from streaming.models import ChannelRow, StreamRow, TrackRow
from streaming.ports import Matches, Sources
from streaming.repository import ChannelRepository, StreamRepository
from streaming.stream_manager import StreamManager
from streaming.views import metadata_of, started

log = structlog.get_logger(__name__)

REFUSE_SOURCE_S = 60.0

_TRACK_FIELDS = ("track_name", "artist_name", "album", "artwork_url")
_SHOW_FIELDS = ("show_title", "host_name", "show_type")


class BroadcastService:
    """Starts, changes and ends the streams of channels."""

    def __init__(
        self,
        *,
        database: Database,
        manager: StreamManager,
        sources: Sources,
        matches: Matches,
        audit: Audit,
        clock: Clock,
        ids: UlidGenerator,
    ) -> None:
        self._database = database
        self._manager = manager
        self._sources = sources
        self._matches = matches
        self._audit = audit
        self._clock = clock
        self._ids = ids

    # What owners and admins do

    async def start(self, session: Session, cmd: StartStream) -> StreamStartedReply:
        """Go live by hand, or adopt the stream that a source started.

        Raises:
            NotFound: There is no such channel.
            Forbidden: It is not the caller's.
            Conflict: It is on air already, or the id of the stream is another's.
        """
        now = self._clock.now_ms()
        async with self._database.transaction() as tx:
            channel = await _own_channel(tx, session, cmd.channel_id)
            streams = StreamRepository(tx)
            stream = await streams.live(channel.id)
            if stream is not None and (stream.started_by == "manual" or stream.adopted):
                if cmd.stream_id != stream.id:
                    raise Conflict("The channel is on air already; stop the stream first.")
            elif stream is not None:
                if cmd.stream_id not in {None, stream.id}:
                    raise Conflict("A source has started a stream with another id.")
                stream.adopted = True
                _set_show(stream, cmd)
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
        """End the stream on air and hold its source off; for the owner and for admins.

        Raises:
            NotFound: There is no such channel.
            Forbidden: It is not the caller's.
            Conflict: It is off air, or another stream is on air.
        """
        async with self._database.transaction() as tx:
            channel = await ChannelRepository(tx).get(cmd.channel_id, lock=True)
            as_owner = channel.owner_id == session.user_id
            if not as_owner and not session.is_admin:
                raise Forbidden("This is not your channel.")
            stream = await StreamRepository(tx).on_air(channel.id)
            if cmd.stream_id not in {None, stream.id}:
                raise Conflict("Another stream is on air by now.")
            await self._keep_peak(tx, channel.id)
            self._end(tx, stream, cmd.reason or ("stopped" if as_owner else "admin"))
            if not as_owner:
                self._audit.record(tx, session, "stream.stop", channel.slug, cmd.reason)
        await self._sources.drop(channel.id, REFUSE_SOURCE_S)
        await self._manager.active_changed()
        return StreamStoppedReply(stream_id=stream.id, ended_at=Instant(stream.ended_ms or 0))

    async def update_metadata(self, session: Session, cmd: UpdateMetadata) -> Metadata:
        """Change what is on air; only the given fields.

        Raises:
            InvalidPayload: No field is given.
            NotFound: There is no such channel.
            Forbidden: It is not the caller's.
            Conflict: It is off air.
        """
        given = {
            field: value for field in (*_TRACK_FIELDS, *_SHOW_FIELDS) if (value := getattr(cmd, field)) is not None
        }
        if not given:
            raise InvalidPayload("Give at least one field to change.")
        async with self._database.transaction() as tx:
            channel = await _own_channel(tx, session, cmd.channel_id)
            metadata = await self._change_metadata(tx, channel.id, given)
        await self._manager.active_changed()
        return metadata

    async def link_match(self, session: Session, cmd: LinkMatch) -> msgspec.Struct | None:
        """Show a match beside the sound, or none; off air it is there when the show begins.

        Returns:
            The match, or None where none is shown any more.

        Raises:
            NotFound: There is no such channel or match.
            Forbidden: It is not the caller's channel.
        """
        async with self._database.transaction() as tx:
            match = await self._matches.kept(tx, cmd.match_id) if cmd.match_id is not None else None
            channel = await ChannelRepository(tx).get(cmd.channel_id, lock=True)
            if channel.owner_id != session.user_id and not session.is_admin:
                raise Forbidden("This is not your channel.")
            if channel.match_id != cmd.match_id:
                channel.match_id = cmd.match_id
                stream = await StreamRepository(tx).live(channel.id)
                if stream is not None:
                    stream.match_id = cmd.match_id
                raw = msgspec.Raw(encode_event(match)) if match is not None else None
                link = MatchLink(channel_id=channel.id, match=raw, at=Instant(self._clock.now_ms()))
                tx.announce(STREAM_MATCH.to(channel_room(channel.id), link))
                if channel.owner_id != session.user_id:
                    self._audit.record(tx, session, "stream.link_match", channel.slug, cmd.match_id)
        await self._manager.active_changed()
        return match

    # What sources do

    async def source_connected(self, channel_id: str) -> None:
        """Audio arrives: start a stream unless the channel wants to be asked, or announce that sound is back."""
        now = self._clock.now_ms()
        async with self._database.transaction() as tx:
            channel = await ChannelRepository(tx).get(channel_id, lock=True)
            stream = await StreamRepository(tx).live(channel_id)
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
            stream = await StreamRepository(tx).live(channel_id)
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

    async def source_title(self, channel_id: str, *, artist: str | None, title: str) -> None:
        """The broadcasting software names a new track; ignored off air, for the stream that begins asks for it.

        Args:
            channel_id: Whose source.
            artist: Who plays, if it says so; cut at 300 characters.
            title: What plays; cut at 300 characters.
        """
        async with self._database.transaction() as tx:
            # A stream that is just beginning may have asked for the title too early: it is waited for.
            await ChannelRepository(tx).get(channel_id, lock=True)
            if await StreamRepository(tx).live(channel_id) is not None:
                given = {"artist_name": (artist or "")[:300], "track_name": title[:300], "album": "", "artwork_url": ""}
                await self._change_metadata(tx, channel_id, given)
        await self._manager.active_changed()

    # What the leader does

    async def end(self, channel_id: str, stream_id: str, reason: str) -> None:
        """End a stream for want of anybody who makes it; nothing happens if another one is on air by now.

        Args:
            channel_id: Whose stream.
            stream_id: The stream that was looked at.
            reason: What listeners are told, such as `owner_gone`.
        """
        async with self._database.transaction() as tx:
            await ChannelRepository(tx).get(channel_id, lock=True)
            stream = await StreamRepository(tx).live(channel_id)
            if stream is None or stream.id != stream_id:
                return
            await self._keep_peak(tx, channel_id)
            self._end(tx, stream, reason)
        await self._manager.forget_absence(channel_id)
        await self._manager.active_changed()
        log.info("stream ended", channel=channel_id, stream=stream_id, reason=reason)

    # Steps of the above, within their transaction

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
        _set_show(stream, show)
        return stream

    async def _begin(self, tx: Transaction, stream: StreamRow) -> None:
        """Put a new stream on air, with what its source has named as playing by now."""
        title, _ = await self._sources.titles(stream.channel_id)
        if title is not None:
            stream.track_name, stream.artist_name = title.track, title.artist
        await StreamRepository(tx).add(stream)
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

    async def _keep_peak(self, tx: Transaction, channel_id: str) -> None:
        """Raise the peak to the present numbers: a show may be too short for the leader's round to see it."""
        now = await self._manager.listeners(channel_id)
        await StreamRepository(tx).raise_peak(channel_id, now.count, now.unique)

    async def _change_metadata(self, tx: Transaction, channel_id: str, given: dict[str, str]) -> Metadata:
        stream = await StreamRepository(tx).on_air(channel_id)
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
        await StreamRepository(tx).add_track(
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


async def _own_channel(tx: Transaction, session: Session, channel_id: str) -> ChannelRow:
    channel = await ChannelRepository(tx).get(channel_id, lock=True)
    if channel.owner_id != session.user_id:
        raise Forbidden("This is not your channel.")
    return channel


def _set_show(stream: StreamRow, show: StartStream) -> None:
    for field in _SHOW_FIELDS:
        setattr(stream, field, getattr(show, field))
