-- Appends a block of sound for the holder of the lease, and renews it. The block's number makes a repeated call
-- harmless whose first answer was lost.
--
-- KEYS: 1 lease, 2 blocks
-- ARGV: 1 token, 2 lease ms, 3 the block's number, 4 captured at (Unix ms), 5 duration (µs),
--       6 kbit/s, 7 its sound, 8 blocks kept, 9 ms kept
-- Returns as `source_renew.lua`.

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'token', 'drop', 'number', 'connectedAtMs')
if held[1] ~= ARGV[1] then return 1 end
if held[2] then return 2 end
if tonumber(held[3] or '-1') >= tonumber(ARGV[3]) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], '*', 'd', ARGV[7], 't', ARGV[4], 'u', ARGV[5], 's', held[4])
redis.call('PEXPIRE', KEYS[2], ARGV[9])
redis.call('HSET', KEYS[1], 'number', ARGV[3], 'lastBlockMs', string.format('%.0f', now), 'bitrate', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
