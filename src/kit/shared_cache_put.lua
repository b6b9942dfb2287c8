-- Keeps an encoded answer. Two workers may make one at once: the later version stays.
--
-- KEYS: 1 the answer's name
-- ARGV: 1 version, 2 body, 3 milliseconds
-- Returns 0 where there is a later one.

if tonumber(redis.call('HGET', KEYS[1], 'version') or '-1') > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'body', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
