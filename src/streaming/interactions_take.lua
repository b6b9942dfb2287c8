-- Takes out the reactions since the last time.
--
-- KEYS: 1 recent
-- Returns the hash, flat.

local recent = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return recent
