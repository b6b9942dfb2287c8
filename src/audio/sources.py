"""What audio offers to others: the sources of all workers, as far as they are in Redis.

Streaming and monitoring reach it through their ports (`touchline.wiring`); it changes leases only by `drop` and
`allow`.
"""

from __future__ import annotations

from dataclasses import dataclass

from audio.repository import LOST_MS, Refusal, RefusalRepository, SourceLeaseRepository
from audio.titles import SourceTitle
from kit.redis import RedisStore


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A connected source.

    Attributes:
        client: Its user agent.
        bitrate_kbps: Of its newest sound; None before the first.
        age_s: Seconds since its newest sound, or since it connected.
    """

    client: str
    bitrate_kbps: float | None
    age_s: float


class Sources:
    """The audio sources of all workers. Every call may raise RedisError."""

    def __init__(self, store: RedisStore, *, lost_ms: int = LOST_MS) -> None:
        self._leases = SourceLeaseRepository(store, lost_ms=lost_ms)
        self._refusals = RefusalRepository(store)
        self._lost_ms = lost_ms

    async def connected(self, channel_id: str) -> bool:
        """Whether sound arrives: a source is there, and was heard or came within the last ten seconds."""
        state = await self._leases.state(channel_id)
        return state is not None and state.silent_ms < self._lost_ms

    async def info(self, channel_id: str) -> SourceInfo | None:
        """The source that holds the channel, silent or not."""
        state = await self._leases.state(channel_id)
        if state is None:
            return None
        return SourceInfo(
            client=state.client,
            bitrate_kbps=state.bitrate_kbps,
            age_s=state.silent_ms / 1000,
        )

    async def heard(self, channel_id: str) -> bool:
        """Whether a source is there whose sound has come within the last ten seconds."""
        state = await self._leases.state(channel_id)
        return state is not None and state.last_block_ms is not None and state.silent_ms < self._lost_ms

    async def titles(self, channel_id: str) -> tuple[SourceTitle | None, SourceTitle | None]:
        """What the source names as playing, and what another one before it did, which is to be taken off the air."""
        return await self._leases.titles(channel_id)

    async def refusals(self, channel_id: str) -> list[Refusal]:
        """The sources that were not let in or thrown out, newest first."""
        return await self._refusals.list(channel_id)

    async def drop(self, channel_id: str, refuse_s: float) -> None:
        """Disconnect the source, on whichever worker it is, and refuse it for a while."""
        await self._leases.drop(channel_id, round(refuse_s * 1000))

    async def allow(self, channel_id: str) -> None:
        """Let sources in again that were refused after a stop."""
        await self._leases.allow(channel_id)
