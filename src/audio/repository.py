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


_NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

# A source that finds the channel taken asks again for a while (ARGV 8: since when), before it is refused: the other may
# be leaving. If both are the same software of the same login and address, and no sound came meanwhile, the other is its
# former connection, which died without a word or with its worker, and gives way. What the last source named as playing
# goes on with the same software; else it is kept apart as stale, to be taken off the air.
# Returns {answer, milliseconds of refusal left, Redis' time}.
_ACQUIRE = (
    _NOW
    + """
local shown = string.format('%.0f', now)
local refused = redis.call('PTTL', KEYS[2])
if refused > 0 then return {2, refused, shown} end
local held = redis.call('HMGET', KEYS[1], 'token', 'lastBlockMs', 'connectedAtMs', 'identity')
local since = now
if held[1] and held[1] ~= ARGV[1] then
  local last = math.max(tonumber(held[2] or '0'), tonumber(held[3]))
  if now - last < tonumber(ARGV[3]) then
    local asked = tonumber(ARGV[8])
    if asked == 0 or now - asked < tonumber(ARGV[9]) then return {3, 0, shown} end
    if held[4] ~= ARGV[7] or last - asked >= tonumber(ARGV[10]) then return {1, 0, shown} end
    if tonumber(held[3]) > asked then return {1, 0, shown} end
  end
elseif held[1] then
  since = tonumber(held[3])
end
local before = redis.call('HMGET', KEYS[3], 'identity', 'artist', 'track', 'connectedAtMs', 'seenMs')
if since == now and before[4] then since = math.max(now, tonumber(before[4]) + 1) end
since = string.format('%.0f', since)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'node', ARGV[4], 'client', ARGV[5], 'contentType', ARGV[6],
  'identity', ARGV[7], 'connectedAtMs', since)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[3], 'identity', ARGV[7], 'connectedAtMs', since, 'seenMs', shown)
redis.call('PEXPIRE', KEYS[3], ARGV[12])
if before[1] ~= ARGV[7] or now - tonumber(before[5] or '0') > tonumber(ARGV[11]) then
  redis.call('HDEL', KEYS[3], 'artist', 'track')
  if before[3] then redis.call('HSET', KEYS[1], 'staleArtist', before[2] or '', 'staleTrack', before[3]) end
end
return {0, 0, shown}
"""
)

# 0 held, 1 somebody else's or none, 2 to be dropped.
_RENEW = (
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'token', 'drop')
if held[1] ~= ARGV[1] then return 1 end
if held[2] then return 2 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], 'seenMs', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 0
"""
)

# As _RENEW. The block's number makes a repeated call harmless whose first answer was lost.
_APPEND = (
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'token', 'drop', 'number', 'connectedAtMs')
if held[1] ~= ARGV[1] then return 1 end
if held[2] then return 2 end
if tonumber(held[3] or '-1') >= tonumber(ARGV[3]) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], '*', 'd', ARGV[7], 't', ARGV[4], 'u', ARGV[5], 's', held[4])
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

# What a stopped source named as playing does not come back with it.
_DROP = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'drop', '1') end
redis.call('HDEL', KEYS[3], 'artist', 'track')
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


_SET_TITLE = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'artist', ARGV[1], 'track', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('HDEL', KEYS[1], 'staleArtist', 'staleTrack')
return 1
"""

# The same refusal of the same address again is counted, not listed again. Returns whether to tell of it: at once if it
# is new, and else when nothing was told for a second.
_REFUSED = (
    _NOW
    + """
local found = redis.call('LINDEX', KEYS[1], 0)
local count, told = 1, 0
if found then
  local last = cjson.decode(found)
  if last.code == ARGV[1] and last.reason == ARGV[2] and last.address == ARGV[3] and last.client == ARGV[4] then
    count, told = last.count + 1, last.told
    redis.call('LPOP', KEYS[1])
  end
end
local tell = now - told >= 1000
if tell then told = now end
redis.call('LPUSH', KEYS[1], cjson.encode({code = ARGV[1], reason = ARGV[2], address = ARGV[3], client = ARGV[4],
  at = now, count = count, told = told}))
redis.call('LTRIM', KEYS[1], 0, ARGV[5] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {tell and 1 or 0, string.format('%.0f', now), count}
"""
)


class Acquired(IntEnum):
    """The answer to a source that wants a channel."""

    GRANTED = 0
    IN_USE = 1
    REFUSED = 2
    ASK_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source that wants a channel is told; `refused_s` for how long still, `at_ms` by Redis' clock."""

    acquired: Acquired
    refused_s: float
    at_ms: int


class Held(IntEnum):
    """How it stands with a lease."""

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


class SourceLeases:
    """Who may send to a channel. Every call may raise RedisError."""

    def __init__(self, store: RedisStore, *, lost_ms: int = LOST_MS) -> None:
        self._acquire = store.client.register_script(_ACQUIRE)
        self._renew = store.client.register_script(_RENEW)
        self._release = store.client.register_script(_RELEASE)
        self._drop = store.client.register_script(_DROP)
        self._info = store.client.register_script(_INFO)
        self._append = store.client.register_script(_APPEND)
        self._set_title = store.client.register_script(_SET_TITLE)
        self._redis = store.client
        self._lost_ms = lost_ms

    async def acquire(self, lease: Lease, *, asked_ms: int = 0) -> Answer:
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
        return Answer(Acquired(int(answer)), int(refused_ms) / 1000, int(as_text(at)))

    async def renew(self, lease: Lease) -> Held:
        """Hold the lease on."""
        keys = [_lease(lease.channel_id), _last(lease.channel_id)]
        return Held(int(await self._renew(keys=keys, args=[lease.token, LEASE_MS, LAST_MS])))

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
        await self._drop(keys=[_lease(channel_id), _refused(channel_id), _last(channel_id)], args=[refuse_ms])

    async def allow(self, channel_id: str) -> None:
        """Refuse no longer."""
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


class Refusals:
    """The refused sources of each channel. Every call may raise RedisError."""

    def __init__(self, store: RedisStore) -> None:
        self._refused = store.client.register_script(_REFUSED)
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
        """The last ones, newest first."""
        return [_refusal(raw) for raw in await self._redis.lrange(_refusals(channel_id), 0, -1)]


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
