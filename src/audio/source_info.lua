-- The lease as others see it.
--
-- KEYS: 1 lease
-- Returns {} if there is none, else {Redis' time, client, bitrate or '', connected at, last block at or '', content
-- type}.

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'client', 'bitrate', 'connectedAtMs', 'lastBlockMs', 'contentType')
if not held[3] then return {} end
return {string.format('%.0f', now), held[1], held[2] or '', held[3], held[4] or '', held[5]}
