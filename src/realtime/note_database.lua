-- Notes how far the database is, and begins a new epoch where it is not the one of before.
--
-- KEYS: 1 state, 2 tails
-- ARGV: 1 generation, 2 progress, 3 outbox of the database; 4 to 6 what was known of it before ('' for nothing);
--       7 a new epoch to begin, or ''
-- Returns 0 where another worker noted something else meanwhile.

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
