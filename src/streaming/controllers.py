"""Streaming over HTTP: channels, going live, what is and was on air. It only unpacks and calls services."""

from __future__ import annotations

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kit.contracts import Id, Name, Payload, convert
from kit.page_parameters import PageCursor, PageLimit
from kit.session import Role, Session
from streaming.active_streams import ActiveStreamList
from streaming.broadcasts import BroadcastService
from streaming.channels import ChannelService
from streaming.contracts import (
    ActiveStreams,
    ChannelDetail,
    CreateChannel,
    LinkMatch,
    Metadata,
    NowPlaying,
    ShowType,
    SourceRefusals,
    StartStream,
    StopStream,
    StreamStartedReply,
    StreamStoppedReply,
    UpdateChannel,
    UpdateMetadata,
)
from streaming.service import StreamingService
from streaming.source_refusals import SourceRefusalService


class StartBody(Payload, frozen=True, kw_only=True):
    """`stream:start` without the channel, which the address names."""

    show_title: Name
    host_name: Name
    show_type: ShowType
    stream_id: Id | None = None


class StopBody(Payload, frozen=True, kw_only=True):
    """Why the stream ends."""

    reason: Name | None = None


class MatchBody(Payload, frozen=True, kw_only=True):
    """Which match is shown; null for none."""

    match_id: Id | None


class ChannelController(Controller):
    """Channels and what happens on them; `channel` is an id or a slug."""

    path = "/api/channels"
    tags = ("channels",)

    @get()
    async def index(
        self,
        caller: NamedDependency[Session],
        channels: NamedDependency[ChannelService],
        mine: FromQuery[bool] = False,
        before: PageCursor = None,
        limit: PageLimit = 50,
    ) -> dict[str, object]:
        """Channels, newest first; `mine=true` lists your own with their source passwords."""
        return (await channels.list(caller, mine=mine, before=before, limit=limit))._asdict()

    @post(status_code=HTTP_201_CREATED)
    async def create(
        self, data: JSONBody[CreateChannel], caller: NamedDependency[Session], channels: NamedDependency[ChannelService]
    ) -> ChannelDetail:
        """Make a channel."""
        return await channels.create(caller, data)

    @get("/{channel:str}")
    async def show(
        self, channel: FromPath[str], caller: NamedDependency[Session], channels: NamedDependency[ChannelService]
    ) -> ChannelDetail:
        """One channel; its owner also gets the source address and password."""
        return await channels.get(caller, channel)

    @patch("/{channel:str}")
    async def update(
        self,
        channel: FromPath[str],
        data: JSONBody[UpdateChannel],
        caller: NamedDependency[Session],
        channels: NamedDependency[ChannelService],
    ) -> ChannelDetail:
        """Change the given fields."""
        return await channels.update(caller, channel, data)

    @delete("/{channel:str}")
    async def remove(
        self, channel: FromPath[str], caller: NamedDependency[Session], channels: NamedDependency[ChannelService]
    ) -> None:
        """Remove a channel that is off air."""
        await channels.delete(caller, channel)

    @post("/{channel:str}/source/password", status_code=HTTP_200_OK)
    async def renew_password(
        self, channel: FromPath[str], caller: NamedDependency[Session], channels: NamedDependency[ChannelService]
    ) -> ChannelDetail:
        """Replace the source password."""
        return await channels.renew_password(caller, channel)

    @get("/{channel:str}/source/refusals")
    async def refusals(
        self,
        channel: FromPath[str],
        caller: NamedDependency[Session],
        source_refusals: NamedDependency[SourceRefusalService],
    ) -> SourceRefusals:
        """The sources that were not let in or were thrown out lately, and why; for the owner."""
        return await source_refusals.refusals(caller, channel)

    @get("/{channel:str}/streams")
    async def streams(
        self,
        channel: FromPath[str],
        streaming: NamedDependency[StreamingService],
        before: PageCursor = None,
        limit: PageLimit = 50,
    ) -> dict[str, object]:
        """On air and past streams, newest first."""
        return (await streaming.streams(channel, before=before, limit=limit))._asdict()

    @post("/{channel:str}/streams", status_code=HTTP_201_CREATED)
    async def start(
        self,
        channel: FromPath[str],
        data: JSONBody[StartBody],
        caller: NamedDependency[Session],
        streaming: NamedDependency[StreamingService],
        broadcasts: NamedDependency[BroadcastService],
    ) -> StreamStartedReply:
        """Go live."""
        caller.require(Role.OWNER)
        channel_id = await streaming.channel_id(channel)
        return await broadcasts.start(caller, StartStream(channel_id=channel_id, **msgspec.structs.asdict(data)))

    @post("/{channel:str}/streams/{stream_id:str}/stop", status_code=HTTP_200_OK)
    async def stop(
        self,
        channel: FromPath[str],
        stream_id: FromPath[str],
        caller: NamedDependency[Session],
        streaming: NamedDependency[StreamingService],
        broadcasts: NamedDependency[BroadcastService],
        data: JSONBody[StopBody | None] = None,
    ) -> StreamStoppedReply:
        """End the stream."""
        caller.require(Role.OWNER, Role.ADMIN)
        channel_id = await streaming.channel_id(channel)
        cmd = StopStream(channel_id=channel_id, stream_id=stream_id, reason=data.reason if data else None)
        return await broadcasts.stop(caller, cmd)

    @put("/{channel:str}/metadata")
    async def metadata(
        self,
        channel: FromPath[str],
        data: JSONBody[dict[str, str]],
        caller: NamedDependency[Session],
        streaming: NamedDependency[StreamingService],
        broadcasts: NamedDependency[BroadcastService],
    ) -> Metadata:
        """Change what is on air; fields that are not given stay."""
        caller.require(Role.OWNER)
        channel_id = await streaming.channel_id(channel)
        return await broadcasts.update_metadata(caller, convert({**data, "channelId": channel_id}, UpdateMetadata))

    @put("/{channel:str}/match")
    async def match(
        self,
        channel: FromPath[str],
        data: JSONBody[MatchBody],
        caller: NamedDependency[Session],
        streaming: NamedDependency[StreamingService],
        broadcasts: NamedDependency[BroadcastService],
    ) -> dict[str, object]:
        """Show a match beside the sound, or none."""
        caller.require(Role.OWNER, Role.ADMIN)
        channel_id = await streaming.channel_id(channel)
        return {"match": await broadcasts.link_match(caller, LinkMatch(channel_id=channel_id, match_id=data.match_id))}

    @get("/{channel:str}/now-playing")
    async def now_playing(self, channel: FromPath[str], streaming: NamedDependency[StreamingService]) -> NowPlaying:
        """The state of a channel, for players and widgets."""
        return await streaming.now_playing(channel)

    @get("/{channel:str}/history")
    async def history(
        self,
        channel: FromPath[str],
        streaming: NamedDependency[StreamingService],
        before: PageCursor = None,
        limit: PageLimit = 50,
    ) -> dict[str, object]:
        """The tracks that were played, newest first."""
        return (await streaming.history(channel, before=before, limit=limit))._asdict()


@get("/api/streams/active", tags=["channels"])
async def active_streams(active: NamedDependency[ActiveStreamList]) -> ActiveStreams:
    """All streams on air."""
    return await active.read()
