-- Notes a refused source. The same refusal of the same address again is counted, not listed again.
--
-- KEYS: 1 refusals
-- ARGV: 1 code, 2 reason, 3 address, 4 client, 5 refusals kept, 6 ms kept
-- Returns {1 if it shall be told of (at once if it is new, else when nothing was told for a second), Redis' time,
-- count}.

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
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
