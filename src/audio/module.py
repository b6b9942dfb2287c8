"""Puts audio together: `build` is called by `touchline.features`, and makes nothing that runs before the lifespan."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from audio.channel_reader import ChannelReaders
from audio.controllers import listen
from audio.icecast import SourcePort
from audio.intake import SourceTimeouts
from audio.ports import Addresses, Channels, ListenerCounter
from audio.repository import RefusalRepository, SourceLeaseRepository
from audio.service import AudioService
from audio.tasks import Tasks
from kit.clock import Clock
from kit.ids import UlidGenerator
from kit.module import Module
from kit.rate_limits import RateLimiter
from kit.redis import RedisStore

STOP_S = 5.0  # for sources and players to be told and counted at the end


@dataclass(frozen=True, kw_only=True)
class AudioModule(Module):
    """The module, and what handlers and others use of it.

    Attributes:
        service: Ends players where the server drains.
    """

    service: AudioService


def build(
    *,
    redis: RedisStore,
    channels: Channels,
    listener_counter: ListenerCounter,
    rate_limiter: RateLimiter,
    clock: Clock,
    ids: UlidGenerator,
    host: str,
    port: int,
    node_id: str,
    timeouts: SourceTimeouts | None = None,
    addresses: Addresses | None = None,
) -> AudioModule:
    """Build the doors of sound.

    Args:
        redis: Where sound and leases are kept, for all workers.
        channels: Of streaming.
        listener_counter: Counts who hears a channel.
        rate_limiter: Counts wrong passwords.
        clock: Wall-clock time, which stamps the sound.
        ids: Makes the tokens of leases and the ids of players.
        host: The address that the source port listens on.
        port: The source port; 0 for none.
        node_id: This worker.
        timeouts: How long sources may be silent; tests have shorter ones.
        addresses: Connections of each address, shared with the engine; None for no bound.

    Returns:
        The module: `/listen/{slug}`, and the source port within its lifespan.
    """
    tasks = Tasks()
    timeouts = timeouts or SourceTimeouts()
    service = AudioService(
        leases=SourceLeaseRepository(redis, lost_ms=round(timeouts.lost_s * 1000)),
        refusals=RefusalRepository(redis),
        readers=ChannelReaders(store=redis, channels=channels, tasks=tasks),
        channels=channels,
        listener_counter=listener_counter,
        rate_limiter=rate_limiter,
        clock=clock,
        ids=ids,
        node_id=node_id,
        tasks=tasks,
        timeouts=timeouts,
    )

    source_port = SourcePort(service, host=host, port=port, tasks=tasks, addresses=addresses)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(tasks.close, STOP_S)
            stack.callback(service.end_players)
            if port:
                await stack.enter_async_context(source_port.open())
            yield

    return AudioModule(
        controllers=(listen,), dependencies={"audio": service}, lifespan=lifespan, service=service
    )  # fmt: skip
