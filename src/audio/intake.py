"""One connected source: its bytes are cut into blocks, stamped and stored in Redis, and its channel is told of it.

The source port (`icecast`) feeds it while `AudioService` keeps count. It must not store anything under a lease that it
does not hold: then another source is on air.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from redis.exceptions import RedisError

from audio.mpeg import MAX_FRAME_BYTES, FrameParser
from audio.ports import Channels
from audio.repository import Acquisition, Lease, LeaseHold, SourceLeaseRepository
from audio.sniff import ENOUGH_BYTES, foreign_format
from audio.tasks import attempt
from audio.timeline import Block, Cut, Cutter, Timeline
from kit.clock import Clock

log = structlog.get_logger(__name__)

INBOX_BYTES = 256 * 1024  # what a source may be ahead of us: 16 s at 128 kb/s
BACKLOG_BLOCKS = 40  # 10 s of sound while Redis is away; listeners would skip what is older
RETRY_S = 0.25


@dataclass(frozen=True, slots=True)
class SourceTimeouts:
    """How long a source may be silent, in seconds.

    Attributes:
        lost_s: Then it counts as lost, and is still welcome back.
        closed_s: Then its connection is closed.
        drain_s: How long what came is still stored after its end.
        foreign_s: How long it may send what is no MP3; a tick later at the latest it is thrown out.
        tick_s: How often the lease is renewed and the silence looked at; others' wish to drop it is seen within this.
    """

    lost_s: float = 10.0
    closed_s: float = 30.0
    foreign_s: float = 3.5
    tick_s: float = 1.0
    drain_s: float = 3.0


class SourceEnd(StrEnum):
    """Why a source is not connected any more."""

    ENDED = "ended"
    DROPPED = "dropped"
    REPLACED = "replaced"
    SILENT = "silent"
    FOREIGN = "foreign"
    SHUTDOWN = "shutdown"


class SourceIntake:
    """Holds the lease of a channel while a source is connected.

    The sound is cut into blocks and stored; a source that sends faster than time passes is held back by `pause`.
    While Redis is away blocks wait here, the oldest give way. That the source is heard or lost is told to the
    channel from here, while we hold its lease, so that no other source's news can be overtaken.
    """

    def __init__(
        self,
        *,
        lease: Lease,
        leases: SourceLeaseRepository,
        channels: Channels,
        clock: Clock,
        timeouts: SourceTimeouts,
        pause: Callable[[bool], None],
    ) -> None:
        self._lease = lease
        self._leases = leases
        self._channels = channels
        self._clock = clock
        self._timeouts = timeouts
        self._pause = pause
        self._paused = False

        self._inbox = bytearray()
        self._arrived = asyncio.Event()
        self._finished = False
        self._leaving = asyncio.Event()
        self._parser = FrameParser()
        self._heard = False
        self._foreign = bytearray()
        self._foreign_since: float | None = None
        self._rubbish_bytes = 0
        self._cutter = Cutter()
        self._timeline = Timeline()

        self._backlog: deque[tuple[int, Block]] = deque()
        self._waiting = asyncio.Event()
        self._number = 0
        self._cut_all = False
        self.lost_blocks = 0

        self._loop = asyncio.get_running_loop()
        self._last_frame = self._loop.time()
        self._last_stored: float | None = None
        self._told_heard = False
        self._nudge = asyncio.Event()
        self._stop: asyncio.Future[SourceEnd] = self._loop.create_future()
        self._log = log.bind(channel=lease.channel_id, client=lease.client)

    @property
    def lease(self) -> Lease:
        """The hold on the channel that this source has."""
        return self._lease

    @property
    def channel_id(self) -> str:
        """The channel that this source sends to."""
        return self._lease.channel_id

    @property
    def heard(self) -> bool:
        """Whether there was any MP3 in what was sent."""
        return self._heard

    @property
    def foreign(self) -> str | None:
        """The format of what was sent in the place of MP3, as far as it is known."""
        return foreign_format(bytes(self._foreign))

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the source."""
        self._inbox += data
        self._arrived.set()
        if len(self._inbox) >= INBOX_BYTES and not self._paused:
            self._paused = True
            self._pause(True)  # noqa: FBT003 - a callback with one meaning

    def finish(self) -> None:
        """The source has ended or its connection is gone; what it sent ahead of time is dropped, the rest stored."""
        self._finished = True
        self._leaving.set()
        self._arrived.set()

    def stop(self, why: SourceEnd) -> None:
        """End the source at once; `run` returns the reason."""
        if not self._stop.done():
            self._stop.set_result(why)

    async def run(self) -> SourceEnd:
        """Work until the source is gone; then the channel is free again. Returns why it ended."""
        work = [
            asyncio.create_task(self._cut(), name="cut"),
            asyncio.create_task(self._store(), name="store"),
            asyncio.create_task(self._watch(), name="watch"),
        ]
        for task in work:
            task.add_done_callback(self._part_ended)
        end = SourceEnd.SHUTDOWN
        try:
            end = await self._stop
            return end
        finally:
            # Told as well as cancelled: redis-py uses asyncio.wait_for, which before Python 3.12 swallows a
            # cancellation that meets a result (python/cpython#86296).
            self.stop(end)
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await self._let_go(end)

    def _part_ended(self, task: asyncio.Task[SourceEnd | None]) -> None:
        if task.cancelled() or self._stop.done():
            return
        if (error := task.exception()) is not None:
            self._stop.set_exception(error)
        elif (end := task.result()) is not None:
            self._stop.set_result(end)

    async def _let_go(self, end: SourceEnd) -> None:
        if end is not SourceEnd.REPLACED:
            # Also where we told nothing: the sweep may have, or an earlier call may have failed half-way.
            await attempt("source loss not told", self._channels.source_lost(self.channel_id), channel=self.channel_id)
            try:
                await self._leases.release(self._lease)
            except (RedisError, OSError) as error:
                self._log.warning("source lease left to run out", error=type(error).__name__)
        self._log.info(
            "source gone",
            reason=end.value,
            blocks=self._number,
            lost_blocks=self.lost_blocks,
            rubbish_bytes=self._parser.rubbish_bytes,
            anchors=self._timeline.anchors,
        )

    # Bytes to blocks

    async def _cut(self) -> SourceEnd:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            finished = self._finished
            data = bytes(self._inbox)
            self._inbox.clear()
            frames = self._parser.feed(data)
            if frames:
                self._last_frame = self._loop.time()
            self._look_at_rest(data, heard=bool(frames))
            if self._is_foreign() or (not self._heard and self.foreign is not None):
                return SourceEnd.FOREIGN
            self._cutter.add(frames)
            if finished:
                self._cutter.close()
            await self._stamp_ready()
            if finished:
                self._cut_all = True
                self._waiting.set()
                await asyncio.sleep(self._timeouts.drain_s)  # `_store` is done long before, if Redis answers
                return SourceEnd.ENDED
            if self._paused and len(self._inbox) < INBOX_BYTES:
                self._paused = False
                self._pause(False)  # noqa: FBT003 - as above

    def _look_at_rest(self, data: bytes, *, heard: bool) -> None:
        """Keep the beginning of what is no MP3, and since when nothing else comes."""
        rubbish = self._parser.rubbish_bytes
        if heard:
            self._heard = True
            self._foreign.clear()
            self._foreign_since = None
        elif rubbish > self._rubbish_bytes:
            self._foreign += data[: ENOUGH_BYTES - len(self._foreign)]
            self._foreign_since = self._foreign_since or self._loop.time()
        self._rubbish_bytes = rubbish

    def _is_foreign(self) -> bool:
        """Whether it has sent nothing but what is no MP3 for too long."""
        if self._foreign_since is None or len(self._foreign) < 2 * MAX_FRAME_BYTES:
            return False
        return self._loop.time() - self._foreign_since >= self._timeouts.foreign_s

    async def _stamp_ready(self) -> None:
        while (cut := self._cutter.take()) is not None:
            while wait_ms := self._timeline.ahead_ms(cut.duration_ms, self._behind_ms(cut), self._clock.now_ms()):
                if self._finished:
                    dropped_ms = cut.duration_ms + self._cutter.drop()
                    self._inbox.clear()
                    self._log.info("sound sent ahead of time is dropped", seconds=round(dropped_ms / 1000, 1))
                    return
                self._last_frame = self._loop.time()  # held back by us, not silent
                try:
                    async with asyncio.timeout(wait_ms / 1000):
                        await self._leaving.wait()
                except TimeoutError:
                    continue
            at = self._timeline.stamp(cut.duration_ms, self._cutter.pending_ms, self._clock.now_ms())
            self._backlog.append((self._number, Block(cut.data, at, cut.duration_ms)))
            self._number += 1
            if len(self._backlog) > BACKLOG_BLOCKS:
                self._backlog.popleft()
                self.lost_blocks += 1
                if self.lost_blocks == 1:
                    self._log.warning("sound is being lost: redis does not take it")
            self._waiting.set()

    def _behind_ms(self, cut: Cut) -> float:
        """Sound that is here and comes after this; the rest of what has ended counts as crowded however short."""
        if self._finished:
            return math.inf
        return self._cutter.pending_ms + len(self._inbox) * cut.duration_ms / len(cut.data)

    # Blocks to Redis

    async def _store(self) -> SourceEnd | None:
        failing = False
        while not self._stop.done():
            await self._waiting.wait()
            self._waiting.clear()
            while self._backlog and not self._stop.done():
                number, block = self._backlog[0]
                try:
                    held = await self._leases.append(self._lease, number, block)
                    end = await self._judge(held)
                except (RedisError, OSError) as error:
                    if not failing:
                        self._log.warning("sound waits for redis", error=type(error).__name__)
                    failing = True
                    await asyncio.sleep(RETRY_S)
                    continue
                if end is not None:
                    return end
                if held is LeaseHold.OURS:
                    if failing:
                        self._log.info("redis takes sound again", lost_blocks=self.lost_blocks)
                        failing = False
                    self._stored(number)
            if self._cut_all:
                return SourceEnd.ENDED
        return None

    def _stored(self, number: int) -> None:
        if self._backlog and self._backlog[0][0] == number:  # it may have given way meanwhile
            self._backlog.popleft()
        now = self._loop.time()
        if self._last_stored is None or now - self._last_stored >= self._timeouts.lost_s:
            self._told_heard = False  # whoever watched from outside has called it lost
            self._nudge.set()
        self._last_stored = now

    async def _judge(self, held: LeaseHold) -> SourceEnd | None:
        """What a lease's state means for us; one that ran out while Redis was away is taken again."""
        if held is LeaseHold.OURS:
            return None
        if held is LeaseHold.DROP:
            return SourceEnd.DROPPED
        answer = await self._leases.acquire(self._lease)
        if answer.acquired is Acquisition.GRANTED:
            return None
        return SourceEnd.DROPPED if answer.acquired is Acquisition.REFUSED else SourceEnd.REPLACED

    # Silence and the lease

    async def _watch(self) -> SourceEnd | None:
        while not self._stop.done():
            self._nudge.clear()
            now = self._loop.time()
            if now - self._last_frame >= self._timeouts.closed_s:
                return SourceEnd.SILENT
            if not self._heard and self._is_foreign():
                return SourceEnd.FOREIGN
            await self._tell(now)
            try:
                if (end := await self._judge(await self._leases.renew(self._lease))) is not None:
                    return end
            except (RedisError, OSError):
                pass  # `_store` says it once; the lease may run out, and is then taken again
            try:
                async with asyncio.timeout(self._timeouts.tick_s):
                    await self._nudge.wait()
            except TimeoutError:
                continue
        return None

    async def _tell(self, now: float) -> None:
        heard = self._last_stored is not None and now - self._last_stored < self._timeouts.lost_s
        if heard == self._told_heard:
            return
        call = self._channels.source_connected if heard else self._channels.source_lost
        worked, _ = await attempt("source change not told", call(self.channel_id), channel=self.channel_id)
        if worked:
            self._told_heard = heard
            self._log.info("source heard" if heard else "source silent")
