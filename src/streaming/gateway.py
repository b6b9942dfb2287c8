"""Streaming on the socket. It only unpacks and calls services."""

from __future__ import annotations

from typing import Any

import msgspec

from kit.clock import Clock
from kit.gateway import Gateway, event
from kit.rate_limits import Rate, Scope
from kit.session import ANYONE, SIGNED_IN, Role, Session
from streaming.broadcasts import BroadcastService
from streaming.contracts import (
    Heartbeat,
    HeartbeatReply,
    InteractionCounts,
    JoinStream,
    LeaveStream,
    LinkMatch,
    Metadata,
    SendInteraction,
    StartStream,
    StopStream,
    StreamStartedReply,
    StreamStoppedReply,
    UpdateMetadata,
)
from streaming.listeners import ListenerService
from streaming.service import StreamingService
from streaming.snapshot import SnapshotLoader

_OWNER = frozenset({Role.OWNER})
_OWNER_OR_ADMIN = frozenset({Role.OWNER, Role.ADMIN})
_BROWSING = Rate(30, per=10, scope=Scope.CONNECTION)
_STEERING = Rate(20, per=60)


class StreamingGateway(Gateway):
    """`stream:*`, `interaction:send` and `heartbeat`."""

    def __init__(
        self,
        *,
        service: StreamingService,
        broadcasts: BroadcastService,
        listeners: ListenerService,
        snapshots: SnapshotLoader,
        clock: Clock,
    ) -> None:
        self._service = service
        self._broadcasts = broadcasts
        self._listeners = listeners
        self._snapshots = snapshots
        self._clock = clock

    def reply_type(self, event: str, annotated: object) -> object:
        """The snapshot's type depends on the modules that add to it."""
        return self._snapshots.type if event == "stream:join" else annotated

    @event("stream:join", roles=ANYONE, rate=_BROWSING)
    async def join(self, session: Session, cmd: JoinStream) -> msgspec.Raw:
        """Listen to a channel: enter its room and get its whole state."""

        async def load(offset: str) -> msgspec.Struct:
            return await self._snapshots.load(await self._service.shown(cmd.channel_id), offset)

        return await self._listeners.join(session, cmd.channel_id, load, studio=cmd.studio)

    @event("stream:leave", roles=ANYONE, rate=_BROWSING)
    async def leave(self, session: Session, cmd: LeaveStream) -> None:
        """Leave a channel's room."""
        await self._listeners.leave(session, cmd.channel_id)

    @event("stream:start", roles=_OWNER, rate=_STEERING)
    async def start(self, session: Session, cmd: StartStream) -> StreamStartedReply:
        """Go live by hand, or adopt the stream that a source started."""
        return await self._broadcasts.start(session, cmd)

    @event("stream:stop", roles=_OWNER_OR_ADMIN, rate=_STEERING)
    async def stop(self, session: Session, cmd: StopStream) -> StreamStoppedReply:
        """End the stream and hold its source off for a minute."""
        return await self._broadcasts.stop(session, cmd)

    @event("stream:update-metadata", roles=_OWNER, rate=Rate(30, per=30))
    async def update_metadata(self, session: Session, cmd: UpdateMetadata) -> Metadata:
        """Change what is on air; fields that are not given stay."""
        return await self._broadcasts.update_metadata(session, cmd)

    @event("stream:link-match", roles=_OWNER_OR_ADMIN, rate=_STEERING)
    async def link_match(self, session: Session, cmd: LinkMatch) -> Any:  # noqa: ANN401 - a match, whose type streaming does not know
        """Show a match beside the sound; `matchId: null` shows none."""
        return await self._broadcasts.link_match(session, cmd)

    @event("interaction:send", roles=SIGNED_IN, rate=Rate(20, per=10))
    async def interact(self, session: Session, cmd: SendInteraction) -> InteractionCounts:
        """Like, favourite, share or react to what is on air."""
        return await self._listeners.interact(session, cmd)

    @event("heartbeat", roles=ANYONE, rate=Rate(20, per=10, scope=Scope.CONNECTION))
    async def heartbeat(self, _session: Session, cmd: Heartbeat) -> HeartbeatReply:
        """The server's time, by which clients set their clock."""
        return HeartbeatReply(server_time=self._clock.now_ms(), sent_at=cmd.sent_at)
