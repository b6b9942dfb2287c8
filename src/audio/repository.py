"""Sound and sources in Redis, for all workers. All keys of a channel share its hash tag.

`audio:{id}`            stream of blocks, the last half minute; each says of which source it is
`source:{id}`           hash, the lease of the connected source; runs out when its worker dies
`source:last:{id}`      hash, which software has or had the lease, and what it named as playing
`source:refused:{id}`   present while sources are refused after a stop
`source:refusals:{id}`  list, newest first: which sources were not let in or thrown out, and why

Times that are compared are Redis' own, so that the workers' clocks need not agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import msgspec
from redis.asyncio import Redis

from audio.timeline import Block
from audio.titles import SourceTitle
from kit.lua import Script
from kit.redis import RedisStore, as_text

LEASE_MS = 6_000
LOST_MS = 10_000  # without sound for so long, a source counts as lost
ASKING_MS = 2_000  # for which a source that finds the channel taken is not refused yet
LEAVING_MS = 800  # so much later than the first asking comes no sound of a connection that is gone
GRACE_MS = 90_000  # what a source named as playing goes on when it is back by then; a little longer than streams do
LAST_MS = 24 * 3600 * 1000  # so long it is known what is to be taken off the air
TAKEOVER_MS = 2_000  # so much later another may take its place; by then the loss has been announced
KEPT_REFUSALS = 10  # a page shows no more
REFUSALS_KEPT_MS = 7 * 24 * 3600 * 1000  # until the next weekly show
KEPT_BLOCKS = 120  # half a minute: a player may be 10 s behind, the rest is for a Redis that was away
KEPT_MS = 60_000
READ_BLOCKS = 20  # 5 s of sound per answer


def _blocks(channel_id: str) -> str:
    return f"audio:{{{channel_id}}}"


def _lease(channel_id: str) -> str:
    return f"source:{{{channel_id}}}"


def _last(channel_id: str) -> str:
    return f"source:last:{{{channel_id}}}"


def _refused(channel_id: str) -> str:
    return f"source:refused:{{{channel_id}}}"


def _refusals(channel_id: str) -> str:
    return f"source:refusals:{{{channel_id}}}"


_ACQUIRE = Script("audio", "source_acquire")
_RENEW = Script("audio", "source_renew")
_APPEND = Script("audio", "source_append")
_RELEASE = Script("audio", "source_release")
_DROP = Script("audio", "source_drop")
_INFO = Script("audio", "source_info")
_SET_TITLE = Script("audio", "source_set_title")
_REFUSED = Script("audio", "source_refused")


class Acquisition(IntEnum):
    """The answer to a source that wants a channel."""

    GRANTED = 0
    IN_USE = 1
    REFUSED = 2
    ASK_AGAIN = 3


@dataclass(frozen=True, slots=True)
class LeaseAnswer:
    """What a source that wants a channel is told; `refused_s` for how long still, `at_ms` by Redis' clock."""

    acquired: Acquisition
    refused_s: float
    at_ms: int


class LeaseHold(IntEnum):
    """Whether a source still holds its lease."""

    OURS = 0
    GONE = 1
    DROP = 2


@dataclass(frozen=True, slots=True)
class Lease:
    """One source's hold on a channel; the token is what tells it from others.

    Attributes:
        identity: The same for all connections of one software with one login from one address.
    """

    channel_id: str
    token: str
    node: str
    client: str
    content_type: str
    identity: str


@dataclass(frozen=True, slots=True)
class LeaseState:
    """A lease as others see it; times in Unix ms of Redis' clock."""

    now_ms: int
    client: str
    bitrate_kbps: float | None
    connected_at_ms: int
    last_block_ms: int | None
    content_type: str

    @property
    def silent_ms(self) -> int:
        """Milliseconds since the last sound, or since it connected."""
        return self.now_ms - max(self.connected_at_ms, self.last_block_ms or 0)


class SourceLeaseRepository:
    """Who may send to a channel. Every call may raise RedisError."""

    def __init__(self, store: RedisStore, *, lost_ms: int = LOST_MS) -> None:
        self._acquire = store.client.register_script(_ACQUIRE.text)
        self._renew = store.client.register_script(_RENEW.text)
        self._release = store.client.register_script(_RELEASE.text)
        self._drop = store.client.register_script(_DROP.text)
        self._info = store.client.register_script(_INFO.text)
        self._append = store.client.register_script(_APPEND.text)
        self._set_title = store.client.register_script(_SET_TITLE.text)
        self._redis = store.client
        self._lost_ms = lost_ms

    async def acquire(self, lease: Lease, *, asked_ms: int = 0) -> LeaseAnswer:
        """Take the channel if it is free, ours already, or held by a source that is lost.

        Args:
            lease: What is wanted.
            asked_ms: `at_ms` of the first answer to a source that was told to ask again.
        """
        answer, refused_ms, at = await self._acquire(
            keys=[_lease(lease.channel_id), _refused(lease.channel_id), _last(lease.channel_id)],
            args=[
                lease.token, LEASE_MS, self._lost_ms + TAKEOVER_MS, lease.node, lease.client, lease.content_type,
                lease.identity, asked_ms, ASKING_MS, LEAVING_MS, GRACE_MS, LAST_MS,
            ],
        )  # fmt: skip
        return LeaseAnswer(Acquisition(int(answer)), int(refused_ms) / 1000, int(as_text(at)))

    async def renew(self, lease: Lease) -> LeaseHold:
        """Keep the lease for another `LEASE_MS`."""
        keys = [_lease(lease.channel_id), _last(lease.channel_id)]
        return LeaseHold(int(await self._renew(keys=keys, args=[lease.token, LEASE_MS, LAST_MS])))

    async def append(self, lease: Lease, number: int, block: Block) -> LeaseHold:
        """Store one block if the lease is ours, and hold it on.

        Args:
            lease: Whose sound it is.
            number: Counts up with each block of a lease, so that a repeated call stores nothing twice.
            block: The sound.

        Returns:
            How it stands with the lease; only with `OURS` the block is stored.
        """
        return LeaseHold(
            int(
                await self._append(
                    keys=[_lease(lease.channel_id), _blocks(lease.channel_id)],
                    args=[
                        lease.token, LEASE_MS, number, block.captured_at_ms, round(block.duration_ms * 1000),
                        block.bitrate_kbps, block.data, KEPT_BLOCKS, KEPT_MS,
                    ],
                )
            )
        )  # fmt: skip

    async def release(self, lease: Lease) -> None:
        """Give the channel free if it is still ours."""
        await self._release(keys=[_lease(lease.channel_id)], args=[lease.token])

    async def drop(self, channel_id: str, refuse_ms: int) -> None:
        """Ask whoever holds the channel to let go, and refuse every source for a while."""
        await self._drop(keys=[_lease(channel_id), _refused(channel_id), _last(channel_id)], args=[refuse_ms])

    async def allow(self, channel_id: str) -> None:
        """Let sources in again that were refused after a stop."""
        await self._redis.delete(_refused(channel_id))

    async def set_title(self, channel_id: str, title: SourceTitle) -> bool:
        """Keep what the connected source names as playing; False if there is no source."""
        keys = [_lease(channel_id), _last(channel_id)]
        return bool(await self._set_title(keys=keys, args=[title.artist or "", title.track, LAST_MS]))

    async def titles(self, channel_id: str) -> tuple[SourceTitle | None, SourceTitle | None]:
        """What the connected source names as playing, and what another one before it did, which holds no longer."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hmget(_last(channel_id), "artist", "track")
        pipe.hmget(_lease(channel_id), "staleArtist", "staleTrack", "token")
        (artist, track), (stale_artist, stale_track, token) = await pipe.execute()
        return _title(artist, track) if token else None, _title(stale_artist, stale_track)

    async def state(self, channel_id: str) -> LeaseState | None:
        """The lease on a channel, if there is one."""
        raw = await self._info(keys=[_lease(channel_id)])
        if not raw:
            return None
        now, client, bitrate, connected, last, content_type = map(as_text, raw)
        return LeaseState(
            now_ms=int(now),
            client=client,
            bitrate_kbps=float(bitrate) if bitrate else None,
            connected_at_ms=int(connected),
            last_block_ms=int(last) if last else None,
            content_type=content_type,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a source was not let in, or was thrown out.

    Attributes:
        code: A word for programs: `password`, `in_use`, `format` and the like.
        reason: A sentence for the station.
        at_ms: Unix ms of Redis' clock; of the last time, where it happened several times in a row.
    """

    code: str
    reason: str
    address: str
    client: str
    at_ms: int = 0
    count: int = 1


class RefusalRepository:
    """The refused sources of each channel. Every call may raise RedisError."""

    def __init__(self, store: RedisStore) -> None:
        self._refused = store.client.register_script(_REFUSED.text)
        self._redis = store.client

    async def add(self, channel_id: str, refusal: Refusal) -> Refusal | None:
        """Keep one; returns it with its time and number if the station shall be told now."""
        tell, at, count = await self._refused(
            keys=[_refusals(channel_id)],
            args=[
                refusal.code, refusal.reason, refusal.address, refusal.client, KEPT_REFUSALS, REFUSALS_KEPT_MS,
            ],
        )  # fmt: skip
        return replace(refusal, at_ms=int(as_text(at)), count=int(count)) if int(tell) else None

    async def list(self, channel_id: str) -> list[Refusal]:
        """The last refusals of a channel, newest first."""
        return [_refusal(raw) for raw in await self._redis.lrange(_refusals(channel_id), 0, -1)]


class BlockRepository:
    """Reads one channel's sound, on a client of its own."""

    def __init__(self, client: Redis, channel_id: str, after: str = "0-0") -> None:
        self._client = client
        self._key = _blocks(channel_id)
        self.after = after

    async def recent(self, count: int) -> list[Block]:
        """The newest blocks, oldest first; reading goes on after them."""
        entries: Any = await self._client.xrevrange(self._key, count=count)
        if entries:
            self.after = as_text(entries[0][0])
        return [_block(fields) for _, fields in reversed(entries)]

    async def next(self, wait_ms: int) -> list[Block]:
        """What came since; waits for it as long as given."""
        answer: Any = await self._client.xread({self._key: self.after}, count=READ_BLOCKS, block=wait_ms)
        if not answer:
            return []
        entries = next(iter(answer.values()))[0] if isinstance(answer, dict) else answer[0][1]
        self.after = as_text(entries[-1][0])
        return [_block(fields) for _, fields in entries]


def _block(fields: dict[bytes, bytes]) -> Block:
    return Block(fields[b"d"], int(fields[b"t"]), int(fields[b"u"]) / 1000, int(fields.get(b"s", 0)))


def _refusal(raw: bytes | str) -> Refusal:
    known: dict[str, Any] = msgspec.json.decode(raw)
    return Refusal(
        code=known["code"],
        reason=known["reason"],
        address=known["address"],
        client=known["client"],
        at_ms=int(known["at"]),
        count=int(known["count"]),
    )


def _title(artist: bytes | None, track: bytes | None) -> SourceTitle | None:
    return SourceTitle(as_text(artist) or None, as_text(track)) if track else None
