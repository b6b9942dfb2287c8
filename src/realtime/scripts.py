"""What runs inside Redis, each script as one step, and the keys it works on.

All keys carry the hash tag `{rt}`, so they are on one shard of a cluster. A room's stream is named by the epoch too
(what an earlier epoch kept is never replayed in a later one), and the epoch is known only inside a script: that key
is therefore not among KEYS.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

STATE = "rt:{rt}:state"
"""Hash: `epoch`, `number` (of the newest recoverable event), `version` (of the newest latest-wins value), `run` (which
process of Redis serves this), `last_run` and `kept` (the process before, and the number it left), `clean` (the number
at the newest orderly stop of a worker); and of the database `generation`, `progress` and `outbox` (the highest number
of an event in its outbox that was published), see `realtime.lineage`."""
TAILS = "rt:{rt}:tails"
"""Sorted set: room -> number of its newest event. The member '' is the floor: rooms that are not in the set (any more)
have no event above it."""
CHANNEL = "rt:{rt}:say:"
STREAM = "rt:{rt}:room:"
LATEST = "rt:{rt}:latest:"
ONCE = "rt:{rt}:once:"
COPIES = "copy:"
"""Not of the engine: encoded answers by version (`kit.copies`)."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its digest."""

    text: str

    @property
    def sha(self) -> str:
        """What EVALSHA takes."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


OPEN = Script("""
local s = redis.call('HMGET', KEYS[1], 'epoch', 'number', 'run', 'last_run', 'kept', 'clean')
local epoch, number, run = s[1], s[2] or '0', s[3]
local whole = true
if not epoch then
  whole = false
elseif run ~= ARGV[1] then
  local witnessed = ARGV[2] == run and ARGV[3] == epoch and tonumber(ARGV[4]) <= tonumber(number)
  whole = witnessed or s[6] == number
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'last_run', run or '', 'kept', number)
elseif ARGV[3] == epoch then
  if ARGV[2] == run then
    whole = tonumber(ARGV[4]) <= tonumber(number)
  else
    whole = ARGV[2] == s[4] and tonumber(ARGV[4]) <= tonumber(s[5] or '-1')
  end
end
if not whole then
  epoch = ARGV[5]
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'number', number, 'run', ARGV[1])
  redis.call('HDEL', KEYS[1], 'clean')
  redis.call('DEL', KEYS[2])
  redis.call('ZADD', KEYS[2], number, '')
end
return epoch
""")
"""Begin to use this Redis. KEYS: state, tails. ARGV: run id, and what the caller knows (run, epoch, highest number),
a new epoch. Returns the epoch: another one than before wherever something that the caller has seen is gone, and after
a restart that nobody can vouch for."""

PUBLISH = Script("""
local found = redis.call('HMGET', KEYS[1], 'epoch', 'number')
local epoch, number = found[1], found[2]
if not epoch then
  epoch, number = ARGV[6], '0'
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'number', number, 'run', ARGV[7])
  redis.call('DEL', KEYS[2])
  redis.call('ZADD', KEYS[2], 0, '')
end
if ARGV[5] ~= '' and not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[8]) then
  return {epoch, tonumber(number)}
end
local stored = string.match(ARGV[5], '^(%d+)%.')
if stored and tonumber(stored) > tonumber(redis.call('HGET', KEYS[1], 'outbox') or '0') then
  redis.call('HSET', KEYS[1], 'outbox', stored)
end
local kind, room, event = ARGV[1], ARGV[2], ARGV[3]
local prev, version = '0', '0'
if kind == 'r' then
  number = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'number', 1))
  local tail = redis.call('ZSCORE', KEYS[2], room)
  prev = tail or redis.call('ZSCORE', KEYS[2], '') or number
  redis.call('ZADD', KEYS[2], number, room)
  if redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[12]) then
    local old = redis.call('ZRANGE', KEYS[2], 1, 100, 'WITHSCORES')
    redis.call('ZREMRANGEBYRANK', KEYS[2], 1, #old / 2)
    redis.call('ZADD', KEYS[2], old[#old], '')
  end
  local stream = ARGV[13] .. epoch .. ':' .. room
  redis.call('XADD', stream, 'MAXLEN', '~', ARGV[9], number .. '-0', 'e', event, 'v', prev, 'p', ARGV[4])
  redis.call('EXPIRE', stream, ARGV[10])
  if not tail then prev = '0' end
elseif kind == 'l' then
  version = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'version', 1))
  redis.call('HSET', KEYS[4], event, version .. ' ' .. number .. '\\n' .. ARGV[4])
  redis.call('EXPIRE', KEYS[4], ARGV[11])
end
local head = table.concat({kind, number, prev, version, epoch, event}, ' ')
redis.call(ARGV[14], ARGV[15], head .. '\\n' .. ARGV[4])
return {epoch, tonumber(number)}
""")
"""Number, keep and publish one event. KEYS: state, tails, once, latest. ARGV: 1 kind (r, l or c), 2 room, 3 event,
4 payload, 5 once key (`<number in the outbox>.<id>`, or any) or '', 6 a new epoch, 7 run id, 8 once seconds, 9 stream
length, 10 stream seconds, 11 latest seconds, 12 rooms, 13 stream prefix, 14 PUBLISH or SPUBLISH, 15 channel. Returns
[epoch, number].

The message is `kind number prev version epoch event\\npayload`; `prev` is the number of the room's event before, 0
where that is not known any more."""

READ = Script("""
local found = redis.call('HMGET', KEYS[1], 'epoch', 'number')
if found[1] ~= ARGV[1] then return {0} end
local number, left = tonumber(found[2]), tonumber(ARGV[3])
local floor = redis.call('ZSCORE', KEYS[2], '')
local rooms = {}
for i = 4, #ARGV, 2 do
  local room, after = ARGV[i], tonumber(ARGV[i + 1])
  local tail = redis.call('ZSCORE', KEYS[2], room)
  local told = 0
  if not floor or after > number then
    told = 0
  elseif tonumber(tail or floor) <= after then
    told = {}
  elseif tail then
    local entries = redis.call('XRANGE', ARGV[2] .. ARGV[1] .. ':' .. room, '(' .. ARGV[i + 1] .. '-0', '+',
      'COUNT', left + 1)
    local whole = #entries > 0 and #entries <= left
      and tonumber(entries[1][2][4]) <= after
      and entries[#entries][1] == tail .. '-0'
    if whole then
      told = entries
      left = left - #entries
    end
  end
  rooms[#rooms + 1] = told
end
return {1, number, rooms}
""")
"""Read what followed. KEYS: state, tails. ARGV: 1 epoch, 2 stream prefix, 3 how many events at most, then room and
number pairs. Returns [0] in another epoch, else [1, the counter, for each room its entries after that number, or 0
where they are not all there]."""

CLEAN = Script("""
local found = redis.call('HMGET', KEYS[1], 'epoch', 'number')
if found[1] == ARGV[1] then redis.call('HSET', KEYS[1], 'clean', found[2]) end
return 1
""")
"""Note an orderly stop. KEYS: state. ARGV: epoch."""

LINEAGE = Script("""
local s = redis.call('HMGET', KEYS[1], 'generation', 'progress', 'outbox', 'number')
local function text(value) return value or '' end
if ARGV[7] ~= '' then
  if text(s[1]) ~= ARGV[4] or text(s[2]) ~= ARGV[5] then return 0 end
  redis.call('HSET', KEYS[1], 'epoch', ARGV[7], 'number', s[4] or '0')
  redis.call('HDEL', KEYS[1], 'clean')
  redis.call('DEL', KEYS[2])
  redis.call('ZADD', KEYS[2], s[4] or '0', '')
elseif text(s[1]) ~= '' and text(s[1]) ~= ARGV[1] then
  return 0
else
  if tonumber(s[2] or '0') > tonumber(ARGV[2]) then ARGV[2] = s[2] end
  if tonumber(s[3] or '0') > tonumber(ARGV[3]) then ARGV[3] = s[3] end
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'progress', ARGV[2], 'outbox', ARGV[3])
return 1
""")
"""Note how far the database is. KEYS: state, tails. ARGV: its generation, progress and outbox; what was known of it
before (three, '' for nothing); a new epoch to begin, or ''. Returns 0 where another worker noted something else
meanwhile."""

ALL = (OPEN, PUBLISH, READ, CLEAN)
