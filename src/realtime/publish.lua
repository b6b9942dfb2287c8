-- Numbers, keeps and publishes one event.
--
-- KEYS: 1 state, 2 tails, 3 once, 4 latest
-- ARGV: 1 kind (see below), 2 room, 3 event, 4 payload, 5 once key (`<number in the outbox>.<id>`, or any) or '',
--       6 a new epoch, 7 run id, 8 once seconds, 9 stream length, 10 stream seconds, 11 latest seconds, 12 rooms,
--       13 stream prefix, 14 PUBLISH or SPUBLISH, 15 channel
-- Returns {epoch, number}.
--
-- Kinds: r recoverable (numbered, and kept in the room's stream), l latest wins (its newest value is kept), e ephemeral
-- and c control (nothing is kept).
-- The message is `kind number prev version epoch event\npayload`; `prev` is the number of the room's event before, 0
-- where that is not known any more.

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
  redis.call('HSET', KEYS[4], event, version .. ' ' .. number .. '\n' .. ARGV[4])
  redis.call('EXPIRE', KEYS[4], ARGV[11])
end
local head = table.concat({kind, number, prev, version, epoch, event}, ' ')
redis.call(ARGV[14], ARGV[15], head .. '\n' .. ARGV[4])
return {epoch, tonumber(number)}
