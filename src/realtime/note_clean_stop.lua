-- Notes that a worker stopped in order, having seen the counter as it is: its sessions outlive a restart of Redis.
--
-- KEYS: 1 state
-- ARGV: 1 epoch

local found = redis.call('HMGET', KEYS[1], 'epoch', 'number')
if found[1] == ARGV[1] then redis.call('HSET', KEYS[1], 'clean', found[2]) end
return 1
