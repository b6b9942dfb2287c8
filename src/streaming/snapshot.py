"""The snapshot of a channel: streaming's own state, and the parts that other modules add.

`stream:join` answers with it. Whatever a part fails at must not keep a listener out: the part is left out and named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from kit.contracts import Reply
from kit.module import SnapshotPart
from streaming.contracts import ChannelInfo, InteractionCounts, ListenerCount, Metadata, NowPlaying, StreamInfo
from streaming.service import StreamingService

log = structlog.get_logger()

PART_S = 5.0
"""Seconds that a part may take: a joiner waits for all of them, and none may hold the others up for longer."""


class InteractionsPart:
    """The reactions to the stream on air."""

    name = "interactions"
    schema: type[msgspec.Struct] = InteractionCounts

    def __init__(self, service: StreamingService) -> None:
        self._service = service

    async def load(self, channel_id: str) -> msgspec.Struct | None:
        """The totals of the stream on air."""
        return await self._service.interactions(channel_id)


class MatchPart:
    """The match beside the sound."""

    name = "match"

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
        ("missing", list[str] | None, None),
        *((part.name, part.schema | None, None) for part in parts),
    ]
    return msgspec.defstruct(
        "StreamSnapshot",
        fields,
        bases=(Reply,),
        frozen=True,
        kw_only=True,
        rename="camel",
        omit_defaults=True,
        namespace={"__doc__": _DOC},
    )


_DOC = """Everything a page needs to show a channel; events after `offset` bring it up to date.

`missing` names the parts that could not be read now, which are absent: join again in a while to get them.
"""


class SnapshotLoader:
    """Puts snapshots of channels together. A part that fails is left out, whatever it raises: nobody is kept out by it.

    That is written into the log when it begins and when it ends, not for every joiner.
    """

    def __init__(self, parts: Sequence[SnapshotPart]) -> None:
        self.type = snapshot_type(parts)
        self._parts = parts
        self._failing: set[str] = set()  # bounded by the parts

    async def load(self, state: NowPlaying, offset: str) -> msgspec.Struct:
        """The snapshot. The caller is in the room already, so nothing falls between it and the events."""
        loaded, missing = {}, []
        for part in self._parts:
            try:
                async with asyncio.timeout(PART_S):
                    loaded[part.name] = await part.load(state.channel.id)
            except Exception as error:  # noqa: BLE001 - a joiner gets the other parts, whatever this one met
                missing.append(part.name)
                self._failed(part.name, state.channel.id, error)
            else:
                self._works(part.name)
        return self.type(
            channel=state.channel,
            listeners=state.listeners,
            stream=state.stream,
            metadata=state.metadata,
            offset=offset,
            missing=missing or None,
            **loaded,
        )

    def _failed(self, part: str, channel_id: str, error: Exception) -> None:
        if part not in self._failing:
            self._failing.add(part)
            log.warning("snapshot_part_failed", part=part, channel=channel_id, exc_info=error)

    def _works(self, part: str) -> None:
        if part in self._failing:
            self._failing.discard(part)
            log.info("snapshot_part_works", part=part)
