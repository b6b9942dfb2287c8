-- The generic cell rate algorithm with Redis' own clock, so that workers need not agree on the time. It is rounded to
-- microseconds in integers: a Lua number holds them exactly until the year 2255.
--
-- KEYS: 1 the name that is limited
-- ARGV: 1 microseconds in which one call is earned back, 2 microseconds of a burst, 3 '0' to look without counting
-- Returns 0 within the rate, else the microseconds to wait.

local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local interval, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = tat + interval - per - now
if wait > 0 then return math.ceil(wait) end
if ARGV[3] == '0' then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', tat + interval), 'PX', math.ceil((tat + interval - now) / 1000) + 1)
return 0
