"""Sound and sources in Redis, for all workers. All keys of a channel share its hash tag.

`audio:{id}`            stream of blocks, the last half minute
`source:{id}`           hash, the lease of the connected source; runs out when its worker dies
`source:refused:{id}`   present while sources are refused after a stop

Times that are compared are Redis' own, so that the workers' clocks need not agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from redis.asyncio import Redis

from audio.timeline import Block
from kit.redis import RedisStore, as_text

LEASE_MS = 6_000
LOST_MS = 10_000  # without sound for so long, a source counts as lost
TAKEOVER_MS = 2_000  # so much later another may take its place; by then the loss has been announced
KEPT_BLOCKS = 120  # half a minute: a player may be 10 s behind, the rest is for a Redis that was away
KEPT_MS = 60_000
READ_BLOCKS = 20  # 5 s of sound per answer


def _blocks(channel_id: str) -> str:
    return f"audio:{{{channel_id}}}"


def _lease(channel_id: str) -> str:
    return f"source:{{{channel_id}}}"


def _refused(channel_id: str) -> str:
    return f"source:refused:{{{channel_id}}}"


_NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

# Returns {answer, milliseconds of refusal left}.
_ACQUIRE = (
    _NOW
    + """
local refused = redis.call('PTTL', KEYS[2])
if refused > 0 then return {2, refused} end
local held = redis.call('HMGET', KEYS[1], 'token', 'lastBlockMs', 'connectedAtMs')
if held[1] and held[1] ~= ARGV[1] then
  local last = math.max(tonumber(held[2] or '0'), tonumber(held[3] or '0'))
  if now - last < tonumber(ARGV[3]) then return {1, 0} end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'node', ARGV[4], 'client', ARGV[5], 'contentType', ARGV[6],
  'connectedAtMs', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {0, 0}
"""
)

# 0 held, 1 somebody else's or none, 2 to be dropped.
_RENEW = """
local held = redis.call('HMGET', KEYS[1], 'token', 'drop')
if held[1] ~= ARGV[1] then return 1 end
if held[2] then return 2 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
"""

# As _RENEW. The block's number makes a repeated call harmless whose first answer was lost.
_APPEND = (
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'token', 'drop', 'number')
if held[1] ~= ARGV[1] then return 1 end
if held[2] then return 2 end
if tonumber(held[3] or '-1') >= tonumber(ARGV[3]) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], '*', 'd', ARGV[7], 't', ARGV[4], 'u', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[9])
redis.call('HSET', KEYS[1], 'number', ARGV[3], 'lastBlockMs', string.format('%.0f', now), 'bitrate', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
"""
)

_RELEASE = """
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
"""

_DROP = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'drop', '1') end
if tonumber(ARGV[1]) > 0 then redis.call('SET', KEYS[2], '1', 'PX', ARGV[1]) end
return 0
"""

_INFO = (
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'client', 'bitrate', 'connectedAtMs', 'lastBlockMs', 'contentType')
if not held[3] then return {} end
return {string.format('%.0f', now), held[1], held[2] or '', held[3], held[4] or '', held[5]}
"""
)


class Acquired(IntEnum):
    """The answer to a source that wants a channel."""

    GRANTED = 0
    IN_USE = 1
    REFUSED = 2


class Held(IntEnum):
    """How it stands with a lease."""

    OURS = 0
    GONE = 1
    DROP = 2


@dataclass(frozen=True, slots=True)
class Lease:
    """One source's hold on a channel; the token is what tells it from others."""

    channel_id: str
    token: str
    node: str
    client: str
    content_type: str


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


class SourceLeases:
    """Who may send to a channel. Every call may raise RedisError."""

    def __init__(self, store: RedisStore, *, lost_ms: int = LOST_MS) -> None:
        self._acquire = store.client.register_script(_ACQUIRE)
        self._renew = store.client.register_script(_RENEW)
        self._release = store.client.register_script(_RELEASE)
        self._drop = store.client.register_script(_DROP)
        self._info = store.client.register_script(_INFO)
        self._append = store.client.register_script(_APPEND)
        self._redis = store.client
        self._lost_ms = lost_ms

    async def acquire(self, lease: Lease) -> tuple[Acquired, float]:
        """Take the channel if it is free, ours already, or held by a source that is lost.

        Returns:
            The answer, and the seconds for which sources are still refused.
        """
        answer, refused_ms = await self._acquire(
            keys=[_lease(lease.channel_id), _refused(lease.channel_id)],
            args=[lease.token, LEASE_MS, self._lost_ms + TAKEOVER_MS, lease.node, lease.client, lease.content_type],
        )
        return Acquired(int(answer)), int(refused_ms) / 1000

    async def renew(self, lease: Lease) -> Held:
        """Hold the lease on."""
        return Held(int(await self._renew(keys=[_lease(lease.channel_id)], args=[lease.token, LEASE_MS])))

    async def append(self, lease: Lease, number: int, block: Block) -> Held:
        """Store one block if the lease is ours, and hold it on; `number` counts up with each block of a lease."""
        return Held(
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
        await self._drop(keys=[_lease(channel_id), _refused(channel_id)], args=[refuse_ms])

    async def allow(self, channel_id: str) -> None:
        """Refuse no longer."""
        await self._redis.delete(_refused(channel_id))

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


class Blocks:
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
    return Block(fields[b"d"], int(fields[b"t"]), int(fields[b"u"]) / 1000)
