-- Holds a node's lease on. Times are Redis' own, so that the workers' clocks need not agree.
--
-- KEYS: 1 nodes
-- ARGV: 1 node, 2 milliseconds
-- Returns 1 when the lease had run out.

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local had = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return (not had or tonumber(had) < now) and 1 or 0
