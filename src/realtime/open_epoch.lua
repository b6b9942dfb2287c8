-- Begins to use this Redis: finds out whether it still has everything that the caller has seen.
--
-- KEYS: 1 state, 2 tails
-- ARGV: 1 run id of this Redis; what the caller knows: 2 run id, 3 epoch, 4 highest number; 5 a new epoch
-- Returns the epoch: another one than before wherever something that the caller has seen is gone, and after a restart
-- that nobody can vouch for.

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
