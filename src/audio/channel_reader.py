"""From Redis to the players of this worker: one reader for each channel that has any, and a queue for each player.

`AudioService.listen` enters and leaves players; the reader runs while there is one. No player may hold up another: one
that does not take its sound is cut, and what it has not taken is dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

import structlog
from redis.exceptions import RedisError

from audio.ports import Channels
from audio.repository import BlockRepository
from audio.tasks import Tasks, attempt
from audio.timeline import Block
from kit.redis import RedisStore

log = structlog.get_logger(__name__)

BURST_MS = 2_000.0  # what a new player gets at once, so that it starts at once
BEHIND_MS = 10_000.0  # a player that is further behind is cut: it would only use memory
GAP_S = 60.0  # how long a player waits for a source that is lost; as long as the stream itself
READ_WAIT_MS = 5_000
ANSWER_S = 5.0  # a Redis that is frozen answers nothing at all
RETRY_S = 0.5
TITLE_S = 1.0
_RECENT_BLOCKS = 12  # 3 s


class PlayerQueue:
    """The sound that one player has not got yet.

    Args:
        since_ms: When the present source connected (`Block.source_ms`): nothing of an older one is taken.
    """

    def __init__(self, since_ms: int = 0) -> None:
        self._since_ms = since_ms
        self._queue: deque[Block] = deque()
        self._queued_ms = 0.0
        self._wake = asyncio.Event()
        self.ended = False
        self.too_slow = False

    def offer(self, blocks: Iterable[Block]) -> None:
        """Queue sound; a player that is too far behind is ended."""
        for block in blocks:
            if block.source_ms >= self._since_ms:
                self._queue.append(block)
                self._queued_ms += block.duration_ms
        if self._queued_ms > BEHIND_MS:
            self.too_slow = True
            self.end()
        self._wake.set()

    def end(self) -> None:
        """End the player: what waits is dropped, and `next` gives nothing more."""
        self.ended = True
        self._queue.clear()
        self._queued_ms = 0.0
        self._wake.set()

    async def next(self) -> bytes:
        """All sound that waits, at least one block; empty when there will be no more."""
        while not self._queue and not self.ended:
            self._wake.clear()
            try:
                async with asyncio.timeout(GAP_S):
                    await self._wake.wait()
            except TimeoutError:
                return b""
        return self.take()

    def take(self) -> bytes:
        """All sound that waits, without waiting for more."""
        sound = b"".join(block.data for block in self._queue)
        self._queue.clear()
        self._queued_ms = 0.0
        return sound


class ChannelReader:
    """Reads one channel's sound from Redis, for all players of it on this worker."""

    def __init__(self, channel_id: str, *, store: RedisStore, channels: Channels) -> None:
        self.channel_id = channel_id
        self.players: set[PlayerQueue] = set()
        self.title: str | None = None
        self.title_known = asyncio.Event()
        # Told as well as cancelled: redis-py uses asyncio.wait_for, which before Python 3.12 swallows a
        # cancellation that meets a result (python/cpython#86296).
        self.over = False
        self._recent: deque[Block] = deque(maxlen=_RECENT_BLOCKS)
        self._store = store
        self._channels = channels

    def add(self, player: PlayerQueue) -> None:
        """A player joins; it starts with the last seconds."""
        player.offer(_burst(self._recent))
        self.players.add(player)

    async def read(self) -> None:
        """Read sound and hand it to the players, until cancelled."""
        after: str | None = None
        failing = False
        try:
            while not self.over:
                client = self._store.dedicated()
                try:
                    blocks = BlockRepository(client, self.channel_id, after or "0-0")
                    if after is None:
                        async with asyncio.timeout(ANSWER_S):
                            self._start(await blocks.recent(_RECENT_BLOCKS))
                        after = blocks.after
                    while not self.over:
                        async with asyncio.timeout(READ_WAIT_MS / 1000 + ANSWER_S):
                            self._spread(await blocks.next(READ_WAIT_MS))
                        after = blocks.after
                        failing = False
                except (RedisError, OSError, TimeoutError) as error:
                    if not failing:
                        log.warning("sound is not readable", channel=self.channel_id, error=type(error).__name__)
                    failing = True
                finally:
                    await client.aclose()
                await asyncio.sleep(RETRY_S)
        finally:
            for player in self.players:
                player.end()

    async def follow_title(self) -> None:
        """Keep the title current until cancelled."""
        while not self.over:
            worked, title = await attempt(
                "title not readable", self._channels.now_playing(self.channel_id), channel=self.channel_id
            )
            if worked:
                self.title = title
            self.title_known.set()
            await asyncio.sleep(TITLE_S)

    def _start(self, blocks: list[Block]) -> None:
        self._recent.extend(blocks)
        for player in self.players:
            player.offer(_burst(self._recent))

    def _spread(self, blocks: list[Block]) -> None:
        if not blocks:
            return
        self._recent.extend(blocks)
        for player in self.players:
            if not player.ended:
                player.offer(blocks)


class ChannelReaders:
    """The channels that have players on this worker."""

    def __init__(self, *, store: RedisStore, channels: Channels, tasks: Tasks) -> None:
        self._store = store
        self._channels = channels
        self._tasks = tasks
        self._open: dict[str, tuple[ChannelReader, list[asyncio.Task[None]]]] = {}  # bounded by the players

    @property
    def players(self) -> int:
        """How many players listen here."""
        return sum(len(reader.players) for reader, _ in self._open.values())

    def enter(self, channel_id: str, since_ms: int) -> tuple[ChannelReader, PlayerQueue]:
        """A player begins to listen, to nothing of sources before this one; with the first player, reading begins."""
        if channel_id not in self._open or self._open[channel_id][1][0].done():
            reader = ChannelReader(channel_id, store=self._store, channels=self._channels)
            running = [
                self._tasks.spawn(reader.read(), f"read {channel_id}"),
                self._tasks.spawn(reader.follow_title(), f"title {channel_id}"),
            ]
            self._open[channel_id] = (reader, running)
        reader, _ = self._open[channel_id]
        player = PlayerQueue(since_ms)
        reader.add(player)
        return reader, player

    async def beginning(self, channel_id: str, since_ms: int, size: int) -> bytes | None:
        """The first bytes of what a player would get that begins now.

        Args:
            channel_id: The channel.
            since_ms: When its present source connected, Unix ms: nothing of an older one is taken.
            size: How many bytes.

        Returns:
            The bytes, or None if there are not so many.
        """
        recent = await BlockRepository(self._store.client, channel_id).recent(_RECENT_BLOCKS)
        player = PlayerQueue(since_ms)
        player.offer(_burst(recent))
        sound = player.take()[:size]
        return sound if len(sound) == size else None

    def leave(self, reader: ChannelReader, player: PlayerQueue) -> None:
        """A player is gone; with the last one, reading ends."""
        reader.players.discard(player)
        current, running = self._open.get(reader.channel_id, (None, []))
        if current is reader and not reader.players:
            del self._open[reader.channel_id]
            reader.over = True
            for task in running:
                task.cancel()

    def end_all(self) -> None:
        """End every player of this worker."""
        for reader, _ in self._open.values():
            for player in reader.players:
                player.end()


def _burst(recent: Iterable[Block]) -> list[Block]:
    """The last seconds of unbroken sound of one source, oldest first."""
    blocks: list[Block] = []
    total = 0.0
    for block in reversed(list(recent)):
        if blocks and block.source_ms != blocks[-1].source_ms:
            break
        gap = blocks and blocks[-1].captured_at_ms - (block.captured_at_ms + block.duration_ms) > BURST_MS
        if total >= BURST_MS or gap:
            break
        blocks.append(block)
        total += block.duration_ms
    return blocks[::-1]
