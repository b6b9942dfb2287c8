-- Renews a source's lease.
--
-- KEYS: 1 lease, 2 last
-- ARGV: 1 token, 2 lease ms, 3 last ms
-- Returns 0 held, 1 somebody else's or none, 2 to be dropped (`repository.Held`).

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'token', 'drop')
if held[1] ~= ARGV[1] then return 1 end
if held[2] then return 2 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], 'seenMs', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 0
