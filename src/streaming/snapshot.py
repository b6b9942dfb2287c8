"""The snapshot of a channel: streaming's own state, and the parts that other modules add (docs/architecture)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kit.contracts import Reply
from kit.module import SnapshotPart
from streaming.contracts import ChannelInfo, InteractionCounts, ListenerCount, Metadata, NowPlaying, StreamInfo
from streaming.service import StreamingService


class InteractionsPart:
    """The reactions to the stream on air."""

    name = "interactions"
    schema: type[msgspec.Struct] = InteractionCounts
    optional = False

    def __init__(self, service: StreamingService) -> None:
        self._service = service

    async def load(self, channel_id: str) -> msgspec.Struct | None:
        """The totals."""
        return await self._service.interactions(channel_id)


class MatchPart:
    """The match beside the sound."""

    name = "match"
    optional = True

    def __init__(self, service: StreamingService, schema: type[msgspec.Struct]) -> None:
        self._service = service
        self.schema = schema

    async def load(self, channel_id: str) -> msgspec.Struct | None:
        """The match, if one is linked."""
        return await self._service.match_of(channel_id)


def snapshot_type(parts: Sequence[SnapshotPart]) -> type[msgspec.Struct]:
    """The type of a snapshot with these parts."""
    fields: list[tuple[str, object, object] | tuple[str, object]] = [
        ("channel", ChannelInfo),
        ("listeners", ListenerCount),
        ("offset", str),
        ("stream", StreamInfo | None, None),
        ("metadata", Metadata | None, None),
        *((part.name, part.schema | None, None) if part.optional else (part.name, part.schema) for part in parts),
    ]
    return msgspec.defstruct(
        "StreamSnapshot",
        fields,
        bases=(Reply,),
        frozen=True,
        kw_only=True,
        rename="camel",
        omit_defaults=True,
        namespace={"__doc__": "Everything a page needs to show a channel; events after `offset` bring it up to date."},
    )


async def load_snapshot(
    kind: type[msgspec.Struct], parts: Sequence[SnapshotPart], state: NowPlaying, offset: str
) -> msgspec.Struct:
    """Put a snapshot together. The caller is in the room already, so nothing falls between it and the events."""
    loaded = {part.name: await part.load(state.channel.id) for part in parts}
    return kind(
        channel=state.channel,
        listeners=state.listeners,
        stream=state.stream,
        metadata=state.metadata,
        offset=offset,
        **loaded,
    )
