-- Gives a lease up, if it is still the caller's.
--
-- KEYS: 1 lease
-- ARGV: 1 token

if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
